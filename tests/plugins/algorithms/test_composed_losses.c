/* SPDX-License-Identifier: Apache-2.0 */
/* The losses of the algorithms that compose their episodes, on composed episodes: some turns are
 * context, and so have no tokens. */
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;
static Toy toy;

static void open_with(const char *name, const char *config) {
    char id[64];
    snprintf(id, sizeof id, "emend.algorithms.%s", name);
    subject_open(&subject, id, name, EMEND_KIND_ALGORITHM);
    ck_assert_msg(toy_create(&subject, name, config) == EMEND_OK, "%s", subject.message);
    toy_init(&toy);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy.episodes[i].episode.group = (uint64_t)(i / 2);
        for (int t = 0; t < TOY_TURNS; t++) {
            toy_turn(&toy, i, t)->sampler_log_probs = NULL;
        }
    }
}

static void tear_down(void) {
    subject_close(&subject);
}

static uint64_t n_learned(int i) {
    return toy.terms[i].terms.n_tokens;
}

static double log_prob_of(int i, int t, int k) {
    const ToyToken *token = &toy.tokens[i][t][k];
    return toy_measure(token).log_probs[token->action];
}

/* The sum over an episode's tokens, of log-probs or of their ratios to the reference. */
static double episode_sum(int i, bool is_ratio) {
    double sum = 0;
    uint64_t at = 0;
    for (int t = 0; t < TOY_TURNS; t++) {
        for (int k = 0; k < (int)toy_turn(&toy, i, t)->n_tokens; k++, at++) {
            sum += log_prob_of(i, t, k);
            sum -= is_ratio ? (double)toy.reference_log_probs[i].of[at] : 0;
        }
    }
    return sum;
}

typedef struct Preference {
    const char *config;
    bool is_ipo;
    double beta, smoothing, nll;
} Preference;

static const Preference preferences[] = {
    {"", false, 0.1, 0, 0},
    {"beta: 2", false, 2, 0, 0},
    {"beta: 0.7 label_smoothing: 0.2 nll_weight: 0.3", false, 0.7, 0.2, 0.3},
    {"loss: IPO beta: 0.5", true, 0.5, 0, 0},
    {"loss: IPO nll_weight: 1 updates_per_rollout: 2", true, 0.1, 0, 1}};

enum { N_PREFERENCES = sizeof preferences / sizeof *preferences };

static double preference_loss(const Preference *p) {
    double loss = 0;
    for (int i = 0; i < TOY_EPISODES; i += 2) {
        double better = episode_sum(i, true), worse = episode_sum(i + 1, true);
        if (p->is_ipo) {
            double h = better / (double)n_learned(i) - worse / (double)n_learned(i + 1);
            loss += (h - 1 / (2 * p->beta)) * (h - 1 / (2 * p->beta));
        } else {
            double x = p->beta * (better - worse);
            loss -= (1 - p->smoothing) * log(1 / (1 + exp(-x)));
            loss -= p->smoothing * log(1 / (1 + exp(x)));
        }
        loss -= p->nll * episode_sum(i, false) / (double)n_learned(i);
    }
    return loss / (TOY_EPISODES / 2);
}

static double cross_entropy(const Preference *unused) {
    double sum = 0, n = 0;
    (void)unused;
    for (int i = 0; i < TOY_EPISODES; i++) {
        sum -= episode_sum(i, false);
        n += (double)n_learned(i);
    }
    return sum / n;
}

static void assert_gradient(double (*loss)(const Preference *), const Preference *p) {
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            for (int k = 0; k < (int)toy_turn(&toy, i, t)->n_tokens; k++) {
                for (int v = 0; v < TOY_VOCAB; v++) {
                    double *logit = &toy.tokens[i][t][k].logits[v];
                    double kept = *logit, step = 1e-5;
                    *logit = kept + step;
                    double above = loss(p);
                    *logit = kept - step;
                    double expected = (above - loss(p)) / (2 * step);
                    *logit = kept;
                    double found = toy_logit_gradient(&toy, i, t, k, v);
                    ck_assert_msg(fabs(found - expected) <= 2e-6 * (1 + fabs(expected)),
                                  "%d %d %d %d: %.9g, %.9g by the loss", i, t, k, v, found,
                                  expected);
                }
            }
        }
    }
}

/* Makes turn 1 of an episode context. */
static void make_context(int i) {
    uint64_t n = toy_turn(&toy, i, 0)->n_tokens;
    toy_turn(&toy, i, 0)->n_tokens = 0;
    toy.terms[i].terms.n_tokens -= n;
    toy.totals.n_tokens -= n;
    uint64_t at = n;
    for (uint64_t k = 0; k < toy_turn(&toy, i, 1)->n_tokens; k++, at++) {
        toy.reference_log_probs[i].of[k] = toy.reference_log_probs[i].of[at];
    }
}

START_TEST(dpo_s_coefficients_are_the_gradient_of_its_loss) {
    const Preference *p = &preferences[_i];
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    open_with("dpo", p->config);
    make_context(2);
    make_context(3);
    toy_run(&toy, &subject, &metrics);
    assert_gradient(preference_loss, p);
    ck_assert_double_eq_tol(recorder_get(&recorder, EMEND_METRIC_LOSS), preference_loss(p), 1e-5);
    ck_assert_double_eq(toy_turn(&toy, 2, 0)->advantage, 0);
    ck_assert_double_eq(toy_turn(&toy, 2, 1)->advantage, 1);
    ck_assert_double_eq(toy_turn(&toy, 3, 1)->advantage, -1);
    double margin = 0, n_right = 0;
    for (int i = 0; i < TOY_EPISODES; i += 2) {
        double own = p->beta * (episode_sum(i, true) - episode_sum(i + 1, true));
        margin += own;
        n_right += own > 0;
    }
    ck_assert_double_eq_tol(recorder_get(&recorder, "rewards/margins"), margin / 3, 1e-5);
    ck_assert_double_eq_tol(recorder_get(&recorder, "rewards/accuracies"), n_right / 3, 1e-12);
}
END_TEST

