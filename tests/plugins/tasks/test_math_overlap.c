/* SPDX-License-Identifier: Apache-2.0 */
/* Problems that the task "math" finds in both splits, or twice in one. */
#include "math_subject.h"

#include <string.h>

// Pairs: a problem of train, one of test, and whether they are the same.
static const struct {
    const char *train, *test;
    bool is_same;
} pairs[] = {
    {"What is $2+2$?", "What is $2+2$?", true},
    {"What is $2+2$?", "  what\\tIS $2 + 2$ ", true},
    {"What is $2+2$?", "What is 2+2.", true},
    {"What is $2+2$?", "What is \\\\(2+2\\\\)?", true},
    {"Find \\\\left( x \\\\right)", "Find (x)", true},
    {"Find $x\\\\,y\\\\;z\\\\!$", "Find $x\\\\ y\\\\quad z$.", true},
    {"It costs \\\\$5. How much?", "It costs $5$. How much?!", true},
    {"What is $2+2$?", "What is $2-2$?", false},
    {"Find $x \\\\leftarrow y$", "Find $x arrow y$", false},
    {"Rows $a\\\\\\\\left$", "Rows $a\\\\\\\\$", false}, // a new line, then a word
    {"Ends in 1.5", "Ends in 15", false},
    {"$$", "?!", false}, // nothing is left to compare
    {"$", "$", false},
    {"\\\\", "\\\\", true},
};

static Config pair_config(size_t i) {
    char train[512], test[512];
    snprintf(train, sizeof train,
             "{\"problem\": \"Other\", \"answer\": \"0\"}\n"
             "{\"problem\": \"%s\", \"answer\": \"1\", \"unique_id\": \"first\"}\n",
             pairs[i].train);
    snprintf(test, sizeof test,
             "\n{\"problem\": \"%s\", \"answer\": \"1\", \"unique_id\": \"held\"}\n",
             pairs[i].test);
    return files_of(train, test);
}

START_TEST(problems_are_compared_by_what_they_ask) {
    Config config = pair_config((size_t)_i);
    uint32_t split = 0;
    create_ok(&config);
    ck_assert_msg(open_ok("train", &split) == (pairs[_i].is_same ? 1 : 2), "'%s' and '%s'",
                  pairs[_i].train, pairs[_i].test);
}
END_TEST

START_TEST(train_leaves_out_what_test_has) {
    Config config = pair_config(0);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "0 ");
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), "1 ");
    assert_logged("2 train: 1 of its problems is in /tmp/");
    assert_logged("test.jsonl too, and left out: first\n");
    assert_logged("1 train: 1 problem of /tmp/");
    assert_logged("train.jsonl; left out: 1 by `overlap`\n");
}
END_TEST

START_TEST(order_of_opening_changes_nothing) {
    static const char *const orders[][2] = {{"train", "test"}, {"test", "train"}};
    for (int i = 0; i < 2; i++) {
        Config config = pair_config(0);
        create_ok(&config);
        open_ok(orders[i][0], &(uint32_t){0});
        open_ok(orders[i][1], &(uint32_t){0});
        ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "0 ");
        ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), "1 ");
    }
}
END_TEST

START_TEST(test_alone_does_not_read_train) {
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    config.train = (char *)"/tmp/test_math_nowhere.jsonl";
    create_ok(&config);
    ck_assert_uint_eq(open_ok("test", &split), 1);
    config = both_files();
    config.test = (char *)"/tmp/test_math_nowhere.jsonl";
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_NOT_FOUND);
    assert_message("/tmp/test_math_nowhere.jsonl: No such file");
}
END_TEST

START_TEST(overlap_is_refused_where_the_config_says_so) {
    Config config = pair_config(1);
    uint32_t split = 0;
    uint64_t count = 0;
    config.has_overlap = 1;
    config.overlap = EMEND__TASKS__MATH__CONFIG__OVERLAP__REFUSE;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("train.jsonl:2: this problem is also in /tmp/");
    assert_message("test.jsonl:2; `overlap: REFUSE` wants none in both");
    ck_assert_uint_eq(open_ok("test", &split), 1);
    config = pair_config(7);
    config.has_overlap = 1;
    config.overlap = EMEND__TASKS__MATH__CONFIG__OVERLAP__REFUSE;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("train", &split), 2);
}
END_TEST

START_TEST(overlap_is_kept_where_the_config_says_so) {
    Config config = pair_config(0);
    config.has_overlap = 1;
    config.overlap = EMEND__TASKS__MATH__CONFIG__OVERLAP__KEEP;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "0 1 ");
    assert_logged("2 train: 1 of its problems is in /tmp/");
    assert_logged(" too, and kept: first\n");
    ck_assert_ptr_null(strstr(logged(), "left out"));
}
END_TEST

