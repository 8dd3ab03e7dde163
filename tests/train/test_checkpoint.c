/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"
#include "train/folder.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[64], message[1024];
static EmendError err;

static void setup(void) {
    strcpy(root, "/tmp/emend-checkpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    err = emend_error_on(message, sizeof message);
}

static void teardown(void) {
    folder_remove(root, NULL);
}

static void checkpoint_path(uint64_t step, char path[128]) {
    snprintf(path, 128, "%s/checkpoints/step-%08llu", root, (unsigned long long)step);
}

static void make_checkpoint(uint64_t step) {
    char path[128];
    checkpoint_path(step, path);
    ck_assert_msg(folder_make(path, &err) == EMEND_OK, "%s", message);
}

static bool is_there(uint64_t step) {
    char path[128];
    checkpoint_path(step, path);
    return folder_exists(path);
}

START_TEST(the_newest_are_kept) {
    make_checkpoint(9);
    make_checkpoint(10);
    make_checkpoint(100000000);
    make_checkpoint(100000001);
    ck_assert_int_eq(checkpoint_prune(root, 100000001, 2, &err), EMEND_OK);
    ck_assert_msg(!is_there(9) && !is_there(10), "an old checkpoint stayed");
    ck_assert_msg(is_there(100000000) && is_there(100000001), "a new checkpoint went");
}
END_TEST

// A run that resumed from step 10, since 30 is damaged, writes 20 and keeps one: 20.
START_TEST(a_damaged_later_one_is_not_kept_in_place_of_the_one_just_written) {
    make_checkpoint(10);
    make_checkpoint(20);
    make_checkpoint(30);
    ck_assert_int_eq(checkpoint_prune(root, 20, 1, &err), EMEND_OK);
    ck_assert_msg(is_there(20), "the checkpoint just written went");
    ck_assert_msg(!is_there(10) && !is_there(30), "another stayed");
}
END_TEST

START_TEST(a_run_without_checkpoints_has_none) {
    char *path = NULL;
    Emend__RunState *state = NULL;
    ck_assert_int_eq(checkpoint_find(root, &path, &state, NULL, 0, &err), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(message, "there is no checkpoint to resume from"));
}
END_TEST

// Taken for a run without checkpoints, it would start anew over its own records.
START_TEST(checkpoints_that_cannot_be_listed_are_not_none) {
    char file[128], *path = NULL;
    Emend__RunState *state = NULL;
    snprintf(file, sizeof file, "%s/checkpoints", root);
    ck_assert_int_eq(file_write(file, "", 0, &err), EMEND_OK);
    ck_assert_int_eq(checkpoint_find(root, &path, &state, NULL, 0, &err), EMEND_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(message, "checkpoints: it cannot be listed"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("checkpoint");
    TCase *cases = tcase_create("checkpoint");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_newest_are_kept);
    tcase_add_test(cases, a_damaged_later_one_is_not_kept_in_place_of_the_one_just_written);
    tcase_add_test(cases, a_run_without_checkpoints_has_none);
    tcase_add_test(cases, checkpoints_that_cannot_be_listed_are_not_none);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
