/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void setup(void) {
    folder = scratch_begin();
}

static void teardown(void) {
    scratch_end();
}

/* What is written of the function `same_text`, and the place and words of what is refused. */
typedef struct Refusal {
    const char *function, *place, *says;
} Refusal;

#define F64 "returns { type: F64 role: SCORE }\n"
#define RESPONSE_ARG "arg { type: CSTR role: RESPONSE }\n"
#define RIGHT "example { response: \"a\" score: 1 }"
#define SYMBOL "kind: \"emend.reward/1\" name: \"same_text\" symbol: \"same_text\"\n"

static const Refusal refusals[] = {
    {"name: \"a\" kind: \"emend.task/1\"", "6:28",
     "function[0].kind is \"emend.task/1\"; a function can be emend.reward/1 only"},
    {"kind: \"emend.reward/1\"", "6:1", "function[0].name is missing; it must be given"},
    {"kind: \"emend.reward/1\" name: \"a-b\"", "6:41",
     "function[0].name is \"a-b\"; it must be at most 63 of the characters a-z 0-9 _"},
    {"kind: \"emend.reward/1\" name: \"9a\"", "6:41",
     "function[0].name is \"9a\"; it must begin with a letter"},
    {"kind: \"emend.reward/1\" name: \"a\"", "6:1", "function[0].symbol is missing"},
    {SYMBOL "library: \"../lib.so\"", "7:10",
     "function[0].library is \"../lib.so\"; it must be relative"},
    {SYMBOL F64 "arg { role: RESPONSE }", "8:1", "function[0].arg[0] has no type; it must have"},
    {SYMBOL F64 "arg { type: I32 }", "8:1",
     "function[0].arg[0] has neither a role nor a param; it must have a role, or be a param"},
    {SYMBOL F64 "arg { type: I32 role: TURN param { name: \"x\" } }", "8:1",
     "has both a role and a param"},
    {SYMBOL F64 "arg { type: F64 role: RESPONSE }", "8:1",
     "function[0].arg[0] has the role RESPONSE and the type F64; an argument with it must be CSTR, "
     "BYTES"},
    {SYMBOL F64 "arg { type: I32 role: SEED }", "8:1",
     "has the role SEED and the type I32; an argument with it must be U64"},
    {SYMBOL F64 "arg { type: I32 role: STATUS }", "8:1",
     "has the role STATUS, which an argument cannot have"},
    {SYMBOL F64 "arg { type: F64 role: SCORE }", "8:1",
     "has the role SCORE and the type F64; an argument with it must be I32_OUT, I64_OUT, F32_OUT, "
     "F64_OUT"},
    {SYMBOL F64 RESPONSE_ARG RESPONSE_ARG, "9:1",
     "function[0].arg[1] has the role RESPONSE, as arg[0]; roles must differ"},
    {SYMBOL F64 "arg { type: BYTES role: RESPONSE }", "8:1",
     "has the role RESPONSE and no argument has RESPONSE_LEN; one must"},
    {SYMBOL F64 "arg { type: SIZE role: RESPONSE_LEN }", "8:1",
     "has the role RESPONSE_LEN and no argument has RESPONSE; one must"},
    {SYMBOL F64 "arg { type: CHAR_OUT role: ERR_BUF }", "8:1",
     "has the role ERR_BUF and no argument has ERR_CAP; one must"},
    {SYMBOL F64 "arg { type: SIZE role: ERR_CAP }", "8:1",
     "has the role ERR_CAP and no argument has ERR_BUF; one must"},
    {SYMBOL "returns { type: F64 }", "7:1", "function[0].returns has no role; it must have a type"},
    {SYMBOL "returns { type: CSTR role: SCORE }", "7:1",
     "function[0].returns has the role SCORE and the type CSTR; what is returned with it must be "
     "I32, I64, F32, F64"},
    {SYMBOL "returns { type: F64 role: GRADE }", "7:1",
     "has the role GRADE, which what is returned cannot have"},
    {SYMBOL RESPONSE_ARG RIGHT, "6:1", "function[0] has no result; there must be one SCORE or"},
    {SYMBOL "returns { type: I32 role: STATUS }\n" RESPONSE_ARG RIGHT, "7:1",
     "function[0].returns has no result; there must be one SCORE or VERDICT"},
    {SYMBOL F64 "arg { type: I32_OUT role: VERDICT }", "7:1",
     "function[0].returns is not the only result; there must be one SCORE or VERDICT"},
    {SYMBOL F64 RESPONSE_ARG "timeout_ms: 5", "9:13",
     "function[0].timeout_ms is given and own_process is not true"},
    {SYMBOL F64 RESPONSE_ARG "own_process: true timeout_ms: 0", "9:31",
     "function[0].timeout_ms is 0; it must be 1 or more"},
    {SYMBOL F64 "arg { type: F64 param { } }", "8:17",
     "function[0].arg[0].param.name is missing; it must be given"},
    {SYMBOL F64 "arg { type: F64 param { name: \"weight\" } }", "8:31",
     "is \"weight\", which every function's config has; it must be another"},
    {SYMBOL F64 "arg { type: F64 param { name: \"x\" } }\narg { type: F64 param { name: \"x\" } }",
     "9:31", "function[0].arg[1].param.name is \"x\", as arg[0].param.name; names must differ"},
    {SYMBOL F64 "arg { type: BYTES param { name: \"x\" } }", "8:13",
     "function[0].arg[0].type is BYTES, which a param cannot be; it must be a number, BOOL or"},
    {SYMBOL F64 "arg { type: I32 param { name: \"x\" default: \"3000000000\" } }", "8:44",
     "function[0].arg[0].param.default is \"3000000000\"; it must be a whole number of 32 bits"},
    {SYMBOL F64 "arg { type: BOOL param { name: \"x\" default: \"1\" } }", "8:45",
     "is \"1\"; it must be true or false"},
    {SYMBOL F64 "arg { type: F64 param { name: \"x\" default: \"nan\" } }", "8:44",
     "is \"nan\"; it must be a finite number"},
    {SYMBOL F64 "arg { type: SIZE param { name: \"x\" default: \"-1\" } }", "8:45",
     "is \"-1\"; it must be a whole number of 64 bits, 0 or more"},
    {SYMBOL F64 RESPONSE_ARG, "6:1",
     "function[0] has no example; there must be one at least with a score other than 0: a wrong "
     "signature gives no error, and often 0"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" score: 0 }", "9:1",
     "function[0].example[0] expects no score, or 0, as every example does; there must be one"},
    {SYMBOL F64 RESPONSE_ARG "example { score: 1 }", "9:1",
     "function[0].example[0] has no response, which the function takes; it must have one"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" prompt: \"b\" score: 1 }", "9:1",
     "function[0].example[0] has prompt, which the function does not take; leave it out"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" }", "9:1",
     "function[0].example[0] does not say what comes out; it must have a score, `abstains: true`"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" score: nan }", "9:1",
     "expects the score nan; it must be finite"},
    {SYMBOL "returns { type: I32 role: VERDICT }\n" RESPONSE_ARG
            "example { response: \"a\" score: 0.5 }",
     "9:1", "expects the score 0.5; it must be 1 or 0, as a VERDICT is"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" fails: false }", "9:1",
     "expects neither; it must be true, or there must be a score"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" score: 1 tolerance: -1 }", "9:1",
     "has the tolerance -1; it must be 0 or more"},
    {SYMBOL F64 RESPONSE_ARG "example { response: \"a\" score: 1 set: \"x=1\" }", "9:39",
     "function[0].example[0].set sets what is no param of the function"},
    {SYMBOL F64 "arg { type: F64 param { name: \"x\" } }\nexample { score: 1 }", "9:1",
     "does not set \"x\", which has no default; it must: \"x=..\""},
    {SYMBOL F64 "arg { type: F64 param { name: \"x\" } }\nexample { score: 1 set: \"x=y\" }",
     "9:25", "sets \"x\" to \"y\"; it must be a finite number"},
    {SYMBOL F64 "arg { type: CSTR role: PREVIOUS_RESPONSE }\n"
                "example { previous_response: \"a\" turn: 1 score: 1 }",
     "9:1", "function[0].example[0] has turn, which the function does not take; leave it out"},
    {SYMBOL F64 "arg { type: I32 role: TURN }\nexample { turn: 0 score: 1 }", "9:1",
     "is turn 0 of 2; it must be from turn 1 on, and none past the last"},
    {SYMBOL "symbol: \"x\"", "7:1", "symbol"},
    {"kind: \"emend.reward/1\" name: \"same_text\" symbol: \"same_test\"\n" F64 RESPONSE_ARG RIGHT,
     "6:61",
     "function[0].symbol is \"same_test\", which lib.so does not export; did you mean "
     "\"same_text\"?"},
    {"kind: \"emend.reward/1\" name: \"same_text\" symbol: \"plain_data\"\n" F64 RESPONSE_ARG RIGHT,
     "6:61",
     "function[0].symbol is \"plain_data\", which is data in lib.so; it must be a function"},
};