START_TEST(all_of_test_counts_whatever_the_filters_leave_of_it) {
    Config config = files_of("{\"problem\": \"a\", \"answer\": \"1\", \"level\": 1}\n"
                             "{\"problem\": \"b\", \"answer\": \"2\", \"level\": 1}\n",
                             "{\"problem\": \"c\", \"answer\": \"3\", \"level\": 1}\n"
                             "{\"problem\": \"B\", \"answer\": \"4\", \"level\": 2}\n");
    uint32_t level = 1;
    config.level = &level;
    config.n_level = 1;
    config.has_max_problems = 1;
    config.max_problems = 1;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "1 ");
    assert_logged("1 by `overlap`\n");
}
END_TEST

START_TEST(train_that_test_has_whole_is_refused) {
    static const char lines[] = "{\"problem\": \"a\", \"answer\": \"1\"}\n";
    Config config = files_of(lines, lines);
    uint32_t split = 0;
    uint64_t count = 0;
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_INVALID_ARGUMENT);
    assert_message("train.jsonl: no problem with an answer is left; left out: 1 by `overlap`; the "
                   "config must let some through");
}
END_TEST

START_TEST(repeated_problems_are_kept_and_counted) {
    Config config = files_of("{\"problem\": \"Find $x$.\", \"answer\": \"1\"}\n"
                             "{\"problem\": \"find x\", \"answer\": \"2\"}\n"
                             "{\"problem\": \"Find y\", \"answer\": \"3\"}\n"
                             "{\"problem\": \"FIND X\", \"answer\": \"4\"}\n",
                             "{\"problem\": \"z\", \"answer\": \"5\"}\n");
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "1 2 3 4 ");
    assert_logged("train.jsonl; 2 repeat an earlier one\n");
}
END_TEST

#define LONG_TEXT                                                                                  \
    "A farmer has seven fields with nine rows of trees in each of them and wants to know how "     \
    "many trees there are when every row has "

START_TEST(near_copies_are_warned_of_and_kept) {
    Config config = files_of("{\"problem\": \"" LONG_TEXT "12 trees.\", \"answer\": \"1\"}\n"
                             "{\"problem\": \"Unlike it.\", \"answer\": \"2\"}\n",
                             "{\"problem\": \"" LONG_TEXT "$15$ of them!\", \"answer\": \"3\", "
                             "\"unique_id\": \"near\"}\n"
                             "{\"problem\": \"A farmer has seven fields with nine rows of trees; "
                             "what else can be said of the shape of such a farm in general?\", "
                             "\"answer\": \"4\"}\n"
                             "{\"problem\": \"Short.\", \"answer\": \"5\"}\n");
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "1 2 ");
    assert_logged("2 train: 1 of 3 problems in /tmp/");
    assert_logged("test.jsonl are worded much as problems here (more than half of their runs of 8 "
                  "words are); nothing is left out for it: near\n");
}
END_TEST

START_TEST(first_names_alone_are_logged) {
    char lines[2048];
    size_t n = 0;
    for (int i = 0; i < 9; i++) {
        n += (size_t)snprintf(lines + n, sizeof lines - n,
                              "{\"problem\": \"p%d\", \"answer\": \"1\", \"unique_id\": "
                              "\"i\\n%d\"}\n",
                              i, i);
    }
    write_text("test.jsonl", lines);
    snprintf(lines + n, sizeof lines - n, "{\"problem\": \"more\", \"answer\": \"1\"}");
    Config config = both_files();
    write_text("train.jsonl", lines);
    create_ok(&config);
    open_ok("train", &(uint32_t){0});
    assert_logged("2 train: 9 of its problems are in ");
    assert_logged(" too, and left out: i 0, i 1, i 2, ..\n");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("overlap");
    tcase_add_loop_test(tcase, problems_are_compared_by_what_they_ask, 0,
                        sizeof pairs / sizeof pairs[0]);
    tcase_add_test(tcase, train_leaves_out_what_test_has);
    tcase_add_test(tcase, order_of_opening_changes_nothing);
    tcase_add_test(tcase, test_alone_does_not_read_train);
    tcase_add_test(tcase, overlap_is_refused_where_the_config_says_so);
    tcase_add_test(tcase, overlap_is_kept_where_the_config_says_so);
    tcase_add_test(tcase, all_of_test_counts_whatever_the_filters_leave_of_it);
    tcase_add_test(tcase, train_that_test_has_whole_is_refused);
    tcase_add_test(tcase, repeated_problems_are_kept_and_counted);
    tcase_add_test(tcase, near_copies_are_warned_of_and_kept);
    tcase_add_test(tcase, first_names_alone_are_logged);
    return run_suite("math overlap", &tcase, 1);
}
