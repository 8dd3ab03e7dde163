/* SPDX-License-Identifier: Apache-2.0 */
/* Every rogue is caught, by the test that is there for it, at its level, with a message that tells
 * the author what was found and what to do. */
#include "check/check.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

typedef struct Case {
    const char *rogue; /* of tests/check/rogues; with a slash: of tests/rogues */
    const char *test;
    uint32_t level;
    const char *found;  /* a part of it */
    const char *remedy; /* a part of it */
    bool is_crash;      /* which a sanitizer tells of in its own words */
} Case;

static const Case cases[] = {
    // files
    {"executable_stack", "static.stack", 1, "executable stack", "noexecstack", false},
    {"run_path", "static.run_path", 1, "/opt/elsewhere", "$ORIGIN", false},
    {"static_tls", "static.tls", 1, "DF_STATIC_TLS", "-ftls-model=global-dynamic", false},
    {"text_relocations", "static.relocations", 1, "text relocations", "-fPIC", false},
    {"brings_allocator", "static.allocator", 1, "reallocarray", "host->alloc", false},
    {"brings_allocator", "static.exports", 1, "beside emend_plugin_entry: reallocarray",
     "version script", false},
    {"/extra_exports", "static.exports", 1, "compute, helper", "version script", false},
    {"/no_note", "static.note", 1, "no Emend note", "EMEND_DECLARE_PLUGIN", false},
    {"/wrong_id", "static.note", 1, "they must be equal", "id", false},
    {"/wrong_abi", "static.note", 1, "the note says ABI", "abi", false},
    {"/no_entry", "static.exports", 1, "does not export the data symbol", "emend_add_plugin",
     false},
    {"/missing_library", "static.needs", 1, "libemend_gone", "Emend", false},
    {"/undefined_symbols", "static.needs", 1, "nothing provides the symbols", "-z,defs", false},
    // loading
    {"crash_in_constructor", "load.open", 2, "dlopen crashed with SIGABRT", "gdb", false},
    {"crash_in_open", "load.open", 2, "open crashed with SIGSEGV", "gdb", true},
    {"loops_in_open", "load.open", 2, "open had not come back after 3 s", "--timeout", false},
    {"exits", "load.open", 2, "open ended the process with exit code 0", "return a status", false},
    {"throws", "load.open", 2, "no model is loaded", "catch every C++ exception", true},
    {"prints", "load.create", 2, "to standard output: \"made an instance", "host->log", false},
    {"prints_error", "load.create", 2, "to standard error: \"deprecated", "host->log", false},
    {"locale", "load.process", 2, "the locale is \"C.UTF-8\"", "locale_t", false},
    {"handler", "load.process", 2, "the handler of SIGUSR1", "is_cancelled", false},
    {"masks_signals", "load.process", 2, "blocked after open()", "own threads", false},
    {"mask", "load.process", 2, "umask is 077", "put it back", false},
    {"moves", "load.process", 2, "the working directory is /", "put it back", false},
    {"environment", "load.process", 2, "the environment is another", "put it back", false},
    {"rounding", "load.process", 2, "the rounding mode", "fesetround", false},
    {"limits", "load.process", 2, "a resource limit", "put it back", false},
#if defined(__x86_64__)
    {"flush_to_zero", "load.process", 2, "after the library was loaded", "-ffast-math", false},
#endif
    {"leaves_thread", "load.process", 2, "1 thread is still running after close()", "join", false},
    {"leaves_file", "load.process", 2, "(/dev/null) is open after close()", "close what", false},
    {"closes_file", "load.process", 2, "descriptor 0 is closed after close()", "your own", false},
    {"leaves_process", "load.process", 2, "process", "wait for", false},
    {"any_kind", "load.factories", 2, "factory(\"emend.reward/1x\")", "strcmp", false},
    {"/no_factory", "load.factories", 2, "gave NULL", "every kind", false},
    {"opens_once", "load.open", 2, "it was opened before", "mend", false},
    {"bad_log", "load.open", 2, "a line of its log has a newline", "host->log", false},
    {"copies_host", "load.open", 2, "another host table", "keep the pointer", false},
    {"writes_host", "load.open", 2, "open crashed with SIGSEGV", "gdb", true},
    {"calls_after_close", "load.open", 2, "the end of the process crashed", "gdb", true},
    {"writes_past_block", "load.create", 2, "written past its end", "-fsanitize=address", true},
    {"frees_twice", "load.create", 2, "a block that was freed before", "once", true},
    {"/leaky", "load.open", 2, "1 block of the host, 4096 bytes, is left", "free in close()",
     false},
    {"/closed", "load.open", 2, "the status 4711", "EMEND_", false},
    {"odd_concurrency", "load.create", 2, "the factory's concurrency is 7", "PARALLEL", false},
    {"/silent", "load.create", 2, "wrote no message", "emend_fail", false},
    {"/null_member", "load.create", 2, "the table's score is NULL", "slot", false},
    {"/wrong_magic", "load.entry", 2, "magic", "EMEND_DECLARE_PLUGIN", false},
    {"/wrong_version", "load.entry", 2, "says version", "version", false},
    {"/wrong_entry_id", "load.entry", 2, "the entry says id", "id", false},
#if defined(__SANITIZE_ADDRESS__)
    {"loses_memory", "load.create", 2, "LeakSanitizer", "sanitizer's report", false},
#endif
    // behaviour
    {"silent_refusal", "config.refusals", 3, "wrote no message", "emend_fail", false},
    {"garbled_message", "config.error_buffers", 3, "inside a character", "emend_fail", false},
    {"other_code", "config.refusals", 3, "wrote the code INTERNAL", "emend_fail", false},
    {"own_fault", "config.refusals", 3, "must be INVALID_ARGUMENT", "INVALID_ARGUMENT", false},
    {"trusts_config", "config.refusals", 3, "create crashed with SIGSEGV", "gdb", true},
    {"needs_err", "config.error_buffers", 3, "NULL error pointer, crashed", "gdb", true},
    {"overruns_message", "config.error_buffers", 3, "`the error buffer`, which has 0 bytes",
     "ength", false},
    {"writes_input", "golden.examples", 3, "`the prompt`, an input", "opy", false},
    {"wants_nul", "golden.examples", 3, "`the prompt`, which has 3 bytes", "length", false},
    {"writes_past_scores", "golden.examples", 3, "`the scores`, which has", "length", false},
    {"other_scores", "golden.examples", 3,
     "golden.textproto:10:5: the score is 0.25; by the example it must be 0.1", "example", false},
    // versions
    {"reads_past_host", "versions.older_host", 4, "open crashed with SIGSEGV", "gdb", true},
    {"takes_newer_host", "versions.open", 4, "the host is not the one", "mend", false},
    {"ignores_stride", "golden.newer_host", 4, "", "", false},
    {"clears_error", "config.newer_error", 4, "byte 32 of a larger EmendError", "one by one",
     false},
    // state, threads, memory
    {"waits_when_cancelled", "state.cancelled", 5, "create had not come back", "--timeout", false},
    {"one_thread", "threads.control", 6, "it was called on another thread", "mend", false},
    {"open_thread", "threads.signals", 6, "does not block SIGINT", "pthread_sigmask", false},
    {"ignores_no_memory", "memory.open", 7, "open crashed with SIGSEGV", "gdb", true},
    {"leaks_when_refused", "memory.each_allocation", 7, "64 bytes, is left after close()", "free",
     false},
    {"blames_another", "memory.each_allocation", 7, "it must be EXHAUSTED", "EMEND_EXHAUSTED",
     false},
    {"keeps_blocks", "memory.growth", 7, "leaves 1 more block", "free in destroy()", false},
};