static const char *const supervised[] = {"star", "pair_sft"};

START_TEST(kept_traces_are_learned_by_their_mean_cross_entropy) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    open_with(supervised[_i], "updates_per_rollout: 2");
    make_context(0);
    make_context(4);
    toy_run(&toy, &subject, &metrics);
    assert_gradient(cross_entropy, NULL);
    ck_assert_double_eq_tol(recorder_get(&recorder, EMEND_METRIC_LOSS), cross_entropy(NULL), 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "sft/nll"), cross_entropy(NULL), 1e-6);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 0);
    ck_assert_double_eq(toy_turn(&toy, 0, 1)->advantage, 1);
}
END_TEST

static const char *const all[] = {"dpo", "star", "pair_sft"};

START_TEST(micro_batch_cuts_change_no_bit) {
    Recorder whole = {0}, cut = {0};
    EmendMetrics metrics = recorder_metrics(&whole);
    open_with(all[_i], "");
    toy_run(&toy, &subject, &metrics);
    Toy expected = toy;
    metrics = recorder_metrics(&cut);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, &metrics), EMEND_OK);
    for (int i = 0; i < TOY_EPISODES; i += 2) {
        ck_assert_int_eq(toy_coefficients(&toy, i, i + 2, &subject, &metrics), EMEND_OK);
    }
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    ck_assert_msg(memcmp(&cut, &whole, sizeof cut) == 0, "metrics are the same bits");
}
END_TEST

START_TEST(log_probs_that_are_not_finite_stop_the_run) {
    open_with(all[_i], "");
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.log_probs[3].of[1] = -INFINITY;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_ABORTED);
    ck_assert_msg(strstr(subject.message, "learned token 1 of an episode: its log-prob is -inf"),
                  "%s", subject.message);
}
END_TEST

START_TEST(the_plan_asks_for_what_the_loss_needs) {
    EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1};
    open_with(all[_i], "updates_per_rollout: 4");
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->plan(subject.self, 0, &plan, &subject.err), EMEND_OK);
    ck_assert_uint_eq(plan.episodes, EMEND_EPISODES_ROLLOUT);
    ck_assert_uint_eq(plan.needs, _i == 0 ? EMEND_NEED_REFERENCE : 0);
    ck_assert_uint_eq(plan.n_updates, 4);
}
END_TEST

START_TEST(preferences_far_beyond_doubt_are_finite) {
    open_with("dpo", _i == 0 ? "beta: 10" : "beta: 10 label_smoothing: 0.1");
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.log_probs[0].of[0] = -5000;
    toy.log_probs[3].of[0] = -5000;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_OK);
    ck_assert_float_eq_tol(toy.d_log_probs[0].of[0], _i == 0 ? -10.0f / 3 : -10.0f * 0.9f / 3,
                           1e-5f);
    ck_assert_float_eq_tol(toy.d_log_probs[2].of[0], _i == 0 ? 0 : 10.0f * 0.1f / 3, 1e-5f);
}
END_TEST

START_TEST(what_is_no_pair_is_refused) {
    open_with("dpo", "");
    toy_fill(&toy);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 2, &subject, NULL), EMEND_PRECONDITION);
    toy.episodes[1].episode.group = 7;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message,
                     "episodes: a group has 1; they must be pairs, as `compose` makes them");
    toy.episodes[1].episode.group = 0;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 1, &subject, NULL), EMEND_PRECONDITION);
    ck_assert_int_eq(toy_coefficients(&toy, 1, 3, &subject, NULL), EMEND_INVALID_ARGUMENT);
    toy.terms[1].terms.reference_log_probs = NULL;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 2, &subject, NULL), EMEND_PRECONDITION);
    ck_assert_ptr_nonnull(strstr(subject.message, "reference's log-probs"));
}
END_TEST

START_TEST(totals_over_other_episodes_are_refused) {
    open_with(supervised[_i], "");
    toy.totals.n_tokens++;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(subject.message, "totals: ", 8) == 0, "%s", subject.message);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("composed losses");
    TCase *tcase = tcase_create("composed losses");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, dpo_s_coefficients_are_the_gradient_of_its_loss, 0, N_PREFERENCES);
    tcase_add_loop_test(tcase, kept_traces_are_learned_by_their_mean_cross_entropy, 0, 2);
    tcase_add_loop_test(tcase, micro_batch_cuts_change_no_bit, 0, 3);
    tcase_add_loop_test(tcase, log_probs_that_are_not_finite_stop_the_run, 0, 3);
    tcase_add_loop_test(tcase, the_plan_asks_for_what_the_loss_needs, 0, 3);
    tcase_add_loop_test(tcase, preferences_far_beyond_doubt_are_finite, 0, 2);
    tcase_add_test(tcase, what_is_no_pair_is_refused);
    tcase_add_loop_test(tcase, totals_over_other_episodes_are_refused, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
