/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins that were built for an earlier release work in today's host as they did. */
#include "runs.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(plugins_of_an_earlier_release_give_the_same_bits) {
    char ours[4096], path[4096];
    snprintf(ours, sizeof ours, "%s", scratch("ours"));
    snprintf(path, sizeof path, "%s/tests/released", EMEND_BINARY_DIR);
    Child child = run_recipe(fixture("tiny.textproto"), ours, NULL, NULL);
    child_expect(&child, 0);
    child_finish(&child);

    const char *words[] = {"plugins", "list", "--plugin-path", path, NULL};
    child = child_run(&(ChildArgs){.words = words});
    child_says(child.out, "is hidden by");
    child_finish(&child);

    const char *theirs = scratch("theirs");
    child = run_recipe(fixture("tiny.textproto"), theirs, NULL,
                       (const char *[]){"--plugin-path", path, NULL});
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
    // Names of metrics are a plugin's own; what it taught is not.
    ck_assert(policies_are_equal(ours, theirs));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("released");
    TCase *tcase = tcase_create("released");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, plugins_of_an_earlier_release_give_the_same_bits);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
