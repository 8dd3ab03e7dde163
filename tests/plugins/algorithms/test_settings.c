/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings of the algorithms mean, and which are refused. */
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;
static Toy toy;

static EmendStatus open_with(const char *name, const char *config) {
    char id[64];
    snprintf(id, sizeof id, "emend.algorithms.%s", name);
    subject_open(&subject, id, name, EMEND_KIND_ALGORITHM);
    toy_init(&toy);
    return toy_create(&subject, name, config);
}

static void tear_down(void) {
    subject_close(&subject);
}

static const struct {
    const char *name, *config, *message;
} refused[] = {
    {"grpo", "clip_low: 1.5", "clip_low: it is 1.5; it must be from 0 to 1"},
    {"grpo", "clip_low: -0.1", "clip_low: it is -0.1; it must be from 0 to 1"},
    {"grpo", "clip_high: -1", "clip_high: it is -1; it must be finite and 0 or more"},
    {"grpo", "clip_high: inf", "clip_high: it is inf; it must be finite and 0 or more"},
    {"grpo", "dual_clip: 1", "dual_clip: it is 1; it must be finite and above 1, or 0 for none"},
    {"grpo", "scale_epsilon: 0", "scale_epsilon: it is 0; it must be finite and above 0"},
    {"grpo", "entropy_weight: nan", "entropy_weight: it is nan; it must be finite and 0 or more"},
    {"grpo", "overlong_penalty: -1", "overlong_penalty: it is -1; it must be finite and 0 or more"},
    {"grpo", "overlong_buffer_tokens: 4",
     "overlong_buffer_tokens: it is 4, and nothing is penalised; it must be 0, or truncated must "
     "be PENALISED"},
    {"ppo", "updates_per_rollout: 0", "updates_per_rollout: it is 0; it must be 1 or more"},
    {"ppo", "kl { turn: 1 }", "kl[0].weight: it is missing; it must be given"},
    {"ppo", "dual_clip: 0.5", "dual_clip: it is 0.5; it must be finite and above 1, or 0 for none"},
    {"rloo", "kl { weight: -1 }", "kl[0].weight: it is -1; it must be finite and 0 or more"},
    {"rloo", "kl { weight: 1 turn: 2 } kl { weight: 0 turn: 2 }",
     "kl[1].turn: it is 2, as in kl[0]; each turn (0: all others) must be given once; remove one"},
    {"reinforce_pp", "gamma: 0", "gamma: it is 0; it must be above 0 and at most 1"},
    {"reinforce_pp", "gamma: 1.5", "gamma: it is 1.5; it must be above 0 and at most 1"},
    {"reinforce_pp", "scale_epsilon: -1", "scale_epsilon: it is -1; it must be finite and above 0"},
    {"dpo", "beta: 0", "beta: it is 0; it must be finite and above 0"},
    {"dpo", "label_smoothing: 0.5",
     "label_smoothing: it is 0.5; it must be 0 or more and below 0.5"},
    {"dpo", "nll_weight: -1", "nll_weight: it is -1; it must be finite and 0 or more"},
    {"dpo", "min_difference: inf", "min_difference: it is inf; it must be finite and 0 or more"},
    {"dpo", "turn: 0", "turn: it is 0; it must be 1 or more"},
    {"dpo", "pairs_per_problem: 0", "pairs_per_problem: it is 0; it must be 1 or more"},
    {"dpo", "updates_per_rollout: 0", "updates_per_rollout: it is 0; it must be 1 or more"},
    {"star", "right_above: nan", "right_above: it is nan; it must be finite"},
    {"star", "per_problem: 0", "per_problem: it is 0; it must be 1 or more"},
    {"pair_sft", "per_problem: 0", "per_problem: it is 0; it must be 1 or more"},
    {"pair_sft", "updates_per_rollout: 0", "updates_per_rollout: it is 0; it must be 1 or more"},
    {"reinforce", "kl { weight: 1 target: 0 }",
     "kl[0].target: it is 0; it must be finite and above 0"},
    {"reinforce", "kl { weight: 0 target: 1 }",
     "kl[0].weight: it is 0, which no factor moves to the target; it must be above 0"},
    {"reinforce", "kl_adaptation: 5", "kl_adaptation: it is 5; it must be above 0 and below 5"},
};

