/* SPDX-License-Identifier: Apache-2.0 */
/* `emend grade`, with a task that grades as its records say: tests/rogues/grader.c. */
#include "child.h"
#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRADER_PATH EMEND_ROGUE_DIR "/grader"
#define ECHO_A "{\"verdict\":\"echoed\",\"extracted\":\"a\",\"reason\":\"\"}\n"
#define LINE_MAX_BYTES ((size_t)16 << 20)

// AddressSanitizer keeps what was freed.
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED_KIB = 1 << 20 };
#else
enum { SANITIZED_KIB = 0 };
#endif

static const char *input(const char *text) {
    const char *path = scratch("input.jsonl");
    file_put(path, text, strlen(text));
    return path;
}

// Grades a text, given as a file; further words end with NULL.
static Child grade(const char *text, ...) {
    const char *words[32] = {"grade", "grader", input(text), "--plugin-path", GRADER_PATH};
    va_list more;
    va_start(more, text);
    for (size_t n = 5; (words[n] = va_arg(more, const char *)); n++) {
    }
    va_end(more);
    return child_run(&(ChildArgs){.words = words});
}

static Talk talk(void) {
    static const char *const words[] = {"grade", "grader", "-", "--plugin-path", GRADER_PATH, NULL};
    return talk_begin(&(ChildArgs){.words = words});
}

static void expect_output(const Child *child, const char *output) {
    child_expect(child, 0);
    ck_assert_str_eq(child->out, output);
    ck_assert_str_eq(child->err, "");
}

/* ---- lines in, verdicts out ----------------------------------------------------------------- */

START_TEST(a_record_reaches_the_task_with_every_digit) {
    Child child = grade("{\"do\":\"list\",\"s\":\"\\u0041\\n\",\"i\":123456789012345678901234,"
                        " \"f\" : 0.10 ,\"e\":1E5,\"n\":null,\"t\":true,"
                        "\"a\":[1, {\"x\":\"}\\\"]\"}],\"o\":{ },\"\":\"\"}\n",
                        NULL);
    expect_output(&child, "{\"verdict\":\"listed\",\"extracted\":null,\"reason\":\"do/1/list;"
                          "s/1/A\\n;i/2/123456789012345678901234;f/2/0.10;e/2/1E5;n/3/null;"
                          "t/3/true;a/3/[1, {\\\"x\\\":\\\"}\\\\\\\"]\\\"}];o/3/{ };/1/;\"}\n");
    child_finish(&child);
}
END_TEST

typedef struct Case {
    const char *in, *out;
} Case;

static const Case forms[] = {
    {"{}\n", "{\"verdict\":\"echoed\"}\n"},
    {"{\"text\":\"a\"}\n", ECHO_A},
    {"{\"text\":\"\"}\n", "{\"verdict\":\"echoed\",\"extracted\":\"\",\"reason\":\"\"}\n"},
    {"{\"why\":\"b\"}\n", "{\"verdict\":\"echoed\",\"extracted\":null,\"reason\":\"b\"}\n"},
    {"{\"more\":\"c\"}\n", "{\"verdict\":\"echoed\",\"detail\":\"c\"}\n"},
    {"{\"text\":\"a\",\"why\":\"b\",\"more\":\"c\"}\n",
     "{\"verdict\":\"echoed\",\"extracted\":\"a\",\"reason\":\"b\",\"detail\":\"c\"}\n"},
    // What joins a verdict to its line comes first, as it was written.
    {"{\"id\":1.50}\n", "{\"id\":1.50,\"verdict\":\"echoed\"}\n"},
    {"{\"text\":\"a\", \"task_id\" : \"HE\\/1\\u00e9\" , \"id\":[1, \"x\"]}\n",
     "{\"task_id\":\"HE\\/1\\u00e9\",\"id\":[1, \"x\"],\"verdict\":\"echoed\","
     "\"extracted\":\"a\",\"reason\":\"\"}\n"},
    {"{\"id\":\"q\",\"do\":\"miss a field\"}\n",
     "{\"id\":\"q\",\"verdict\":\"error\",\"line\":1,"
     "\"reason\":\"gold is missing; give the right answer\"}\n"},
    // Texts of the task come out as valid JSON.
    {"{\"do\":\"broken text\"}\n", "{\"verdict\":\"broken\",\"extracted\":\"a\xEF\xBF\xBDz"
                                   "\xEF\xBF\xBD\xEF\xBF\xBD\","
                                   "\"reason\":\"\xC3\xBC \\\"quoted\\\"\\n\\u0001\"}\n"},
    {"{\"text\":\"\\u0000\\\\\\t\\u007f\\ud83d\\ude00\"}\n",
     "{\"verdict\":\"echoed\",\"extracted\":\"\\u0000\\\\\\t\x7F\xF0\x9F\x98\x80\","
     "\"reason\":\"\"}\n"},
    {"{\"do\":\"later field\"}\n", "{\"verdict\":\"echoed\"}\n"},
    // Ends of lines and blank lines, which are counted.
    {"{\"text\":\"a\"}", ECHO_A},
    {"{\"text\":\"a\"}\r\n\r\n{\"text\":\"a\"}\r\n", ECHO_A ECHO_A},
    {"\xEF\xBB\xBF{\"text\":\"a\"}\n", ECHO_A},
    {"\n \t\n{\"text\":\"a\"}\n\n{\"do\":\"miss a field\"}\n\n  ",
     ECHO_A "{\"verdict\":\"error\",\"line\":5,"
            "\"reason\":\"gold is missing; give the right answer\"}\n"},
    {"", ""},
    {"\n\n", ""},
};

