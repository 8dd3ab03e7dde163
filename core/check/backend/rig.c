/* SPDX-License-Identifier: Apache-2.0 */
#include "check/backend/rig.h"
#include <math.h>
#include <string.h>

enum { POLICY_SEED = 11, BASE_SEED = 222 };

EmendError *rig_err(Rig *rig) {
    return subject_err(rig->subject);
}

bool rig_ok(Rig *rig, const char *operation, EmendStatus status) {
    return subject_ok(rig->subject, operation, status);
}

bool rig_is_exact(const Rig *rig) {
    return (rig->backend->flags & EMEND_BACKEND_EXACT) != 0;
}

// ---- models

static EmendModel *open_model(Rig *rig, const EmendModelSource *source) {
    EmendModel *model = NULL;
    kit_enter(rig->kit, "model_open");
    EmendStatus status = rig->backend->model_open(rig->self, source, &model, rig_err(rig));
    return rig_ok(rig, "model_open", status) ? model : NULL;
}

EmendModel *rig_model(Rig *rig, const Reference *weights, uint32_t flags) {
    const EmendModelSource source = {
        .struct_size = sizeof source, .flags = flags, .dir = emend_str(rig->folder.dir)};
    return model_files_write(rig->kit, &rig->folder, weights) ? open_model(rig, &source) : NULL;
}

EmendModel *rig_fresh(Rig *rig, const EmendModelConfig *config, uint64_t seed) {
    const EmendModelSource source = {.struct_size = sizeof source, .config = config, .seed = seed};
    return open_model(rig, &source);
}

EmendModel *rig_clone(Rig *rig, const EmendModel *model, uint32_t flags) {
    EmendModel *clone = NULL;
    kit_enter(rig->kit, "model_clone");
    EmendStatus status = rig->backend->model_clone(rig->self, model, flags, &clone, rig_err(rig));
    return rig_ok(rig, "model_clone", status) ? clone : NULL;
}

void rig_drop(Rig *rig, EmendModel *model) {
    rig->backend->model_close(rig->self, model);
}

Reference *rig_weights(Rig *rig, const EmendModel *model) {
    kit_enter(rig->kit, "model_save");
    EmendStatus status =
        rig->backend->model_save(rig->self, model, emend_str(rig->folder.dir), 0, rig_err(rig));
    if (!rig_ok(rig, "model_save", status)) {
        return NULL;
    }
    Reference *weights = reference_create(&rig->shape->config);
    if (!model_files_read(rig->kit, &rig->folder, weights)) {
        reference_destroy(weights);
        weights = NULL;
    }
    return weights;
}

bool rig_open(Kit *kit, const Shape *shape, Rig *out) {
    *out = (Rig){.kit = kit, .shape = shape};
    if (!kit_folder_init(kit, &out->folder) || !subject_create(kit, NULL, &out->own_subject)) {
        return false;
    }
    out->subject = &out->own_subject;
    out->backend = out->subject->table;
    out->self = out->subject->self;
    out->policy_reference = reference_create(&shape->config);
    out->base_reference = reference_create(&shape->config);
    reference_fill(out->policy_reference, POLICY_SEED);
    reference_fill(out->base_reference, BASE_SEED);
    batch_fill(&out->batch, shape);
    out->policy = rig_model(out, out->policy_reference, 0);
    out->base = out->policy ? rig_model(out, out->base_reference, EMEND_MODEL_FROZEN) : NULL;
    return out->base != NULL;
}

void rig_close(Rig *rig) {
    if (rig->backend) {
        rig_drop(rig, rig->policy);
        rig_drop(rig, rig->base);
    }
    subject_close(&rig->own_subject);
    reference_destroy(rig->policy_reference);
    reference_destroy(rig->base_reference);
    *rig = (Rig){0};
}

// ---- passes

bool rig_forward(Rig *rig, EmendModel *model, int begin, int end, EmendTape **tape) {
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences =
                                       emend_span(&rig->batch.sequences[begin],
                                                  (uint64_t)(end - begin), sizeof(EmendSequence)),
                                   .reference = rig->base};
    kit_enter(rig->kit, "forward");
    return rig_ok(rig, "forward",
                  rig->backend->forward(rig->self, model, &args, tape, rig_err(rig)));
}