START_TEST(configs_that_cannot_be_right_are_refused_with_their_field) {
    ck_assert_int_eq(open_with(refused[_i].name, refused[_i].config), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, refused[_i].message);
}
END_TEST

static const char *const all[] = {"grpo", "ppo", "rloo", "reinforce_pp", "dpo", "star", "pair_sft"};
enum { N_ALL = sizeof all / sizeof *all, N_GRADIENTS = 4 };

START_TEST(bytes_that_are_no_config_are_refused) {
    ck_assert_int_eq(open_with(all[_i], ""), EMEND_OK);
    ck_assert_int_eq(subject_create(&subject, "\x0a", 1), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(subject.message, "config: its 1 bytes", 19) == 0, "%s", subject.message);
}
END_TEST

/* Field 1 of each is an enum or a bool; a number no name has. */
START_TEST(an_enum_of_a_newer_plugin_is_refused_with_its_field) {
    static const struct {
        const char *name, *bytes, *message;
    } enums[] = {{"grpo", "\x08\x09", "baseline: it is 9; it must be a Baseline"},
                 {"ppo", "\x08\x09", "baseline: it is 9; it must be a Baseline"},
                 {"rloo", "\x10\x09", "ratio: it is 9; it must be a Ratio"},
                 {"reinforce_pp", "\x08\x09", "baseline: it is 9; it must be a Baseline"},
                 {"dpo", "\x08\x09", "unit: it is 9; it must be a Unit"},
                 {"star", "\x08\x09", "loss_on: it is 9; it must be a LossOn"}};
    ck_assert_int_eq(open_with(enums[_i].name, ""), EMEND_OK);
    ck_assert_int_eq(subject_create(&subject, enums[_i].bytes, 2), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, enums[_i].message);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status_and_leaves_nothing) {
    ck_assert_int_eq(open_with(all[_i], ""), EMEND_OK);
    EmendStatus status = EMEND_EXHAUSTED;
    for (int n = 0; status != EMEND_OK; n++) {
        subject.host.n_left = n;
        status = subject_create(&subject, NULL, 0);
        ck_assert_int_lt(n, 10);
    }
    subject.host.n_left = 0;
    if (_i < N_GRADIENTS) {
        ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_EXHAUSTED);
    }
}
END_TEST

static uint32_t needs_of(const char *name, const char *config) {
    EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1};
    ck_assert_msg(toy_create(&subject, name, config) == EMEND_OK, "%s", subject.message);
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->plan(subject.self, 0, &plan, &subject.err), EMEND_OK);
    ck_assert_uint_eq(plan.episodes, EMEND_EPISODES_ROLLOUT);
    ck_assert_uint_eq(plan.n_updates, strstr(config, "updates") ? 3 : 1);
    return plan.needs;
}

START_TEST(the_plan_asks_for_what_is_weighted_or_measured) {
    char config[256];
    const char *quiet = "always_measure_kl: false measure_entropy: false";
    ck_assert_int_eq(open_with(all[_i], ""), EMEND_OK);
    ck_assert_uint_eq(needs_of(all[_i], ""), EMEND_NEED_KL | EMEND_NEED_ENTROPY);
    ck_assert_uint_eq(needs_of(all[_i], quiet), 0);
    snprintf(config, sizeof config, "%s kl { weight: 0 } updates_per_rollout: 3", quiet);
    ck_assert_uint_eq(needs_of(all[_i], config), 0);
    snprintf(config, sizeof config, "%s kl { weight: 1 } kl_estimator: EXACT", quiet);
    ck_assert_uint_eq(needs_of(all[_i], config), EMEND_NEED_KL);
    snprintf(config, sizeof config, "%s kl { weight: 1 } kl_estimator: K2_IN_LOSS_REVERSE", quiet);
    ck_assert_uint_eq(needs_of(all[_i], config), EMEND_NEED_REFERENCE);
    snprintf(config, sizeof config, "%s entropy_weight: 0.1", quiet);
    ck_assert_uint_eq(needs_of(all[_i], config), EMEND_NEED_ENTROPY);
}
END_TEST

