/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/task.h"
#include "math/config.pb-c.h"
#include "subject.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

typedef Emend__Tasks__Math__Config Config;
#define CONFIG_INIT EMEND__TASKS__MATH__CONFIG__INIT

// Problems of our own, in MATH's form.
static const char train_lines[] =
    "{\"problem\": \"What is $1+1$?\", \"solution\": \"It is $\\\\boxed{2}$.\", \"answer\": \"2\", "
    "\"subject\": \"Prealgebra\", \"level\": 1, \"unique_id\": \"train/prealgebra/a.json\"}\n"
    "\n"
    "{\"problem\": \"What is nothing?\", \"solution\": \"$\\\\boxed{}$\", \"answer\": \"\", "
    "\"subject\": \"Algebra\", \"level\": 2, \"unique_id\": \"train/algebra/b.json\"}\n"
    "{\"problem\": \"Half of \\u03c0?\", \"solution\": \"$\\\\boxed{\\\\frac{\\\\pi}{2}}$\", "
    "\"answer\": \"\\\\frac{\\\\pi}{2}\", \"subject\": \"Algebra\", \"level\": null, "
    "\"unique_id\": \"train/algebra/c.json\"}\n"
    "{\"problem\": \"What is $3\\\\cdot 4$?\", \"answer\": \"12\", \"subject\": \"Algebra\", "
    "\"level\": 5, \"extra\": [1, 2]}";
static const char test_lines[] =
    "{\"problem\": \"What is $2+2$?\", \"solution\": \"$\\\\boxed{4}$\", \"answer\": \"4\", "
    "\"subject\": \"Prealgebra\", \"level\": 3, \"unique_id\": \"test/prealgebra/a.json\"}\r\n";

static Subject subject;
static char folder[64], train_path[128], test_path[128];

static void write_file(const char *path, const char *bytes, size_t n) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void) {
    strcpy(folder, "/tmp/test_math_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(train_path, sizeof train_path, "%s/train.jsonl", folder);
    snprintf(test_path, sizeof test_path, "%s/test.jsonl", folder);
    write_file(train_path, train_lines, sizeof train_lines - 1);
    write_file(test_path, test_lines, sizeof test_lines - 1);
    subject_open(&subject, "emend.tasks.math", "math", EMEND_KIND_TASK);
}

static void tear_down(void) {
    subject_close(&subject);
    unlink(train_path);
    unlink(test_path);
    rmdir(folder);
}

static const EmendTask *task(void) {
    return subject.table;
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[4096];
    size_t n_bytes = emend__tasks__math__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__math__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_ok(const Config *config) {
    EmendStatus status = create(config);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

static Config both_files(void) {
    Config config = CONFIG_INIT;
    config.train = train_path;
    config.test = test_path;
    return config;
}

static void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

static EmendStatus open_split(const char *name, uint32_t *split, uint64_t *count) {
    return task()->split_open(subject.self, emend_str(name), split, count, &subject.err);
}

static uint64_t open_ok(const char *name, uint32_t *split) {
    uint64_t count = 0;
    EmendStatus status = open_split(name, split, &count);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    return count;
}

static void get_problem(uint32_t split, uint64_t index, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status = task()->problem(subject.self, split, index, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

static void get_demonstration(uint32_t split, uint64_t index, uint32_t n_turns, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status =
        task()->demonstrate(subject.self, split, index, 1, n_turns, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_int_eq(puts->n, (int)n_turns);
}

static EmendScore grade(EmendStr reference, EmendStr response, bool is_truncated, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = reference,
                           .response = response,
                           .is_truncated = is_truncated};
    EmendScore score = {0};
    ck_assert_int_eq(task()->grade(subject.self, &args, &score, &sink, &subject.err), EMEND_OK);
    return score;
}

static double grade_text(const char *reference, const char *response, bool is_truncated) {
    Puts puts = {0};
    EmendScore score = grade(emend_str(reference), emend_str(response), is_truncated, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    puts_clear(&puts);
    return score.value;
}

START_TEST(problems_come_as_the_file_has_them) {
    Config config = both_files();
    create_ok(&config);
    uint32_t train = 0, test = 0;
    ck_assert_msg(open_ok("train", &train) == 3, "the one without an answer is left out");
    ck_assert_uint_eq(open_ok("test", &test), 1);
    ck_assert_uint_ne(train, test);
    Puts puts = {0};
    get_problem(train, 1, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "train/algebra/c.json");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE), "\\frac{\\pi}{2}");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_KIND), "Algebra");
    ck_assert_ptr_null(puts_text(&puts, EMEND_PROBLEM_LEVEL));
    const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
    ck_assert_ptr_nonnull(strstr(prompt, "\n\nProblem:\nHalf of \xCF\x80?"));
    ck_assert_msg(strncmp(prompt, "You are a math expert. When you respond, ", 41) == 0, "%s",
                  prompt);
    ck_assert_ptr_nonnull(strstr(prompt,
                                 "\"Final Answer: The final answer is $answer$. I hope it is "
                                 "correct.\""));
    puts_clear(&puts);
    get_problem(train, 2, &puts);
    ck_assert_msg(strcmp(puts_text(&puts, EMEND_PROBLEM_ID), "train:5") == 0,
                  "a problem without an id is named by its line");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), "5");
    puts_clear(&puts);
}
END_TEST

