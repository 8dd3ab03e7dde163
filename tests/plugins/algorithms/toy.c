/* SPDX-License-Identifier: Apache-2.0 */
#include "toy.h"
#include "manifest/text.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A number in [-1, 1) that depends on the count alone.
static double draw(uint32_t *count) {
    *count = *count * 1664525u + 1013904223u;
    return (double)(*count >> 8) / (double)(1u << 23) - 1;
}

static uint64_t n_tokens_of(int episode, int turn) {
    return 1 + (uint64_t)(episode + 2 * turn) % TOY_TOKENS;
}

static void log_softmax(const double *logits, double *log_probs) {
    double sum = 0;
    for (int v = 0; v < TOY_VOCAB; v++) {
        sum += exp(logits[v]);
    }
    for (int v = 0; v < TOY_VOCAB; v++) {
        log_probs[v] = logits[v] - log(sum);
    }
}

ToyMeasure toy_measure(const ToyToken *token) {
    ToyMeasure measure = {0};
    double reference[TOY_VOCAB];
    log_softmax(token->logits, measure.log_probs);
    log_softmax(token->reference, reference);
    for (int v = 0; v < TOY_VOCAB; v++) {
        double p = exp(measure.log_probs[v]);
        measure.entropy -= p * measure.log_probs[v];
        measure.kl += p * (measure.log_probs[v] - reference[v]);
    }
    return measure;
}

EmendTurn *toy_turn(Toy *toy, int episode, int turn) {
    return &toy->turns[episode][turn].turn;
}

EmendSpan toy_episodes(Toy *toy) {
    return emend_span(toy->episodes, TOY_EPISODES, sizeof(NewerEpisode));
}

EmendSpan toy_terms(Toy *toy, int begin, int end) {
    return emend_span(&toy->terms[begin], (uint64_t)(end - begin), sizeof(NewerTerms));
}

// The log-probs that stay what they are while the policy moves.
static void fixed_init(Toy *toy, int i, uint32_t *count) {
    uint64_t offset = 0;
    for (int t = 0; t < TOY_TURNS; t++) {
        for (uint64_t k = 0; k < n_tokens_of(i, t); k++, offset++) {
            const ToyToken *token = &toy->tokens[i][t][k];
            double reference[TOY_VOCAB];
            log_softmax(token->reference, reference);
            toy->reference_log_probs[i].of[offset] = (float)reference[token->action];
            double log_prob = toy_measure(token).log_probs[token->action];
            toy->old[i].of[offset] = (float)(log_prob + 0.5 * draw(count));
        }
    }
}

static void episode_init(Toy *toy, int i, uint32_t *count) {
    uint64_t offset = 0;
    for (int t = 0; t < TOY_TURNS; t++) {
        uint64_t n = n_tokens_of(i, t);
        for (int k = 0; k < TOY_TOKENS; k++) {
            ToyToken *token = &toy->tokens[i][t][k];
            for (int v = 0; v < TOY_VOCAB; v++) {
                token->logits[v] = 2 * draw(count);
                token->reference[v] = 2 * draw(count);
            }
            token->action = (int32_t)((i + t + k) % TOY_VOCAB);
        }
        for (uint64_t k = 0; k < n; k++) {
            double log_prob =
                toy_measure(&toy->tokens[i][t][k]).log_probs[toy->tokens[i][t][k].action];
            toy->sampler[i].of[offset + k] = (float)(log_prob + 0.3 * draw(count));
        }
        toy->turns[i][t] = (NewerTurn){.turn = {.struct_size = sizeof(NewerTurn),
                                                .state = EMEND_TURN_REWARDED,
                                                .n_tokens = n,
                                                .sampler_log_probs = &toy->sampler[i].of[offset],
                                                .reward = draw(count),
                                                .advantage = (double)NAN,
                                                .temperature = 1},
                                       .unknown = UINT64_MAX};
        offset += n;
    }
    toy->episodes[i] = (NewerEpisode){
        .episode = {.struct_size = sizeof(NewerEpisode),
                    .n_turns = TOY_TURNS,
                    .group = 40 + (uint64_t)(i / TOY_GROUP),
                    .turns = emend_span(toy->turns[i], TOY_TURNS, sizeof(NewerTurn))},
        .unknown = UINT64_MAX};
    toy->terms[i] = (NewerTerms){.terms = {.struct_size = sizeof(NewerTerms),
                                           .episode = &toy->episodes[i].episode,
                                           .n_tokens = offset,
                                           .log_probs = toy->log_probs[i].of,
                                           .entropies = toy->entropies[i].of,
                                           .kls = toy->kls[i].of,
                                           .d_log_probs = toy->d_log_probs[i].of,
                                           .d_entropies = toy->d_entropies[i].of,
                                           .d_kls = toy->d_kls[i].of,
                                           .old_log_probs = toy->old[i].of,
                                           .reference_log_probs = toy->reference_log_probs[i].of},
                                 .unknown = UINT64_MAX};
    toy->totals.n_tokens += offset;
}

void toy_init(Toy *toy) {
    uint32_t count = 1;
    memset(toy, 0, sizeof *toy);
    for (int i = 0; i < TOY_EPISODES; i++) {
        episode_init(toy, i, &count);
    }
    for (int i = 0; i < TOY_EPISODES; i++) {
        fixed_init(toy, i, &count);
    }
    toy->totals.n_episodes = TOY_EPISODES;
    toy->totals.max_turn_tokens = TOY_MAX_TURN_TOKENS;
}

