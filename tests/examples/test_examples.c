/* SPDX-License-Identifier: Apache-2.0 */
/* What the READMEs of examples/ tell a reader to do, done with the installed examples. */
#include "sdk.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES SDK_PREFIX "/share/emend/examples"
#define MANIFESTS SDK_PREFIX "/share/emend/manifests"

START_TEST(a_backend_that_emend_new_writes_takes_the_course_of_cpu) {
    Child child = sdk_shell("make -C " EXAMPLES "/backend-reference curves BUILD=$PWD/backend \\\n"
                            "    CMAKEFLAGS='-G Ninja -DBUILD_TESTING=OFF'\n");
    child_expect(&child, 0);
    child_says(child.out, " numbers, the largest difference ");
    child_finish(&child);
}
END_TEST

START_TEST(curves_that_differ_are_told_apart) {
    static const char a[] = "{\"step\":1,\"time\":3,\"metrics\":{\"kl\":0.5,\"timing_s/step\":1}}\n"
                            "{\"step\":2,\"time\":4,\"metrics\":{\"kl\":-20}}\n";
    static const char close[] = "{\"step\":1,\"time\":5,\"metrics\":{\"kl\":0.500009}}\n"
                                "{\"step\":2,\"time\":6,\"metrics\":{\"kl\":-20.0001}}\n";
    static const char far[] = "{\"step\":1,\"metrics\":{\"kl\":0.5}}\n"
                              "{\"step\":2,\"metrics\":{\"kl\":-20.001}}\n";
    file_put(scratch("a"), a, sizeof a - 1);
    file_put(scratch("close"), close, sizeof close - 1);
    file_put(scratch("far"), far, sizeof far - 1);
    Child child = sdk_shell("awk -f " EXAMPLES "/backend-reference/curves.awk a close\n"
                            "! awk -f " EXAMPLES "/backend-reference/curves.awk a far\n"
                            "head -n 1 a | (! awk -f " EXAMPLES
                            "/backend-reference/curves.awk a /dev/stdin)");
    child_expect(&child, 0);
    child_says(child.out, "4 numbers, the largest difference 9e-06\n");
    child_says(child.out, "far:2: kl is -20.001, not -20\n4 numbers, the largest difference 5e-05");
    child_says(child.out, "2 numbers, the largest difference 0\nthere must be 4\n");
    child_finish(&child);
}
END_TEST

START_TEST(an_algorithm_is_swapped_and_compared) {
    Child child = sdk_shell(
        "cmake -G Ninja -S " EXAMPLES "/algorithm-swap -B swap\n"
        "cmake --build swap\n"
        "ctest --test-dir swap --output-on-failure\n"
        "emend compare " EXAMPLES "/algorithm-swap/best-of-group.textproto \\\n"
        "    " MANIFESTS "/ablations/score.textproto --plugin-path swap/plugins --out runs \\\n"
        "    --seeds 1 --set stage[0].steps=4 --set stage[1].steps=1 --set stage[2].steps=1 \\\n"
        "    --set stage[1].rollout.prompts_per_step=2 --set evaluation.n_problems=4 \\\n"
        "    --set stage[2].rollout.prompts_per_step=2\n");
    child_expect(&child, 0);
    child_says(child.out, "best_of_group.check .");
    child_says(child.out, "2 variants, 1 seeds; trained once for all, up to stage \"base\"");
    child_says(child.out, "\nbest-of-group                1 ");
    child_finish(&child);
}
END_TEST

START_TEST(a_model_learns_from_a_file_of_ones_own) {
    Child child = sdk_shell("cmake -G Ninja -S " EXAMPLES "/task-own-data -B own\n"
                            "cmake --build own\n"
                            "ctest --test-dir own --output-on-failure\n"
                            "packages=$PWD/own/plugins out=$PWD/own-run\n"
                            "cd " EXAMPLES "/task-own-data\n"
                            "emend run own-data.textproto --plugin-path $packages --out $out\n");
    child_expect(&child, 0);
    child_says(child.out, "own_data.check .");
    child_says(child.out, "evaluated at step 190: ");
    child_says(child.out, "\nstage2                   40 ");
    child_finish(&child);
}
END_TEST

START_TEST(functions_of_other_languages_are_rewards) {
    Child child = sdk_shell(
        "cp -r " EXAMPLES "/reward-foreign foreign\n"
        "cd foreign\n"
        "make check >log\n"
        "grep conforms log\n"
        "emend plugins show closeness --plugin-path build\n"
        "sed -i 's/thread_safe: true/own_process: true/' build/c/plugin.textproto\n"
        "emend run %s --plugin-path build --out apart \\\n"
        "    --set \"stage[1].reward[0]={ use: 'closeness' }\"\n"
        "grep -q '\"reward/n_errors\":0' apart/metrics.jsonl\n"
        "command -v gfortran >/dev/null || exit 0\n"
        "emend run %s --plugin-path build --out run \\\n"
        "    --set \"stage[1].reward[0]={ use: 'closeness_fortran' config { turn: 2 } }\"\n"
        "grep -q '\"reward/n_errors\":0' run/metrics.jsonl\n"
        // What its README says of a wrong signature.
        "sed -i 's/type: F64 param/type: F32 param/' build/fortran/plugin.textproto\n"
        "! emend check build/fortran >log\n"
        "grep -m 1 FAIL -A 1 log\n",
        fixture("tiny.textproto"), fixture("tiny.textproto"));
    child_expect(&child, 0);
    child_says(child.out, "org.example.closeness conforms at level 9 ");
    child_says(child.out, "double reach, double *score, char *err_buf, size_t err_cap)\n");
    if (strstr(child.out, "closeness_fortran")) {
        child_says(child.out, "org.example.closeness_fortran conforms at level 9 ");
        child_says(child.out, "example[1] gave 0; it must give 0.5; libffi cannot see a wrong");
    }
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("examples");
    TCase *tcase = tcase_create("examples");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, a_backend_that_emend_new_writes_takes_the_course_of_cpu);
    tcase_add_test(tcase, curves_that_differ_are_told_apart);
    tcase_add_test(tcase, an_algorithm_is_swapped_and_compared);
    tcase_add_test(tcase, a_model_learns_from_a_file_of_ones_own);
    tcase_add_test(tcase, functions_of_other_languages_are_rewards);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
