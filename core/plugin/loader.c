/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"
#include "plugin/foreign.h"
#include "plugin/guard/guard.h"
#include "plugin/guard/watch.h"
#include "plugin/loaded.h"
#include "plugin/uses.h"
#include <stdlib.h>
#include <string.h>

struct PluginHost {
    PluginHostOptions options;
    Prober *prober; /* NULL: nothing is probed */
    LoadedPlugin **plugins;
    size_t n;
    ForeignHost *foreign;
};

static uint32_t table_bytes(const void *table) {
    uint32_t size = 0;
    memcpy(&size, table, sizeof size);
    return size;
}

static EmendStatus load_once(PluginHost *host, const Package *package, LoadReport *report,
                             LoadedPlugin **out) {
    for (size_t i = 0; i < host->n; i++) {
        if (host->plugins[i]->package == package) {
            report->step = STEP_COUNT;
            *out = host->plugins[i];
            return EMEND_OK;
        }
    }
    LoadedPlugin **plugins = realloc(host->plugins, (host->n + 1) * sizeof *plugins);
    if (!plugins) {
        EmendError err = emend_error_on(report->reason, sizeof report->reason);
        report->step = STEP_REGISTER;
        return emend_fail(&err, EMEND_EXHAUSTED, "no memory is left to load it");
    }
    host->plugins = plugins;
    EmendStatus status =
        loaded_plugin_open(&host->options, host->prober, package, report, &plugins[host->n]);
    if (status == EMEND_OK) {
        *out = plugins[host->n++];
    }
    return status;
}

/* Step "required members": a zero-extended copy of the instance's table. */
static EmendStatus copy_checked(const Kind *kind, const void *theirs, void **out, EmendError *err) {
    if (!theirs) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "create: it gave no table; it must give the one of %s [L12 register]",
                          kind->id);
    }
    uint32_t size = table_bytes(theirs);
    if (size < 2 * sizeof(uint32_t) || size > LOADED_TABLE_BYTES_MAX) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "create: the table says it has %u bytes; it must say sizeof the struct [L12 "
            "register]",
            size);
    }
    uint32_t ours = (uint32_t)kind->table_size;
    char *table = malloc(ours);
    if (!table) {
        return emend_fail(err, EMEND_EXHAUSTED, "create: no memory is left for the table");
    }
    loaded_plugin_copy_table(table, ours, theirs, size);
    for (size_t i = 0; i < kind->n_required; i++) {
        void *member = NULL;
        memcpy(&member, table + kind->required[i].offset, sizeof member);
        if (!member) {
            free(table);
            return emend_fail(
                err, EMEND_INVALID_ARGUMENT,
                "create: the member '%s' of %s is NULL; it must be set [L12 register]",
                kind->required[i].name, kind->id);
        }
    }
    *out = table;
    return EMEND_OK;
}

static EmendStatus call_create(Guarded *who, LoadedPlugin *loaded, const EmendFactory *factory,
                               EmendBytes config, void **instance, const void **table,
                               EmendError *err) {
    GUARD_RETURN(
        who, GUARD_CONTROL, "create", err,
        factory->create(loaded->plugin, emend_str(who->name), config, instance, table, err));
}

static EmendStatus call_destroy(Guarded *who, const EmendFactory *factory, EmendPlugin *plugin) {
    GUARD_RETURN(who, GUARD_CONTROL, "destroy", NULL,
                 (factory->destroy(plugin, who->self), EMEND_OK));
}

// One block: who is called, and the table that calls it.
static Guarded *guarded_new(LoadedPlugin *loaded, const PluginHostOptions *options,
                            const Kind *kind, const char *name, uint32_t concurrency) {
    Guarded *who = calloc(1, sizeof *who + kind->table_size);
    if (who) {
        bool is_backend = strcmp(kind->id, EMEND_KIND_BACKEND) == 0;
        who->plugin = &loaded->guard;
        who->kind = kind->field;
        who->name = name;
        who->concurrency = concurrency;
        who->seconds = is_backend ? 0 : options->call_seconds;
    }
    return who;
}