static void episode_fill(Toy *toy, int i) {
    uint64_t offset = 0;
    for (int t = 0; t < TOY_TURNS; t++) {
        for (uint64_t k = 0; k < toy_turn(toy, i, t)->n_tokens; k++, offset++) {
            const ToyToken *token = &toy->tokens[i][t][k];
            ToyMeasure measure = toy_measure(token);
            toy->log_probs[i].of[offset] = (float)measure.log_probs[token->action];
            toy->entropies[i].of[offset] = (float)measure.entropy;
            toy->kls[i].of[offset] = (float)measure.kl;
        }
    }
}

void toy_fill(Toy *toy) {
    memset(toy->d_log_probs, 0, sizeof toy->d_log_probs);
    memset(toy->d_entropies, 0, sizeof toy->d_entropies);
    memset(toy->d_kls, 0, sizeof toy->d_kls);
    for (int i = 0; i < TOY_EPISODES; i++) {
        episode_fill(toy, i);
    }
}

void toy_sample_on_policy(Toy *toy) {
    toy_fill(toy);
    memcpy(toy->sampler, toy->log_probs, sizeof toy->sampler);
    memcpy(toy->old, toy->log_probs, sizeof toy->old);
}

EmendStatus toy_create(Subject *algorithm, const char *name, const char *config) {
    char text[256];
    DescriptorPool *pool = NULL;
    TextTree *tree = NULL;
    WireBuffer wire = {0};
    snprintf(text, sizeof text, "%s/emend.algorithms.%s/config.desc", EMEND_PLUGIN_DIR, name);
    ck_assert_msg(descriptor_pool_load(text, &pool, &algorithm->err) == EMEND_OK &&
                      text_tree_parse(emend_str(config), name, &tree, &algorithm->err) == EMEND_OK,
                  "%s", algorithm->message);
    snprintf(text, sizeof text, "emend.algorithms.%s.Config", name);
    const MessageType *type = descriptor_pool_message(pool, text);
    EmendStatus status = text_tree_encode(tree, type, NULL, &wire, &algorithm->err);
    ck_assert_msg(status == EMEND_OK, "%s", algorithm->message);
    status = subject_create(algorithm, wire.bytes, wire.len);
    free(wire.bytes);
    text_tree_destroy(tree);
    descriptor_pool_destroy(pool);
    return status;
}

EmendStatus toy_advantages(Toy *toy, Subject *algorithm, const EmendMetrics *metrics) {
    const EmendAlgorithm *table = algorithm->table;
    return table->advantages(algorithm->self, toy_episodes(toy), &toy->totals, metrics,
                             &algorithm->err);
}

EmendStatus toy_coefficients(Toy *toy, int begin, int end, Subject *algorithm,
                             const EmendMetrics *metrics) {
    const EmendAlgorithm *table = algorithm->table;
    return table->coefficients(algorithm->self, toy_terms(toy, begin, end), &toy->totals, metrics,
                               &algorithm->err);
}

void toy_run(Toy *toy, Subject *algorithm, const EmendMetrics *metrics) {
    toy_fill(toy);
    EmendStatus status = toy_advantages(toy, algorithm, metrics);
    ck_assert_msg(status == EMEND_OK, "%s", algorithm->message);
    status = toy_coefficients(toy, 0, TOY_EPISODES, algorithm, metrics);
    ck_assert_msg(status == EMEND_OK, "%s", algorithm->message);
}

double toy_logit_gradient(const Toy *toy, int episode, int turn, int k, int v) {
    const ToyToken *token = &toy->tokens[episode][turn][k];
    ToyMeasure measure = toy_measure(token);
    double reference[TOY_VOCAB];
    uint64_t at = (uint64_t)k;
    for (int t = 0; t < turn; t++) {
        at += toy->turns[episode][t].turn.n_tokens;
    }
    log_softmax(token->reference, reference);
    double p = exp(measure.log_probs[v]);
    double d_log_prob = (v == token->action ? 1 : 0) - p;
    double d_entropy = -p * (measure.log_probs[v] + measure.entropy);
    double d_kl = p * (measure.log_probs[v] - reference[v] - measure.kl);
    return (double)toy->d_log_probs[episode].of[at] * d_log_prob +
           (double)toy->d_entropies[episode].of[at] * d_entropy +
           (double)toy->d_kls[episode].of[at] * d_kl;
}

static void record(void *ctx, const char *name, double sum, double weight) {
    Recorder *recorder = ctx;
    int i = 0;
    while (i < recorder->n && strcmp(recorder->items[i].name, name) != 0) {
        i++;
    }
    ck_assert_int_lt(i, TOY_METRICS);
    ck_assert_uint_lt(strlen(name), sizeof recorder->items[i].name);
    if (i == recorder->n) {
        strcpy(recorder->items[i].name, name);
        recorder->n++;
    }
    recorder->items[i].sum += sum;
    recorder->items[i].weight += weight;
}

EmendMetrics recorder_metrics(Recorder *recorder) {
    return (EmendMetrics){.struct_size = sizeof(EmendMetrics), .ctx = recorder, .add = record};
}

double recorder_get(const Recorder *recorder, const char *name) {
    for (int i = 0; i < recorder->n; i++) {
        if (strcmp(recorder->items[i].name, name) == 0) {
            return recorder->items[i].sum / recorder->items[i].weight;
        }
    }
    return (double)NAN;
}
