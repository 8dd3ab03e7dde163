/* SPDX-License-Identifier: Apache-2.0 */
/* What backward computes, against differences of the reference's loss. */
#include "check/backend/rig.h"
#include "check/backend/tests.h"
#include "check/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_PROBS = 1, ENTROPIES = 2, KLS = 4, ALL = LOG_PROBS | ENTROPIES | KLS };

static double *copy_of(const double *x, size_t n) {
    double *copy = malloc(n * sizeof *copy);
    if (!copy) {
        abort();
    }
    return memcpy(copy, x, n * sizeof *copy);
}

/* The reference loss's slope along `direction` from where the tensor is, by central differences. */
static double slope_along(const Rig *rig, ReferenceTensor *tensor, const double *direction) {
    static const double step = 1e-4;
    size_t n = tensor->rows * tensor->columns;
    double losses[2], *before = copy_of(tensor->values, n);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) {
            tensor->values[i] = before[i] + (side == 0 ? step : -step) * direction[i];
        }
        losses[side] = reference_loss(rig->policy_reference, rig->base_reference,
                                      rig->batch.sequences, rig->batch.coefficients, N_SEQUENCES);
    }
    memcpy(tensor->values, before, n * sizeof *before);
    free(before);
    return (losses[0] - losses[1]) / (2.0 * step);
}

static double length_of(const double *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/* Checks the gradient along one direction, which is scaled to length 1. */
static void check_slope(Rig *rig, const ReferenceTensor *gradient, double *direction,
                        const char *what) {
    size_t n = gradient->rows * gradient->columns;
    double tolerance = rig_extension(rig) ? RIG_TOLERANCE : 10 * RIG_TOLERANCE;
    double length = length_of(direction, n), slope = 0.0;
    for (size_t i = 0; i < n; i++) {
        direction[i] /= length > 0.0 ? length : 1.0;
        slope += direction[i] * gradient->values[i];
    }
    double expected =
        slope_along(rig, reference_tensor(rig->policy_reference, gradient->name), direction);
    double scale = fmax(fabs(expected), length_of(gradient->values, n) / sqrt((double)n));
    if (!(fabs(slope - expected) <= tolerance * scale)) {
        kit_fail(rig->kit,
                 "follow the tensor's gradient back through the layer that uses it; what comes "
                 "after it agrees, if its tensors do",
                 "model \"%s\": the gradient of %s along %s is %.9g; by differences of the loss it "
                 "must be %.9g within %g of that",
                 rig->shape->name, gradient->name, what, slope, expected, tolerance);
    }
}

static void check_tensor(Rig *rig, const ReferenceTensor *gradient, uint64_t *random) {
    size_t n = gradient->rows * gradient->columns;
    double *direction = copy_of(gradient->values, n);
    if (!(length_of(direction, n) > 0.0)) {
        kit_fail(rig->kit, "add what the layers before it and after it give to this tensor too",
                 "model \"%s\": the gradient of %s is %g everywhere; the loss depends on it",
                 rig->shape->name, gradient->name, direction[0]);
    }
    if (!kit_is_over(rig->kit)) {
        check_slope(rig, gradient, direction, "itself");
    }
    for (int k = 0; k < 3 && !kit_is_over(rig->kit); k++) {
        for (size_t i = 0; i < n; i++) {
            direction[i] = k == 0 ? check_normal(random) : 0.0;
        }
        direction[check_below(random, (uint32_t)n)] += k == 0 ? 0.0 : 1.0;
        check_slope(rig, gradient, direction, k == 0 ? "a random direction" : "one element");
    }
    free(direction);
}

/* Leaves out the coefficients of other kinds. */
static void keep_kinds(Batch *batch, int kinds) {
    for (int s = 0; s < N_SEQUENCES; s++) {
        EmendCoefficients *c = &batch->coefficients[s];
        c->d_log_probs = kinds & LOG_PROBS ? c->d_log_probs : NULL;
        c->d_entropies = kinds & ENTROPIES ? c->d_entropies : NULL;
        c->d_kls = kinds & KLS ? c->d_kls : NULL;
    }
}

static void check_shape(Kit *kit, const Shape *shape, int kinds) {
    Rig rig;
    uint64_t random = 5;
    Reference *gradient = NULL;
    if (rig_open(kit, shape, &rig)) {
        keep_kinds(&rig.batch, kinds);
        gradient = rig_gradient(&rig, N_SEQUENCES);
    }
    for (size_t i = 0; gradient && i < gradient->n_tensors && !kit_is_over(kit); i++) {
        check_tensor(&rig, &gradient->tensors[i], &random);
    }
    reference_destroy(gradient);
    rig_close(&rig);
}

void backend_test_gradients(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        check_shape(kit, &model_shapes[i], ALL);
    }
}

