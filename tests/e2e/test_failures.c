/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong in a run ends with one message and a code, and with what was reached kept. */
#include "runs.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char unbroken[4096];
static long n_moments;

static void setup_all(void) {
    scratch_begin();
    snprintf(unbroken, sizeof unbroken, "%s", scratch("unbroken"));
    Child child = run_tiny(unbroken, NULL, false);
    child_expect(&child, 0);
    child_finish(&child);
    n_moments = count_moments("write,fsync,rename");
}

// A run of "tiny" with settings; it must fail with one message, in which all the texts are.
static void expect_failure(const char *dir, const char *const *words, int code,
                           const char *const *texts) {
    Child child = run_recipe(fixture("tiny.textproto"), dir, NULL, words);
    child_expect(&child, code);
    child_has_one_error(&child);
    for (size_t i = 0; texts[i]; i++) {
        child_says(child.err, texts[i]);
    }
    child_finish(&child);
}

static void resume_and_compare(const char *dir, const char *what) {
    Child child = run_tiny(dir, NULL, true);
    ck_assert_msg(child.code == 0, "%s: resumed, it ended with %d:\n%s", what, child.code,
                  child.err);
    child_finish(&child);
    runs_are_equal(unbroken, dir, what);
    folder_drop(dir);
}

/* ---- folders -------------------------------------------------------------------------------- */

START_TEST(a_folder_that_holds_a_run_is_not_run_over) {
    const char *texts[] = {unbroken, "it holds a run already", "--resume", "--out", NULL};
    const char *copy = scratch("copy");
    folder_copy(unbroken, copy);
    expect_failure(unbroken, NULL, 2, texts);
    runs_are_equal(copy, unbroken, "refused");
}
END_TEST

START_TEST(another_recipe_does_not_go_on_with_a_run) {
    static const char *const changes[] = {"seed=8", "stage[2].steps=6",
                                          "stage[1].reward[0].config.weight=2"};
    const char *words[] = {"--resume", "--set", changes[_i], NULL};
    const char *texts[] = {"it was written by another recipe", "recipe.textproto", "--out", NULL};
    const char *copy = scratch("copy-%d", _i);
    folder_copy(unbroken, copy);
    expect_failure(copy, words, 2, texts);
    runs_are_equal(copy, unbroken, "refused");
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named) {
    const char *file = scratch("file");
    const char *texts[] = {file, NULL};
    file_put(file, "x", 1);
    expect_failure(file, NULL, 1, texts);
}
END_TEST

/* ---- checkpoints ---------------------------------------------------------------------------- */

static void flip_byte(const char *path) {
    size_t len = 0;
    char *bytes = file_get(path, &len);
    bytes[len / 2] ^= 1;
    file_put(path, bytes, len);
    free(bytes);
}

// Cuts the last line off.
static void cut_line(const char *path) {
    size_t len = 0;
    char *bytes = file_get(path, &len);
    bytes[len - 1] = '\0';
    char *last = strrchr(bytes, '\n');
    file_put(path, bytes, last ? (size_t)(last - bytes) + 1 : 0);
    free(bytes);
}

static void damage(const char *path, int how) {
    switch (how) {
    case 0:
        flip_byte(path);
        break;
    case 1:
        ck_assert_int_eq(truncate(path, 20), 0);
        break;
    default:
        ck_assert_int_eq(unlink(path), 0);
    }
}

static const char *const checkpoint_files[] = {"state.pb", "SHA256SUMS", "policy/config.json",
                                               "policy/model.safetensors",
                                               "policy/optimizer.safetensors"};

START_TEST(a_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning) {
    char path[8192];
    const char *dir = scratch("damaged-%d", _i);
    folder_copy(unbroken, dir);
    snprintf(path, sizeof path, "%s/checkpoints/step-00000031/%s", dir, checkpoint_files[_i % 5]);
    damage(path, _i / 5);
    Child child = run_tiny(dir, NULL, true);
    child_expect(&child, 0);
    child_has_one_error(&child);
    child_says(child.err, "emend: warning: ");
    child_says(child.err, "step-00000031");
    child_says(child.err, "an older checkpoint is used");
    child_says(child.out, "(resumed)");
    child_finish(&child);
    runs_are_equal(unbroken, dir, path);
}
END_TEST

START_TEST(a_checkpoint_whose_sums_leave_out_a_file_is_damaged) {
    char path[8192];
    const char *dir = scratch("unlisted");
    folder_copy(unbroken, dir);
    snprintf(path, sizeof path, "%s/checkpoints/step-00000031/SHA256SUMS", dir);
    cut_line(path);
    Child child = run_tiny(dir, NULL, true);
    child_expect(&child, 0);
    child_says(child.err, "SHA256SUMS: it is damaged: state.pb is not in it");
    child_finish(&child);
    runs_are_equal(unbroken, dir, path);
}
END_TEST

