/* SPDX-License-Identifier: Apache-2.0 */
/* The task "mbpp" on tasks of our own and on tasks 2, 3 and 4 of MBPP (Austin et al. 2021, "Program
 * Synthesis with Large Language Models", arXiv 2108.07732; CC BY 4.0), which its prompt shows. */
#include "coding_subject.h"
#include "mbpp/config.pb-c.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

typedef Emend__Tasks__Mbpp__Config Config;
#define CONFIG_INIT EMEND__TASKS__MBPP__CONFIG__INIT

#define ROW(id, text, code, tests, more)                                                           \
    "{\"text\": \"" text "\", \"code\": \"" code "\", \"task_id\": " #id                           \
    ", \"test_setup_code\": \"\", \"test_list\": [" tests "]" more "}\n"
#define OWN(id)                                                                                    \
    ROW(id, "Write a function to double.", "def double(x):\\r\\n  return 2 * x",                   \
        "\"assert double(1) == 2\", \"assert double(2) == 4\", \"assert double(0) == 0\"",         \
        ", \"challenge_test_list\": [\"assert double('a') == 'aa'\"]")

static const char rows[] = ROW(
    2, "Write a function to find the similar elements from the given two tuple lists.",
    "def similar_elements(test_tup1, test_tup2):\\r\\n  res = tuple(set(test_tup1) & "
    "set(test_tup2))\\r\\n  return (res) ",
    "\"assert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)\", \"assert "
    "similar_elements((1, 2, 3, 4),(5, 4, 3, 7)) == (3, 4)\", \"assert similar_elements((11, "
    "12, 14, 13),(17, 15, 14, 13)) == (13, 14)\"",
    "") ROW(3, "Write a python function to identify non-prime numbers.",
            "import math\\r\\ndef is_not_prime(n):\\r\\n    result = False\\r\\n    for i in "
            "range(2,int(math.sqrt(n)) + 1):\\r\\n        if n % i == 0:\\r\\n            result = "
            "True\\r\\n    return result",
            "\"assert is_not_prime(2) == False\", \"assert is_not_prime(10) == True\", \"assert "
            "is_not_prime(35) == True\"",
            "")
    ROW(4,
        "Write a function to find the largest integers from a given list of numbers using heap "
        "queue algorithm.",
        "import heapq as hq\\r\\ndef heap_queue_largest(nums,n):\\r\\n  largest_nums = "
        "hq.nlargest(n, nums)\\r\\n  return largest_nums",
        "\"assert heap_queue_largest( [25, 35, 22, 85, 14, 65, 75, 22, 58],3)==[85, 75, 65] \", "
        "\"assert heap_queue_largest( [25, 35, 22, 85, 14, 65, 75, 22, 58],2)==[85, 75] \", "
        "\"assert heap_queue_largest( [25, 35, 22, 85, 14, 65, 75, 22, 58],5)==[85, 75, 65, 58, "
        "35]\"",
        "") OWN(10) OWN(11) OWN(510) OWN(511) OWN(600) OWN(601) OWN(974)
    // Tests that need more than the function: a class that they build on, and a module.
    "{\"text\": \"Weigh.\", \"code\": \"class Box:\\n  def __init__(self, w):\\n    self.w = "
    "w\\n    self.next = None\\ndef weigh(b):\\n  return b.w + (weigh(b.next) if b.next else 0)\", "
    "\"task_id\": 602, \"test_setup_code\": \"b = Box(1) \\r\\nb.next = Box(2)\", \"test_list\": "
    "[\"assert weigh(b) == 3\", \"assert weigh(Box(sys.maxsize)) == sys.maxsize\"]}\n"
    "{\"text\": \"Add.\", \"code\": \"def sum(a, b):\\n  return a + b\", \"task_id\": 603, "
    "\"test_list\": [\"assert sum(1, 2) == 3\"]}\n";

