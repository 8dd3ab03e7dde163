/* SPDX-License-Identifier: Apache-2.0 */
/* Level 1: the files alone; no code of the plugin runs. */
#include "check/elf_audit.h"
#include "check/functions.h"
#include "check/kit_state.h"
#include "check/suites.h"
#include "plugin/elf.h"
#include "plugin/foreign.h"
#include "plugin/package.h"
#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define SCAN_MS_MAX 100.0

enum { MESSAGE_BYTES = 4096 };

#define BUILD_REMEDY "build it with emend_add_plugin(), or with the SDK's version script"

static bool is_given(const char *text) {
    return text && *text;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* What listing costs a user for each plugin there is. */
static void time_scan(Kit *kit) {
    struct timespec begun, ended;
    Machine machine;
    PackageFile *file = NULL;
    machine_init(&machine);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    if (package_read(kit_package(kit)->dir, &machine, &file, NULL) == EMEND_OK) {
        clock_gettime(CLOCK_MONOTONIC, &ended);
        double ms = 1e3 * (double)(ended.tv_sec - begun.tv_sec) +
                    1e-6 * (double)(ended.tv_nsec - begun.tv_nsec);
        kit_figure(kit, "scan", ms, "ms");
        if (ms > SCAN_MS_MAX) {
            kit_warn(kit,
                     "reading the manifest and its descriptors took %.0f ms; it should stay "
                     "below %.0f ms",
                     ms, SCAN_MS_MAX);
        }
    }
    package_destroy(file);
    machine_finish(&machine);
}

static void manifest(Kit *kit) {
    const Package *package = kit_package(kit);
    if (package->problem) {
        kit_fail(kit, "mend what the message names", "%s", package->problem);
        return;
    }
    time_scan(kit);
    if (!is_given(package->manifest->summary)) {
        kit_warn(kit, "the manifest has no summary; `emend plugins list` shows it");
    }
    for (size_t i = 0; i < package->manifest->n_component; i++) {
        const Emend__ComponentInfo *info = package->manifest->component[i];
        if (!is_given(info->summary)) {
            kit_warn(kit, "component \"%s\" has no summary; `emend plugins list` shows it",
                     info->name);
        }
    }
}

/* Identifiers and AND, OR, WITH between them, as SPDX writes licences. */
static bool is_spdx(const char *text) {
    bool wants_name = true;
    while (*text) {
        size_t len = strcspn(text, " ()");
        if (len == 0) {
            text++;
            continue;
        }
        bool is_word = strncmp(text, "AND", len) == 0 || strncmp(text, "OR", len) == 0 ||
                       strncmp(text, "WITH", len) == 0;
        for (size_t i = 0; i < len; i++) {
            if (!isalnum((unsigned char)text[i]) && !strchr("-.+:", text[i])) {
                return false;
            }
        }
        if (is_word == wants_name) {
            return false;
        }
        wants_name = is_word;
        text += len;
    }
    return !wants_name;
}

static void licence(Kit *kit) {
    const Emend__PluginManifest *manifest = kit_package(kit)->manifest;
    if (!manifest || kit_package(kit)->problem) {
        kit_skip(kit, "the manifest cannot be read");
    } else if (!is_given(manifest->license)) {
        kit_fail(kit, "add a line such as license: \"Apache-2.0\"",
                 "the manifest has no license; it must name one");
    } else if (!is_spdx(manifest->license)) {
        kit_fail(kit, "spdx.org/licenses lists the names; LicenseRef-Name stands for any other",
                 "the manifest's license is \"%s\"; it must be an SPDX expression, such as "
                 "\"Apache-2.0\" or \"MIT OR LicenseRef-Mine\"",
                 manifest->license);
    }
}

static void list_uncommented(Kit *kit, const MessageType *type) {
    char names[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < type->n_fields; i++) {
        size_t len = strlen(names);
        const FieldType *field = &type->fields[i];
        if (field->is_required) {
            kit_fail(kit, "make the field optional, and let create() say what is missing",
                     "config field \"%s\" of %s is required; no field may be, for then a config "
                     "without it cannot be read at all",
                     field->name, type->name);
        }
        if (!is_given(field->comment)) {
            n++;
            if (len + strlen(field->name) + 3 < sizeof names) {
                snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "", field->name);
            }
        }
    }
    // One whose meaning hangs on its neighbour's comment is common and fine.
    if (n > 0 && n == type->n_fields) {
        kit_warn(kit, "no field of %s has a comment (%s); `emend plugins show` prints them",
                 type->name, names);
    }
}

