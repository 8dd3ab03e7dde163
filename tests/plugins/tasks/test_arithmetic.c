/* SPDX-License-Identifier: Apache-2.0 */
#include "arithmetic/config.pb-c.h"
#include "emend/task.h"
#include "subject.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Tasks__Arithmetic__Config Config;
typedef Emend__Tasks__Arithmetic__Family Family;
#define CONFIG_INIT EMEND__TASKS__ARITHMETIC__CONFIG__INIT
#define FAMILY_INIT EMEND__TASKS__ARITHMETIC__FAMILY__INIT
#define KIND(name) EMEND__TASKS__ARITHMETIC__FAMILY__KIND__##name

static Subject subject;

static void set_up(void) {
    subject_open(&subject, "emend.tasks.arithmetic", "arithmetic", EMEND_KIND_TASK);
}

static void tear_down(void) {
    subject_close(&subject);
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[16384];
    size_t n_bytes = emend__tasks__arithmetic__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__arithmetic__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_ok(const Config *config) {
    EmendStatus status = create(config);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

// A config with one family.
static Config config_of(Family *family, Family **list) {
    Config config = CONFIG_INIT;
    *list = family;
    config.family = list;
    config.n_family = 1;
    return config;
}

static void create_kind(int kind) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = 1;
    family.kind = kind;
    Config config = config_of(&family, &list);
    create_ok(&config);
}

static const EmendTask *task(void) {
    return subject.table;
}

static void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

static uint32_t open_split(const char *name) {
    uint32_t split = 0;
    uint64_t count = 0;
    EmendStatus status =
        task()->split_open(subject.self, emend_str(name), &split, &count, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_uint_eq(count, EMEND_ENDLESS);
    return split;
}

static void get_problem(uint32_t split, uint64_t index, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status = task()->problem(subject.self, split, index, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_ID));
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_PROMPT));
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_REFERENCE));
}

static void get_demonstration(uint32_t split, uint64_t index, uint64_t seed, uint32_t n_turns,
                              Puts *puts) {
    int n_before = puts->n;
    EmendSink sink = puts_sink(puts);
    EmendStatus status =
        task()->demonstrate(subject.self, split, index, seed, n_turns, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_int_eq(puts->n - n_before, (int)n_turns);
}

static EmendScore grade_args(const char *reference, EmendStr response, bool is_truncated,
                             Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = emend_str(reference),
                           .response = response,
                           .is_truncated = is_truncated};
    EmendScore score = {0};
    EmendStatus status = task()->grade(subject.self, &args, &score, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    return score;
}

static double grade(const char *reference, const char *response) {
    Puts puts = {0};
    EmendScore score = grade_args(reference, emend_str(response), false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    puts_clear(&puts);
    return score.value;
}

/* The meaning of a prompt and an attempt, worked out again from their default texts. */

static int split_numbers(const char *text, const char *between, int64_t *numbers, int capacity) {
    int n = 0;
    for (const char *at = text; *at && n < capacity;) {
        char *end = NULL;
        numbers[n++] = strtoll(at, &end, 10);
        ck_assert_msg(end > at, "'%s' has a number at '%s'", text, at);
        at = end;
        at += strspn(at, between);
    }
    return n;
}

static bool means_right_pair(const char *prompt, int64_t x, int64_t y) {
    int64_t numbers[33];
    int n = split_numbers(prompt + 1, ": ", numbers, 33);
    for (int i = 1; i < n; i++) {
        for (int j = 1; j < n; j++) {
            if (i != j && numbers[i] == x && numbers[j] == y && x + y == numbers[0]) {
                return true;
            }
        }
    }
    return false;
}

static int64_t chain_value(const char *text) {
    int64_t terms[33], value = 0;
    int n = split_numbers(text, "", terms, 33);
    for (int i = 0; i < n; i++) {
        value += terms[i];
    }
    return value;
}

static bool means_right(const char *prompt, const char *attempt) {
    const char *box = strstr(attempt, "\\boxed{");
    ck_assert_ptr_nonnull(box);
    int64_t x = 0, y = 0, a = 0, b = 0, c = 0;
    ck_assert_int_ge(sscanf(box, "\\boxed{%" SCNd64 "%*1[+*]%" SCNd64, &x, &y), 1);
    switch (prompt[0]) {
    case 'P':
        return means_right_pair(prompt, x, y);
    case 'S':
        ck_assert_int_eq(sscanf(prompt, "S%" SCNd64 "x+%" SCNd64 "=%" SCNd64, &a, &b, &c), 3);
        return a * x + b == c;
    case 'F':
        return x > 1 && y > 1 && x * y == strtoll(prompt + 1, NULL, 10);
    case 'C':
        return x == chain_value(prompt + 1);
    default:
        ck_abort_msg("no family begins '%s'", prompt);
    }
}

// Sums of products, left to right: all that attempts write.
static int64_t evaluate(const char *text, const char *end) {
    int64_t sum = 0, product = 1;
    while (text < end) {
        char *next = NULL;
        product *= strtoll(text, &next, 10);
        text = next;
        if (text < end && *text == '*') {
            text++;
        } else {
            sum += product;
            product = 1;
        }
    }
    return sum;
}

// Every `expression=number` of the attempt holds.
static bool is_work_true(const char *attempt) {
    static const char expression[] = "0123456789+-*";
    int n_equations = 0;
    for (const char *equals = strchr(attempt, '='); equals; equals = strchr(equals + 1, '=')) {
        const char *end = equals[-1] == '}' ? equals - 1 : equals, *begin = end;
        while (begin > attempt && strchr(expression, begin[-1])) {
            begin--;
        }
        if (begin == end || evaluate(begin, end) != strtoll(equals + 1, NULL, 10)) {
            return false;
        }
        n_equations++;
    }
    return n_equations > 0;
}

static const char *const kind_names[] = {"pair_sum", "solve_linear", "factor", "chain"};
enum { N_KINDS = 4 };

START_TEST(same_split_index_and_seed_give_the_same_bytes) {
    enum { N = 200 };
    Config config = CONFIG_INIT;
    Puts first[N] = {0}, first_demos[N] = {0};
    create_ok(&config);
    for (int i = 0; i < N; i++) {
        get_problem(open_split(i % 2 ? "train" : "test"), (uint64_t)i, &first[i]);
        get_demonstration(open_split("train"), (uint64_t)i, 7, 2, &first_demos[i]);
    }
    create_ok(&config);
    for (int i = N - 1; i >= 0; i--) {
        Puts again = {0}, demo = {0};
        get_problem(open_split(i % 2 ? "train" : "test"), (uint64_t)i, &again);
        get_demonstration(open_split("train"), (uint64_t)i, 7, 3, &demo);
        ck_assert_int_eq(again.n, first[i].n);
        for (int k = 0; k < again.n; k++) {
            ck_assert_uint_eq(again.items[k].field, first[i].items[k].field);
            ck_assert_str_eq(again.items[k].text, first[i].items[k].text);
        }
        ck_assert_str_eq(demo.items[0].text, first_demos[i].items[0].text);
        ck_assert_str_eq(demo.items[1].text, first_demos[i].items[1].text);
        puts_clear(&again);
        puts_clear(&demo);
        puts_clear(&first[i]);
        puts_clear(&first_demos[i]);
    }
}
END_TEST

START_TEST(first_problems_never_change) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    Puts puts = {0};
    get_problem(open_split("train"), 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "train-0");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), "S8x+7=63");
    puts_clear(&puts);
    get_problem(open_split("test"), 1, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "test-1");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), "S5x+7=52");
    puts_clear(&puts);
}
END_TEST