// What lm-evaluation-harness's `mbpp` asks, to the byte.
#define SHOTS                                                                                      \
    "You are an expert Python programmer, and here is your task: Write a function to find the "    \
    "similar elements from the given two tuple lists. Your code should pass these "                \
    "tests:\n\nassert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)\nassert "             \
    "similar_elements((1, 2, 3, 4),(5, 4, 3, 7)) == (3, 4)\nassert similar_elements((11, 12, 14, " \
    "13),(17, 15, 14, 13)) == (13, 14)\n[BEGIN]\ndef similar_elements(test_tup1, "                 \
    "test_tup2):\r\n  res = tuple(set(test_tup1) & set(test_tup2))\r\n  return (res) "             \
    "\n[DONE]\n\nYou are an expert Python programmer, and here is your task: Write a python "      \
    "function to identify non-prime numbers. Your code should pass these tests:\n\nassert "        \
    "is_not_prime(2) == False\nassert is_not_prime(10) == True\nassert is_not_prime(35) == "       \
    "True\n[BEGIN]\nimport math\r\ndef is_not_prime(n):\r\n    result = False\r\n    for i in "    \
    "range(2,int(math.sqrt(n)) + 1):\r\n        if n % i == 0:\r\n            result = "           \
    "True\r\n    return result\n[DONE]\n\nYou are an expert Python programmer, and here is your "  \
    "task: Write a function to find the largest integers from a given list of numbers using heap " \
    "queue algorithm. Your code should pass these tests:\n\nassert heap_queue_largest( [25, 35, "  \
    "22, 85, 14, 65, 75, 22, 58],3)==[85, 75, 65] \nassert heap_queue_largest( [25, 35, 22, 85, "  \
    "14, 65, 75, 22, 58],2)==[85, 75] \nassert heap_queue_largest( [25, 35, 22, 85, 14, 65, 75, "  \
    "22, 58],5)==[85, 75, 65, 58, 35]\n[BEGIN]\nimport heapq as hq\r\ndef "                        \
    "heap_queue_largest(nums,n):\r\n  largest_nums = hq.nlargest(n, nums)\r\n  return "            \
    "largest_nums\n[DONE]\n\n"
#define TASK                                                                                       \
    "You are an expert Python programmer, and here is your task: Write a function to double. "     \
    "Your code should pass these tests:\n\nassert double(1) == 2\nassert double(2) == 4\nassert "  \
    "double(0) == 0\n[BEGIN]\n"
#define CHAT_TASK                                                                                  \
    "You are an expert Python programmer, and here is your task:\nWrite a function to "            \
    "double.\nYour code should pass these tests:\nassert double(1) == 2\nassert double(2) == "     \
    "4\nassert double(0) == 0"
#define CORRECTION                                                                                 \
    "There might be an error in the code above because of lack of understanding of the question. " \
    "Please correct the error, if any, and rewrite the solution. Only output the final correct "   \
    "Python program!"
#define CHAT EMEND__TASKS__MBPP__CONFIG__PROMPT_STYLE__CHAT

static void set_up(void) {
    coding_open("mbpp");
    write_text("rows.jsonl", rows);
}

static Config own(void) {
    Config config = CONFIG_INIT;
    config.data = path_of("rows.jsonl");
    config.has_n_workers = 1;
    config.n_workers = 2;
    return config;
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[8192];
    size_t n_bytes = emend__tasks__mbpp__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__mbpp__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_ok(const Config *config) {
    ck_assert_msg(create(config) == EMEND_OK, "%s", subject.message);
}

static void assert_id(const char *split, uint64_t index, const char *id) {
    Puts puts = {0};
    get_problem(split, index, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), id);
    puts_clear(&puts);
}

/* ---- splits --------------------------------------------------------------------------------- */