/* All turns of one group: rewards of turn 2 with the bonus alpha. */
static double turn_2_against_turn_1(const char *config, double alpha) {
    ck_assert_int_eq(toy_create(&subject, "grpo", config), EMEND_OK);
    static const double first[] = {1, 0, 0, 0, 1, 1}, second[] = {1, 1, 0, 0, 0, 1};
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy.episodes[i].episode.group = 1;
        toy_turn(&toy, i, 0)->reward = first[i];
        toy_turn(&toy, i, 1)->reward = second[i] + alpha * (second[i] - first[i]);
    }
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    double mass[TOY_TURNS] = {0};
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            mass[t] += fabs(toy_turn(&toy, i, t)->advantage);
        }
    }
    return mass[1] / mass[0];
}

START_TEST(a_deviation_for_each_turn_undoes_the_bonus_and_one_for_both_does_not) {
    ck_assert_int_eq(open_with("grpo", ""), EMEND_OK);
    double with = turn_2_against_turn_1("", 10), without = turn_2_against_turn_1("", 0);
    ck_assert_double_lt(with / without, 1.2);
    with = turn_2_against_turn_1("scale: GROUP", 10);
    without = turn_2_against_turn_1("scale: GROUP", 0);
    ck_assert_double_gt(with / without, 5);
    ck_assert_double_eq_tol(turn_2_against_turn_1("scale: NONE", 10), with, 1e-9);
    ck_assert_double_eq_tol(turn_2_against_turn_1("scale: STEP", 10), with, 1e-9);
}
END_TEST

static float first_coefficient(int i, int t) {
    return toy.d_log_probs[i].of[t == 1 ? toy_turn(&toy, i, 0)->n_tokens : 0];
}

START_TEST(truncated_responses_are_counted_masked_or_penalised) {
    double advantage[3];
    ck_assert_int_eq(open_with(all[_i], ""), EMEND_OK);
    static const char *const rules[] = {
        "truncated: COUNTED", "truncated: MASKED",
        "truncated: PENALISED overlong_penalty: 5 overlong_buffer_tokens: 14"};
    for (int rule = 0; rule < 3; rule++) {
        char config[256];
        snprintf(config, sizeof config, "%s%s", rules[rule], _i == 0 ? " scale: NONE" : "");
        ck_assert_msg(toy_create(&subject, all[_i], config) == EMEND_OK, "%s", subject.message);
        toy_sample_on_policy(&toy);
        toy_turn(&toy, 0, 0)->is_truncated = 1;
        toy_run(&toy, &subject, NULL);
        advantage[rule] = toy_turn(&toy, 0, 0)->advantage;
        ck_assert_msg((first_coefficient(0, 0) == 0) == (rule == 1), "rule %d", rule);
        ck_assert(first_coefficient(1, 0) != 0);
    }
    ck_assert_double_lt(advantage[2], advantage[0]);
}
END_TEST

/* The limit is 16: of 4 tokens with a buffer of 14, 2 are over. */
START_TEST(a_long_response_loses_its_share_of_the_penalty) {
    ck_assert_int_eq(open_with("ppo", "baseline: NONE truncated: PENALISED overlong_penalty: 7 "
                                      "overlong_buffer_tokens: 14"),
                     EMEND_OK);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    for (int i = 0; i < TOY_EPISODES; i++) {
        const EmendTurn *turn = toy_turn(&toy, i, 0);
        double over = turn->n_tokens > 2 ? (double)turn->n_tokens - 2 : 0;
        ck_assert_double_eq_tol(turn->advantage, turn->reward - 7 * over / 14, 1e-12);
    }
}
END_TEST