static int count_different(uint64_t seed, uint64_t offset, uint64_t demo_seed) {
    enum { N = 50 };
    int n_different = 0;
    for (uint64_t i = 0; i < N; i++) {
        Config config = CONFIG_INIT;
        create_ok(&config);
        Puts a = {0}, b = {0};
        get_problem(open_split("train"), i, &a);
        get_demonstration(open_split("train"), i, 1, 1, &a);
        config.has_seed = 1;
        config.seed = seed;
        create_ok(&config);
        get_problem(open_split("train"), i + offset, &b);
        get_demonstration(open_split("train"), i + offset, demo_seed, 1, &b);
        const char *text_a = a.items[a.n - 1].text, *text_b = b.items[b.n - 1].text;
        n_different += strcmp(text_a, text_b) != 0;
        puts_clear(&a);
        puts_clear(&b);
    }
    return n_different;
}

START_TEST(another_seed_or_index_gives_other_problems) {
    ck_assert_int_eq(count_different(1, 0, 1), 0);
    ck_assert_int_gt(count_different(2, 0, 1), 40);
    ck_assert_int_gt(count_different(1, (uint64_t)1 << 32, 1), 40);
    ck_assert_msg(count_different(1, 0, 2) > 10,
                  "half of the attempts are right, the others differ");
}
END_TEST

static int compare_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// What a problem asks, the order of listed numbers apart.
static char *content_of(const char *prompt) {
    char text[512];
    int64_t numbers[33];
    if (prompt[0] != 'P') {
        return strdup(prompt);
    }
    int n = split_numbers(prompt + 1, ": ", numbers, 33);
    qsort(numbers + 1, (size_t)(n - 1), sizeof numbers[0], compare_number);
    int len = snprintf(text, sizeof text, "P");
    for (int i = 0; i < n; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, " %" PRId64, numbers[i]);
    }
    return strdup(text);
}

