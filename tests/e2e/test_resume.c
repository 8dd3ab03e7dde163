/* SPDX-License-Identifier: Apache-2.0 */
/* A run that is killed or stopped at any moment goes on to the bits it would have reached. */
#include "runs.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Shares without a factor in common with the numbers of calls, so that all kinds of moments come.
enum { N_KILLS = 23, N_STOPS = 17 };

static char unbroken[4096];
static long n_moments, n_clocks;

static void setup_all(void) {
    scratch_begin();
    snprintf(unbroken, sizeof unbroken, "%s", scratch("unbroken"));
    Child child = run_tiny(unbroken, NULL, false);
    child_expect(&child, 0);
    child_finish(&child);
    n_moments = count_moments("write,fsync,rename");
    n_clocks = count_moments("clock");
}

static void resume_and_compare(const char *dir, const char *what) {
    Child child = run_tiny(dir, NULL, true);
    ck_assert_msg(child.code == 0, "%s: resumed, it ended with %d:\n%s", what, child.code,
                  child.err);
    child_finish(&child);
    runs_are_equal(unbroken, dir, what);
    folder_drop(dir);
}

START_TEST(an_unbroken_run_repeats_itself) {
    const char *again = scratch("again");
    Child child = run_tiny(again, NULL, false);
    child_expect(&child, 0);
    child_finish(&child);
    runs_are_equal(unbroken, again, "the same recipe once more");
    folder_drop(again);
}
END_TEST

START_TEST(a_run_killed_at_any_write_sync_or_rename_resumes_to_the_same_bits) {
    char moment[64];
    long n = 1 + _i * n_moments / N_KILLS;
    const char *dir = scratch("killed-%d", _i);
    snprintf(moment, sizeof moment, "write,fsync,rename:%ld:KILL", n);
    Child child = run_tiny(dir, moment, false);
    ck_assert_msg(child.signal == SIGKILL, "%s: it was not killed: %s", moment, child.err);
    child_finish(&child);
    resume_and_compare(dir, moment);
}
END_TEST

START_TEST(a_run_killed_again_and_again_resumes_to_the_same_bits) {
    const char *dir = scratch("often");
    int n_killed = 0;
    Child child = {0};
    for (bool is_done = false; !is_done;) {
        char moment[64];
        child_finish(&child);
        // Each life is long enough for a checkpoint.
        snprintf(moment, sizeof moment, "write,fsync,rename:%d:KILL", 130 + 7 * n_killed);
        child = run_tiny(dir, moment, n_killed > 0);
        is_done = child.signal == 0;
        n_killed += !is_done;
        ck_assert_int_lt(n_killed, 100);
    }
    child_expect(&child, 0);
    child_finish(&child);
    ck_assert_int_gt(n_killed, 4);
    runs_are_equal(unbroken, dir, "killed again and again");
    folder_drop(dir);
}
END_TEST

// Kills the process at the n-th line that tells of a step.
typedef struct Watch {
    int n_left;
    const char *wanted;
    int number;
} Watch;

static void watch_lines(void *ctx, pid_t pid, const char *line) {
    Watch *watch = ctx;
    if (strstr(line, watch->wanted) && --watch->n_left == 0) {
        kill(pid, watch->number);
    }
}

static Child run_watched(const char *dir, int n, const char *wanted, int number) {
    Watch watch = {n, wanted, number};
    const char *const words[] = {"run", fixture("tiny.textproto"), "--json", "--out", dir, NULL};
    return child_run(&(ChildArgs){.words = words, .watch = watch_lines, .watch_ctx = &watch});
}

START_TEST(a_run_killed_from_outside_resumes_to_the_same_bits) {
    const struct {
        int n;
        const char *wanted;
    } cases[] = {{1, "\"event\":\"step\""},
                 {9, "\"event\":\"step\""},
                 {23, "\"event\":\"step\""},
                 {3, "\"event\":\"evaluation\""},
                 {5, "\"event\":\"checkpoint\""}};
    const char *dir = scratch("outside-%d", _i);
    Child child = run_watched(dir, cases[_i].n, cases[_i].wanted, SIGKILL);
    ck_assert_int_eq(child.signal, SIGKILL);
    child_finish(&child);
    resume_and_compare(dir, cases[_i].wanted);
}
END_TEST

static void check_stopped(const Child *child, const char *dir) {
    child_expect(child, 3);
    child_has_one_error(child);
    child_says(child->err, "stopped at step ");
    child_says(child->err, "go on with: emend run ");
    child_says(child->err, dir);
    child_says(child->err, "--resume");
}

START_TEST(a_run_stopped_at_any_moment_says_how_to_go_on_and_does) {
    // The clock is read between the parts of a step, files are written in the others.
    bool is_clock = _i % 2 == 0;
    char moment[64];
    const char *dir = scratch("stopped-%d", _i);
    // The last checkpoint's own moments are left out: nothing is left to stop there.
    long n = is_clock ? 2 + _i * (n_clocks - 2) / N_STOPS : 3 + _i * (n_moments - 60) / N_STOPS;
    snprintf(moment, sizeof moment, "%s:%ld:INT", is_clock ? "clock" : "write,fsync,rename", n);
    Child child = run_tiny(dir, moment, false);
    ck_assert_msg(child.code == 3, "%s: the code is %d: %s", moment, child.code, child.err);
    check_stopped(&child, dir);
    child_finish(&child);
    ck_assert_msg(newest_checkpoint(dir) != NULL, "%s: there is no checkpoint", moment);
    resume_and_compare(dir, moment);
}
END_TEST

