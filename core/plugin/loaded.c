/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loaded.h"
#include "plugin/elf.h"
#include "plugin/foreign.h"
#include "plugin/package.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a 1.0 plugin has of the entry; its own struct_size is never below. */
#define ENTRY_BYTES_MIN ((uint32_t)EMEND_END_OF(EmendEntry, factory))
/* As of the factory. */
#define FACTORY_BYTES_MIN ((uint32_t)EMEND_END_OF(EmendFactory, destroy))

void loaded_plugin_copy_table(void *out, uint32_t ours, const void *table, uint32_t theirs) {
    uint32_t size = theirs < ours ? theirs : ours;
    memset(out, 0, ours);
    memcpy(out, table, size);
    memcpy(out, &size, sizeof size);
}

EmendStatus loaded_plugin_fail(LoadedPlugin *loaded, const char *operation, EmendStatus status,
                               char *text, EmendError *err) {
    if (status < EMEND_OK || status > EMEND_DATA_LOSS) {
        host_side_log(&loaded->side, EMEND_LOG_ERROR,
                      "plugin bug: %s returned the status %d; it must be one of EMEND_*", operation,
                      status);
        status = EMEND_UNKNOWN;
    }
    text[LOADED_MESSAGE_BYTES - 1] = '\0';
    if (text[0] == '\0') {
        host_side_log(
            &loaded->side, EMEND_LOG_ERROR,
            "plugin bug: %s failed with %s and gave no message; it must say what is wrong",
            operation, emend_status_name(status));
        return emend_fail(
            err, status,
            "%s: it failed with %s and gave no message, which is a bug of the plugin; "
            "report it to its authors",
            operation, emend_status_name(status));
    }
    return emend_fail(err, status, "%s: %s", operation, text);
}

/* What the steps hand on to each other. */
typedef struct Loading {
    LoadedPlugin *loaded;
    LoadReport *report;
    Prober *prober;
    struct stat file; /* as the first step found it */
    Holdings before;  /* any of its code ran */
    ElfFacts facts;
    const EmendEntry *theirs;
} Loading;

static EmendStatus find_file(Loading *loading, EmendError *err) {
    LoadedPlugin *loaded = loading->loaded;
    const Package *package = loaded->package;
    EmendStatus status =
        package_file(package->dir, package->library->path, "the library", loaded->path, err);
    if (status == EMEND_OK && stat(loaded->path, &loading->file) != 0) {
        status = emend_fail(err, EMEND_NOT_FOUND, "%s: %s", loaded->path, strerror(errno));
    }
    load_report_found(loading->report, STEP_FILE, "%s", loaded->path);
    return status;
}

/* The exports that are too many, and other things that do no harm yet. */
static void warn_of_file(const LoadedPlugin *loaded, const ElfFacts *facts) {
    if (facts->n_exports > 0) {
        host_side_log(
            &loaded->side, EMEND_LOG_WARNING,
            "%s: it exports %zu symbol%s beside emend_plugin_entry: %s; hide them with the "
            "SDK's version script, or they may be mixed up with another library's",
            loaded->path, facts->n_exports, facts->n_exports == 1 ? "" : "s", facts->exports);
    }
    if (facts->needs_static_tls) {
        host_side_log(
            &loaded->side, EMEND_LOG_WARNING,
            "%s: it uses static thread-local storage, of which a process has little; build it "
            "with -ftls-model=global-dynamic",
            loaded->path);
    }
}

/* Every library and symbol that is missing, in one message. */
static EmendStatus check_needs(const char *path, const ElfFacts *facts, EmendError *err) {
    const char *undefined = facts->undefined;
    if (facts->missing_libraries[0]) {
        return emend_fail(
            err, EMEND_UNAVAILABLE,
            "%s: it needs libraries that are not found: %s; install them or add their "
            "folder to LD_LIBRARY_PATH%s%s",
            path, facts->missing_libraries,
            undefined[0] ? "; the libraries that are found do not have the symbols " : "",
            undefined);
    }
    if (undefined[0]) {
        return emend_fail(
            err, EMEND_UNAVAILABLE,
            "%s: nothing provides the symbols %s; link the plugin with the library that "
            "has them (-Wl,-z,defs tells at build time)",
            path, undefined);
    }
    return EMEND_OK;
}

