/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/manifest_check.h"
#include "emend/plugin.h"
#include "manifest/suggest.h"
#include "plugin/foreign_check.h"
#include "plugin/kinds.h"
#include "plugin/manifest_rules.h"
#include <string.h>

#define MANIFEST_FORMAT 1u

static const Characters id_characters = {"abcdefghijklmnopqrstuvwxyz0123456789._-",
                                         "a-z 0-9 . _ -"};
static const Characters name_characters = {"abcdefghijklmnopqrstuvwxyz0123456789_-", "a-z 0-9 _ -"};

/* Three numbers, and perhaps a '-' or '+' with more behind them. */
static bool is_version(const char *text) {
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(text, "0123456789");
        text += digits;
        if (digits == 0 || (i < 2 && *text++ != '.')) {
            return false;
        }
    }
    return *text == '\0' || ((*text == '-' || *text == '+') && text[1] != '\0');
}

static EmendStatus check_version(const Emend__PluginManifest *manifest, const TextTree *tree,
                                 EmendError *err) {
    EmendStatus status = manifest_rule_given(tree, "version", manifest->version, err);
    if (status == EMEND_OK && !is_version(manifest->version)) {
        status = text_tree_fail(tree, "version", err,
                                "version is \"%s\"; it must be three numbers, as in \"1.0.2\"",
                                manifest->version);
    }
    return status;
}

static EmendStatus check_abi(const Emend__PluginManifest *manifest, const TextTree *tree,
                             EmendError *err) {
    const Emend__Abi *abi = manifest->abi;
    if (!abi || !abi->has_major || !abi->has_minor) {
        return text_tree_fail(
            tree, "abi", err,
            "abi.major or abi.minor is missing; it must be the ABI the library was "
            "built for, here %u.%u",
            EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
    }
    if (abi->major != EMEND_ABI_MAJOR) {
        return text_tree_fail(
            tree, "abi.major", err,
            "the plugin was built for ABI %u.%u; this host speaks %u.%u: get a build "
            "of the plugin for ABI %u",
            abi->major, abi->minor, EMEND_ABI_MAJOR, EMEND_ABI_MINOR, EMEND_ABI_MAJOR);
    }
    if (abi->host_minor_min > EMEND_ABI_MINOR) {
        return text_tree_fail(
            tree, "abi.host_minor_min", err,
            "the plugin needs a host of ABI %u.%u or later; this one speaks %u.%u: "
            "get a newer Emend or an older build of the plugin",
            abi->major, abi->host_minor_min, EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
    }
    return EMEND_OK;
}

static EmendStatus check_kind(const TextTree *tree, const char *path, const char *id,
                              EmendError *err) {
    EmendStatus status = manifest_rule_given(tree, path, id, err);
    if (status != EMEND_OK || kind_find(id)) {
        return status;
    }
    const char *ids[KIND_COUNT];
    char known[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        ids[i] = kind_at(i)->id;
        int n = snprintf(known + len, sizeof known - len, "%s%s", i ? ", " : "", ids[i]);
        len += n > 0 && (size_t)n < sizeof known - len ? (size_t)n : 0;
    }
    const char *near = suggest_name(id, strlen(id), ids, KIND_COUNT);
    return text_tree_fail(tree, path, err, "%s is \"%s\"; %s%s%sit must be one of %s", path, id,
                          near ? "did you mean \"" : "", near ? near : "", near ? "\"? " : "",
                          known);
}

static EmendStatus check_component(const Emend__PluginManifest *manifest, size_t i,
                                   const TextTree *tree, EmendError *err) {
    const Emend__ComponentInfo *component = manifest->component[i];
    char path[64];
    snprintf(path, sizeof path, "component[%zu].kind", i);
    EmendStatus status = check_kind(tree, path, component->kind, err);
    if (status == EMEND_OK) {
        snprintf(path, sizeof path, "component[%zu].name", i);
        status = manifest_rule_name(tree, path, component->name, &name_characters, err);
    }
    for (size_t j = 0; status == EMEND_OK && j < i; j++) {
        const Emend__ComponentInfo *other = manifest->component[j];
        if (strcmp(other->kind, component->kind) == 0 &&
            strcmp(other->name, component->name) == 0) {
            status = text_tree_fail(
                tree, path, err,
                "%s is \"%s\", as component[%zu] of the same kind; names must differ", path,
                component->name, j);
        }
    }
    if (status == EMEND_OK && component->config && *component->config &&
        !manifest->descriptor_set) {
        snprintf(path, sizeof path, "component[%zu].config", i);
        status =
            text_tree_fail(tree, path, err,
                           "%s is \"%s\", and the manifest has no descriptor_set; it must name the "
                           "file that holds the message",
                           path, component->config);
    }
    return status;
}

static EmendStatus check_lists(const Emend__PluginManifest *manifest, const TextTree *tree,
                               EmendError *err) {
    EmendStatus status = EMEND_OK;
    if (manifest->n_library == 0 && manifest->n_component > 0) {
        return text_tree_fail(tree, "library", err,
                              "library is missing; there must be one at least");
    }
    if (manifest->n_component == 0 && manifest->n_function == 0) {
        return text_tree_fail(tree, "component", err,
                              "component is missing; there must be one at least, or a function");
    }
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_library; i++) {
        char path[64];
        snprintf(path, sizeof path, "library[%zu].path", i);
        status = manifest_rule_path(tree, path, manifest->library[i]->path, err);
    }
    if (status == EMEND_OK && manifest->descriptor_set) {
        status = manifest_rule_path(tree, "descriptor_set", manifest->descriptor_set, err);
    }
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_component; i++) {
        status = check_component(manifest, i, tree, err);
    }
    return status;
}

