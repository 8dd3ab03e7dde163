/* SPDX-License-Identifier: Apache-2.0 */
/* The coefficients of the policy-gradient algorithms against the loss that each states. The toy's
 * policy is off its old policy, as after some updates, so that every clip is met. */
#include "stated.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;
static Toy toy;

static double leave_one_out(const Toy *of, int i, int t, int k) {
    (void)k;
    return toy_is_rewarded(of, i, t) ? toy_reward(of, i, t) - mean_of_group(of, i, t, i) : 0;
}

static double group_mean(const Toy *of, int i, int t, int k) {
    (void)k;
    return toy_is_rewarded(of, i, t) ? toy_reward(of, i, t) - mean_of_group(of, i, t, -1) : 0;
}

static double no_baseline(const Toy *of, int i, int t, int k) {
    (void)k;
    return toy_is_rewarded(of, i, t) ? toy_reward(of, i, t) : 0;
}

/* The unbiased standard deviation about the means of group and turn; group or turn -1: all. */
static double deviation(const Toy *of, int group, int turn) {
    double squares = 0;
    int freedom = 0;
    for (int g = 0; g < TOY_EPISODES / TOY_GROUP; g++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            int n = 0;
            for (int i = g * TOY_GROUP; i < (g + 1) * TOY_GROUP; i++) {
                if ((group < 0 || g == group) && (turn < 0 || t == turn) &&
                    toy_is_rewarded(of, i, t)) {
                    double d = toy_reward(of, i, t) - mean_of_group(of, i, t, -1);
                    squares += d * d;
                    n++;
                }
            }
            freedom += n > 0 ? n - 1 : 0;
        }
    }
    return sqrt(squares / freedom);
}

static double by_group_turn(const Toy *of, int i, int t, int k) {
    double s = deviation(of, i / TOY_GROUP, t);
    return group_mean(of, i, t, k) / (s + 1e-6);
}

static double by_group(const Toy *of, int i, int t, int k) {
    return leave_one_out(of, i, t, k) / (deviation(of, i / TOY_GROUP, -1) + 1e-6);
}

static double by_step(const Toy *of, int i, int t, int k) {
    return leave_one_out(of, i, t, k) / (deviation(of, -1, -1) + 1e-6);
}

static double masked(const Toy *of, int i, int t, int k) {
    return of->turns[i][t].turn.is_truncated ? 0 : leave_one_out(of, i, t, k);
}

/* REINFORCE++ in the toy: the statistics of returns over tokens. */
static double pp_return(const Toy *of, int i, int t, int k, double gamma,
                        double (*reward)(const Toy *, int, int, int)) {
    int n = (int)of->turns[i][t].turn.n_tokens;
    return pow(gamma, n - 1 - k) * reward(of, i, t, k);
}

static double pp_mean(const Toy *of, int turn, double gamma,
                      double (*reward)(const Toy *, int, int, int)) {
    double sum = 0, n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int k = 0; toy_is_rewarded(of, i, turn) && k < (int)of->turns[i][turn].turn.n_tokens;
             k++, n++) {
            sum += pp_return(of, i, turn, k, gamma, reward);
        }
    }
    return sum / n;
}

static double pp_deviation(const Toy *of, double gamma,
                           double (*reward)(const Toy *, int, int, int)) {
    double squares = 0, n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            double mean = pp_mean(of, t, gamma, reward);
            for (int k = 0; toy_is_rewarded(of, i, t) && k < (int)of->turns[i][t].turn.n_tokens;
                 k++, n++) {
                double d = pp_return(of, i, t, k, gamma, reward) - mean;
                squares += d * d;
            }
        }
    }
    return sqrt(squares / n) + 1e-8;
}

static double pp_white(const Toy *of, int i, int t, int k) {
    if (!toy_is_rewarded(of, i, t)) {
        return 0;
    }
    return (no_baseline(of, i, t, k) - pp_mean(of, t, 1, no_baseline)) /
           pp_deviation(of, 1, no_baseline);
}

