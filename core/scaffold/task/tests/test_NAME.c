/* The task as a run calls it. */
#include "config.pb-c.h"
#include "emend/task.h"
#include "emend/testing.h"
#include <check.h>

static EmendTest test;
static const EmendTask *task;

static void open_default(void) {
    EmendStatus status = emend_test_create(&test, EMEND_KIND_TASK, "@NAME@", (EmendBytes){0});
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    task = test.table;
}

static void close_default(void) {
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}

static uint32_t open_split(const char *name, uint64_t *count) {
    uint32_t split = 0;
    EmendStatus status = task->split_open(test.self, emend_str(name), &split, count, &test.err);
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    return split;
}

static double grade(const char *reference, const char *response, EmendTestSink *fields) {
    EmendScore score = {0};
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .prompt = emend_str("?"),
                           .reference = emend_str(reference),
                           .response = emend_str(response)};
    EmendStatus status = task->grade(test.self, &args, &score, emend_test_sink(fields), &test.err);
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    return score.value;
}

START_TEST(the_splits_share_no_problem) {
    static char seen[100][100];
    uint64_t n_all = 0;
    const char *const names[] = {"train", "test"};
    for (int s = 0; s < 2; s++) {
        uint64_t count = 0;
        uint32_t split = open_split(names[s], &count);
        n_all += count;
        for (uint64_t i = 0; i < count; i++) {
            EmendTestSink fields;
            int a = -1, b = -1;
            EmendStatus status =
                task->problem(test.self, split, i, emend_test_sink(&fields), &test.err);
            ck_assert_msg(status == EMEND_OK, "%s", test.message);
            ck_assert_int_eq(sscanf(fields.text[EMEND_PROBLEM_PROMPT], "%d+%d=", &a, &b), 2);
            ck_assert_int_eq(seen[a][b]++, 0);
            ck_assert_int_eq(atoi(fields.text[EMEND_PROBLEM_REFERENCE]), a + b);
        }
    }
    ck_assert_uint_eq(n_all, 10000);
}
END_TEST

START_TEST(a_split_or_problem_that_is_not_there_is_refused) {
    uint32_t split = 0;
    uint64_t count = 0;
    EmendTestSink fields;
    ck_assert_int_eq(task->split_open(test.self, emend_str("tset"), &split, &count, &test.err),
                     EMEND_NOT_FOUND);
    ck_assert_str_eq(test.message, "split: there is no \"tset\"; there are train and test");
    split = open_split("test", &count);
    ck_assert_int_eq(task->problem(test.self, split, count, emend_test_sink(&fields), &test.err),
                     EMEND_OUT_OF_RANGE);
}
END_TEST

START_TEST(the_last_number_of_a_response_is_its_answer) {
    EmendTestSink fields;
    ck_assert_double_eq(grade("46", "12+34=46", &fields), 1);
    ck_assert_str_eq(fields.text[EMEND_GRADE_EXTRACTED], "46");
    ck_assert_double_eq(grade("46", "46? No, 45.", &fields), 0);
    ck_assert_str_eq(fields.text[EMEND_GRADE_EXTRACTED], "45");
    ck_assert_double_eq(grade("46", "", &fields), 0);
    ck_assert_uint_eq(fields.n_puts[EMEND_GRADE_EXTRACTED], 0);
}
END_TEST

START_TEST(a_demonstration_ends_right) {
    uint64_t count = 0;
    uint32_t split = open_split("train", &count);
    int n_right_first = 0;
    for (uint64_t i = 0; i < 200; i++) {
        EmendTestSink problem, turns;
        int first = 0, second = 0;
        ck_assert_int_eq(task->problem(test.self, split, i, emend_test_sink(&problem), &test.err),
                         EMEND_OK);
        ck_assert_int_eq(
            task->demonstrate(test.self, split, i, 7, 2, emend_test_sink(&turns), &test.err),
            EMEND_OK);
        ck_assert_int_eq(
            sscanf(turns.text[EMEND_DEMONSTRATION_RESPONSE], "%d\n%d", &first, &second), 2);
        ck_assert_int_eq(second, atoi(problem.text[EMEND_PROBLEM_REFERENCE]));
        n_right_first += first == second;
    }
    ck_assert_int_gt(n_right_first, 60);
    ck_assert_int_lt(n_right_first, 140);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_checked_fixture(tcase, open_default, close_default);
    tcase_add_test(tcase, the_splits_share_no_problem);
    tcase_add_test(tcase, a_split_or_problem_that_is_not_there_is_refused);
    tcase_add_test(tcase, the_last_number_of_a_response_is_its_answer);
    tcase_add_test(tcase, a_demonstration_ends_right);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