START_TEST(compressed_file_reads_as_the_plain_one) {
    gzFile file = gzopen(train_path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(gzwrite(file, train_lines, sizeof train_lines - 1), 0);
    gzclose(file);
    Config config = both_files();
    create_ok(&config);
    uint32_t split = 0;
    ck_assert_uint_eq(open_ok("train", &split), 3);
    Puts puts = {0};
    get_problem(split, 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE), "2");
    puts_clear(&puts);
}
END_TEST

START_TEST(filters_choose_problems) {
    char *subjects[] = {"algebra"};
    uint32_t levels[] = {1, 5}, split = 0;
    Puts puts = {0};
    Config config = both_files();
    config.subject = subjects;
    config.n_subject = 1;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 2);
    config.level = levels;
    config.n_level = 2;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 1);
    get_problem(split, 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE), "12");
    puts_clear(&puts);
    uint64_t count = 0;
    ck_assert_int_eq(open_split("test", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("test.jsonl: no problem with an answer is left");
    config = both_files();
    config.has_max_problems = 1;
    config.max_problems = 2;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 2);
    ck_assert_uint_eq(open_ok("train", &split), 2);
}
END_TEST

START_TEST(both_styles_ask_demonstrate_and_grade_alike) {
    Config config = both_files();
    config.has_prompt_style = 1;
    config.prompt_style = _i ? EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__BOXED
                             : EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__PAPER;
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = open_ok("train", &split);
    for (uint64_t i = 0; i < count; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 2, &demo);
        ck_assert_str_eq(demo.items[0].text, demo.items[1].text);
        ck_assert_ptr_nonnull(
            strstr(demo.items[0].text, _i ? "\\boxed{" : "Final Answer: The final answer is $"));
        ck_assert_double_eq(
            grade_text(puts_text(&puts, EMEND_PROBLEM_REFERENCE), demo.items[0].text, false), 1);
        puts_clear(&puts);
        puts_clear(&demo);
    }
}
END_TEST

START_TEST(instruction_is_the_papers_unless_the_config_has_one) {
    Config config = both_files();
    EmendHistory history = {.struct_size = sizeof history, .turn = 2, .split = 1};
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    create_ok(&config);
    ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err), EMEND_OK);
    ck_assert_str_eq(
        puts_text(&puts, 0),
        "There might be an error in the solution above because of lack of understanding of the "
        "question. Please correct the error, if any, and rewrite the solution. Only output the "
        "final "
        "solution! At the end of the Solution, when you give your final answer, write it in the "
        "form "
        "\"Final Answer: The final answer is $answer$. I hope it is correct.\"");
    puts_clear(&puts);
    config.instruction = "Look again.";
    create_ok(&config);
    ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, 0), "Look again.");
    puts_clear(&puts);
}
END_TEST

static const struct {
    const char *reference, *response;
    bool is_truncated;
    double value;
} grades[] = {
    {"12", "So \\boxed{12}.", false, 1},
    {"12", "Final Answer: The final answer is $12$. I hope it is correct.", false, 1},
    {"12", "So \\boxed{13}.", false, 0},
    {"12", "It is 12.", false, 0},
    {"12", "", false, 0},
    {"12", "So \\boxed{12}", true, 1},
    {"12", "The final answer is $12$", true, 1},
    {"12", "The answer is 12", false, 1},
    {"12", "The answer is 12", true, 0}, // perhaps of 123
    {"12", "So \\boxed{12", true, 0},
};

START_TEST(responses_are_graded_whole_or_cut) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    ck_assert_msg(grade_text(grades[_i].reference, grades[_i].response, grades[_i].is_truncated) ==
                      grades[_i].value,
                  "'%s' for '%s'", grades[_i].response, grades[_i].reference);
}
END_TEST

