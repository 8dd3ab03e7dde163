/* SPDX-License-Identifier: Apache-2.0 */
/* A real recipe on the backend that `emend new` writes: its curve is the cpu backend's. */
#include "child.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first steps of every stage, before rounding has had time to grow into another sample. */
static json_t *metrics_with(const char *backend) {
    size_t len = 0;
    char use[64], path[512];
    snprintf(use, sizeof use, "backend.use=%s", backend);
    const char *dir = scratch("%s", backend);
    Child child = emend("run", EMEND_SOURCE_DIR "/manifests/score-arithmetic.textproto", "--out",
                        dir, "--plugin-path", STARTER_DIR ":" EMEND_PLUGIN_DIR, "--set", use,
                        "--set", "stage[0].steps=12", "--set", "stage[1].steps=3", "--set",
                        "stage[2].steps=3", "--set", "stage[1].rollout.prompts_per_step=8", "--set",
                        "stage[2].rollout.prompts_per_step=8", "--set", "evaluation.n_problems=20");
    child_expect(&child, 0);
    child_finish(&child);
    snprintf(path, sizeof path, "%s/metrics.jsonl", dir);
    char *text = file_get(path, &len);
    json_t *records = child_json(&(Child){.out = text});
    free(text);
    return records;
}

static bool is_of_time(const char *name) {
    return strncmp(name, "timing_s/", 9) == 0 || strncmp(name, "perf/", 5) == 0;
}

static int compare(json_t *expected, json_t *found) {
    const char *name = NULL;
    json_t *value = NULL;
    int n = 0;
    json_object_foreach(expected, name, value) {
        double a = json_number_value(value), b = json_number_value(json_object_get(found, name));
        if (!is_of_time(name) && json_is_number(value)) {
            ck_assert_msg(fabs(a - b) <= 1e-5 * fmax(1.0, fabs(a)), "%s is %.9g, not %.9g", name, b,
                          a);
            n++;
        }
    }
    return n;
}

START_TEST(score_on_arithmetic_takes_the_course_of_the_cpu_backend) {
    scratch_begin();
    json_t *expected = metrics_with("cpu"), *found = metrics_with("starter"), *record = NULL;
    size_t i = 0;
    int n = 0;
    ck_assert_uint_eq(json_array_size(expected), json_array_size(found));
    json_array_foreach(expected, i, record) {
        n += compare(json_object_get(record, "metrics"),
                     json_object_get(json_array_get(found, i), "metrics"));
    }
    ck_assert_msg(n > 100, "only %d numbers were compared", n);
    json_decref(expected);
    json_decref(found);
    scratch_end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("scaffold backend recipe");
    TCase *tests = tcase_create("recipe");
    tcase_set_timeout(tests, 200);
    tcase_add_test(tests, score_on_arithmetic_takes_the_course_of_the_cpu_backend);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
