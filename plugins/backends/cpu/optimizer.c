/* SPDX-License-Identifier: Apache-2.0 */
#include "optimizer.h"
#include <math.h>
#include <string.h>

/* The gradient's norm is a sum over blocks of this size in order, whatever the threads. */
enum { BLOCK = 16384 };

typedef struct Step {
    EmendModel *model;
    const Tensor *tensor;
    AdamwArgs args;
    double *squares; /* of each block of the tensor */
} Step;

static size_t tensor_floats(const Tensor *tensor) {
    return (size_t)tensor->rows * tensor->columns;
}

static size_t n_blocks(const Tensor *tensor) {
    return (tensor_floats(tensor) + BLOCK - 1) / BLOCK;
}

/* Of block `item`: offset in the model's blocks; *n gets its floats. */
static size_t block_of(const Step *step, size_t item, size_t *n) {
    size_t left = tensor_floats(step->tensor) - item * BLOCK;
    *n = left < BLOCK ? left : BLOCK;
    return step->tensor->offset + item * BLOCK;
}

static void square_block(void *ctx, size_t item, size_t thread) {
    (void)thread;
    const Step *step = ctx;
    size_t n = 0;
    size_t at = block_of(step, item, &n);
    step->squares[item] = step->model->cpu->kernels->sum_squares(step->model->gradients + at, n);
}

static void update_block(void *ctx, size_t item, size_t thread) {
    (void)thread;
    const Step *step = ctx;
    EmendModel *model = step->model;
    size_t n = 0;
    size_t at = block_of(step, item, &n);
    model->cpu->kernels->adamw(model->weights + at, model->gradients + at, model->moments1 + at,
                               model->moments2 + at, &step->args, n);
}

static size_t most_blocks(const EmendModel *model) {
    size_t most = 0;
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        size_t n = n_blocks(&model->tensors[i]);
        most = n > most ? n : most;
    }
    return most;
}

static void zero_tied(EmendModel *model) {
    size_t bytes = model->shapes.vocab * model->shapes.hidden * sizeof(float);
    if (model->tied_head) {
        memset(model->tied_head, 0, bytes);
        memset(model->tied_lookup, 0, bytes);
    }
}

/* Sum of squares of the whole gradient, tensors and blocks in order. */
static EmendStatus measure(Step *step, double *out, EmendError *err) {
    EmendModel *model = step->model;
    double sum = 0.0;
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        double tensor_sum = 0.0;
        step->tensor = &model->tensors[i];
        threads_run(model->cpu->threads, n_blocks(step->tensor), square_block, step);
        for (size_t block = 0; block < n_blocks(step->tensor); block++) {
            tensor_sum += step->squares[block];
        }
        if (!isfinite(tensor_sum)) {
            return emend_fail(err, EMEND_ABORTED,
                              "optimizer: the gradient of %s is not finite; the weights were left "
                              "as they were; look for a learning rate or a coefficient too large",
                              step->tensor->name);
        }
        sum += tensor_sum;
    }
    *out = sum;
    return EMEND_OK;
}

static AdamwArgs adamw_args(const EmendOptimizerStep *args, double grad_scale) {
    double correction1 = 1.0 - pow(args->beta1, (double)args->step);
    double correction2 = 1.0 - pow(args->beta2, (double)args->step);
    return (AdamwArgs){.grad_scale = (float)grad_scale,
                       .beta1 = (float)args->beta1,
                       .beta2 = (float)args->beta2,
                       .step_size = (float)(args->learning_rate / correction1),
                       .bias2_rsqrt = (float)(1.0 / sqrt(correction2)),
                       .epsilon = (float)args->epsilon};
}

static EmendStatus check_args(const EmendModel *model, const EmendOptimizerStep *args,
                              EmendError *err) {
    if (!model->gradients) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "optimizer: the model is frozen; a step needs a trainable one");
    }
    const struct {
        const char *name;
        double value, end; /* of the range [0, end) */
    } numbers[] = {{"learning_rate", args->learning_rate, INFINITY},
                   {"beta1", args->beta1, 1.0},
                   {"beta2", args->beta2, 1.0},
                   {"epsilon", args->epsilon, INFINITY},
                   {"weight_decay", args->weight_decay, INFINITY},
                   {"max_grad_norm", args->max_grad_norm, INFINITY}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
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

static void update(Step *step, const EmendOptimizerStep *args, double grad_scale) {
    EmendModel *model = step->model;
    step->args = adamw_args(args, grad_scale);
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        step->tensor = &model->tensors[i];
        double decay = step->tensor->is_vector ? 0.0 : args->learning_rate * args->weight_decay;
        step->args.decay = (float)decay;
        threads_run(model->cpu->threads, n_blocks(step->tensor), update_block, step);
    }
    model_weights_changed(model);
}

EmendStatus optimizer_step(Cpu *cpu, EmendModel *model, const EmendOptimizerStep *args,
                           EmendOptimizerResult *out, EmendError *err) {
    void *squares = NULL;
    EmendStatus status = check_args(model, args, err);
    if (status == EMEND_OK) {
        status = host_take(cpu->host, most_blocks(model) * sizeof(double), "the gradient's norm",
                           &squares, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    Step step = {.model = model, .squares = squares};
    double sum = 0.0;
    status = measure(&step, &sum, err);
    zero_tied(model);
    if (status == EMEND_OK) {
        double norm = sqrt(sum);
        bool is_clipped = args->max_grad_norm > 0.0 && norm > args->max_grad_norm;
        out->grad_norm = norm;
        out->is_clipped = is_clipped;
        update(&step, args, is_clipped ? args->max_grad_norm / norm : 1.0);
    } else {
        memset(model->gradients, 0, model->n_floats * sizeof(float));
    }
    cpu->host->free(cpu->host, squares);
    return status;
}