START_TEST(a_verdict_has_one_form) {
    Child child = grade(forms[_i].in, NULL);
    expect_output(&child, forms[_i].out);
    child_finish(&child);
}
END_TEST

static const Case errors[] = {
    {"[1]", "column 1: the line is not a JSON object; it must begin with {"},
    {"  7", "column 3: the line is not a JSON object"},
    {"hello", "column 1: the line is not a JSON object"},
    {"{\"a\":1", "column 6: the line is not JSON: '}' expected near end of file"},
    {"{\"a\":1} {\"b\":2}", "the line is not JSON: end of file expected near '{'"},
    {"{\"\xC3\xBC\":1,}", "column 8: the line is not JSON: string or '}' expected"},
    {"{\"a\":1,\"b\":2,\"a\":3}", "the line is not JSON: duplicate object key near '\\\"a\\\"'"},
    {"{\"a\":{\"b\":1,\"b\":1}}", "duplicate object key"},
    {"{\"a\":\"\xFF\"}", "unable to decode byte 0xff"},
    {"{\"a\":\"\xC0\xAF\"}", "unable to decode byte 0xc0"},
    {"{\"a\":\"\\ud800\"}", "the line is not JSON: "},
    {"{\"a\":\"\t\"}", "control character 0x9"},
    {"{\"a\":NaN}", "the line is not JSON: "},
    {"{\"a\":1e999}", "real number overflow"},
    {"\xEF\xBB\xBF{}", "the line is not a JSON object"}, // not at the start of the file
    // What the task does.
    {"{\"do\":\"miss a field\"}", "\"reason\":\"gold is missing; give the right answer\""},
    {"{\"do\":\"fail\"}", "task \\\"grader\\\" failed with UNAVAILABLE: the engine is down"},
    {"{\"do\":\"uninvited cancel\"}", "task \\\"grader\\\" failed with CANCELLED: no more today"},
    {"{\"do\":\"odd status\"}", "task \\\"grader\\\" failed with UNKNOWN: what a day"},
    {"{\"do\":\"silence\"}", "task \\\"grader\\\" (test.rogues.grader): plugin bug: it gave no "
                             "message with INTERNAL"},
    {"{\"do\":\"nothing\"}", "(test.rogues.grader): plugin bug: it gave no verdict"},
    {"{\"do\":\"shout\"}",
     "(test.rogues.grader): plugin bug: its verdict is no word of at most 31"},
    {"{\"do\":\"twice\"}", "(test.rogues.grader): plugin bug: it put a field of its verdict twice"},
    {"{\"do\":\"huge\"}", "(test.rogues.grader): plugin bug: it put a verdict of more than 1 MiB"},
};

