/* AdamW (Loshchilov and Hutter, arXiv 1711.05101). */
#include "model.h"
#include <math.h>
#include <string.h>

static EmendStatus check_args(const EmendModel *model, const EmendOptimizerStep *args,
                              EmendError *err) {
    const struct {
        const char *name;
        double value, end; /* of the range [0, end) */
    } numbers[] = {{"learning_rate", args->learning_rate, INFINITY},
                   {"beta1", args->beta1, 1.0},
                   {"beta2", args->beta2, 1.0},
                   {"epsilon", args->epsilon, INFINITY},
                   {"weight_decay", args->weight_decay, INFINITY},
                   {"max_grad_norm", args->max_grad_norm, INFINITY}};
    if (!model->gradients) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "optimizer: the model is frozen; a step needs a trainable one");
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!(numbers[i].value >= 0.0 && numbers[i].value < numbers[i].end)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "optimizer: %s is %g; it must be 0 or more and below %g",
                              numbers[i].name, numbers[i].value, numbers[i].end);
        }
    }
    if (args->step == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "optimizer: step is 0; steps count from 1");
    }
    return EMEND_OK;
}

/* The norm of the whole gradient, which must be finite. */
static EmendStatus measure(const EmendModel *model, double *norm, EmendError *err) {
    double sum = 0.0;
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        const Tensor *tensor = &model->tensors[i];
        for (size_t j = 0; j < tensor_floats(tensor); j++) {
            double g = (double)model->gradients[tensor->offset + j];
            sum += g * g;
        }
        if (!isfinite(sum)) {
            return emend_fail(err, EMEND_ABORTED,
                              "optimizer: the gradient of %s is not finite; the weights were left "
                              "as they were; look for a learning rate or a coefficient too large",
                              tensor->name);
        }
    }
    *norm = sqrt(sum);
    return EMEND_OK;
}

static void update(EmendModel *model, const Tensor *tensor, const EmendOptimizerStep *args,
                   double grad_scale) {
    float *w = model->weights + tensor->offset, *gradient = model->gradients + tensor->offset;
    float *m = model->moments1 + tensor->offset, *v = model->moments2 + tensor->offset;
    double unbias1 = 1.0 / (1.0 - pow(args->beta1, (double)args->step));
    double unbias2 = 1.0 / (1.0 - pow(args->beta2, (double)args->step));
    double decay = tensor->is_vector ? 0.0 : args->weight_decay;
    for (size_t i = 0; i < tensor_floats(tensor); i++) {
        double g = grad_scale * (double)gradient[i];
        m[i] = (float)(args->beta1 * (double)m[i] + (1.0 - args->beta1) * g);
        v[i] = (float)(args->beta2 * (double)v[i] + (1.0 - args->beta2) * g * g);
        double root = sqrt(unbias2 * (double)v[i]) + args->epsilon;
        double step = root > 0.0 ? unbias1 * (double)m[i] / root : 0.0;
        w[i] = (float)((double)w[i] - args->learning_rate * (step + decay * (double)w[i]));
    }
}

EmendStatus optimizer_step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                           EmendOptimizerResult *out, EmendError *err) {
    (void)self;
    double norm = 0.0;
    EmendStatus status = check_args(model, args, err);
    if (status != EMEND_OK) {
        return status;
    }
    status = measure(model, &norm, err);
    if (status == EMEND_OK) {
        out->grad_norm = norm;
        out->is_clipped = args->max_grad_norm > 0.0 && norm > args->max_grad_norm;
        for (uint32_t i = 0; i < model->n_tensors; i++) {
            update(model, &model->tensors[i], args,
                   out->is_clipped ? args->max_grad_norm / norm : 1.0);
        }
        model->version++;
    }
    memset(model->gradients, 0, model->n_floats * sizeof(float));
    return status;
}
