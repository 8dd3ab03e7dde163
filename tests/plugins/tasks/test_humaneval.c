/* SPDX-License-Identifier: Apache-2.0 */
/* The task "humaneval" on problems of our own in HumanEval's form. */
#include "coding_subject.h"
#include "humaneval/config.pb-c.h"

#include <string.h>

typedef Emend__Tasks__Humaneval__Config Config;
#define CONFIG_INIT EMEND__TASKS__HUMANEVAL__CONFIG__INIT

#define DOUBLE                                                                                     \
    "def double(x: int) -> int:\n    \"\"\" Doubles x.\n    >>> double(2)\n    4\n    \"\"\"\n"
#define SQUARE "import math\n\n\ndef square(x):\n    return x * x\n\n\n"
#define ROOT "def root(x: float) -> float:\n    \"\"\" The square root of x. \"\"\"\n"

static const char rows[] =
    "{\"task_id\": \"Own/0\", \"prompt\": \"def double(x: int) -> int:\\n    \\\"\\\"\\\" Doubles "
    "x.\\n    >>> double(2)\\n    4\\n    \\\"\\\"\\\"\\n\", \"entry_point\": \"double\", "
    "\"canonical_solution\": \"    return 2 * x\\n\", \"test\": \"\\n\\nMETADATA = {}\\n\\n\\ndef "
    "check(candidate):\\n    assert candidate(2) == 4\\n    assert candidate(-1) == -2\\n\\n\"}\n"
    "\n"
    "{\"task_id\": \"Own/1\", \"prompt\": \"import math\\n\\n\\ndef square(x):\\n    return x * "
    "x\\n\\n\\ndef root(x: float) -> float:\\n    \\\"\\\"\\\" The square root of x. "
    "\\\"\\\"\\\"\\n\", \"entry_point\": \"root\", \"canonical_solution\": \"    return "
    "math.sqrt(x)\\n\", \"test\": \"def check(candidate):\\n    for i in range(9):\\n        "
    "assert abs(square(candidate(i)) - i) < 1e-6\\n\"}\n";

static void set_up(void) {
    coding_open("humaneval");
    write_text("rows.jsonl", rows);
}

static Config config_of(char *data) {
    Config config = CONFIG_INIT;
    config.data = data;
    config.has_n_workers = 1;
    config.n_workers = 2;
    return config;
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[8192];
    size_t n_bytes = emend__tasks__humaneval__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__humaneval__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_ok(const Config *config) {
    ck_assert_msg(create(config) == EMEND_OK, "%s", subject.message);
}

static void create_own(void) {
    Config config = config_of(path_of("rows.jsonl"));
    create_ok(&config);
}

/* ---- problems ------------------------------------------------------------------------------- */

START_TEST(one_split_holds_all_problems) {
    uint32_t split = 0;
    Puts puts = {0};
    create_own();
    ck_assert_uint_eq(open_ok("test", &split), 2);
    get_problem("test", 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "Own/0");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE),
                     "# task_id: Own/0\n" DOUBLE "    return 2 * x\n");
    puts_clear(&puts);
    assert_no_split("train", "split: 'train' is not there; there are: test");
    EmendSink sink = puts_sink(&puts);
    ck_assert_int_eq(task()->problem(subject.self, split, 2, &sink, &subject.err),
                     EMEND_OUT_OF_RANGE);
    Config config = config_of(path_of("rows.jsonl"));
    config.has_max_problems = 1;
    config.max_problems = 1;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("test", &split), 1);
}
END_TEST

#define CORRECTION                                                                                 \
    "There might be an error in the code above because of lack of understanding of the question. " \
    "Please correct the error, if any, and rewrite the solution. Only output the final correct "   \
    "Python program!"

START_TEST(paper_asks_with_the_prompt_alone) {
    create_own();
    assert_prompt("test", 0, DOUBLE);
    assert_prompt("test", 1, SQUARE ROOT);
    assert_instruction("# " CORRECTION);
}
END_TEST

START_TEST(chat_asks_in_words) {
    Config config = config_of(path_of("rows.jsonl"));
    config.has_prompt_style = 1;
    config.prompt_style = EMEND__TASKS__HUMANEVAL__CONFIG__PROMPT_STYLE__CHAT;
    create_ok(&config);
    assert_prompt("test", 0,
                  "Write a solution to the following problem and make sure that it passes the "
                  "tests:\n```python\n" DOUBLE "```");
    assert_instruction(CORRECTION);
    config.instruction = (char *)"Look again.";
    create_ok(&config);
    assert_instruction("Look again.");
}
END_TEST