START_TEST(a_line_that_cannot_be_graded_gets_the_verdict_error_and_the_rest_goes_on) {
    static const char prefix[] = ECHO_A "{\"verdict\":\"error\",\"line\":2,\"reason\":\"";
    char text[256];
    snprintf(text, sizeof text, "{\"text\":\"a\"}\n%s\n{\"text\":\"a\"}\n", errors[_i].in);
    Child child = grade(text, NULL);
    child_expect(&child, 0);
    ck_assert_msg(strncmp(child.out, prefix, strlen(prefix)) == 0, "%s", child.out);
    child_says(child.out, errors[_i].out);
    child_says(child.out, "}\n" ECHO_A);
    json_t *lines = child_json(&child);
    ck_assert_uint_eq(json_array_size(lines), 3);
    json_decref(lines);
    child_finish(&child);
}
END_TEST

// A line of so many bytes, with `{"text":"a"}` before and after it.
static char *long_input(size_t len) {
    static const char before[] = "{\"text\":\"a\"}\n{\"x\":\"", after[] = "\"}\n{\"text\":\"a\"}\n";
    size_t n_before = strlen(before), n_line = len - strlen("{\"x\":\"\"}");
    char *text = malloc(n_before + n_line + sizeof after);
    ck_assert_ptr_nonnull(text);
    memcpy(text, before, n_before);
    memset(text + n_before, 'x', n_line);
    memcpy(text + n_before + n_line, after, sizeof after);
    return text;
}

START_TEST(a_line_of_16_mib_is_graded_and_a_longer_one_is_an_error) {
    char *text = long_input(LINE_MAX_BYTES);
    Child child = grade(text, NULL);
    expect_output(&child, ECHO_A "{\"verdict\":\"echoed\"}\n" ECHO_A);
    child_finish(&child);
    free(text);
    text = long_input(LINE_MAX_BYTES + 1);
    child = grade(text, NULL);
    expect_output(&child,
                  ECHO_A "{\"verdict\":\"error\",\"line\":2,\"reason\":\"the line is longer "
                         "than 16 MiB, which is the most\"}\n" ECHO_A);
    child_finish(&child);
    free(text);
}
END_TEST

/* ---- threads -------------------------------------------------------------------------------- */

// Lines that take their time, some of them broken; malloc'd.
static char *uneven_input(size_t n) {
    char *text = malloc(n * 64 + 1);
    size_t len = 0;
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++) {
        len += (size_t)sprintf(
            text + len, i % 17 == 5 ? "{\"id\":%zu,\"ms\":%zu\n" : "{\"id\":%zu,\"ms\":%zu}\n", i,
            i * 7 % 5 * (i % 3 == 0));
    }
    return text;
}

START_TEST(verdicts_come_in_the_order_of_the_lines_on_any_number_of_threads) {
    enum { N = 600 };
    static const char *const n_threads[] = {"1", "2", "7", "256"};
    char *text = uneven_input(N), *first = NULL;
    for (size_t t = 0; t < 4; t++) {
        Child child = grade(text, "--threads", n_threads[t], "--summary", NULL);
        child_expect(&child, 0);
        json_t *lines = child_json(&child);
        ck_assert_uint_eq(json_array_size(lines), N + 1);
        for (size_t i = 0; i < N; i++) {
            json_t *line = json_array_get(lines, i);
            bool is_error = i % 17 == 5;
            json_t *number = json_object_get(line, is_error ? "line" : "id");
            ck_assert_uint_eq((size_t)json_integer_value(number), i + is_error);
        }
        json_decref(lines);
        if (first) {
            ck_assert_str_eq(child.out, first);
        }
        first = first ? first : strdup(child.out);
        child_finish(&child);
    }
    free(first);
    free(text);
}
END_TEST

typedef struct Threads {
    const char *task, *path;
    int least, most; /* calls at once */
} Threads;

static const Threads threads[] = {
    {"grader", GRADER_PATH, 2, 3},
    {"grader_serial", EMEND_ROGUE_DIR "/grader_serial", 1, 1},
};

START_TEST(the_task_is_called_on_workers_as_many_at_once_as_it_allows) {
    char text[64 * 16] = "";
    for (size_t i = 0; i < 64; i++) {
        strcat(text, "{\"ms\":5}\n");
    }
    const Threads *one = &threads[_i];
    Child child = emend("grade", one->task, input(text), "--plugin-path", one->path, "--threads",
                        "3", "--summary", "--set", "totals=threads");
    child_expect(&child, 0);
    json_t *lines = child_json(&child);
    json_t *summary = json_object_get(json_array_get(lines, 64), "summary");
    json_int_t most = json_integer_value(json_object_get(summary, "most_at_once"));
    ck_assert_msg(most >= one->least && most <= one->most, "%d calls at once", (int)most);
    ck_assert_int_eq((int)json_integer_value(json_object_get(summary, "off_worker")), 0);
    json_decref(lines);
    child_finish(&child);
}
END_TEST