START_TEST(ctrl_c_and_sigterm_stop_a_run_with_a_checkpoint) {
    const char *dir = scratch("ctrl-c-%d", _i);
    Child child = run_watched(dir, 4, "\"event\":\"step\"", _i == 0 ? SIGINT : SIGTERM);
    check_stopped(&child, dir);
    json_decref(child_json(&child));
    child_finish(&child);
    ck_assert_ptr_nonnull(newest_checkpoint(dir));
    resume_and_compare(dir, "stopped from outside");
}
END_TEST

// Most of the time of this run passes between updates of one rollout, where the policy is not what
// any step ends with.
static const char *const many_updates[] = {
    "--set", "stage[1].algorithm.config.updates_per_rollout=20", NULL};

START_TEST(a_run_stopped_among_the_updates_of_a_rollout_resumes_to_the_same_bits) {
    const char *whole = scratch("updates"), *dir = scratch("updates-%d", _i);
    Watch watch = {21 + _i, "\"event\":\"step\"", SIGINT};
    const char *const words[] = {"run", fixture("tiny.textproto"), "--json",        "--out",
                                 dir,   many_updates[0],           many_updates[1], NULL};
    const char *const again[] = {many_updates[0], many_updates[1], "--resume", NULL};
    if (!file_is(whole)) {
        Child child = run_recipe(fixture("tiny.textproto"), whole, NULL, many_updates);
        child_expect(&child, 0);
        child_finish(&child);
    }
    Child child =
        child_run(&(ChildArgs){.words = words, .watch = watch_lines, .watch_ctx = &watch});
    check_stopped(&child, dir);
    child_finish(&child);
    child = run_recipe(fixture("tiny.textproto"), dir, NULL, again);
    child_expect(&child, 0);
    child_finish(&child);
    runs_are_equal(whole, dir, "stopped among updates");
    folder_drop(dir);
}
END_TEST

START_TEST(a_finished_run_resumed_changes_nothing) {
    const char *dir = scratch("finished");
    folder_copy(unbroken, dir);
    resume_and_compare(dir, "resumed when finished");
}
END_TEST

START_TEST(a_run_that_begins_with_a_saved_policy_resumes_to_the_same_bits) {
    // Its first records, of the policy it begins with, come before any step.
    static const long moments[] = {1, 5, 9, 13, 40, 80};
    char model[4200], moment[64];
    const char *whole = scratch("model-whole"), *dir = scratch("model-%d", _i);
    snprintf(model, sizeof model, "policy={model: \"%s/stages/base\"}", unbroken);
    const char *const words[] = {"--set", model, "--set", "seed=3", NULL};
    const char *const again[] = {"--set", model, "--set", "seed=3", "--resume", NULL};
    if (!file_is(whole)) {
        Child child = run_recipe(fixture("tiny.textproto"), whole, NULL, words);
        child_expect(&child, 0);
        child_finish(&child);
    }
    snprintf(moment, sizeof moment, "write,fsync,rename:%ld:%s", moments[_i % 6],
             _i < 6 ? "KILL" : "INT");
    Child child = run_recipe(fixture("tiny.textproto"), dir, moment, words);
    ck_assert_msg(_i < 6 ? child.signal == SIGKILL : child.code == 3, "%s: it ended with %d: %s",
                  moment, child.code, child.err);
    child_finish(&child);
    child = run_recipe(fixture("tiny.textproto"), dir, NULL, again);
    ck_assert_msg(child.code == 0, "%s: resumed, it ended with %d: %s", moment, child.code,
                  child.err);
    child_finish(&child);
    runs_are_equal(whole, dir, moment);
    folder_drop(dir);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resume");
    TCase *tcase = tcase_create("resume");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup_all, scratch_end);
    tcase_add_test(tcase, an_unbroken_run_repeats_itself);
    tcase_add_loop_test(tcase, a_run_killed_at_any_write_sync_or_rename_resumes_to_the_same_bits, 0,
                        N_KILLS);
    tcase_add_test(tcase, a_run_killed_again_and_again_resumes_to_the_same_bits);
    tcase_add_loop_test(tcase, a_run_killed_from_outside_resumes_to_the_same_bits, 0, 5);
    tcase_add_loop_test(tcase, a_run_stopped_at_any_moment_says_how_to_go_on_and_does, 0, N_STOPS);
    tcase_add_loop_test(tcase, ctrl_c_and_sigterm_stop_a_run_with_a_checkpoint, 0, 2);
    tcase_add_loop_test(
        tcase, a_run_stopped_among_the_updates_of_a_rollout_resumes_to_the_same_bits, 0, 3);
    tcase_add_test(tcase, a_finished_run_resumed_changes_nothing);
    tcase_add_loop_test(tcase, a_run_that_begins_with_a_saved_policy_resumes_to_the_same_bits, 0,
                        12);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
