/* SPDX-License-Identifier: Apache-2.0 */
/* optimizer_step against AdamW in double (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2). */
#include "check/backend/asks.h"
#include "check/backend/rig.h"
#include "check/backend/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The state of a model's every parameter, each as a reference of its shape. */
typedef struct Adamw {
    Reference *weights, *moment1, *moment2;
} Adamw;

static Adamw adamw_create(const Rig *rig) {
    Adamw state = {.weights = reference_create(&rig->shape->config),
                   .moment1 = reference_create(&rig->shape->config),
                   .moment2 = reference_create(&rig->shape->config)};
    reference_copy(state.weights, rig->policy_reference);
    return state;
}

static void adamw_destroy(Adamw *state) {
    reference_destroy(state->weights);
    reference_destroy(state->moment1);
    reference_destroy(state->moment2);
}

static bool is_norm(const ReferenceTensor *tensor) {
    return strstr(tensor->name, "norm") != NULL;
}

static double norm_of(const Reference *gradient) {
    double square = 0.0;
    for (size_t i = 0; i < gradient->n_tensors; i++) {
        const ReferenceTensor *tensor = &gradient->tensors[i];
        for (size_t j = 0; j < tensor->rows * tensor->columns; j++) {
            square += tensor->values[j] * tensor->values[j];
        }
    }
    return sqrt(square);
}

static void adamw_step(Adamw *state, const EmendOptimizerStep *args, const Reference *gradient) {
    double norm = norm_of(gradient);
    double clip =
        args->max_grad_norm > 0 && norm > args->max_grad_norm ? args->max_grad_norm / norm : 1.0;
    for (size_t i = 0; i < gradient->n_tensors; i++) {
        ReferenceTensor *weights = &state->weights->tensors[i];
        double decay = is_norm(weights) ? 0.0 : args->weight_decay;
        for (size_t j = 0; j < weights->rows * weights->columns; j++) {
            double g = clip * gradient->tensors[i].values[j], *w = &weights->values[j];
            double *m = &state->moment1->tensors[i].values[j];
            double *v = &state->moment2->tensors[i].values[j];
            *m = args->beta1 * *m + (1.0 - args->beta1) * g;
            *v = args->beta2 * *v + (1.0 - args->beta2) * g * g;
            double m_hat = *m / (1.0 - pow(args->beta1, (double)args->step));
            double v_hat = *v / (1.0 - pow(args->beta2, (double)args->step));
            *w -= args->learning_rate * (m_hat / (sqrt(v_hat) + args->epsilon) + decay * *w);
        }
    }
}

/* Weights agree to a thousandth of a step. The policy's reference takes over what they are. */
static void check_weights(Rig *rig, const Adamw *state, const EmendOptimizerStep *args,
                          const char *remedy) {
    Reference *found = rig_weights(rig, rig->policy);
    for (size_t i = 0; found && i < found->n_tensors && !kit_is_over(rig->kit); i++) {
        const ReferenceTensor *tensor = &found->tensors[i];
        for (size_t j = 0; j < tensor->rows * tensor->columns && !kit_is_over(rig->kit); j++) {
            double expected = state->weights->tensors[i].values[j];
            double tolerance = 1e-3 * args->learning_rate + 1e-6 * fabs(expected);
            if (!(fabs(tensor->values[j] - expected) <= tolerance)) {
                kit_fail(rig->kit, remedy,
                         "model \"%s\": after step %llu element %zu of %s is %.9g; by AdamW it "
                         "must be %.9g within %.2g",
                         rig->shape->name, (unsigned long long)args->step, j, tensor->name,
                         tensor->values[j], expected, tolerance);
            }
        }
    }
    if (found) {
        reference_copy(rig->policy_reference, found);
    }
    reference_destroy(found);
}

static void check_result(Rig *rig, const EmendOptimizerStep *args, double norm,
                         const EmendOptimizerResult *result) {
    uint32_t is_clipped = args->max_grad_norm > 0 && norm > args->max_grad_norm;
    if (!(fabs(result->grad_norm - norm) <= RIG_TOLERANCE * norm)) {
        kit_fail(rig->kit, "report the norm over all parameters, before it is clipped",
                 "model \"%s\": grad_norm is %.9g; it must be %.9g", rig->shape->name,
                 result->grad_norm, norm);
    } else if (result->is_clipped != is_clipped) {
        kit_fail(rig->kit,
                 "clip, and say so, where the norm is above max_grad_norm, and only there",
                 "model \"%s\": is_clipped is %u with a norm of %.9g and max_grad_norm %g; it must "
                 "be %u",
                 rig->shape->name, result->is_clipped, norm, args->max_grad_norm, is_clipped);
    }
}

