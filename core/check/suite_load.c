/* SPDX-License-Identifier: Apache-2.0 */
/* Level 2: open, close, create and destroy in every legal order. */
#include "check/footprint.h"
#include "check/subject.h"
#include "check/suites.h"
#include "plugin/elf.h"
#include "plugin/package.h"
#include <limits.h>
#include <string.h>
#include <time.h>

enum { N_TIMES = 3 };

#define OPEN_MS_MAX 100.0

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

/* ---- the package ---------------------------------------------------------------------------- */

static void compare_entry(Kit *kit, const EmendEntry *entry, const EmendNote *note) {
    const Emend__PluginManifest *manifest = kit_package(kit)->manifest;
    if (!entry->id || strcmp(entry->id, manifest->id) != 0) {
        kit_fail(kit, "give EMEND_DECLARE_PLUGIN the manifest's id",
                 "the entry says id \"%s\", the manifest \"%s\"; they must be equal",
                 entry->id ? entry->id : "", manifest->id);
    } else if (!entry->version || strcmp(entry->version, manifest->version) != 0) {
        kit_fail(kit, "give EMEND_DECLARE_PLUGIN the manifest's version",
                 "the entry says version \"%s\", the manifest \"%s\"; they must be equal",
                 entry->version ? entry->version : "", manifest->version);
    } else if (entry->abi_major != note->abi_major || entry->abi_minor != note->abi_minor ||
               entry->host_minor_min != note->host_minor_min || entry->platform != note->platform) {
        kit_fail(kit, "put EMEND_DECLARE_PLUGIN at the end of the plugin's main file",
                 "the entry says ABI %u.%u, host minor %u, data model %u; the note %u.%u, %u, %u; "
                 "they must be equal",
                 entry->abi_major, entry->abi_minor, entry->host_minor_min, entry->platform,
                 note->abi_major, note->abi_minor, note->host_minor_min, note->platform);
    }
}

static void entry(Kit *kit) {
    char path[PATH_MAX];
    ElfFacts facts = {0};
    Subject subject = {0};
    const Package *package = kit_package(kit);
    if (subject_load(kit, NULL, &subject) &&
        package_file(package->dir, package->library->path, "the library", path, NULL) == EMEND_OK &&
        elf_read(path, &facts, NULL) == EMEND_OK) {
        compare_entry(kit, &subject.entry, &facts.note);
    }
    subject_close(&subject);
}

/* Opened and closed, with nothing in between, several times. */
static void open_and_close(Kit *kit) {
    double slowest = 0, loaded = 0;
    for (int i = 0; i < N_TIMES && !kit_is_over(kit); i++) {
        Subject subject = {0};
        double begun = now_ms();
        subject_open(kit, NULL, &subject);
        double ms = now_ms() - begun;
        loaded = i == 0 ? ms : loaded;
        slowest = i > 0 && ms > slowest ? ms : slowest;
        subject_close(&subject);
    }
    if (kit_is_over(kit)) {
        return;
    }
    kit_figure(kit, "load", loaded, "ms");
    kit_figure(kit, "open", slowest, "ms");
    if (loaded > OPEN_MS_MAX || slowest > OPEN_MS_MAX) {
        kit_warn(kit,
                 "loading took %.0f ms and opening %.0f ms; each should stay below %.0f ms: "
                 "do what takes long in create()",
                 loaded, slowest, OPEN_MS_MAX);
    }
}

static bool is_listed(const Package *package, const char *kind) {
    for (size_t i = 0; i < package->manifest->n_component; i++) {
        if (strcmp(package->manifest->component[i]->kind, kind) == 0) {
            return true;
        }
    }
    return false;
}

static void ask_unknown(Kit *kit, const Subject *subject, const char *kind) {
    if (subject->entry.factory(subject->plugin, kind) && !kit_is_over(kit)) {
        kit_fail(kit, "compare the whole id, with strcmp(kind, EMEND_KIND_...) == 0",
                 "factory(\"%.80s\") gave a factory; it must be NULL for what is no kind of the "
                 "manifest's",
                 kind);
    }
}

/* What is like a kind and is none. */
static void ask_garbled(Kit *kit, const Subject *subject, const char *kind) {
    char text[128];
    snprintf(text, sizeof text, "%sx", kind);
    ask_unknown(kit, subject, text);
    snprintf(text, sizeof text, "%s0", kind);
    ask_unknown(kit, subject, text);
    snprintf(text, sizeof text, "%.*s", (int)strlen(kind) - 1, kind);
    ask_unknown(kit, subject, text);
    snprintf(text, sizeof text, "%.*s2", (int)strlen(kind) - 1, kind);
    ask_unknown(kit, subject, text);
    snprintf(text, sizeof text, " %s", kind);
    ask_unknown(kit, subject, text);
}