START_TEST(splits_are_the_published_ones) {
    Config config = own();
    uint32_t split = 0;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("prompt", &split), 4);
    ck_assert_uint_eq(open_ok("test", &split), 2);
    ck_assert_uint_eq(open_ok("validation", &split), 2);
    ck_assert_uint_eq(open_ok("train", &split), 4);
    assert_id("test", 0, "11");
    assert_id("test", 1, "510");
    assert_id("validation", 0, "511");
    assert_id("validation", 1, "600");
    assert_id("train", 0, "601");
    assert_no_split("repair",
                    "split: 'repair' is not there; there are: train, validation, test, prompt");
    config.has_max_problems = 1;
    config.max_problems = 1;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 1);
}
END_TEST

START_TEST(all_but_the_prompts_may_be_trained_on) {
    Config config = own();
    uint32_t split = 0;
    config.has_train_on_all = 1;
    config.train_on_all = 1;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 8);
    assert_no_split("test", "there are: train, prompt");
}
END_TEST

static const char humaneval_rows[] =
    "{\"task_id\": \"Own/0\", \"prompt\": \"def half(x):\\n    \\\"\\\"\\\" Half. "
    "\\\"\\\"\\\"\\n\", \"entry_point\": \"half\", \"canonical_solution\": \"    return x / "
    "2\\n\", "
    "\"test\": \"def check(candidate):\\n    assert candidate(3) == 1.5\\n\"}\n";

START_TEST(humaneval_may_be_the_test) {
    Config config = own();
    uint32_t split = 0;
    config.humaneval = write_text("humaneval.jsonl", humaneval_rows);
    create_ok(&config);
    ck_assert_uint_eq(open_ok("humaneval", &split), 1);
    assert_id("humaneval", 0, "Own/0");
    assert_prompt("humaneval", 0, "def half(x):\n    \"\"\" Half. \"\"\"\n");
    ck_assert_double_eq(grade_ok("humaneval", 0, "    return x / 2\n", NULL), 1);
    ck_assert_double_eq(grade_ok("humaneval", 0, "    return x // 2\n", NULL), 0);
}
END_TEST

/* ---- prompts -------------------------------------------------------------------------------- */

START_TEST(paper_asks_as_lm_evaluation_harness) {
    Config config = own();
    create_ok(&config);
    assert_prompt("train", 0, SHOTS TASK);
    assert_instruction("# " CORRECTION);
    config.has_n_shots = 1;
    config.n_shots = 0;
    create_ok(&config);
    assert_prompt("train", 0, TASK);
}
END_TEST

START_TEST(chat_asks_over_several_lines) {
    Config config = own();
    config.has_prompt_style = 1;
    config.prompt_style = CHAT;
    create_ok(&config);
    assert_prompt("train", 0, CHAT_TASK);
    assert_instruction(CORRECTION);
    config.has_n_shots = 1;
    config.n_shots = 1;
    create_ok(&config);
    assert_prompt(
        "train", 0,
        "You are an expert Python programmer, and here is your task:\nWrite a function to "
        "find the similar elements from the given two tuple lists.\nYour code should pass "
        "these tests:\nassert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, "
        "5)\nassert similar_elements((1, 2, 3, 4),(5, 4, 3, 7)) == (3, 4)\nassert "
        "similar_elements((11, 12, 14, 13),(17, 15, 14, 13)) == (13, 14)\n```python\ndef "
        "similar_elements(test_tup1, test_tup2):\r\n  res = tuple(set(test_tup1) & "
        "set(test_tup2))\r\n  return (res) \n```\n\n" CHAT_TASK);
}
END_TEST

START_TEST(tests_may_be_held_out_of_the_prompt) {
    Config config = own();
    config.has_n_shots = config.has_n_shown_tests = 1;
    config.n_shots = 0;
    config.n_shown_tests = 1;
    create_ok(&config);
    assert_prompt("train", 0,
                  "You are an expert Python programmer, and here is your task: Write a function to "
                  "double. Your code should pass these tests:\n\nassert double(1) == 2\n[BEGIN]\n");
    ck_assert_double_eq(grade_ok("train", 0, "def double(x):\n  return 2\n[DONE]", NULL), 0);
}
END_TEST

