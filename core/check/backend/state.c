/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a call: seeds, saved models, clones, cancelled work. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const EmendOptimizerStep settings = {.struct_size = sizeof settings,
                                            .step = 1,
                                            .learning_rate = 1e-2,
                                            .beta1 = 0.9,
                                            .beta2 = 0.99,
                                            .epsilon = 1e-8,
                                            .weight_decay = 0.1,
                                            .max_grad_norm = 1.0};

static bool train(Rig *rig, EmendModel *model, uint64_t step) {
    EmendOptimizerStep args = settings;
    EmendOptimizerResult result = {.struct_size = sizeof result};
    args.step = step;
    return rig_backward(rig, model, 0, N_SEQUENCES) && rig_step(rig, model, &args, &result);
}

/* The first tensor in which two sets of weights differ, or NULL. */
static const char *difference(const Reference *a, const Reference *b) {
    for (size_t i = 0; i < a->n_tensors; i++) {
        const ReferenceTensor *x = &a->tensors[i], *y = &b->tensors[i];
        if (memcmp(x->values, y->values, x->rows * x->columns * sizeof(double)) != 0) {
            return x->name;
        }
    }
    return NULL;
}

/* Whether a model's weights are these, to the bit; else the kit is told `what` must be. */
static bool has_weights(Rig *rig, const EmendModel *model, const Reference *expected,
                        const char *remedy, const char *what) {
    Reference *found = rig_weights(rig, model);
    const char *name = found ? difference(expected, found) : NULL;
    if (name) {
        kit_fail(rig->kit, remedy, "model \"%s\": %s has other bits %s", rig->shape->name, name,
                 what);
    }
    bool is_same = found && !name;
    reference_destroy(found);
    return is_same;
}

// ---- seeds

/* The rig as seen by another instance of the plugin. */
static bool other_instance(Rig *rig, Rig *out) {
    const void *table = NULL;
    *out = *rig;
    EmendStatus status = subject_instance(rig->subject, kit_config(rig->kit), &out->self, &table);
    out->backend = table;
    return rig_ok(rig, "create of a second instance", status);
}

static bool sample_from(Rig *rig, EmendModel *model, Ask *ask) {
    EmendSession *session = rig_session(rig, model);
    ask_init(ask, rig->shape, 1, EMEND_NO_SEQUENCE, 3, 4);
    bool is_done = session && rig_generate(rig, session, ask, 1);
    rig->backend->session_close(rig->self, session);
    return is_done;
}

static void check_seeds(Rig *first, Rig *second) {
    Ask asks[2];
    EmendModelConfig config = first->shape->config;
    config.initializer_range = 0.2;
    EmendModel *model = rig_fresh(first, &config, 5), *same = rig_fresh(second, &config, 5);
    EmendModel *other = rig_fresh(second, &config, 6);
    Reference *weights = model ? rig_weights(first, model) : NULL;
    if (weights && same && other &&
        has_weights(second, same, weights,
                    "draw fresh weights from the seed alone: EMEND_RANDOM_INIT of emend/random.h",
                    "in another instance, with the same seed; it must have the same") &&
        sample_from(first, model, &asks[0]) && sample_from(second, same, &asks[1]) &&
        asks_agree(first, &asks[0], &asks[1], "draw tokens from the request's key alone",
                   "in another instance")) {
        Reference *others = rig_weights(second, other);
        if (others && !difference(weights, others)) {
            kit_fail(first->kit, "draw fresh weights from the seed",
                     "seeds 5 and 6 give the same weights; they must differ");
        }
        reference_destroy(others);
    }
    reference_destroy(weights);
    rig_drop(first, model);
    rig_drop(second, same);
    rig_drop(second, other);
}

void backend_test_seeds(Kit *kit) {
    Rig first, second;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &first) && other_instance(&first, &second)) {
        check_seeds(&first, &second);
        subject_destroy_instance(first.subject, second.self);
    }
    rig_close(&first);
}

void backend_test_fresh_weights(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        EmendModelConfig config = rig.shape->config;
        config.initializer_range = 0.3;
        EmendModel *model = rig_fresh(&rig, &config, 5);
        Reference *weights = model ? rig_weights(&rig, model) : NULL;
        for (size_t i = 0; weights && i < weights->n_tensors && !kit_is_over(kit); i++) {
            const ReferenceTensor *tensor = &weights->tensors[i];
            size_t n = tensor->rows * tensor->columns;
            double sum = 0.0, square = 0.0;
            for (size_t j = 0; j < n; j++) {
                sum += tensor->values[j];
                square += tensor->values[j] * tensor->values[j];
            }
            double deviation = sqrt(square / (double)n), mean = sum / (double)n;
            // Six standard errors of either, for any distribution that is not heavy in its tails.
            double tolerance = 6.0 * config.initializer_range / sqrt((double)n);
            if (tensor->rows > 1 && !(fabs(deviation - config.initializer_range) <= tolerance &&
                                      fabs(mean) <= tolerance)) {
                kit_fail(kit, "draw each matrix with mean 0 and deviation initializer_range",
                         "%s of a fresh model has mean %.3g and deviation %.3g; they must be 0 and "
                         "%.3g within %.2g",
                         tensor->name, mean, deviation, config.initializer_range, tolerance);
            }
        }
        reference_destroy(weights);
        rig_drop(&rig, model);
    }
    rig_close(&rig);
}

// ---- saving

