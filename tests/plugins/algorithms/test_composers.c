/* SPDX-License-Identifier: Apache-2.0 */
/* Which episodes star, pair_sft and dpo make of the samples of a step. */
#include "samples.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;
static int n_warnings;

static void count_warning(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    ck_assert_uint_eq(level, EMEND_LOG_WARNING);
    ck_assert_uint_gt(message.len, 0);
    n_warnings++;
}

static void open_with(const char *name, const char *config) {
    char id[64];
    snprintf(id, sizeof id, "emend.algorithms.%s", name);
    subject_open(&subject, id, name, EMEND_KIND_ALGORITHM);
    subject.host.host.log = count_warning;
    n_warnings = 0;
    ck_assert_msg(toy_create(&subject, name, config) == EMEND_OK, "%s", subject.message);
}

static void tear_down(void) {
    subject_close(&subject);
}

/* Where several would do, the draws are those of seed 7. */
static const struct {
    const char *name, *config, *samples, *composed;
} cases[] = {
    // From one and the same trace; turn 1 is context.
    {"star", "", "wr ww rr rw", "0:1c 0:2; "},
    {"star", "loss_on: ALL_TURNS", "wr ww rr rw", "0:1 0:2; "},
    {"star", "right_right_per_problem: 1", "rr wr", "1:1c 1:2; 0:1c 0:2; "},
    {"star", "", "rr rw | ww", ""},
    {"star", "", "ww wr | wr | rr | wr wr", "1:1c 1:2; 2:1c 2:2; 4:1c 4:2; 5:1c 5:2; "},
    {"star", "", "wwr wrw r w", "0:1c 0:2c 0:3; "},
    // No verdict: not rewarded, left out, given.
    {"star", "", "ur xr gr wx wu wr", "5:1c 5:2; "},
    {"star", "right_above: 2", "12 13 33", "1:1c 1:2; "},
    {"star", "", "", ""},

    {"pair_sft", "", "wr", "0:1c 0:2; "},
    // Right responses of any turn, also of a right first attempt.
    {"pair_sft", "", "ww rw", "0:1c 1:1; "},
    {"pair_sft", "", "ww ww | rr", ""},
    {"pair_sft", "", "ww wr | ww rw | rr", "0:1c 1:2; 1:1c 1:2; 2:1c 3:1; "},
    {"pair_sft", "right_right_per_problem: 1", "rw wr", "1:1c 0:1; 0:1c 1:2; "},
    // A right attempt is not paired with itself.
    {"pair_sft", "right_right_per_problem: 5", "rw rx | rw", "0:1c 1:1; 1:1c 0:1; "},
    {"pair_sft", "right_right_per_problem: 5", "rw", ""},
    {"pair_sft", "", "uw xr gr wr", "3:1c 1:2; "},
    {"pair_sft", "", "", ""},

    // Better, then worse, both after the worse sample's first attempt.
    {"dpo", "", "ww wr", "0:1c 1:2; 0:1c 0:2; "},
    {"dpo", "turn: 1", "wr rr", "1:1; 0:1; "},
    {"dpo", "", "wr rr | ww ww", ""},
    {"dpo", "pairs_per_problem: 9", "03 01 02 05", "1:1c 3:2; 1:1c 1:2; 2:1c 0:2; 2:1c 2:2; "},
    {"dpo", "pairs_per_problem: 9 min_difference: 2", "03 01 02 05", "1:1c 3:2; 1:1c 1:2; "},
    {"dpo", "unit: TRACE", "wr rw", "0:1 0:2; 1:1 1:2; "},
    {"dpo", "unit: TRACE order: SUM_OF_TURNS", "wr rr", "1:1 1:2; 0:1 0:2; "},
    {"dpo", "unit: TRACE", "wr xw rr", ""},
    {"dpo", "unit: TRACE", "gr gw", "0:1c 0:2; 1:1c 1:2; "},
    {"dpo", "", "gr gw", "1:1c 0:2; 1:1c 1:2; "},
    {"dpo", "", "wu wx wr", ""},
    {"dpo", "turn: 3", "wwr www wr", "1:1c 1:2c 0:3; 1:1c 1:2c 1:3; "},
    {"dpo", "", "", ""},
};

START_TEST(these_episodes_come_of_those_samples) {
    open_with(cases[_i].name, cases[_i].config);
    Samples samples = samples_of(cases[_i].samples);
    const char *composed = samples_compose(&samples, &subject, 7);
    ck_assert_msg(strcmp(composed, cases[_i].composed) == 0, "%s { %s } of \"%s\": %s",
                  cases[_i].name, cases[_i].config, cases[_i].samples, composed);
}
END_TEST

static const struct {
    const char *name, *config, *samples;
} drawn[] = {{"star", "per_problem: 2", "wr wr wr wr wr wr | wr wr wr wr"},
             {"pair_sft", "per_problem: 3", "wr wr wr wr wr rr"},
             {"dpo", "", "wr ww wr ww wr ww"}};

enum { N_DRAWN = sizeof drawn / sizeof *drawn };