static void config(Kit *kit) {
    const Package *package = kit_package(kit);
    if (package->problem) {
        kit_skip(kit, "the manifest cannot be read");
        return;
    }
    for (size_t i = 0; i < package->manifest->n_component; i++) {
        const char *name = package->manifest->component[i]->config;
        if (is_given(name)) {
            list_uncommented(kit, descriptor_pool_message(package->configs, name));
        }
    }
}

static void golden(Kit *kit) {
    const Package *package = kit_package(kit);
    if (package->problem) {
        kit_skip(kit, "the manifest cannot be read");
    } else if (kit->golden_problem) {
        kit_fail(kit, "proto/emend/golden.proto tells of every field", "%s", kit->golden_problem);
    } else if (!kit->golden && functions_are_all(package)) {
        kit_skip(kit,
                 "functions have their examples in the manifest, and they run before all else");
    } else if (!kit->golden) {
        kit_warn(kit, "the package has no " GOLDEN_FILE
                      "; examples of what it must do are its best test");
    } else {
        for (size_t i = 0; i < package->manifest->n_component; i++) {
            const Emend__ComponentInfo *info = package->manifest->component[i];
            if (!foreign_find(package, info) &&
                !golden_example(kit->golden, info, GOLDEN_GOOD, 0)) {
                kit_warn(kit, "%s has no example of \"%s\"", kit->golden->path, info->name);
            }
        }
    }
}

/* ---- the library ---------------------------------------------------------------------------- */

/* The library's path and what stands in it; false where the kit was told why there is none. */
static bool read_library(Kit *kit, ElfFacts *facts, ElfAudit *audit) {
    const Package *package = kit_package(kit);
    char path[PATH_MAX], message[MESSAGE_BYTES];
    EmendError err = emend_error_on(message, sizeof message);
    if (!package->library) {
        kit_skip(kit, package->problem ? "no library can be used: static.manifest says why"
                                       : "the package has no library of its own");
        return false;
    }
    EmendStatus status =
        package_file(package->dir, package->library->path, "the library", path, &err);
    if (status != EMEND_OK && package->problem) {
        kit_skip(kit, "the library cannot be read: static.manifest says why");
        return false;
    }
    if (status == EMEND_OK && facts) {
        status = elf_read(path, facts, &err);
    }
    if (status == EMEND_OK && audit) {
        status = elf_audit(path, audit, &err);
    }
    if (status != EMEND_OK) {
        kit_fail(kit, "build the plugin again", "%s", message);
    }
    return status == EMEND_OK;
}

/* A library of plain functions has no entry and no note, and may export what it likes. */
static bool is_plugin(Kit *kit) {
    if (functions_are_all(kit_package(kit))) {
        kit_skip(kit, "the package has plain functions alone");
    }
    return !kit_is_over(kit);
}

static void note(Kit *kit) {
    const Package *package = kit_package(kit);
    ElfFacts facts;
    if (!is_plugin(kit) || !read_library(kit, &facts, NULL)) {
        return;
    }
    const EmendNote *found = &facts.note;
    const Emend__PluginManifest *manifest = package->manifest;
    if (!facts.has_note) {
        kit_fail(kit, "put EMEND_DECLARE_PLUGIN at the end of the plugin's main file",
                 "the library has no Emend note; it must have one");
    } else if (found->platform != EMEND_PLATFORM_LP64_LE) {
        kit_fail(kit, "build it for this machine", "the note says data model %u; it must be %u",
                 found->platform, EMEND_PLATFORM_LP64_LE);
    } else if (found->abi_major != manifest->abi->major ||
               found->abi_minor != manifest->abi->minor ||
               found->host_minor_min != manifest->abi->host_minor_min) {
        kit_fail(kit, "correct `abi` in the manifest, or build the plugin again",
                 "the note says ABI %u.%u, host minor %u or later; the manifest says %u.%u and "
                 "%u; they must be equal",
                 found->abi_major, found->abi_minor, found->host_minor_min, manifest->abi->major,
                 manifest->abi->minor, manifest->abi->host_minor_min);
    } else if (strnlen(found->id, sizeof found->id) == sizeof found->id ||
               strcmp(found->id, manifest->id) != 0) {
        kit_fail(kit, "give EMEND_DECLARE_PLUGIN the manifest's id",
                 "the note says id \"%.63s\", the manifest \"%s\"; they must be equal", found->id,
                 manifest->id);
    }
}

