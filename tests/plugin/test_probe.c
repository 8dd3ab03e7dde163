/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins that break the process they run in: it is another one, and this one tells of it. */
#include "plugin/loader.h"
#include "scratch.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[TEXT_BYTES];
static EmendError err;
static const char *folder;
static char logged[16384];
static Catalog *catalog;
static PluginHost *host;
static volatile int cancel;
static ProbeOptions probe;

static void take_line(void *ctx, const char *plugin_id, uint32_t level, EmendStr message) {
    size_t len = strlen(logged);
    (void)ctx;
    snprintf(logged + len, sizeof logged - len, "%u %s: %.*s\n", level, plugin_id, (int)message.len,
             message.ptr);
}

static void open_host(void) {
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog, .log = take_line, .probe = probe};
    ck_assert_msg(plugin_host_create(&options, &host, &err) == EMEND_OK, "%s", text);
}

static void close_host(void) {
    plugin_host_destroy(host);
    catalog_close(catalog);
    host = NULL;
    catalog = NULL;
}

static void setup(void) {
    folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
    logged[0] = '\0';
    cancel = 0;
    probe = (ProbeOptions){.program = EMEND_PROGRAM, .cancel = &cancel};
}

static void teardown(void) {
    close_host();
    scratch_end();
}

static EmendStatus load(const char *name) {
    Component component = {0};
    text[0] = '\0';
    EmendStatus status =
        component_create(host, EMEND_KIND_REWARD, name, (EmendBytes){NULL, 0}, &component, &err);
    component_destroy(&component);
    return status;
}

static void expect_loaded(const char *name) {
    ck_assert_msg(load(name) == EMEND_OK, "%s: %s", name, text);
}

static void expect_says(const char *said) {
    ck_assert_msg(strstr(text, said) != NULL, "%s\nmust say: %s", text, said);
}

/* A rogue, and what must be said of it. */
typedef struct Crime {
    const char *rogue, *reason;
} Crime;

static const Crime crimes[] = {
    {"crash_constructor", "it crashed with SIGSEGV (Segmentation fault) in its constructors; "},
    {"crash_open", "it crashed with SIGSEGV (Segmentation fault) in open; "},
    {"crash_close", "it crashed with SIGSEGV (Segmentation fault) in close; "},
    {"crash_exit", "it crashed with SIGSEGV (Segmentation fault) in its destructors; "},
    {"loop_constructor", "it did not return from its constructors and used up the processor time"},
    {"loop_open", "it did not return from open and used up the processor time it may take; "},
    {"sleep_open", "it did not return from open within 0.2 seconds; "},
    {"calls_exit", "it ended the process with exit code 3 in open; it said \"no licence was "
                   "found\"; "},
    {"aborts", "it aborted the process (SIGABRT) in open; "},
    {"throws", "it let a C++ exception, std::runtime_error, out of open; it must be turned into"},
    {"changes_locale", "it changed the locale from \"C\" to \"C.UTF-8\", by which numbers are"},
    {"changes_rounding", "it changed the rounding mode, on which every result depends; "},
    {"changes_folder", "it changed the working directory to /, from which files are found; "},
    {"flushes_denormals", "it turned denormal numbers to zero (FTZ, DAZ), on which results depend"},
    {"takes_signal", "it took over SIGINT or SIGTERM, by which a run is stopped with a checkpoint"},
};

START_TEST(a_rogue_is_quarantined_by_name_and_the_rest_works) {
    const Crime *crime = &crimes[_i];
    char prefix[PATH_MAX], remedy[256];
    scratch_copy_rogue(crime->rogue);
    scratch_copy_rogue("good");
    probe.cpu_seconds = 1;
    probe.limit_ms = strcmp(crime->rogue, "sleep_open") == 0 ? 200 : 100000;
    open_host();
    ck_assert_msg(load(crime->rogue) == EMEND_DENIED, "%s", text);
    snprintf(prefix, sizeof prefix,
             "reward \"%s\" (test.rogues.%s 0.1.0): %s/%s/%s.so: quarantined: tried in a process "
             "of its own on ",
             crime->rogue, crime->rogue, folder, crime->rogue, crime->rogue);
    ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0, "%s\nmust begin: %s", text, prefix);
    expect_says(crime->reason);
    snprintf(remedy, sizeof remedy, "`emend plugins retry test.rogues.%s` [L08 probe]",
             crime->rogue);
    expect_says(remedy);
    ck_assert_uint_eq(err.flags & EMEND_ERROR_PLUGIN_BUG, EMEND_ERROR_PLUGIN_BUG);
    expect_loaded("good");
    ck_assert_str_eq(logged, "1 test.rogues.good: good\n");
}
END_TEST