/* The model in a folder; NULL where the kit was told. */
static EmendModel *open_folder(Rig *rig, KitFolder *folder, uint32_t flags) {
    EmendModel *model = NULL;
    const EmendModelSource source = {
        .struct_size = sizeof source, .flags = flags, .dir = emend_str(folder->dir)};
    kit_enter(rig->kit, "model_open of what model_save wrote");
    EmendStatus status = rig->backend->model_open(rig->self, &source, &model, rig_err(rig));
    return rig_ok(rig, "model_open of what model_save wrote", status) ? model : NULL;
}

static bool save(Rig *rig, EmendModel *model, KitFolder *folder, uint32_t flags) {
    kit_enter(rig->kit, "model_save");
    return kit_folder_init(rig->kit, folder) &&
           rig_ok(rig, "model_save",
                  rig->backend->model_save(rig->self, model, emend_str(folder->dir), flags,
                                           rig_err(rig)));
}

void backend_test_save(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        KitFolder folder;
        if (rig_open(kit, &model_shapes[i], &rig) &&
            has_weights(&rig, rig.policy, rig.policy_reference,
                        "write and read each float as it is",
                        "after an open and a save; it must keep those of the folder") &&
            train(&rig, rig.policy, 1) && save(&rig, rig.policy, &folder, 0)) {
            Reference *weights = rig_weights(&rig, rig.policy);
            EmendModel *read = weights ? open_folder(&rig, &folder, 0) : NULL;
            if (read) {
                has_weights(&rig, read, weights, "write and read each float as it is",
                            "after a save and an open; a saved model keeps its bits");
                rig_drop(&rig, read);
            }
            reference_destroy(weights);
        }
        rig_close(&rig);
    }
}

static void check_resume(Rig *rig) {
    KitFolder folder;
    EmendModel *read = NULL;
    if (train(rig, rig->policy, 1) && train(rig, rig->policy, 2) &&
        save(rig, rig->policy, &folder, EMEND_MODEL_OPTIMIZER)) {
        read = open_folder(rig, &folder, EMEND_MODEL_OPTIMIZER);
    }
    if (read && train(rig, rig->policy, 3) && train(rig, read, 3)) {
        Reference *weights = rig_weights(rig, rig->policy);
        if (weights) {
            has_weights(rig, read, weights,
                        "save weights and both moments with EMEND_MODEL_OPTIMIZER, and read them "
                        "back",
                        "after step 3 from a checkpoint of step 2; it must be as if training had "
                        "not stopped");
        }
        reference_destroy(weights);
    }
    rig_drop(rig, read);
}

void backend_test_resume(Kit *kit) {
    for (int i = 0; i < 4 && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            check_resume(&rig);
        }
        rig_close(&rig);
    }
}

// ---- clones

void backend_test_clone(Kit *kit) {
    for (int i = 0; i < 2 && !kit_is_over(kit); i++) {
        static const char remedy[] = "give a clone memory of its own";
        Rig rig;
        uint32_t flags = i == 0 ? EMEND_MODEL_FROZEN : 0;
        EmendModel *clone = NULL;
        if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
            clone = rig_clone(&rig, rig.policy, flags);
        }
        if (clone &&
            has_weights(&rig, clone, rig.policy_reference, "copy every tensor",
                        "in a clone; it must be the same") &&
            train(&rig, rig.policy, 1) &&
            has_weights(&rig, clone, rig.policy_reference, remedy,
                        "in a clone after a step of its original; it must be as it was") &&
            flags == 0) {
            Reference *weights = rig_weights(&rig, rig.policy);
            if (weights && train(&rig, clone, 1)) {
                has_weights(&rig, rig.policy, weights, remedy,
                            "in an original after a step of its clone; it must be as it was");
            }
            reference_destroy(weights);
        }
        if (clone) {
            rig_drop(&rig, clone);
        }
        rig_close(&rig);
    }
}

// ---- cancelling

/* As many requests as take a while. */
static void check_cancel(Rig *rig, volatile int *cancel) {
    enum { N = 2000 };
    Ask *asks = calloc(N, sizeof *asks), after;
    EmendSession *session = rig_session(rig, rig->policy);
    for (uint64_t i = 0; asks && i < N; i++) {
        ask_init(&asks[i], rig->shape, i, EMEND_NO_SEQUENCE, i, 4);
        asks[i].sampling.max_new_tokens = 28;
    }
    if (asks && session) {
        *cancel = 1;
        EmendStatus status = rig_try_generate(rig, session, asks, N);
        *cancel = 0;
        if (status == EMEND_OK) {
            kit_warn(rig->kit, "generate samples 56000 tokens to their end after the host asked to "
                               "stop; long work should look at is_cancelled()");
        } else if (subject_refused(rig->subject, "generate once is_cancelled() is true", status) &&
                   status != EMEND_CANCELLED) {
            kit_fail(rig->kit, "return EMEND_CANCELLED where is_cancelled() was true",
                     "generate returns %s once is_cancelled() is true; it must be CANCELLED",
                     emend_status_name(status));
        }
        ask_init(&after, rig->shape, 1, EMEND_NO_SEQUENCE, 3, 4);
        if (!kit_is_over(rig->kit)) {
            rig_generate(rig, session, &after, 1);
        }
    }
    rig->backend->session_close(rig->self, session);
    free(asks);
}

void backend_test_cancel(Kit *kit) {
    static volatile int cancel;
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        rig.subject->options.cancel = &cancel;
        check_cancel(&rig, &cancel);
    }
    rig_close(&rig);
}