START_TEST(shots_must_be_in_the_file) {
    Config config = own();
    config.data = write_text("few.jsonl", OWN(601));
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("n_shots: task 2, which is to stand in the prompt, is not in ");
    config.has_n_shots = 1;
    config.n_shots = 4;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("n_shots: is 4; it must be 0 to 3");
    config.n_shots = 0;
    create_ok(&config);
}
END_TEST

START_TEST(demonstrations_are_graded_right) {
    for (int style = 0; style < 2; style++) {
        Config config = own();
        uint32_t split = 0;
        config.has_prompt_style = 1;
        config.prompt_style = (Emend__Tasks__Mbpp__Config__PromptStyle)style;
        create_ok(&config);
        for (uint64_t i = 0; i < open_ok("train", &split); i++) {
            Puts puts = {0};
            EmendSink sink = puts_sink(&puts);
            ck_assert_int_eq(task()->demonstrate(subject.self, split, i, 1, 1, &sink, &subject.err),
                             EMEND_OK);
            const char *reason = NULL;
            double value = grade_ok("train", i, puts.items[0].text, &reason);
            ck_assert_msg(value == 1, "%s: %s", puts.items[0].text, reason);
            puts_clear(&puts);
        }
    }
}
END_TEST

/* ---- grades --------------------------------------------------------------------------------- */

static const struct {
    const char *response;
    double all, fraction;
    const char *reason;
} grades[] = {
    {"def double(x):\n  return 2 * x\n[DONE]\n\nYou are an expert", 1, 1, ""},
    {"```python\ndef double(x):\n  return 2 * x\n```", 1, 1, ""},
    {"def double(x):\r\n  return 2 * x\r\n", 1, 1, ""},
    {"double = lambda x: x + x", 1, 1, ""},
    {"def double(x):\n  return 2 if x else 0\n", 0, 2.0 / 3, "failed: AssertionError"},
    {"def double(x):\n  return 7\n", 0, 0, "failed: AssertionError"},
    {"def twice(x):\n  return 2 * x\n", 0, 0, "failed: NameError: name 'double' is not defined"},
    {"def double(x):\n  return 2 x\n", 0, 0, "syntax_error: SyntaxError"},
    {"import nowhere\ndef double(x):\n  return 2 * x\n", 0, 0, "failed: ModuleNotFoundError"},
    {"", 0, 0, "no program is found"},
    {"[DONE]", 0, 0, "no program is found"},
};

START_TEST(response_is_graded_by_its_tests) {
    for (int is_fraction = 0; is_fraction < 2; is_fraction++) {
        Config config = own();
        const char *reason = NULL;
        config.has_fraction = 1;
        config.fraction = is_fraction;
        create_ok(&config);
        double value = grade_ok("train", 0, grades[_i].response, &reason);
        double expected = is_fraction ? grades[_i].fraction : grades[_i].all;
        ck_assert_msg(value == expected, "'%s': %s", grades[_i].response, reason);
        ck_assert_msg(strncmp(reason, grades[_i].reason, strlen(grades[_i].reason)) == 0,
                      "'%s' for '%s'", reason, grades[_i].reason);
    }
}
END_TEST

static void *grade_right(void *value) {
    *(double *)value = grade_ok("train", 0, "def double(x):\n  return 2 * x\n", NULL);
    return NULL;
}

// Whichever thread grades first opens what runs the programs, and threads of a step end with it.
START_TEST(thread_that_graded_first_may_end) {
    Config config = own();
    pthread_t thread;
    double value = 0;
    create_ok(&config);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, grade_right, &value), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_double_eq(value, 1);
        usleep(100000); // what dies with a thread has died
        value = 0;
    }
    ck_assert_double_eq(grade_ok("train", 0, "def double(x):\n  return 2 * x\n", NULL), 1);
}
END_TEST

