/* SPDX-License-Identifier: Apache-2.0 */
#include "train/compose.h"
#include "train/rollout.h"
#include <stdlib.h>
#include <string.h>

typedef struct Composing {
    const Engine *engine;
    const Trajectory *sources;
    size_t n_sources;
    uint32_t max_positions;

    Trajectory *made;
    size_t n, capacity, n_too_long;
    EmendError *err; /* of what a put found wrong, in detail */
} Composing;

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED,
                      "no memory for composed episodes; lower prompts_per_step or "
                      "samples_per_prompt");
}

static EmendStatus refuse(const Composing *composing, const char *what) {
    return emend_fail(composing->err, EMEND_INTERNAL,
                      "composed episode %zu: %s; that is a bug of the plugin", composing->n, what);
}

static EmendStatus check(const Composing *composing, const EmendSourceTurn *turns, size_t n) {
    if (n == 0 || n > MAX_TURNS) {
        return refuse(composing, "it has no turns, or more than 16");
    }
    uint64_t group = 0;
    bool has_trained = false;
    for (size_t i = 0; i < n; i++) {
        if (turns[i].episode >= composing->n_sources ||
            turns[i].turn >= composing->sources[turns[i].episode].n_turns) {
            return refuse(composing, "it names an episode or a turn that is not there");
        }
        const Trajectory *source = &composing->sources[turns[i].episode];
        if (i > 0 && source->group != group) {
            return refuse(composing, "its turns are of different groups");
        }
        group = source->group;
        if (!turns[i].is_context && source->turns[turns[i].turn].is_given) {
            return refuse(composing, "it would learn a turn that nobody sampled");
        }
        has_trained |= !turns[i].is_context;
    }
    if (composing->n > 0 && group < composing->made[composing->n - 1].group) {
        return refuse(composing, "its group comes before that of the episode put before");
    }
    return has_trained ? EMEND_OK : refuse(composing, "all its turns are context");
}

// The prompt: what stands before the first turn, the tokens of a given one included.
static EmendStatus copy_prompt(const Trajectory *source, Trajectory *out) {
    const TrajectoryTurn *first = &source->turns[0];
    *out =
        (Trajectory){.problem = source->problem, .group = source->group, .sample = source->sample};
    return trajectory_append(out, source->tokens, first->begin - first->n_given_tokens);
}

static EmendStatus make(const Composing *composing, const EmendSourceTurn *turns, size_t n,
                        Trajectory *out) {
    EmendStatus status = copy_prompt(&composing->sources[turns[0].episode], out);
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        if (i > 0) {
            EmendStatus asked = rollout_next_prompt(composing->engine, out, composing->err);
            if (asked != EMEND_OK) {
                return asked;
            }
        }
        status = trajectory_copy_turn(&composing->sources[turns[i].episode], turns[i].turn,
                                      turns[i].is_context, out);
    }
    if (status != EMEND_OK) {
        return no_memory(composing->err);
    }
    return EMEND_OK;
}

static Trajectory *next_room(Composing *composing) {
    if (composing->n == composing->capacity) {
        size_t capacity = composing->capacity ? 2 * composing->capacity : 64;
        Trajectory *made = realloc(composing->made, capacity * sizeof *made);
        if (!made) {
            return NULL;
        }
        composing->made = made;
        composing->capacity = capacity;
    }
    composing->made[composing->n] = (Trajectory){0};
    return &composing->made[composing->n];
}

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Composing *composing = ctx;
    EmendSourceTurn turns[MAX_TURNS];
    size_t n = (size_t)(len / sizeof *turns);
    if (field != 0) {
        return EMEND_OK; // of a newer algorithm: not ours to know
    }
    if (len % sizeof *turns != 0) {
        return refuse(composing, "its bytes are no array of EmendSourceTurn");
    }
    if (n <= MAX_TURNS && n > 0) {
        memcpy(turns, data, n * sizeof *turns);
    }
    EmendStatus status = check(composing, turns, n);
    if (status != EMEND_OK) {
        return status;
    }
    Trajectory *out = next_room(composing);
    if (!out) {
        return no_memory(composing->err);
    }
    status = make(composing, turns, n, out);
    if (status != EMEND_OK) {
        trajectory_finish(out);
        return status;
    }
    if (out->n_tokens > composing->max_positions) {
        trajectory_finish(out); // the algorithm cannot know the model's limit
        composing->n_too_long++;
        return EMEND_OK;
    }
    composing->n++;
    return EMEND_OK;
}

EmendStatus compose_run(const Engine *engine, const Component *algorithm, const EpisodeBatch *batch,
                        const Trajectory *trajectories, uint64_t seed, uint32_t max_positions,
                        Trajectory **out, size_t *n_out, size_t *n_too_long, EmendError *err) {
    char text[512];
    EmendError found = emend_error_on(text, sizeof text);
    Composing composing = {.engine = engine,
                           .sources = trajectories,
                           .n_sources = batch->n,
                           .max_positions = max_positions,
                           .err = &found};
    EmendSink sink = {.struct_size = sizeof sink, .ctx = &composing, .put = put};
    const EmendAlgorithm *table = algorithm->table;
    EmendStatus status =
        table->compose(algorithm->self, emend_span(batch->episodes, batch->n, sizeof(EmendEpisode)),
                       seed, &sink, err);
    // What a put found wrong is the reason, whatever the plugin made of it.
    if (found.code != EMEND_OK) {
        status = emend_fail(err, found.code, "%s", text);
    }
    status = engine_said(algorithm, "compose", status, err);
    if (status != EMEND_OK) {
        trajectories_destroy(composing.made, composing.n);
        return status;
    }
    *out = composing.made;
    *n_out = composing.n;
    *n_too_long = composing.n_too_long;
    return EMEND_OK;
}
