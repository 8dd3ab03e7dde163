/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include "plugin/host_side.h"
#include "train/score.h"
#include "train/tally.h"
#include <check.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Fake fake;
static Problem problem;
static Trajectory trajectory;
static ScoreCounts counts;
static char message[512];
static EmendError err;

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    problem = fake_problem("b");
    counts = (ScoreCounts){0};
    trajectory = (Trajectory){.problem = &problem};
    for (int t = 0; t < 2; t++) {
        trajectory_append_turn(&trajectory, (int32_t[]){5, FAKE_STOP}, NULL, 2, false, 1);
        trajectory.turns[t].response = strdup("a");
        trajectory.turns[t].response_len = 1;
    }
}

static void teardown(void) {
    trajectory_finish(&trajectory);
    problem_finish(&problem);
}

static EmendStatus grade_all(Trajectory *trajectories, size_t n) {
    Grading *grading = NULL;
    ck_assert_int_eq(grading_open(&fake.engine, n, 2, &grading, &err), EMEND_OK);
    grading_turn(grading, trajectories, 0);
    grading_turn(grading, trajectories, 1);
    EmendStatus status = grading_settle(grading, &counts, &err);
    grading_close(grading);
    return status;
}

static void score_all(void) {
    Component rewards[] = {fake_reward(&fake)};
    ck_assert_int_eq(grade_all(&trajectory, 1), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 1, 0, &trajectory, 1, &counts, &err), EMEND_OK);
}

START_TEST(a_reward_is_the_sum_over_the_plugins) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1.5};
    Component rewards[] = {fake_reward(&fake), fake_reward(&fake)};
    ck_assert_int_eq(grade_all(&trajectory, 1), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 2, 0, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert(trajectory.turns[0].reward == 3.0);
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_REWARDED);
    ck_assert_uint_eq(trajectory.turns[1].state, EMEND_TURN_UNREWARDED);
}
END_TEST

START_TEST(an_error_leaves_the_turn_out_and_never_counts_as_nought) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
    fake.reward[1] = (EmendScore){.state = EMEND_SCORE_ERROR, .reason = "the sandbox is gone"};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_REWARDED);
    ck_assert_uint_eq(trajectory.turns[1].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
    ck_assert_str_eq(counts.first_error, "fake: problem id turn 2: the sandbox is gone");
}
END_TEST

START_TEST(a_turn_left_out_stays_out_whatever_later_plugins_say) {
    Fake second;
    fake_init(&second);
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_ABSTAIN, .reason = "unsure"};
    second.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 5};
    Component rewards[] = {fake_reward(&fake), fake_reward(&second)};
    ck_assert_int_eq(grade_all(&trajectory, 1), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 2, 0, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert(trajectory.turns[0].reward == 0);
    ck_assert_uint_eq(counts.n_errors, 0);
    ck_assert_uint_eq(counts.n_abstained, 1);
}
END_TEST

START_TEST(a_score_that_is_no_number_is_an_error) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = NAN};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
}
END_TEST

START_TEST(a_score_of_no_known_state_is_an_error) {
    fake.reward[0] = (EmendScore){.state = 77, .value = 1};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(counts.first_error, "state is 77"));
}
END_TEST

START_TEST(a_task_without_a_verdict_is_an_error) {
    fake.grade = (EmendScore){.state = EMEND_SCORE_NONE};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].grade.state, EMEND_SCORE_ERROR);
    ck_assert_uint_eq(counts.n_errors, 2);
}
END_TEST

/* ---- many turns at once --------------------------------------------------------------------- */

enum { N_MANY = 24, N_TURNS = 2 * N_MANY, TURN_US = 2000 };

/* A task whose answer says what becomes of it: 'r' right, 'w' wrong, 'f' fails, 'm' out of memory,
 * 'c' cancelled; what follows is the extracted answer. */
static struct {
    HostSide side;
    unsigned n_wanted; // at once; the first call waits for the others, for ten seconds at most
    atomic_uint n_calls, n_now, n_most, n_workers, n_controls;
} slow;
static Trajectory many[N_MANY];

static EmendStatus grade_slowly(void *self, const EmendGradeArgs *args, EmendScore *score,
                                const EmendSink *fields, EmendError *error) {
    (void)self;
    const EmendHost *host = &slow.side.table;
    atomic_fetch_add(&slow.n_calls, 1);
    atomic_fetch_add(&slow.n_workers, host->thread_role(host) == EMEND_ROLE_WORKER);
    atomic_fetch_add(&slow.n_controls, host->thread_role(host) == EMEND_ROLE_CONTROL);
    unsigned now = atomic_fetch_add(&slow.n_now, 1) + 1, most = atomic_load(&slow.n_most);
    while (now > most && !atomic_compare_exchange_weak(&slow.n_most, &most, now)) {
    }
    for (int ms = 0; ms < 10000 && atomic_load(&slow.n_most) < slow.n_wanted; ms++) {
        usleep(1000);
    }
    // Every second one is done sooner, so that it overtakes.
    usleep(TURN_US * (1 + atomic_load(&slow.n_calls) % 2));
    atomic_fetch_sub(&slow.n_now, 1);
    const char *answer = args->response.ptr;
    switch (answer[0]) {
    case 'f':
        return emend_fail(error, EMEND_INTERNAL, "%s failed", answer);
    case 'm':
        return emend_fail(error, EMEND_EXHAUSTED, "%s: no memory", answer);
    case 'c':
        return emend_fail(error, EMEND_CANCELLED, "%s: cancelled", answer);
    }
    *score = (EmendScore){.state = EMEND_SCORE_VALUE, .value = answer[0] == 'r'};
    return (EmendStatus)fields->put(fields->ctx, EMEND_GRADE_EXTRACTED, answer + 1,
                                    args->response.len - 1);
}