START_TEST(demonstrations_are_graded_right) {
    for (int style = 0; style < 2; style++) {
        Config config = config_of(path_of("rows.jsonl"));
        uint32_t split = 0;
        config.has_prompt_style = 1;
        config.prompt_style = (Emend__Tasks__Humaneval__Config__PromptStyle)style;
        create_ok(&config);
        for (uint64_t i = 0; i < open_ok("test", &split); i++) {
            Puts puts = {0};
            EmendSink sink = puts_sink(&puts);
            ck_assert_int_eq(task()->demonstrate(subject.self, split, i, 1, 2, &sink, &subject.err),
                             EMEND_OK);
            ck_assert_int_eq(puts.n, 2);
            ck_assert_double_eq(grade_ok("test", i, puts.items[0].text, NULL), 1);
            ck_assert_double_eq(grade_ok("test", i, puts.items[1].text, NULL), 1);
            puts_clear(&puts);
        }
    }
}
END_TEST

/* ---- grades --------------------------------------------------------------------------------- */

static const struct {
    uint64_t index;
    const char *response;
    double value;
    const char *reason; // what it begins with
} grades[] = {
    {0, "    return 2 * x\n", 1, ""},
    {0, "return x + x", 1, ""},
    {0, "```python\ndef double(x):\n    return 2 * x\n```", 1, ""},
    {0, "    return x\n", 0, "failed: AssertionError"},
    {0, "    return 2 * y\n", 0, "failed: NameError: name 'y' is not defined"},
    {0, "    return 2 x\n", 0, "syntax_error: SyntaxError"},
    {0, "", 0, "no program is found"},
    {0, "```python\n```", 0, "no program is found"},
    {0, "    import sys\n    sys.exit(0)\n", 0, "failed"},
    {1, "    return math.sqrt(x)\n", 1, ""},
    {1, "```python\ndef root(x):\n    return math.sqrt(x)\n```", 1, ""},
    // The helper that the tests use is the prompt's, whatever the program makes of it.
    {1, "```python\ndef square(x):\n    return x * x\n\n\ndef root(x):\n    return x ** 0.5\n```",
     1, ""},
    {1,
     "```python\nclass Any:\n    def __eq__(self, other):\n        return True\n    def "
     "__sub__(self, "
     "other):\n        return 0\n\n\ndef square(x):\n    return Any()\n\n\ndef root(x):\n    "
     "return "
     "5\n```",
     0, "failed"},
};

START_TEST(response_is_graded_by_its_tests) {
    const char *reason = NULL;
    create_own();
    double value = grade_ok("test", grades[_i].index, grades[_i].response, &reason);
    ck_assert_msg(value == grades[_i].value, "'%s': %s", grades[_i].response, reason);
    ck_assert_msg(strncmp(reason, grades[_i].reason, strlen(grades[_i].reason)) == 0,
                  "'%s' for '%s'", reason, grades[_i].reason);
}
END_TEST

static const struct {
    uint64_t index;
    const char *response;
    double value;
} fractions[] = {
    {0, "    return 2 * x\n", 1},
    {0, "    return abs(2 * x)\n", 0.5},
    {0, "    return 7\n", 0},
    {0, "    return 2 x\n", 0},
    {0, "    assert x > 0\n    return 4\n", 0.5},
    {0, "    import os; os._exit(0)\n", 0},
    {1, "    return x ** 0.5\n", 1},
    {1, "    return x\n", 0}, // a loop is one
};

START_TEST(fraction_counts_the_asserts_of_check) {
    Config config = config_of(path_of("rows.jsonl"));
    config.has_fraction = config.fraction = 1;
    create_ok(&config);
    const char *reason = NULL;
    double value = grade_ok("test", fractions[_i].index, fractions[_i].response, &reason);
    ck_assert_msg(value == fractions[_i].value, "%g for '%s': %s", value, fractions[_i].response,
                  reason);
    ck_assert_str_eq(verdict_of("Own/0", "    return abs(2 * x)\n"), "failed: AssertionError");
}
END_TEST

START_TEST(grade_tells_the_code_it_found) {
    EmendScore score;
    Puts puts = {0};
    create_own();
    ck_assert_int_eq(grade("test", 0, 2, "So:\n```\n    return 2 * x\n```", &score, &puts),
                     EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_GRADE_EXTRACTED), "    return 2 * x\n");
    puts_clear(&puts);
}
END_TEST

