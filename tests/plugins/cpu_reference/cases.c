/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The reference's weights on the backend. */
static void copy_weights(Loaded *loaded, EmendModel *model, const Reference *reference) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0, i = 0;

    for (; loaded_tensor(loaded, model, i, &name, &values, &gradient, &n); i++) {
        const ReferenceTensor *tensor = reference_tensor(reference, name);
        ck_assert_msg(tensor != NULL, "the backend has a tensor %s", name);
        ck_assert_msg(n == tensor->rows * tensor->columns, "%s has another size", name);
        for (uint64_t j = 0; j < n; j++) {
            values[j] = (float)tensor->values[j];
        }
    }
    ck_assert_msg(i == reference->n_tensors, "the backend has %d tensors, not %d", (int)i,
                  (int)reference->n_tensors);
    ck_assert_int_eq(loaded->gradients->values_changed(loaded->self, model, &loaded->err),
                     EMEND_OK);
}

void pair_open_with(Pair *pair, const Shape *shape, EmendBytes config) {
    *pair = (Pair){.loaded = loaded_open(config)};
    pair->policy = loaded_model(pair->loaded, &shape->config, 0, 1);
    pair->base = loaded_model(pair->loaded, &shape->config, EMEND_MODEL_FROZEN, 2);
    pair->policy_reference = reference_create(&shape->config);
    pair->base_reference = reference_create(&shape->config);
    reference_fill(pair->policy_reference, 11);
    reference_fill(pair->base_reference, 222);
    copy_weights(pair->loaded, pair->policy, pair->policy_reference);
    copy_weights(pair->loaded, pair->base, pair->base_reference);
    batch_fill(&pair->batch, shape);
}

void pair_open(Pair *pair, const Shape *shape) {
    pair_open_with(pair, shape, (EmendBytes){0});
}

void pair_close(Pair *pair) {
    pair->loaded->backend->model_close(pair->loaded->self, pair->policy);
    pair->loaded->backend->model_close(pair->loaded->self, pair->base);
    reference_destroy(pair->policy_reference);
    reference_destroy(pair->base_reference);
    loaded_close(pair->loaded);
}

void pair_forward(Pair *pair, int begin, int end, EmendTape **tape) {
    Loaded *loaded = pair->loaded;
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences =
                                       emend_span(&pair->batch.sequences[begin],
                                                  (uint64_t)(end - begin), sizeof(EmendSequence)),
                                   .reference = pair->base};
    EmendStatus status =
        loaded->backend->forward(loaded->self, pair->policy, &args, tape, &loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
}

void pair_backward(Pair *pair, int begin, int end) {
    Loaded *loaded = pair->loaded;
    EmendTape *tape = NULL;
    pair_forward(pair, begin, end, &tape);
    EmendStatus status =
        loaded->backend->backward(loaded->self, tape,
                                  emend_span(&pair->batch.coefficients[begin],
                                             (uint64_t)(end - begin), sizeof(EmendCoefficients)),
                                  &loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
    loaded->backend->tape_release(loaded->self, tape);
}

float *pair_gradients(const Pair *pair, size_t *n_all) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL, *all = NULL;
    uint64_t n = 0;
    *n_all = 0;
    for (uint64_t i = 0;
         loaded_tensor(pair->loaded, pair->policy, i, &name, &values, &gradient, &n); i++) {
        all = realloc(all, (*n_all + (size_t)n) * sizeof *all);
        ck_assert_ptr_nonnull(all);
        memcpy(all + *n_all, gradient, (size_t)n * sizeof *all);
        *n_all += (size_t)n;
    }
    return all;
}
