/* SPDX-License-Identifier: Apache-2.0 */
/* Where a stage's policy and its episodes come from: each choice runs, is the same on two threads,
 * and goes on to the same bits after a kill. */
#include "runs.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(void) {
    scratch_begin();
}

typedef struct Source {
    const char *name;
    const char *settings[4];
    const char *in_metrics; /* what metrics.jsonl must have; NULL: nothing more */
} Source;

static const Source sources[] = {
    {"first_attempts", {"stage[2].rollout.first_attempts={policy: \"base\" share: 0.5}"}, NULL},
    {"second_attempts", {"stage[2].rollout.second_attempts=3"}, NULL},
    {"dynamic_sampling",
     {"stage[2].rollout.dynamic_sampling_rounds=3"},
     "\"dynamic_sampling/pass_rate\""},
    {"start", {"stage[2].start=\"base\"", "stage[2].reference=\"stage1\""}, NULL},
    {"best",
     {"stage[2].end=BEST_REWARD", "stage[2].steps=9", "checkpoint.every_steps=2"},
     "\"reward/mean\""},
    {"policy",
     {"stage[2].rollout.policy=\"base\"", "stage[2].algorithm.config.kl=[]"},
     "\"rollout_corr/max_abs_diff\""},
};

static Child run_source(const Source *source, const char *dir, const char *threads,
                        const char *moment, bool is_resumed) {
    const char *words[16] = {"--set", threads};
    size_t n = 2;
    for (size_t i = 0; i < 4 && source->settings[i]; i++) {
        words[n++] = "--set";
        words[n++] = source->settings[i];
    }
    if (is_resumed) {
        words[n++] = "--resume";
    }
    return run_recipe(fixture("tiny.textproto"), dir, moment, words);
}

static void run_whole(const Source *source, const char *dir, const char *threads) {
    Child child = run_source(source, dir, threads, NULL, false);
    child_expect(&child, 0);
    child_finish(&child);
}

START_TEST(every_source_of_episodes_runs_and_goes_on_to_the_same_bits) {
    char whole[4096], path[8192];
    const Source *source = &sources[_i];
    const char *one = "backend.config.threads=1", *two = "backend.config.threads=2";
    size_t len = 0;
    snprintf(whole, sizeof whole, "%s", scratch("%s-whole", source->name));
    run_whole(source, whole, one);
    const char *again = scratch("%s-two", source->name);
    run_whole(source, again, two);
    ck_assert(policies_are_equal(whole, again));
    metrics_are_equal(whole, again, source->name);

    const char *killed = scratch("%s-killed", source->name);
    Child child = run_source(source, killed, one, "write,fsync,rename:260:KILL", false);
    ck_assert_int_eq(child.signal, 9);
    child_finish(&child);
    child = run_source(source, killed, one, NULL, true);
    child_expect(&child, 0);
    child_says(child.out, "(resumed)");
    child_finish(&child);
    runs_are_equal(whole, killed, source->name);

    snprintf(path, sizeof path, "%s/metrics.jsonl", whole);
    char *metrics = file_get(path, &len);
    ck_assert(!source->in_metrics || strstr(metrics, source->in_metrics));
    free(metrics);
}
END_TEST

typedef struct Refusal {
    const char *setting, *text;
} Refusal;

static const Refusal refusals[] = {
    {"stage[1].rollout.policy=\"stage2\"", "policy is \"stage2\"; it must be \"initial\" or"},
    {"stage[1].start=\"stage1\"", "start is \"stage1\"; it must be \"initial\" or the name"},
    {"stage[1].rollout.first_attempts={policy: \"bass\"}", "did you mean \"base\"?"},
    {"stage[1].rollout={n_turns: 1 second_attempts: 2}", "n_turns is 1, and second_attempts asks"},
    {"stage[1].rollout={second_attempts: 2 first_attempts {}}",
     "second_attempts is 2; it must be 1"},
};

START_TEST(a_source_that_cannot_be_is_refused_at_its_place) {
    const char *words[] = {"--set", refusals[_i].setting, NULL};
    Child child = run_recipe(fixture("tiny.textproto"), scratch("refused-%d", _i), NULL, words);
    child_expect(&child, 2);
    child_says(child.err, "--set stage[1]");
    child_says(child.err, refusals[_i].text);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sources");
    TCase *tcase = tcase_create("sources");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, begin, scratch_end);
    tcase_add_loop_test(tcase, every_source_of_episodes_runs_and_goes_on_to_the_same_bits, 0,
                        sizeof sources / sizeof *sources);
    tcase_add_loop_test(tcase, a_source_that_cannot_be_is_refused_at_its_place, 0,
                        sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