START_TEST(foreign_reference_is_an_error_and_no_score) {
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = emend_str("# task_id: Own/7\n"),
                           .response = emend_str("    return 1")};
    EmendScore score = {0};
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    create_own();
    ck_assert_int_eq(task()->grade(subject.self, &args, &score, &sink, &subject.err), EMEND_OK);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(score.reason, "the reference names no problem of this task");
}
END_TEST

START_TEST(endless_program_times_out) {
    Config config = config_of(path_of("rows.jsonl"));
    const char *reason = NULL;
    config.has_wall_ms = config.has_cpu_ms = 1;
    config.wall_ms = 2000;
    config.cpu_ms = 1000;
    create_ok(&config);
    ck_assert_double_eq(grade_ok("test", 0, "    while True:\n        pass\n", &reason), 0);
    ck_assert_msg(strncmp(reason, "timeout", 7) == 0, "%s", reason);
    ck_assert_double_eq(grade_ok("test", 0, "    return 2 * x\n", NULL), 1);
}
END_TEST

START_TEST(missing_python_is_told_each_time) {
    Config config = config_of(path_of("rows.jsonl"));
    EmendScore score;
    Puts puts = {0};
    config.python = (char *)"/nowhere/python3";
    create_ok(&config);
    for (int i = 0; i < 2; i++) {
        subject.message[0] = '\0';
        ck_assert_int_eq(grade("test", 0, 1, "    return 1", &score, NULL), EMEND_NOT_FOUND);
        assert_message("/nowhere/python3");
        subject.message[0] = '\0';
        ck_assert_int_eq(grade_record("Own/0", EMEND_RECORD_STRING, "completion", "    return 1",
                                      EMEND_RECORD_STRING, &puts),
                         EMEND_NOT_FOUND);
        assert_message("/nowhere/python3");
        ck_assert_int_eq(puts.n, 0);
    }
    ck_assert_str_eq(totals(), "{\"problems\":0,\"samples\":0}");
}
END_TEST

START_TEST(unsafe_run_is_warned_of) {
    Config config = config_of(path_of("rows.jsonl"));
    config.has_unsafe_no_sandbox = 1;
    config.unsafe_no_sandbox = 1;
    create_ok(&config);
    ck_assert_str_eq(logged(), "");
    grade_ok("test", 0, "    return 2 * x\n", NULL);
    ck_assert_ptr_nonnull(strstr(logged(), "2 unsafe_no_sandbox: model-written programs run "
                                           "WITHOUT ISOLATION"));
}
END_TEST

/* ---- records -------------------------------------------------------------------------------- */

static const struct {
    const char *id, *completion, *verdict;
} records[] = {
    {"Own/0", "    return 2 * x\n", "passed"},
    {"Own/0", "    return x\n", "failed: AssertionError"},
    {"Own/0", "    return 2 x\n", "syntax_error: SyntaxError"},
    {"Own/0", "return 2 * x\n", "syntax_error: "}, // to the byte, as the harness has it
    {"Own/0", "", "failed: AssertionError"},
    {"Own/0", "\ndef double(x):\n    return 2 * x\n", "passed"},
    {"Own/0", "```python\nreturn 2 * x\n```", "passed"},
    {"Own/0", "It is:\n```python\ndef double(x):\n    return 2 * x\n```\n", "passed"},
    {"Own/1", "    return x ** 0.5", "passed"},
    {"Own/1", "    return x // 0", "failed: ZeroDivisionError: integer division or modulo by zero"},
};

START_TEST(record_has_a_verdict_and_a_detail) {
    create_own();
    const char *verdict = verdict_of(records[_i].id, records[_i].completion);
    ck_assert_msg(strncmp(verdict, records[_i].verdict, strlen(records[_i].verdict)) == 0, "'%s'",
                  verdict);
}
END_TEST

START_TEST(totals_are_pass_at_k) {
    create_own();
    verdict_of("Own/0", "    return 2 * x\n");
    verdict_of("Own/0", "    return x\n");
    verdict_of("Own/1", "    return x\n");
    ck_assert_str_eq(totals(), "{\"problems\":2,\"samples\":3,\"pass@1\":0.25}");
}
END_TEST

START_TEST(solution_is_a_whole_program) {
    Puts puts = {0};
    create_own();
    ck_assert_int_eq(grade_record("Own/1", EMEND_RECORD_STRING, "solution",
                                  "def root(x):\n    return x ** 0.5\n", EMEND_RECORD_STRING,
                                  &puts),
                     EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_VERDICT_NAME), "passed");
    puts_clear(&puts);
}
END_TEST