static EmendStatus check_elf(Loading *loading, EmendError *err) {
    const char *path = loading->loaded->path;
    ElfFacts *facts = &loading->facts;
    EmendStatus status = elf_read(path, facts, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (!facts->has_note) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the library has no Emend note; it must be a plugin, made with "
                          "EMEND_DECLARE_PLUGIN",
                          path);
    }
    if (!facts->exports_entry) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the library does not export the data symbol emend_plugin_entry; build it "
            "with emend_add_plugin() or the SDK's version script",
            path);
    }
    status = check_needs(path, facts, err);
    if (status == EMEND_OK) {
        warn_of_file(loading->loaded, facts);
        load_report_found(loading->report, STEP_ELF, "nothing it needs is missing");
    }
    return status;
}

/* The note's numbers, before any code runs. */
static EmendStatus check_abi(Loading *loading, EmendError *err) {
    const EmendNote *note = &loading->facts.note;
    const char *path = loading->loaded->path;
    const char *id = loading->loaded->package->manifest->id;
    load_report_found(loading->report, STEP_ABI, "built for %u.%u; this host speaks %u.%u",
                      note->abi_major, note->abi_minor, EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
    if (note->abi_major != EMEND_ABI_MAJOR) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: built for ABI %u.%u; this host speaks %u.%u: get a build of the plugin for "
            "ABI %u",
            path, note->abi_major, note->abi_minor, EMEND_ABI_MAJOR, EMEND_ABI_MINOR,
            EMEND_ABI_MAJOR);
    }
    if (note->host_minor_min > EMEND_ABI_MINOR) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: needs a host of ABI %u.%u or later; this one speaks %u.%u: get a newer "
            "Emend",
            path, note->abi_major, note->host_minor_min, EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
    }
    if (note->platform != EMEND_PLATFORM_LP64_LE) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: built for the data model %u; this host's is %u", path,
                          note->platform, EMEND_PLATFORM_LP64_LE);
    }
    if (strcmp(note->id, id) != 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the note says id \"%s\", the manifest \"%s\"; they must be equal: build "
            "the plugin again",
            path, note->id, id);
    }
    return EMEND_OK;
}

static EmendStatus fail_quarantined(const LoadedPlugin *loaded, const ProbeVerdict *verdict,
                                    EmendError *err) {
    char date[32];
    char said[sizeof verdict->said];
    probe_verdict_date(verdict, date);
    snprintf(said, sizeof said, "%s", verdict->said);
    said[strcspn(said, "\n")] = '\0';
    if (err) {
        err->flags |= EMEND_ERROR_PLUGIN_BUG;
    }
    return emend_fail(
        err, EMEND_DENIED,
        "%s: quarantined: tried in a process of its own on %s, %s%s%s%s; get or build a "
        "version that does not (a changed file is tried anew), or try this one again "
        "with `emend plugins retry %s`",
        loaded->path, date, verdict->reason, said[0] ? "; it said \"" : "", said,
        said[0] ? "\"" : "", loaded->package->manifest->id);
}