static double pp_discounted(const Toy *of, int i, int t, int k) {
    if (!toy_is_rewarded(of, i, t)) {
        return 0;
    }
    return (pp_return(of, i, t, k, 0.8, group_mean) - pp_mean(of, t, 0.8, group_mean)) /
           pp_deviation(of, 0.8, group_mean);
}

#define COMMON "updates_per_rollout: 3 "

static const struct {
    const char *name, *config;
    Stated stated;
} cases[] = {
    {"grpo",
     COMMON,
     {.aggregation = STATED_SEQ_TOKEN_MEAN,
      .kl_aggregation = STATED_SEQ_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.2,
      .advantage = by_group_turn}},
    {"grpo",
     COMMON "scale: GROUP baseline: LEAVE_ONE_OUT clip_high: 0.28 aggregation: TOKEN_MEAN "
            "entropy_weight: 0.02 kl { weight: 0.1 } kl { turn: 1 weight: 0.7 }",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.28,
      .beta = {0.7, 0.1},
      .lambda = 0.02,
      .advantage = by_group}},
    {"grpo",
     COMMON "scale: STEP baseline: LEAVE_ONE_OUT dual_clip: 1.3 kl { weight: 0.3 } "
            "kl_estimator: K3_IN_LOSS_FORWARD kl_aggregation: TOKEN_MEAN_OF_TURN",
     {.aggregation = STATED_SEQ_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN_OF_TURN,
      .kl = STATED_K3,
      .low = 0.2,
      .high = 0.2,
      .dual = 1.3,
      .beta = {0.3, 0.3},
      .advantage = by_step}},
    {"grpo",
     COMMON "scale: NONE aggregation: SEQ_MEAN_TOKEN_SUM_NORM kl { weight: 0.3 } "
            "kl_estimator: K2_IN_LOSS_REVERSE",
     {.aggregation = STATED_TOKEN_SUM_NORM,
      .kl_aggregation = STATED_TOKEN_SUM_NORM,
      .kl = STATED_K2,
      .low = 0.2,
      .high = 0.2,
      .beta = {0.3, 0.3},
      .advantage = group_mean}},
    {"grpo",
     COMMON "scale: NONE ratio: TURN_MEAN clip_low: 0.05 clip_high: 0.05 "
            "kl { weight: 0.3 } kl_estimator: K3_TIMES_RATIO_REVERSE",
     {.aggregation = STATED_SEQ_TOKEN_MEAN,
      .kl_aggregation = STATED_SEQ_TOKEN_MEAN,
      .ratio = STATED_TURN_MEAN,
      .kl = STATED_K3_RATIO,
      .low = 0.05,
      .high = 0.05,
      .beta = {0.3, 0.3},
      .advantage = group_mean}},
    {"grpo",
     COMMON "scale: NONE surrogate: CISPO clip_low: 1 clip_high: 0.1 "
            "aggregation: TOKEN_MEAN_OF_TURN kl { turn: 2 weight: 0.3 } "
            "kl_estimator: K1_IN_LOSS_NO_GRADIENT",
     {.aggregation = STATED_TOKEN_MEAN_OF_TURN,
      .kl_aggregation = STATED_TOKEN_MEAN_OF_TURN,
      .surrogate = STATED_CISPO,
      .kl = STATED_K1,
      .low = 1,
      .high = 0.1,
      .beta = {0, 0.3},
      .advantage = group_mean}},
    {"grpo",
     COMMON "scale: NONE surrogate: CISPO ratio: TURN_SUM clip_low: 0.3",
     {.aggregation = STATED_SEQ_TOKEN_MEAN,
      .kl_aggregation = STATED_SEQ_TOKEN_MEAN,
      .surrogate = STATED_CISPO,
      .ratio = STATED_TURN_SUM,
      .low = 0.3,
      .high = 0.2,
      .advantage = group_mean}},
    {"grpo",
     COMMON "scale: NONE baseline: LEAVE_ONE_OUT truncated: MASKED kl { weight: 0.2 }",
     {.aggregation = STATED_SEQ_TOKEN_MEAN,
      .kl_aggregation = STATED_SEQ_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.2,
      .beta = {0.2, 0.2},
      .advantage = masked}},
    {"ppo",
     COMMON,
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.2,
      .dual = 3,
      .advantage = leave_one_out}},
    {"ppo",
     COMMON "baseline: NONE dual_clip: 1.1 clip_low: 0.1 clip_high: 0.3 "
            "kl { weight: 0.4 } kl_estimator: K1_IN_REWARD_REVERSE",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .kl = STATED_K1_REWARD,
      .low = 0.1,
      .high = 0.3,
      .dual = 1.1,
      .beta = {0.4, 0.4},
      .gamma = 1,
      .cost_scale = 1,
      .advantage = no_baseline}},
    {"ppo",
     COMMON "scale_by_step: true baseline: LEAVE_ONE_OUT",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.2,
      .dual = 3,
      .advantage = by_step}},
    {"rloo",
     COMMON "kl { turn: 1 weight: 0.5 } entropy_weight: 0.01",
     {.aggregation = STATED_TOKEN_SUM,
      .kl_aggregation = STATED_TOKEN_SUM,
      .ratio = STATED_TURN_SUM,
      .low = 0.2,
      .high = 0.2,
      .beta = {0.5, 0},
      .lambda = 0.01,
      .advantage = leave_one_out}},
    {"rloo",
     COMMON "kl { weight: 0.5 } kl_estimator: K1_IN_REWARD_REVERSE dual_clip: 1.5",
     {.aggregation = STATED_TOKEN_SUM,
      .kl_aggregation = STATED_TOKEN_SUM,
      .ratio = STATED_TURN_SUM,
      .kl = STATED_K1_REWARD,
      .low = 0.2,
      .high = 0.2,
      .dual = 1.5,
      .beta = {0.5, 0.5},
      .gamma = 1,
      .cost_scale = 1,
      .advantage = leave_one_out}},
    {"rloo",
     COMMON "ratio: TOKEN clip_low: 0.1",
     {.aggregation = STATED_TOKEN_SUM,
      .kl_aggregation = STATED_TOKEN_SUM,
      .low = 0.1,
      .high = 0.2,
      .advantage = leave_one_out}},
    {"reinforce_pp",
     COMMON,
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .low = 0.2,
      .high = 0.2,
      .gamma = 1,
      .cost_scale = 1,
      .advantage = pp_white}},
    {"reinforce_pp",
     COMMON "kl { weight: 0.1 }",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .kl = STATED_K1_REWARD,
      .low = 0.2,
      .high = 0.2,
      .beta = {0.1, 0.1},
      .gamma = 1,
      .cost_scale = -1,
      .advantage = pp_white}},
    {"reinforce_pp",
     COMMON "baseline: GROUP_MEAN gamma: 0.8 kl { turn: 2 weight: 0.1 } "
            "kl_estimator: K2_IN_LOSS_REVERSE",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .kl = STATED_K2,
      .low = 0.2,
      .high = 0.2,
      .beta = {0, 0.1},
      .gamma = 0.8,
      .cost_scale = 1,
      .advantage = pp_discounted}},
    {"reinforce_pp",
     COMMON "baseline: GROUP_MEAN gamma: 0.8 kl { weight: 0.1 }",
     {.aggregation = STATED_TOKEN_MEAN,
      .kl_aggregation = STATED_TOKEN_MEAN,
      .kl = STATED_K1_REWARD,
      .low = 0.2,
      .high = 0.2,
      .beta = {0.1, 0.1},
      .gamma = 0.8,
      .cost_scale = -0.8,
      .advantage = pp_discounted}},
};

