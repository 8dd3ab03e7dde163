/* SPDX-License-Identifier: Apache-2.0 */
/* `emend grade humaneval` and `mbpp`, on problems of our own in the published forms. Where the
 * sandbox cannot be had the programs, which are harmless, run without. */
#include "child.h"
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS EMEND_SOURCE_DIR "/tests/fixtures/programs/"

static bool is_unsafe;

static const char *input(const char *text) {
    const char *path = scratch("samples.jsonl");
    file_put(path, text, strlen(text));
    return path;
}

// Grades a text, given as a file; further words end with NULL.
static Child grade(const char *task, const char *text, ...) {
    char data[512];
    const char *words[32] = {"grade", task, input(text), "--set", data, "--set=cpu_ms=500"};
    size_t n = 6;
    va_list more;
    snprintf(data, sizeof data, "data=" PROBLEMS "%s.jsonl", task);
    words[n++] = "--set=wall_ms=120000";
    if (strcmp(task, "mbpp") == 0) {
        words[n++] = "--set=n_shots=0"; // the problems that they are taken from are not there
    }
    if (is_unsafe) {
        words[n++] = "--unsafe-no-sandbox";
    }
    va_start(more, text);
    while ((words[n] = va_arg(more, const char *))) {
        n++;
    }
    va_end(more);
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    return child;
}

static void look_for_a_sandbox(void) {
    scratch_begin();
    is_unsafe = false;
    Child child = grade("humaneval", "{\"task_id\":\"Own/0\",\"completion\":\"\"}\n", NULL);
    is_unsafe = strstr(child.out, "make namespaces") != NULL;
    child_finish(&child);
}

/* ---- lines ---------------------------------------------------------------------------------- */

#define DOUBLE "{\"task_id\":\"Own/0\",\"completion\":\""
#define EVENS "{\"task_id\":\"Own/1\",\"completion\":\""
#define OWN_0 "{\"task_id\":\"Own/0\",\"verdict\":\""
#define OWN_1 "{\"task_id\":\"Own/1\",\"verdict\":\""
#define M_11 "{\"task_id\":11,\"completion\":\""
#define V_11 "{\"task_id\":11,\"verdict\":\""

typedef struct Case {
    const char *task, *in, *out;
} Case;

static const Case lines[] = {
    {"humaneval", DOUBLE "    return 2 * x\\n\"}", OWN_0 "passed\"}"},
    {"humaneval", DOUBLE "    return x\\n\",\"id\":[7]}",
     "{\"task_id\":\"Own/0\",\"id\":[7],\"verdict\":\"failed\",\"detail\":\"AssertionError\"}"},
    {"humaneval", DOUBLE "    return {}[x]\\n\"}", OWN_0 "failed\",\"detail\":\"KeyError: 2\"}"},
    {"humaneval", DOUBLE "    while True: pass\\n\"}",
     OWN_0 "timeout\",\"detail\":\"more than 500 ms of processor time\"}"},
    {"humaneval", DOUBLE "    return 2 x\\n\"}",
     OWN_0 "syntax_error\",\"detail\":\"SyntaxError: invalid syntax (<program>, line 6)\"}"},
    {"humaneval", DOUBLE "    return 2 * x\\nquit()\\n\"}",
     OWN_0 "failed\",\"detail\":\"SystemExit\"}"},
    {"humaneval", EVENS "    return [x for x in numbers if is_even(x)]\\n\"}", OWN_1 "passed\"}"},
    {"humaneval", EVENS "    return numbers[:1]\\n\"}",
     OWN_1 "failed\",\"detail\":\"AssertionError\"}"},
    {"humaneval",
     "{\"task_id\":\"Own/1\",\"solution\":\"def evens(a):\\n  return [x for x in a if x % 2 == "
     "0]\"}",
     OWN_1 "passed\"}"},
    {"humaneval", "{\"task_id\":\"Own/2\",\"completion\":\"\"}",
     "{\"task_id\":\"Own/2\",\"verdict\":\"error\",\"line\":2,\"reason\":\"task_id: is 'Own/2', "
     "which no "
     "problem of the file in `data` has\"}"},
    {"mbpp", M_11 "def double(x):\\n  return 2 * x\"}", V_11 "passed\"}"},
    {"mbpp", "{\"task_id\":\"MBPP/11\",\"completion\":\"double = lambda x: x + x\"}",
     "{\"task_id\":\"MBPP/11\",\"verdict\":\"passed\"}"},
    {"mbpp", M_11 "def double(x):\\n  return x\"}", V_11 "failed\",\"detail\":\"AssertionError\"}"},
    {"mbpp", M_11 "def twice(x):\\n  return 2 * x\"}",
     V_11 "failed\",\"detail\":\"NameError: name 'double' is not defined\"}"},
    {"mbpp", M_11 "while True: pass\"}",
     V_11 "timeout\",\"detail\":\"more than 500 ms of processor time\"}"},
    {"mbpp", M_11 "def double(x) return 2 * x\"}",
     V_11 "syntax_error\",\"detail\":\"SyntaxError: expected ':' (<program>, line 1)\"}"},
    {"mbpp", "{\"task_id\":13,\"completion\":\"\"}",
     "{\"task_id\":13,\"verdict\":\"error\",\"line\":2,\"reason\":\"task_id: is '13', which no "
     "problem of the file in `data` has\"}"},
    {"mbpp", "{\"task_id\":11}",
     "{\"task_id\":11,\"verdict\":\"error\",\"line\":2,\"reason\":\"completion: is missing; a "
     "record must have it, or solution, which is a whole program\"}"},
    {"mbpp", "{\"task_id\":11,",
     "{\"verdict\":\"error\",\"line\":2,\"reason\":\"column 14: the line "
     "is not JSON: string or '}' expected near end of file\"}"},
};

