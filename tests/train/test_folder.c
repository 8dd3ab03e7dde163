/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/random.h"
#include "fakes.h"
#include "train/folder.h"
#include "train/metrics.h"
#include "train/problems.h"
#include "train/settings.h"
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char root[64], path[128], message[1024];
static EmendError err;

static void setup(void) {
    strcpy(root, "/tmp/emend-folder-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(path, sizeof path, "%s/deep/er/kept", root);
    err = emend_error_on(message, sizeof message);
}

static void teardown(void) {
    folder_remove(root, NULL);
}

static void put(const char *folder, const char *name, const char *text) {
    char file[1024];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    ck_assert_msg(file_write(file, text, strlen(text), &err) == EMEND_OK, "%s", message);
}

static void commit(const char *text) {
    char *aside = NULL;
    ck_assert_msg(folder_begin(path, &aside, &err) == EMEND_OK, "%s", message);
    put(aside, "a.txt", text);
    char inner[512];
    snprintf(inner, sizeof inner, "%s/sub", aside);
    ck_assert_int_eq(folder_make(inner, &err), EMEND_OK);
    put(inner, "b.txt", "b");
    ck_assert_msg(folder_commit(aside, path, &err) == EMEND_OK, "%s", message);
}

START_TEST(a_folder_appears_whole_and_verifies) {
    commit("one");
    ck_assert_msg(folder_verify(path, "sub/b.txt", &err) == EMEND_OK, "%s", message);
    char command[512];
    snprintf(command, sizeof command, "cd %s && sha256sum -c --quiet SHA256SUMS", path);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_changed_file_is_named) {
    commit("one");
    put(path, "sub/b.txt", "c");
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_DATA_LOSS);
    ck_assert_ptr_nonnull(strstr(message, "kept/sub/b.txt: it is damaged"));
}
END_TEST

START_TEST(a_missing_file_is_named) {
    commit("one");
    char file[1024];
    snprintf(file, sizeof file, "%s/a.txt", path);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_DATA_LOSS);
    ck_assert_ptr_nonnull(strstr(message, "kept/a.txt: it is missing"));
}
END_TEST

START_TEST(a_folder_without_hashes_was_never_finished) {
    ck_assert_int_eq(folder_make(path, &err), EMEND_OK);
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_NOT_FOUND);
}
END_TEST

START_TEST(an_attempt_that_was_given_up_leaves_the_old_folder) {
    commit("one");
    char *aside = NULL;
    ck_assert_int_eq(folder_begin(path, &aside, &err), EMEND_OK);
    put(aside, "a.txt", "two");
    folder_abandon(aside);
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_OK);
    commit("three");
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_OK);
}
END_TEST

START_TEST(what_a_kill_between_renames_left_is_removed) {
    char old[600];
    snprintf(old, sizeof old, "%s.old", path);
    ck_assert_int_eq(folder_make(old, &err), EMEND_OK);
    put(old, "a.txt", "older");
    commit("one");
    ck_assert_msg(!folder_exists(old), "%s is still there", old);
}
END_TEST

START_TEST(sums_that_were_cut_are_damaged) {
    commit("one");
    put(path, "SHA256SUMS", "");
    ck_assert_int_eq(folder_verify(path, "sub/b.txt", &err), EMEND_DATA_LOSS);
    ck_assert_ptr_nonnull(strstr(message, "SHA256SUMS: it is damaged: sub/b.txt is not in it"));
}
END_TEST

START_TEST(a_full_disk_is_one_clear_error) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    char file[1024], block[16384] = "";
    snprintf(file, sizeof file, "%s/big", root);
    EmendStatus status = file_write(file, block, sizeof block, &err);
    ck_assert_int_eq(status, EMEND_EXHAUSTED);
    ck_assert_ptr_nonnull(strstr(message, "/big: cannot write: "));
    ck_assert_ptr_nonnull(strstr(message, "--resume"));
}
END_TEST

START_TEST(a_name_taken_by_a_file_is_an_error) {
    char file[1024];
    put(root, "deep", "not a folder");
    snprintf(file, sizeof file, "%s/deep/x", root);
    ck_assert_int_ne(folder_make(file, &err), EMEND_OK);
    ck_assert_ptr_nonnull(strstr(message, "cannot make the folder"));
}
END_TEST

/* ---- small neighbours ------------------------------------------------------------------------ */

START_TEST(the_learning_rate_warms_up_and_comes_down_as_the_recipe_says) {
    Emend__Optimizer o = EMEND__OPTIMIZER__INIT;
    o.learning_rate = 1;
    o.warmup_steps = 4;
    o.final_ratio = 0.1;
    ck_assert(learning_rate_at(&o, 0, 105) == 0.25);
    ck_assert(learning_rate_at(&o, 3, 105) == 1);
    ck_assert(learning_rate_at(&o, 50, 105) == 1);
    o.schedule = EMEND__OPTIMIZER__SCHEDULE__LINEAR;
    ck_assert(fabs(learning_rate_at(&o, 54, 105) - 0.55) < 1e-12);
    ck_assert(fabs(learning_rate_at(&o, 104, 105) - 0.1) < 1e-12);
    o.schedule = EMEND__OPTIMIZER__SCHEDULE__COSINE;
    ck_assert(fabs(learning_rate_at(&o, 54, 105) - 0.55) < 1e-12);
    ck_assert(fabs(learning_rate_at(&o, 104, 105) - 0.1) < 1e-12);
    ck_assert(learning_rate_at(&o, 29, 105) > 0.85);
}
END_TEST

