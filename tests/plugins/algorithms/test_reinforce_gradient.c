/* SPDX-License-Identifier: Apache-2.0 */
/* The coefficients of "reinforce" against the loss it states, written down here a second time in
 * double and differentiated numerically at the logits of a toy policy. */
#include "reinforce/config.pb-c.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Algorithms__Reinforce__Config Config;
typedef Emend__Algorithms__Reinforce__Config__KlWeight KlWeight;
#define CONFIG_INIT EMEND__ALGORITHMS__REINFORCE__CONFIG__INIT
#define KL_INIT EMEND__ALGORITHMS__REINFORCE__CONFIG__KL_WEIGHT__INIT

enum { NONE, LEAVE_ONE_OUT, GROUP_MEAN, MOVING_AVERAGE, N_BASELINES };
enum { TOKEN_SUM, TOKEN_MEAN, TOKEN_SUM_NORM, SEQ_TOKEN_MEAN, N_AGGREGATIONS };

/* One way to set the algorithm up. */
typedef struct Variant {
    int baseline, aggregation, kl_aggregation;
    unsigned n_updates;
    double beta[TOY_TURNS];
    double lambda;
} Variant;

enum { N_SHAPES = 3, N_VARIANTS = N_BASELINES * N_AGGREGATIONS * N_SHAPES };

static Subject subject;
static Toy toy;

static void set_up(void) {
    subject_open(&subject, "emend.algorithms.reinforce", "reinforce", EMEND_KIND_ALGORITHM);
    toy_init(&toy);
}

static void tear_down(void) {
    subject_close(&subject);
}

static Variant variant(int i) {
    static const struct {
        unsigned n_updates;
        double beta[TOY_TURNS];
        double lambda;
    } shapes[N_SHAPES] = {{1, {0, 0}, 0}, {1, {0.7, 0.05}, 0.02}, {3, {0.3, 0}, 0.1}};
    int shape = i / (N_BASELINES * N_AGGREGATIONS);
    Variant result = {.baseline = i % N_BASELINES,
                      .aggregation = i / N_BASELINES % N_AGGREGATIONS,
                      .kl_aggregation = (i + 1) % N_AGGREGATIONS,
                      .n_updates = shapes[shape].n_updates,
                      .lambda = shapes[shape].lambda};
    memcpy(result.beta, shapes[shape].beta, sizeof result.beta);
    return result;
}

static void create(const Variant *v) {
    Config config = CONFIG_INIT;
    KlWeight kl[TOY_TURNS] = {KL_INIT, KL_INIT};
    KlWeight *kls[TOY_TURNS] = {&kl[0], &kl[1]};
    uint8_t bytes[256];
    for (uint32_t t = 0; t < TOY_TURNS; t++) {
        kl[t].has_turn = kl[t].has_weight = 1;
        kl[t].turn = t + 1;
        kl[t].weight = v->beta[t];
    }
    config.kl = kls;
    config.n_kl = TOY_TURNS;
    config.has_baseline = config.has_aggregation = config.has_kl_aggregation = 1;
    config.baseline = (Emend__Algorithms__Reinforce__Config__Baseline)v->baseline;
    config.aggregation = (Emend__Algorithms__Reinforce__Config__Aggregation)v->aggregation;
    config.kl_aggregation = (Emend__Algorithms__Reinforce__Config__Aggregation)v->kl_aggregation;
    config.has_entropy_weight = config.has_updates_per_rollout = 1;
    config.entropy_weight = v->lambda;
    config.updates_per_rollout = v->n_updates;
    size_t n_bytes = emend__algorithms__reinforce__config__pack(&config, bytes);
    ck_assert_msg(subject_create(&subject, bytes, n_bytes) == EMEND_OK, "%s", subject.message);
}

// The definitions, each as it stands in its paper.
static double baseline_of(const Variant *v, int episode, int turn) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        bool is_sibling = i / TOY_GROUP == episode / TOY_GROUP;
        bool counts = v->baseline == GROUP_MEAN || i != episode;
        if (is_sibling && counts && toy_turn(&toy, i, turn)->state == EMEND_TURN_REWARDED) {
            sum += toy_turn(&toy, i, turn)->reward;
            n++;
        }
    }
    bool is_of_group = v->baseline == LEAVE_ONE_OUT || v->baseline == GROUP_MEAN;
    return is_of_group ? sum / n : 0; // a moving average has nothing behind it at the first step
}