static void factories(Kit *kit) {
    char whole[4096];
    Subject subject = {0};
    if (!subject_open(kit, NULL, &subject)) {
        subject_close(&subject);
        return;
    }
    memset(whole, 'e', sizeof whole - 1);
    whole[sizeof whole - 1] = '\0';
    kit_enter(kit, "factory");
    ask_unknown(kit, &subject, "");
    ask_unknown(kit, &subject, "emend.nothing/1");
    ask_unknown(kit, &subject, "emend.");
    ask_unknown(kit, &subject, whole);
    for (size_t i = 0; kind_at(i) && !kit_is_over(kit); i++) {
        const char *kind = kind_at(i)->id;
        const EmendFactory *factory = subject.entry.factory(subject.plugin, kind);
        if (is_listed(kit_package(kit), kind) && !factory) {
            kit_fail(kit, "hand out a factory for every kind that the manifest lists",
                     "factory(\"%s\") gave NULL; the manifest lists components of that kind", kind);
        } else if (!is_listed(kit_package(kit), kind) && factory) {
            kit_warn(kit,
                     "factory(\"%s\") gives a factory, and the manifest lists no component of "
                     "that kind: nobody can use it",
                     kind);
        }
        ask_garbled(kit, &subject, kind);
    }
    subject_close(&subject);
}

/* The library is loaded and the plugin opened and closed. */
static void process(Kit *kit) {
    Footprint *before = footprint_take();
    Subject subject = {0};
    if (subject_load(kit, NULL, &subject)) {
        footprint_compare(kit, before, FOOTPRINT_ALL, "after the library was loaded");
    }
    subject_close(&subject);
    if (!kit_is_over(kit)) {
        if (subject_open(kit, NULL, &subject)) {
            footprint_compare(kit, before, FOOTPRINT_SETTINGS, "after open()");
        }
        subject_close(&subject);
    }
    if (!kit_is_over(kit)) {
        footprint_compare(kit, before, FOOTPRINT_ALL, "after close()");
    }
    footprint_free(before);
}

/* ---- each component ------------------------------------------------------------------------- */

/* Made, and destroyed without a call. */
static void create_and_destroy(Kit *kit) {
    for (int i = 0; i < N_TIMES && !kit_is_over(kit); i++) {
        Subject subject = {0};
        subject_create(kit, NULL, &subject);
        subject_close(&subject);
    }
}

/* A component whose defaults will not do has a config among its examples. */
static void config(Kit *kit) {
    Subject subject = {0};
    if (!subject_open(kit, NULL, &subject)) {
        subject_close(&subject);
        return;
    }
    void *self = NULL;
    const void *table = NULL;
    EmendStatus status = subject_instance(&subject, kit_config(kit), &self, &table);
    if (status == EMEND_OK) {
        subject_destroy_instance(&subject, self);
    } else if (status == EMEND_UNAVAILABLE) {
        kit_skip(kit, "this machine cannot: %s", subject.message);
    } else if (!kit_example(kit, 0)) {
        kit_fail(kit, "give golden.textproto an example with a config that it can be made with",
                 "it cannot be made with its defaults (\"%s\"), and there is no example of it; "
                 "there must be one",
                 subject.message);
    } else {
        subject_ok(&subject, "create", status);
    }
    subject_close(&subject);
}

/* Two at once, destroyed in either order. */
static void instances(Kit *kit) {
    for (int order = 0; order < 2 && !kit_is_over(kit); order++) {
        Subject subject = {0};
        void *first = NULL, *second = NULL;
        const void *table = NULL;
        if (subject_create(kit, NULL, &subject)) {
            EmendStatus status = subject_instance(&subject, kit_config(kit), &first, &table);
            bool has_first = subject_ok(&subject, "create of a second instance", status);
            status =
                has_first ? subject_instance(&subject, kit_config(kit), &second, &table) : EMEND_OK;
            bool has_second =
                has_first && subject_ok(&subject, "create of a third instance", status);
            if (has_second && order == 0) {
                subject_destroy_instance(&subject, second);
            }
            if (has_first) {
                subject_destroy_instance(&subject, first);
            }
            if (has_second && order == 1) {
                subject_destroy_instance(&subject, second);
            }
        }
        subject_close(&subject);
    }
}

static void process_of_component(Kit *kit) {
    Footprint *before = footprint_take();
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        footprint_compare(kit, before, FOOTPRINT_SETTINGS, "after create()");
    }
    subject_close(&subject);
    if (!kit_is_over(kit)) {
        footprint_compare(kit, before, FOOTPRINT_ALL, "after close()");
    }
    footprint_free(before);
}

static const KitTest package_tests[] = {
    {"load.entry", "the exported entry says what note and manifest say", KIT_LOAD, 0, entry},
    {"load.open", "opens and closes several times, and leaves no block", KIT_LOAD, 0,
     open_and_close},
    {"load.factories", "hands out factories for the kinds of the manifest alone", KIT_LOAD, 0,
     factories},
    {"load.process", "leaves what belongs to the process as it was", KIT_LOAD, 0, process},
};

static const KitTest component_tests[] = {
    {"load.config", "is made with its defaults, or with a golden example's config", KIT_LOAD, 0,
     config},
    {"load.create", "is made and destroyed without a call, several times", KIT_LOAD, 0,
     create_and_destroy},
    {"load.instances", "is made several times at once", KIT_LOAD, 0, instances},
    {"load.component_process", "leaves what belongs to the process as it was", KIT_LOAD, 0,
     process_of_component},
};

const KitSuite suite_load = {NULL, package_tests, sizeof package_tests / sizeof *package_tests};
const KitSuite suite_load_component = {KIT_EVERY_KIND, component_tests,
                                       sizeof component_tests / sizeof *component_tests};
