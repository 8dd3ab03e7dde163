/* SPDX-License-Identifier: Apache-2.0 */
#include "check/golden.h"
#include "manifest/suggest.h"
#include "plugin/kinds.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64, PATH_BYTES = 160 };

/* ---- the component of an example ------------------------------------------------------------ */

static const Emend__Component *component_of(const Emend__Example *example, const char **field) {
    static const struct {
        Emend__Example__ComponentCase number;
        const char *field;
    } cases[] = {
        {EMEND__EXAMPLE__COMPONENT_BACKEND, "backend"},
        {EMEND__EXAMPLE__COMPONENT_TOKENIZER, "tokenizer"},
        {EMEND__EXAMPLE__COMPONENT_TASK, "task"},
        {EMEND__EXAMPLE__COMPONENT_REWARD, "reward"},
        {EMEND__EXAMPLE__COMPONENT_ALGORITHM, "algorithm"},
        {EMEND__EXAMPLE__COMPONENT_TRACKER, "tracker"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (example->component_case == cases[i].number) {
            *field = cases[i].field;
            return example->backend; // the members of a oneof share their place
        }
    }
    return NULL;
}

static const Emend__ComponentInfo *find_component(const Package *package, const char *kind,
                                                  const char *use) {
    const Emend__PluginManifest *manifest = package->manifest;
    const char *slash = strrchr(use, '/');
    const char *name = slash ? slash + 1 : use;
    for (size_t i = 0; i < manifest->n_component; i++) {
        const Emend__ComponentInfo *info = manifest->component[i];
        if (strcmp(info->kind, kind) == 0 && strcmp(info->name, name) == 0) {
            return info;
        }
    }
    return NULL;
}

static EmendStatus no_component(const Package *package, const char *field, const char *use,
                                EmendError *err) {
    const char *names[NAMES_MAX];
    char known[512] = "";
    size_t n = 0, len = 0;
    for (size_t i = 0; i < package->manifest->n_component && n < NAMES_MAX; i++) {
        const Emend__ComponentInfo *info = package->manifest->component[i];
        if (strcmp(info->kind, kind_of_field(field)) == 0) {
            int more =
                snprintf(known + len, sizeof known - len, "%s%s", n > 0 ? ", " : "", info->name);
            len += more > 0 && (size_t)more < sizeof known - len ? (size_t)more : 0;
            names[n++] = info->name;
        }
    }
    const char *near = n > 0 ? suggest_name(use, strlen(use), names, n) : NULL;
    return emend_fail(err, EMEND_NOT_FOUND,
                      "%s \"%s\": the package has none of that name; %s%s%sit must be one of its "
                      "own: %s",
                      field, use, near ? "did you mean \"" : "", near ? near : "",
                      near ? "\"? " : "", n > 0 ? known : "(none)");
}

static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    const Package *package = ctx;
    const char *kind = kind_of_field(field);
    if (!kind) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: not a field for a component; a config belongs to one", field);
    }
    const Emend__ComponentInfo *info = find_component(package, kind, use);
    if (!info) {
        return no_component(package, field, use, err);
    }
    *type = info->config && *info->config ? descriptor_pool_message(package->configs, info->config)
                                          : NULL;
    return EMEND_OK;
}

/* ---- what belongs together ------------------------------------------------------------------ */

/* A group of fields, which components of one kind or two take. */
typedef struct FieldUse {
    const char *field, *first, *second;
} FieldUse;

static EmendStatus check_use(const Golden *golden, size_t i, const char *kind, size_t n,
                             const FieldUse *use, EmendError *err) {
    char path[PATH_BYTES];
    if (n == 0 || strcmp(kind, use->first) == 0 ||
        (use->second && strcmp(kind, use->second) == 0)) {
        return EMEND_OK;
    }
    snprintf(path, sizeof path, "example[%zu].%s", i, use->field);
    return text_tree_fail(
        golden->tree, path, err, "%s belongs to an example of a %s%s%s, not of a %s", use->field,
        use->first, use->second ? " or " : "", use->second ? use->second : "", kind);
}