enum { N_CASES = sizeof cases / sizeof *cases };

/* Negative: by the deviation of whitening, which depends on the toy. */
static Stated stated_of(int i) {
    Stated stated = cases[i].stated;
    if (stated.cost_scale < 0) {
        stated.cost_scale = stated.gamma < 1 ? 1 / pp_deviation(&toy, stated.gamma, group_mean)
                                             : 1 / pp_deviation(&toy, 1, no_baseline);
    }
    return stated;
}

static void open_case(int i) {
    char id[64];
    snprintf(id, sizeof id, "emend.algorithms.%s", cases[i].name);
    subject_open(&subject, id, cases[i].name, EMEND_KIND_ALGORITHM);
    ck_assert_msg(toy_create(&subject, cases[i].name, cases[i].config) == EMEND_OK, "%s",
                  subject.message);
    toy_init(&toy);
}

static void close_case(void) {
    subject_close(&subject);
}

START_TEST(coefficients_are_the_gradient_of_the_stated_loss) {
    open_case(_i);
    toy_turn(&toy, 1, 0)->state = EMEND_TURN_UNREWARDED;
    toy_turn(&toy, 4, 1)->state = EMEND_TURN_LEFT_OUT;
    toy_turn(&toy, 2, 1)->is_truncated = 1;
    toy_run(&toy, &subject, NULL);
    Stated stated = stated_of(_i);
    assert_stated_gradient(&stated, &toy, cases[_i].config);
}
END_TEST

