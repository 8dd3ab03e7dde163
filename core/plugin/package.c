/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/package.h"
#include "manifest/file.h"
#include "plugin/foreign_check.h"
#include "plugin/foreign_config.h"
#include "plugin/manifest_check.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PROBLEM_BYTES 4096u

/* Anyone on the machine could put other code in the place of what everyone may write to. */
static EmendStatus check_writable(const char *path, EmendError *err) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    if (facts.st_mode & S_IWOTH) {
        return emend_fail(err, EMEND_DENIED,
                          "%s: everyone may write to it, so it is not trusted; take that away with "
                          "`chmod o-w %s`",
                          path, path);
    }
    return EMEND_OK;
}

/* The folder a package lies in: where everyone may write to it and take away from it, a package can
 * be put in another's place. (In a sticky folder like /tmp they cannot.) */
static EmendStatus check_parent(const char *dir, EmendError *err) {
    char parent[PATH_MAX];
    struct stat facts;
    int n = snprintf(parent, sizeof parent, "%s/..", dir);
    if (n > 0 && (size_t)n < sizeof parent && stat(parent, &facts) == 0 &&
        (facts.st_mode & (S_IWOTH | S_ISVTX)) != S_IWOTH) {
        return EMEND_OK;
    }
    return emend_fail(
        err, EMEND_DENIED,
        "%s: everyone may write to the folder around it, so it is not trusted; take that "
        "away with `chmod o-w`",
        dir);
}

EmendStatus package_file(const char *dir, const char *path, const char *what, char *out,
                         EmendError *err) {
    char joined[PATH_MAX];
    char home[PATH_MAX];
    int n = snprintf(joined, sizeof joined, "%s/%s", dir, path);
    if (n < 0 || (size_t)n >= sizeof joined) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: %s is a path of %zu bytes; it is too long", dir, what, strlen(path));
    }
    if (!realpath(dir, home) || !realpath(joined, out)) {
        return emend_fail(
            err, EMEND_NOT_FOUND,
            "%s: %s, which the manifest names as %s; build or install the plugin again", joined,
            strerror(errno), what);
    }
    size_t len = strlen(home);
    if (strncmp(out, home, len) != 0 || out[len] != '/') {
        return emend_fail(err, EMEND_DENIED,
                          "%s: it leads to %s; %s must stay in the package's folder", joined, out,
                          what);
    }
    // Every folder between the package and the file.
    for (char *slash = strchr(out + len + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        EmendStatus status = check_writable(out, err);
        *slash = '/';
        if (status != EMEND_OK) {
            return status;
        }
    }
    return check_writable(out, err);
}

static EmendStatus read_manifest(PackageFile *file, TextTree **tree, EmendError *err) {
    const MessageType *type =
        descriptor_pool_message(descriptor_pool_builtin(), "emend.PluginManifest");
    WireBuffer wire = {0};
    EmendStatus status = text_tree_load(file->manifest_path, tree, err);
    if (status == EMEND_OK) {
        status = text_tree_encode(*tree, type, NULL, &wire, err);
    }
    if (status == EMEND_OK) {
        file->manifest = emend__plugin_manifest__unpack(NULL, wire.len, wire.bytes);
        if (!file->manifest) {
            status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                                "%s: the manifest cannot be unpacked; it must be an "
                                "emend.PluginManifest",
                                file->manifest_path);
        }
    }
    free(wire.bytes);
    return status;
}

static char *copy_or_null(const char *text) {
    return text ? strdup(text) : NULL;
}

/* A function is a component like any other to whoever lists, finds or configures them; also where
 * the package has a problem, so that who asks for it is told. */
static EmendStatus list_functions(Emend__PluginManifest *manifest, EmendError *err) {
    size_t n = manifest->n_component + manifest->n_function;
    Emend__ComponentInfo **list = realloc(manifest->component, (n + 1) * sizeof *list);
    if (!list) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to list its functions");
    }
    manifest->component = list;
    for (size_t i = 0; i < manifest->n_function; i++) {
        const Emend__Function *function = manifest->function[i];
        Emend__ComponentInfo *info = malloc(sizeof *info);
        if (!info) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to list its functions");
        }
        emend__component_info__init(info);
        list[manifest->n_component++] = info;
        info->kind = copy_or_null(function->kind);
        info->name = copy_or_null(function->name);
        info->summary = copy_or_null(function->summary);
        info->config = function->name ? foreign_config_name(function) : NULL;
        info->has_deterministic = 1;
        info->deterministic = function->deterministic;
        if ((function->kind && !info->kind) || (function->name && (!info->name || !info->config))) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to list its functions");
        }
    }
    return EMEND_OK;
}

/* The package's descriptor set with the configs of its functions behind: sets that follow one
 * another are one set. */
