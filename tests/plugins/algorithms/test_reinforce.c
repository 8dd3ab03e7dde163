/* SPDX-License-Identifier: Apache-2.0 */
#include "reinforce/config.pb-c.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Algorithms__Reinforce__Config Config;
typedef Emend__Algorithms__Reinforce__Config__KlWeight KlWeight;
#define CONFIG_INIT EMEND__ALGORITHMS__REINFORCE__CONFIG__INIT
#define KL_INIT EMEND__ALGORITHMS__REINFORCE__CONFIG__KL_WEIGHT__INIT
#define GROUP_MEAN EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__GROUP_MEAN

static Subject subject;
static Toy toy;
static int n_warnings;
static char warning[256];

static void keep_warning(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    ck_assert_uint_eq(level, EMEND_LOG_WARNING);
    snprintf(warning, sizeof warning, "%.*s", (int)message.len, message.ptr);
    n_warnings++;
}

static void set_up(void) {
    subject_open(&subject, "emend.algorithms.reinforce", "reinforce", EMEND_KIND_ALGORITHM);
    subject.host.host.log = keep_warning;
    n_warnings = 0;
    toy_init(&toy);
}

static void tear_down(void) {
    subject_close(&subject);
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[256];
    ck_assert_uint_le(emend__algorithms__reinforce__config__get_packed_size(config), sizeof bytes);
    size_t n_bytes = emend__algorithms__reinforce__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_default(void) {
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
}

/* A config with KL weight `all` on every turn and `first` on turn 1; negative: no such entry. */
static void create_with_kl(double all, double first) {
    Config config = CONFIG_INIT;
    KlWeight everywhere = KL_INIT, on_first = KL_INIT;
    KlWeight *kls[2];
    everywhere.has_weight = on_first.has_weight = on_first.has_turn = 1;
    everywhere.weight = all;
    on_first.weight = first;
    on_first.turn = 1;
    config.kl = kls;
    if (first >= 0) {
        kls[config.n_kl++] = &on_first;
    }
    if (all >= 0) {
        kls[config.n_kl++] = &everywhere;
    }
    ck_assert_msg(create(&config) == EMEND_OK, "%s", subject.message);
}

static float *turn_floats(ToyFloats *floats, int episode, int turn) {
    return floats[episode].of + (turn == 1 ? toy_turn(&toy, episode, 0)->n_tokens : 0);
}

static void assert_all(ToyFloats *floats, int turn, float expected) {
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (uint64_t k = 0; k < toy_turn(&toy, i, turn)->n_tokens; k++) {
            ck_assert_float_eq(turn_floats(floats, i, turn)[k], expected);
        }
    }
}

START_TEST(leave_one_out_advantages_sum_to_zero_for_each_group_and_turn) {
    create_default();
    toy_run(&toy, &subject, NULL);
    for (int begin = 0; begin < TOY_EPISODES; begin += TOY_GROUP) {
        for (int t = 0; t < TOY_TURNS; t++) {
            double sum = 0;
            for (int i = begin; i < begin + TOY_GROUP; i++) {
                sum += toy_turn(&toy, i, t)->advantage;
            }
            ck_assert_double_eq_tol(sum, 0, 1e-15);
        }
    }
    double others = (toy_turn(&toy, 1, 0)->reward + toy_turn(&toy, 2, 0)->reward) / 2;
    ck_assert_double_eq_tol(toy_turn(&toy, 0, 0)->advantage, toy_turn(&toy, 0, 0)->reward - others,
                            1e-15);
}
END_TEST

/* The bonus is -alpha times the reward before: over samples alike before, it must cancel. */
START_TEST(by_previous_reward_the_rewards_before_leave_no_noise_in_a_later_turn) {
    Config config = CONFIG_INIT;
    config.has_by_previous_reward = 1;
    config.by_previous_reward = 1;
    ck_assert_int_eq(create(&config), EMEND_OK);
    static const double first[] = {1, 0, 1, 0, 0, 0}, second[] = {1, 1, 0, 0, 1, 1};
    double advantage[2][TOY_EPISODES];
    for (int run = 0; run < 2; run++) {
        double alpha = run == 0 ? 0 : 10;
        toy_fill(&toy);
        for (int i = 0; i < TOY_EPISODES; i++) {
            toy_turn(&toy, i, 0)->reward = first[i];
            toy_turn(&toy, i, 1)->reward = second[i] - alpha * first[i];
        }
        ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
        for (int i = 0; i < TOY_EPISODES; i++) {
            advantage[run][i] = toy_turn(&toy, i, 1)->advantage;
        }
    }
    ck_assert_mem_eq(advantage[0], advantage[1], sizeof advantage[0]);
    // Episodes 0 and 2 were right before, 1 was alone; 3, 4 and 5 were all wrong.
    ck_assert_double_eq(advantage[1][0], 1);
    ck_assert_double_eq(advantage[1][1], 0);
    ck_assert_double_eq(advantage[1][2], -1);
    ck_assert_double_eq(advantage[1][3], -1);
    ck_assert_double_eq(advantage[1][4], 0.5);
}
END_TEST

