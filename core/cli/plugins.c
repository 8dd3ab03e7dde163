/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/fits.h"
#include "cli/schema.h"
#include "plugin/foreign.h"
#include "plugin/foreign_words.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const Option options[] = {
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable output, one JSON object a line"}};

static void print_json(json_t *object) {
    char *text = json_dumps(object, JSON_COMPACT);
    puts(text ? text : "{}");
    free(text);
    json_decref(object);
}

static const char *text_or(const char *text, const char *other) {
    return text && text[0] ? text : other;
}

/* The C prototype of a component that is a function, malloc'd; else NULL. */
static char *prototype_of(const Package *package, const Emend__ComponentInfo *info) {
    const Emend__Function *function = package->problem ? NULL : foreign_find(package, info);
    return function ? foreign_prototype(function) : NULL;
}

// Why its probe has it quarantined, or NULL.
static const char *quarantine(const Context *context, const Package *package,
                              ProbeVerdict *verdict) {
    bool is = !package->problem && probe_remembers(&context->probe, package, verdict) &&
              verdict->state == PROBED_BAD;
    return is ? verdict->reason : NULL;
}

static void list_json(const Package *package, const char *reason) {
    const Emend__PluginManifest *manifest = package->manifest;
    json_t *object = json_object();
    json_t *components = json_array();
    json_object_set_new(object, "dir", json_string(package->dir));
    json_object_set_new(object, "problem",
                        package->problem ? json_string(package->problem) : json_null());
    json_object_set_new(object, "hidden_by",
                        package->hidden_by ? json_string(package->hidden_by) : json_null());
    json_object_set_new(object, "quarantined", reason ? json_string(reason) : json_null());
    if (manifest) {
        json_object_set_new(object, "id", json_string(text_or(manifest->id, "")));
        json_object_set_new(object, "version", json_string(text_or(manifest->version, "")));
        for (size_t i = 0; i < manifest->n_component; i++) {
            const Emend__ComponentInfo *info = manifest->component[i];
            json_t *component = json_object();
            json_object_set_new(component, "kind", json_string(text_or(info->kind, "")));
            json_object_set_new(component, "name", json_string(text_or(info->name, "")));
            json_object_set_new(component, "summary", json_string(text_or(info->summary, "")));
            char *prototype = prototype_of(package, info);
            if (prototype) {
                json_object_set_new(component, "function", json_string(prototype));
            }
            free(prototype);
            json_array_append_new(components, component);
        }
    }
    json_object_set_new(object, "components", components);
    print_json(object);
}

static void list_text(const Package *package, const char *reason) {
    const Emend__PluginManifest *manifest = package->manifest;
    if (package->problem) {
        printf("!  %s: %s\n", manifest ? text_or(manifest->id, package->dir) : package->dir,
               package->problem);
        return;
    }
    if (package->hidden_by) {
        printf("-  %s %s in %s is hidden by %s\n", manifest->id, manifest->version, package->dir,
               package->hidden_by);
        return;
    }
    if (reason) {
        printf("!  %s: quarantined: %s; `emend plugins why %s` tells more [L08 probe]\n",
               manifest->id, reason, manifest->id);
        return;
    }
    for (size_t i = 0; i < manifest->n_component; i++) {
        const Emend__ComponentInfo *info = manifest->component[i];
        printf("%-20s %-14s %-32s %s\n", info->kind, info->name, manifest->id,
               text_or(info->summary, ""));
    }
}

static int list(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, NULL);
    if (code != EXIT_DONE) {
        return code;
    }
    bool is_json = argument_given(arguments, "--json");
    size_t n = catalog_n_packages(context.catalog);
    if (!is_json && n > 0) {
        printf("%-20s %-14s %-32s %s\n", "KIND", "NAME", "PLUGIN", "SUMMARY");
    }
    for (size_t i = 0; i < n; i++) {
        ProbeVerdict verdict;
        const Package *package = catalog_package(context.catalog, i);
        const char *reason = quarantine(&context, package, &verdict);
        if (is_json) {
            list_json(package, reason);
        } else {
            list_text(package, reason);
        }
    }
    if (n == 0) {
        print_error("no plugins; looked in: %s", catalog_search_path(context.catalog));
        code = EXIT_FAILED;
    }
    context_close(&context);
    return code;
}

static void show_function(const Package *package, const Emend__ComponentInfo *info) {
    const Emend__Function *function = foreign_find(package, info);
    char *prototype = prototype_of(package, info);
    if (function && prototype) {
        printf("calls:   %s\n         of %s, %s; %zu example%s first\n", prototype,
               function->library ? function->library : package->library->path,
               function->own_process   ? "in a process of its own"
               : function->thread_safe ? "on many threads at once"
                                       : "one call at a time",
               function->n_example, function->n_example == 1 ? "" : "s");
    }
    free(prototype);
}

static void show_component(const Package *package, const Emend__ComponentInfo *info) {
    const Emend__PluginManifest *manifest = package->manifest;
    printf("%s \"%s\": %s\n", info->kind, info->name, text_or(info->summary, "no summary"));
    printf("plugin:  %s %s, %s\n", manifest->id, manifest->version,
           text_or(manifest->license, "no licence stated"));
    printf("folder:  %s\n", package->dir);
    if (manifest->url) {
        printf("url:     %s\n", manifest->url);
    }
    show_function(package, info);
    for (size_t i = 0; i < info->n_capability; i++) {
        printf("%s%s", i == 0 ? "can:     " : ", ", info->capability[i]);
    }
    if (info->n_capability > 0) {
        printf("\n");
    }
    const MessageType *type = package->configs && info->config
                                  ? descriptor_pool_message(package->configs, info->config)
                                  : NULL;
    if (!type) {
        printf("\nIt takes no config.\n");
        return;
    }
    printf("\n");
    schema_print(stdout, type);
}

static size_t show_matches(const Catalog *catalog, const char *word) {
    size_t n_shown = 0;
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Package *package = catalog_package(catalog, i);
        if (!package->manifest || package->problem || package->hidden_by) {
            continue;
        }
        for (size_t c = 0; c < package->manifest->n_component; c++) {
            if (component_fits(package->manifest, package->manifest->component[c], word)) {
                printf("%s", n_shown++ > 0 ? "\n" : "");
                show_component(package, package->manifest->component[c]);
            }
        }
    }
    return n_shown;
}

static int show(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, NULL);
    if (code != EXIT_DONE) {
        return code;
    }
    if (show_matches(context.catalog, arguments->positional[0]) == 0) {
        print_error(
            "no plugin or component is named \"%s\"; `emend plugins list` shows all; looked "
            "in: %s",
            arguments->positional[0], catalog_search_path(context.catalog));
        code = EXIT_USAGE;
    }
    context_close(&context);
    return code;
}

const Command command_plugins_list = {
    .name = "plugins list",
    .usage = "[--json]",
    .summary = "list the components there are, from the plugins' manifests",
    .help = "Reads manifests only; no plugin code runs. A plugin that cannot be used is listed\n"
            "with the reason, also one that is quarantined because it misbehaved.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = list};

const Command command_plugins_show = {
    .name = "plugins show",
    .usage = "NAME",
    .summary = "tell of one component: what it is and every field of its config",
    .help = "NAME is a component (\"reinforce\"), a plugin's id, or \"id/name\".",
    .options = options,
    .n_options = 2,
    .min_positional = 1,
    .max_positional = 1,
    .run = show};
