/* SPDX-License-Identifier: Apache-2.0 */
/* Which tokens generate takes, against the softmax of the reference. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_PROMPT = 5, N_SAMPLES = 4096 };

static void *zeroes(size_t n, size_t size) {
    void *block = calloc(n, size);
    if (!block) {
        abort();
    }
    return block;
}

// ---- the likeliest

/* The likeliest token of a row, and by how much it is ahead of the next. */
static size_t likeliest(const double *logits, size_t vocab, double *ahead) {
    size_t best = 0;
    *ahead = INFINITY;
    for (size_t v = 1; v < vocab; v++) {
        best = logits[v] > logits[best] ? v : best;
    }
    for (size_t v = 0; v < vocab; v++) {
        *ahead = v == best ? *ahead : fmin(*ahead, logits[best] - logits[v]);
    }
    return best;
}

static void check_greedy(Rig *rig, const Ask *ask) {
    int32_t tokens[ASK_TOKENS];
    size_t vocab = rig->shape->config.vocab_size, n_prompt = ask->sampling.n_tokens;
    memcpy(tokens, ask->tokens, n_prompt * sizeof tokens[0]);
    memcpy(tokens + n_prompt, ask->new_tokens, ASK_NEW * sizeof tokens[0]);
    double *logits = reference_logits(rig->policy_reference, tokens, n_prompt + ASK_NEW);
    for (size_t t = 0; t < ASK_NEW && !kit_is_over(rig->kit); t++) {
        const double *row = logits + (n_prompt + t - 1) * vocab;
        double ahead = 0.0;
        size_t best = likeliest(row, vocab, &ahead);
        double expected = reference_score(row, NULL, vocab, ask->new_tokens[t], 1.0).log_prob;
        double found = (double)ask->log_probs[t];
        if ((size_t)ask->new_tokens[t] != best && ahead > RIG_TOLERANCE) {
            kit_fail(rig->kit, "at temperature 0 take the argmax of the logits",
                     "model \"%s\": at temperature 0 new token %zu is %d; it must be %zu, which is "
                     "the likeliest by %.3g",
                     rig->shape->name, t, ask->new_tokens[t], best, ahead);
        } else if (!(fabs(found - expected) <= RIG_TOLERANCE * fmax(1.0, fabs(expected)))) {
            kit_fail(rig->kit, "at temperature 0 report the log-prob at temperature 1",
                     "model \"%s\": at temperature 0 the log-prob of new token %zu is %.9g; it "
                     "must be %.9g",
                     rig->shape->name, t, found, expected);
        }
    }
    free(logits);
}

void backend_test_greedy(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        Ask ask;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            EmendSession *session = rig_session(&rig, rig.policy);
            ask_init(&ask, rig.shape, 1, EMEND_NO_SEQUENCE, 6, N_PROMPT);
            ask.sampling.temperature = 0.0f;
            if (session && rig_generate(&rig, session, &ask, 1)) {
                check_greedy(&rig, &ask);
            }
            rig.backend->session_close(rig.self, session);
        }
        rig_close(&rig);
    }
}

void backend_test_ties(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        // With a last norm of zero every logit is 0.
        ReferenceTensor *norm = reference_tensor(rig.policy_reference, "model.norm.weight");
        memset(norm->values, 0, norm->columns * sizeof *norm->values);
        EmendModel *model = rig_model(&rig, rig.policy_reference, EMEND_MODEL_FROZEN);
        EmendSession *session = model ? rig_session(&rig, model) : NULL;
        Ask ask;
        ask_init(&ask, rig.shape, 1, EMEND_NO_SEQUENCE, 6, N_PROMPT);
        ask.sampling.temperature = 0.0f;
        if (session && rig_generate(&rig, session, &ask, 1) && ask.new_tokens[0] != 0) {
            kit_fail(kit, "at temperature 0 take the lowest id among equals",
                     "with all logits equal, temperature 0 takes token %d; it must take 0",
                     ask.new_tokens[0]);
        }
        rig.backend->session_close(rig.self, session);
        rig_drop(&rig, model);
    }
    rig_close(&rig);
}

// ---- the distribution

typedef struct Filter {
    uint32_t top_k;
    float top_p;
    const char *name, *remedy;
} Filter;

/* Probabilities of one row after a filter, which sum to 1. False where the filter's edge is too
 * close to call in another precision. */
static bool filtered(const double *logits, size_t vocab, const Filter *filter, double temperature,
                     double *out) {
    double *left = zeroes(vocab, sizeof *left), sum = 0.0, last = 0.0;
    double top_p = filter->top_p < 1.0f ? (double)filter->top_p : INFINITY;
    bool is_clear = true;
    for (size_t v = 0; v < vocab; v++) {
        left[v] = exp(reference_score(logits, NULL, vocab, (int32_t)v, temperature).log_prob);
        out[v] = 0.0;
    }
    for (size_t n = 0; n < vocab; n++) {
        double ahead = 0.0;
        size_t best = likeliest(left, vocab, &ahead);
        bool is_full = (filter->top_k > 0 && n == filter->top_k) || sum >= top_p;
        if (is_full) {
            is_clear = is_clear && last - left[best] > 0.01 * last;
            break;
        }
        is_clear = is_clear && fabs(sum + left[best] - top_p) > 1e-3;
        out[best] = last = left[best];
        sum += left[best];
        left[best] = -1.0;
    }
    for (size_t v = 0; v < vocab; v++) {
        out[v] /= sum;
    }
    free(left);
    return is_clear;
}