/* ---- streams -------------------------------------------------------------------------------- */

START_TEST(a_verdict_comes_before_the_next_line_is_written) {
    Talk one = talk();
    for (int i = 0; i < 50; i++) {
        talk_say(&one, "{\"text\":\"a\"}\n");
        ck_assert_str_eq(talk_hear(&one), ECHO_A);
    }
    talk_say(&one, "{\"te");
    talk_say(&one, "xt\":\"a\"}\n{\"text\":\"a\"}\n{\"text\":");
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    talk_say(&one, "\"a\"}");
    Child child = talk_end(&one, false);
    expect_output(&child, ECHO_A);
    child_finish(&child);
}
END_TEST

START_TEST(a_slow_record_does_not_hold_the_verdicts_before_it) {
    Talk one = talk();
    talk_say(&one, "{\"text\":\"a\"}\n{\"text\":\"a\"}\n{\"do\":\"wait for cancel\"}\n"
                   "{\"text\":\"a\"}\n");
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    ck_assert_int_eq(kill(one.pid, SIGINT), 0);
    Child child = talk_end(&one, true);
    child_expect(&child, 3);
    ck_assert_str_eq(child.out, "");
    ck_assert_str_eq(child.err, "emend: stopped\n");
    child_finish(&child);
}
END_TEST

START_TEST(an_interrupt_ends_it_while_it_waits_for_input) {
    Talk one = talk();
    talk_say(&one, "{\"text\":\"a\"}\n");
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    ck_assert_int_eq(kill(one.pid, _i == 0 ? SIGINT : SIGTERM), 0);
    Child child = talk_end(&one, true);
    child_expect(&child, 3);
    ck_assert_str_eq(child.out, "");
    ck_assert_str_eq(child.err, "emend: stopped\n");
    child_finish(&child);
}
END_TEST

START_TEST(a_reader_that_leaves_ends_it_quietly_though_input_goes_on) {
    Talk one = talk();
    talk_say(&one, "{\"text\":\"a\"}\n");
    ck_assert_str_eq(talk_hear(&one), ECHO_A);
    talk_leave(&one);
    talk_say(&one, "{\"text\":\"a\"}\n");
    Child child = talk_end(&one, true);
    child_expect(&child, 1);
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
}
END_TEST

static Child shell(const char *script) {
    const char *const words[] = {"-c", script, NULL};
    return child_run(&(ChildArgs){.program = "bash", .words = words});
}

START_TEST(an_interrupt_ends_it_though_nobody_takes_its_output) {
    // The first verdict is taken, so that it runs; then the pipe fills up.
    Child child = shell("mkfifo $HOME/full; exec 9<>$HOME/full\n"
                        "yes '{\"text\":\"a\"}' | " EMEND_PROGRAM
                        " grade grader --plugin-path " GRADER_PATH " >&9 &\n"
                        "read -r <&9; sleep 0.5; kill -INT $!; wait $!; echo $?");
    child_expect(&child, 0);
    ck_assert_str_eq(child.out, "3\n");
    child_finish(&child);
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure_that_says_why) {
    Child child = shell("yes '{\"text\":\"a\"}' | " EMEND_PROGRAM
                        " grade grader --plugin-path " GRADER_PATH " > /dev/full");
    child_expect(&child, 1);
    ck_assert_str_eq(child.err,
                     "emend: standard output could not be written: No space left on device\n");
    child_finish(&child);
    child = shell("echo '{}' | " EMEND_PROGRAM " grade grader --plugin-path " GRADER_PATH " >&-");
    child_expect(&child, 1);
    ck_assert_str_eq(child.err,
                     "emend: standard output could not be written: Bad file descriptor\n");
    child_finish(&child);
}
END_TEST