// One kind of coefficient at a time, so that no kind hides behind another.
void backend_test_log_prob_gradient(Kit *kit) {
    check_shape(kit, &model_shapes[SHAPE_GROUPED], LOG_PROBS);
}

void backend_test_entropy_gradient(Kit *kit) {
    check_shape(kit, &model_shapes[SHAPE_GROUPED], ENTROPIES);
}

void backend_test_kl_gradient(Kit *kit) {
    check_shape(kit, &model_shapes[SHAPE_GROUPED], KLS);
}

void backend_test_own_reference_gradient(Kit *kit) {
    Rig rig;
    Reference *gradient = NULL;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        rig_drop(&rig, rig.base);
        rig.base = rig_clone(&rig, rig.policy, EMEND_MODEL_FROZEN);
        keep_kinds(&rig.batch, KLS);
        gradient = rig.base ? rig_gradient(&rig, N_SEQUENCES) : NULL;
    }
    for (size_t i = 0; gradient && i < gradient->n_tensors && !kit_is_over(kit); i++) {
        const ReferenceTensor *tensor = &gradient->tensors[i];
        double length = length_of(tensor->values, tensor->rows * tensor->columns);
        if (!(length <= (rig_is_exact(&rig) ? 0.0 : RIG_TOLERANCE))) {
            kit_fail(kit, "dKL/dz is p (log p - log q - KL) / T: 0 where p and q are the same",
                     "the KL from the policy's own clone has a gradient of length %g at %s; it "
                     "must be 0, for the KL is least there",
                     length, tensor->name);
        }
    }
    reference_destroy(gradient);
    rig_close(&rig);
}

static void check_cut(Rig *rig, const Reference *whole, int cut) {
    Reference *gradient = rig_gradient(rig, cut);
    for (size_t i = 0; gradient && i < gradient->n_tensors && !kit_is_over(rig->kit); i++) {
        const ReferenceTensor *a = &whole->tensors[i], *b = &gradient->tensors[i];
        for (size_t j = 0; j < a->rows * a->columns && !kit_is_over(rig->kit); j++) {
            if (memcmp(&a->values[j], &b->values[j], sizeof(double)) != 0) {
                kit_fail(rig->kit,
                         "add the sequences' gradients one after another in their order, also "
                         "within one backward",
                         "model \"%s\": element %zu of the gradient of %s is %a with %d sequences "
                         "in one backward and %a with %d in each; it must be the same bits",
                         rig->shape->name, j, a->name, a->values[j], N_SEQUENCES, b->values[j],
                         cut);
            }
        }
    }
    reference_destroy(gradient);
}

void backend_test_micro_batches(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        Reference *whole = NULL;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            whole = rig_gradient(&rig, N_SEQUENCES);
        }
        for (int cut = 1; whole && cut < N_SEQUENCES && !kit_is_over(kit); cut++) {
            check_cut(&rig, whole, cut);
        }
        reference_destroy(whole);
        rig_close(&rig);
    }
}