START_TEST(clipped_tokens_are_counted) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    double low = 0, high = 0, dual = 0, n = 0, kl = 0;
    ck_assert_int_eq(open_with("ppo", "baseline: NONE dual_clip: 1.3"), EMEND_OK);
    toy_turn(&toy, 0, 0)->state = EMEND_TURN_LEFT_OUT;
    toy_run(&toy, &subject, &metrics);
    for (int i = 0; i < TOY_EPISODES; i++) {
        uint64_t at = 0;
        for (int t = 0; t < TOY_TURNS; t++) {
            const EmendTurn *turn = toy_turn(&toy, i, t);
            for (uint64_t k = 0; k < turn->n_tokens; k++, at++) {
                double difference = (double)toy.log_probs[i].of[at] - (double)toy.old[i].of[at];
                double ratio = exp(difference);
                kl -= difference;
                if (turn->state != EMEND_TURN_REWARDED) {
                    continue;
                }
                n++;
                high += turn->reward > 0 && ratio > 1.2;
                low += turn->reward < 0 && ratio < 0.8;
                dual += turn->reward < 0 && ratio > 1.3;
            }
        }
    }
    ck_assert(low > 0 && high > 0 && dual > 0);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/clip_frac_low"), low / n, 1e-12);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/clip_frac_high"), high / n, 1e-12);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/clip_frac_dual"), dual / n, 1e-12);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/ppo_kl"),
                            kl / (double)toy.totals.n_tokens, 1e-9);
}
END_TEST

START_TEST(a_ratio_beyond_all_bounds_stops_the_run_unless_it_is_clipped) {
    ck_assert_int_eq(open_with("grpo", "scale: NONE"), EMEND_OK);
    toy_run(&toy, &subject, NULL);
    int worst = toy_turn(&toy, 0, 0)->advantage < 0 ? 0 : 1;
    while (!(toy_turn(&toy, worst, 0)->advantage < 0)) {
        worst++;
    }
    toy.old[worst].of[0] = -1000;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_ABORTED);
    ck_assert_msg(strstr(subject.message, "coefficient is inf") != NULL, "%s", subject.message);
    ck_assert_int_eq(toy_create(&subject, "grpo", "scale: NONE dual_clip: 3"), EMEND_OK);
    toy_run(&toy, &subject, NULL);
    ck_assert_float_eq(toy.d_log_probs[worst].of[0], 0);
}
END_TEST

START_TEST(what_was_planned_and_did_not_come_is_named) {
    ck_assert_int_eq(open_with("grpo",
                               "kl { turn: 2 weight: 0.5 } kl_estimator: K3_IN_LOSS_FORWARD "
                               "updates_per_rollout: 2"),
                     EMEND_OK);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.terms[0].terms.reference_log_probs = NULL;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_PRECONDITION);
    ck_assert_str_eq(subject.message, "kl_estimator: turn 2 has weight 0.5, and its tokens come "
                                      "without the reference's log-probs; the host must give what "
                                      "was planned");
    toy.terms[0].terms.struct_size = EMEND_END_OF(EmendTokenTerms, d_kls);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_PRECONDITION);
    ck_assert_str_eq(subject.message, "updates_per_rollout: it is 2, and the episodes carry no old "
                                      "log-probs; it must be 1");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("settings");
    TCase *tcase = tcase_create("settings");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, configs_that_cannot_be_right_are_refused_with_their_field, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_loop_test(tcase, bytes_that_are_no_config_are_refused, 0, N_ALL);
    tcase_add_loop_test(tcase, an_enum_of_a_newer_plugin_is_refused_with_its_field, 0, 6);
    tcase_add_loop_test(tcase, memory_that_runs_out_is_a_status_and_leaves_nothing, 0, N_ALL);
    tcase_add_loop_test(tcase, the_plan_asks_for_what_is_weighted_or_measured, 0, N_GRADIENTS);
    tcase_add_test(tcase, a_deviation_for_each_turn_undoes_the_bonus_and_one_for_both_does_not);
    tcase_add_loop_test(tcase, truncated_responses_are_counted_masked_or_penalised, 0, N_GRADIENTS);
    tcase_add_test(tcase, a_long_response_loses_its_share_of_the_penalty);
    tcase_add_test(tcase, clipped_tokens_are_counted);
    tcase_add_test(tcase, a_ratio_beyond_all_bounds_stops_the_run_unless_it_is_clipped);
    tcase_add_test(tcase, what_was_planned_and_did_not_come_is_named);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