enum { N_CASES = sizeof cases / sizeof *cases };

static CheckReport report;
static char message[4096];

static void check(const char *rogue, const char *only) {
    char dir[512];
    EmendError err = emend_error_on(message, sizeof message);
    // Long where a test must end, and short where it must not.
    bool hangs = strstr(rogue, "loops") || strstr(rogue, "waits");
    const CheckOptions options = {.only = only, .seed = 1, .seconds = hangs ? 3 : 300};
    snprintf(dir, sizeof dir, "%s%s%s", rogue[0] == '/' ? EMEND_ROGUE_DIR : EMEND_CHECK_ROGUE_DIR,
             rogue[0] == '/' ? "" : "/", rogue);
    ck_assert_msg(check_package(dir, &options, &report, &err) == EMEND_OK, "%s: %s", rogue,
                  message);
}

static void teardown(void) {
    check_report_finish(&report);
}

START_TEST(a_rogue_is_caught_where_it_must_be_with_what_to_do) {
    const Case *rogue = &cases[_i];
    check(rogue->rogue, rogue->test);
    ck_assert_uint_eq(report.n_rows, 1);
    const KitResult *result = &report.rows[0].result;
    ck_assert_uint_eq(report.rows[0].test->level, rogue->level);
    ck_assert_msg(result->verdict == RESULT_FAILED, "%s passes %s: %s", rogue->rogue, rogue->test,
                  result->found);
    ck_assert_msg(result->remedy[0] != '\0', "%s: there is no remedy: %s", rogue->rogue,
                  result->found);
    if (!(HAS_SANITIZER && rogue->is_crash)) {
        ck_assert_msg(strstr(result->found, rogue->found) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rogue->rogue, result->found, rogue->found);
        ck_assert_msg(strstr(result->remedy, rogue->remedy) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rogue->rogue, result->remedy, rogue->remedy);
    }
}
END_TEST

START_TEST(what_keeps_every_promise_conforms_at_every_level) {
    check("upright", NULL);
    for (size_t i = 0; i < report.n_rows; i++) {
        const CheckRow *row = &report.rows[i];
        ck_assert_msg(row->result.verdict != RESULT_FAILED, "%s: %s", row->test->name,
                      row->result.found);
        ck_assert_msg(row->result.n_warnings == 0, "%s: %s", row->test->name,
                      row->result.warnings[0]);
    }
    ck_assert_uint_eq(report.conforms, KIT_SPEED);
}
END_TEST

START_TEST(a_factory_that_nobody_can_use_is_worth_a_warning) {
    check("unlisted_kind", "load.factories");
    const KitResult *result = &report.rows[0].result;
    ck_assert_uint_eq(result->verdict, RESULT_OK);
    ck_assert_uint_eq(result->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(result->warnings[0], "factory(\"emend.task/1\")"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_rogues");
    TCase *tcase = tcase_create("rogues");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_rogue_is_caught_where_it_must_be_with_what_to_do, 0, N_CASES);
    tcase_add_test(tcase, what_keeps_every_promise_conforms_at_every_level);
    tcase_add_test(tcase, a_factory_that_nobody_can_use_is_worth_a_warning);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
