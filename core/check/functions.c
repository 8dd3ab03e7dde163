/* SPDX-License-Identifier: Apache-2.0 */
#include "check/functions.h"
#include "plugin/foreign.h"
#include <stdlib.h>
#include <string.h>

typedef struct Made {
    struct Made *next;
    Component component;
} Made;

/* Stands for the plugin that there is none of. */
typedef struct SubjectFunctions {
    ForeignHost *host;
    const Package *package;
    const Emend__Function *function;
    Made *made;
} SubjectFunctions;

const Emend__Function *functions_find(const Kit *kit) {
    return kit_component(kit) ? foreign_find(kit_package(kit), kit_component(kit)) : NULL;
}

bool functions_are_all(const Package *package) {
    const Emend__PluginManifest *manifest = package->manifest;
    return manifest && manifest->n_function > 0 && manifest->n_component <= manifest->n_function;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    SubjectFunctions *functions = (SubjectFunctions *)plugin;
    (void)name;
    char text[4096];
    EmendError inner = emend_error_on(text, sizeof text);
    Made *made = calloc(1, sizeof *made);
    EmendStatus status =
        made ? foreign_create(functions->host, functions->package, functions->function, config,
                              &made->component, &inner)
             : emend_fail(&inner, EMEND_EXHAUSTED, "no memory is left for the test");
    if (status != EMEND_OK) {
        free(made);
        // The manifest's line and a caret stand below a message about one; a plugin's has one line.
        text[strcspn(text, "\n")] = '\0';
        return emend_fail(err, status, "%s", text);
    }
    made->next = functions->made;
    functions->made = made;
    *instance = made->component.self;
    *table = made->component.table;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    SubjectFunctions *functions = (SubjectFunctions *)plugin;
    for (Made **at = &functions->made; *at; at = &(*at)->next) {
        Made *made = *at;
        if (made->component.self == instance) {
            *at = made->next;
            component_destroy(&made->component);
            free(made);
            return;
        }
    }
}

static const EmendFactory factory = {
    .struct_size = sizeof(EmendFactory), .create = create, .destroy = destroy};

bool functions_open(Subject *subject, const Emend__Function *function) {
    SubjectFunctions *functions = calloc(1, sizeof *functions);
    ForeignHost *host = foreign_host_create(0, NULL);
    if (!functions || !host) {
        free(functions);
        foreign_host_destroy(host);
        kit_skip(subject->kit, "no memory is left for the test");
        return false;
    }
    *functions = (SubjectFunctions){
        .host = host, .package = kit_package(subject->kit), .function = function};
    subject->functions = functions;
    subject->plugin = (EmendPlugin *)functions;
    subject->factory = &factory;
    return true;
}

void functions_close(Subject *subject) {
    SubjectFunctions *functions = subject->functions;
    if (functions) {
        while (functions->made) {
            destroy(subject->plugin, functions->made->component.self);
        }
        foreign_host_destroy(functions->host);
        free(functions);
    }
}