START_TEST(micro_batch_cuts_change_no_bit) {
    Recorder whole = {0}, cut = {0};
    EmendMetrics metrics = recorder_metrics(&whole);
    create_with_kl(0.1, 0.3);
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
    ck_assert_int_eq(cut.n, whole.n);
    ck_assert_msg(memcmp(&cut, &whole, sizeof cut) == 0, "metrics are the same bits");
}
END_TEST

START_TEST(a_second_micro_batch_does_not_see_the_first) {
    create_with_kl(0.1, -1);
    toy_run(&toy, &subject, NULL);
    Toy expected = toy;
    toy_fill(&toy);
    memset(&toy.log_probs[0], 0, sizeof toy.log_probs[0]);
    ck_assert_int_eq(toy_coefficients(&toy, 3, 6, &subject, NULL), EMEND_OK);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 3, &subject, NULL), EMEND_OK);
    ck_assert_mem_eq(&toy.d_log_probs[3], &expected.d_log_probs[3], 3 * sizeof(ToyFloats));
}
END_TEST

START_TEST(left_out_turns_are_in_no_baseline_and_keep_their_kl) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create_with_kl(0.6, -1);
    toy_turn(&toy, 1, 1)->state = EMEND_TURN_LEFT_OUT;
    toy_turn(&toy, 1, 1)->reward = 1000;
    toy_run(&toy, &subject, &metrics);
    double difference = toy_turn(&toy, 0, 1)->reward - toy_turn(&toy, 2, 1)->reward;
    ck_assert_double_eq(toy_turn(&toy, 1, 1)->advantage, 0);
    ck_assert_double_eq_tol(toy_turn(&toy, 0, 1)->advantage, difference, 1e-15);
    ck_assert_double_eq_tol(toy_turn(&toy, 2, 1)->advantage, -difference, 1e-15);
    ck_assert_msg(toy_turn(&toy, 1, 0)->advantage != 0, "the episode's other turn still counts");
    for (uint64_t k = 0; k < toy_turn(&toy, 1, 1)->n_tokens; k++) {
        ck_assert_float_eq(turn_floats(toy.d_log_probs, 1, 1)[k], 0);
    }
    assert_all(toy.d_kls, 1, (float)(0.6 / TOY_EPISODES));
    ck_assert_double_eq(recorder_get(&recorder, "reward/left_out"), 1);
}
END_TEST

START_TEST(stage_1_moves_turn_1_by_its_kl_alone) {
    create_with_kl(-1, 0.1);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->state = EMEND_TURN_UNREWARDED;
        toy_turn(&toy, i, 0)->reward = 0;
    }
    toy_run(&toy, &subject, NULL);
    assert_all(toy.d_log_probs, 0, 0);
    assert_all(toy.d_kls, 0, (float)(0.1 / TOY_EPISODES));
    assert_all(toy.d_kls, 1, 0);
    ck_assert_msg(turn_floats(toy.d_log_probs, 0, 1)[0] != 0, "turn 2 is moved by its reward");

    create_with_kl(-1, -1);
    toy_run(&toy, &subject, NULL);
    assert_all(toy.d_log_probs, 0, 0);
    assert_all(toy.d_kls, 0, 0);
}
END_TEST

START_TEST(a_turn_s_own_kl_weight_stands_in_for_that_of_all_turns) {
    create_with_kl(0.01, 0.1);
    toy_run(&toy, &subject, NULL);
    assert_all(toy.d_kls, 0, (float)(0.1 / TOY_EPISODES));
    assert_all(toy.d_kls, 1, (float)(0.01 / TOY_EPISODES));
}
END_TEST