static const struct {
    const char *completion, *output;
} outputs[] = {
    {"    return 2 * x\n", ""},
    {"    print('x is', x)\n    return 2 * x\n", "x is 2\nx is -1\n"},
    {"    print('x is', x)\n    return x\n", "x is 2\n"},
    {"    return 2 x\n", ""},
    {"    print('a' * 4096 + 'b' * 123 + 'c' * 4095)\n    raise ValueError\n",
     "\n[.. 123 bytes left out ..]\nc"},
};

START_TEST(output_is_told_where_it_is_kept) {
    enum { OUTPUT = EMEND_VERDICT_DETAIL + 1 };
    Config config = config_of(path_of("rows.jsonl"));
    config.has_keep_output = 1;
    for (config.keep_output = 0; config.keep_output < 2; config.keep_output++) {
        Puts puts = {0};
        create_ok(&config);
        ck_assert_int_eq(grade_record("Own/0", EMEND_RECORD_STRING, "completion",
                                      outputs[_i].completion, EMEND_RECORD_STRING, &puts),
                         EMEND_OK);
        const char *output = puts_text(&puts, OUTPUT);
        if (!config.keep_output) {
            ck_assert_ptr_null(output);
        } else if (strncmp(outputs[_i].output, "\n[..", 4) == 0) {
            ck_assert_uint_eq(strspn(output, "a"), 4096);
            ck_assert_ptr_eq(strstr(output, outputs[_i].output), output + 4096);
        } else {
            ck_assert_str_eq(output, outputs[_i].output);
        }
        puts_clear(&puts);
    }
}
END_TEST

START_TEST(failures_are_kept) {
    Config config = config_of(path_of("rows.jsonl"));
    EmendScore score;
    config.failures = path_of("wrong.jsonl");
    create_ok(&config);
    grade_ok("test", 0, "    return 2 * x\n", NULL);
    grade_ok("test", 0, "    return \"\xC3\xA4\"\n", NULL);
    ck_assert_int_eq(grade("test", 0, 2, "    return 7\n", &score, NULL), EMEND_OK);
    verdict_of("Own/1", "    return x\n");
    ck_assert_str_eq(read_text("wrong.jsonl"),
                     "{\"task_id\":\"Own/0\",\"program\":\"def double(x: int) -> int:\\n    "
                     "\\\"\\\"\\\" Doubles x.\\n    >>> double(2)\\n    4\\n    "
                     "\\\"\\\"\\\"\\n    return \\\"\xC3\xA4\\\"\\n\"}\n"
                     "{\"task_id\":\"Own/1\",\"program\":\"import math\\n\\n\\ndef "
                     "square(x):\\n    return x * x\\n\\n\\ndef root(x: float) -> float:\\n    "
                     "\\\"\\\"\\\" The square root of x. \\\"\\\"\\\"\\n    return x\\n\"}\n");
}
END_TEST

static const struct {
    const char *id;
    uint32_t id_type;
    const char *name, *value;
    uint32_t type;
    const char *message;
} bad_records[] = {
    {NULL, 0, "completion", "", EMEND_RECORD_STRING,
     "task_id: is missing; a record must have task_id and completion"},
    {"null", EMEND_RECORD_OTHER, "completion", "", EMEND_RECORD_STRING,
     "task_id: is of another type; it must be a string or a number"},
    {"Own/0", EMEND_RECORD_STRING, NULL, NULL, 0,
     "completion: is missing; a record must have it, or solution, which is a whole program"},
    {"Own/0", EMEND_RECORD_STRING, "completions", "", EMEND_RECORD_STRING,
     "completion: is missing"},
    {"Own/0", EMEND_RECORD_STRING, "completion", "1", EMEND_RECORD_NUMBER,
     "completion: is of another type; it must be a string"},
    {"Own/0", EMEND_RECORD_STRING, "solution", "[]", EMEND_RECORD_OTHER,
     "solution: is of another type; it must be a string"},
    {"Own/9", EMEND_RECORD_STRING, "completion", "", EMEND_RECORD_STRING,
     "task_id: is 'Own/9', which no problem of the file in `data` has"},
};

START_TEST(bad_record_is_refused_with_its_field) {
    Puts puts = {0};
    create_own();
    ck_assert_int_eq(grade_record(bad_records[_i].id, bad_records[_i].id_type, bad_records[_i].name,
                                  bad_records[_i].value, bad_records[_i].type, &puts),
                     EMEND_INVALID_ARGUMENT);
    assert_message(bad_records[_i].message);
    ck_assert_int_eq(puts.n, 0);
}
END_TEST

/* ---- files ---------------------------------------------------------------------------------- */