START_TEST(the_reported_losses_are_those_of_the_stated_loss) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    open_case(_i);
    toy_run(&toy, &subject, &metrics);
    Stated policy = stated_of(_i), both = policy;
    policy.lambda = both.lambda = 0;
    if (policy.kl != STATED_K1_REWARD) {
        policy.beta[0] = policy.beta[1] = 0;
    }
    double loss = stated_loss(&policy, &toy, &toy);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/pg_loss"), loss, 1e-5);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/kl_loss"),
                            stated_loss(&both, &toy, &toy) - loss, 1e-5);
}
END_TEST

START_TEST(the_first_update_is_on_the_policy) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    open_case(_i);
    toy_sample_on_policy(&toy);
    toy_run(&toy, &subject, &metrics);
    ck_assert_double_eq(recorder_get(&recorder, "actor/ppo_kl"), 0);
    ck_assert_double_eq(recorder_get(&recorder, "actor/clip_frac_low"), 0);
    ck_assert_double_eq(recorder_get(&recorder, "actor/clip_frac_high"), 0);
    Stated stated = stated_of(_i);
    assert_stated_gradient(&stated, &toy, cases[_i].config);
}
END_TEST

START_TEST(turn_1_does_not_see_the_reward_of_turn_2_but_through_a_shared_scale) {
    open_case(_i);
    toy_run(&toy, &subject, NULL);
    Toy before = toy;
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 1)->reward = i % 2 ? 11 : -10;
    }
    toy_run(&toy, &subject, NULL);
    int is_shared =
        strstr(cases[_i].config, "scale: GROUP ") || strstr(cases[_i].config, "scale: STEP") ||
        strstr(cases[_i].config, "scale_by_step") || strcmp(cases[_i].name, "reinforce_pp") == 0;
    for (int i = 0; i < TOY_EPISODES && !is_shared; i++) {
        ck_assert_mem_eq(toy.d_log_probs[i].of, before.d_log_probs[i].of,
                         toy_turn(&toy, i, 0)->n_tokens * sizeof(float));
    }
    for (int i = 0; i < TOY_EPISODES; i++) {
        double a = toy_turn(&toy, i, 0)->advantage, b = before.turns[i][0].turn.advantage;
        ck_assert_msg(a * b > 0 || (a == 0 && b == 0), "a scale changes no sign");
    }
}
END_TEST

START_TEST(micro_batch_cuts_change_no_bit) {
    Recorder whole = {0}, cut = {0};
    EmendMetrics metrics = recorder_metrics(&whole);
    open_case(_i);
    toy_run(&toy, &subject, &metrics);
    Toy expected = toy;
    metrics = recorder_metrics(&cut);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, &metrics), EMEND_OK);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 3, &subject, &metrics), EMEND_OK);
    ck_assert_int_eq(toy_coefficients(&toy, 3, 6, &subject, &metrics), EMEND_OK);
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    ck_assert_mem_eq(toy.d_entropies, expected.d_entropies, sizeof toy.d_entropies);
    ck_assert_mem_eq(toy.d_kls, expected.d_kls, sizeof toy.d_kls);
    ck_assert_msg(memcmp(&cut, &whole, sizeof cut) == 0, "metrics are the same bits");
}
END_TEST