START_TEST(draws_are_the_seed_s_alone) {
    char first[1024];
    open_with(drawn[_i].name, drawn[_i].config);
    Samples samples = samples_of(drawn[_i].samples);
    strcpy(first, samples_compose(&samples, &subject, 1));
    samples_compose(&samples, &subject, 2);
    ck_assert_str_eq(samples_compose(&samples, &subject, 1), first);
    int n_other = 0;
    for (uint64_t seed = 2; seed < 12; seed++) {
        n_other += strcmp(samples_compose(&samples, &subject, seed), first) != 0;
    }
    ck_assert_int_gt(n_other, 0);
}
END_TEST

START_TEST(every_trace_is_as_likely_to_be_kept_and_stays_in_order) {
    int kept[6] = {0};
    open_with("star", "per_problem: 2");
    Samples samples = samples_of("wr wr wr wr wr wr");
    for (uint64_t seed = 0; seed < 3000; seed++) {
        int a = -1, b = -1;
        const char *text = samples_compose(&samples, &subject, seed);
        ck_assert_int_eq(sscanf(text, "%d:1c %*d:2; %d:1c", &a, &b), 2);
        ck_assert_int_lt(a, b);
        kept[a]++;
        kept[b]++;
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_int_gt(kept[i], 900);
        ck_assert_int_lt(kept[i], 1100);
    }
}
END_TEST

START_TEST(every_right_response_is_as_likely_to_be_paired) {
    int drawn_turns[3][2] = {{0}};
    open_with("pair_sft", "");
    Samples samples = samples_of("wr rr rw");
    for (uint64_t seed = 0; seed < 4000; seed++) {
        int i = -1, t = 0;
        const char *text = samples_compose(&samples, &subject, seed);
        ck_assert_int_eq(sscanf(text, "0:1c %d:%d;", &i, &t), 2);
        drawn_turns[i][t - 1]++;
    }
    ck_assert_int_eq(drawn_turns[0][0] + drawn_turns[2][1], 0);
    ck_assert_int_gt(drawn_turns[0][1], 850);
    ck_assert_int_gt(drawn_turns[1][0], 850);
    ck_assert_int_gt(drawn_turns[1][1], 850);
    ck_assert_int_gt(drawn_turns[2][0], 850);
}
END_TEST

START_TEST(a_group_s_episodes_do_not_depend_on_what_other_groups_hold) {
    char alone[1024], beside[1024];
    open_with("star", "per_problem: 2");
    Samples samples = samples_of("wr wr wr wr wr | ww");
    strcpy(alone, samples_compose(&samples, &subject, 5));
    samples = samples_of("wr wr wr wr wr | wr");
    strcpy(beside, samples_compose(&samples, &subject, 5));
    ck_assert_msg(strncmp(alone, beside, strlen(alone)) == 0, "%s against %s", alone, beside);
}
END_TEST

START_TEST(a_stage_without_rewards_on_turn_1_is_told_of_once) {
    static const char *const names[] = {"star", "pair_sft"};
    open_with(names[_i], "");
    Samples samples = samples_of("ur ur");
    ck_assert_str_eq(samples_compose(&samples, &subject, 1), "");
    samples_compose(&samples, &subject, 1);
    ck_assert_int_eq(n_warnings, 1);
}
END_TEST

static int32_t refuse(void *ctx, uint32_t field, const void *data, uint64_t len) {
    (void)ctx, (void)field, (void)data, (void)len;
    return EMEND_EXHAUSTED;
}

START_TEST(what_goes_wrong_is_passed_up) {
    EmendSink sink = {.struct_size = sizeof sink, .put = refuse};
    open_with(drawn[_i].name, "");
    Samples samples = samples_of("wr ww rr");
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->compose(subject.self, samples_span(&samples), 1, &sink, &subject.err),
                     EMEND_EXHAUSTED);
    for (int n = 0; n < 2; n++) {
        subject.host.n_left = n;
        ck_assert_int_eq(
            table->compose(subject.self, samples_span(&samples), 1, &sink, &subject.err),
            EMEND_EXHAUSTED);
        ck_assert_msg(strstr(subject.message, "no memory") != NULL, "%s", subject.message);
    }
    subject.host.n_left = -1;
    samples.turns[1][1].reward = (double)NAN;
    ck_assert_int_eq(table->compose(subject.self, samples_span(&samples), 1, &sink, &subject.err),
                     EMEND_ABORTED);
    ck_assert_str_eq(subject.message, "episode 1, turn 2: its reward is nan; it must be finite");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("composers");
    TCase *tcase = tcase_create("composers");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, these_episodes_come_of_those_samples, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_loop_test(tcase, draws_are_the_seed_s_alone, 0, N_DRAWN);
    tcase_add_test(tcase, every_trace_is_as_likely_to_be_kept_and_stays_in_order);
    tcase_add_test(tcase, every_right_response_is_as_likely_to_be_paired);
    tcase_add_test(tcase, a_group_s_episodes_do_not_depend_on_what_other_groups_hold);
    tcase_add_loop_test(tcase, a_stage_without_rewards_on_turn_1_is_told_of_once, 0, 2);
    tcase_add_loop_test(tcase, what_goes_wrong_is_passed_up, 0, N_DRAWN);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
