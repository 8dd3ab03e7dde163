/* SPDX-License-Identifier: Apache-2.0 */
/* The task "math": its splits, which problems are in them and in which order. */
#include "math_subject.h"

#include <stdlib.h>
#include <string.h>

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

static const char many_lines[] =
    "{\"problem\": \"a\", \"answer\": \"1\", \"subject\": \"Algebra\"}\n"
    "{\"problem\": \"b\", \"answer\": \"2\", \"subject\": "
    "\"Counting & Probability\", \"level\": \"Level 2\"}\n"
    "{\"problem\": \"c\", \"answer\": \"3\", \"type\": \"Algebra\", "
    "\"level\": 5}\n"
    "{\"problem\": \"d\", \"answer\": \"4\", \"subject\": "
    "\"Number Theory\", \"level\": \"Level ?\"}\n"
    "{\"problem\": \"e\", \"answer\": \"5\", \"level\": \"2\"}\n";

static const struct {
    const char *subjects[2];
    uint32_t levels[2]; // 0: none
    uint64_t max_problems;
    const char *references;
} filters[] = {
    {{"Algebra"}, {0}, 0, "1 3 "},
    {{"ALGEBRA "}, {0}, 0, "1 3 "},
    {{"counting_and_probability"}, {0}, 0, "2 "},
    {{"Counting & Probability"}, {0}, 0, "2 "},
    {{"Counting and probability", "number theory"}, {0}, 0, "2 4 "},
    {{NULL}, {2}, 0, "2 5 "},
    {{NULL}, {5, 2}, 0, "2 3 5 "},
    {{"algebra"}, {5}, 0, "3 "},
    {{NULL}, {0}, 2, "1 2 "},
    {{NULL}, {2}, 1, "2 "},
    {{NULL}, {0}, 9, "1 2 3 4 5 "},
};

START_TEST(filters_choose_problems) {
    Config config = files_of(many_lines, many_lines);
    char *subjects[2] = {NULL, NULL};
    uint32_t levels[2];
    for (size_t i = 0; i < 2; i++) {
        subjects[i] = (char *)(uintptr_t)filters[_i].subjects[i];
        levels[i] = filters[_i].levels[i];
        config.n_subject += subjects[i] != NULL;
        config.n_level += levels[i] != 0;
    }
    config.subject = subjects;
    config.level = levels;
    config.has_max_problems = 1;
    config.max_problems = filters[_i].max_problems;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), filters[_i].references);
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), filters[_i].references);
}
END_TEST

static const struct {
    const char *subject, *message;
} unknown_subjects[] = {
    {"Algebr", "subject: 'Algebr' is that of no problem in /tmp/"},
    {"Algebr", "test.jsonl; did you mean 'Algebra'? it must be one of: Algebra, Counting & "
               "Probability, Number Theory"},
    {"numbertheorie", "did you mean 'Number Theory'?"},
    {"Topology", "test.jsonl; it must be one of: Algebra, "},
    {"", "subject: '' is that of no problem"},
    {"\n", "subject: ' ' is that of no problem"},
};

START_TEST(unknown_subject_is_refused_with_those_there_are) {
    Config config = files_of(many_lines, many_lines);
    char *subjects[] = {(char *)"Algebra", (char *)(uintptr_t)unknown_subjects[_i].subject};
    config.subject = subjects;
    config.n_subject = 2;
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(open_split("test", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message(unknown_subjects[_i].message);
}
END_TEST

START_TEST(filters_that_leave_nothing_are_refused) {
    Config config = files_of(many_lines, many_lines);
    uint32_t level = 4, split = 0;
    uint64_t count = 0;
    config.level = &level;
    config.n_level = 1;
    create_ok(&config);
    ck_assert_int_eq(open_split("test", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("test.jsonl: no problem with an answer is left; left out: 5 by `subject` and "
                   "`level`; the config must let some through");
    char *subject_name = (char *)"Algebra";
    config = files_of("{\"problem\": \"a\", \"answer\": \"1\"}", many_lines);
    config.subject = &subject_name;
    config.n_subject = 1;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("is that of no problem in");
    assert_message("train.jsonl; its problems name none");
}
END_TEST

// n problems, with the numbers from `first` on as answers.
static void write_numbers(const char *name, int first, int n) {
    char lines[8192];
    size_t len = 0;
    for (int i = first; i < first + n; i++) {
        len += (size_t)snprintf(lines + len, sizeof lines - len,
                                "{\"problem\": \"p %d?\", \"answer\": \"%d\"}\n", i, i);
    }
    write_text(name, lines);
}

START_TEST(shuffle_is_the_seeds_on_every_machine) {
    // Worked out from emend/random.h by hand: episode 1 is train, 2 is test.
    static const char train_order[] = "9 5 8 2 3 0 6 4 1 7 ",
                      test_order[] = "102 108 101 103 105 107 106 104 109 100 ";
    Config config = both_files();
    write_numbers("train.jsonl", 0, 10);
    write_numbers("test.jsonl", 100, 10);
    config.has_shuffle_seed = 1;
    config.shuffle_seed = 7;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), train_order);
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), test_order);
    create_ok(&config); // in the other order
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), test_order);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), train_order);
}
END_TEST

