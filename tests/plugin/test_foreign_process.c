/* SPDX-License-Identifier: Apache-2.0 */
/* Functions in a process of their own, which does what it must not. */
#include "foreign.h"
#include "plugin/guard/guard.h"
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[TEXT_BYTES];
static EmendError err;
static Catalog *catalog;
static PluginHost *host;
static Component component;

#define APART "own_process: true timeout_ms: 3000\n"
#define ONE(name)                                                                                  \
    FOREIGN(name, APART "returns { type: F64 role: SCORE } arg { type: CSTR role: RESPONSE }\n"    \
                        "example { response: \"a\" score: 1 }")
#define SAME_TEXT                                                                                  \
    FOREIGN("same_text", APART "returns { type: F64 role: SCORE }\n"                               \
                               "arg { type: CSTR role: RESPONSE }\n"                               \
                               "arg { type: CSTR role: REFERENCE }\n"                              \
                               "example { response: \"a\" reference: \"a\" score: 1 }")
#define DRIFTS                                                                                     \
    FOREIGN("drifts",                                                                              \
            APART "returns { type: F64 role: SCORE } arg { type: CSTR role: RESPONSE }\n"          \
                  "deterministic: false\n"                                                         \
                  "example { response: \"a\" score: 1 }")

#define LINGERS                                                                                    \
    FOREIGN("lingers", "own_process: true timeout_ms: 60000\n"                                     \
                       "returns { type: F64 role: SCORE } arg { type: CSTR role: RESPONSE }\n"     \
                       "arg { type: CSTR role: REFERENCE }\n"                                      \
                       "example { response: \"a\" reference: \"a\" score: 1 }")

static void setup(void) {
    const char *folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
    component = (Component){0};
    foreign_package("plain", SAME_TEXT DRIFTS ONE("crashes") ONE("aborts") ONE("leaves")
                                 LINGERS ONE("hangs") ONE("spins") ONE("scribbles"));
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog, .probe = {.program = EMEND_PROGRAM}};
    ck_assert_msg(plugin_host_create(&options, &host, &err) == EMEND_OK, "%s", text);
}

static void teardown(void) {
    component_destroy(&component);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); // no process is left
    ck_assert_int_eq(errno, ECHILD);
    plugin_host_destroy(host);
    catalog_close(catalog);
    scratch_end();
}

static void make(const char *name, EmendBytes config, Component *out) {
    ck_assert_msg(component_create(host, EMEND_KIND_REWARD, name, config, out, &err) == EMEND_OK,
                  "%s", text);
}

static void expect_value(EmendScore score, double value) {
    ck_assert_msg(score.state == EMEND_SCORE_VALUE && score.value == value, "%u %g %s", score.state,
                  score.value, score.reason);
}

static void expect_error(EmendScore score, const char *reason) {
    ck_assert_msg(score.state == EMEND_SCORE_ERROR && strcmp(score.reason, reason) == 0, "%u %g %s",
                  score.state, score.value, score.reason);
}

/* Not gone, and not waiting for whoever adopted it to be told. */
static bool is_running(pid_t pid) {
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    bool is = file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state != 'Z' && state != 'X';
    if (file) {
        fclose(file);
    }
    return is;
}

START_TEST(it_scores_as_any_other) {
    static const char config[] = "\x11\0\0\0\0\0\0\0\xc0"; // weight (field 2), a double: -2
    EmendScore scores[2];
    const Turn turns[] = {RESPONSE("4"), RESPONSE("5")};
    make("same_text", (EmendBytes){config, sizeof config - 1}, &component);
    ck_assert_uint_eq(component.factory->concurrency, EMEND_CONCURRENCY_SERIAL_INSTANCE);
    foreign_score(&component, "4", turns, 2, scores);
    expect_value(scores[0], -2);
    expect_value(scores[1], -0.5);
    expect_error(foreign_score_one(&component, "", (Turn)RESPONSE("4")),
                 "the function returned NaN");
    expect_error(foreign_score_one(&component, "ab", (Turn)RESPONSE("ab\0c")),
                 "response has a NUL at byte 2, where a CSTR would be cut; take it as BYTES");
}
END_TEST

START_TEST(a_long_text_reaches_it_whole) {
    enum { BYTES = 3000000 }; // more than a socket holds
    char *long_text = malloc(BYTES + 1);
    memset(long_text, 'x', BYTES);
    long_text[BYTES] = '\0';
    make("same_text", (EmendBytes){0}, &component);
    Turn turn = {.response = {long_text, BYTES}};
    expect_value(foreign_score_one(&component, long_text, turn), 1);
    turn.response.len--;
    expect_value(foreign_score_one(&component, long_text, turn), 0.25);
    free(long_text);
}
END_TEST

