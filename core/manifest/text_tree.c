/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/text_tree.h"
#include "manifest/file.h"

#include <stdlib.h>
#include <string.h>

EmendStatus text_tree_out_of_memory(const TextTree *tree, EmendError *err) {
    const char *origin = tree && tree->n_sources > 0 ? tree->sources[0].origin : "text";
    return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", origin);
}

void text_message_append(TextMessage *message, TextField *field) {
    field->next = NULL;
    if (message->last) {
        message->last->next = field;
    } else {
        message->first = field;
    }
    message->last = field;
}

EmendStatus text_tree_add_source(TextTree *tree, EmendStr text, const char *origin,
                                 const char *assignment, uint32_t *index, EmendError *err) {
    TextSource source = {.len = text.len};
    TextSource *sources = realloc(tree->sources, (tree->n_sources + 1) * sizeof *sources);
    if (!sources) {
        return text_tree_out_of_memory(tree, err);
    }
    tree->sources = sources;
    source.text = arena_copy(&tree->arena, text.ptr, text.len);
    source.origin = arena_copy(&tree->arena, origin, strlen(origin));
    if (assignment) {
        source.assignment = arena_copy(&tree->arena, assignment, strlen(assignment));
    }
    if (!source.text || !source.origin || (assignment && !source.assignment)) {
        return text_tree_out_of_memory(tree, err);
    }
    *index = (uint32_t)tree->n_sources;
    tree->sources[tree->n_sources++] = source;
    return EMEND_OK;
}

EmendStatus text_tree_parse(EmendStr text, const char *origin, TextTree **out, EmendError *err) {
    if (text.len > TEXT_MAX_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: is larger than 16 MiB, the most that is read", origin);
    }
    TextTree *tree = calloc(1, sizeof *tree);
    if (!tree) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", origin);
    }
    uint32_t source = 0;
    EmendStatus status = text_tree_add_source(tree, text, origin, NULL, &source, err);
    if (status == EMEND_OK) {
        status = text_parse_file(tree, source, &tree->root, err);
    }
    if (status != EMEND_OK) {
        text_tree_destroy(tree);
        return status;
    }
    *out = tree;
    return EMEND_OK;
}

EmendStatus text_tree_load(const char *path, TextTree **out, EmendError *err) {
    char *text = NULL;
    size_t len = 0;
    EmendStatus status = file_read(path, TEXT_MAX_BYTES, &text, &len, err);
    if (status == EMEND_OK) {
        status = text_tree_parse((EmendStr){text, len}, path, out, err);
    }
    free(text);
    return status;
}

void text_tree_destroy(TextTree *tree) {
    if (!tree) {
        return;
    }
    arena_finish(&tree->arena);
    free(tree->sources);
    free(tree);
}