START_TEST(samples_without_others_get_no_advantage_and_are_counted) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create_default();
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy.episodes[i].episode.group = (uint64_t)i;
    }
    toy_run(&toy, &subject, &metrics);
    toy_run(&toy, &subject, NULL);
    assert_all(toy.d_log_probs, 0, 0);
    assert_all(toy.d_log_probs, 1, 0);
    ck_assert_double_eq(recorder_get(&recorder, "adv/lone_samples"), TOY_EPISODES * TOY_TURNS);
    ck_assert_double_eq(recorder_get(&recorder, "adv/mean/t1"), 0);
    ck_assert_msg(n_warnings == 1, "the user is told once");
    ck_assert_ptr_nonnull(strstr(warning, "sample each prompt more often"));
}
END_TEST

START_TEST(one_lone_sample_among_groups_is_counted_without_a_warning) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create_default();
    toy_turn(&toy, 0, 0)->state = EMEND_TURN_LEFT_OUT;
    toy_turn(&toy, 1, 0)->state = EMEND_TURN_LEFT_OUT;
    toy_run(&toy, &subject, &metrics);
    ck_assert_double_eq(toy_turn(&toy, 2, 0)->advantage, 0);
    ck_assert_double_eq(recorder_get(&recorder, "adv/lone_samples"), 1);
    ck_assert_int_eq(n_warnings, 0);
}
END_TEST

START_TEST(equal_rewards_give_exactly_no_gradient) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    Config config = CONFIG_INIT;
    config.has_baseline = _i;
    config.baseline = GROUP_MEAN;
    ck_assert_int_eq(create(&config), EMEND_OK);
    for (int i = 0; i < TOY_GROUP; i++) {
        toy_turn(&toy, i, 0)->reward = 0.1;
        toy_turn(&toy, i, 1)->reward = 0.7;
    }
    toy_run(&toy, &subject, &metrics);
    for (int i = 0; i < TOY_GROUP; i++) {
        ck_assert_double_eq(toy_turn(&toy, i, 0)->advantage, 0);
        ck_assert_double_eq(toy_turn(&toy, i, 1)->advantage, 0);
    }
    ck_assert_double_eq(recorder_get(&recorder, "reward/frac_zero_std"), 0.5);
}
END_TEST

START_TEST(a_group_has_a_signal_where_any_turn_has) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create_default();
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->reward = 1;
        toy_turn(&toy, i, 1)->state = i < TOY_GROUP ? EMEND_TURN_UNREWARDED : EMEND_TURN_REWARDED;
    }
    toy_run(&toy, &subject, &metrics);
    ck_assert_double_eq(recorder_get(&recorder, "reward/frac_zero_std"), 0.5);
}
END_TEST

START_TEST(the_first_of_several_updates_is_the_only_update) {
    Config config = CONFIG_INIT;
    create_default();
    toy_sample_on_policy(&toy);
    toy_run(&toy, &subject, NULL);
    Toy once = toy;
    config.has_updates_per_rollout = 1;
    config.updates_per_rollout = 4;
    ck_assert_int_eq(create(&config), EMEND_OK);
    toy_run(&toy, &subject, NULL);
    ck_assert_mem_eq(toy.d_log_probs, once.d_log_probs, sizeof toy.d_log_probs);
}
END_TEST

START_TEST(metrics_say_what_the_step_was) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    double kl = 0, entropy = 0, mass = 0, sum = 0, squares = 0;
    uint64_t n_second = 0;
    create_default();
    toy_run(&toy, &subject, &metrics);
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (uint64_t k = 0; k < toy_turn(&toy, i, 1)->n_tokens; k++, n_second++) {
            kl += toy_measure(&toy.tokens[i][1][k]).kl;
            mass += fabs((double)turn_floats(toy.d_log_probs, i, 1)[k]);
        }
        for (int t = 0; t < TOY_TURNS; t++) {
            for (uint64_t k = 0; k < toy_turn(&toy, i, t)->n_tokens; k++) {
                entropy += toy_measure(&toy.tokens[i][t][k]).entropy;
            }
        }
        sum += toy_turn(&toy, i, 1)->advantage;
        squares += toy_turn(&toy, i, 1)->advantage * toy_turn(&toy, i, 1)->advantage;
    }
    double mean = sum / TOY_EPISODES;
    ck_assert_double_eq_tol(recorder_get(&recorder, "kl/ref/t2"), kl / (double)n_second, 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/entropy"),
                            entropy / (double)toy.totals.n_tokens, 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "actor/coef_mass/t2"), mass, 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, "adv/mean/t2"), mean, 1e-12);
    ck_assert_double_eq_tol(recorder_get(&recorder, "adv/std/t2"),
                            sqrt(squares / TOY_EPISODES - mean * mean), 1e-12);
    ck_assert_double_eq(recorder_get(&recorder, "reward/frac_zero_std"), 0);
    ck_assert_double_eq(recorder_get(&recorder, "reward/left_out"), 0);
}
END_TEST