START_TEST(its_library_is_not_in_this_process) {
    make("same_text", (EmendBytes){0}, &component);
    expect_value(foreign_score_one(&component, "4", (Turn)RESPONSE("4")), 1);
    ck_assert_ptr_null(dlopen(scratch_path("plain/lib.so"), RTLD_NOW | RTLD_NOLOAD));
}
END_TEST

static void *score_elsewhere(void *score) {
    plugin_thread_role_set(EMEND_ROLE_WORKER);
    *(EmendScore *)score = foreign_score_one(&component, "", (Turn)RESPONSE("a"));
    return NULL;
}

START_TEST(it_outlives_the_thread_that_first_called_it) {
    make("drifts", (EmendBytes){0}, &component);
    for (int i = 1; i <= 2; i++) {
        pthread_t thread;
        EmendScore score = {0};
        ck_assert_int_eq(pthread_create(&thread, NULL, score_elsewhere, &score), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        expect_value(score, i);
    }
}
END_TEST

/* The host is a process that is killed while its function hangs. */
START_TEST(it_does_not_outlive_the_host) {
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        make("lingers", (EmendBytes){0}, &component);
        foreign_score_one(&component, scratch_path("lingers"), (Turn)RESPONSE("!"));
        _exit(0);
    }
    pid_t worker = 0;
    while (worker == 0) { // it writes its number when it is called
        FILE *file = fopen(scratch_path("lingers"), "r");
        if (file && fscanf(file, "%d.", &worker) != 1) {
            worker = 0;
        }
        if (file) {
            fclose(file);
        }
        usleep(1000);
    }
    ck_assert_int_eq(kill(worker, 0), 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    while (is_running(worker)) {
        usleep(1000);
    }
}
END_TEST

START_TEST(each_component_has_a_process_of_its_own) {
    Component other = {0};
    make("drifts", (EmendBytes){0}, &component);
    make("drifts", (EmendBytes){0}, &other);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("a")), 1);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("a")), 2);
    expect_value(foreign_score_one(&other, "", (Turn)RESPONSE("a")), 1);
    component_destroy(&other);
}
END_TEST

typedef struct Mishap {
    const char *name, *reason;
} Mishap;

static const Mishap mishaps[] = {
    {"crashes", "its process ended with SIGSEGV"},
    {"aborts", "its process ended with SIGABRT"},
    {"leaves", "its process ended with exit code 0"},
    {"hangs", "its process did not answer within 3000 ms"},
    {"spins", "its process did not answer within 3000 ms"},
    {"scribbles", "its process answered what is no score"},
};
enum { N_MISHAPS = sizeof mishaps / sizeof *mishaps };

START_TEST(what_goes_wrong_is_an_error_of_one_turn) {
    EmendScore scores[3];
    const Turn turns[] = {RESPONSE("a"), RESPONSE("!"), RESPONSE("b")};
    guard_install();
    make(mishaps[_i].name, (EmendBytes){0}, &component);
    for (int round = 0; round < 2; round++) {
        foreign_score(&component, "", turns, 3, scores);
        expect_value(scores[0], 1);
        expect_error(scores[1], mishaps[_i].reason);
        expect_value(scores[2], 1);
    }
    ck_assert(!component_is_broken(&component));
}
END_TEST

START_TEST(a_library_that_is_gone_is_an_error_of_the_turn) {
    make("same_text", (EmendBytes){0}, &component);
    ck_assert_int_eq(remove(scratch_path("plain/lib.so")), 0);
    EmendScore score = foreign_score_one(&component, "4", (Turn)RESPONSE("4"));
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_msg(strstr(score.reason, "lib.so") != NULL, "%s", score.reason);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("foreign_process");
    TCase *cases = tcase_create("foreign_process");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, it_scores_as_any_other);
    tcase_add_test(cases, a_long_text_reaches_it_whole);
    tcase_add_test(cases, its_library_is_not_in_this_process);
    tcase_add_test(cases, it_outlives_the_thread_that_first_called_it);
    tcase_add_test(cases, it_does_not_outlive_the_host);
    tcase_add_test(cases, each_component_has_a_process_of_its_own);
    tcase_add_loop_test(cases, what_goes_wrong_is_an_error_of_one_turn, 0, N_MISHAPS);
    tcase_add_test(cases, a_library_that_is_gone_is_an_error_of_the_turn);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