static double token_weight(int aggregation, int episode, int turn) {
    double all = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            all += (double)toy_turn(&toy, i, t)->n_tokens;
        }
    }
    switch (aggregation) {
    case TOKEN_SUM:
        return 1.0 / TOY_EPISODES;
    case TOKEN_MEAN:
        return 1.0 / all;
    case TOKEN_SUM_NORM:
        return 1.0 / (TOY_EPISODES * TOY_MAX_TURN_TOKENS);
    default:
        return 1.0 / (TOY_EPISODES * (double)toy_turn(&toy, episode, turn)->n_tokens);
    }
}

static double turn_loss(const Variant *v, int i, int t) {
    const EmendTurn *turn = toy_turn(&toy, i, t);
    bool is_rewarded = turn->state == EMEND_TURN_REWARDED;
    double advantage = is_rewarded ? turn->reward - baseline_of(v, i, t) : 0;
    double loss = 0;
    for (uint64_t k = 0; k < turn->n_tokens; k++) {
        const ToyToken *token = &toy.tokens[i][t][k];
        ToyMeasure measure = toy_measure(token);
        double log_prob = measure.log_probs[token->action];
        double gain =
            v->n_updates > 1 ? exp(log_prob - (double)turn->sampler_log_probs[k]) : log_prob;
        loss +=
            token_weight(v->aggregation, i, t) * (-advantage * gain - v->lambda * measure.entropy);
        loss += token_weight(v->kl_aggregation, i, t) * v->beta[t] * measure.kl;
    }
    return loss;
}

static double stated_loss(const Variant *v) {
    double loss = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            loss += turn_loss(v, i, t);
        }
    }
    return loss;
}

static double difference_quotient(const Variant *v, double *logit) {
    const double step = 1e-5;
    double kept = *logit;
    *logit = kept + step;
    double above = stated_loss(v);
    *logit = kept - step;
    double below = stated_loss(v);
    *logit = kept;
    return (above - below) / (2 * step);
}

static void assert_gradient(const Variant *v, int i, int t, int k) {
    for (int entry = 0; entry < TOY_VOCAB; entry++) {
        double expected = difference_quotient(v, &toy.tokens[i][t][k].logits[entry]);
        double found = toy_logit_gradient(&toy, i, t, k, entry);
        ck_assert_msg(fabs(found - expected) <= 1e-6 * (1 + fabs(expected)),
                      "baseline %d, aggregation %d: episode %d, turn %d, token %d, logit %d: "
                      "%.9g by the coefficients, %.9g by the loss",
                      v->baseline, v->aggregation, i, t + 1, k, entry, found, expected);
    }
}

START_TEST(coefficients_are_the_gradient_of_the_stated_loss) {
    Variant v = variant(_i);
    create(&v);
    toy_turn(&toy, 1, 0)->state = EMEND_TURN_UNREWARDED;
    toy_turn(&toy, 4, 1)->state = EMEND_TURN_LEFT_OUT;
    toy_run(&toy, &subject, NULL);
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            for (int k = 0; k < (int)toy_turn(&toy, i, t)->n_tokens; k++) {
                assert_gradient(&v, i, t, k);
            }
        }
    }
}
END_TEST

START_TEST(the_reported_losses_are_those_of_the_stated_loss) {
    Variant v = variant(_i);
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create(&v);
    toy_run(&toy, &subject, &metrics);
    Variant policy_only = v;
    policy_only.lambda = policy_only.beta[0] = policy_only.beta[1] = 0;
    Variant without_entropy = v;
    without_entropy.lambda = 0;
    double policy = stated_loss(&policy_only);
    ck_assert_double_eq_tol(recorder_get(&recorder, EMEND_METRIC_LOSS), stated_loss(&v), 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/pg_loss"), policy, 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/kl_loss"),
                            stated_loss(&without_entropy) - policy, 1e-6);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reinforce, gradient");
    TCase *tcase = tcase_create("gradient");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, coefficients_are_the_gradient_of_the_stated_loss, 0, N_VARIANTS);
    tcase_add_loop_test(tcase, the_reported_losses_are_those_of_the_stated_loss, 0, N_VARIANTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