static void exports(Kit *kit) {
    ElfFacts facts;
    if (!is_plugin(kit) || !read_library(kit, &facts, NULL)) {
        return;
    }
    if (!facts.exports_entry) {
        kit_fail(kit, BUILD_REMEDY,
                 "the library does not export the data symbol emend_plugin_entry; it must");
    } else if (facts.n_exports > 0) {
        kit_fail(kit, BUILD_REMEDY,
                 "the library exports %zu symbol%s beside emend_plugin_entry: %s; it must export "
                 "that one alone, or symbols of two plugins are mixed up",
                 facts.n_exports, facts.n_exports == 1 ? "" : "s", facts.exports);
    }
}

static void needs(Kit *kit) {
    ElfFacts facts;
    ElfAudit audit;
    if (!read_library(kit, &facts, &audit)) {
        return;
    }
    if (audit.of_emend[0]) {
        kit_fail(kit, "take them from the link line: all a plugin may call is in EmendHost",
                 "the library needs %s; a plugin links nothing of Emend", audit.of_emend);
    } else if (facts.missing_libraries[0]) {
        kit_fail(kit, "ship them in the package with a run path of $ORIGIN, or install them",
                 "the library needs libraries that are not found: %s; all must be",
                 facts.missing_libraries);
    } else if (facts.undefined[0]) {
        kit_fail(kit, "link the library that has them; -Wl,-z,defs tells of them at build time",
                 "nothing provides the symbols %s; all must be found", facts.undefined);
    }
}

static void allocator(Kit *kit) {
    ElfAudit audit;
    if (read_library(kit, NULL, &audit) && audit.allocators[0]) {
        kit_fail(kit, "take the allocator from the link line; host->alloc is one",
                 "the library brings an allocator (%s); a plugin must not, for two in a process "
                 "corrupt each other's memory",
                 audit.allocators);
    }
}

static void relocations(Kit *kit) {
    ElfAudit audit;
    if (read_library(kit, NULL, &audit) && audit.has_text_relocations) {
        kit_fail(kit, "compile every file that goes into it with -fPIC",
                 "the library's code must be written to when it is loaded (text relocations); it "
                 "must not");
    }
}

static void static_tls(Kit *kit) {
    ElfFacts facts;
    if (read_library(kit, &facts, NULL) && facts.needs_static_tls) {
        kit_fail(kit, "compile with -ftls-model=global-dynamic",
                 "the library uses static thread-local storage (DF_STATIC_TLS); it must not, for "
                 "a process has little of it and loading fails when it is gone");
    }
}

static void run_path(Kit *kit) {
    ElfAudit audit;
    if (read_library(kit, NULL, &audit) && audit.run_path[0]) {
        kit_fail(kit, "set the run path to $ORIGIN, or to none (CMake: BUILD_RPATH_USE_ORIGIN ON)",
                 "the library's run path has %s; it must stay below $ORIGIN, the package's folder",
                 audit.run_path);
    }
}

static void stack(Kit *kit) {
    ElfAudit audit;
    if (read_library(kit, NULL, &audit) && audit.has_executable_stack) {
        kit_fail(kit, "link with -Wl,-z,noexecstack; assembly files want a .note.GNU-stack section",
                 "the library asks for an executable stack; it must not, for that takes the "
                 "protection from the whole process");
    }
}

static const KitTest tests[] = {
    {"static.manifest", "plugin.textproto can be read and is right", KIT_STATIC, 0, manifest},
    {"static.licence", "the manifest names a licence, as SPDX does", KIT_STATIC, 0, licence},
    {"static.config", "no config field is required, and comments say what they mean", KIT_STATIC, 0,
     config},
    {"static.golden", "golden.textproto, where there is one, can be read", KIT_STATIC, 0, golden},
    {"static.note", "the ELF note says what the manifest says", KIT_STATIC, 0, note},
    {"static.exports", "emend_plugin_entry is the one exported symbol", KIT_STATIC, 0, exports},
    {"static.needs", "every library and symbol it needs is found", KIT_STATIC, 0, needs},
    {"static.allocator", "it brings no memory allocator", KIT_STATIC, 0, allocator},
    {"static.relocations", "its code is position independent", KIT_STATIC, 0, relocations},
    {"static.tls", "it uses no static thread-local storage", KIT_STATIC, 0, static_tls},
    {"static.run_path", "its run path stays in the package", KIT_STATIC, 0, run_path},
    {"static.stack", "it asks for no executable stack", KIT_STATIC, 0, stack},
};

const KitSuite suite_static = {NULL, tests, sizeof tests / sizeof *tests};