START_TEST(shuffle_comes_before_the_limit_and_after_the_filters) {
    Config config = both_files();
    char all[256];
    write_numbers("train.jsonl", 0, 20);
    config.has_shuffle_seed = 1;
    config.shuffle_seed = 0; // a seed like any other
    create_ok(&config);
    strcpy(all, field_of_all("train", EMEND_PROBLEM_REFERENCE));
    ck_assert_str_ne(all, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
    config.has_max_problems = 1;
    config.max_problems = 3;
    create_ok(&config);
    const char *few = field_of_all("train", EMEND_PROBLEM_REFERENCE);
    ck_assert_msg(strncmp(few, all, strlen(few)) == 0, "'%s' does not begin with '%s'", all, few);
    config.shuffle_seed = 1;
    create_ok(&config);
    ck_assert_str_ne(field_of_all("train", EMEND_PROBLEM_REFERENCE), all);
    assert_logged("1 train: 3 problems of /tmp/");
    assert_logged("; left out: 17 by `max_problems`\n");
}
END_TEST

START_TEST(log_tells_what_was_left_out) {
    Config config = both_files();
    create_ok(&config);
    open_ok("train", &(uint32_t){0});
    assert_logged("1 train: 3 problems of /tmp/");
    assert_logged("train.jsonl; left out: 1 without an answer\n");
    log_clear();
    open_ok("train", &(uint32_t){0});
    ck_assert_msg(logged()[0] == '\0', "a split is opened once");
    open_ok("test", &(uint32_t){0});
    assert_logged("1 test: 1 problem of ");
    ck_assert_ptr_null(strstr(logged(), "left out"));
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
    assert_message("no problem with an answer is in it; it must be a file");
}
END_TEST

START_TEST(config_that_cannot_be_right_is_refused) {
    Config config = both_files();
    config.test = train_path;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("test: is the file that train names");
    config = both_files();
    config.prompt = (char *)"Solve it.";
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("prompt: has no {problem}; it must have {problem} once");
    config.prompt = (char *)"{problem} {problem}";
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("prompt: has {problem} more than once");
    ck_assert_int_eq(subject_create(&subject, "\xFF\xFF", 2), EMEND_INVALID_ARGUMENT);
    assert_message("are not an emend.tasks.math.Config");
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
}
END_TEST

static EmendStatus try_everything(const Config *config) {
    uint32_t split = 0;
    uint64_t count = 0;
    EmendStatus status = create(config);
    if (status == EMEND_OK) {
        status = open_split("train", &split, &count);
    }
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    if (status == EMEND_OK) {
        status = task()->problem(subject.self, split, 0, &sink, &subject.err);
    }
    if (status == EMEND_OK) {
        status = task()->demonstrate(subject.self, split, 0, 1, 1, &sink, &subject.err);
    }
    if (status == EMEND_OK) {
        status = open_split("test", &split, &count);
    }
    puts_clear(&puts);
    return status;
}

// Twice: with files, and with a folder.
START_TEST(failed_allocations_are_told_and_leak_nothing) {
    static const char shared[] = "{\"problem\": \"What is $2+2$ in a sentence of more than eight "
                                 "words in all?\", \"solution\": \"\\\\boxed{4}\"}";
    char train_folder[128];
    int64_t n_failures = 0;
    Config config = both_files();
    write_text("split/algebra/1.json", shared);
    write_text("split/algebra/2.json", "{\"problem\": \"a\", \"answer\": \"1\"}");
    write_text("split/geometry/3.json", "{\"problem\": \"b\", \"answer\": \"1\"}");
    write_text("test.jsonl", shared);
    snprintf(train_folder, sizeof train_folder, "%s/split", folder);
    if (_i == 1) {
        config.train = train_folder;
    }
    for (; n_failures < 200; n_failures++) {
        subject.host.n_left = n_failures;
        EmendStatus status = try_everything(&config);
        subject.host.n_left = -1;
        if (status == EMEND_OK) {
            break;
        }
        assert_message("no memory");
    }
    ck_assert_int_gt(n_failures, 20);
    ck_assert_int_lt(n_failures, 200);
}
END_TEST

static int32_t is_cancelled(const EmendHost *host) {
    (void)host;
    return 1;
}

START_TEST(loading_stops_when_asked_to) {
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    subject.host.host.is_cancelled = is_cancelled;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_CANCELLED);
    assert_message("train.jsonl: reading it was stopped");
    write_text("split/algebra/1.json", "{\"problem\": \"a\", \"answer\": \"1\"}");
    char path[128];
    snprintf(path, sizeof path, "%s/split", folder);
    config.train = path;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_CANCELLED);
    assert_message("/split: reading it was stopped");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("math");
    tcase_add_test(tcase, problems_come_as_the_file_has_them);
    tcase_add_loop_test(tcase, filters_choose_problems, 0, sizeof filters / sizeof filters[0]);
    tcase_add_loop_test(tcase, unknown_subject_is_refused_with_those_there_are, 0,
                        sizeof unknown_subjects / sizeof unknown_subjects[0]);
    tcase_add_test(tcase, filters_that_leave_nothing_are_refused);
    tcase_add_test(tcase, shuffle_is_the_seeds_on_every_machine);
    tcase_add_test(tcase, shuffle_comes_before_the_limit_and_after_the_filters);
    tcase_add_test(tcase, log_tells_what_was_left_out);
    tcase_add_test(tcase, split_without_a_file_is_not_there);
    tcase_add_test(tcase, config_that_cannot_be_right_is_refused);
    tcase_add_test(tcase, problem_that_is_not_there_is_out_of_range);
    tcase_add_loop_test(tcase, failed_allocations_are_told_and_leak_nothing, 0, 2);
    tcase_add_test(tcase, loading_stops_when_asked_to);
    return run_suite("math", &tcase, 1);
}