/* Chi-square of the counts; tokens of which few are due are counted as one. */
static void check_counts(Rig *rig, const Filter *filter, const double *due, const int *counts) {
    double square = 0.0, rare_due = 0.0, rare_count = 0.0;
    int n_bins = 0;
    size_t vocab = rig->shape->config.vocab_size;
    for (size_t v = 0; v <= vocab; v++) {
        double expected = v < vocab ? N_SAMPLES * due[v] : rare_due;
        double count = v < vocab ? counts[v] : rare_count;
        if (v < vocab && expected < 8.0) {
            rare_due += expected;
            rare_count += count;
            continue;
        }
        if (expected > 0.0) {
            square += (count - expected) * (count - expected) / expected;
            n_bins++;
        }
    }
    double limit = n_bins + 6.0 * sqrt(2.0 * n_bins) + 12.0;
    if (!(square <= limit)) {
        kit_fail(rig->kit, filter->remedy,
                 "model \"%s\", %s: of %d samples the tokens' counts are off the softmax's by a "
                 "chi-square of %.1f over %d tokens; it must be below %.1f",
                 rig->shape->name, filter->name, N_SAMPLES, square, n_bins, limit);
    }
}

static void check_samples(Rig *rig, const Filter *filter, const Ask *asks, const double *logits,
                          const double *due) {
    size_t vocab = rig->shape->config.vocab_size;
    double temperature = (double)asks[0].sampling.temperature;
    int *counts = zeroes(vocab, sizeof *counts);
    for (int i = 0; i < N_SAMPLES && !kit_is_over(rig->kit); i++) {
        int32_t token = asks[i].new_tokens[0];
        if (token < 0 || (size_t)token >= vocab || !(due[token] > 0.0)) {
            kit_fail(rig->kit, filter->remedy,
                     "model \"%s\", %s: token %d was sampled; its probability is 0",
                     rig->shape->name, filter->name, token);
            break;
        }
        double expected = reference_score(logits, NULL, vocab, token, temperature).log_prob;
        double found = (double)asks[i].log_probs[0];
        if (!(fabs(found - expected) <= RIG_TOLERANCE * fmax(1.0, fabs(expected)))) {
            kit_fail(rig->kit, "report log-probs at the temperature, before top_k and top_p",
                     "model \"%s\", %s: the log-prob of token %d is %.9g; it must be %.9g",
                     rig->shape->name, filter->name, token, found, expected);
        }
        counts[token]++;
    }
    if (!kit_is_over(rig->kit)) {
        check_counts(rig, filter, due, counts);
    }
    free(counts);
}

static void check_filter(Kit *kit, const Filter *filter) {
    Rig rig;
    Ask *asks = zeroes(N_SAMPLES, sizeof *asks);
    EmendSession *session = NULL;
    if (rig_open(kit, &model_shapes[SHAPE_HOT], &rig)) {
        session = rig_session(&rig, rig.policy);
    }
    if (session) {
        size_t vocab = rig.shape->config.vocab_size;
        double *due = zeroes(vocab, sizeof *due), *logits = NULL;
        bool is_clear = false;
        for (uint64_t seed = 0; !is_clear; seed++) {
            for (uint64_t i = 0; i < N_SAMPLES; i++) {
                ask_init(&asks[i], rig.shape, i, EMEND_NO_SEQUENCE, seed, N_PROMPT);
                asks[i].sampling.max_new_tokens = 1;
                asks[i].sampling.top_k = filter->top_k;
                asks[i].sampling.top_p = filter->top_p;
            }
            free(logits);
            logits = reference_logits(rig.policy_reference, asks[0].tokens, N_PROMPT);
            is_clear = filtered(logits + (N_PROMPT - 1) * vocab, vocab, filter,
                                (double)rig.shape->temperature, due);
        }
        if (rig_generate(&rig, session, asks, N_SAMPLES)) {
            check_samples(&rig, filter, asks, logits + (N_PROMPT - 1) * vocab, due);
        }
        free(due);
        free(logits);
        rig.backend->session_close(rig.self, session);
    }
    free(asks);
    rig_close(&rig);
}

void backend_test_distribution(Kit *kit) {
    static const Filter filter = {
        0, 1.0f, "without a filter",
        "draw from softmax(z / T): the first token whose cumulative probability is above the "
        "stream's number"};
    check_filter(kit, &filter);
}

void backend_test_top_k(Kit *kit) {
    static const Filter filter = {
        3, 1.0f, "top_k 3", "keep the top_k likeliest tokens and draw among them by their shares"};
    check_filter(kit, &filter);
}

void backend_test_top_p(Kit *kit) {
    static const Filter filter = {0, 0.5f, "top_p 0.5",
                                  "keep the likeliest tokens until they sum to top_p or more, and "
                                  "draw among them by their shares"};
    check_filter(kit, &filter);
}