static const struct {
    const char *text, *message;
} bad_files[] = {
    {"", "bad.jsonl: no problem is in it"},
    {"{\"task_id\": \"a\"}\n", "bad.jsonl:1: prompt is missing; a problem must have it"},
    {"\n{\"task_id\": 7}\n", "bad.jsonl:2: task_id is of another type; it must be a string"},
    {"[1]", "bad.jsonl:1: object 1: is no JSON object; it must be one"},
    {"{\"task_id\"", "bad.jsonl:1: "},
    {"{\"task_id\": \"a\", \"prompt\": \"\", \"entry_point\": \"\", \"canonical_solution\": \"\", "
     "\"test\": \"\"}",
     "bad.jsonl:1: entry_point is empty; it must not be"},
};

START_TEST(bad_file_is_refused_with_its_line) {
    Config config = config_of(write_text("bad.jsonl", bad_files[_i].text));
    ck_assert_int_eq(create(&config), EMEND_DATA_LOSS);
    assert_message(bad_files[_i].message);
}
END_TEST

START_TEST(task_id_is_unique) {
    char twice[2 * sizeof rows];
    snprintf(twice, sizeof twice, "%s%s", rows, rows);
    Config config = config_of(write_text("bad.jsonl", twice));
    ck_assert_int_eq(create(&config), EMEND_DATA_LOSS);
    assert_message("bad.jsonl:4: task_id \"Own/0\" was there before; it must be unique");
}
END_TEST

START_TEST(missing_file_is_told_with_the_remedy) {
    Config config = CONFIG_INIT;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("data: is not set; it must name the problems' file, HumanEval.jsonl.gz as "
                   "published: --set data=FILE");
    config = config_of(path_of("nowhere"));
    ck_assert_int_eq(create(&config), EMEND_NOT_FOUND);
    assert_message("nowhere: No such file or directory; it must be HumanEval.jsonl.gz");
    config = config_of(path_of("rows.jsonl"));
    config.failures = path_of("nowhere/wrong.jsonl");
    ck_assert_int_eq(create(&config), EMEND_NOT_FOUND);
    assert_message("failures: ");
}
END_TEST

START_TEST(each_allocation_may_fail) {
    uint8_t bytes[512];
    Config config = config_of(path_of("rows.jsonl"));
    emend__tasks__humaneval__config__pack(&config, bytes);
    for (int64_t n = 0;; n++) {
        subject.host.n_left = n;
        EmendStatus status = subject_create(
            &subject, bytes, emend__tasks__humaneval__config__get_packed_size(&config));
        subject.host.n_left = -1;
        if (status == EMEND_OK) {
            ck_assert_int_gt((int)n, 5);
            return;
        }
        ck_assert(subject.message[0] != '\0');
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("humaneval");
    tcase_add_test(tcase, one_split_holds_all_problems);
    tcase_add_test(tcase, paper_asks_with_the_prompt_alone);
    tcase_add_test(tcase, chat_asks_in_words);
    tcase_add_test(tcase, demonstrations_are_graded_right);
    tcase_add_loop_test(tcase, response_is_graded_by_its_tests, 0,
                        sizeof grades / sizeof grades[0]);
    tcase_add_loop_test(tcase, fraction_counts_the_asserts_of_check, 0,
                        sizeof fractions / sizeof fractions[0]);
    tcase_add_test(tcase, grade_tells_the_code_it_found);
    tcase_add_test(tcase, foreign_reference_is_an_error_and_no_score);
    tcase_add_test(tcase, endless_program_times_out);
    tcase_add_test(tcase, missing_python_is_told_each_time);
    tcase_add_test(tcase, unsafe_run_is_warned_of);
    tcase_add_loop_test(tcase, record_has_a_verdict_and_a_detail, 0,
                        sizeof records / sizeof records[0]);
    tcase_add_test(tcase, totals_are_pass_at_k);
    tcase_add_test(tcase, solution_is_a_whole_program);
    tcase_add_loop_test(tcase, output_is_told_where_it_is_kept, 0,
                        sizeof outputs / sizeof outputs[0]);
    tcase_add_test(tcase, failures_are_kept);
    tcase_add_loop_test(tcase, bad_record_is_refused_with_its_field, 0,
                        sizeof bad_records / sizeof bad_records[0]);
    tcase_add_loop_test(tcase, bad_file_is_refused_with_its_line, 0,
                        sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(tcase, task_id_is_unique);
    tcase_add_test(tcase, missing_file_is_told_with_the_remedy);
    tcase_add_test(tcase, each_allocation_may_fail);
    return run_suite("humaneval", tcase, set_up, coding_close);
}