/* Takes a step here and there. max_grad_norm, where it is not 0, is in units of the norm. */
static void follow_step(Rig *rig, Adamw *state, const EmendOptimizerStep *settings,
                        const char *remedy) {
    EmendOptimizerStep args = *settings;
    EmendOptimizerResult result = {.struct_size = sizeof result};
    Reference *gradient = rig_gradient(rig, N_SEQUENCES);
    if (!gradient) {
        return;
    }
    double norm = norm_of(gradient);
    args.max_grad_norm *= norm;
    adamw_step(state, &args, gradient);
    if (rig_backward(rig, rig->policy, 0, N_SEQUENCES) &&
        rig_step(rig, rig->policy, &args, &result)) {
        check_result(rig, &args, norm, &result);
        if (!kit_is_over(rig->kit)) {
            check_weights(rig, state, &args, remedy);
        }
    }
    reference_destroy(gradient);
}

static void follow(Kit *kit, const Shape *shape, EmendOptimizerStep settings, uint64_t n_steps,
                   const char *remedy) {
    Rig rig;
    if (rig_open(kit, shape, &rig)) {
        Adamw state = adamw_create(&rig);
        double max_grad_norm = settings.max_grad_norm;
        for (settings.step = 1; settings.step <= n_steps && !kit_is_over(kit); settings.step++) {
            // Every second step is below the limit.
            settings.max_grad_norm = settings.step % 2 == 1 ? max_grad_norm : 10 * max_grad_norm;
            follow_step(&rig, &state, &settings, remedy);
        }
        adamw_destroy(&state);
    }
    rig_close(&rig);
}

static const EmendOptimizerStep plain = {.struct_size = sizeof plain,
                                         .learning_rate = 1e-2,
                                         .beta1 = 0.8,
                                         .beta2 = 0.95,
                                         .epsilon = 1e-3};

void backend_test_adamw(Kit *kit) {
    static const char remedy[] =
        "m and v are moving averages of g and g^2, each divided by 1 - beta^step; the step is "
        "learning_rate * m / (sqrt(v) + epsilon); then the gradient is zeroed";
    follow(kit, &model_shapes[SHAPE_ONE_KV_HEAD], plain, 5, remedy);
    if (!kit_is_over(kit)) {
        follow(kit, &model_shapes[SHAPE_ODD], plain, 5, remedy);
    }
}

void backend_test_clipping(Kit *kit) {
    // With an epsilon of the gradient's size the step is not blind to its scale.
    EmendOptimizerStep settings = plain;
    settings.epsilon = 1.0;
    settings.learning_rate = 1.0;
    settings.max_grad_norm = 0.2;
    follow(kit, &model_shapes[SHAPE_ONE_KV_HEAD], settings, 4,
           "multiply the whole gradient by max_grad_norm / norm before the moments, where the norm "
           "is above it");
}

void backend_test_decay(Kit *kit) {
    EmendOptimizerStep settings = plain;
    settings.weight_decay = 0.7;
    follow(kit, &model_shapes[SHAPE_ODD], settings, 3,
           "take learning_rate * weight_decay * w from matrices (the embedding too) and not from "
           "norms, apart from the gradient");
}

// ---- what a step leaves behind

/* The first token of each range, scored by forward, against the reference. */
static void check_forward(Rig *rig) {
    const EmendSequence *sequence = &rig->batch.sequences[0];
    if (!rig_forward(rig, rig->policy, 0, N_SEQUENCES, NULL)) {
        return;
    }
    double *logits = reference_logits(rig->policy_reference, sequence->tokens, sequence->n_tokens);
    double expected = reference_score(logits, NULL, rig->shape->config.vocab_size,
                                      sequence->tokens[1], (double)sequence->ranges[0].temperature)
                          .log_prob;
    double found = (double)sequence->log_probs[0];
    if (!(fabs(found - expected) <= RIG_TOLERANCE * fmax(1.0, fabs(expected)))) {
        kit_fail(rig->kit, "repack what is derived from the weights after each step",
                 "model \"%s\": after a step forward gives a log-prob of %.9g; by the weights it "
                 "saves it must be %.9g",
                 rig->shape->name, found, expected);
    }
    free(logits);
}

static void check_generate(Rig *rig) {
    Ask ask;
    EmendSession *session = rig_session(rig, rig->policy);
    ask_init(&ask, rig->shape, 1, EMEND_NO_SEQUENCE, 8, 5);
    if (session && rig_generate(rig, session, &ask, 1)) {
        double *logits = reference_logits(rig->policy_reference, ask.tokens, 5);
        size_t vocab = rig->shape->config.vocab_size;
        double expected = reference_score(logits + 4 * vocab, NULL, vocab, ask.new_tokens[0],
                                          (double)ask.sampling.temperature)
                              .log_prob;
        double found = (double)ask.log_probs[0];
        if (!(fabs(found - expected) <= RIG_TOLERANCE * fmax(1.0, fabs(expected)))) {
            kit_fail(rig->kit, "repack what is derived from the weights after each step",
                     "model \"%s\": after a step generate reports a log-prob of %.9g; by the "
                     "weights it saves it must be %.9g",
                     rig->shape->name, found, expected);
        }
        free(logits);
    }
    rig->backend->session_close(rig->self, session);
}