START_TEST(train_and_test_share_no_problem) {
    enum { N = 25000 };
    Family families[N_KINDS], *list[N_KINDS];
    for (int kind = 0; kind < N_KINDS; kind++) {
        families[kind] = (Family)FAMILY_INIT;
        families[kind].has_kind = 1;
        families[kind].kind = kind;
        list[kind] = &families[kind];
    }
    families[0].has_count = 1; // few numbers, so that contents come again
    families[0].count = 3;
    families[0].has_max = families[0].has_min = 1;
    families[0].min = 1;
    families[0].max = 20;
    families[3].has_count = 1;
    families[3].count = 2;
    Config config = CONFIG_INIT;
    config.family = list;
    config.n_family = N_KINDS;
    create_ok(&config);

    char **contents = calloc(N, sizeof *contents);
    ck_assert_ptr_nonnull(contents);
    uint32_t train = open_split("train"), test = open_split("test");
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        get_problem(train, i, &puts);
        contents[i] = content_of(puts_text(&puts, EMEND_PROBLEM_PROMPT));
        puts_clear(&puts);
    }
    qsort(contents, N, sizeof *contents, compare_text);
    int n_repeats = 0;
    for (int i = 1; i < N; i++) {
        n_repeats += strcmp(contents[i - 1], contents[i]) == 0;
    }
    ck_assert_msg(n_repeats > N / 10, "the claim is tested where contents do come again");
    // Another seed draws other problems from the same two sides.
    config.has_seed = 1;
    config.seed = 99;
    create_ok(&config);
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        get_problem(test, i, &puts);
        char *content = content_of(puts_text(&puts, EMEND_PROBLEM_PROMPT));
        ck_assert_msg(!bsearch(&content, contents, N, sizeof *contents, compare_text),
                      "test %d is '%s', which is in train", (int)i, content);
        free(content);
        puts_clear(&puts);
    }
    for (int i = 0; i < N; i++) {
        free(contents[i]);
    }
    free(contents);
}
END_TEST

START_TEST(demonstrations_mean_what_they_are_graded) {
    enum { N = 2000 };
    create_kind(_i);
    uint32_t split = open_split("train");
    int n_right[2] = {0, 0};
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 5, 2, &demo);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_KIND), kind_names[_i]);
        ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), "1");
        for (int turn = 0; turn < 2; turn++) {
            const char *attempt = demo.items[turn].text;
            bool is_right = means_right(prompt, attempt);
            ck_assert_msg(is_work_true(attempt), "'%s': the arithmetic of '%s' is true", prompt,
                          attempt);
            ck_assert_msg(grade(puts_text(&puts, EMEND_PROBLEM_REFERENCE), attempt) == is_right,
                          "'%s' answered '%s'", prompt, attempt);
            n_right[turn] += is_right;
        }
        puts_clear(&puts);
        puts_clear(&demo);
    }
    // Four standard deviations of a share of 2000 are 4.5 %.
    ck_assert_double_eq_tol((double)n_right[0] / N, 0.5, 0.045);
    ck_assert_double_eq_tol((double)n_right[1] / N, 0.45, 0.045);
}
END_TEST

START_TEST(all_or_no_demonstrations_are_right_where_p_says_so) {
    for (int is_near = 0; is_near <= 1; is_near++) {
        for (int p = 0; p <= 1; p++) {
            Family family = FAMILY_INIT, *list;
            family.has_kind = family.has_p_right = family.has_p_right_later = family.has_wrong = 1;
            family.kind = _i;
            family.p_right = family.p_right_later = p;
            family.wrong = is_near ? EMEND__TASKS__ARITHMETIC__FAMILY__WRONG__NEAR
                                   : EMEND__TASKS__ARITHMETIC__FAMILY__WRONG__ANY;
            Config config = config_of(&family, &list);
            create_ok(&config);
            for (uint64_t i = 0; i < 300; i++) {
                Puts puts = {0}, demo = {0};
                get_problem(open_split("test"), i, &puts);
                get_demonstration(open_split("test"), i, i, 3, &demo);
                for (int turn = 0; turn < 3; turn++) {
                    const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
                    ck_assert_msg(means_right(prompt, demo.items[turn].text) == p,
                                  "'%s' answered '%s'", prompt, demo.items[turn].text);
                    ck_assert(is_work_true(demo.items[turn].text));
                }
                puts_clear(&puts);
                puts_clear(&demo);
            }
        }
    }
}
END_TEST

START_TEST(copies_repeat_the_attempt_before_them) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = 1;
    family.kind = _i;
    family.p_copy = 1;
    Config config = config_of(&family, &list);
    create_ok(&config);
    for (uint64_t i = 0; i < 100; i++) {
        Puts demo = {0};
        get_demonstration(open_split("train"), i, 1, 3, &demo);
        ck_assert_str_eq(demo.items[0].text, demo.items[1].text);
        ck_assert_str_eq(demo.items[1].text, demo.items[2].text);
        puts_clear(&demo);
    }
}
END_TEST

START_TEST(right_attempts_are_repeated_as_often_as_p_copy_right_says) {
    enum { N = 2000 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = family.has_p_copy_right = family.has_later_differs = 1;
    family.kind = _i;
    family.p_copy = 0.2;
    family.p_copy_right = 0.7;
    family.later_differs = 1;
    Config config = config_of(&family, &list);
    create_ok(&config);
    int n[2] = {0, 0}, n_copies[2] = {0, 0};
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(open_split("train"), i, &puts);
        get_demonstration(open_split("train"), i, 1, 2, &demo);
        bool was_right = means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text);
        n[was_right]++;
        n_copies[was_right] += strcmp(demo.items[0].text, demo.items[1].text) == 0;
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_copies[0] / n[0], 0.2, 0.051);
    ck_assert_double_eq_tol((double)n_copies[1] / n[1], 0.7, 0.058);
}
END_TEST