static EmendPlan plan_of(const Config *config) {
    EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1};
    ck_assert_int_eq(create(config), EMEND_OK);
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->plan(subject.self, 0, &plan, &subject.err), EMEND_OK);
    ck_assert_uint_eq(plan.episodes, EMEND_EPISODES_ROLLOUT);
    return plan;
}

START_TEST(the_plan_asks_for_what_is_weighted_or_measured) {
    Config config = CONFIG_INIT;
    ck_assert_uint_eq(plan_of(&config).needs, EMEND_NEED_ENTROPY | EMEND_NEED_KL);
    config.has_always_measure_kl = config.has_measure_entropy = 1;
    config.always_measure_kl = config.measure_entropy = 0;
    ck_assert_uint_eq(plan_of(&config).needs, 0);
    KlWeight kl = KL_INIT;
    KlWeight *kls[] = {&kl};
    kl.has_weight = 1;
    config.kl = kls;
    config.n_kl = 1;
    ck_assert_msg(plan_of(&config).needs == 0, "a weight of 0 needs no reference");
    kl.weight = 1e-3;
    ck_assert_uint_eq(plan_of(&config).needs, EMEND_NEED_KL);
    config.has_entropy_weight = config.has_updates_per_rollout = 1;
    config.entropy_weight = 1e-3;
    config.updates_per_rollout = 3;
    ck_assert_uint_eq(plan_of(&config).needs, EMEND_NEED_KL | EMEND_NEED_ENTROPY);
    ck_assert_uint_eq(plan_of(&config).n_updates, 3);
}
END_TEST

START_TEST(nothing_measured_is_nothing_reported_and_no_crash) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create_default();
    toy_fill(&toy);
    for (int i = 0; i < TOY_EPISODES; i++) {
        EmendTokenTerms *terms = &toy.terms[i].terms;
        terms->kls = terms->entropies = NULL;
        terms->d_kls = terms->d_entropies = NULL;
    }
    ck_assert_int_eq(toy_advantages(&toy, &subject, &metrics), EMEND_OK);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, &metrics), EMEND_OK);
    ck_assert_double_nan(recorder_get(&recorder, "kl/ref/t1"));
    ck_assert_double_nan(recorder_get(&recorder, "actor/entropy"));

    create_with_kl(0.1, -1);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_PRECONDITION);
    ck_assert_msg(
        strncmp(subject.message, "kl: turn 1 has weight 0.1, and its tokens come without", 52) == 0,
        "%s", subject.message);
}
END_TEST

START_TEST(numbers_that_are_not_finite_stop_the_run) {
    create_default();
    toy_turn(&toy, 2, 1)->reward = (double)NAN;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_ABORTED);
    ck_assert_str_eq(subject.message, "episode 2, turn 2: its reward is nan; it must be finite");
    toy_turn(&toy, 2, 1)->reward = 1;
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    turn_floats(toy.log_probs, 3, 1)[0] = -INFINITY;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_ABORTED);
    ck_assert_msg(strstr(subject.message, "turn 2, sampled token 0: its log-prob is -inf") != NULL,
                  "%s", subject.message);
}
END_TEST

START_TEST(a_ratio_beyond_all_bounds_stops_the_run) {
    Config config = CONFIG_INIT;
    config.has_updates_per_rollout = 1;
    config.updates_per_rollout = 2;
    ck_assert_int_eq(create(&config), EMEND_OK);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.sampler[0].of[0] = -1000;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_ABORTED);
    ck_assert_msg(strstr(subject.message, "updates_per_rollout") != NULL, "%s", subject.message);
    toy_turn(&toy, 0, 0)->sampler_log_probs = NULL;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_PRECONDITION);
}
END_TEST

START_TEST(terms_that_do_not_fit_their_turns_are_refused) {
    create_default();
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.terms[0].terms.n_tokens++;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 1, &subject, NULL), EMEND_INVALID_ARGUMENT);
    toy.totals.n_episodes = 0;
    ck_assert_int_eq(toy_coefficients(&toy, 1, 2, &subject, NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(subject.message, "totals: 0 episodes", 18) == 0, "%s", subject.message);
}
END_TEST