START_TEST(input_that_cannot_be_read_is_a_failure_that_names_it) {
    Child child = emend("grade", "grader", scratch("none"), "--plugin-path", GRADER_PATH);
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, "/none: it cannot be read: No such file or directory\n");
    child_finish(&child);
    child = emend("grade", "grader", "/", "--plugin-path", GRADER_PATH, "--summary");
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, "emend: /: it cannot be read: Is a directory\n");
    ck_assert_str_eq(child.out, "");
    child_finish(&child);
    child = shell(EMEND_PROGRAM " grade grader --plugin-path " GRADER_PATH " <&-");
    child_expect(&child, 1);
    child_says(child.err, "emend: standard input: it cannot be read: Bad file descriptor\n");
    child_finish(&child);
}
END_TEST

START_TEST(two_hundred_thousand_lines_and_one_without_end_take_little_memory) {
    Child child = shell("set -o pipefail; { for i in $(seq 2000); do\n"
                        "  printf '{\"id\":%d,\"text\":\"a\"}\\n{\"do\":\"nothing\"}\\n' {1..100}\n"
                        "done; head -c 100000000 /dev/zero | tr '\\0' x; } | " EMEND_PROGRAM
                        " grade grader --plugin-path " GRADER_PATH " --summary | tail -n 2");
    child_expect(&child, 0);
    child_says(child.out,
               "{\"verdict\":\"error\",\"line\":400001,\"reason\":\"the line is longer ");
    child_says(child.out, "{\"summary\":{\"lines\":400001,\"verdicts\":{\"echoed\":200000,"
                          "\"error\":200001},\"calls\":400000,");
    ck_assert_msg(child.peak_kib < SANITIZED_KIB + 100 * 1024, "%ld KiB at most", child.peak_kib);
    child_finish(&child);
}
END_TEST

/* ---- summary -------------------------------------------------------------------------------- */

typedef struct Totals {
    const char *set;
    int code;
    const char *members; /* of the summary, after the counts */
    const char *error;   /* in the message, or NULL: there is none */
} Totals;

static const Totals totals[] = {
    {"totals=calls", 0, ",\"calls\":3,\"pass@1\":0.10", NULL},
    {"totals=nothing", 0, "", NULL},
    {"totals=empty", 0, "", NULL},
    {"totals=failure", 1, "",
     "totals: task \"grader\" failed with PRECONDITION: there were too few records\n"},
    {"totals=lines", 1, "",
     "totals: task \"grader\" (test.rogues.grader): plugin bug: it put a total named \"lines\""},
    {"totals=broken", 1, "", "plugin bug: it put totals that are not JSON: "},
    {"totals=list", 1, "", "plugin bug: it put totals that are no object\n"},
};

START_TEST(the_summary_counts_verdicts_and_adds_the_tasks_totals) {
    const Totals *one = &totals[_i];
    char expected[512];
    Child child = grade("{}\n{\"do\":\"list\"}\n\n{\"do\":\"nothing\"}\n[]\n", "--summary", "--set",
                        one->set, NULL);
    child_expect(&child, one->code);
    snprintf(
        expected, sizeof expected,
        "\n{\"summary\":{\"lines\":4,\"verdicts\":{\"echoed\":1,\"error\":2,\"listed\":1}%s}}\n",
        one->members);
    child_says(child.out, expected);
    ck_assert_ptr_null(strstr(strstr(child.out, expected) + strlen(expected), "\n"));
    if (one->error) {
        child_has_one_error(&child);
        child_says(child.err, one->error);
    } else {
        ck_assert_str_eq(child.err, "");
    }
    child_finish(&child);
}
END_TEST

START_TEST(the_summary_of_nothing_counts_nothing) {
    Child child = grade("", "--summary", "--set", "totals=nothing", NULL);
    expect_output(&child, "{\"summary\":{\"lines\":0,\"verdicts\":{\"error\":0}}}\n");
    child_finish(&child);
}
END_TEST

/* ---- use ------------------------------------------------------------------------------------ */

typedef struct Mistake {
    const char *words[8]; /* after `grade` and the path of the rogues' own plugins */
    const char *text;     /* in the message */
} Mistake;

