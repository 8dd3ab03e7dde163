/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"
#include "plugin/foreign_examples.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static char text[TEXT_BYTES];
static EmendError err;
static const char *folder;
static Catalog *catalog;

static void setup(void) {
    folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
}

static void teardown(void) {
    catalog_close(catalog);
    catalog = NULL;
    scratch_end();
}

static EmendStatus check(const char *library, const char *functions, const ForeignLimits *limits) {
    foreign_package(library, functions);
    catalog = scratch_catalog(folder);
    const Package *package = scratch_package(catalog, "plain");
    ck_assert_msg(package->problem == NULL, "%s", package->problem);
    return foreign_examples_check(package, package->manifest->function[0],
                                  scratch_path("plain/lib.so"), limits, &err);
}

#define F64 "returns { type: F64 role: SCORE }\n"
#define RESPONSE_ARG "arg { type: CSTR role: RESPONSE }\n"
#define GOOD "example { response: \"a\" score: 1 }\n"
#define BAD "example { response: \"!\" score: 1 }"
#define BAD_FUNCTION(name) FOREIGN(name, F64 RESPONSE_ARG GOOD BAD)

/* A function, and what is said of it. */
typedef struct Verdict {
    const char *functions, *says;
} Verdict;

static const Verdict verdicts[] = {
    {FOREIGN("same_text", F64 RESPONSE_ARG "arg { type: CSTR role: REFERENCE }\n"
                                           "example { response: \"a\" reference: \"b\" score: 0.3 "
                                           "tolerance: 0.01 }"),
     "plugin.textproto:10:1: example[0] gave 0.25; it must give 0.3, give or take 0.01; libffi "
     "cannot see a wrong signature: compare `double same_text(const char *response, const char "
     "*reference)` with the function's own prototype"},
    {FOREIGN("half", F64 RESPONSE_ARG "example { response: \"abc\" score: 1.5 }"),
     "example[0] gave 5.28426686226704e-315; it must give 1.5; libffi cannot see a wrong "
     "signature: "
     "compare `double half(const char *response)`"},
    {FOREIGN("judge", "returns { type: I32 role: VERDICT }\n" RESPONSE_ARG
                      "arg { type: CSTR role: REFERENCE }\n"
                      "example { response: \"a\" reference: \"a\" score: 1 }\n"
                      "example { response: \"a\" reference: \"?\" score: 0 }"),
     "plugin.textproto:11:1: example[1] gave an abstention (the function cannot tell); it must "
     "give "
     "0;"},
    {FOREIGN("judge", "returns { type: I32 role: VERDICT }\n" RESPONSE_ARG
                      "arg { type: CSTR role: REFERENCE }\n"
                      "example { response: \"a\" reference: \"a\" score: 1 }\n"
                      "example { response: \"a\" reference: \"?\" abstains: true reason: \"why\" "
                      "}"),
     "it must give an abstention whose reason has \"why\";"},
    {FOREIGN("same_text", F64 RESPONSE_ARG "arg { type: CSTR role: REFERENCE }\n"
                                           "example { response: \"a\" reference: \"a\" score: 1 }\n"
                                           "example { response: \"a\" reference: \"a\" fails: true "
                                           "}"),
     "example[1] gave 1; it must give an error;"},
    {FOREIGN("drifts", F64 RESPONSE_ARG GOOD),
     "example[0] gave 1, and 2 when it was run again; it must give the same, or the function not "
     "be deterministic"},
    {BAD_FUNCTION("crashes"), "plugin.textproto:10:1: example[1] ended the process with SIGSEGV;"},
    {BAD_FUNCTION("leaves"), "example[1] ended the process with exit code 0;"},
    {BAD_FUNCTION("aborts"), "example[1] ended the process with SIGABRT, after it wrote \"plain: "
                             "the table is upside down\";"},
    {FOREIGN("reads_on", F64 "arg { type: BYTES role: RESPONSE }\n"
                             "arg { type: SIZE role: RESPONSE_LEN }\n" GOOD),
     "example[0] ended the process with SIGSEGV;"},
    {FOREIGN("splits", F64 RESPONSE_ARG GOOD "example { response: \"a,b\" score: 1 }"),
     "example[1] ended the process with SIGSEGV;"},
    {FOREIGN("weigh", F64 RESPONSE_ARG "arg { type: CSTR role: REFERENCE }\n"
                                       "example { response: \"a\" reference: \"b\" score: 1 }"),
     "example[0] ended the process with SIGSEGV;"},
};

START_TEST(what_an_example_does_not_give_is_told) {
    const Verdict *verdict = &verdicts[_i];
    ck_assert_int_eq(check("plain", verdict->functions, &foreign_limits), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, verdict->says) != NULL, "%s\nmust say: %s", text, verdict->says);
}
END_TEST

START_TEST(a_function_that_drifts_may_say_so) {
    ck_assert_msg(check("plain", FOREIGN("drifts", F64 RESPONSE_ARG "deterministic: false\n" GOOD),
                        &foreign_limits) == EMEND_OK,
                  "%s", text);
}
END_TEST

START_TEST(a_function_that_waits_for_ever_is_ended) {
    const ForeignLimits limits = {.wall_ms = 1000, .cpu_s = 10};
    ck_assert_int_eq(check("plain", BAD_FUNCTION("hangs"), &limits), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, "was not done after 1 second") != NULL, "%s", text);
}
END_TEST

START_TEST(a_function_that_computes_for_ever_is_ended) {
    const ForeignLimits limits = {.wall_ms = 600000, .cpu_s = 1};
    ck_assert_int_eq(check("plain", BAD_FUNCTION("spins"), &limits), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, "example[1] was not done after 1 second of CPU time;") != NULL, "%s",
                  text);
}
END_TEST

START_TEST(a_component_is_not_made_of_a_function_whose_examples_fail) {
    PluginHost *host = NULL;
    Component component = {0};
    foreign_package("plain", BAD_FUNCTION("crashes"));
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog};
    ck_assert_int_eq(plugin_host_create(&options, &host, &err), EMEND_OK);
    ck_assert_int_eq(component_create(host, EMEND_KIND_REWARD, "crashes", (EmendBytes){NULL, 0},
                                      &component, &err),
                     EMEND_INVALID_ARGUMENT);
    const char *prefix = "reward \"crashes\" (org.example.plain 1.0.0): ";
    ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "example[1] ended the process with SIGSEGV"));
    ck_assert_ptr_null(component.self);
    plugin_host_destroy(host);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("foreign_examples");
    TCase *tcase = tcase_create("foreign_examples");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_an_example_does_not_give_is_told, 0,
                        sizeof verdicts / sizeof *verdicts);
    tcase_add_test(tcase, a_function_that_drifts_may_say_so);
    tcase_add_test(tcase, a_function_that_waits_for_ever_is_ended);
    tcase_add_test(tcase, a_function_that_computes_for_ever_is_ended);
    tcase_add_test(tcase, a_component_is_not_made_of_a_function_whose_examples_fail);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
