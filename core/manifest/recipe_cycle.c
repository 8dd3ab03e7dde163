/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/recipe_cycle.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CYCLES = 1000, MAX_NAME = 64 };

/* The stages to repeat, [first, last]. */
typedef struct Range {
    size_t first, last;
} Range;

static EmendStatus find_stage(const Recipe *recipe, const char *field, const char *name,
                              size_t otherwise, size_t *out, EmendError *err) {
    const Emend__Recipe *message = recipe->message;
    char path[32];
    *out = otherwise;
    for (size_t i = 0; name && i < message->n_stage; i++) {
        if (strcmp(message->stage[i]->name, name) == 0) {
            *out = i;
            return EMEND_OK;
        }
    }
    snprintf(path, sizeof path, "cycle.%s", field);
    return name ? text_tree_fail(recipe->tree, path, err,
                                 "%s is \"%s\"; it must be the name of a stage", field, name)
                : EMEND_OK;
}

static EmendStatus find_range(const Recipe *recipe, Range *out, EmendError *err) {
    const Emend__Cycle *cycle = recipe->message->cycle;
    EmendStatus status = find_stage(recipe, "first", cycle->first, 0, &out->first, err);
    if (status == EMEND_OK) {
        status =
            find_stage(recipe, "last", cycle->last, recipe->message->n_stage - 1, &out->last, err);
    }
    if (status == EMEND_OK && out->last < out->first) {
        status = text_tree_fail(recipe->tree, "cycle.last", err,
                                "last is \"%s\", which comes before first, \"%s\"", cycle->last,
                                cycle->first);
    }
    if (status == EMEND_OK && (cycle->n_cycles == 0 || cycle->n_cycles > MAX_CYCLES)) {
        status = text_tree_fail(recipe->tree, "cycle.n_cycles", err,
                                "n_cycles is %u; it must be 1 to %d", cycle->n_cycles, MAX_CYCLES);
    }
    return status;
}

/* A copy of a stage under the name of its round; NULL where memory is gone. */
static Emend__Stage *copy_stage(const Emend__Stage *stage, uint32_t round) {
    size_t len = emend__stage__get_packed_size(stage);
    uint8_t *bytes = malloc(len + 1);
    Emend__Stage *copy = NULL;
    char name[MAX_NAME + 16];
    snprintf(name, sizeof name, "%.*s.%u", MAX_NAME, stage->name, round);
    if (bytes) {
        emend__stage__pack(stage, bytes);
        copy = emend__stage__unpack(NULL, len, bytes);
    }
    free(bytes);
    if (copy) {
        free(copy->name);
        copy->name = strdup(name);
        if (!copy->name) {
            emend__stage__free_unpacked(copy, NULL);
            copy = NULL;
        }
    }
    return copy;
}

static EmendStatus out_of_memory(const Recipe *recipe, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", recipe->path);
}

/* Round after round behind the last stage of the range. */
static EmendStatus repeat(Recipe *recipe, Range range, uint32_t n_cycles, EmendError *err) {
    Emend__Recipe *message = recipe->message;
    size_t n_range = range.last - range.first + 1, n_added = n_range * (n_cycles - 1);
    size_t n_behind = message->n_stage - range.last - 1;
    Emend__Stage **stages = realloc(message->stage, (message->n_stage + n_added) * sizeof *stages);
    if (!stages) {
        return out_of_memory(recipe, err);
    }
    message->stage = stages;
    memmove(stages + range.last + 1 + n_added, stages + range.last + 1, n_behind * sizeof *stages);
    for (size_t i = 0; i < n_added; i++) {
        stages[range.last + 1 + i] =
            copy_stage(stages[range.first + i % n_range], (uint32_t)(i / n_range) + 2);
        if (!stages[range.last + 1 + i]) {
            // What stands behind moves up, so that all that is there can be freed.
            memmove(stages + range.last + 1 + i, stages + range.last + 1 + n_added,
                    n_behind * sizeof *stages);
            message->n_stage += i;
            return out_of_memory(recipe, err);
        }
    }
    message->n_stage += n_added;
    return EMEND_OK;
}

static EmendStatus pack(Recipe *recipe, EmendError *err) {
    size_t len = emend__recipe__get_packed_size(recipe->message);
    uint8_t *bytes = malloc(len + 1);
    if (!bytes) {
        return out_of_memory(recipe, err);
    }
    emend__recipe__pack(recipe->message, bytes);
    free((void *)(uintptr_t)recipe->wire.ptr);
    recipe->wire = (EmendBytes){bytes, len};
    return EMEND_OK;
}

EmendStatus recipe_unroll(Recipe *recipe, EmendError *err) {
    Emend__Recipe *message = recipe->message;
    Range range = {0};
    if (!message->cycle) {
        return EMEND_OK;
    }
    EmendStatus status = find_range(recipe, &range, err);
    if (status == EMEND_OK) {
        status = repeat(recipe, range, message->cycle->n_cycles, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    emend__cycle__free_unpacked(message->cycle, NULL);
    message->cycle = NULL;
    return pack(recipe, err);
}