static const Mistake mistakes[] = {
    {{"grder"}, "task \"grder\": no plugin has it; did you mean \"grader\"? the tasks there are: "},
    {{"chars"}, "task \"chars\": no plugin has it; "},
    {{"arithmetic"},
     "task \"arithmetic\": it does not grade answers from outside; the tasks that do: grader"},
    {{"grader", "--set", "wrd=x"},
     "--set wrd=x: test.rogues.grader.Config has no field wrd; did you mean word?"},
    {{"grader", "--set", "word[1]=x"}, "--set word[1]=x: word[1] is out of range; there are 0"},
    {{"grader", "--set", "word"}, "--set word: is no assignment; write FIELD=VALUE"},
    {{"grader", "--set", "word=0123456789012345678901234567890123456789012345678901234567890123"},
     "task \"grader\" (test.rogues.grader 0.1.0): create: word or totals is too long; it must be"},
    {{"grader", "--threads", "0"}, "option --threads is \"0\"; it must be a number from 1 to 256"},
    {{"grader", "--threads", "two"}, "option --threads is \"two\"; it must be a number from 1"},
    {{"grader", "--threads", "257"}, "option --threads is \"257\"; it must be a number from 1"},
    {{"grader", "--resume"}, "grade: it takes no option \"--resume\""},
};

START_TEST(a_mistake_in_use_is_one_message_and_code_2) {
    const char *words[12] = {"grade", "--plugin-path", GRADER_PATH};
    for (size_t i = 0; i < 8 && mistakes[_i].words[i]; i++) {
        words[3 + i] = mistakes[_i].words[i];
    }
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, mistakes[_i].text);
    ck_assert_str_eq(child.out, "");
    child_finish(&child);
}
END_TEST

START_TEST(a_task_from_before_there_was_grading_says_that_it_does_not_grade) {
    Child child = emend("grade", "older", "--plugin-path", EMEND_ROGUE_DIR "/older");
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, "task \"older\": it does not grade answers from outside; ");
    child_finish(&child);
    child = emend("grade", "older", "--plugin-path", EMEND_ROGUE_DIR "/older", "--set", "a=1");
    child_expect(&child, 2);
    child_says(child.err, "--set a=1: task \"older\" takes no config, so it has no fields to set");
    child_finish(&child);
}
END_TEST

START_TEST(fields_of_the_config_are_set_and_the_task_may_be_named_with_its_plugin) {
    Child child = emend("grade", "test.rogues.grader/grader", input("{}\n"), "--plugin-path",
                        GRADER_PATH, "--set", "word=x", "--set", "word=\"y_2\"");
    expect_output(&child, "{\"verdict\":\"y_2\"}\n");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("grade");
    TCase *tcase = tcase_create("grade");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, a_record_reaches_the_task_with_every_digit);
    tcase_add_loop_test(tcase, a_verdict_has_one_form, 0, sizeof forms / sizeof *forms);
    tcase_add_loop_test(tcase,
                        a_line_that_cannot_be_graded_gets_the_verdict_error_and_the_rest_goes_on, 0,
                        sizeof errors / sizeof *errors);
    tcase_add_test(tcase, a_line_of_16_mib_is_graded_and_a_longer_one_is_an_error);
    tcase_add_test(tcase, verdicts_come_in_the_order_of_the_lines_on_any_number_of_threads);
    tcase_add_loop_test(tcase, the_task_is_called_on_workers_as_many_at_once_as_it_allows, 0,
                        sizeof threads / sizeof *threads);
    tcase_add_test(tcase, a_verdict_comes_before_the_next_line_is_written);
    tcase_add_test(tcase, a_slow_record_does_not_hold_the_verdicts_before_it);
    tcase_add_loop_test(tcase, an_interrupt_ends_it_while_it_waits_for_input, 0, 2);
    tcase_add_test(tcase, a_reader_that_leaves_ends_it_quietly_though_input_goes_on);
    tcase_add_test(tcase, an_interrupt_ends_it_though_nobody_takes_its_output);
    tcase_add_test(tcase, output_that_cannot_be_written_is_a_failure_that_says_why);
    tcase_add_test(tcase, input_that_cannot_be_read_is_a_failure_that_names_it);
    tcase_add_test(tcase, two_hundred_thousand_lines_and_one_without_end_take_little_memory);
    tcase_add_loop_test(tcase, the_summary_counts_verdicts_and_adds_the_tasks_totals, 0,
                        sizeof totals / sizeof *totals);
    tcase_add_test(tcase, the_summary_of_nothing_counts_nothing);
    tcase_add_loop_test(tcase, a_mistake_in_use_is_one_message_and_code_2, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tcase, a_task_from_before_there_was_grading_says_that_it_does_not_grade);
    tcase_add_test(tcase, fields_of_the_config_are_set_and_the_task_may_be_named_with_its_plugin);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