START_TEST(differing_attempts_never_repeat_and_spoil_what_was_right) {
    enum { N = 2000 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_later_differs = family.has_p_right_later = 1;
    family.kind = _i;
    family.later_differs = 1;
    family.p_right_later = 0.6;
    Config config = config_of(&family, &list);
    create_ok(&config);
    int n_wrong = 0, n_mended = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(open_split("train"), i, &puts);
        get_demonstration(open_split("train"), i, 1, 2, &demo);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        bool was_right = means_right(prompt, demo.items[0].text);
        bool is_right = means_right(prompt, demo.items[1].text);
        ck_assert_str_ne(demo.items[0].text, demo.items[1].text);
        ck_assert(!(was_right && is_right));
        n_wrong += !was_right;
        n_mended += is_right;
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_mended / n_wrong, 0.6, 0.062);
}
END_TEST

static const struct {
    const char *reference, *response;
    double value;
} answers[] = {
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{45,28}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{ 45 + 28 }", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,61} hm, \\boxed{45 28}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,61}", 1}, // 73 as well
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{30,43}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{73}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45,0}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28*45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{2845}", 0},
    {"28,45; sum 73 of 12 45 28 61", "28,45", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45} or \\boxed{12,45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{99999999999999999999,-99999999999999999926}", 0},
    {"5,5; sum 10 of 5 5 7", "\\boxed{5,5}", 1},
    {"4,6; sum 10 of 5 4 6", "\\boxed{5,5}", 0}, // 5 is there once
    {"13; solve 7x+5=96", "\\boxed{13}7*13+5=96", 1},
    {"13; solve 7x+5=96", "\\boxed{013}", 1},
    {"13; solve 7x+5=96", "\\boxed{12}", 0},
    {"13; solve 7x+5=96", "\\boxed{x=13}", 0},
    {"13; solve 7x+5=96", "\\boxed{13.0}", 0},
    {"13; solve 7x+5=96", "\\boxed{9223372036854775807}", 0},
    {"7,13; product 91", "\\boxed{7,13}", 1},
    {"7,13; product 91", "\\boxed{13*7}", 1},
    {"4,6; product 24", "\\boxed{2,12}", 1},
    {"7,13; product 91", "\\boxed{1,91}", 0},
    {"7,13; product 91", "\\boxed{-7,-13}", 0},
    {"7,13; product 91", "\\boxed{7+13}", 0},
    {"7,13; product 91", "\\boxed{4294967296,4294967296}", 0},
    {"52; chain 17+58-23", "17+58=75;75-23=52 \\boxed{52}", 1},
    {"52; chain 17+58-23", "\\boxed{-52}", 0},
    {"-3; chain 12-15", "\\boxed{-3}", 1},
};

START_TEST(answers_are_graded_by_meaning) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        ck_assert_msg(grade(answers[i].reference, answers[i].response) == answers[i].value,
                      "%s: %s", answers[i].reference, answers[i].response);
    }
}
END_TEST

static const char *const foreign_references[] = {
    "",
    "73",
    "13;",
    "x; solve 7x+5=96",
    "13; solve 7x+5",
    "1,2; sum 3 of ",
    "1; 1",
    "13, 14",
    "52; chain 5",
    "13; solve 7x+5=96 ",
    "99999999999999999; product 3",
    "1,2; sum 3 of 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9"};

START_TEST(foreign_reference_is_an_error_and_no_zero) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    for (size_t i = 0; i < sizeof foreign_references / sizeof foreign_references[0]; i++) {
        Puts puts = {0};
        EmendScore score = grade_args(foreign_references[i], emend_str("\\boxed{1}"), false, &puts);
        ck_assert_msg(score.state == EMEND_SCORE_ERROR, "'%s'", foreign_references[i]);
        ck_assert_str_eq(score.reason, "the reference is not one that this task wrote");
        puts_clear(&puts);
    }
}
END_TEST

START_TEST(what_stands_in_the_box_is_put_as_extracted) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    Puts puts = {0};
    grade_args("13; solve 7x+5=96", emend_str("\\boxed{ 12 }"), false, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_GRADE_EXTRACTED), "12");
    puts_clear(&puts);
    EmendScore score = grade_args("13; solve 7x+5=96", emend_str("13"), false, &puts);
    ck_assert_int_eq(puts.n, 0);
    ck_assert_str_eq(score.reason, "there is no \\boxed{..} that is closed");
    score = grade_args("13; solve 7x+5=96", (EmendStr){"\xFF\0\\boxed{1\0003}", 13}, false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    puts_clear(&puts);
}
END_TEST