/* Each line of what a probe saw that a run can live with. */
static void warn_of_habits(const LoadedPlugin *loaded, const ProbeVerdict *verdict) {
    for (const char *line = verdict->warnings; *line;) {
        size_t len = strcspn(line, "\n");
        host_side_log(&loaded->side, EMEND_LOG_WARNING, "found by its probe: %.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

/* None of its code has run in this process, so far. */
static EmendStatus ask_probe(Loading *loading, EmendError *err) {
    LoadedPlugin *loaded = loading->loaded;
    if (!loading->prober) {
        load_report_found(loading->report, STEP_PROBE, "probing is off");
        return EMEND_OK;
    }
    EmendStatus status = prober_ask(loading->prober, &loaded->package, 1, err);
    if (status != EMEND_OK) {
        return status;
    }
    const ProbeVerdict *verdict = prober_verdict(loading->prober, loaded->package);
    if (verdict->state == PROBED_BAD) {
        return fail_quarantined(loaded, verdict, err);
    }
    char date[32];
    probe_verdict_date(verdict, date);
    if (verdict->state == PROBED_UNKNOWN) {
        host_side_log(&loaded->side, EMEND_LOG_WARNING, "%s", verdict->reason);
        load_report_found(loading->report, STEP_PROBE, "%.200s", verdict->reason);
    } else {
        load_report_found(loading->report, STEP_PROBE, "%s %s", "behaved on", date);
    }
    if (!verdict->is_from_cache) {
        warn_of_habits(loaded, verdict); // once for each build of it; `plugins why` tells again
    }
    return EMEND_OK;
}

/* RTLD_NOW: a symbol that is missing is missing now, not in the middle of a run. RTLD_LOCAL:
 * plugins do not see each other. RTLD_NODELETE: destructors of threads, and static storage of
 * tables, outlive us. */
static EmendStatus open_library(Loading *loading, EmendError *err) {
    const char *path = loading->loaded->path;
    struct stat now;
    if (stat(path, &now) != 0 || now.st_ino != loading->file.st_ino ||
        now.st_dev != loading->file.st_dev || now.st_size != loading->file.st_size ||
        now.st_mtim.tv_sec != loading->file.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != loading->file.st_mtim.tv_nsec) {
        return emend_fail(err, EMEND_ABORTED,
                          "%s: the file changed while it was checked; start again once it is built "
                          "or copied",
                          path);
    }
    holdings_take(&loading->before);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        return emend_fail(err, EMEND_UNAVAILABLE, "%s: cannot be loaded: %s", path, dlerror());
    }
    loading->theirs = dlsym(handle, "emend_plugin_entry");
    dlclose(handle); // the count, not the library: see RTLD_NODELETE
    if (!loading->theirs) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the library does not export emend_plugin_entry", path);
    }
    return EMEND_OK;
}

/* The table the library exports equals its note and its manifest. */
static EmendStatus check_entry(Loading *loading, EmendError *err) {
    LoadedPlugin *loaded = loading->loaded;
    const EmendEntry *theirs = loading->theirs;
    const EmendNote *note = &loading->facts.note;
    const char *path = loaded->path;
    const Emend__PluginManifest *manifest = loaded->package->manifest;
    if (theirs->magic != EMEND_ENTRY_MAGIC) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the entry's magic is %#x; it must be %#x, as EMEND_DECLARE_PLUGIN writes", path,
            theirs->magic, EMEND_ENTRY_MAGIC);
    }
    if (theirs->struct_size < ENTRY_BYTES_MIN || theirs->struct_size > LOADED_TABLE_BYTES_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the entry says it has %u bytes; it must have %u or more", path,
                          theirs->struct_size, ENTRY_BYTES_MIN);
    }
    loaded_plugin_copy_table(&loaded->entry, sizeof loaded->entry, theirs, theirs->struct_size);
    const EmendEntry *entry = &loaded->entry;
    if (entry->abi_major != note->abi_major || entry->abi_minor != note->abi_minor) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the entry says ABI %u.%u, the note %u.%u; they must be equal: build the "
            "plugin again",
            path, entry->abi_major, entry->abi_minor, note->abi_major, note->abi_minor);
    }
    if (!entry->id || strcmp(entry->id, manifest->id) != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the entry says id \"%s\", the manifest \"%s\"; they must be equal",
                          path, entry->id ? entry->id : "", manifest->id);
    }
    if (!entry->version || strcmp(entry->version, manifest->version) != 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the entry says version \"%s\", the manifest \"%s\"; they must be equal: "
            "build or install the plugin again",
            path, entry->version ? entry->version : "", manifest->version);
    }
    if (!entry->open || !entry->close || !entry->factory) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the entry's open, close or factory is NULL; all three must be set",
                          path);
    }
    return EMEND_OK;
}