START_TEST(an_epoch_draws_every_problem_once_in_an_order_of_its_own) {
    static Fake fake;
    fake_init(&fake);
    ProblemOrder order;
    ck_assert_int_eq(problem_order_open(&fake.engine, "x", 7, &order, &err), EMEND_OK);
    uint64_t first[10], seen[2][10] = {{0}};
    bool differs = false;
    for (uint64_t cursor = 0; cursor < 20; cursor++) {
        uint64_t index = 0;
        ck_assert_int_eq(problem_order_index(&order, cursor, &index, &err), EMEND_OK);
        ck_assert_uint_lt(index, 10);
        seen[cursor / 10][index]++;
        if (cursor < 10) {
            first[cursor] = index;
        } else {
            differs = differs || first[cursor - 10] != index;
        }
    }
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(seen[0][i], 1);
        ck_assert_uint_eq(seen[1][i], 1);
    }
    ck_assert(differs);
    problem_order_finish(&order);
}
END_TEST

START_TEST(random_words_are_philox) {
    // Known answers of Random123 for philox4x32-10: counter and key all ones bits, and all noughts.
    uint32_t out[4];
    EmendRandomKey zero = {0};
    emend_random_words(&zero, 0, out);
    ck_assert_uint_eq(out[0], 0x6627e8d5u);
    ck_assert_uint_eq(out[1], 0xe169c58du);
    ck_assert_uint_eq(out[2], 0xbc57ac4cu);
    ck_assert_uint_eq(out[3], 0x9b00dbd8u);
    EmendRandomKey ones = {.seed = UINT64_MAX,
                           .step = UINT32_MAX,
                           .episode = UINT32_MAX,
                           .turn = 0xFFFFFF,
                           .purpose = 0xFF};
    emend_random_words(&ones, UINT32_MAX, out);
    ck_assert_uint_eq(out[0], 0x408f276du);
    ck_assert_uint_eq(out[1], 0x41c83b0eu);
    ck_assert_uint_eq(out[2], 0xa20bc7c6u);
    ck_assert_uint_eq(out[3], 0x6d5451fdu);
}
END_TEST

START_TEST(a_components_failure_is_told_with_its_name_and_what_it_was_asked) {
    static const Component component = {.name = "mine", .plugin_id = "org.example.mine"};
    err = emend_error_on(message, sizeof message);
    emend_fail(&err, EMEND_DATA_LOSS, "a.bin: it is damaged");
    ck_assert_int_eq(engine_said(&component, "model_open", EMEND_DATA_LOSS, &err), EMEND_DATA_LOSS);
    ck_assert_str_eq(message, "\"mine\" (org.example.mine): model_open: a.bin: it is damaged");
    message[0] = '\0';
    ck_assert_int_eq(engine_said(&component, "score", 99, &err), EMEND_INTERNAL);
    ck_assert_str_eq(message, "\"mine\" (org.example.mine): score: it failed and does not say why; "
                              "tell the plugin's author");
}
END_TEST

START_TEST(a_metric_is_a_weighted_mean) {
    MetricSet set = {0};
    metrics_add(&set, "x", 3, 2);
    metrics_add(&set, "x", 3, 1);
    metrics_set(&set, 5, "y/t%d", 2);
    ck_assert(metrics_get(&set, "x") == 2);
    ck_assert(metrics_get(&set, "y/t2") == 5);
    ck_assert(isnan(metrics_get(&set, "z")));
    metrics_finish(&set);
}
END_TEST

START_TEST(a_metric_with_a_long_name_is_one_metric) {
    MetricSet set = {0};
    char name[80];
    memset(name, 'n', sizeof name);
    name[79] = '\0';
    metrics_add(&set, name, 3, 1);
    metrics_add(&set, name, 5, 1);
    ck_assert_uint_eq(set.n, 1);
    ck_assert(metrics_get(&set, name) == 4);
    metrics_finish(&set);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("folder");
    TCase *folders = tcase_create("folders");
    tcase_add_checked_fixture(folders, setup, teardown);
    tcase_add_test(folders, a_folder_appears_whole_and_verifies);
    tcase_add_test(folders, a_changed_file_is_named);
    tcase_add_test(folders, a_missing_file_is_named);
    tcase_add_test(folders, a_folder_without_hashes_was_never_finished);
    tcase_add_test(folders, an_attempt_that_was_given_up_leaves_the_old_folder);
    tcase_add_test(folders, what_a_kill_between_renames_left_is_removed);
    tcase_add_test(folders, sums_that_were_cut_are_damaged);
    tcase_add_test(folders, a_full_disk_is_one_clear_error);
    tcase_add_test(folders, a_name_taken_by_a_file_is_an_error);
    suite_add_tcase(suite, folders);
    TCase *small = tcase_create("small");
    tcase_add_test(small, the_learning_rate_warms_up_and_comes_down_as_the_recipe_says);
    tcase_add_test(small, an_epoch_draws_every_problem_once_in_an_order_of_its_own);
    tcase_add_test(small, random_words_are_philox);
    tcase_add_test(small, a_components_failure_is_told_with_its_name_and_what_it_was_asked);
    tcase_add_test(small, a_metric_is_a_weighted_mean);
    tcase_add_test(small, a_metric_with_a_long_name_is_one_metric);
    suite_add_tcase(suite, small);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