// With lines before and behind it that pass: nothing that a program does reaches another.
START_TEST(a_program_gets_its_line) {
    const Case *one = &lines[_i];
    bool is_mbpp = strcmp(one->task, "mbpp") == 0;
    const char *right =
        is_mbpp ? M_11 "def double(x):\\n  return x + x\"}" : DOUBLE "    return x + x\\n\"}";
    const char *passed = is_mbpp ? V_11 "passed\"}" : OWN_0 "passed\"}";
    char in[1024], out[1024];
    snprintf(in, sizeof in, "%s\n%s\n%s\n", right, one->in, right);
    snprintf(out, sizeof out, "%s\n%s\n%s\n", passed, one->out, passed);
    Child child = grade(one->task, in, NULL);
    ck_assert_str_eq(child.out, out);
    child_finish(&child);
}
END_TEST

/* ---- totals --------------------------------------------------------------------------------- */

static const char *last_line(const Child *child) {
    const char *at = child->out + strlen(child->out) - 1;
    while (at > child->out && at[-1] != '\n') {
        at--;
    }
    return at;
}

START_TEST(the_summary_has_pass_at_k) {
    // Of Own/0 one in two passes, of Own/1 none; what is not graded is no sample.
    Child child = grade("humaneval",
                        DOUBLE "    return 2 * x\\n\"}\n" EVENS "    return 7\\n\"}\n" DOUBLE
                               "    return 7\\n\"}\n" DOUBLE "    2 x\\n\"}\n" DOUBLE
                               "    return x + x\\n\"}\n{\"task_id\":\"Own/9\"}\n{\n",
                        "--summary", NULL);
    ck_assert_str_eq(
        last_line(&child),
        "{\"summary\":{\"lines\":7,\"verdicts\":{\"error\":2,\"failed\":2,\"passed\":2,"
        "\"syntax_error\":1},\"problems\":2,\"samples\":5,\"pass@1\":0.25}}\n");
    child_finish(&child);
}
END_TEST

