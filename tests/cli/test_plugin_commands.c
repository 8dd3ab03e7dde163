/* SPDX-License-Identifier: Apache-2.0 */
/* `emend plugins` and `doctor`: what there is, and why what cannot be used cannot. */
#include "child.h"
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const bundled[][2] = {
    {"emend.backend/1", "cpu"},     {"emend.tokenizer/1", "chars"},
    {"emend.task/1", "arithmetic"}, {"emend.task/1", "math"},
    {"emend.reward/1", "progress"}, {"emend.reward/1", "correctness"},
    {"emend.algorithm/1", "sft"},   {"emend.algorithm/1", "reinforce"},
    {"emend.tracker/1", "jsonl"},
};

static json_t *find_component(const json_t *packages, const char *kind, const char *name) {
    size_t i = 0, c = 0;
    json_t *package = NULL, *component = NULL;
    json_array_foreach(packages, i, package) {
        json_array_foreach(json_object_get(package, "components"), c, component) {
            if (strcmp(json_string_value(json_object_get(component, "kind")), kind) == 0 &&
                strcmp(json_string_value(json_object_get(component, "name")), name) == 0) {
                return package;
            }
        }
    }
    return NULL;
}

START_TEST(the_bundled_components_are_listed_for_people_and_machines) {
    Child text = emend("plugins", "list"), child = emend("plugins", "list", "--json");
    child_expect(&text, 0);
    child_expect(&child, 0);
    ck_assert_str_eq(text.err, "");
    json_t *packages = child_json(&child);
    for (size_t i = 0; i < sizeof bundled / sizeof *bundled; i++) {
        char line[64];
        json_t *package = find_component(packages, bundled[i][0], bundled[i][1]);
        ck_assert_msg(package != NULL, "no %s %s", bundled[i][0], bundled[i][1]);
        ck_assert(json_is_null(json_object_get(package, "problem")));
        snprintf(line, sizeof line, "\n%-20s %-14s ", bundled[i][0], bundled[i][1]);
        child_says(text.out, line);
    }
    json_decref(packages);
    child_finish(&text);
    child_finish(&child);
}
END_TEST

START_TEST(a_component_is_shown_with_every_field_of_its_config) {
    static const char *const names[] = {"reinforce", "emend.algorithms.reinforce",
                                        "emend.algorithms.reinforce/reinforce"};
    Child child = emend("plugins", "show", names[_i]);
    child_expect(&child, 0);
    child_says(child.out, "emend.algorithm/1 \"reinforce\": ");
    child_says(child.out, "Apache-2.0");
    child_says(child.out, "config {  # emend.algorithms.reinforce.Config\n  # REINFORCE");
    child_says(child.out, "\n  baseline: LEAVE_ONE_OUT  # enum\n");
    child_says(child.out, "\n  #   MOVING_AVERAGE\n  #       A moving average");
    child_says(child.out, "\n  momentum: 0.9  # double\n");
    child_says(child.out, "\n  kl {  # repeated\n");
    child_says(child.out, "\n    weight: ...  # double, no default\n");
    child_finish(&child);
}
END_TEST

static void take_rogue(const char *name, char folder[PATH_MAX]) {
    char from[PATH_MAX];
    snprintf(from, sizeof from, EMEND_ROGUE_DIR "/%s", name);
    snprintf(folder, PATH_MAX, "%s", scratch("%s-taken", name));
    folder_copy(from, folder);
}

static void expect_unusable(const char *folder, const char *setting, const char *text) {
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", folder, "--set", setting,
                        "--out", scratch("unusable"));
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, text);
    child_finish(&child);
    ck_assert(!file_is(scratch("unusable")));
}

START_TEST(a_plugin_that_everyone_may_write_to_is_not_used_and_says_why) {
    char folder[PATH_MAX], library[PATH_MAX + 16], remedy[PATH_MAX + 64];
    take_rogue("good", folder);
    snprintf(library, sizeof library, "%s/good.so", folder);
    snprintf(remedy, sizeof remedy, "`chmod o-w %s`", library);
    ck_assert_int_eq(chmod(library, 0777), 0);
    Child list = emend("plugins", "list", "--plugin-path", folder);
    Child doctor = emend("doctor", "--plugin-path", folder);
    child_says(list.out, "!  test.rogues.good: ");
    child_says(list.out, "everyone may write to it");
    child_says(doctor.out, "warning  plugin ");
    child_says(doctor.out, remedy);
    child_finish(&list);
    child_finish(&doctor);
    expect_unusable(folder, "stage[1].reward[0]={use: \"good\"}", "everyone may write to it");
}
END_TEST

