/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"
#include "plugin/foreign.h"
#include "plugin/guard/guard.h"
#include "plugin/loaded.h"
#include <stdlib.h>
#include <string.h>

/* What a 1.0 plugin has of the factory; its own struct_size is never below. */
#define FACTORY_BYTES_MIN ((uint32_t)EMEND_END_OF(EmendFactory, destroy))

struct PluginHost {
    PluginHostOptions options;
    LoadedPlugin **plugins;
    size_t n;
    ForeignHost *foreign;
};

static uint32_t table_bytes(const void *table) {
    uint32_t size = 0;
    memcpy(&size, table, sizeof size);
    return size;
}

static EmendStatus load_once(PluginHost *host, const Package *package, LoadedPlugin **out,
                             EmendError *err) {
    for (size_t i = 0; i < host->n; i++) {
        if (host->plugins[i]->package == package) {
            *out = host->plugins[i];
            return EMEND_OK;
        }
    }
    LoadedPlugin **plugins = realloc(host->plugins, (host->n + 1) * sizeof *plugins);
    if (!plugins) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to load it");
    }
    host->plugins = plugins;
    EmendStatus status = loaded_plugin_open(&host->options, package, &plugins[host->n], err);
    if (status == EMEND_OK) {
        *out = plugins[host->n++];
    }
    return status;
}

/* Step "factory": the plugin's factory of a kind, copied once. */
static EmendStatus find_factory(LoadedPlugin *loaded, const Kind *kind, const EmendFactory **out,
                                EmendError *err) {
    size_t i = kind_index(kind);
    if (!loaded->has_factory[i]) {
        const EmendFactory *theirs = loaded->entry.factory(loaded->plugin, kind->id);
        if (!theirs) {
            return emend_fail(
                err, EMEND_INVALID_ARGUMENT,
                "factory: the plugin has none for %s, which its manifest lists; that is a "
                "bug of the plugin",
                kind->id);
        }
        uint32_t size = table_bytes(theirs);
        if (size < FACTORY_BYTES_MIN || size > LOADED_TABLE_BYTES_MAX) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "factory: it says it has %u bytes; it must have %u or more", size,
                              FACTORY_BYTES_MIN);
        }
        EmendFactory factory;
        loaded_plugin_copy_table(&factory, sizeof factory, theirs, size);
        if (!factory.create || !factory.destroy) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "factory: create or destroy is NULL; both must be set");
        }
        if (factory.concurrency > EMEND_CONCURRENCY_SERIAL_PLUGIN) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "factory: concurrency is %u; it must be one of EMEND_CONCURRENCY_*",
                              factory.concurrency);
        }
        loaded->factories[i] = factory;
        loaded->has_factory[i] = true;
    }
    *out = &loaded->factories[i];
    return EMEND_OK;
}

/* Step "required members": a zero-extended copy of the instance's table. */
static EmendStatus copy_checked(const Kind *kind, const void *theirs, void **out, EmendError *err) {
    if (!theirs) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "create: it gave no table; it must give the one of %s", kind->id);
    }
    uint32_t size = table_bytes(theirs);
    if (size < 2 * sizeof(uint32_t) || size > LOADED_TABLE_BYTES_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "create: the table says it has %u bytes; it must say sizeof the struct",
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
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "create: the member '%s' of %s is NULL; it must be set",
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
    const EmendFactory *factory = NULL;
    const void *table = NULL;
    void *copy = NULL;
    EmendStatus status = find_factory(loaded, kind, &factory, err);
    if (status != EMEND_OK) {
        return status;
    }
    Guarded *who = guarded_new(loaded, options, kind, name, factory->concurrency);
    if (!who) {
        return emend_fail(err, EMEND_EXHAUSTED, "create: no memory is left for it");
    }
    status = call_create(who, loaded, factory, config, &who->self, &table, &theirs);
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

EmendStatus component_create(PluginHost *host, const char *kind_id, const char *use,
                             EmendBytes config, Component *out, EmendError *err) {
    const Package *package = NULL;
    const Emend__ComponentInfo *info = NULL;
    const Kind *kind = kind_find(kind_id);
    if (!kind) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: not a kind of component this host knows", kind_id);
    }
    EmendStatus status = catalog_find(host->options.catalog, kind_id, use, &package, &info, err);
    if (status != EMEND_OK) {
        return status;
    }
    char text[LOADED_MESSAGE_BYTES];
    EmendError inner = emend_error_on(text, sizeof text);
    LoadedPlugin *loaded = NULL;
    const Emend__Function *function = foreign_find(package, info);
    status = function ? foreign_create(host->foreign, package, function, config, out, &inner)
                      : load_once(host, package, &loaded, &inner);
    if (status == EMEND_OK && !function) {
        status = make_instance(loaded, &host->options, kind, info->name, config, out, &inner);
    }
    if (status != EMEND_OK) {
        const Emend__PluginManifest *manifest = package->manifest;
        const char *support = manifest->support_url;
        emend_fail(err, status, "%s \"%s\" (%s %s): %s%s%s", kind->field, info->name, manifest->id,
                   manifest->version, text, support && *support ? "; support: " : "",
                   support ? support : "");
        if (err) {
            err->flags |= inner.flags;
        }
    }
    return status;
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
    ForeignHost *foreign = foreign_host_create(options->call_seconds);
    if (!host || !foreign) {
        foreign_host_destroy(foreign);
        free(host);
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left for their host");
    }
    host->options = *options;
    host->foreign = foreign;
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    *out = host;
    return EMEND_OK;
}

void plugin_host_destroy(PluginHost *host) {
    if (!host) {
        return;
    }
    while (host->n > 0) {
        loaded_plugin_close(host->plugins[--host->n]);
    }
    foreign_host_destroy(host->foreign);
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