START_TEST(truncated_response_is_wrong_unless_accepted) {
    Config config = CONFIG_INIT;
    EmendStr response = emend_str("\\boxed{13}7*1");
    Puts puts = {0};
    create_ok(&config);
    EmendScore score = grade_args("13; solve 7x+5=96", response, true, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    ck_assert_str_eq(score.reason, "cut at the token limit");
    config.has_accept_truncated = 1;
    config.accept_truncated = 1;
    create_ok(&config);
    ck_assert_double_eq(grade_args("13; solve 7x+5=96", response, true, &puts).value, 1);
    puts_clear(&puts);
}
END_TEST

START_TEST(checked_work_must_read_as_the_attempt_does) {
    Config config = CONFIG_INIT;
    config.has_check_work = 1;
    config.check_work = 1;
    create_ok(&config);
    const char *reference = "13; solve 7x+5=96";
    ck_assert_double_eq(grade(reference, "\\boxed{13}7*13+5=96"), 1);
    ck_assert_double_eq(grade(reference, "\\boxed{13}7*13+5=96 \n"), 1);
    ck_assert_double_eq(grade(reference, "\\boxed{13}7*13+5=95"), 0);
    ck_assert_double_eq(grade(reference, "\\boxed{13}"), 0);
    ck_assert_double_eq(grade(reference, "\\boxed{12}7*12+5=89"), 0);
    reference = "28,45; sum 73 of 12 45 28 61";
    ck_assert_double_eq(grade(reference, "\\boxed{45+28}=73"), 1);
    ck_assert_double_eq(grade(reference, "\\boxed{61+12}=73"), 1);
    ck_assert_double_eq(grade(reference, "\\boxed{45+28}=72"), 0);
    Puts demo = {0}, puts = {0};
    get_problem(open_split("train"), 3, &puts);
    get_demonstration(open_split("train"), 3, 1, 1, &demo);
    ck_assert(grade(puts_text(&puts, EMEND_PROBLEM_REFERENCE), demo.items[0].text) ==
              means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text));
    puts_clear(&puts);
    puts_clear(&demo);
}
END_TEST

START_TEST(templates_decide_the_texts) {
    Family family = FAMILY_INIT, *list;
    family.prompt = "[[[target]] from [numbers]?";
    family.attempt = "[x]+[y]=[value][sign][target] [verdict] \\boxed{[x],[y]}";
    family.name = "hard pairs";
    family.has_level = family.has_p_right = 1;
    family.level = 3;
    family.p_right = 1;
    Config config = config_of(&family, &list);
    create_ok(&config);
    Puts puts = {0};
    get_problem(open_split("train"), 0, &puts);
    get_demonstration(open_split("train"), 0, 1, 1, &puts);
    int target = 0, n[4], x = 0, y = 0;
    ck_assert_int_eq(sscanf(puts_text(&puts, EMEND_PROBLEM_PROMPT), "[%d] from %d %d %d %d?",
                            &target, &n[0], &n[1], &n[2], &n[3]),
                     5);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_KIND), "hard pairs");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), "3");
    const char *attempt = puts.items[puts.n - 1].text;
    ck_assert_int_eq(sscanf(attempt, "%d+%d", &x, &y), 2);
    char expected[128];
    snprintf(expected, sizeof expected, "%d+%d=%d=%d ok \\boxed{%d,%d}", x, y, target, target, x,
             y);
    ck_assert_str_eq(attempt, expected);
    puts_clear(&puts);

    family.p_right = 0;
    family.mark_wrong = "!";
    create_ok(&config);
    get_demonstration(open_split("train"), 0, 1, 1, &puts);
    ck_assert_int_eq(sscanf(puts.items[0].text, "%d+%d", &x, &y), 2);
    snprintf(expected, sizeof expected, "%d+%d=%d%s%d ! \\boxed{%d,%d}", x, y, x + y,
             x + y < target ? "<" : ">", target, x, y);
    ck_assert_str_eq(puts.items[0].text, expected);
    puts_clear(&puts);
}
END_TEST

START_TEST(leads_tell_a_repeat_from_another_attempt) {
    enum { N = 400 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = family.has_later_differs = 1;
    family.kind = _i;
    family.p_copy = 0.35;
    family.later_differs = 1;
    family.lead_copy = "Y";
    family.lead_other = "N";
    Config config = config_of(&family, &list);
    config.has_check_work = 1;
    config.check_work = 1;
    create_ok(&config);
    int n_copies = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(open_split("train"), i, &puts);
        get_demonstration(open_split("train"), i, 1, 2, &demo);
        const char *first = demo.items[0].text, *second = demo.items[1].text;
        ck_assert(second[0] == 'Y' || second[0] == 'N');
        ck_assert_int_eq(strcmp(first, second + 1) == 0, second[0] == 'Y');
        ck_assert_msg(grade(puts_text(&puts, EMEND_PROBLEM_REFERENCE), second) ==
                          means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), second),
                      "a lead is part of work that is checked");
        n_copies += second[0] == 'Y';
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_copies / N, 0.35, 0.096);
}
END_TEST

START_TEST(families_are_mixed_by_weight) {
    enum { N = 4000 };
    Family families[3] = {FAMILY_INIT, FAMILY_INIT, FAMILY_INIT};
    Family *list[3] = {&families[0], &families[1], &families[2]};
    const double weights[3] = {3, 0, 1};
    for (int i = 0; i < 3; i++) {
        families[i].has_kind = families[i].has_weight = 1;
        families[i].kind = i;
        families[i].weight = weights[i];
    }
    Config config = CONFIG_INIT;
    config.family = list;
    config.n_family = 3;
    create_ok(&config);
    int n_pairs = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        get_problem(open_split("test"), i, &puts);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        ck_assert_msg(prompt[0] != 'S', "what has no weight is not drawn");
        n_pairs += prompt[0] == 'P';
        puts_clear(&puts);
    }
    ck_assert_double_eq_tol((double)n_pairs / N, 0.75, 0.028);
}
END_TEST