START_TEST(a_plugin_of_another_abi_is_not_used_and_says_why) {
    expect_unusable(EMEND_ROGUE_DIR "/wrong_abi", "stage[1].reward[0]={use: \"wrong_abi\"}",
                    "built for ABI 2.0; this host speaks 1.0");
}
END_TEST

START_TEST(a_plugin_of_this_abi_is_used_from_where_the_user_says) {
    char path[PATH_MAX + 64];
    const char *setting = "stage[1].reward[1]={use: \"test.rogues.good/good\"}";
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", EMEND_ROGUE_DIR "/good",
                        "--set", setting, "--out", scratch("by-option"));
    child_expect(&child, 0);
    child_finish(&child);
    snprintf(path, sizeof path, "EMEND_PLUGIN_PATH=%s", EMEND_ROGUE_DIR "/good");
    const char *const env[] = {path, NULL};
    const char *const words[] = {"run",   fixture("tiny.textproto"), "--set", setting,
                                 "--out", scratch("by-variable"),    NULL};
    child = child_run(&(ChildArgs){.words = words, .env = env});
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

/* examples/foreign-reward, built. */
#define CLOSENESS EMEND_FOREIGN_DIR "/foreign-reward"

START_TEST(a_function_is_listed_and_shown_with_its_prototype) {
    Child list = emend("plugins", "list", "--plugin-path", CLOSENESS);
    Child json = emend("plugins", "list", "--json", "--plugin-path", CLOSENESS);
    Child show = emend("plugins", "show", "closeness", "--plugin-path", CLOSENESS);
    child_expect(&show, 0);
    child_says(list.out, "emend.reward/1       closeness      org.example.closeness");
    child_says(json.out, "\"function\":\"int32_t closeness(const char *response, const char *refe");
    child_says(show.out, "calls:   int32_t closeness(const char *response, const char *reference, "
                         "double reach, double *score, char *err_buf, size_t err_cap)\n");
    child_says(show.out, "of libcloseness.so, on many threads at once; 5 examples first\n");
    child_says(show.out, "config {  # emend.function.closeness\n  # Turns to reward");
    child_says(show.out, "  # How far off an answer is worth nothing.\n  reach: 10  # double\n");
    child_finish(&list);
    child_finish(&json);
    child_finish(&show);
}
END_TEST

START_TEST(a_run_is_rewarded_by_a_function_and_its_recipe_reads_back) {
    const char *setting = "stage[1].reward[0]={use: \"closeness\" config {turn: 2 reach: 5}}";
    const char *out = scratch("by-function");
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", CLOSENESS, "--set",
                        setting, "--out", out);
    child_expect(&child, 0);
    child_finish(&child);
    size_t len = 0;
    char *metrics = file_get(scratch("by-function/metrics.jsonl"), &len);
    child_says(metrics, "\"reward/n_errors\":0");
    free(metrics);
    child = emend("manifest", "check", scratch("by-function/recipe.textproto"), "--plugin-path",
                  CLOSENESS);
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

START_TEST(the_doctor_finds_this_machine_fit) {
    Child text = emend("doctor"), child = emend("doctor", "--json");
    child_expect(&text, 0);
    child_expect(&child, 0);
    child_says(text.out, "ok       backend    cpu: ");
    json_t *findings = child_json(&child), *finding = NULL;
    size_t i = 0;
    json_array_foreach(findings, i, finding) {
        ck_assert_str_ne(json_string_value(json_object_get(finding, "verdict")), "broken");
        ck_assert_ptr_nonnull(json_string_value(json_object_get(finding, "what")));
        ck_assert_ptr_nonnull(json_string_value(json_object_get(finding, "text")));
    }
    ck_assert_uint_ge(i, 10);
    json_decref(findings);
    child_finish(&text);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plugin_commands");
    TCase *tcase = tcase_create("plugin_commands");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, the_bundled_components_are_listed_for_people_and_machines);
    tcase_add_loop_test(tcase, a_component_is_shown_with_every_field_of_its_config, 0, 3);
    tcase_add_test(tcase, a_plugin_that_everyone_may_write_to_is_not_used_and_says_why);
    tcase_add_test(tcase, a_plugin_of_another_abi_is_not_used_and_says_why);
    tcase_add_test(tcase, a_plugin_of_this_abi_is_used_from_where_the_user_says);
    tcase_add_test(tcase, a_function_is_listed_and_shown_with_its_prototype);
    tcase_add_test(tcase, a_run_is_rewarded_by_a_function_and_its_recipe_reads_back);
    tcase_add_test(tcase, the_doctor_finds_this_machine_fit);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