START_TEST(what_does_not_fit_is_refused_at_its_place) {
    const Refusal *refusal = &refusals[_i];
    char functions[2048], place[PATH_MAX + 64];
    snprintf(functions, sizeof functions, "function { %s }\n", refusal->function);
    foreign_package("plain", functions);
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "plain")->problem;
    ck_assert_msg(problem != NULL, "not refused; must be: %s", refusal->says);
    snprintf(place, sizeof place, "plain/plugin.textproto:%s: ", refusal->place);
    ck_assert_msg(strstr(problem, place) != NULL, "%s\nmust be at %s", problem, place);
    ck_assert_msg(strstr(problem, refusal->says) != NULL, "%s\nmust say: %s", problem,
                  refusal->says);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_name_is_given_once_for_a_kind) {
    foreign_package("plain", "function { " SYMBOL F64 RESPONSE_ARG RIGHT " }\n"
                             "function { " SYMBOL F64 RESPONSE_ARG RIGHT " }\n");
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "plain")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_nonnull(
        strstr(problem, "function[1].name is \"same_text\", as function[0].name"));
    catalog_close(catalog);
}
END_TEST

START_TEST(a_function_without_extern_c_is_named_with_the_remedy) {
    foreign_package("cxx", FOREIGN("longest_line", F64 RESPONSE_ARG RIGHT));
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "plain")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, "does not export; it has _Z12longest_linePKc: declare it extern "
                                  "\"C\" (in Rust, with #[no_mangle])") != NULL,
                  "%s", problem);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_package_of_functions_needs_no_abi_and_no_library_of_its_own) {
    char manifest[1024];
    foreign_package("plain", "");
    snprintf(manifest, sizeof manifest,
             "format: 1 id: \"org.example.plain\" version: \"1.0.0\" license: \"Apache-2.0\"\n"
             "function { library: \"lib.so\" " SYMBOL F64 RESPONSE_ARG RIGHT " }\n");
    scratch_write(scratch_path("plain/plugin.textproto"), manifest, strlen(manifest));
    Catalog *catalog = scratch_catalog(folder);
    const Package *package = scratch_package(catalog, "plain");
    ck_assert_msg(package->problem == NULL, "%s", package->problem);
    ck_assert_ptr_null(package->library);
    ck_assert_uint_eq(package->manifest->n_component, 1);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_function_of_a_broken_package_is_still_found_with_the_reason) {
    char text[TEXT_BYTES];
    EmendError err = emend_error_on(text, sizeof text);
    const Package *package = NULL;
    const Emend__ComponentInfo *info = NULL;
    foreign_package("plain", FOREIGN("same_text", F64 RESPONSE_ARG));
    Catalog *catalog = scratch_catalog(folder);
    ck_assert_int_eq(catalog_find(catalog, "emend.reward/1", "same_text", &package, &info, &err),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "reward \"same_text\": "));
    ck_assert_ptr_nonnull(strstr(text, "function[0] has no example"));
    catalog_close(catalog);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("foreign_check");
    TCase *tcase = tcase_create("foreign_check");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_does_not_fit_is_refused_at_its_place, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tcase, a_name_is_given_once_for_a_kind);
    tcase_add_test(tcase, a_function_without_extern_c_is_named_with_the_remedy);
    tcase_add_test(tcase, a_package_of_functions_needs_no_abi_and_no_library_of_its_own);
    tcase_add_test(tcase, a_function_of_a_broken_package_is_still_found_with_the_reason);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
