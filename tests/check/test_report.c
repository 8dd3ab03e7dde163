/* SPDX-License-Identifier: Apache-2.0 */
/* `emend check` as a user runs it: the report, its files, and its exit codes. */
#include "child.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPRIGHT EMEND_CHECK_ROGUE_DIR "/upright"
#define CRASHING EMEND_CHECK_ROGUE_DIR "/crash_in_open"

START_TEST(a_plugin_that_conforms_is_said_to_with_level_kit_and_seed) {
    Child child = emend("check", UPRIGHT, "--level", "4", "--seed", "7");
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    child_says(child.out, "level 1 static\n");
    child_says(child.out, "  ok    load.open");
    child_says(child.out, "  ok    golden.examples@upright");
    child_says(child.out, "test.rogues.upright conforms at level 4 (kit 1): ");
    child_says(child.out, "; seed 7\n");
    ck_assert_ptr_null(strstr(child.out, "level 5"));
    child_finish(&child);
}
END_TEST

START_TEST(a_failure_says_what_to_do_and_how_to_see_it_again) {
    Child child = emend("check", CRASHING, "--only", "load.open", "--seed", "3");
    child_expect(&child, 1);
    child_says(child.out, "  FAIL  load.open\n");
    child_says(child.out, "again: emend check " CRASHING " --only load.open --seed 3\n");
    child_finish(&child);
    child = emend("check", CRASHING, "--level", "2");
    child_expect(&child, 1);
    child_says(child.out, "test.rogues.crash_in_open conforms at level 1 (kit 1): ");
    child_finish(&child);
}
END_TEST

START_TEST(a_folder_of_packages_is_checked_package_by_package) {
    folder_copy(UPRIGHT, scratch("upright"));
    folder_copy(CRASHING, scratch("worse"));
    Child child = emend("check", scratch("."), "--only", "load.open");
    child_expect(&child, 1);
    child_says(child.out, "/upright\n");
    child_says(child.out, "/worse\n");
    child_finish(&child);
}
END_TEST

START_TEST(json_and_junit_say_the_same_for_machines) {
    size_t len = 0;
    Child child = emend("check", CRASHING, "--level", "2", "--json", scratch("r.json"), "--junit",
                        scratch("r.xml"));
    child_expect(&child, 1);
    json_t *root = json_load_file(scratch("r.json"), 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "kit")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "seed")), 1);
    json_t *package = json_array_get(json_object_get(root, "packages"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(package, "conforms")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(package, "id")),
                     "test.rogues.crash_in_open");
    json_t *tests = json_object_get(package, "tests"), *test = NULL;
    size_t i = 0, n_failed = 0;
    json_array_foreach(tests, i, test) {
        if (strcmp(json_string_value(json_object_get(test, "verdict")), "FAIL") == 0) {
            ck_assert_uint_gt(json_string_length(json_object_get(test, "remedy")), 0);
            n_failed++;
        }
    }
    ck_assert_int_eq(json_integer_value(json_object_get(package, "failed")), (int)n_failed);
    char *xml = file_get(scratch("r.xml"), &len);
    child_says(xml, "<testsuites>");
    child_says(xml, "<testcase classname=\"test.rogues.crash_in_open\" name=\"load.open\"");
    child_says(xml, "<failure message=\"");
    free(xml);
    json_decref(root);
    child_finish(&child);
}
END_TEST

START_TEST(a_package_that_cannot_be_read_fails_at_level_1_and_skips_the_rest) {
    static const char manifest[] = "format: 1\nid: \"a.b\"\nverison: \"1.0.0\"\n";
    folder_copy(UPRIGHT, scratch("broken"));
    file_put(scratch("broken/plugin.textproto"), manifest, strlen(manifest));
    Child child = emend("check", scratch("broken"));
    child_expect(&child, 1);
    child_says(child.out, "  FAIL  static.manifest\n");
    child_says(child.out,
               "plugin.textproto:3:1: emend.PluginManifest has no field verison; did you");
    child_says(child.out, "does not conform (kit 1): ");
    child_finish(&child);
}
END_TEST