/* What it must not do and did, but that a run can live with. */
static const Crime habits[] = {
    {"prints", "found by its probe: it wrote to standard output: \"hello from open\"\n"},
    {"prints", "found by its probe: it wrote to standard error: \"a complaint from open\"\n"},
    {"leaves_thread", "found by its probe: plugin bug: close left 1 thread (rogue-sleeper) behind"},
    {"leaves_descriptor",
     "found by its probe: plugin bug: close left 1 descriptor (/dev/zero) behind"},
    {"leaky", "found by its probe: plugin bug: close left 1 block of 4096 bytes behind"},
};

START_TEST(a_bad_habit_is_a_warning_once_for_each_build) {
    const Crime *habit = &habits[_i];
    scratch_copy_rogue(habit->rogue);
    open_host();
    expect_loaded(habit->rogue);
    ck_assert_msg(strstr(logged, habit->reason) != NULL, "%s\nmust say: %s", logged, habit->reason);
    close_host();
    logged[0] = '\0';
    open_host();
    if (strcmp(habit->rogue, "leaky") == 0) {
        return; // a second leak would hide the first from who looks for leaks
    }
    expect_loaded(habit->rogue);
    ck_assert_msg(!strstr(logged, "probe"), "%s", logged);
}
END_TEST

/* ---- the cache ------------------------------------------------------------------------------ */

/* The one file in the cache. */
static char *cached_file(void) {
    const char *cache = scratch_path("cache/emend/probe");
    DIR *entries = opendir(cache);
    char *path = NULL;
    ck_assert_ptr_nonnull(entries);
    for (struct dirent *entry = NULL; (entry = readdir(entries));) {
        if (entry->d_name[0] != '.') {
            ck_assert_msg(!path, "one library has one file");
            path = strdup(scratch_path("cache/emend/probe/%s", entry->d_name));
        }
    }
    closedir(entries);
    ck_assert_ptr_nonnull(path);
    return path;
}

/* Puts words of ours into the verdict, to see whether it is read. */
static void mark(const char *path) {
    size_t len = 0;
    char *bytes = (char *)scratch_read(path, &len);
    char *reason = strstr(bytes, "it crashed");
    ck_assert_ptr_nonnull(reason);
    memcpy(reason, "IT CRASHED", 10);
    scratch_write(path, bytes, len);
    free(bytes);
}

static void expect_crash(const char *said) {
    open_host();
    ck_assert_int_eq(load("crash_open"), EMEND_DENIED);
    expect_says(said);
    close_host();
}

START_TEST(a_verdict_is_kept_until_the_file_changes) {
    scratch_copy_rogue("crash_open");
    expect_crash("it crashed");
    char *path = cached_file();
    mark(path);
    expect_crash("IT CRASHED");
    struct timespec times[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000, .tv_nsec = 1}};
    ck_assert_int_eq(utimensat(AT_FDCWD, scratch_path("crash_open/crash_open.so"), times, 0), 0);
    expect_crash("it crashed");
    free(path);
    free(cached_file());
}
END_TEST

START_TEST(a_good_verdict_is_kept_too) {
    scratch_copy_rogue("good");
    open_host();
    expect_loaded("good");
    close_host();
    free(cached_file());
    ProbeVerdict verdict;
    open_host();
    ck_assert(probe_remembers(&probe, catalog_package(catalog, 0), &verdict));
    ck_assert_int_eq(verdict.state, PROBED_GOOD);
    probe_forget(&probe, catalog_package(catalog, 0));
    ck_assert(!probe_remembers(&probe, catalog_package(catalog, 0), &verdict));
}
END_TEST

static const char *const spoils[] = {
    "", "{", "null", "[]", "{\"key\": 7}", "\xff\xfe", "{\"good\": true}",
};

START_TEST(a_spoilt_cache_is_probed_anew) {
    scratch_copy_rogue("crash_open");
    expect_crash("it crashed");
    char *path = cached_file();
    scratch_write(path, spoils[_i], strlen(spoils[_i]));
    expect_crash("it crashed");
    mark(path); // it was written whole again
    expect_crash("IT CRASHED");
    free(path);
}
END_TEST

START_TEST(a_verdict_that_others_may_write_is_not_believed) {
    scratch_copy_rogue("crash_open");
    expect_crash("it crashed");
    char *path = cached_file();
    mark(path);
    ck_assert_int_eq(chmod(path, 0666), 0);
    expect_crash("it crashed");
    free(path);
}
END_TEST

START_TEST(without_a_place_for_the_cache_plugins_are_probed_each_time) {
    static const char *const places[] = {"/dev/null/no", "relative", NULL};
    scratch_copy_rogue("crash_open");
    scratch_copy_rogue("good");
    if (places[_i]) {
        setenv("XDG_CACHE_HOME", places[_i], 1);
    } else {
        unsetenv("XDG_CACHE_HOME");
    }
    unsetenv("HOME");
    for (int i = 0; i < 2; i++) {
        expect_crash("it crashed");
        open_host();
        expect_loaded("good");
        close_host();
    }
}
END_TEST