static const EmendTask slow_task = {.struct_size = sizeof slow_task, .grade = grade_slowly};

// Grade i of all, first turns first.
static TrajectoryTurn *turn_at(size_t i) {
    return &many[i % N_MANY].turns[i / N_MANY];
}

static void answer_set(size_t i, char what) {
    turn_at(i)->response[0] = what;
}

static void many_setup(void) {
    setup();
    memset(&slow, 0, sizeof slow);
    static const PluginHostOptions options;
    ck_assert_int_eq(host_side_init(&slow.side, &options, "slow", &err), EMEND_OK);
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    fake.engine.task = &slow_task;
    for (size_t i = 0; i < N_TURNS; i++) {
        Trajectory *t = &many[i % N_MANY];
        t->problem = &problem;
        trajectory_append_turn(t, (int32_t[]){5, FAKE_STOP}, NULL, 2, false, 1);
        char *text = NULL;
        int len = asprintf(&text, "%c%zu", i % 3 ? 'r' : 'w', i);
        turn_at(i)->response = text;
        turn_at(i)->response_len = (size_t)len;
    }
}

static void many_teardown(void) {
    for (size_t i = 0; i < N_MANY; i++) {
        trajectory_finish(&many[i]);
    }
    memset(many, 0, sizeof many);
    host_side_finish(&slow.side);
    teardown();
}

static EmendStatus grade_many(uint32_t concurrency) {
    fake.task_factory.concurrency = concurrency;
    return grade_all(many, N_MANY);
}

static void assert_graded(size_t n) {
    for (size_t i = 0; i < N_TURNS; i++) {
        const TrajectoryTurn *turn = turn_at(i);
        if (i >= n) {
            ck_assert_uint_eq(turn->grade.state, EMEND_SCORE_NONE);
            ck_assert_ptr_null(turn->extracted);
        } else if (turn->response[0] == 'f') {
            ck_assert_uint_eq(turn->grade.state, EMEND_SCORE_ERROR);
        } else {
            ck_assert_uint_eq(turn->grade.state, EMEND_SCORE_VALUE);
            ck_assert(turn->grade.value == (turn->response[0] == 'r'));
            ck_assert_str_eq(turn->extracted, turn->response + 1);
        }
    }
}

static const uint32_t kinds[] = {EMEND_CONCURRENCY_PARALLEL, EMEND_CONCURRENCY_SERIAL_INSTANCE,
                                 EMEND_CONCURRENCY_SERIAL_PLUGIN};

START_TEST(turns_get_their_own_grades_and_the_first_error_in_order_is_told) {
    answer_set(9, 'f');
    answer_set(4, 'f');
    answer_set(30, 'f');
    ck_assert_int_eq(grade_many(kinds[_i]), EMEND_OK);
    assert_graded(N_TURNS);
    ck_assert_uint_eq(slow.n_calls, N_TURNS);
    ck_assert_uint_eq(counts.n_scores, N_TURNS);
    ck_assert_uint_eq(counts.n_errors, 3);
    ck_assert_str_eq(counts.first_error, "fake: problem id turn 1: f4 failed");
}
END_TEST