START_TEST(instruction_is_the_same_whatever_was_answered) {
    Config config = CONFIG_INIT;
    config.instruction = "again?";
    create_ok(&config);
    for (uint32_t turn = 2; turn <= 3; turn++) {
        Puts puts = {0};
        EmendSink sink = puts_sink(&puts);
        EmendHistory history = {.struct_size = sizeof history, .turn = turn, .split = 1};
        ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err),
                         EMEND_OK);
        ck_assert_str_eq(puts_text(&puts, 0), "again?");
        puts_clear(&puts);
    }
}
END_TEST

static bool asks_for_judgement(uint32_t split, uint64_t index) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    EmendHistory history = {
        .struct_size = sizeof history, .turn = 2, .split = split, .index = index};
    ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err), EMEND_OK);
    bool is_judged = strcmp(puts_text(&puts, 0), "!") == 0;
    puts_clear(&puts);
    return is_judged;
}

START_TEST(lessons_judge_the_first_attempt_as_often_as_p_judge_says_and_truly) {
    enum { N = 2000 };
    Config config = CONFIG_INIT;
    config.has_p_judge = 1;
    config.p_judge = 0.3;
    create_ok(&config);
    uint32_t lessons = open_split("lessons");
    int n_judged = 0;
    for (uint64_t i = 0; i < N; i++) {
        ck_assert(!asks_for_judgement(open_split("train"), i));
        ck_assert(!asks_for_judgement(open_split("test"), i));
        if (!asks_for_judgement(lessons, i)) {
            continue;
        }
        Puts puts = {0}, demo = {0};
        get_problem(lessons, i, &puts);
        get_demonstration(lessons, i, 1, 2, &demo);
        bool is_right = means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text);
        ck_assert_str_eq(demo.items[1].text, is_right ? "yes" : "no");
        puts_clear(&puts);
        puts_clear(&demo);
        n_judged++;
    }
    ck_assert_double_eq_tol((double)n_judged / N, 0.3, 0.05);
}
END_TEST

START_TEST(lessons_share_no_problem_with_the_test_split) {
    enum { N = 3000 };
    Config config = CONFIG_INIT;
    create_ok(&config);
    uint32_t lessons = open_split("lessons"), test = open_split("test");
    static Puts held_out[64];
    for (uint64_t i = 0; i < 64; i++) {
        get_problem(test, i, &held_out[i]);
    }
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        get_problem(lessons, i, &puts);
        for (int j = 0; j < 64; j++) {
            ck_assert_str_ne(puts_text(&puts, EMEND_PROBLEM_PROMPT),
                             puts_text(&held_out[j], EMEND_PROBLEM_PROMPT));
        }
        puts_clear(&puts);
    }
    for (int j = 0; j < 64; j++) {
        puts_clear(&held_out[j]);
    }
}
END_TEST

START_TEST(share_of_judgements_outside_nought_to_one_is_refused) {
    Config config = CONFIG_INIT;
    config.has_p_judge = 1;
    config.p_judge = 1.5;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("p_judge: is 1.5; it must be from 0 to 1");
}
END_TEST

START_TEST(unknown_split_is_refused_with_the_names_there_are) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(
        task()->split_open(subject.self, emend_str("valid"), &split, &count, &subject.err),
        EMEND_NOT_FOUND);
    assert_message("split: 'valid' is not there; there are train, test, lessons");
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    for (uint32_t bad = 0; bad < 6; bad += bad == 0 ? 4 : 1) {
        ck_assert_int_eq(task()->problem(subject.self, bad, 0, &sink, &subject.err),
                         EMEND_OUT_OF_RANGE);
        ck_assert_int_eq(task()->demonstrate(subject.self, bad, 0, 0, 1, &sink, &subject.err),
                         EMEND_OUT_OF_RANGE);
    }
}
END_TEST

START_TEST(range_too_small_for_two_splits_is_refused_when_one_is_opened) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_min = family.has_max = 1;
    family.kind = KIND(FACTOR);
    family.min = family.max = 7;
    Config config = config_of(&family, &list);
    create_ok(&config);
    uint32_t split = 0;
    uint64_t count = 0;
    int n_refused = 0;
    for (int i = 0; i < 2; i++) {
        EmendStatus status = task()->split_open(subject.self, emend_str(i ? "train" : "test"),
                                                &split, &count, &subject.err);
        if (status != EMEND_OK) {
            ck_assert_int_eq(status, EMEND_INVALID_ARGUMENT);
            assert_message("family[0].min: 4096 draws gave no ");
            n_refused++;
        }
    }
    ck_assert_msg(n_refused == 1, "the one problem there is belongs to one split");
}
END_TEST