static EmendStatus call_open(LoadedPlugin *loaded, EmendError *err) {
    Guarded who = {.plugin = &loaded->guard, .kind = "plugin", .name = loaded->guard.id};
    GUARD_RETURN(&who, GUARD_CONTROL, "open", err,
                 loaded->entry.open(&loaded->side.table, emend_str(loaded->package->dir),
                                    &loaded->plugin, err));
}

static EmendStatus call_close(LoadedPlugin *loaded) {
    Guarded who = {.plugin = &loaded->guard, .kind = "plugin", .name = loaded->guard.id};
    GUARD_RETURN(&who, GUARD_CONTROL, "close", NULL,
                 (loaded->entry.close(loaded->plugin), EMEND_OK));
}

static EmendStatus call_factory(LoadedPlugin *loaded, const char *kind, const EmendFactory **out,
                                EmendError *err) {
    Guarded who = {.plugin = &loaded->guard, .kind = "plugin", .name = loaded->guard.id};
    GUARD_RETURN(&who, GUARD_CONTROL, "factory", err,
                 (*out = loaded->entry.factory(loaded->plugin, kind), EMEND_OK));
}

static EmendStatus open_plugin(Loading *loading, EmendError *err) {
    LoadedPlugin *loaded = loading->loaded;
    char text[LOADED_MESSAGE_BYTES];
    EmendError theirs = emend_error_on(text, sizeof text);
    EmendStatus status = call_open(loaded, &theirs);
    if (status != EMEND_OK) {
        err->flags |= theirs.flags;
        return loaded_plugin_fail(loaded, "open", status, text, err);
    }
    loaded->is_open = true;
    loaded_plugin_watch(loaded, &loading->before);
    return EMEND_OK;
}

// Threads of a broken plugin may go on, and use what it holds: that stays, and stays known.
static void leave_alone(LoadedPlugin *loaded) {
    static _Atomic(LoadedPlugin *) broken;
    loaded->next_broken = atomic_load(&broken);
    while (!atomic_compare_exchange_weak(&broken, &loaded->next_broken, loaded)) {
    }
}

/* One kind's factory, copied once. */
static EmendStatus take_factory(LoadedPlugin *loaded, const Kind *kind, EmendError *err) {
    EmendFactory *factory = &loaded->factories[kind_index(kind)];
    const EmendFactory *theirs = NULL;
    EmendStatus status = call_factory(loaded, kind->id, &theirs, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (!theirs) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "factory: the plugin has none for %s, which its manifest lists; that is a "
            "bug of the plugin",
            kind->id);
    }
    uint32_t size = 0;
    memcpy(&size, theirs, sizeof size);
    if (size < FACTORY_BYTES_MIN || size > LOADED_TABLE_BYTES_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "factory: the one for %s says it has %u bytes; it must have %u or more",
                          kind->id, size, FACTORY_BYTES_MIN);
    }
    loaded_plugin_copy_table(factory, sizeof *factory, theirs, size);
    if (!factory->create || !factory->destroy) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "factory: create or destroy is NULL in the one for %s; both must be set",
                          kind->id);
    }
    if (factory->concurrency > EMEND_CONCURRENCY_SERIAL_PLUGIN) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "factory: concurrency is %u in the one for %s; it must be one of "
                          "EMEND_CONCURRENCY_*",
                          factory->concurrency, kind->id);
    }
    loaded->has_factory[kind_index(kind)] = true;
    return EMEND_OK;
}

static EmendStatus take_factories(Loading *loading, EmendError *err) {
    LoadedPlugin *loaded = loading->loaded;
    const Emend__PluginManifest *manifest = loaded->package->manifest;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_component; i++) {
        const Kind *kind = kind_find(manifest->component[i]->kind);
        bool is_function = foreign_find(loaded->package, manifest->component[i]) != NULL;
        if (!is_function && !loaded->has_factory[kind_index(kind)]) {
            status = take_factory(loaded, kind, err);
        }
    }
    load_report_found(loading->report, STEP_REGISTER, "%zu component%s", manifest->n_component,
                      manifest->n_component == 1 ? "" : "s");
    return status;
}