static void assert_refused(const Config *config, const char *message) {
    ck_assert_int_eq(create(config), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, message);
}

START_TEST(configs_that_cannot_be_right_are_refused_with_their_field) {
    Config config = CONFIG_INIT;
    config.has_momentum = 1;
    config.momentum = 1;
    assert_refused(&config, "momentum: it is 1; it must be 0 or more and below 1");
    config = (Config)CONFIG_INIT;
    config.has_entropy_weight = 1;
    config.entropy_weight = -2;
    assert_refused(&config, "entropy_weight: it is -2; it must be finite and 0 or more");
    config = (Config)CONFIG_INIT;
    config.has_updates_per_rollout = 1;
    config.updates_per_rollout = 0;
    assert_refused(&config, "updates_per_rollout: it is 0; it must be 1 or more");
    config = (Config)CONFIG_INIT;
    config.has_baseline = 1;
    memset(&config.baseline, 9, 1);
    assert_refused(&config, "baseline: it is 9; it must be a Baseline");
    ck_assert_int_eq(subject_create(&subject, "\x0a", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(kl_weights_that_cannot_be_right_are_refused_with_their_field) {
    Config config = CONFIG_INIT;
    KlWeight first = KL_INIT, second = KL_INIT;
    KlWeight *kls[] = {&first, &second};
    first.has_weight = second.has_weight = 1;
    config.kl = kls;
    config.n_kl = 2;
    second.weight = -0.1;
    second.has_turn = 1;
    second.turn = 2;
    assert_refused(&config, "kl[1].weight: it is -0.1; it must be finite and 0 or more");
    second.has_weight = 0;
    assert_refused(&config, "kl[1].weight: it is missing; it must be given");
    second.has_weight = 1;
    second.weight = 1;
    second.turn = 0;
    assert_refused(&config, "kl[1].turn: it is 0, as in kl[0]; each turn (0: all others) must be "
                            "given once; remove one");
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status_and_leaves_nothing) {
    Config config = CONFIG_INIT;
    KlWeight kl = KL_INIT;
    KlWeight *kls[] = {&kl};
    kl.has_weight = 1;
    config.kl = kls;
    config.n_kl = 1;
    int n = 0;
    do {
        subject.host.n_left = n++;
    } while (create(&config) != EMEND_OK);
    ck_assert_msg(n >= 4, "instance, config, list and entry are each made to fail");
    subject.host.n_left = 0;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_EXHAUSTED);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, leave_one_out_advantages_sum_to_zero_for_each_group_and_turn);
    tcase_add_test(tcase, by_previous_reward_the_rewards_before_leave_no_noise_in_a_later_turn);
    tcase_add_test(tcase, micro_batch_cuts_change_no_bit);
    tcase_add_test(tcase, a_second_micro_batch_does_not_see_the_first);
    tcase_add_test(tcase, left_out_turns_are_in_no_baseline_and_keep_their_kl);
    tcase_add_test(tcase, stage_1_moves_turn_1_by_its_kl_alone);
    tcase_add_test(tcase, a_turn_s_own_kl_weight_stands_in_for_that_of_all_turns);
    tcase_add_test(tcase, samples_without_others_get_no_advantage_and_are_counted);
    tcase_add_test(tcase, one_lone_sample_among_groups_is_counted_without_a_warning);
    tcase_add_loop_test(tcase, equal_rewards_give_exactly_no_gradient, 0, 2);
    tcase_add_test(tcase, a_group_has_a_signal_where_any_turn_has);
    tcase_add_test(tcase, the_first_of_several_updates_is_the_only_update);
    tcase_add_test(tcase, metrics_say_what_the_step_was);
    tcase_add_test(tcase, the_plan_asks_for_what_is_weighted_or_measured);
    tcase_add_test(tcase, nothing_measured_is_nothing_reported_and_no_crash);
    tcase_add_test(tcase, numbers_that_are_not_finite_stop_the_run);
    tcase_add_test(tcase, a_ratio_beyond_all_bounds_stops_the_run);
    tcase_add_test(tcase, terms_that_do_not_fit_their_turns_are_refused);
    tcase_add_test(tcase, configs_that_cannot_be_right_are_refused_with_their_field);
    tcase_add_test(tcase, kl_weights_that_cannot_be_right_are_refused_with_their_field);
    tcase_add_test(tcase, memory_that_runs_out_is_a_status_and_leaves_nothing);
}

int main(void) {
    Suite *suite = suite_create("reinforce");
    TCase *tcase = tcase_create("reinforce");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