START_TEST(without_a_whole_checkpoint_nothing_is_resumed) {
    char path[8192];
    const char *dir = scratch("all-damaged");
    const char *words[] = {"--resume", NULL};
    const char *texts[] = {"there is no checkpoint to resume from", "model.safetensors",
                           "it is damaged", NULL};
    folder_copy(unbroken, dir);
    snprintf(path, sizeof path, "%s/checkpoints/step-00000030/policy/model.safetensors", dir);
    flip_byte(path);
    snprintf(path, sizeof path, "%s/checkpoints/step-00000031/policy/model.safetensors", dir);
    flip_byte(path);
    expect_failure(dir, words, 2, texts);
}
END_TEST

START_TEST(a_damaged_stage_is_told_where_it_is_the_reference) {
    char path[8192], command[8400];
    const char *dir = scratch("damaged-stage");
    const char *words[] = {"--resume", NULL};
    const char *texts[] = {"stages/", "model.safetensors: it is damaged", NULL};
    folder_copy(unbroken, dir);
    snprintf(command, sizeof command, "rm -r '%s/checkpoints/step-00000031'", dir);
    ck_assert_int_eq(system(command), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/stages/%s/model.safetensors", dir,
                 i == 0 ? "initial" : "base");
        flip_byte(path);
    }
    expect_failure(dir, words, 1, texts);
}
END_TEST

START_TEST(a_folder_that_another_process_runs_in_is_refused) {
    const char *dir = scratch("locked");
    const char *words[] = {NULL};
    const char *texts[] = {dir, "another process is running in it", NULL};
    ck_assert_int_eq(mkdir(dir, 0777), 0);
    int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    expect_failure(dir, words, 1, texts);
    close(lock);
}
END_TEST

/* ---- disks ---------------------------------------------------------------------------------- */

START_TEST(a_full_disk_is_told_once_and_the_older_checkpoint_goes_on) {
    char moment[64];
    const char *dir = scratch("full-%d", _i);
    // From the first checkpoint on.
    long n = 130 + _i * (n_moments - 140) / 12;
    snprintf(moment, sizeof moment, "write,fsync,rename:%ld:ENOSPC", n);
    Child child = run_tiny(dir, moment, false);
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, dir);
    child_says(child.err, "No space left on device");
    child_says(child.err, "The last checkpoint stays; once mended, go on with: emend run ");
    child_finish(&child);
    ck_assert_ptr_nonnull(newest_checkpoint(dir));
    resume_and_compare(dir, moment);
}
END_TEST

START_TEST(a_limit_on_files_is_an_error_and_not_the_end) {
    const char *dir = scratch("limited");
    const char *const words[] = {"run", fixture("tiny.textproto"), "--out", dir, NULL};
    // Policies and optimizers fit; the metrics of all steps do not.
    Child child = child_run(&(ChildArgs){.words = words, .max_file_bytes = 30000});
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, "metrics.jsonl");
    child_says(child.err, "File too large");
    child_finish(&child);
    resume_and_compare(dir, "a limit on files");
}
END_TEST

/* ---- learning ------------------------------------------------------------------------------- */

START_TEST(numbers_that_are_not_finite_stop_the_run) {
    const char *dir = scratch("not-finite");
    const char *words[] = {"--set", "stage[1].optimizer.learning_rate=1e30", NULL};
    const char *texts[] = {"not finite", "learning rate", "The last checkpoint stays", NULL};
    expect_failure(dir, words, 1, texts);
    ck_assert_ptr_nonnull(newest_checkpoint(dir));
    const char *again[] = {"--set", words[1], "--resume", NULL};
    expect_failure(dir, again, 1, texts);
}
END_TEST

START_TEST(too_many_errors_of_a_reward_stop_the_run) {
    const char *dir = scratch("complaints");
    const char *words[] = {"--plugin-path", EMEND_ROGUE_DIR "/complaining", "--set",
                           "stage[1].reward[1]={use: \"complaining\"}", NULL};
    const char *texts[] = {"32 of 80 scores of this step are errors",
                           "max_error_fraction is 0.01",
                           "complaining: problem train-",
                           "turn 1: the checker's service is down",
                           "The last checkpoint stays",
                           NULL};
    expect_failure(dir, words, 1, texts);
    ck_assert_str_eq(newest_checkpoint(dir), "step-00000024");
}
END_TEST

/* ---- plugins that fall --------------------------------------------------------------------- */

typedef struct Fall {
    const char *rogue, *text;
} Fall;

static const Fall falls[] = {
    {"falls_segv", "it crashed in score: SIGSEGV in falls_segv.so+0x"},
    {"falls_stack", "it crashed in score: SIGSEGV in falls_stack.so+0x"},
    {"falls_abort", "it aborted in score"},
    {"falls_throw", "it aborted in score (abort(), a failed assertion, or a C++ exception"},
    {"falls_exit", "it called exit(0) in score"},
    {"falls_loop", "it did not return from score within 3 s"},
};