EmendStatus manifest_check(const Emend__PluginManifest *manifest, const TextTree *tree,
                           EmendError *err) {
    if (manifest->format != MANIFEST_FORMAT) {
        return text_tree_fail(tree, "format", err,
                              "format is %u; it must be %u, which this host reads",
                              manifest->format, MANIFEST_FORMAT);
    }
    EmendStatus status = manifest_rule_name(tree, "id", manifest->id, &id_characters, err);
    if (status == EMEND_OK) {
        status = check_version(manifest, tree, err);
    }
    if (status == EMEND_OK) {
        status = manifest_rule_given(tree, "license", manifest->license, err);
    }
    if (status == EMEND_OK && (manifest->abi || manifest->n_component > 0)) {
        status = check_abi(manifest, tree, err);
    }
    if (status == EMEND_OK) {
        status = check_lists(manifest, tree, err);
    }
    if (status == EMEND_OK) {
        status = foreign_check(manifest, tree, err);
    }
    return status;
}

/* Why a library is not for this machine, added to `why`; false where it is. */
static bool is_unusable(const Emend__Library *library, size_t i, const Machine *machine, char *why,
                        size_t capacity) {
    size_t len = strlen(why);
    const char *joint = len > 0 ? ", " : "";
    if (library->platform && *library->platform &&
        strcmp(library->platform, machine->platform) != 0) {
        snprintf(why + len, capacity - len, "%slibrary[%zu] is for %.60s", joint, i,
                 library->platform);
        return true;
    }
    for (size_t j = 0; j < library->n_cpu; j++) {
        if (!machine_has(machine, library->cpu[j])) {
            snprintf(why + len, capacity - len, "%slibrary[%zu] needs the CPU feature %.60s", joint,
                     i, library->cpu[j]);
            return true;
        }
    }
    return false;
}

EmendStatus manifest_choose(const Emend__PluginManifest *manifest, const TextTree *tree,
                            const Machine *machine, const Emend__Library **out, EmendError *err) {
    const Emend__Library *best = NULL;
    char why[512] = "";
    for (size_t i = 0; i < manifest->n_library; i++) {
        const Emend__Library *library = manifest->library[i];
        if (!is_unusable(library, i, machine, why, sizeof why) &&
            (!best || library->score > best->score)) {
            best = library;
        }
    }
    if (!best && manifest->n_library > 0) {
        text_tree_fail(
            tree, "library", err,
            "no library is for this machine: %s; this machine is %s, with the features that "
            "/proc/cpuinfo lists",
            why, machine->platform);
        if (err) {
            err->code = EMEND_UNAVAILABLE;
        }
        return EMEND_UNAVAILABLE;
    }
    *out = best;
    return EMEND_OK;
}