static EmendStatus make_instance(LoadedPlugin *loaded, const PluginHostOptions *options,
                                 const Kind *kind, const char *name, EmendBytes config,
                                 Component *out, EmendError *err) {
    char text[LOADED_MESSAGE_BYTES];
    EmendError theirs = emend_error_on(text, sizeof text);
    const EmendFactory *factory = &loaded->factories[kind_index(kind)];
    const void *table = NULL;
    void *copy = NULL;
    Guarded *who = guarded_new(loaded, options, kind, name, factory->concurrency);
    if (!who) {
        return emend_fail(err, EMEND_EXHAUSTED, "create: no memory is left for it");
    }
    EmendStatus status = call_create(who, loaded, factory, config, &who->self, &table, &theirs);
    if (status != EMEND_OK) {
        free(who);
        err->flags |= theirs.flags;
        return loaded_plugin_fail(loaded, "create", status, text, err);
    }
    status = copy_checked(kind, table, &copy, err);
    if (status != EMEND_OK) {
        call_destroy(who, factory, loaded->plugin);
        free(who);
        return status;
    }
    who->table = copy;
    guard_table(kind->id, who, who + 1);
    *out = (Component){.self = who,
                       .table = who + 1,
                       .name = name,
                       .plugin_id = loaded->package->manifest->id,
                       .factory = factory,
                       .plugin = loaded->plugin,
                       .guarded = who};
    return EMEND_OK;
}

/* What threads and files it begins with are its own, until close. */
static EmendStatus make_watched(LoadedPlugin *loaded, const PluginHostOptions *options,
                                const Kind *kind, const char *name, EmendBytes config,
                                Component *out, EmendError *err) {
    Holdings before;
    holdings_take(&before);
    EmendStatus status = make_instance(loaded, options, kind, name, config, out, err);
    loaded_plugin_watch(loaded, &before);
    return status;
}

/* A component to load, and who has it. */
typedef struct Wanted {
    const Kind *kind;
    const Package *package;
    const char *name;
    const Emend__Function *function; /* NULL: one of a plugin */
} Wanted;

/* Adds who failed in front of the reason, and where to ask behind it. */
static EmendStatus fail_wanted(const Wanted *wanted, const EmendError *inner, const char *step,
                               EmendError *err) {
    const Emend__PluginManifest *manifest = wanted->package->manifest;
    const char *support = manifest->support_url;
    emend_fail(err, inner->code, "%s \"%s\" (%s %s): %s%s%s%s", wanted->kind->field, wanted->name,
               manifest->id, manifest->version, inner->message, step,
               support && *support ? "; support: " : "", support ? support : "");
    if (err) {
        err->flags |= inner->flags;
    }
    return inner->code;
}

static EmendStatus find_wanted(const PluginHost *host, const Kind *kind, const char *use,
                               Wanted *out, EmendError *err) {
    const Package *package = NULL;
    const Emend__ComponentInfo *info = NULL;
    EmendStatus status = catalog_find(host->options.catalog, kind->id, use, &package, &info, err);
    if (status == EMEND_OK) {
        *out = (Wanted){kind, package, info->name, foreign_find(package, info)};
    }
    return status;
}

/* *out is set where it is one of a plugin. */
static EmendStatus load_wanted(PluginHost *host, const Wanted *wanted, LoadedPlugin **out,
                               EmendError *err) {
    LoadReport report = {0};
    EmendStatus status =
        wanted->function ? foreign_load(host->foreign, wanted->package, wanted->function, &report)
                         : load_once(host, wanted->package, &report, out);
    if (status == EMEND_OK) {
        return status;
    }
    char step[32];
    const LoadStepInfo *info = load_step_info(report.step);
    snprintf(step, sizeof step, " [%s %s]", info->code, info->name);
    EmendError inner = emend_error_on(NULL, 0);
    inner.code = status;
    inner.flags = report.flags;
    inner.message = report.reason;
    return fail_wanted(wanted, &inner, step, err);
}

/* What else there is to say where memory ran out: whose limit it was. */
static void describe_budget(const LoadedPlugin *loaded, EmendStatus status, char *text,
                            size_t capacity) {
    PluginMemoryStats stats = plugin_memory_stats(loaded->side.memory);
    if (status == EMEND_EXHAUSTED && stats.n_refused > 0) {
        snprintf(text, capacity,
                 "; its budget is %llu bytes, of which %llu are in use: raise memory_budget in the "
                 "recipe",
                 (unsigned long long)stats.budget, (unsigned long long)stats.allocated);
    }
}

