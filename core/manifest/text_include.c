/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is a variant of another: `include` names it, `set` changes single fields. */
#include "manifest/file.h"
#include "manifest/text_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LAYERS = 16 };

/* One file of the chain, the variant first. */
typedef struct Layer {
    TextMessage fields;
    const char *path; /* as it was opened; in the tree's arena */
    char *real;       /* to know it again; malloc'd, NULL where nobody can include it */
} Layer;

typedef struct Chain {
    TextTree *tree;
    Layer *layers;
    size_t n;
    EmendError *err;
} Chain;

static bool has_name(const TextField *field, const char *name) {
    return field->name_kind == TEXT_FIELD && field->name_len == strlen(name) &&
           memcmp(field->name, name, field->name_len) == 0;
}

static EmendStatus refuse(const Chain *chain, const TextField *field, const char *why) {
    return text_fail(chain->tree, field->value.place, EMEND_INVALID_ARGUMENT, chain->err, "%.*s %s",
                     (int)field->name_len, field->name, why);
}

/* The file that a layer includes; NULL in *out where it includes none. */
static EmendStatus find_include(const Chain *chain, const Layer *layer, const TextField **out) {
    *out = NULL;
    for (const TextField *field = layer->fields.first; field; field = field->next) {
        bool is_include = has_name(field, "include");
        if ((is_include || has_name(field, "set")) && field->value.kind != TEXT_STRING &&
            field->value.kind != TEXT_EMPTY_LIST) {
            return refuse(chain, field, "must be text in quotes");
        }
        if (is_include && *out) {
            return refuse(chain, field, "is there twice; a file has one it is a variant of");
        }
        if (is_include && field->value.kind == TEXT_STRING) {
            *out = field;
        }
    }
    return EMEND_OK;
}

/* `path` as seen from the file `from`; NULL where memory is gone. */
static const char *join(Arena *arena, const char *from, const char *path) {
    const char *slash = strrchr(from, '/');
    size_t folder = slash && path[0] != '/' ? (size_t)(slash - from + 1) : 0;
    size_t len = strlen(path);
    char *joined = arena_alloc(arena, folder + len + 1);
    if (joined) {
        memcpy(joined, from, folder);
        memcpy(joined + folder, path, len + 1);
    }
    return joined;
}

static EmendStatus open_layer(Chain *chain, const TextField *include) {
    Layer *from = &chain->layers[chain->n - 1], *layer = &chain->layers[chain->n];
    char *text = NULL, why[1024] = "";
    size_t len = 0;
    uint32_t source = 0;
    EmendError unreadable = emend_error_on(why, sizeof why);
    if (chain->n == MAX_LAYERS) {
        return refuse(chain, include, "goes deeper than 16 files");
    }
    if (strlen(include->value.text) != include->value.len) {
        return refuse(chain, include, "is no file's path");
    }
    layer->path = join(&chain->tree->arena, from->path, include->value.text);
    if (!layer->path) {
        return text_tree_out_of_memory(chain->tree, chain->err);
    }
    layer->real = realpath(layer->path, NULL);
    if (!layer->real) {
        return text_fail(chain->tree, include->value.place, EMEND_INVALID_ARGUMENT, chain->err,
                         "include names %s, which cannot be opened: %s", layer->path,
                         strerror(errno));
    }
    for (size_t i = 0; i < chain->n; i++) {
        if (chain->layers[i].real && strcmp(chain->layers[i].real, layer->real) == 0) {
            return refuse(chain, include, "comes back to a file that includes it");
        }
    }
    EmendStatus status = file_read(layer->path, TEXT_MAX_BYTES, &text, &len, &unreadable);
    if (status != EMEND_OK) {
        return refuse(chain, include, why);
    }
    status = text_tree_add_source(chain->tree, (EmendStr){text, len}, layer->path, NULL, &source,
                                  chain->err);
    free(text);
    if (status == EMEND_OK) {
        status = text_parse_file(chain->tree, source, &layer->fields, chain->err);
    }
    chain->n += status == EMEND_OK;
    return status;
}

static EmendStatus open_layers(Chain *chain) {
    for (;;) {
        const TextField *include = NULL;
        EmendStatus status = find_include(chain, &chain->layers[chain->n - 1], &include);
        if (status != EMEND_OK || !include) {
            return status;
        }
        status = open_layer(chain, include);
        if (status != EMEND_OK) {
            return status;
        }
    }
}

static bool has_field(const TextMessage *message, const TextField *like) {
    for (const TextField *field = message->first; field; field = field->next) {
        if (field->name_kind == like->name_kind && field->name_len == like->name_len &&
            memcmp(field->name, like->name, like->name_len) == 0) {
            return true;
        }
    }
    return false;
}

/* Moves the fields that are not in `replaced` behind those of `out`. */
static void move_fields(TextMessage *from, const TextMessage *replaced, TextMessage *out) {
    TextField *field = from->first;
    *from = (TextMessage){0};
    while (field) {
        TextField *next = field->next;
        if (!replaced || !has_field(replaced, field)) {
            text_message_append(out, field);
        }
        field = next;
    }
}

/* Lays a file over what those below it came to. */
static EmendStatus lay(const Chain *chain, Layer *layer) {
    TextMessage merged = {0}, sets = {0}, own = {0};
    TextField *field = layer->fields.first;
    while (field) {
        TextField *next = field->next;
        if (has_name(field, "set")) {
            text_message_append(&sets, field);
        } else if (!has_name(field, "include")) {
            text_message_append(&own, field);
        }
        field = next;
    }
    move_fields(&chain->tree->root, &own, &merged);
    move_fields(&own, NULL, &merged);
    chain->tree->root = merged;
    EmendStatus status = EMEND_OK;
    for (const TextField *set = sets.first; set && status == EMEND_OK; set = set->next) {
        if (set->value.kind == TEXT_STRING) {
            status = text_tree_set_in(chain->tree, set->value.text, layer->path, chain->err);
        }
    }
    return status;
}

EmendStatus text_tree_include(TextTree *tree, EmendError *err) {
    Chain chain = {
        .tree = tree, .layers = calloc(MAX_LAYERS + 1, sizeof *chain.layers), .n = 1, .err = err};
    if (!chain.layers) {
        return text_tree_out_of_memory(tree, err);
    }
    Layer *variant = &chain.layers[0];
    variant->fields = tree->root;
    variant->path = tree->sources[0].origin;
    variant->real = realpath(variant->path, NULL);
    EmendStatus status = open_layers(&chain);
    if (status == EMEND_OK) {
        tree->root = (TextMessage){0};
    }
    while (status == EMEND_OK && chain.n > 0) {
        status = lay(&chain, &chain.layers[--chain.n]);
    }
    for (size_t i = 0; i <= MAX_LAYERS; i++) {
        free(chain.layers[i].real);
    }
    free(chain.layers);
    return status;
}
