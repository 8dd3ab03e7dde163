/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loaded.h"
#include "plugin/elf.h"
#include "plugin/package.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* What a 1.0 plugin has of the entry; its own struct_size is never below. */
#define ENTRY_BYTES_MIN ((uint32_t)EMEND_END_OF(EmendEntry, factory))

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

/* Step "ELF": the note, the exports, what is missing. */
static EmendStatus check_file(LoadedPlugin *loaded, ElfFacts *facts, EmendError *err) {
    const char *path = loaded->path;
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
    if (facts->missing_libraries[0]) {
        return emend_fail(
            err, EMEND_UNAVAILABLE,
            "%s: it needs libraries that are not found: %s; install them or add their "
            "folder to LD_LIBRARY_PATH",
            path, facts->missing_libraries);
    }
    if (facts->undefined[0]) {
        return emend_fail(
            err, EMEND_UNAVAILABLE,
            "%s: nothing provides the symbols %s; link the plugin with the library that "
            "has them (-Wl,-z,defs tells at build time)",
            path, facts->undefined);
    }
    if (facts->n_exports > 0) {
        host_side_log(
            &loaded->side, EMEND_LOG_WARNING,
            "%s: it exports %zu symbol%s beside emend_plugin_entry: %s; hide them with the "
            "SDK's version script, or they may be mixed up with another library's",
            path, facts->n_exports, facts->n_exports == 1 ? "" : "s", facts->exports);
    }
    if (facts->needs_static_tls) {
        host_side_log(
            &loaded->side, EMEND_LOG_WARNING,
            "%s: it uses static thread-local storage, of which a process has little; build it "
            "with -ftls-model=global-dynamic",
            path);
    }
    return EMEND_OK;
}

/* Step "ABI": the note's numbers, before any code runs. */
static EmendStatus check_note(const LoadedPlugin *loaded, const EmendNote *note, EmendError *err) {
    const char *path = loaded->path;
    const char *id = loaded->package->manifest->id;
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

/* Step "entry": the table the library exports equals its note and its manifest. */
static EmendStatus check_entry(LoadedPlugin *loaded, const EmendNote *note,
                               const EmendEntry *theirs, EmendError *err) {
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

/* Step "dlopen". RTLD_NOW: a symbol that is missing is missing now, not in the middle of a run.
 * RTLD_LOCAL: plugins do not see each other. RTLD_NODELETE: destructors of threads, and static
 * storage of tables, outlive us. */
static EmendStatus open_library(LoadedPlugin *loaded, const EmendNote *note, EmendError *err) {
    void *handle = dlopen(loaded->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        return emend_fail(err, EMEND_UNAVAILABLE, "%s: cannot be loaded: %s", loaded->path,
                          dlerror());
    }
    const EmendEntry *theirs = dlsym(handle, "emend_plugin_entry");
    EmendStatus status = EMEND_OK;
    if (!theirs) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: the library does not export emend_plugin_entry", loaded->path);
    } else {
        status = check_entry(loaded, note, theirs, err);
    }
    dlclose(handle); // the count, not the library: see RTLD_NODELETE
    return status;
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

static EmendStatus open_plugin(LoadedPlugin *loaded, EmendError *err) {
    char text[LOADED_MESSAGE_BYTES];
    EmendError theirs = emend_error_on(text, sizeof text);
    EmendStatus status = call_open(loaded, &theirs);
    if (status != EMEND_OK) {
        err->flags |= theirs.flags;
        return loaded_plugin_fail(loaded, "open", status, text, err);
    }
    loaded->is_open = true;
    return EMEND_OK;
}

// Threads of a broken plugin may go on, and use what it holds: that stays, and stays known.
static void leave_alone(LoadedPlugin *loaded) {
    static _Atomic(LoadedPlugin *) broken;
    loaded->next_broken = atomic_load(&broken);
    while (!atomic_compare_exchange_weak(&broken, &loaded->next_broken, loaded)) {
    }
}

void loaded_plugin_close(LoadedPlugin *loaded) {
    if (!loaded) {
        return;
    }
    if (loaded->is_open) {
        call_close(loaded);
    }
    if (atomic_load(&loaded->guard.is_broken)) {
        leave_alone(loaded);
        return;
    }
    if (loaded->side.memory) {
        PluginMemoryStats stats = plugin_memory_stats(loaded->side.memory);
        if (stats.n_blocks > 0) {
            host_side_log(
                &loaded->side, EMEND_LOG_WARNING,
                "plugin bug: close left %llu block%s of %llu bytes behind; what was taken from "
                "the host must be freed before close returns",
                (unsigned long long)stats.n_blocks, stats.n_blocks == 1 ? "" : "s",
                (unsigned long long)stats.allocated);
        }
    }
    host_side_finish(&loaded->side);
    free(loaded);
}

EmendStatus loaded_plugin_open(const PluginHostOptions *options, const Package *package,
                               LoadedPlugin **out, EmendError *err) {
    ElfFacts facts;
    LoadedPlugin *loaded = calloc(1, sizeof *loaded);
    if (!loaded) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to load it");
    }
    loaded->package = package;
    loaded->guard.id = package->manifest->id;
    EmendStatus status = host_side_init(&loaded->side, options, package->manifest->id, err);
    if (status == EMEND_OK) {
        status =
            package_file(package->dir, package->library->path, "the library", loaded->path, err);
    }
    if (status == EMEND_OK) {
        status = check_file(loaded, &facts, err);
    }
    if (status == EMEND_OK) {
        status = check_note(loaded, &facts.note, err);
    }
    // From here on the plugin's code runs, constructors first. The place for a probe in a child
    // process, with limits and a cached verdict, is here: the file is checked, nothing has run.
    if (status == EMEND_OK) {
        status = open_library(loaded, &facts.note, err);
    }
    if (status == EMEND_OK) {
        status = open_plugin(loaded, err);
    }
    if (status != EMEND_OK) {
        loaded_plugin_close(loaded);
        return status;
    }
    *out = loaded;
    return EMEND_OK;
}