START_TEST(challenge_tests_may_count) {
    Config config = own();
    const char *response = "def double(x):\n  return x + int(x)\n";
    create_ok(&config);
    ck_assert_double_eq(grade_ok("train", 0, response, NULL), 1);
    config.has_challenge_tests = config.has_fraction = 1;
    config.challenge_tests = config.fraction = 1;
    create_ok(&config);
    ck_assert_double_eq(grade_ok("train", 0, response, NULL), 0.75);
}
END_TEST

/* ---- repair --------------------------------------------------------------------------------- */

START_TEST(wrong_programs_become_a_split) {
    Config config = own();
    uint32_t split = 0;
    Puts puts = {0};
    config.repair =
        write_text("wrong.jsonl", "{\"task_id\": 601, \"program\": \"def double(x):\\n  "
                                  "return x\\n\"}\n{\"task_id\": \"11\", \"program\": "
                                  "\"double = 1\"}\n");
    create_ok(&config);
    ck_assert_uint_eq(open_ok("repair", &split), 2);
    assert_id("repair", 0, "601#1");
    assert_id("repair", 1, "11#2");
    assert_prompt("repair", 0, SHOTS TASK);
    assert_attempt("repair", 0, "def double(x):\n  return x\n[DONE]");
    assert_attempt("repair", 1, "double = 1\n[DONE]");
    assert_attempt("train", 0, NULL);
    ck_assert_double_eq(grade_ok("repair", 0, "def double(x):\n  return 2 * x\n[DONE]", NULL), 1);
    ck_assert_double_eq(grade_ok("repair", 0, "def double(x):\n  return x\n[DONE]", NULL), 0);
    get_problem("repair", 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE),
                     "# task_id: 601\ndef double(x):\n  return 2 * x\n");
    puts_clear(&puts);
    config.has_prompt_style = 1;
    config.prompt_style = CHAT;
    create_ok(&config);
    assert_prompt("repair", 0, CHAT_TASK);
    assert_attempt("repair", 0, "```python\ndef double(x):\n  return x\n```");
}
END_TEST

START_TEST(failures_of_a_run_are_what_repair_takes) {
    Config config = own();
    uint32_t split = 0;
    EmendScore score;
    config.failures = path_of("wrong.jsonl");
    create_ok(&config);
    grade_ok("train", 0, "def double(x):\n  return 2 * x\n[DONE]", NULL);
    grade_ok("train", 0, "def double(x):\n  return x\n[DONE]", NULL);
    ck_assert_int_eq(grade("train", 0, 2, "def double(x):\n  return 3\n", &score, NULL), EMEND_OK);
    verdict_of("601", "def double(x):\n  return 4\n");
    ck_assert_str_eq(read_text("wrong.jsonl"),
                     "{\"task_id\":601,\"program\":\"def double(x):\\n  return x\\n\"}\n"
                     "{\"task_id\":601,\"program\":\"def double(x):\\n  return 4\\n\"}\n");
    config.failures = NULL;
    config.repair = path_of("wrong.jsonl");
    create_ok(&config);
    ck_assert_uint_eq(open_ok("repair", &split), 2);
}
END_TEST