START_TEST(grade_tells_what_it_found) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    Puts puts = {0};
    grade(emend_str("12"), emend_str("$\\boxed{ 13 }$"), false, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_GRADE_EXTRACTED), "13");
    puts_clear(&puts);
    EmendScore score = grade(emend_str("12"), emend_str("13"), false, &puts);
    ck_assert_int_eq(puts.n, 0);
    ck_assert_str_eq(score.reason, "no final answer is marked");
    score = grade(emend_str(""), emend_str("\\boxed{13}"), false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(score.reason, "the reference answer is empty");
}
END_TEST

static const struct {
    const char *bytes, *message;
} bad_files[] = {
    {"{\"problem\": \"a\", \"answer\": \"1\"}\n{\"problem\": \n", "train.jsonl:2: "},
    {"[1, 2]", "train.jsonl:1: is not a JSON object"},
    {"\n\n7\n", "train.jsonl:3: "},
    {"{\"answer\": \"1\"}", "train.jsonl:1: problem is missing; it must be a string"},
    {"{\"problem\": \"a\"}", "train.jsonl:1: answer is missing"},
    {"{\"problem\": \"a\", \"answer\": 1}", "train.jsonl:1: answer is of another type"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"solution\": 3}", "train.jsonl:1: solution is of"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": \"Level 5\"}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": -1}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"\xFF\", \"answer\": \"1\"}", "train.jsonl:1: "},
    {"{\"problem\": \"\\u0000\", \"answer\": \"1\"}", "train.jsonl:1: "},
    {"{\"problem\": \"a\", \"answer\": \"1\"} trailing", "train.jsonl:1: "},
    {"", "train.jsonl: no problem with an answer is left"},
    {"\x1F\x8B\x08", "train.jsonl: "},
};

START_TEST(bad_file_is_refused_with_its_line) {
    write_file(train_path, bad_files[_i].bytes, strlen(bad_files[_i].bytes));
    Config config = both_files();
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_ne(open_split("train", &split, &count), EMEND_OK);
    assert_message(bad_files[_i].message);
    assert_message(folder);
}
END_TEST

START_TEST(cut_archive_is_refused) {
    unsigned char bytes[1024];
    gzFile file = gzopen(train_path, "wb");
    gzwrite(file, train_lines, sizeof train_lines - 1);
    gzclose(file);
    FILE *plain = fopen(train_path, "r");
    size_t n = fread(bytes, 1, sizeof bytes, plain);
    fclose(plain);
    write_file(train_path, (const char *)bytes, n - 20);
    Config config = both_files();
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_DATA_LOSS);
    assert_message("train.jsonl: cannot be read: ");
}
END_TEST

START_TEST(split_without_a_file_is_not_there) {
    Config config = CONFIG_INIT;
    uint32_t split = 0;
    uint64_t count = 0;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_NOT_FOUND);
    assert_message("split: 'train' is not there; the config names a file for none");
    config.test = test_path;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_NOT_FOUND);
    assert_message("names a file for test");
    config.test = "/tmp/test_math_nowhere.jsonl";
    create_ok(&config);
    ck_assert_int_eq(open_split("test", &split, &count), EMEND_NOT_FOUND);
    assert_message("/tmp/test_math_nowhere.jsonl: No such file");
    config.test = folder;
    create_ok(&config);
    ck_assert_int_ne(open_split("test", &split, &count), EMEND_OK);
    assert_message(folder);
}
END_TEST

