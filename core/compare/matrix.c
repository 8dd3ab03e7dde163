/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/matrix.h"
#include "train/settings.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 1000 };

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "compare: no memory for the runs");
}

void matrix_finish(Matrix *matrix) {
    for (size_t i = 0; i < matrix->n_variants; i++) {
        recipe_destroy(matrix->variants[i].recipe);
        free(matrix->variants[i].steps);
    }
    free(matrix->variants);
    free(matrix->seeds);
    *matrix = (Matrix){0};
}

/* ---- what is shared ------------------------------------------------------------------------- */

static bool begins_alike(const Emend__Recipe *a, const Emend__Recipe *b) {
    return recipe_part_is_same(RECIPE_PART(a->backend), RECIPE_PART(b->backend)) &&
           recipe_part_is_same(RECIPE_PART(a->tokenizer), RECIPE_PART(b->tokenizer)) &&
           recipe_part_is_same(RECIPE_PART(a->task), RECIPE_PART(b->task)) &&
           recipe_part_is_same(RECIPE_PART(a->policy), RECIPE_PART(b->policy)) &&
           recipe_part_is_same(RECIPE_PART(a->template_), RECIPE_PART(b->template_)) &&
           recipe_part_is_same(RECIPE_PART(a->evaluation), RECIPE_PART(b->evaluation));
}

static size_t count_shared(const Matrix *matrix) {
    const Emend__Recipe *first = matrix->variants[0].recipe->message;
    size_t n = matrix->n_variants > 1 ? first->n_stage : 0;
    for (size_t v = 1; v < matrix->n_variants; v++) {
        const Emend__Recipe *other = matrix->variants[v].recipe->message;
        size_t same = 0;
        while (same < n && same < other->n_stage &&
               recipe_part_is_same(&first->stage[same]->base, &other->stage[same]->base)) {
            same++;
        }
        n = begins_alike(first, other) ? same : 0;
    }
    return n;
}

/* ---- loading -------------------------------------------------------------------------------- */

static uint64_t episodes_of_step(const Emend__Stage *stage) {
    const Emend__Rollout *rollout = stage_rollout(stage);
    return (uint64_t)rollout->prompts_per_step * rollout->samples_per_prompt *
           rollout->second_attempts;
}

static void count_work(Matrix *matrix) {
    for (size_t v = 0; v < matrix->n_variants; v++) {
        Variant *variant = &matrix->variants[v];
        variant->episodes = variant->updates = 0;
        for (size_t s = matrix->n_shared; s < variant->recipe->message->n_stage; s++) {
            variant->updates += variant->steps[s];
            variant->episodes +=
                variant->steps[s] * episodes_of_step(variant->recipe->message->stage[s]);
        }
    }
}

static EmendStatus check_names(const Matrix *matrix, EmendError *err) {
    for (size_t i = 0; i < matrix->n_variants; i++) {
        const char *name = matrix->variants[i].recipe->message->name;
        if (!name) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s: it has no name; the name tells its row and its folders apart",
                              matrix->variants[i].path);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(matrix->variants[j].recipe->message->name, name) == 0) {
                return emend_fail(err, EMEND_INVALID_ARGUMENT,
                                  "%s: its name is \"%s\", and so is that of %s; each must have "
                                  "its own",
                                  matrix->variants[i].path, name, matrix->variants[j].path);
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus load_variant(Variant *variant, const char *path, const char *const *assignments,
                                size_t n_assignments, const AnyResolver *resolver,
                                EmendError *err) {
    variant->path = path;
    EmendStatus status =
        recipe_load(path, assignments, n_assignments, resolver, &variant->recipe, err);
    if (status != EMEND_OK) {
        return status;
    }
    const Emend__Recipe *message = variant->recipe->message;
    variant->steps = calloc(message->n_stage + 1, sizeof *variant->steps);
    if (!variant->steps) {
        return no_memory(err);
    }
    for (size_t s = 0; s < message->n_stage; s++) {
        variant->steps[s] = message->stage[s]->steps;
    }
    return EMEND_OK;
}

EmendStatus matrix_load(const char *const *paths, size_t n_paths, const char *const *assignments,
                        size_t n_assignments, const AnyResolver *resolver, Matrix *out,
                        EmendError *err) {
    *out = (Matrix){.variants = calloc(n_paths, sizeof *out->variants)};
    EmendStatus status = out->variants ? EMEND_OK : no_memory(err);
    for (size_t i = 0; status == EMEND_OK && i < n_paths; i++) {
        out->n_variants++;
        status =
            load_variant(&out->variants[i], paths[i], assignments, n_assignments, resolver, err);
    }
    if (status == EMEND_OK) {
        status = check_names(out, err);
    }
    if (status == EMEND_OK) {
        out->n_shared = count_shared(out);
        count_work(out);
    } else {
        matrix_finish(out);
    }
    return status;
}

/* ---- seeds and budget ----------------------------------------------------------------------- */

static EmendStatus bad_seeds(const char *text, EmendError *err) {
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "--seeds is \"%s\"; it must be how many, 1 to %d, or the seeds themselves "
                      "with commas between, each once",
                      text, MAX_SEEDS);
}

static EmendStatus add_seed(Matrix *matrix, uint64_t seed, const char *text, EmendError *err) {
    for (size_t i = 0; i < matrix->n_seeds; i++) {
        if (matrix->seeds[i] == seed) {
            return bad_seeds(text, err);
        }
    }
    if (matrix->n_seeds == MAX_SEEDS) {
        return bad_seeds(text, err);
    }
    matrix->seeds[matrix->n_seeds++] = seed;
    return EMEND_OK;
}

EmendStatus matrix_set_seeds(Matrix *matrix, const char *text, EmendError *err) {
    bool is_list = strchr(text, ',') != NULL;
    EmendStatus status = EMEND_OK;
    matrix->seeds = calloc(MAX_SEEDS, sizeof *matrix->seeds);
    if (!matrix->seeds) {
        return no_memory(err);
    }
    for (const char *at = text; status == EMEND_OK;) {
        char *end = NULL;
        errno = 0;
        uint64_t number = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || errno != 0 || (*end && *end != ',')) {
            return bad_seeds(text, err);
        }
        if (is_list) {
            status = add_seed(matrix, number, text, err);
        } else if (number == 0 || number > MAX_SEEDS) {
            return bad_seeds(text, err);
        }
        for (uint64_t seed = 1; !is_list && seed <= number; seed++) {
            matrix->seeds[matrix->n_seeds++] = seed;
        }
        if (!*end || !end[1]) {
            return *end ? bad_seeds(text, err) : status;
        }
        at = end + 1;
    }
    return status;
}

EmendStatus matrix_set_budget(Matrix *matrix, uint64_t episodes, EmendError *err) {
    for (size_t v = 0; v < matrix->n_variants; v++) {
        Variant *variant = &matrix->variants[v];
        if (variant->episodes == 0) {
            continue; // nothing but what is shared
        }
        double factor = (double)episodes / (double)variant->episodes;
        for (size_t s = matrix->n_shared; s < variant->recipe->message->n_stage; s++) {
            double steps = (double)variant->steps[s] * factor;
            if (steps < 0.5 || steps > 1e12) {
                return emend_fail(err, EMEND_INVALID_ARGUMENT,
                                  "--budget is %llu; it leaves stage \"%s\" of %s with %.2g steps; "
                                  "it must leave it with one at least",
                                  (unsigned long long)episodes,
                                  variant->recipe->message->stage[s]->name, variant->path, steps);
            }
            variant->steps[s] = (uint64_t)(steps + 0.5);
        }
    }
    count_work(matrix);
    return EMEND_OK;
}