EmendStatus component_create(PluginHost *host, const char *kind_id, const char *use,
                             EmendBytes config, Component *out, EmendError *err) {
    const Kind *kind = kind_find(kind_id);
    Wanted wanted = {0};
    LoadedPlugin *loaded = NULL;
    if (!kind) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: not a kind of component this host knows", kind_id);
    }
    EmendStatus status = find_wanted(host, kind, use, &wanted, err);
    if (status == EMEND_OK) {
        status = load_wanted(host, &wanted, &loaded, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    char text[LOADED_MESSAGE_BYTES];
    char hint[160] = "";
    EmendError inner = emend_error_on(text, sizeof text);
    status = loaded ? make_watched(loaded, &host->options, kind, wanted.name, config, out, &inner)
                    : foreign_create(host->foreign, wanted.package, wanted.function, config, out,
                                     &inner);
    if (status == EMEND_OK) {
        return status;
    }
    inner.code = status;
    if (loaded) {
        describe_budget(loaded, status, hint, sizeof hint);
    }
    return fail_wanted(&wanted, &inner, hint, err);
}

static EmendStatus probe_wanted(PluginHost *host, const Wanted *wanted, size_t n, EmendError *err) {
    const Package **packages = calloc(n + 1, sizeof *packages);
    if (!packages) {
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to probe them");
    }
    size_t n_packages = 0;
    for (size_t i = 0; i < n; i++) {
        if (!wanted[i].function) {
            packages[n_packages++] = wanted[i].package;
        }
    }
    EmendStatus status = prober_ask(host->prober, packages, n_packages, err);
    free(packages);
    return status;
}

EmendStatus plugin_host_prepare(PluginHost *host, const Emend__Recipe *recipe, EmendError *err) {
    Use *uses = NULL;
    size_t n = 0;
    EmendStatus status = uses_list(recipe, &uses, &n, err);
    Wanted *wanted = calloc(n + 1, sizeof *wanted);
    if (status == EMEND_OK && !wanted) {
        status = emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to load them");
    }
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        status = find_wanted(host, uses[i].kind, uses[i].component->use, &wanted[i], err);
    }
    if (status == EMEND_OK && host->prober) {
        status = probe_wanted(host, wanted, n, err);
    }
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        LoadedPlugin *loaded = NULL;
        status = load_wanted(host, &wanted[i], &loaded, err);
    }
    free(wanted);
    free(uses);
    return status;
}

void plugin_host_try(PluginHost *host, const Package *package, LoadReport *report) {
    const Emend__PluginManifest *manifest = package->manifest;
    LoadedPlugin *loaded = NULL;
    EmendStatus status = EMEND_OK;
    if (manifest->n_component > manifest->n_function) {
        status = load_once(host, package, report, &loaded);
    }
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_function; i++) {
        status = foreign_load(host->foreign, package, manifest->function[i], report);
    }
}

const ProbeVerdict *plugin_host_verdict(const PluginHost *host, const Package *package) {
    return host->prober ? prober_verdict(host->prober, package) : NULL;
}

void component_destroy(Component *component) {
    Guarded *who = component->guarded;
    if (who) {
        call_destroy(who, component->factory, component->plugin);
        free((void *)(uintptr_t)who->table);
        free(who);
    }
    *component = (Component){0};
}

bool component_is_broken(const Component *component) {
    return component->guarded && atomic_load(&component->guarded->plugin->is_broken);
}

EmendStatus plugin_host_create(const PluginHostOptions *options, PluginHost **out,
                               EmendError *err) {
    PluginHost *host = calloc(1, sizeof *host);
    ForeignHost *foreign = foreign_host_create(options->call_seconds, options->probe.program);
    if (!host || !foreign) {
        foreign_host_destroy(foreign);
        free(host);
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left for their host");
    }
    host->options = *options;
    host->foreign = foreign;
    if (options->probe.program) {
        EmendStatus status = prober_create(&options->probe, &host->prober, err);
        if (status != EMEND_OK) {
            foreign_host_destroy(foreign);
            free(host);
            return status;
        }
    }
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    watch_deadline(
        options->call_seconds); // its thread is there before those of plugins are counted
    *out = host;
    return EMEND_OK;
}

void plugin_host_close(PluginHost *host) {
    for (size_t i = host->n; i > 0; i--) {
        loaded_plugin_close(host->plugins[i - 1]);
    }
}

void plugin_host_destroy(PluginHost *host) {
    if (!host) {
        return;
    }
    plugin_host_close(host);
    while (host->n > 0) {
        loaded_plugin_destroy(host->plugins[--host->n]);
    }
    foreign_host_destroy(host->foreign);
    prober_destroy(host->prober);
    free(host->plugins);
    free(host);
}

const char *plugin_host_memory(PluginHost *host, size_t i, PluginMemoryStats *stats) {
    if (i >= host->n) {
        return NULL;
    }
    *stats = plugin_memory_stats(host->plugins[i]->side.memory);
    return host->plugins[i]->side.plugin_id;
}
