/* SPDX-License-Identifier: Apache-2.0 */
/* What forward computes, against the reference in double. */
#include "check/backend/rig.h"
#include "check/backend/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const output_names[] = {"log-prob", "entropy", "KL"};

static bool check_output(Rig *rig, int kind, int s, uint32_t at, double found, double expected) {
    static const char *const remedies[] = {
        "compare with softmax(z / T) of the reference decoder, layer by layer: "
        "core/check/backend/reference.c",
        "the entropy is -sum p log p in nats, p = softmax(z / T) over the whole vocabulary, and 0 "
        "where it is not wanted",
        "the KL is sum p (log p - log q) in nats over the whole vocabulary, p the policy's and q "
        "the reference's softmax, both at the range's temperature; 0 where it is not wanted"};
    if (fabs(found - expected) <= RIG_TOLERANCE * fmax(1.0, fabs(expected))) {
        return true;
    }
    kit_fail(rig->kit, remedies[kind],
             "model \"%s\": %s %u of sequence %d is %.9g; it must be %.9g within %g",
             rig->shape->name, output_names[kind], at, s, found, expected, RIG_TOLERANCE);
    return false;
}

static void check_sequence(Rig *rig, int s) {
    const EmendSequence *sequence = &rig->batch.sequences[s];
    size_t vocab = rig->shape->config.vocab_size;
    uint32_t at = 0;
    bool is_right = true;
    double *logits = reference_logits(rig->policy_reference, sequence->tokens, sequence->n_tokens);
    double *base = reference_logits(rig->base_reference, sequence->tokens, sequence->n_tokens);
    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        const EmendScoredRange *range = &sequence->ranges[i];
        for (uint32_t t = range->begin; t < range->end && is_right; t++, at++) {
            size_t row = (size_t)(t - 1) * vocab;
            ReferenceScore score = reference_score(logits + row, base + row, vocab,
                                                   sequence->tokens[t], (double)range->temperature);
            double entropy = range->want & EMEND_WANT_ENTROPY ? score.entropy : 0.0;
            double kl = range->want & EMEND_WANT_KL ? score.kl : 0.0;
            is_right = check_output(rig, 0, s, at, (double)sequence->log_probs[at], score.log_prob);
            is_right =
                is_right && (!sequence->entropies ||
                             check_output(rig, 1, s, at, (double)sequence->entropies[at], entropy));
            is_right = is_right && (!sequence->kls ||
                                    check_output(rig, 2, s, at, (double)sequence->kls[at], kl));
        }
    }
    free(logits);
    free(base);
}

void backend_test_forward(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig) &&
            rig_forward(&rig, rig.policy, 0, N_SEQUENCES, NULL)) {
            for (int s = 0; s < N_SEQUENCES && !kit_is_over(kit); s++) {
                check_sequence(&rig, s);
            }
        }
        rig_close(&rig);
    }
}

/* Compares the outputs of every sequence with those it had before. */
static void check_same(Rig *rig, const float *before, const char *how) {
    double tolerance = rig_is_exact(rig) ? 0.0 : RIG_TOLERANCE;
    for (int s = 0; s < N_SEQUENCES; s++) {
        for (uint32_t at = 0; at < batch_outputs(&rig->batch.sequences[s]); at++) {
            for (int kind = 0; kind < 3; kind++) {
                double was = (double)before[((size_t)s * 3 + (size_t)kind) * MAX_TOKENS + at];
                double is = (double)rig->batch.outputs[s][kind][at];
                if (!(fabs(was - is) <= tolerance * fmax(1.0, fabs(was)))) {
                    kit_fail(rig->kit,
                             "add up in an order that does not depend on the batch, or do not "
                             "declare EMEND_BACKEND_EXACT",
                             "model \"%s\": %s %u of sequence %d is %a in one batch and %a %s; %s",
                             rig->shape->name, output_names[kind], at, s, was, is, how,
                             tolerance > 0 ? "they must agree within the tolerance"
                                           : "they must be the same bits");
                    return;
                }
            }
        }
    }
}

static bool score_alone(Rig *rig) {
    for (int s = 0; s < N_SEQUENCES; s++) {
        if (!rig_forward(rig, rig->policy, s, s + 1, NULL)) {
            return false;
        }
    }
    return true;
}

static bool score_backwards(Rig *rig) {
    EmendSequence reversed[N_SEQUENCES];
    for (int s = 0; s < N_SEQUENCES; s++) {
        reversed[s] = rig->batch.sequences[N_SEQUENCES - 1 - s];
    }
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences =
                                       emend_span(reversed, N_SEQUENCES, sizeof reversed[0]),
                                   .reference = rig->base};
    return rig_ok(rig, "forward",
                  rig->backend->forward(rig->self, rig->policy, &args, NULL, rig_err(rig)));
}

void backend_test_forward_alone(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        float together[N_SEQUENCES * 3 * MAX_TOKENS];
        if (rig_open(kit, &model_shapes[i], &rig) &&
            rig_forward(&rig, rig.policy, 0, N_SEQUENCES, NULL)) {
            memcpy(together, rig.batch.outputs, sizeof together);
            memset(rig.batch.outputs, 0, sizeof together);
            if (score_alone(&rig)) {
                check_same(&rig, together, "alone");
            }
            memset(rig.batch.outputs, 0, sizeof together);
            if (!kit_is_over(kit) && score_backwards(&rig)) {
                check_same(&rig, together, "in another order");
            }
        }
        rig_close(&rig);
    }
}

void backend_test_own_reference(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            double tolerance = rig_is_exact(&rig) ? 0.0 : RIG_TOLERANCE;
            rig_drop(&rig, rig.base);
            rig.base = rig_clone(&rig, rig.policy, EMEND_MODEL_FROZEN);
            bool is_scored = rig.base && rig_forward(&rig, rig.policy, 0, N_SEQUENCES, NULL);
            for (int s = 0; is_scored && s < N_SEQUENCES; s++) {
                const EmendSequence *sequence = &rig.batch.sequences[s];
                for (uint32_t at = 0; sequence->kls && at < batch_outputs(sequence); at++) {
                    if (!(fabs((double)sequence->kls[at]) <= tolerance) && !kit_is_over(kit)) {
                        kit_fail(kit,
                                 "compute policy and reference by the same code, so that equal "
                                 "weights give equal logits",
                                 "model \"%s\": the KL from the policy's own clone is %g at token "
                                 "%u of sequence %d; it must be 0",
                                 rig.shape->name, (double)sequence->kls[at], at, s);
                    }
                }
            }
        }
        rig_close(&rig);
    }
}
