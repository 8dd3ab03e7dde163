/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/recipe.h"
#include "manifest/recipe_check.h"
#include "manifest/recipe_cycle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const MessageType *recipe_type(void) {
    return descriptor_pool_message(descriptor_pool_builtin(), "emend.Recipe");
}

/* The absolute folder of the file at `path`, malloc'd. */
static EmendStatus find_folder(const char *path, char **out, EmendError *err) {
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    char *folder = slash ? strndup(path, len > 0 ? len : 1) : strdup(".");
    if (!folder) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", path);
    }
    *out = realpath(folder, NULL);
    int problem = errno;
    free(folder);
    return *out ? EMEND_OK
                : emend_fail(err, EMEND_NOT_FOUND, "%s: its folder cannot be found: %s", path,
                             strerror(problem));
}

static EmendStatus read_tree(Recipe *recipe, const char *const *assignments, size_t n_assignments,
                             EmendError *err) {
    EmendStatus status = text_tree_load(recipe->path, &recipe->tree, err);
    if (status == EMEND_OK) {
        status = text_tree_include(recipe->tree, err);
    }
    for (size_t i = 0; i < n_assignments && status == EMEND_OK; i++) {
        status = text_tree_set(recipe->tree, assignments[i], err);
    }
    return status;
}

static EmendStatus unpack(Recipe *recipe, const AnyResolver *resolver, EmendError *err) {
    WireBuffer wire = {0};
    EmendStatus status = text_tree_encode(recipe->tree, recipe_type(), resolver, &wire, err);
    if (status != EMEND_OK) {
        free(wire.bytes);
        return status;
    }
    recipe->wire = (EmendBytes){wire.bytes, wire.len};
    recipe->message = emend__recipe__unpack(NULL, wire.len, wire.bytes);
    return recipe->message ? EMEND_OK
                           : emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", recipe->path);
}

EmendStatus recipe_load(const char *path, const char *const *assignments, size_t n_assignments,
                        const AnyResolver *resolver, Recipe **out, EmendError *err) {
    Recipe *recipe = calloc(1, sizeof *recipe);
    EmendStatus status = EMEND_OK;
    if (recipe) {
        recipe->path = strdup(path);
    }
    if (!recipe || !recipe->path) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", path);
        goto out;
    }
    status = read_tree(recipe, assignments, n_assignments, err);
    if (status == EMEND_OK) {
        status = find_folder(path, &recipe->dir, err);
    }
    if (status == EMEND_OK) {
        status = unpack(recipe, resolver, err);
    }
    if (status == EMEND_OK) {
        status = recipe_check(recipe->message, recipe->tree, err);
    }
    if (status == EMEND_OK) {
        status = recipe_unroll(recipe, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    *out = recipe;
    recipe = NULL; // given away
out:
    recipe_destroy(recipe);
    return status;
}

EmendStatus recipe_print(const Recipe *recipe, const AnyResolver *resolver, uint32_t flags,
                         char **out, EmendError *err) {
    return text_print(recipe->wire, recipe_type(), resolver, flags, out, err);
}

bool recipe_part_is_same(const ProtobufCMessage *a, const ProtobufCMessage *b) {
    if (!a || !b) {
        return !a && !b;
    }
    size_t len = protobuf_c_message_get_packed_size(a);
    bool same = len == protobuf_c_message_get_packed_size(b);
    uint8_t *bytes = same ? malloc(2 * len + 1) : NULL;
    if (bytes) {
        protobuf_c_message_pack(a, bytes);
        protobuf_c_message_pack(b, bytes + len);
        same = memcmp(bytes, bytes + len, len) == 0;
    }
    free(bytes);
    return same && (bytes || len == 0);
}

void recipe_destroy(Recipe *recipe) {
    if (!recipe) {
        return;
    }
    if (recipe->message) {
        emend__recipe__free_unpacked(recipe->message, NULL);
    }
    free((void *)recipe->wire.ptr);
    text_tree_destroy(recipe->tree);
    free(recipe->path);
    free(recipe->dir);
    free(recipe);
}