START_TEST(failures_that_are_no_text_are_mended) {
    static const char response[] = "x = '\xC3'\0\n";
    Config config = own();
    Puts asked = {0}, puts = {0};
    EmendSink sink = puts_sink(&puts);
    EmendScore score = {0};
    uint32_t split = 0;
    config.failures = path_of("wrong.jsonl");
    create_ok(&config);
    get_problem("train", 0, &asked);
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = emend_str(puts_text(&asked, EMEND_PROBLEM_REFERENCE)),
                           .response = {response, sizeof response - 1}};
    ck_assert_int_eq(task()->grade(subject.self, &args, &score, &sink, &subject.err), EMEND_OK);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_msg(strncmp(score.reason, "syntax_error", 12) == 0, "%s", score.reason);
    puts_clear(&asked);
    puts_clear(&puts);
    ck_assert_str_eq(read_text("wrong.jsonl"),
                     "{\"task_id\":601,\"program\":\"x = '\xEF\xBF\xBD'\xEF\xBF\xBD\\n\"}\n");
    config.failures = NULL;
    config.repair = path_of("wrong.jsonl");
    create_ok(&config);
    ck_assert_uint_eq(open_ok("repair", &split), 1);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_repairs[] = {
    {"", "bad.jsonl: no program is in it"},
    {"{\"program\": \"x\"}", "bad.jsonl:1: task_id is '', which no problem of `data` has"},
    {"{\"task_id\": 7, \"program\": \"x\"}",
     "bad.jsonl:1: task_id is '7', which no problem of `data` has"},
    {"{\"task_id\": 601}", "bad.jsonl:1: program is missing; a problem must have it"},
    {"{\"task_id\": 601, \"program\": \"\"}", "bad.jsonl:1: program is empty"},
    {"{\"task_id\": 601, \"program\": 1}", "bad.jsonl:1: program is of another type"}};

START_TEST(bad_repair_file_is_refused_with_its_line) {
    Config config = own();
    config.repair = write_text("bad.jsonl", bad_repairs[_i].text);
    ck_assert_int_eq(create(&config), EMEND_DATA_LOSS);
    assert_message(bad_repairs[_i].message);
}
END_TEST

/* ---- records and files ---------------------------------------------------------------------- */

static const struct {
    const char *id, *completion, *verdict;
} records[] = {
    {"601", "def double(x):\n  return 2 * x\n", "passed"},
    {"MBPP/601", "def double(x):\n  return 2 * x\n", "passed"},
    {"Mbpp/601", "def double(x):\n  return 2 * x\n", "passed"},
    {"601", "It is:\n```python\ndef double(x):\n  return 2 * x\n```\n", "passed"},
    {"601", "def double(x):\n  return 2 * x\n[DONE]\n\nYou are", "passed"},
    {"601", "def double(x):\n  return x\n", "failed: AssertionError"},
    {"601", "def double(x):\nreturn x\n", "syntax_error: IndentationError"},
    {"602",
     "class Box:\n  def __init__(self, w):\n    self.w = w\n    self.next = None\ndef weigh(b):\n  "
     "return b.w + (weigh(b.next) if b.next else 0)\n",
     "passed"},
    {"603", "def sum(a, b):\n  return a + b\n", "passed"},
    {"603", "def add(a, b):\n  return a + b\n", "failed: "},
};

START_TEST(record_has_a_verdict_and_a_detail) {
    Config config = own();
    create_ok(&config);
    const char *verdict = verdict_of(records[_i].id, records[_i].completion);
    ck_assert_msg(strncmp(verdict, records[_i].verdict, strlen(records[_i].verdict)) == 0, "'%s'",
                  verdict);
}
END_TEST

START_TEST(task_id_may_be_a_number) {
    Config config = own();
    Puts puts = {0};
    create_ok(&config);
    ck_assert_int_eq(grade_record("601", EMEND_RECORD_NUMBER, "completion",
                                  "def double(x): return 2 * x", EMEND_RECORD_STRING, &puts),
                     EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_VERDICT_NAME), "passed");
    puts_clear(&puts);
    ck_assert_int_eq(
        grade_record("601.5", EMEND_RECORD_NUMBER, "completion", "", EMEND_RECORD_STRING, &puts),
        EMEND_INVALID_ARGUMENT);
    assert_message("task_id: is '601.5', which no problem of the file in `data` has");
    ck_assert_str_eq(totals(), "{\"problems\":1,\"samples\":1,\"pass@1\":1.0}");
}
END_TEST