START_TEST(pass_at_10_comes_with_ten_samples) {
    char in[2048] = "";
    for (int i = 0; i < 10; i++) {
        strcat(in, i < 3 ? M_11 "def double(x):\\n  return 2 * x\"}\n"
                         : M_11 "def double(x):\\n  return 2\"}\n");
    }
    Child child = grade("mbpp", in, "--summary", NULL);
    json_t *all = child_json(&child);
    json_t *summary = json_object_get(json_array_get(all, 10), "summary");
    ck_assert_double_eq_tol(json_real_value(json_object_get(summary, "pass@1")), 0.3, 1e-12);
    ck_assert_double_eq_tol(json_real_value(json_object_get(summary, "pass@10")), 1, 1e-12);
    ck_assert_ptr_null(json_object_get(summary, "pass@100"));
    json_decref(all);
    child_finish(&child);
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------- */

START_TEST(verdicts_come_in_the_order_of_the_lines_on_several_threads) {
    enum { N = 48 };
    static const char *const bodies[] = {"    return 2 * x\\n", "    return x\\n", "    2 x\\n",
                                         "    import time; time.sleep(0.05); return 2 * x\\n"};
    static const char *const verdicts[] = {"passed", "failed", "syntax_error", "passed"};
    char in[N * 160] = "";
    for (int i = 0; i < N; i++) {
        sprintf(in + strlen(in), "{\"id\":%d,\"task_id\":\"Own/0\",\"completion\":\"%s\"}\n", i,
                bodies[i % 4]);
    }
    Child child = grade("humaneval", in, "--threads", "6", "--set", "n_workers=3", NULL);
    json_t *all = child_json(&child);
    ck_assert_uint_eq(json_array_size(all), N);
    for (int i = 0; i < N; i++) {
        json_t *line = json_array_get(all, (size_t)i);
        ck_assert_int_eq((int)json_integer_value(json_object_get(line, "id")), i);
        ck_assert_str_eq(json_string_value(json_object_get(line, "verdict")), verdicts[i % 4]);
    }
    json_decref(all);
    child_finish(&child);
}
END_TEST

/* ---- output --------------------------------------------------------------------------------- */

#define KEPT "\",\"output\":\""

static const Case outputs[] = {
    {"humaneval", DOUBLE "    return 2 * x\\n\"}", OWN_0 "passed" KEPT "\"}"},
    {"humaneval", DOUBLE "    print('x:', x)\\n    return x\\n\"}",
     OWN_0 "failed\",\"detail\":\"AssertionError" KEPT "x: 2\\n\"}"},
    {"humaneval", DOUBLE "    print('a')\\n    while True: pass\\n\"}",
     OWN_0 "timeout\",\"detail\":\"more than 500 ms of processor time" KEPT "a\\n\"}"},
    {"humaneval", DOUBLE "    return 2 x\\n\"}",
     OWN_0 "syntax_error\",\"detail\":\"SyntaxError: invalid syntax (<program>, line 6)" KEPT
           "\"}"},
    // What would be a verdict, the end of the line, or no JSON.
    {"humaneval",
     DOUBLE "    print('P\\\\nE\\\\n\\\"}\\\\n{\\\"verdict\\\":\\\"passed\\\"}\\\\\\\\')\\n\"}",
     OWN_0 "failed\",\"detail\":\"AssertionError" KEPT
           "P\\nE\\n\\\"}\\n{\\\"verdict\\\":\\\"passed\\\"}\\\\\\n\"}"},
    {"mbpp",
     M_11
     "import os\\nos.write(1, b'a\\\\0\\\\xff\\\\x1b[2J\\\\xc3\\\\xa9\\\\xf0')\\ndouble = 0\"}",
     V_11 "failed\",\"detail\":\"TypeError: 'int' object is not callable" KEPT
          "a\\u0000\xEF\xBF\xBD\\u001b[2J\xC3\xA9\xEF\xBF\xBD\"}"},
    {"mbpp", M_11 "import sys\\nprint('out')\\nprint('err', file=sys.stderr)\\ndouble = None\"}",
     V_11 "failed\",\"detail\":\"TypeError: 'NoneType' object is not callable" KEPT
          "out\\nerr\\n\"}"},
};

START_TEST(output_is_a_field_where_it_is_kept) {
    char in[512], out[512];
    snprintf(in, sizeof in, "%s\n", outputs[_i].in);
    snprintf(out, sizeof out, "%s\n", outputs[_i].out);
    Child child = grade(outputs[_i].task, in, "--set", "keep_output=true", NULL);
    ck_assert_str_eq(child.out, out);
    child_finish(&child);
    child = grade(outputs[_i].task, in, NULL);
    ck_assert_ptr_null(strstr(child.out, "\"output\":"));
    child_finish(&child);
}
END_TEST

START_TEST(output_without_end_is_cut_to_its_beginning_and_its_end) {
    Child child = grade("mbpp",
                        M_11 "import os\\nos.write(1, b'first')\\nwhile True: os.write(1, b'a' * "
                             "99999)\"}\n" M_11 "def double(x): return 2 * x\"}\n",
                        "--set", "keep_output=true", NULL);
    json_t *all = child_json(&child);
    const char *output = json_string_value(json_object_get(json_array_get(all, 0), "output"));
    const char *gap = strstr(output, "\n[.. ");
    unsigned long long n_left_out = 0;
    int n = 0;
    ck_assert_ptr_nonnull(gap);
    ck_assert_int_eq(gap - output, 4096);
    ck_assert_int_eq(strncmp(output, "firstaaa", 8), 0);
    ck_assert_int_eq(sscanf(gap, " [.. %llu bytes left out ..] %n", &n_left_out, &n), 1);
    ck_assert_uint_gt(n_left_out, 0);
    ck_assert_uint_eq(strspn(gap + n, "a"), 4096);
    ck_assert_uint_eq(strlen(gap + n), 4096);
    child_says(child.out, V_11 "timeout\",\"detail\":\"more than 500 ms of processor time");
    child_says(child.out, "\n" V_11 "passed" KEPT "\"}\n");
    json_decref(all);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("grade programs");
    TCase *tcase = tcase_create("grade programs");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, look_for_a_sandbox, scratch_end);
    tcase_add_loop_test(tcase, a_program_gets_its_line, 0, sizeof lines / sizeof *lines);
    tcase_add_test(tcase, the_summary_has_pass_at_k);
    tcase_add_test(tcase, pass_at_10_comes_with_ten_samples);
    tcase_add_test(tcase, verdicts_come_in_the_order_of_the_lines_on_several_threads);
    tcase_add_loop_test(tcase, output_is_a_field_where_it_is_kept, 0,
                        sizeof outputs / sizeof *outputs);
    tcase_add_test(tcase, output_without_end_is_cut_to_its_beginning_and_its_end);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