bool rig_backward(Rig *rig, EmendModel *model, int begin, int end) {
    EmendTape *tape = NULL;
    const EmendSpan coefficients = emend_span(&rig->batch.coefficients[begin],
                                              (uint64_t)(end - begin), sizeof(EmendCoefficients));
    if (!rig_forward(rig, model, begin, end, &tape)) {
        return false;
    }
    kit_enter(rig->kit, "backward");
    EmendStatus status = rig->backend->backward(rig->self, tape, coefficients, rig_err(rig));
    bool is_done = rig_ok(rig, "backward", status);
    rig->backend->tape_release(rig->self, tape);
    return is_done;
}

bool rig_step(Rig *rig, EmendModel *model, const EmendOptimizerStep *args,
              EmendOptimizerResult *result) {
    kit_enter(rig->kit, "optimizer_step");
    return rig_ok(rig, "optimizer_step",
                  rig->backend->optimizer_step(rig->self, model, args, result, rig_err(rig)));
}

// ---- gradients

const EmendBackendGradients *rig_extension(const Rig *rig) {
    return rig->backend->extension(rig->self, EMEND_BACKEND_GRADIENTS);
}

/* Copies the gradient that the extension shows into `out`. */
static bool read_extension(Rig *rig, EmendModel *model, Reference *out) {
    const EmendBackendGradients *extension = rig_extension(rig);
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    for (size_t i = 0; i < out->n_tensors; i++) {
        EmendStatus status =
            extension->tensor(rig->self, model, i, &name, &values, &gradient, &n, rig_err(rig));
        if (!rig_ok(rig, "tensor of emend.backend.gradients/1", status)) {
            return false;
        }
        ReferenceTensor *tensor = reference_tensor(out, name);
        if (!tensor || n != tensor->rows * tensor->columns || !gradient) {
            kit_fail(rig->kit, "show each parameter tensor under its HuggingFace name",
                     "tensor %zu of emend.backend.gradients/1 is \"%s\" of %llu values, %s; it "
                     "must be a parameter of the model with its gradient",
                     i, name, (unsigned long long)n, gradient ? "with a gradient" : "without one");
            return false;
        }
        for (uint64_t j = 0; j < n; j++) {
            tensor->values[j] = (double)gradient[j];
        }
    }
    return true;
}

/* Takes a step in which AdamW is plain gradient descent: without moments, and with an epsilon that
 * dwarfs the gradient. The change of the weights, times epsilon / learning rate, is the gradient.
 */
static bool read_step(Rig *rig, EmendModel *model, Reference *out) {
    const EmendOptimizerStep args = {
        .struct_size = sizeof args, .step = 1, .learning_rate = 64e6, .epsilon = 1e6};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    if (!rig_step(rig, model, &args, &result)) {
        return false;
    }
    Reference *after = rig_weights(rig, model);
    for (size_t i = 0; after && i < out->n_tensors; i++) {
        ReferenceTensor *tensor = &out->tensors[i];
        for (size_t j = 0; j < tensor->rows * tensor->columns; j++) {
            double change =
                rig->policy_reference->tensors[i].values[j] - after->tensors[i].values[j];
            tensor->values[j] = change * args.epsilon / (args.learning_rate - fabs(change));
        }
    }
    reference_destroy(after);
    return after != NULL;
}

Reference *rig_gradient(Rig *rig, int cut) {
    EmendModel *model = rig_clone(rig, rig->policy, 0);
    Reference *gradient = reference_create(&rig->shape->config);
    bool is_read = model != NULL;
    for (int begin = 0; is_read && begin < N_SEQUENCES; begin += cut) {
        int end = begin + cut < N_SEQUENCES ? begin + cut : N_SEQUENCES;
        is_read = rig_backward(rig, model, begin, end);
    }
    if (is_read) {
        is_read = rig_extension(rig) ? read_extension(rig, model, gradient)
                                     : read_step(rig, model, gradient);
    }
    rig_drop(rig, model);
    if (!is_read) {
        reference_destroy(gradient);
        gradient = NULL;
    }
    return gradient;
}