/* ---- the probe itself ----------------------------------------------------------------------- */

START_TEST(what_is_refused_in_words_is_not_quarantined) {
    scratch_copy_rogue("closed");
    scratch_copy_rogue("wrong_magic");
    open_host();
    ck_assert_int_eq(load("closed"), EMEND_UNKNOWN);
    expect_says("open: the door is locked [L11 open]");
    ck_assert_int_eq(load("wrong_magic"), EMEND_INVALID_ARGUMENT);
    expect_says("[L10 entry]");
    ck_assert_int_ne(access(scratch_path("cache/emend"), F_OK), 0);
}
END_TEST

START_TEST(a_probe_that_cannot_be_is_a_warning) {
    static const char *const programs[] = {"/nowhere/emend", "/bin/true", "/bin/echo"};
    scratch_copy_rogue("good");
    probe.program = programs[_i];
    open_host();
    expect_loaded("good");
    ck_assert_msg(strstr(logged, "2 test.rogues.good: it could not be probed: "), "%s", logged);
    ck_assert_int_ne(access(scratch_path("cache/emend"), F_OK), 0);
}
END_TEST

START_TEST(without_a_program_nothing_is_probed) {
    scratch_copy_rogue("good");
    probe.program = NULL;
    open_host();
    expect_loaded("good");
    ck_assert_str_eq(logged, "1 test.rogues.good: good\n");
    ck_assert_int_ne(access(scratch_path("cache/emend"), F_OK), 0);
}
END_TEST

START_TEST(who_asks_to_stop_does_not_wait_for_a_probe) {
    scratch_copy_rogue("sleep_open");
    probe.limit_ms = 3600000;
    cancel = 1;
    open_host();
    ck_assert_int_eq(load("sleep_open"), EMEND_CANCELLED);
    expect_says("stopped while they were probed");
}
END_TEST

START_TEST(many_are_probed_at_once_and_each_gets_its_own_verdict) {
    static const char *const names[] = {"good",   "crash_open", "aborts", "leaky",
                                        "prints", "calls_exit", "throws", "newer"};
    enum { N = sizeof names / sizeof *names };
    const Package *packages[N];
    Prober *prober = NULL;
    for (size_t i = 0; i < N; i++) {
        scratch_copy_rogue(names[i]);
    }
    open_host();
    for (size_t i = 0; i < N; i++) {
        packages[i] = scratch_package(catalog, names[i]);
    }
    ck_assert_int_eq(prober_create(&probe, &prober, &err), EMEND_OK);
    ck_assert_msg(prober_ask(prober, packages, N, &err) == EMEND_OK, "%s", text);
    for (size_t i = 0; i < N; i++) {
        const ProbeVerdict *verdict = prober_verdict(prober, packages[i]);
        bool is_bad = i == 1 || i == 2 || i == 5 || i == 6;
        ck_assert_msg(verdict->state == (is_bad ? PROBED_BAD : PROBED_GOOD), "%s: %s", names[i],
                      verdict->reason);
    }
    ck_assert_str_eq(prober_verdict(prober, packages[5])->said,
                     "no licence was found\nfor this machine\n");
    prober_destroy(prober);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("probe");
    TCase *tcase = tcase_create("probe");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_rogue_is_quarantined_by_name_and_the_rest_works, 0,
                        sizeof crimes / sizeof *crimes);
    tcase_add_loop_test(tcase, a_bad_habit_is_a_warning_once_for_each_build, 0,
                        sizeof habits / sizeof *habits);
    tcase_add_test(tcase, a_verdict_is_kept_until_the_file_changes);
    tcase_add_test(tcase, a_good_verdict_is_kept_too);
    tcase_add_loop_test(tcase, a_spoilt_cache_is_probed_anew, 0, sizeof spoils / sizeof *spoils);
    tcase_add_test(tcase, a_verdict_that_others_may_write_is_not_believed);
    tcase_add_loop_test(tcase, without_a_place_for_the_cache_plugins_are_probed_each_time, 0, 3);
    tcase_add_test(tcase, what_is_refused_in_words_is_not_quarantined);
    tcase_add_loop_test(tcase, a_probe_that_cannot_be_is_a_warning, 0, 3);
    tcase_add_test(tcase, without_a_program_nothing_is_probed);
    tcase_add_test(tcase, who_asks_to_stop_does_not_wait_for_a_probe);
    tcase_add_test(tcase, many_are_probed_at_once_and_each_gets_its_own_verdict);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