static EmendStatus check_example(const Golden *golden, size_t i, EmendError *err) {
    const Emend__Example *example = golden->message->example[i];
    const char *kind = NULL;
    const Emend__Component *component = component_of(example, &kind);
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "example[%zu]", i);
    if (!component || !component->use) {
        return text_tree_fail(golden->tree, path, err,
                              "the example says of no component; give one as in a recipe, such as "
                              "reward { use: \"name\" }");
    }
    const struct {
        size_t n;
        FieldUse use;
    } uses[] = {
        {example->n_episode, {"episode", "reward", "algorithm"}},
        {example->n_problem, {"problem", "task", NULL}},
        {example->n_grade, {"grade", "task", NULL}},
        {example->n_encoding, {"encoding", "tokenizer", NULL}},
        {example->dir != NULL, {"dir", "tokenizer", NULL}},
    };
    EmendStatus status = EMEND_OK;
    for (size_t u = 0; status == EMEND_OK && u < sizeof uses / sizeof *uses; u++) {
        status = check_use(golden, i, kind, uses[u].n, &uses[u].use, err);
        if (status == EMEND_OK && example->refused && uses[u].n > 0) {
            snprintf(path, sizeof path, "example[%zu].%s", i, uses[u].use.field);
            status = text_tree_fail(golden->tree, path, err,
                                    "%s stands beside `refused`; where the config must be refused "
                                    "there is nothing else to see",
                                    uses[u].use.field);
        }
    }
    return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

static EmendStatus exhausted(const char *path, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory is left to read it", path);
}

static EmendStatus unpack(Golden *golden, const Package *package, EmendError *err) {
    const MessageType *type = descriptor_pool_message(descriptor_pool_builtin(), "emend.Golden");
    AnyResolver resolver = {(void *)(uintptr_t)package, resolve};
    WireBuffer wire = {0};
    EmendStatus status = text_tree_encode(golden->tree, type, &resolver, &wire, err);
    if (status == EMEND_OK) {
        golden->message = emend__golden__unpack(NULL, wire.len, wire.bytes);
        status = golden->message ? EMEND_OK : exhausted(golden->path, err);
    }
    free(wire.bytes);
    return status;
}

EmendStatus golden_load(const char *path, const Package *package, Golden **out, EmendError *err) {
    Golden *golden = calloc(1, sizeof *golden);
    EmendStatus status = EMEND_OK;
    if (!golden || !(golden->path = strdup(path))) {
        free(golden);
        return exhausted(path, err);
    }
    status = text_tree_load(path, &golden->tree, err);
    char whole[PATH_MAX];
    if (status == EMEND_OK && realpath(path, whole)) {
        *strrchr(whole, '/') = '\0';
        golden->dir = strdup(whole);
    }
    if (status == EMEND_OK && !golden->dir) {
        status = exhausted(path, err);
    }
    if (status == EMEND_OK) {
        status = unpack(golden, package, err);
    }
    for (size_t i = 0; status == EMEND_OK && i < golden->message->n_example; i++) {
        status = check_example(golden, i, err);
    }
    if (status != EMEND_OK) {
        golden_destroy(golden);
        return status;
    }
    *out = golden;
    return EMEND_OK;
}

void golden_destroy(Golden *golden) {
    if (!golden) {
        return;
    }
    if (golden->message) {
        emend__golden__free_unpacked(golden->message, NULL);
    }
    text_tree_destroy(golden->tree);
    free(golden->path);
    free(golden->dir);
    free(golden);
}

/* ---- asking --------------------------------------------------------------------------------- */

const Emend__Example *golden_example(const Golden *golden, const Emend__ComponentInfo *component,
                                     int sort, size_t i) {
    for (size_t e = 0; e < golden->message->n_example; e++) {
        const Emend__Example *example = golden->message->example[e];
        const char *field = NULL;
        const Emend__Component *its = component_of(example, &field);
        const char *slash = strrchr(its->use, '/');
        if (strcmp(kind_of_field(field), component->kind) == 0 &&
            strcmp(slash ? slash + 1 : its->use, component->name) == 0 &&
            (example->refused != NULL) == (sort == GOLDEN_REFUSED) && i-- == 0) {
            return example;
        }
    }
    return NULL;
}

EmendBytes golden_config(const Emend__Example *example) {
    const char *field = NULL;
    const Emend__Component *component = component_of(example, &field);
    return component && component->config
               ? (EmendBytes){component->config->value.data, component->config->value.len}
               : (EmendBytes){NULL, 0};
}

void golden_place(const Golden *golden, const Emend__Example *example, const char *field,
                  char *place, size_t capacity) {
    char path[PATH_BYTES];
    size_t i = 0;
    while (i < golden->message->n_example && golden->message->example[i] != example) {
        i++;
    }
    snprintf(path, sizeof path, "example[%zu]%s%s", i, *field ? "." : "", field);
    text_tree_place(golden->tree, path, place, capacity);
}