static EmendStatus read_pool(PackageFile *file, EmendError *err) {
    const Emend__PluginManifest *manifest = file->manifest;
    char path[PATH_MAX];
    WireBuffer set = {0};
    EmendStatus status = EMEND_OK;
    snprintf(path, sizeof path, "%s", file->manifest_path);
    if (manifest->descriptor_set) {
        char *bytes = NULL;
        size_t len = 0;
        status = package_file(file->dir, manifest->descriptor_set, "descriptor_set", path, err);
        if (status == EMEND_OK) {
            status = file_read(path, DESCRIPTOR_SET_BYTES_MAX, &bytes, &len, err);
            set = (WireBuffer){(uint8_t *)bytes, len, len};
        }
    }
    if (status == EMEND_OK && manifest->n_function > 0) {
        status = foreign_config_describe(manifest, &set, err);
    }
    if (status == EMEND_OK && set.len > 0) {
        status =
            descriptor_pool_create((EmendBytes){set.bytes, set.len}, path, &file->configs, err);
    }
    free(set.bytes);
    return status;
}

static EmendStatus read_configs(PackageFile *file, const TextTree *tree, EmendError *err) {
    const Emend__PluginManifest *manifest = file->manifest;
    EmendStatus status = read_pool(file, err);
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_component; i++) {
        const char *config = manifest->component[i]->config;
        if (config && *config && !descriptor_pool_message(file->configs, config)) {
            char field[64];
            snprintf(field, sizeof field, "component[%zu].config", i);
            status =
                text_tree_fail(tree, field, err,
                               "%s is \"%s\", which %s does not have; it must be the full name of "
                               "a message in it",
                               field, config, manifest->descriptor_set);
        }
    }
    return status;
}

/* What the steps before the library's own read. */
typedef struct Reading {
    PackageFile *file;
    const Machine *machine;
    TextTree *tree;
} Reading;

static EmendStatus take_manifest(Reading *reading, EmendError *err) {
    PackageFile *file = reading->file;
    EmendStatus status = check_writable(file->dir, err);
    if (status == EMEND_OK) {
        status = check_parent(file->dir, err);
    }
    if (status == EMEND_OK) {
        status = check_writable(file->manifest_path, err);
    }
    if (status == EMEND_OK) {
        status = read_manifest(file, &reading->tree, err);
    }
    return status;
}

static EmendStatus take_fields(Reading *reading, EmendError *err) {
    EmendStatus status = manifest_check(reading->file->manifest, reading->tree, err);
    return status == EMEND_OK ? read_configs(reading->file, reading->tree, err) : status;
}

static EmendStatus take_variant(Reading *reading, EmendError *err) {
    PackageFile *file = reading->file;
    return manifest_choose(file->manifest, reading->tree, reading->machine, &file->package.library,
                           err);
}

static EmendStatus take_file(Reading *reading, EmendError *err) {
    char path[PATH_MAX];
    const Emend__Library *library = reading->file->package.library;
    return library ? package_file(reading->file->dir, library->path, "the library", path, err)
                   : EMEND_OK; // functions of other libraries alone
}

static EmendStatus take_symbols(Reading *reading, EmendError *err) {
    const PackageFile *file = reading->file;
    return foreign_check_symbols(file->manifest, file->dir, file->package.library, reading->tree,
                                 err);
}

static EmendStatus read_all(PackageFile *file, const Machine *machine, EmendError *err) {
    static const struct {
        LoadStep step;
        EmendStatus (*take)(Reading *reading, EmendError *err);
    } steps[] = {{STEP_MANIFEST, take_manifest},
                 {STEP_FIELDS, take_fields},
                 {STEP_VARIANT, take_variant},
                 {STEP_FILE, take_file},
                 {STEP_ELF, take_symbols}};
    Reading reading = {file, machine, NULL};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < sizeof steps / sizeof *steps; i++) {
        file->package.problem_step = steps[i].step;
        status = steps[i].take(&reading, err);
    }
    if (file->manifest) {
        EmendStatus listed = list_functions(file->manifest, status == EMEND_OK ? err : NULL);
        status = status == EMEND_OK ? listed : status;
    }
    text_tree_destroy(reading.tree);
    return status;
}

EmendStatus package_read(const char *dir, const Machine *machine, PackageFile **out,
                         EmendError *err) {
    char text[PROBLEM_BYTES];
    EmendError problem = emend_error_on(text, sizeof text);
    PackageFile *file = calloc(1, sizeof *file);
    if (!file || !(file->dir = strdup(dir)) ||
        asprintf(&file->manifest_path, "%s/" PACKAGE_MANIFEST, dir) < 0) {
        goto exhausted;
    }
    file->status = read_all(file, machine, &problem);
    const LoadStepInfo *step = load_step_info(file->package.problem_step);
    if (file->status != EMEND_OK &&
        asprintf(&file->problem, "%s [%s %s]", text, step->code, step->name) < 0) {
        file->problem = NULL;
        goto exhausted;
    }
    file->package.dir = file->dir;
    file->package.manifest_path = file->manifest_path;
    file->package.manifest = file->manifest;
    file->package.configs = file->configs;
    file->package.problem = file->problem;
    *out = file;
    return EMEND_OK;
exhausted:
    package_destroy(file);
    return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory is left to read the plugin", dir);
}

void package_destroy(PackageFile *file) {
    if (!file) {
        return;
    }
    if (file->manifest) {
        emend__plugin_manifest__free_unpacked(file->manifest, NULL);
    }
    descriptor_pool_destroy(file->configs);
    free(file->dir);
    free(file->manifest_path);
    free(file->problem);
    free(file);
}
