/* SPDX-License-Identifier: Apache-2.0 */
#include "train/votes.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Votes votes;

static void teardown(void) {
    votes_finish(&votes);
}

// A sample of one turn a letter: '.' has no answer, a capital is right.
static void add_sample(const char *letters) {
    Trajectory trajectory = {.n_turns = (uint32_t)strlen(letters)};
    char answers[MAX_TURNS][2] = {{0}};
    for (uint32_t t = 0; t < trajectory.n_turns; t++) {
        TrajectoryTurn *turn = &trajectory.turns[t];
        bool is_right = letters[t] >= 'A' && letters[t] <= 'Z';
        answers[t][0] = letters[t];
        turn->extracted = letters[t] == '.' ? NULL : answers[t];
        turn->extracted_len = letters[t] == '.' ? 0 : 1;
        turn->grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = is_right ? 1 : 0};
    }
    ck_assert_int_eq(votes_add(&votes, &trajectory, NULL), EMEND_OK);
}

static void add_problem(const char *letters) {
    votes_begin(&votes);
    for (; *letters; letters++) {
        add_sample((char[]){*letters, '\0'});
    }
}

static const struct {
    const char *letters; /* of the samples, in order */
    double right[4];     /* of the first 1, 2, 4 and all 6 */
} problems[] = {
    {"AAAAAA", {1, 1, 1, 1}},
    {"bbbbbb", {0, 0, 0, 0}},
    // Ties are shared: two of the first two, one of three of all six.
    {"AbbAcc", {1, 0.5, 0.5, 1.0 / 3}},
    // More than one answer may be right.
    {"ABcABc", {1, 1, 1, 2.0 / 3}},
    // Having no answer takes part, and is wrong.
    {"A..AA.", {1, 0.5, 0.5, 0.5}},
    {"......", {0, 0, 0, 0}},
    {"b.A.A.", {0, 0, 0, 0}},
    {"bAAcAc", {0, 0.5, 1, 1}},
};

START_TEST(the_answer_that_most_give_is_taken) {
    votes_init(&votes, 6);
    add_problem(problems[_i].letters);
    ck_assert_uint_eq(votes.n_counts, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(votes.counts[i].n_problems, 1);
        ck_assert_msg(fabs(votes.counts[i].n_right[0] - problems[_i].right[i]) < 1e-12,
                      "%s: k %u: %g", problems[_i].letters, votes.counts[i].k,
                      votes.counts[i].n_right[0]);
    }
}
END_TEST

START_TEST(turns_vote_apart) {
    votes_init(&votes, 2);
    votes_begin(&votes);
    add_sample("aB");
    add_sample("aB");
    ck_assert(votes.counts[1].n_right[0] == 0);
    ck_assert(votes.counts[1].n_right[1] == 1);
}
END_TEST

START_TEST(problems_with_fewer_than_k_samples_are_left_out) {
    votes_init(&votes, 4);
    add_problem("A");
    add_problem("AAbb");
    add_problem("");
    add_problem("bb");
    ck_assert_uint_eq(votes.counts[0].n_problems, 3);
    ck_assert_uint_eq(votes.counts[1].n_problems, 2);
    ck_assert_uint_eq(votes.counts[2].n_problems, 1);
    ck_assert(votes.counts[0].n_right[0] == 2);
    ck_assert(votes.counts[1].n_right[0] == 1);
    ck_assert(votes.counts[2].n_right[0] == 0.5);
}
END_TEST

START_TEST(an_answer_graded_both_ways_counts_as_far_as_it_is_right) {
    votes_init(&votes, 4);
    votes_begin(&votes);
    for (int i = 0; i < 4; i++) {
        Trajectory trajectory = {.n_turns = 1};
        trajectory.turns[0].extracted = (char[]){"7"};
        trajectory.turns[0].extracted_len = 1;
        trajectory.turns[0].grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = i == 0};
        ck_assert_int_eq(votes_add(&votes, &trajectory, NULL), EMEND_OK);
    }
    ck_assert(votes.counts[2].n_right[0] == 0.25);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("votes");
    TCase *cases = tcase_create("votes");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_loop_test(cases, the_answer_that_most_give_is_taken, 0,
                        (int)(sizeof problems / sizeof problems[0]));
    tcase_add_test(cases, turns_vote_apart);
    tcase_add_test(cases, problems_with_fewer_than_k_samples_are_left_out);
    tcase_add_test(cases, an_answer_graded_both_ways_counts_as_far_as_it_is_right);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