START_TEST(left_out_turns_take_no_part) {
    open_case(_i);
    toy_turn(&toy, 1, 1)->state = EMEND_TURN_LEFT_OUT;
    toy_turn(&toy, 1, 1)->reward = 1000;
    toy_run(&toy, &subject, NULL);
    Toy expected = toy;
    toy_turn(&toy, 1, 1)->reward = -3;
    toy_run(&toy, &subject, NULL);
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    ck_assert_double_eq(toy_turn(&toy, 1, 1)->advantage, 0);
}
END_TEST

START_TEST(equal_rewards_give_exactly_no_advantage) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    open_case(_i);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->reward = 0.1;
        toy_turn(&toy, i, 1)->reward = 0.7;
    }
    toy_run(&toy, &subject, &metrics);
    int is_raw = strstr(cases[_i].config, "baseline: NONE") != NULL;
    for (int i = 0; i < TOY_EPISODES && !is_raw; i++) {
        ck_assert_double_eq(toy_turn(&toy, i, 0)->advantage, 0);
        ck_assert_double_eq(toy_turn(&toy, i, 1)->advantage, 0);
    }
    ck_assert_double_eq(recorder_get(&recorder, "reward/frac_zero_std"), 1);
}
END_TEST

START_TEST(groups_of_one_are_finite_and_teach_nothing_by_comparison) {
    open_case(_i);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy.episodes[i].episode.group = (uint64_t)i;
    }
    toy_run(&toy, &subject, NULL);
    int compares = strstr(cases[_i].config, "baseline: NONE") == NULL &&
                   cases[_i].stated.advantage != pp_white;
    for (int i = 0; i < TOY_EPISODES; i++) {
        double advantage = toy_turn(&toy, i, 0)->advantage;
        ck_assert(isfinite(advantage) && (!compares || advantage == 0));
    }
}
END_TEST

/* Probabilities of nothing and rewards beyond reason: finite coefficients, or a stop that says why.
 */
START_TEST(extreme_inputs_are_finite_or_stop_the_run) {
    open_case(_i);
    toy_fill(&toy);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->reward = i % 2 ? 1e6 : -1e6;
    }
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy.log_probs[i].of[0] = i % 2 ? -100 : -0.0f;
        toy.old[i].of[0] = i % 2 ? -1e-8f : -200;
        toy.reference_log_probs[i].of[0] = -50;
    }
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    EmendStatus status = toy_coefficients(&toy, 0, TOY_EPISODES, &subject, NULL);
    ck_assert_msg(status == EMEND_OK || status == EMEND_ABORTED, "%s", subject.message);
    if (status == EMEND_ABORTED) {
        ck_assert_msg(strstr(subject.message, "must be finite; lower") != NULL, "%s",
                      subject.message);
    }
    for (int i = 0; status == EMEND_OK && i < TOY_EPISODES; i++) {
        for (uint64_t k = 0; k < toy.terms[i].terms.n_tokens; k++) {
            ck_assert(isfinite(toy.d_log_probs[i].of[k]));
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("policy gradients");
    TCase *tcase = tcase_create("policy gradients");
    tcase_add_checked_fixture(tcase, NULL, close_case);
    tcase_add_loop_test(tcase, coefficients_are_the_gradient_of_the_stated_loss, 0, N_CASES);
    tcase_add_loop_test(tcase, the_reported_losses_are_those_of_the_stated_loss, 0, N_CASES);
    tcase_add_loop_test(tcase, the_first_update_is_on_the_policy, 0, N_CASES);
    tcase_add_loop_test(tcase, turn_1_does_not_see_the_reward_of_turn_2_but_through_a_shared_scale,
                        0, N_CASES);
    tcase_add_loop_test(tcase, micro_batch_cuts_change_no_bit, 0, N_CASES);
    tcase_add_loop_test(tcase, left_out_turns_take_no_part, 0, N_CASES);
    tcase_add_loop_test(tcase, equal_rewards_give_exactly_no_advantage, 0, N_CASES);
    tcase_add_loop_test(tcase, groups_of_one_are_finite_and_teach_nothing_by_comparison, 0,
                        N_CASES);
    tcase_add_loop_test(tcase, extreme_inputs_are_finite_or_stop_the_run, 0, N_CASES);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