START_TEST(splits_that_share_a_problem_are_refused) {
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    write_file(test_path, train_lines, sizeof train_lines - 1);
    create_ok(&config);
    open_ok("train", &split);
    ck_assert_int_eq(open_split("test", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("test.jsonl:1: this problem is also in ");
    config.test = train_path;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("test: is the file that train names");
}
END_TEST

START_TEST(problem_that_is_not_there_is_out_of_range) {
    Config config = both_files();
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = open_ok("test", &split);
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    const uint32_t splits[] = {split, 0, 1, 3, UINT32_MAX};
    for (int i = 0; i < 5; i++) {
        uint64_t index = i == 0 ? count : 0;
        ck_assert_int_eq(task()->problem(subject.self, splits[i], index, &sink, &subject.err),
                         EMEND_OUT_OF_RANGE);
        ck_assert_int_eq(
            task()->demonstrate(subject.self, splits[i], index, 0, 1, &sink, &subject.err),
            EMEND_OUT_OF_RANGE);
    }
    ck_assert_int_eq(subject_create(&subject, "\xFF\xFF", 2), EMEND_INVALID_ARGUMENT);
    assert_message("are not an emend.tasks.math.Config");
}
END_TEST

START_TEST(failed_allocations_are_told_and_leak_nothing) {
    Config config = both_files();
    int64_t n_failures = 0;
    for (; n_failures < 50; n_failures++) {
        subject.host.n_left = n_failures;
        uint32_t split = 0;
        uint64_t count = 0;
        EmendStatus status = create(&config);
        if (status == EMEND_OK) {
            status = open_split("train", &split, &count);
        }
        if (status == EMEND_OK) {
            status = open_split("test", &split, &count);
        }
        subject.host.n_left = -1;
        if (status == EMEND_OK) {
            break;
        }
        assert_message("no memory");
    }
    ck_assert_int_gt(n_failures, 6);
    ck_assert_int_lt(n_failures, 50);
}
END_TEST

static void check_real_split(const char *name, uint64_t n_expected) {
    uint32_t split = 0;
    uint64_t count = open_ok(name, &split), n_right = 0, n_self = 0, n_demonstrated = 0;
    ck_assert_uint_eq(count, n_expected);
    for (uint64_t i = 0; i < count; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 1, &demo);
        const char *gold = puts_text(&puts, EMEND_PROBLEM_REFERENCE);
        char *boxed = malloc(strlen(gold) + 16);
        ck_assert_ptr_nonnull(boxed);
        sprintf(boxed, "\\boxed{%s}", gold);
        // What stands before the line in the paper's form is the published solution.
        char *form = strstr(demo.items[0].text, "\nFinal Answer: The final answer is $");
        ck_assert_ptr_nonnull(form);
        n_demonstrated += grade_text(gold, demo.items[0].text, false) == 1;
        *form = '\0';
        n_right += grade_text(gold, demo.items[0].text, false) == 1;
        n_self += grade_text(gold, boxed, false) == 1;
        free(boxed);
        puts_clear(&puts);
        puts_clear(&demo);
    }
    printf("MATH %s: %llu problems, right: gold %llu, demonstrations %llu, solutions %llu\n", name,
           (unsigned long long)count, (unsigned long long)n_self,
           (unsigned long long)n_demonstrated, (unsigned long long)n_right);
    fflush(stdout);
    ck_assert_msg(n_self == count, "each gold answer is right");
    ck_assert_msg(n_demonstrated == count, "each demonstration is right");
    ck_assert_msg(n_right * 1000 >= count * 999, "the published solutions are right");
}

START_TEST(published_files_are_read_and_graded) {
    const char *shared = getenv("EMEND_SHARED");
    if (!shared || !*shared) {
        return; // nothing to read; the cases above stand on their own
    }
    char train[4096], test[4096];
    snprintf(train, sizeof train, "%s/data/math_train_12k.jsonl.gz", shared);
    snprintf(test, sizeof test, "%s/data/math_test_500.jsonl", shared);
    Config config = CONFIG_INIT;
    config.train = train;
    config.test = test;
    create_ok(&config);
    check_real_split("train", 11998);
    check_real_split("test", 500);
}
END_TEST

static Suite *math_suite(void) {
    TCase *tcase = tcase_create("math");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, problems_come_as_the_file_has_them);
    tcase_add_test(tcase, compressed_file_reads_as_the_plain_one);
    tcase_add_test(tcase, filters_choose_problems);
    tcase_add_loop_test(tcase, both_styles_ask_demonstrate_and_grade_alike, 0, 2);
    tcase_add_test(tcase, instruction_is_the_papers_unless_the_config_has_one);
    tcase_add_loop_test(tcase, responses_are_graded_whole_or_cut, 0,
                        sizeof grades / sizeof grades[0]);
    tcase_add_test(tcase, grade_tells_what_it_found);
    tcase_add_loop_test(tcase, bad_file_is_refused_with_its_line, 0,
                        sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(tcase, cut_archive_is_refused);
    tcase_add_test(tcase, split_without_a_file_is_not_there);
    tcase_add_test(tcase, splits_that_share_a_problem_are_refused);
    tcase_add_test(tcase, problem_that_is_not_there_is_out_of_range);
    tcase_add_test(tcase, failed_allocations_are_told_and_leak_nothing);
    tcase_add_test(tcase, published_files_are_read_and_graded);
    Suite *suite = suite_create("math");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(math_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
