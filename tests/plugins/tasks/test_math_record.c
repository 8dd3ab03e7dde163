/* SPDX-License-Identifier: Apache-2.0 */
/* How the task "math" grades records that came from outside. */
#include "math_subject.h"

#include <string.h>

enum { MAX_FIELDS = 4, S = EMEND_RECORD_STRING, N = EMEND_RECORD_NUMBER, O = EMEND_RECORD_OTHER };

typedef struct Given {
    const char *name, *value;
    uint32_t type;
} Given;

static EmendStatus grade_given(const Given *given, Puts *puts) {
    EmendRecordField fields[MAX_FIELDS];
    EmendSink sink = puts_sink(puts);
    uint64_t n = 0;
    for (; n < MAX_FIELDS && given[n].name; n++) {
        fields[n] = (EmendRecordField){.name = emend_str(given[n].name),
                                       .value = emend_str(given[n].value),
                                       .type = given[n].type};
    }
    subject.message[0] = '\0';
    return task()->grade_record(subject.self, emend_span(fields, n, sizeof fields[0]), &sink,
                                &subject.err);
}

static const struct {
    Given given[MAX_FIELDS];
    const char *verdict, *extracted;
} records[] = {
    {{{"gold", "12", S}, {"pred", "12", S}}, "equal", "12"},
    {{{"gold", "12", N}, {"pred", "12.0", N}}, "equal", "12.0"},
    {{{"pred", "\\frac12", S}, {"gold", "0.5", N}}, "equal", "\\frac12"},
    {{{"gold", "12", S}, {"pred", "13", S}}, "different", "13"},
    {{{"gold", "12", S}, {"response", "It is \\boxed{12}.", S}}, "equal", "12"},
    {{{"gold", "12", S}, {"response", "so it is $12$", S}}, "equal", "12"},
    {{{"gold", "12", S}, {"response", "I do not know", S}, {"id", "7", N}}, "different", NULL},
    {{{"gold", "12", S}, {"response", "", S}}, "different", NULL},
    {{{"gold", "12", S}, {"pred", "", S}}, "different", NULL},
    {{{"gold", "12", S}, {"pred", " \n", S}}, "different", NULL},
    {{{"gold", "10\\%", S}, {"pred", "10", S}}, "undecided", "10"},
    {{{"gold", "10\\%", S}, {"pred", "10", S}, {"problem", "What percent?", S}}, "equal", "10"},
    {{{"gold", "12", S}, {"pred", "12", S}, {"golden", "null", O}, {"Pred", "1", S}},
     "equal",
     "12"},
};

START_TEST(record_has_a_verdict) {
    Config config = CONFIG_INIT;
    Puts puts = {0};
    create_ok(&config);
    ck_assert_int_eq(grade_given(records[_i].given, &puts), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_VERDICT_NAME), records[_i].verdict);
    const char *extracted = puts_text(&puts, EMEND_VERDICT_EXTRACTED);
    ck_assert_int_eq(extracted == NULL, records[_i].extracted == NULL);
    if (extracted) {
        // Whether the dollar signs around it belong to an answer is not ours to say.
        ck_assert_ptr_nonnull(strstr(extracted, records[_i].extracted));
    }
    if (strcmp(records[_i].verdict, "equal") != 0) {
        ck_assert_ptr_nonnull(puts_text(&puts, EMEND_VERDICT_REASON));
    }
    puts_clear(&puts);
}
END_TEST

START_TEST(record_without_an_answer_says_so) {
    static const Given given[MAX_FIELDS] = {{"gold", "12", S}, {"response", "no idea", S}};
    Config config = CONFIG_INIT;
    Puts puts = {0};
    create_ok(&config);
    ck_assert_int_eq(grade_given(given, &puts), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_VERDICT_REASON), "no final answer is found");
    puts_clear(&puts);
}
END_TEST

START_TEST(extraction_of_the_config_is_that_of_records_too) {
    static const Given given[MAX_FIELDS] = {{"gold", "12", S}, {"response", "so $12$", S}};
    Config config = CONFIG_INIT;
    Puts puts = {0};
    config.has_extraction = 1;
    config.extraction = EMEND__TASKS__MATH__CONFIG__EXTRACTION__MARKED;
    create_ok(&config);
    ck_assert_int_eq(grade_given(given, &puts), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, EMEND_VERDICT_NAME), "different");
    ck_assert_ptr_null(puts_text(&puts, EMEND_VERDICT_EXTRACTED));
    puts_clear(&puts);
}
END_TEST

static const struct {
    Given given[MAX_FIELDS];
    const char *message;
} bad_records[] = {
    {{{NULL, NULL, 0}}, "gold: is missing; a record must have gold, and pred or response"},
    {{{"pred", "1", S}}, "gold: is missing; "},
    {{{"gold", "1", S}}, "pred: is missing, and so is response; a record must have one of them"},
    {{{"gold", "1", S}, {"pred", "1", S}, {"response", "1", S}},
     "pred: is there, and so is response; a record must have one of them"},
    {{{"gold", "null", O}, {"pred", "1", S}}, "gold: is of another type; it must be a string or a"},
    {{{"gold", "1", S}, {"pred", "[1]", O}}, "pred: is of another type; it must be a string or a"},
    {{{"gold", "1", S}, {"response", "1", N}}, "response: is of another type; it must be a string"},
    {{{"gold", "1", S}, {"response", "1", S}, {"problem", "1", N}},
     "problem: is of another type; it must be a string"},
    {{{"gold", "", S}, {"pred", "1", S}}, "gold: is empty; it must be an answer"},
    {{{"gold", "  ", S}, {"pred", "1", S}}, "gold: is empty; it must be an answer"},
};

START_TEST(bad_record_is_refused_with_its_field) {
    Config config = CONFIG_INIT;
    Puts puts = {0};
    create_ok(&config);
    ck_assert_int_eq(grade_given(bad_records[_i].given, &puts), EMEND_INVALID_ARGUMENT);
    assert_message(bad_records[_i].message);
    ck_assert_int_eq(puts.n, 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("record");
    tcase_add_loop_test(tcase, record_has_a_verdict, 0, sizeof records / sizeof records[0]);
    tcase_add_test(tcase, record_without_an_answer_says_so);
    tcase_add_test(tcase, extraction_of_the_config_is_that_of_records_too);
    tcase_add_loop_test(tcase, bad_record_is_refused_with_its_field, 0,
                        sizeof bad_records / sizeof bad_records[0]);
    return run_suite("math record", &tcase, 1);
}