void loaded_plugin_watch(LoadedPlugin *loaded, const Holdings *before) {
    Holdings now;
    holdings_take(&now);
    holdings_add_new(&loaded->held, before, &now);
}

/* After close there is no block, no thread and no descriptor of it. */
static void audit(LoadedPlugin *loaded) {
    char list[512];
    PluginMemoryStats stats = plugin_memory_stats(loaded->side.memory);
    if (stats.n_blocks > 0) {
        host_side_log(
            &loaded->side, EMEND_LOG_WARNING,
            "plugin bug: close left %llu block%s of %llu bytes behind; what was taken from "
            "the host must be freed before close returns",
            (unsigned long long)stats.n_blocks, stats.n_blocks == 1 ? "" : "s",
            (unsigned long long)stats.allocated);
    }
    holdings_drop_gone(&loaded->held);
    holdings_describe(&loaded->held, list, sizeof list);
    if (list[0]) {
        host_side_log(&loaded->side, EMEND_LOG_WARNING,
                      "plugin bug: close left %s behind; threads must be joined and descriptors "
                      "closed before close returns",
                      list);
    }
}

void loaded_plugin_close(LoadedPlugin *loaded) {
    if (loaded->is_closed) {
        return;
    }
    loaded->is_closed = true;
    if (loaded->is_open) {
        call_close(loaded);
    }
    if (loaded->side.memory && !atomic_load(&loaded->guard.is_broken)) {
        audit(loaded); // also of one whose open failed
    }
}

void loaded_plugin_destroy(LoadedPlugin *loaded) {
    if (!loaded) {
        return;
    }
    loaded_plugin_close(loaded);
    if (atomic_load(&loaded->guard.is_broken)) {
        leave_alone(loaded);
        return;
    }
    host_side_finish(&loaded->side);
    free(loaded);
}

static EmendStatus take_steps(Loading *loading, EmendError *err) {
    static const struct {
        LoadStep step;
        EmendStatus (*take)(Loading *loading, EmendError *err);
    } steps[] = {
        {STEP_FILE, find_file},
        {STEP_ELF, check_elf},
        {STEP_ABI, check_abi},
        {STEP_PROBE, ask_probe},
        {STEP_DLOPEN, open_library}, // its code runs from here on,
                                     // constructors first
        {STEP_ENTRY, check_entry},
        {STEP_OPEN, open_plugin},
        {STEP_REGISTER, take_factories},
    };
    LoadReport *report = loading->report;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < sizeof steps / sizeof *steps; i++) {
        report->step = steps[i].step;
        if (report->begin) {
            report->begin(report->ctx, report->step);
        }
        status = steps[i].take(loading, err);
    }
    return status;
}

EmendStatus loaded_plugin_open(const PluginHostOptions *options, Prober *prober,
                               const Package *package, LoadReport *report, LoadedPlugin **out) {
    EmendError err = emend_error_on(report->reason, sizeof report->reason);
    LoadedPlugin *loaded = calloc(1, sizeof *loaded);
    report->step = STEP_FILE;
    if (!loaded) {
        report->status = emend_fail(&err, EMEND_EXHAUSTED, "no memory is left to load it");
        return report->status;
    }
    Loading loading = {.loaded = loaded, .report = report, .prober = prober};
    loaded->package = package;
    loaded->guard.id = package->manifest->id;
    report->status = host_side_init(&loaded->side, options, package->manifest->id, &err);
    if (report->status == EMEND_OK) {
        report->status = take_steps(&loading, &err);
    }
    report->flags = err.flags;
    if (report->status != EMEND_OK) {
        loaded_plugin_destroy(loaded);
        return report->status;
    }
    report->step = STEP_COUNT;
    *out = loaded;
    return EMEND_OK;
}
