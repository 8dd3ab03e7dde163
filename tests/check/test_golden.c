/* SPDX-License-Identifier: Apache-2.0 */
/* Golden files: what is wrong in them is told with its place. */
#include "check/golden.h"
#include "child.h"
#include "plugin/package.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static Machine machine;
static PackageFile *file;
static char message[4096];
static EmendError err;

static void setup(void) {
    scratch_begin();
    err = emend_error_on(message, sizeof message);
    machine_init(&machine);
    ck_assert_int_eq(
        package_read(EMEND_PLUGIN_DIR "/emend.rewards.progress", &machine, &file, &err), EMEND_OK);
}

static void teardown(void) {
    package_destroy(file);
    file = NULL;
    machine_finish(&machine);
    scratch_end();
}

static EmendStatus load(const char *text, Golden **out) {
    const char *path = scratch("golden.textproto");
    file_put(path, text, strlen(text));
    return golden_load(path, &file->package, out, &err);
}

typedef struct Wrong {
    const char *text, *message;
} Wrong;

static const Wrong wrongs[] = {
    {"exmaple {}",
     "golden.textproto:1:1: emend.Golden has no field exmaple; did you mean example?"},
    {"example {\n  about: \"nothing\"\n}",
     "golden.textproto:1:1: the example says of no component"},
    {"example { reward {} }", "golden.textproto:1:1: the example says of no component"},
    {"example {\n  reward { use: \"progres\" }\n}",
     "golden.textproto:2:17: reward \"progres\": the package has none of that name; did you mean "
     "\"progress\"?"},
    {"example { task { use: \"progress\" } }", "it must be one of its own: (none)"},
    {"example { reward { use: \"progress\" config { alhpa: 1 } } }",
     "golden.textproto:1:45: emend.rewards.progress.Config has no field alhpa; did you mean "
     "alpha?"},
    {"example { reward { use: \"progress\" }\n  grade { response: \"4\" } }",
     "golden.textproto:2:3: grade belongs to an example of a task, not of a reward"},
    {"example { reward { use: \"progress\" } refused: \"alpha\"\n  episode { } }",
     "golden.textproto:2:3: episode stands beside `refused`"},
};

START_TEST(what_is_wrong_is_told_with_its_place) {
    Golden *golden = NULL;
    ck_assert_int_ne(load(wrongs[_i].text, &golden), EMEND_OK);
    ck_assert_msg(strstr(message, wrongs[_i].message) != NULL, "\"%s\" lacks \"%s\"", message,
                  wrongs[_i].message);
}
END_TEST

START_TEST(examples_are_found_by_component_and_by_whether_the_config_is_good) {
    Golden *golden = NULL;
    char place[1024];
    const Emend__ComponentInfo *info = file->package.manifest->component[0];
    ck_assert_msg(
        load("example { reward { use: \"progress\" config { alpha: -1 } } refused: \"a\" }\n"
             "example {\n  reward { use: \"progress\" config { alpha: 2 } }\n"
             "  episode { turn { grade: 1 } }\n}\n",
             &golden) == EMEND_OK,
        "%s", message);
    const Emend__Example *good = golden_example(golden, info, GOLDEN_GOOD, 0);
    ck_assert_ptr_eq(good, golden->message->example[1]);
    ck_assert_ptr_null(golden_example(golden, info, GOLDEN_GOOD, 1));
    ck_assert_ptr_eq(golden_example(golden, info, GOLDEN_REFUSED, 0), golden->message->example[0]);
    ck_assert_uint_eq(golden_config(good).len, 9);
    golden_place(golden, good, "episode[0].turn[0]", place, sizeof place);
    ck_assert_msg(strstr(place, "golden.textproto:4:13") != NULL, "%s", place);
    golden_destroy(golden);
}
END_TEST

START_TEST(the_command_takes_another_file_and_names_the_line_that_is_not_kept) {
    static const char text[] = "example {\n  reward { use: \"progress\" config { alpha: 2 } }\n"
                               "  episode {\n    turn { grade: 0 }\n"
                               "    turn { grade: 1 score: 3 }\n  }\n}\n";
    const char *path = scratch("other.textproto");
    file_put(path, text, strlen(text));
    Child child = emend("check", EMEND_PLUGIN_DIR "/emend.rewards.progress", "--golden", path,
                        "--only", "golden.examples");
    child_expect(&child, 1);
    child_says(child.out, "other.textproto:5:5: the score is 2; by the example it must be 3");
    child_says(child.out, "--only golden.examples@progress --seed 1 --golden ");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_golden");
    TCase *tcase = tcase_create("golden");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_place, 0,
                        sizeof wrongs / sizeof *wrongs);
    tcase_add_test(tcase, examples_are_found_by_component_and_by_whether_the_config_is_good);
    tcase_add_test(tcase, the_command_takes_another_file_and_names_the_line_that_is_not_kept);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