void backend_test_step_is_seen(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        EmendOptimizerStep args = plain;
        EmendOptimizerResult result = {.struct_size = sizeof result};
        args.step = 1;
        args.learning_rate = 0.1;
        if (rig_open(kit, &model_shapes[i], &rig) &&
            rig_backward(&rig, rig.policy, 0, N_SEQUENCES) &&
            rig_step(&rig, rig.policy, &args, &result)) {
            Reference *weights = rig_weights(&rig, rig.policy);
            if (weights) {
                reference_copy(rig.policy_reference, weights);
                check_forward(&rig);
            }
            if (!kit_is_over(kit)) {
                check_generate(&rig);
            }
            reference_destroy(weights);
        }
        rig_close(&rig);
    }
}

/* A second step without a backward before it has nothing to go by. */
void backend_test_zeroed(Kit *kit) {
    Rig rig;
    EmendOptimizerStep args = plain;
    EmendOptimizerResult result = {.struct_size = sizeof result};
    args.step = 1;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig) &&
        rig_backward(&rig, rig.policy, 0, N_SEQUENCES) &&
        rig_step(&rig, rig.policy, &args, &result)) {
        args.step = 2;
        if (rig_step(&rig, rig.policy, &args, &result) && result.grad_norm != 0.0) {
            kit_fail(kit, "zero the gradient in optimizer_step, once the weights are updated",
                     "a step right after another finds a gradient of norm %g; the step before it "
                     "must have zeroed it",
                     result.grad_norm);
        }
    }
    rig_close(&rig);
}

/* Puts a number that is not finite into the policy's gradient: into one tensor where the extension
 * shows it, through a coefficient otherwise. *name: the tensor, or NULL. */
static bool poison(Rig *rig, float number, const char **name) {
    const EmendBackendGradients *extension = rig_extension(rig);
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    *name = NULL;
    if (!extension) {
        rig->batch.factors[0][0][0] = number;
        bool is_added = rig_backward(rig, rig->policy, 0, N_SEQUENCES);
        batch_fill(&rig->batch, rig->shape);
        return is_added;
    }
    if (!rig_backward(rig, rig->policy, 0, N_SEQUENCES) ||
        !rig_ok(rig, "tensor of emend.backend.gradients/1",
                extension->tensor(rig->self, rig->policy, 4, name, &values, &gradient, &n,
                                  rig_err(rig)))) {
        return false;
    }
    gradient[n - 1] = number;
    return true;
}

static bool names_a_tensor(const Reference *reference, const char *message) {
    for (size_t i = 0; i < reference->n_tensors; i++) {
        if (strstr(message, reference->tensors[i].name)) {
            return true;
        }
    }
    return false;
}

static void check_refusal(Rig *rig, EmendStatus status, const char *name) {
    const char *message = rig->subject->message;
    if (!subject_refused(rig->subject, "optimizer_step with a gradient that is not finite",
                         status)) {
        return;
    }
    if (status != EMEND_ABORTED) {
        kit_fail(rig->kit, "look at the gradient's norm before anything is changed",
                 "a gradient that is not finite is %s: \"%s\"; it must be ABORTED",
                 emend_status_name(status), message);
    } else if (name ? !strstr(message, name) : !names_a_tensor(rig->policy_reference, message)) {
        kit_fail(rig->kit, "name the tensor, so that the user knows where to look",
                 "\"%s\" names no tensor; it must name %s", message,
                 name ? name : "the first whose gradient is not finite");
    }
}

static void check_poison(Rig *rig, Adamw *state, float number) {
    static const char remedy[] = "write to weights, moments and the step's state only after the "
                                 "gradient was found finite; zero it either way";
    EmendOptimizerStep args = plain;
    EmendOptimizerResult result = {.struct_size = sizeof result};
    const char *name = NULL;
    args.step = 1;
    args.weight_decay = 0.3;
    if (!poison(rig, number, &name)) {
        return;
    }
    kit_enter(rig->kit, "optimizer_step with a gradient that is not finite");
    check_refusal(
        rig, rig->backend->optimizer_step(rig->self, rig->policy, &args, &result, rig_err(rig)),
        name);
    if (!kit_is_over(rig->kit)) {
        EmendOptimizerStep none = args;
        none.learning_rate = 0.0;
        check_weights(rig, state, &none, remedy);
    }
    // Gradient and moments too are as they were: the next step is a first one.
    if (!kit_is_over(rig->kit)) {
        follow_step(rig, state, &args, remedy);
    }
}

void backend_test_not_finite(Kit *kit) {
    static const float numbers[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[SHAPE_ONE_KV_HEAD], &rig)) {
            Adamw state = adamw_create(&rig);
            check_poison(&rig, &state, numbers[i]);
            adamw_destroy(&state);
        }
        rig_close(&rig);
    }
}