static const struct {
    const char *message;
    int kind;
    Family family;
} refused[] = {
    {"family[0].weight: is -1; it must be from 0", 0, {.has_weight = 1, .weight = -1}},
    {"family[0].weight: is nan", 0, {.has_weight = 1, .weight = __builtin_nan("")}},
    {"family[0].weight: is inf", 0, {.has_weight = 1, .weight = __builtin_inf()}},
    {"family: the weight of each is 0", 0, {.has_weight = 1, .weight = 0}},
    {"family[0].min: is 9, above max, 8", 1, {.has_min = 1, .min = 9, .has_max = 1, .max = 8}},
    {"family[0].min: is 50, above max, 49", 0, {.has_min = 1, .min = 50}},
    {"family[0].min: is 1; it must be 2 or more", 2, {.has_min = 1, .min = 1}},
    {"family[0].max: is 1000001; it must be 1000000 or less", 3, {.has_max = 1, .max = 1000001}},
    {"family[0].max: is 4294967295", 3, {.has_max = 1, .max = UINT32_MAX}},
    {"family[0].count: is 2; it must be from 3 to 32", 0, {.has_count = 1, .count = 2}},
    {"family[0].count: is 33; it must be from 3 to 32", 0, {.has_count = 1, .count = 33}},
    {"family[0].count: is 4294967295", 3, {.has_count = 1, .count = UINT32_MAX}},
    {"family[0].count: is 1; it must be from 2 to 32", 3, {.has_count = 1, .count = 1}},
    {"family[0].count: is set, but the kind factor has none", 2, {.has_count = 1, .count = 4}},
    {"family[0].count: is 4, but min to max has 3 different numbers",
     0,
     {.has_min = 1, .min = 10, .has_max = 1, .max = 12}},
    {"family[0].min_slope: is 0; it must be 1 or more", 1, {.has_min_slope = 1, .min_slope = 0}},
    {"family[0].min_slope: is 10, above max_slope, 9", 1, {.has_min_slope = 1, .min_slope = 10}},
    {"family[0].max_offset: is 2000000", 1, {.has_max_offset = 1, .max_offset = 2000000}},
    {"family[0].max_slope: is set, but the kind pair_sum has none",
     0,
     {.has_max_slope = 1, .max_slope = 5}},
    {"family[0].p_right: is 1.5; it must be from 0 to 1", 0, {.has_p_right = 1, .p_right = 1.5}},
    {"family[0].p_right: is nan", 0, {.has_p_right = 1, .p_right = __builtin_nan("")}},
    {"family[0].p_right_later: is -0.1", 0, {.has_p_right_later = 1, .p_right_later = -0.1}},
    {"family[0].p_copy: is 2", 0, {.has_p_copy = 1, .p_copy = 2}},
    {"family[0].p_copy_right: is -1", 0, {.has_p_copy_right = 1, .p_copy_right = -1}},
    {"family[0].prompt: lacks [numbers]", 0, {.prompt = "make [target]"}},
    {"family[0].prompt: lacks [b]", 1, {.prompt = "[a][target]"}},
    {"family[0].prompt: '[x]' has no meaning here; known are [target] [a] [b], and [[",
     1,
     {.prompt = "[target] [a] [b] [x]"}},
    {"family[0].prompt: '[numbers' has no meaning here", 3, {.prompt = "[numbers"}},
    {"family[0].attempt: '[y]' has no meaning here", 1, {.attempt = "\\boxed{[x],[y]}"}},
    {"family[0].attempt: '[steps]' has no meaning here", 0, {.attempt = "[steps]"}},
    {"family[0].attempt: a wrong attempt reads '", 0, {.attempt = "[x]+[y]"}},
    {"family[0].attempt: a right attempt reads '", 0, {.attempt = "\\boxed{[value]}"}},
};

static void check_refused(size_t row) {
    Family family = FAMILY_INIT, *list;
    const Family *given = &refused[row].family;
    family.has_kind = 1;
    family.kind = refused[row].kind;
#define COPY(field)                                                                                \
    do {                                                                                           \
        if (given->has_##field) {                                                                  \
            family.has_##field = 1;                                                                \
            family.field = given->field;                                                           \
        }                                                                                          \
    } while (0)
    COPY(weight);
    COPY(min);
    COPY(max);
    COPY(count);
    COPY(min_slope);
    COPY(max_slope);
    COPY(min_offset);
    COPY(max_offset);
    COPY(p_right);
    COPY(p_right_later);
    COPY(p_copy);
    COPY(p_copy_right);
#undef COPY
    family.prompt = given->prompt;
    family.attempt = given->attempt;
    Config config = config_of(&family, &list);
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message(refused[row].message);
}

START_TEST(config_that_cannot_be_right_is_refused_with_its_field) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        check_refused(i);
    }
}
END_TEST