static const struct {
    const char *text, *message;
} bad_files[] = {
    {"", "bad.json: no problem is in it"},
    {"[]", "bad.json: no problem is in it"},
    {"[{\"task_id\": \"a\"}]", "bad.json:1: object 1: task_id is no number; it must be one"},
    {"{\"task_id\": 1}", "bad.json:1: code is missing; a problem must have it"},
    {"{\"task_id\": 1, \"code\": \"\"}", "bad.json:1: prompt is missing; a problem must have it"},
    {"{\"task_id\": 1, \"code\": \"\", \"prompt\": \"\"}",
     "bad.json:1: test_list is no list of tests; it must be one"},
    {"{\"task_id\": 1, \"code\": \"\", \"prompt\": \"\", \"test_list\": [1]}",
     "bad.json:1: a test is of another type; it must be a string"},
    {"{\"task_id\": 1, \"code\": \"\", \"prompt\": \"\", \"test_list\": [\"\"], \"test_imports\": "
     "1}",
     "bad.json:1: test_imports is of another type; it must be a list"},
    {OWN(1) OWN(1), "bad.json:2: task_id 1 was there before; it must be unique"}};

START_TEST(bad_file_is_refused_with_its_line) {
    Config config = own();
    config.data = write_text("bad.json", bad_files[_i].text);
    ck_assert_int_eq(create(&config), EMEND_DATA_LOSS);
    assert_message(bad_files[_i].message);
}
END_TEST

START_TEST(each_allocation_may_fail) {
    uint8_t bytes[1024];
    Config config = own();
    config.humaneval = write_text("humaneval.jsonl", humaneval_rows);
    config.repair = write_text("wrong.jsonl", "{\"task_id\": 601, \"program\": \"x\"}");
    emend__tasks__mbpp__config__pack(&config, bytes);
    for (int64_t n = 0;; n++) {
        subject.host.n_left = n;
        EmendStatus status =
            subject_create(&subject, bytes, emend__tasks__mbpp__config__get_packed_size(&config));
        subject.host.n_left = -1;
        if (status == EMEND_OK) {
            ck_assert_int_gt((int)n, 10);
            return;
        }
        ck_assert(subject.message[0] != '\0');
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("mbpp");
    tcase_add_test(tcase, splits_are_the_published_ones);
    tcase_add_test(tcase, all_but_the_prompts_may_be_trained_on);
    tcase_add_test(tcase, humaneval_may_be_the_test);
    tcase_add_test(tcase, paper_asks_as_lm_evaluation_harness);
    tcase_add_test(tcase, chat_asks_over_several_lines);
    tcase_add_test(tcase, tests_may_be_held_out_of_the_prompt);
    tcase_add_test(tcase, shots_must_be_in_the_file);
    tcase_add_test(tcase, demonstrations_are_graded_right);
    tcase_add_loop_test(tcase, response_is_graded_by_its_tests, 0,
                        sizeof grades / sizeof grades[0]);
    tcase_add_test(tcase, thread_that_graded_first_may_end);
    tcase_add_test(tcase, challenge_tests_may_count);
    tcase_add_test(tcase, wrong_programs_become_a_split);
    tcase_add_test(tcase, failures_of_a_run_are_what_repair_takes);
    tcase_add_test(tcase, failures_that_are_no_text_are_mended);
    tcase_add_loop_test(tcase, bad_repair_file_is_refused_with_its_line, 0,
                        sizeof bad_repairs / sizeof bad_repairs[0]);
    tcase_add_loop_test(tcase, record_has_a_verdict_and_a_detail, 0,
                        sizeof records / sizeof records[0]);
    tcase_add_test(tcase, task_id_may_be_a_number);
    tcase_add_loop_test(tcase, bad_file_is_refused_with_its_line, 0,
                        sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(tcase, each_allocation_may_fail);
    return run_suite("mbpp", tcase, set_up, coding_close);
}
