/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals, each with its field, and allocations that fail. */
#include "arithmetic_subject.h"

#include <check.h>
#include <string.h>

static Subject subject;

static void set_up(void) {
    arithmetic_open(&subject);
}

static void tear_down(void) {
    subject_close(&subject);
}

static void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

START_TEST(share_of_judgements_outside_nought_to_one_is_refused) {
    Config config = CONFIG_INIT;
    config.has_p_judge = 1;
    config.p_judge = 1.5;
    ck_assert_int_eq(arithmetic_create(&subject, &config), EMEND_INVALID_ARGUMENT);
    assert_message("p_judge: is 1.5; it must be from 0 to 1");
}
END_TEST

START_TEST(unknown_split_is_refused_with_the_names_there_are) {
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(arithmetic_task(&subject)->split_open(subject.self, emend_str("valid"), &split,
                                                           &count, &subject.err),
                     EMEND_NOT_FOUND);
    assert_message("split: 'valid' is not there; there are train, test, lessons");
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    for (uint32_t bad = 0; bad < 6; bad += bad == 0 ? 4 : 1) {
        ck_assert_int_eq(
            arithmetic_task(&subject)->problem(subject.self, bad, 0, &sink, &subject.err),
            EMEND_OUT_OF_RANGE);
        ck_assert_int_eq(
            arithmetic_task(&subject)->demonstrate(subject.self, bad, 0, 0, 1, &sink, &subject.err),
            EMEND_OUT_OF_RANGE);
    }
}
END_TEST

START_TEST(range_too_small_for_two_splits_is_refused_when_one_is_opened) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_min = family.has_max = 1;
    family.kind = EMEND__TASKS__ARITHMETIC__FAMILY__KIND__FACTOR;
    family.min = family.max = 7;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
    uint32_t split = 0;
    uint64_t count = 0;
    int n_refused = 0;
    for (int i = 0; i < 2; i++) {
        EmendStatus status = arithmetic_task(&subject)->split_open(
            subject.self, emend_str(i ? "train" : "test"), &split, &count, &subject.err);
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
    Config config = arithmetic_config_of(&family, &list);
    ck_assert_int_eq(arithmetic_create(&subject, &config), EMEND_INVALID_ARGUMENT);
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
    ck_assert_int_eq(arithmetic_create(&subject, &config), EMEND_INVALID_ARGUMENT);
    assert_message("family[1].kind: is 9; it must be PAIR_SUM, SOLVE_LINEAR, FACTOR or CHAIN");
    ck_assert_int_eq(subject_create(&subject, "\xFF\xFF", 2), EMEND_INVALID_ARGUMENT);
    assert_message("are not an emend.tasks.arithmetic.Config");
}
END_TEST

START_TEST(failed_allocations_are_told_and_leak_nothing) {
    Family family = FAMILY_INIT, *list;
    family.prompt = "[target] [numbers]";
    Config config = arithmetic_config_of(&family, &list);
    int64_t n_failures = 0;
    for (; n_failures < 50; n_failures++) {
        subject.host.n_left = n_failures;
        EmendStatus status = arithmetic_create(&subject, &config);
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

static Suite *config_suite(void) {
    TCase *tcase = tcase_create("arithmetic config");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, share_of_judgements_outside_nought_to_one_is_refused);
    tcase_add_test(tcase, unknown_split_is_refused_with_the_names_there_are);
    tcase_add_test(tcase, range_too_small_for_two_splits_is_refused_when_one_is_opened);
    tcase_add_test(tcase, config_that_cannot_be_right_is_refused_with_its_field);
    tcase_add_test(tcase, error_names_the_family_by_its_place);
    tcase_add_test(tcase, failed_allocations_are_told_and_leak_nothing);
    Suite *suite = suite_create("arithmetic config");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(config_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