START_TEST(a_plugin_that_was_not_built_is_one_failure_and_not_many) {
    Child child = emend("check", EMEND_SOURCE_DIR "/plugins/rewards/progress");
    child_expect(&child, 1);
    child_says(child.out, ": No such file or directory");
    char *first = strstr(child.out, "  FAIL  ");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "  FAIL  "));
    child_finish(&child);
}
END_TEST

START_TEST(plain_functions_are_checked_as_far_as_they_go) {
    Child child = emend("check", EMEND_BINARY_DIR "/tests/foreign/reward-foreign");
    child_expect(&child, 0);
    child_says(child.out, "  ok    config.refusals@closeness\n");
    child_says(child.out, "  skip  load.open\n          the package has plain functions alone");
    child_says(child.out, "org.example.closeness conforms at level 9 (kit 1): ");
    ck_assert_ptr_null(strstr(child.out, "warning"));
    child_finish(&child);
}
END_TEST

START_TEST(one_test_runs_without_a_process_of_its_own_for_a_debugger) {
    Child child = emend("check", UPRIGHT, "--in-process", "--only", "load.open");
    child_expect(&child, 0);
    child_says(child.out, "  ok    load.open");
    child_finish(&child);
    char place[512];
    snprintf(place, sizeof place, "TMPDIR=%s", scratch(".")); // what it cannot clear away
    const char *const words[] = {"check", CRASHING, "--in-process", "--only", "load.open", NULL};
    const char *const env[] = {place, NULL};
    child = child_run(&(ChildArgs){.words = words, .env = env});
    ck_assert_msg(child.code != 0, "the crash must be the command's");
    child_finish(&child);
}
END_TEST

START_TEST(the_tests_are_listed_with_what_they_promise) {
    Child child = emend("check", "--list");
    child_expect(&child, 0);
    child_says(child.out, "level 7 memory\n");
    child_says(child.out, "static.exports ");
    child_says(child.out, "emend_plugin_entry is the one exported symbol\n");
    child_finish(&child);
}
END_TEST

START_TEST(wrong_use_is_told_from_a_failure_by_its_exit_code) {
    const char *const words[][6] = {
        {"check", NULL},
        {"check", "/nowhere", NULL},
        {"check", EMEND_SOURCE_DIR "/proto", NULL},
        {"check", UPRIGHT, "--level", "10", NULL},
        {"check", UPRIGHT, "--only", "load.opne", NULL},
        {"check", UPRIGHT, "--in-process", NULL},
    };
    static const char *const texts[] = {
        "an argument is missing",
        "/nowhere: No such file",
        "there is no plugin.textproto in it",
        "--level is \"10\"; it must be a number from 1 to 9",
        "\"load.opne\" names no test of this package; did you mean \"load.open\"",
        "--in-process needs --only TEST",
    };
    Child child = child_run(&(ChildArgs){.words = words[_i]});
    child_expect(&child, 2);
    child_says(child.err, texts[_i]);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_report");
    TCase *tcase = tcase_create("report");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, a_plugin_that_conforms_is_said_to_with_level_kit_and_seed);
    tcase_add_test(tcase, a_failure_says_what_to_do_and_how_to_see_it_again);
    tcase_add_test(tcase, a_folder_of_packages_is_checked_package_by_package);
    tcase_add_test(tcase, json_and_junit_say_the_same_for_machines);
    tcase_add_test(tcase, a_package_that_cannot_be_read_fails_at_level_1_and_skips_the_rest);
    tcase_add_test(tcase, a_plugin_that_was_not_built_is_one_failure_and_not_many);
    tcase_add_test(tcase, plain_functions_are_checked_as_far_as_they_go);
    tcase_add_test(tcase, one_test_runs_without_a_process_of_its_own_for_a_debugger);
    tcase_add_test(tcase, the_tests_are_listed_with_what_they_promise);
    tcase_add_loop_test(tcase, wrong_use_is_told_from_a_failure_by_its_exit_code, 0, 6);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