START_TEST(error_names_the_family_by_its_place) {
    Family families[2] = {FAMILY_INIT, FAMILY_INIT}, *list[2] = {&families[0], &families[1]};
    families[1].has_kind = 1;
    families[1].kind = 9;
    Config config = CONFIG_INIT;
    config.family = list;
    config.n_family = 2;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message("family[1].kind: is 9; it must be PAIR_SUM, SOLVE_LINEAR, FACTOR or CHAIN");
    ck_assert_int_eq(subject_create(&subject, "\xFF\xFF", 2), EMEND_INVALID_ARGUMENT);
    assert_message("are not an emend.tasks.arithmetic.Config");
}
END_TEST

START_TEST(wide_and_dense_ranges_are_drawn_from_alike) {
    static const struct {
        uint32_t min, max, count;
    } ranges[] = {{1, 32, 32}, {0, 2, 3}, {999000, 1000000, 32}, {0, 1000000, 3}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        Family family = FAMILY_INIT, *list;
        family.has_kind = family.has_min = family.has_max = family.has_count = 1;
        family.kind = _i;
        family.min = ranges[r].min;
        family.max = ranges[r].max;
        family.count = ranges[r].count;
        family.has_count = _i == 0 || _i == 3;
        if (_i == 2) {
            family.min += 2;
            family.max = family.max < 900000 ? family.max + 2 : family.max;
        }
        Config config = config_of(&family, &list);
        create_ok(&config);
        uint32_t split = 0;
        uint64_t count = 0;
        if (task()->split_open(subject.self, emend_str("train"), &split, &count, &subject.err)) {
            continue; // too few problems, which split_open says
        }
        for (uint64_t i = 0; i < 50; i++) {
            Puts puts = {0}, demo = {0};
            get_problem(split, i, &puts);
            get_demonstration(split, i, 3, 2, &demo);
            for (int turn = 0; turn < 2; turn++) {
                ck_assert(
                    grade(puts_text(&puts, EMEND_PROBLEM_REFERENCE), demo.items[turn].text) ==
                    means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[turn].text));
            }
            puts_clear(&puts);
            puts_clear(&demo);
        }
    }
}
END_TEST

START_TEST(failed_allocations_are_told_and_leak_nothing) {
    Family family = FAMILY_INIT, *list;
    family.prompt = "[target] [numbers]";
    Config config = config_of(&family, &list);
    int64_t n_failures = 0;
    for (; n_failures < 50; n_failures++) {
        subject.host.n_left = n_failures;
        EmendStatus status = create(&config);
        subject.host.n_left = -1;
        if (status == EMEND_OK) {
            break;
        }
        assert_message("no memory");
    }
    ck_assert_int_gt(n_failures, 2);
    ck_assert_int_lt(n_failures, 50);
}
END_TEST

static Suite *arithmetic_suite(void) {
    TCase *tcase = tcase_create("arithmetic");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, same_split_index_and_seed_give_the_same_bytes);
    tcase_add_test(tcase, first_problems_never_change);
    tcase_add_test(tcase, another_seed_or_index_gives_other_problems);
    tcase_add_test(tcase, train_and_test_share_no_problem);
    tcase_add_loop_test(tcase, demonstrations_mean_what_they_are_graded, 0, N_KINDS);
    tcase_add_loop_test(tcase, all_or_no_demonstrations_are_right_where_p_says_so, 0, N_KINDS);
    tcase_add_loop_test(tcase, copies_repeat_the_attempt_before_them, 0, N_KINDS);
    tcase_add_loop_test(tcase, right_attempts_are_repeated_as_often_as_p_copy_right_says, 0,
                        N_KINDS);
    tcase_add_loop_test(tcase, differing_attempts_never_repeat_and_spoil_what_was_right, 0,
                        N_KINDS);
    tcase_add_test(tcase, answers_are_graded_by_meaning);
    tcase_add_test(tcase, foreign_reference_is_an_error_and_no_zero);
    tcase_add_test(tcase, what_stands_in_the_box_is_put_as_extracted);
    tcase_add_test(tcase, truncated_response_is_wrong_unless_accepted);
    tcase_add_test(tcase, checked_work_must_read_as_the_attempt_does);
    tcase_add_test(tcase, templates_decide_the_texts);
    tcase_add_loop_test(tcase, leads_tell_a_repeat_from_another_attempt, 0, N_KINDS);
    tcase_add_test(tcase, families_are_mixed_by_weight);
    tcase_add_test(tcase, instruction_is_the_same_whatever_was_answered);
    tcase_add_test(tcase, share_of_judgements_outside_nought_to_one_is_refused);
    tcase_add_test(tcase, lessons_share_no_problem_with_the_test_split);
    tcase_add_test(tcase, lessons_judge_the_first_attempt_as_often_as_p_judge_says_and_truly);
    tcase_add_test(tcase, unknown_split_is_refused_with_the_names_there_are);
    tcase_add_test(tcase, range_too_small_for_two_splits_is_refused_when_one_is_opened);
    tcase_add_test(tcase, config_that_cannot_be_right_is_refused_with_its_field);
    tcase_add_test(tcase, error_names_the_family_by_its_place);
    tcase_add_loop_test(tcase, wide_and_dense_ranges_are_drawn_from_alike, 0, N_KINDS);
    tcase_add_test(tcase, failed_allocations_are_told_and_leak_nothing);
    Suite *suite = suite_create("arithmetic");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(arithmetic_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