// It falls in the fourth step of the stage: three steps, two of them behind the last regular
// checkpoint, are kept, and resumed, with a process of its own to the stage's end, the run ends as
// if nothing had been.
START_TEST(a_plugin_that_falls_ends_the_run_in_words_and_no_step_is_lost) {
    char path[512], setting[128];
    const Fall *fall = &falls[_i];
    const char *dir = scratch("%s", fall->rogue);
    snprintf(path, sizeof path, "%s/%s", EMEND_ROGUE_DIR, fall->rogue);
    snprintf(setting, sizeof setting, "stage[1].reward[1]={use: \"%s\"}", fall->rogue);
    const char *words[] = {"--plugin-path", path,    "--set", "call_timeout_s=3",
                           "--set",         setting, NULL};
    const char *texts[] = {fall->rogue, fall->text, "is not called any more",
                           "The last checkpoint stays", NULL};
    Child fallen = run_recipe(fixture("tiny.textproto"), dir, NULL, words);
    child_expect(&fallen, 1);
    for (size_t i = 0; texts[i]; i++) {
        child_says(fallen.err, texts[i]);
    }
    child_finish(&fallen);
    ck_assert_str_eq(newest_checkpoint(dir), "step-00000023");
    const char *again[] = {"--plugin-path", path,    "--set",    "call_timeout_s=3",
                           "--set",         setting, "--resume", NULL};
    Child child = run_recipe(fixture("tiny.textproto"), dir, NULL, again);
    child_expect(&child, 0);
    child_finish(&child);
    ck_assert(policies_are_equal(unbroken, dir));
    metrics_are_equal(unbroken, dir, fall->rogue);
}
END_TEST

/* ---- what a recipe asks for ----------------------------------------------------------------- */

typedef struct Refusal {
    const char *setting, *text;
} Refusal;

// Each would be met stages later, or after the first; nothing may be made before it is told.
static const Refusal refusals[] = {
    {"stage[2].algorithm.config.momentum=3", "momentum: it is 3; it must be 0 or more and below 1"},
    {"stage[2].rollout.split=none", "split: 'none' is not there"},
    {"evaluation.split=none", "split: 'none' is not there"},
    {"evaluation.n_problems=0", "split \"test\" has no end"},
    {"stage[2].reward[1].config.alpha=-1", "alpha"},
    {"stage[2].reward[0]={use: \"wrong_abi\"}", "built for ABI 2.0; this host speaks 1.0"},
    {"task={use: \"math\" config { train: \"none.jsonl\" test: \"nor-this.jsonl\" }}",
     "No such file or directory"},
};

START_TEST(what_a_later_stage_would_fail_of_is_told_before_the_first) {
    const Refusal *refusal = &refusals[_i];
    const char *dir = scratch("refused-%d", _i);
    const char *words[] = {"--plugin-path", EMEND_ROGUE_DIR "/wrong_abi", "--set", refusal->setting,
                           NULL};
    const char *texts[] = {refusal->text, NULL};
    expect_failure(dir, words, 2, texts);
    ck_assert_msg(!file_is(dir), "%s: a folder was made", refusal->setting);
}
END_TEST

START_TEST(a_policy_folder_with_a_missing_or_cut_file_is_refused_by_that_files_name) {
    static const char *const files[] = {"model.safetensors", "config.json", "chars.json"};
    char setting[8192], path[8192];
    const char *file = files[_i % 3], *policy = scratch("policy-%d", _i);
    const char *words[] = {"--set", setting, NULL};
    const char *texts[] = {policy, file, NULL};
    snprintf(setting, sizeof setting, "policy={model: \"%s\"}", policy);
    snprintf(path, sizeof path, "%s/stages/base", unbroken);
    folder_copy(path, policy);
    snprintf(path, sizeof path, "%s/%s", policy, file);
    damage(path, _i < 3 ? 1 : 2);
    expect_failure(scratch("no-policy-%d", _i), words, _i < 3 ? 1 : 2, texts);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("failures");
    TCase *tcase = tcase_create("failures");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup_all, scratch_end);
    tcase_add_test(tcase, a_folder_that_holds_a_run_is_not_run_over);
    tcase_add_loop_test(tcase, another_recipe_does_not_go_on_with_a_run, 0, 3);
    tcase_add_test(tcase, a_folder_that_another_process_runs_in_is_refused);
    tcase_add_test(tcase, a_folder_that_cannot_be_made_is_named);
    tcase_add_loop_test(tcase, a_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning, 0,
                        15);
    tcase_add_test(tcase, a_checkpoint_whose_sums_leave_out_a_file_is_damaged);
    tcase_add_test(tcase, a_damaged_stage_is_told_where_it_is_the_reference);
    tcase_add_test(tcase, without_a_whole_checkpoint_nothing_is_resumed);
    tcase_add_loop_test(tcase, a_full_disk_is_told_once_and_the_older_checkpoint_goes_on, 0, 12);
    tcase_add_test(tcase, a_limit_on_files_is_an_error_and_not_the_end);
    tcase_add_test(tcase, numbers_that_are_not_finite_stop_the_run);
    tcase_add_test(tcase, too_many_errors_of_a_reward_stop_the_run);
    tcase_add_loop_test(tcase, a_plugin_that_falls_ends_the_run_in_words_and_no_step_is_lost, 0,
                        sizeof falls / sizeof *falls);
    tcase_add_loop_test(tcase, what_a_later_stage_would_fail_of_is_told_before_the_first, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_loop_test(
        tcase, a_policy_folder_with_a_missing_or_cut_file_is_refused_by_that_files_name, 0, 6);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