START_TEST(the_first_failure_in_order_ends_grading_as_if_nothing_came_after) {
    answer_set(7, 'f');
    answer_set(10, 'c');
    answer_set(11, 'm');
    answer_set(12, 'f');
    ck_assert_int_eq(grade_many(kinds[_i]), EMEND_CANCELLED);
    ck_assert_str_eq(message, "c10: cancelled");
    assert_graded(10);
    ck_assert_uint_eq(counts.n_scores, 10);
    ck_assert_uint_eq(counts.n_errors, 1);
    // What was under way beside it is all that was graded beyond.
    ck_assert_uint_le(slow.n_calls, 11 + (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}
END_TEST

START_TEST(only_calls_that_may_overlap_do_and_they_are_made_by_workers) {
    unsigned n_processors = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    bool is_parallel = kinds[_i] == EMEND_CONCURRENCY_PARALLEL;
    slow.n_wanted = is_parallel && n_processors > 1 ? 2 : 1;
    ck_assert_int_eq(grade_many(kinds[_i]), EMEND_OK);
    ck_assert_uint_eq(slow.n_workers, is_parallel ? N_TURNS : 0);
    ck_assert_uint_eq(slow.n_controls, is_parallel ? 0 : N_TURNS);
    ck_assert_uint_le(slow.n_most, is_parallel ? n_processors : 1);
    ck_assert_uint_ge(slow.n_most, slow.n_wanted);
}
END_TEST

START_TEST(a_turn_is_graded_before_the_next_is_there) {
    Grading *grading = NULL;
    ck_assert_int_eq(grading_open(&fake.engine, N_MANY, 2, &grading, &err), EMEND_OK);
    grading_turn(grading, many, 0);
    while (atomic_load(&slow.n_calls) < N_MANY) {
        usleep(100); // for as long as it takes
    }
    grading_turn(grading, many, 1);
    ck_assert_int_eq(grading_settle(grading, &counts, &err), EMEND_OK);
    grading_close(grading);
    assert_graded(N_TURNS);
}
END_TEST

START_TEST(grading_that_is_given_up_leaves_nothing_running) {
    Grading *grading = NULL;
    ck_assert_int_eq(grading_open(&fake.engine, N_MANY, 2, &grading, &err), EMEND_OK);
    grading_turn(grading, many, 0);
    grading_close(grading);
    ck_assert_uint_eq(atomic_load(&slow.n_now), 0);
    ck_assert_uint_le(atomic_load(&slow.n_calls), N_MANY);
    assert_graded(0);
}
END_TEST

START_TEST(a_given_turn_is_graded_and_not_rewarded) {
    Component rewards[] = {fake_reward(&fake)};
    fake.grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
    fake.reward[0] = fake.reward[1] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 2};
    trajectory.turns[0].is_given = true;
    ck_assert_int_eq(grade_all(&trajectory, 1), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 1, 0, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert(trajectory.turns[0].grade.value == 1);
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_UNREWARDED);
    ck_assert(trajectory.turns[0].reward == 0);
    ck_assert_uint_eq(trajectory.turns[1].state, EMEND_TURN_REWARDED);
}
END_TEST

static void set_grades(bool first, bool second) {
    trajectory.turns[0].grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = first};
    trajectory.turns[1].grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = second};
}

START_TEST(deltas_are_shares_of_all_problems) {
    static const bool outcomes[][2] = {{0, 1}, {0, 0}, {1, 1}, {1, 0}, {0, 1}};
    Tally tally = {0};
    for (size_t i = 0; i < 5; i++) {
        set_grades(outcomes[i][0], outcomes[i][1]);
        ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    }
    Emend__EvaluationResult *result = tally_result(&tally, "x", 7);
    ck_assert(result->accuracy[0] == 2.0 / 5 && result->accuracy[1] == 3.0 / 5);
    ck_assert(result->delta_i_to_c == 2.0 / 5 && result->delta_c_to_i == 1.0 / 5);
    // The identity that every row of the paper's tables obeys.
    double delta = result->accuracy[1] - result->accuracy[0];
    ck_assert(fabs(delta - (result->delta_i_to_c - result->delta_c_to_i)) < 1e-12);
    ck_assert_uint_eq(result->n_kind, 1);
    emend__evaluation_result__free_unpacked(result, NULL);
    tally_finish(&tally);
}
END_TEST

START_TEST(a_problem_that_cannot_be_graded_is_in_no_denominator) {
    Tally tally = {0};
    set_grades(1, 1);
    ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    trajectory.turns[1].grade.state = EMEND_SCORE_ABSTAIN;
    ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    Emend__EvaluationResult *result = tally_result(&tally, "x", 7);
    ck_assert_uint_eq(result->n_problems, 1);
    ck_assert_uint_eq(result->n_left_out, 1);
    ck_assert(result->accuracy[0] == 1);
    emend__evaluation_result__free_unpacked(result, NULL);
    tally_finish(&tally);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("score");
    TCase *cases = tcase_create("score");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_reward_is_the_sum_over_the_plugins);
    tcase_add_test(cases, an_error_leaves_the_turn_out_and_never_counts_as_nought);
    tcase_add_test(cases, a_turn_left_out_stays_out_whatever_later_plugins_say);
    tcase_add_test(cases, a_score_that_is_no_number_is_an_error);
    tcase_add_test(cases, a_score_of_no_known_state_is_an_error);
    tcase_add_test(cases, a_task_without_a_verdict_is_an_error);
    tcase_add_test(cases, a_given_turn_is_graded_and_not_rewarded);
    tcase_add_test(cases, deltas_are_shares_of_all_problems);
    tcase_add_test(cases, a_problem_that_cannot_be_graded_is_in_no_denominator);
    suite_add_tcase(suite, cases);
    TCase *at_once = tcase_create("many turns");
    tcase_add_checked_fixture(at_once, many_setup, many_teardown);
    tcase_add_loop_test(at_once, turns_get_their_own_grades_and_the_first_error_in_order_is_told, 0,
                        3);
    tcase_add_loop_test(at_once, the_first_failure_in_order_ends_grading_as_if_nothing_came_after,
                        0, 3);
    tcase_add_loop_test(at_once, only_calls_that_may_overlap_do_and_they_are_made_by_workers, 0, 3);
    tcase_add_test(at_once, a_turn_is_graded_before_the_next_is_there);
    tcase_add_test(at_once, grading_that_is_given_up_leaves_nothing_running);
    suite_add_tcase(suite, at_once);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
