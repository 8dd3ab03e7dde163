/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/tracker.h"
#include "jsonl/config.pb-c.h"
#include "subject.h"

#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef Emend__Trackers__Jsonl__Config Config;
#define CONFIG_INIT EMEND__TRACKERS__JSONL__CONFIG__INIT

enum { MAX_TEXT = 65536 };

static Subject subject;
static char folder[64];
static char path[128];
static char text[MAX_TEXT];
static char warning[512];
static int n_warnings;

static void keep_warning(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    ck_assert_uint_eq(level, EMEND_LOG_WARNING);
    snprintf(warning, sizeof warning, "%.*s", (int)message.len, message.ptr);
    n_warnings++;
}

static void set_up(void) {
    strcpy(folder, "/tmp/test_jsonl_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    n_warnings = 0;
    subject_open(&subject, "emend.trackers.jsonl", "jsonl", EMEND_KIND_TRACKER);
    subject.host.host.log = keep_warning;
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
}

static void tear_down(void) {
    subject_close(&subject);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "nothing but the one file is left in the run's folder");
}

static const EmendTracker *tracker(void) {
    return subject.table;
}

/* How many records a resumed run keeps. */
static uint64_t n_kept = UINT64_MAX;

static EmendStatus begin_in(const char *run_dir, bool is_resumed, uint64_t step) {
    EmendRunInfo info = {.struct_size = sizeof info,
                         .is_resumed = is_resumed,
                         .run_dir = emend_str(run_dir),
                         .resume_step = step,
                         .resume_records = n_kept};
    return tracker()->begin(subject.self, &info, &subject.err);
}

static void begin_new(void) {
    ck_assert_msg(begin_in(folder, false, 0) == EMEND_OK, "%s", subject.message);
}

/* A second life of the process: a new instance, which resumes at a step. */
static void resume_at(uint64_t step) {
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    ck_assert_msg(begin_in(folder, true, step) == EMEND_OK, "%s", subject.message);
}

static EmendStatus put(uint64_t step, const char *name, double value) {
    EmendScalar scalar = {.struct_size = sizeof scalar, .name = emend_str(name), .value = value};
    return tracker()->scalars(subject.self, step, emend_str("train"), emend_str("one"),
                              emend_span(&scalar, 1, sizeof scalar), &subject.err);
}

static void put_ok(uint64_t step, const char *name, double value) {
    ck_assert_msg(put(step, name, value) == EMEND_OK, "%s", subject.message);
}

static EmendStatus put_event(uint64_t step, const char *name, EmendStr json) {
    return tracker()->event(subject.self, step, emend_str(name), json, &subject.err);
}

/* The file as it is now. */
static const char *content(void) {
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    return text;
}

static void write_content(const char *bytes, size_t len) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* The only record of the file; the caller's. */
static json_t *only_record(void) {
    const char *line = content();
    ck_assert_msg(strchr(line, '\n') == line + strlen(line) - 1, "one line: %s", line);
    json_t *record = json_loads(line, JSON_ALLOW_NUL, NULL);
    ck_assert_msg(json_is_object(record), "JSON: %s", line);
    return record;
}

START_TEST(a_record_says_where_it_belongs_and_its_numbers_in_order) {
    struct {
        EmendScalar scalar;
        uint64_t unknown;
    } scalars[2] = {{.scalar = {.name = emend_str("reward"), .value = 0.1}},
                    {.scalar = {.name = emend_str("accuracy@t1"), .value = 1}}};
    begin_new();
    time_t before = time(NULL);
    EmendStatus status =
        tracker()->scalars(subject.self, 7, emend_str("eval"), emend_str("stage \"I\"\n"),
                           emend_span(scalars, 2, sizeof scalars[0]), &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    json_t *record = only_record();
    ck_assert_int_eq(json_integer_value(json_object_get(record, "step")), 7);
    ck_assert_str_eq(json_string_value(json_object_get(record, "phase")), "eval");
    ck_assert_str_eq(json_string_value(json_object_get(record, "stage")), "stage \"I\"\n");
    long long when = json_integer_value(json_object_get(record, "time"));
    ck_assert_msg(when >= before && when <= time(NULL), "time is in unix seconds");
    json_decref(record);
    ck_assert_ptr_nonnull(strstr(content(), "\"metrics\":{\"reward\":0.1,\"accuracy@t1\":1.0}}\n"));
}
END_TEST

START_TEST(numbers_come_back_to_the_bit) {
    static const double numbers[] = {1.0 / 3, 0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308,
                                     1e22};
    begin_new();
    put_ok(1, "x", numbers[_i]);
    json_t *record = only_record();
    double found = json_real_value(json_object_get(json_object_get(record, "metrics"), "x"));
    ck_assert_mem_eq(&found, &numbers[_i], sizeof found);
    json_decref(record);
}
END_TEST

START_TEST(numbers_that_are_not_finite_are_null_under_their_name) {
    begin_new();
    put_ok(1, "kl/ref/t1", _i == 0 ? (double)NAN : _i == 1 ? INFINITY : -INFINITY);
    ck_assert_ptr_nonnull(strstr(content(), "\"metrics\":{\"kl/ref/t1\":null}}"));
    json_decref(only_record());
}
END_TEST

START_TEST(an_event_is_one_line_whatever_its_layout) {
    static const char json[] = "{\n  \"prompt\": \"a\\nb\\u0000c\",\n  \"n\": [1, 2.5]\n}";
    begin_new();
    ck_assert_msg(put_event(3, "transcript", emend_str(json)) == EMEND_OK, "%s", subject.message);
    ck_assert_str_eq(content(), "{\"step\":3,\"event\":\"transcript\",\"data\":"
                                "{\"prompt\":\"a\\nb\\u0000c\",\"n\":[1,2.5]}}\n");
}
END_TEST

START_TEST(data_that_is_not_json_is_refused_and_not_written) {
    begin_new();
    ck_assert_int_eq(put_event(3, "transcript", emend_str("{\"a\":")), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(subject.message, "metrics.jsonl: the event's data is not JSON") != NULL,
                  "%s", subject.message);
    ck_assert_int_eq(put_event(3, "transcript", emend_str("")), EMEND_INVALID_ARGUMENT);
    ck_assert_int_eq(put_event(3, "\xff", emend_str("1")), EMEND_INVALID_ARGUMENT);
    ck_assert_int_eq(put(3, "\xc3", 1), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(subject.message, "is not UTF-8") != NULL, "%s", subject.message);
    ck_assert_str_eq(content(), "");
}
END_TEST

START_TEST(records_are_in_the_file_at_once_and_synced_by_flush) {
    begin_new();
    put_ok(1, "x", 1);
    ck_assert_msg(strlen(content()) > 0, "a reader sees the record before any flush");
    ck_assert_int_eq(tracker()->flush(subject.self, &subject.err), EMEND_OK);
}
END_TEST

START_TEST(resuming_drops_what_was_recorded_after_its_step) {
    char kept[MAX_TEXT];
    begin_new();
    put_ok(1, "x", 1);
    ck_assert_int_eq(put_event(2, "stage", emend_str("\"one\"")), EMEND_OK);
    put_ok(2, "x", 2);
    strcpy(kept, content());
    put_ok(3, "x", 3);
    ck_assert_int_eq(put_event(3, "stage", emend_str("\"two\"")), EMEND_OK);
    resume_at(2);
    ck_assert_str_eq(content(), kept);
    put_ok(3, "x", 30);
    ck_assert_msg(strncmp(content(), kept, strlen(kept)) == 0, "new records follow the kept ones");
    ck_assert_ptr_nonnull(strstr(text, "\"x\":30.0"));
    ck_assert_int_eq(n_warnings, 0);
}
END_TEST

START_TEST(resuming_keeps_as_many_records_as_the_run_had_made) {
    static const char records[] = "{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"event\":\"again\"}\n";
    n_kept = 2;
    write_content(records, sizeof records - 1);
    resume_at(2);
    ck_assert_str_eq(content(), "{\"step\":1}\n{\"step\":2}\n");
    n_kept = 0;
    resume_at(2);
    ck_assert_str_eq(content(), "");
    n_kept = UINT64_MAX;
}
END_TEST

START_TEST(a_last_line_that_was_cut_short_is_dropped_at_every_length) {
    static const char whole[] = "{\"step\":1,\"metrics\":{\"x\":1}}\n";
    char torn[2 * sizeof whole];
    for (size_t n = 1; n < sizeof whole - 1; n++) {
        snprintf(torn, sizeof torn, "%s%.*s", whole, (int)n, whole);
        write_content(torn, strlen(torn));
        resume_at(9);
        ck_assert_str_eq(content(), whole);
    }
    put_ok(2, "x", 1);
    ck_assert_msg(strncmp(content(), whole, sizeof whole - 1) == 0 && text[sizeof whole - 1] == '{',
                  "the next record begins a line");
    ck_assert_int_eq(n_warnings, 0);
}
END_TEST

START_TEST(lines_that_are_no_records_are_dropped_with_a_warning) {
    static const char damaged[] =
        "{\"step\":1}\n\0\0\0\n{\"step\":\"2\"}\n[3]\n{\"step\":-1}\n{\"step\":4}\n";
    write_content(damaged, sizeof damaged - 1);
    resume_at(4);
    ck_assert_str_eq(content(), "{\"step\":1}\n{\"step\":4}\n");
    ck_assert_int_eq(n_warnings, 1);
    ck_assert_msg(strstr(warning, "metrics.jsonl:2: not a record; 4 such lines") != NULL, "%s",
                  warning);
}
END_TEST

START_TEST(resuming_without_a_file_begins_one) {
    resume_at(5);
    put_ok(6, "x", 1);
    json_decref(only_record());
}
END_TEST

START_TEST(resuming_before_the_first_step_keeps_step_0_alone) {
    static const char records[] = "{\"step\":0}\n{\"step\":1}\n";
    write_content(records, sizeof records - 1);
    resume_at(0);
    ck_assert_str_eq(content(), "{\"step\":0}\n");
}
END_TEST

START_TEST(a_new_run_does_not_mix_with_the_records_of_another) {
    write_content("{\"step\":0}\n", 11);
    ck_assert_int_eq(begin_in(folder, false, 0), EMEND_ALREADY_EXISTS);
    ck_assert_msg(strncmp(subject.message, path, strlen(path)) == 0, "%s", subject.message);
    ck_assert_str_eq(content(), "{\"step\":0}\n");
}
END_TEST

START_TEST(a_full_disk_is_exhausted_and_names_the_file) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    config.file = "full";
    size_t n_bytes = emend__trackers__jsonl__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&subject, bytes, n_bytes), EMEND_OK);
    ck_assert_msg(begin_in("/dev", false, 0) == EMEND_OK, "%s", subject.message);
    ck_assert_int_eq(put(1, "x", 1), EMEND_EXHAUSTED);
    ck_assert_msg(strncmp(subject.message, "/dev/full: it cannot be written: No space left", 46) ==
                      0,
                  "%s", subject.message);
}
END_TEST

START_TEST(a_record_that_does_not_fit_leaves_no_half_line) {
    char before[MAX_TEXT];
    begin_new();
    put_ok(1, "x", 1);
    strcpy(before, content());
    struct rlimit limit = {.rlim_cur = strlen(before) + 10, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(put(2, "x", 1), EMEND_EXHAUSTED);
    ck_assert_str_eq(content(), before);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put_ok(2, "x", 1);
    ck_assert_msg(strncmp(content(), before, strlen(before)) == 0, "with room the run goes on");
}
END_TEST

START_TEST(a_disk_that_fills_while_cutting_back_leaves_the_old_file) {
    static const char records[] = "{\"step\":0,\"x\":\"0123456789\"}\n{\"step\":1}\n";
    write_content(records, sizeof records - 1);
    struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(begin_in(folder, true, 0), EMEND_EXHAUSTED);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_msg(strstr(subject.message, "its later records cannot be dropped") != NULL, "%s",
                  subject.message);
    ck_assert_str_eq(content(), records);
}
END_TEST

static const char *const bad_names[] = {"",   ".", "..", "../metrics.jsonl", "/tmp/metrics.jsonl",
                                        "a/b"};

START_TEST(names_that_leave_the_run_s_folder_are_refused) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    char expected[128];
    config.file = (char *)(uintptr_t)bad_names[_i];
    size_t n_bytes = emend__trackers__jsonl__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&subject, bytes, n_bytes), EMEND_INVALID_ARGUMENT);
    snprintf(expected, sizeof expected, "file: it is \"%s\"; it must be a plain file name",
             bad_names[_i]);
    ck_assert_msg(strncmp(subject.message, expected, strlen(expected)) == 0, "%s", subject.message);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_refused) {
    Config config = CONFIG_INIT;
    uint8_t bytes[512];
    char name[300] = {0};
    memset(name, 'a', sizeof name - 1);
    config.file = name;
    size_t n_bytes = emend__trackers__jsonl__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&subject, bytes, n_bytes), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, "file: its name has 299 bytes; it must have 251 or fewer");
    ck_assert_int_eq(subject_create(&subject, "\xff", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_symbolic_link_out_of_the_folder_is_refused) {
    ck_assert_int_eq(symlink("/tmp/elsewhere.jsonl", path), 0);
    ck_assert_int_eq(begin_in(folder, _i == 1, 0), EMEND_DENIED);
    ck_assert_msg(strstr(subject.message, "it is a symbolic link") != NULL, "%s", subject.message);
}
END_TEST

START_TEST(calls_out_of_order_are_refused) {
    ck_assert_int_eq(put(1, "x", 1), EMEND_PRECONDITION);
    ck_assert_str_eq(subject.message,
                     "metrics.jsonl: the run has not begun; `begin` must come first");
    ck_assert_int_eq(put_event(1, "stage", emend_str("1")), EMEND_PRECONDITION);
    ck_assert_int_eq(tracker()->flush(subject.self, &subject.err), EMEND_PRECONDITION);
    begin_new();
    ck_assert_int_eq(begin_in(folder, false, 0), EMEND_PRECONDITION);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_said_and_may_be_mended) {
    ck_assert_int_eq(begin_in("/tmp/emend/no/such/folder", false, 0), EMEND_NOT_FOUND);
    ck_assert_msg(strncmp(subject.message, "/tmp/emend/no/such/folder/metrics.jsonl: ", 41) == 0,
                  "%s", subject.message);
    begin_new();
}
END_TEST

static int count_descriptors(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir)) {
        n++;
    }
    closedir(dir);
    return n;
}

START_TEST(destroying_leaves_no_descriptor) {
    int before = count_descriptors();
    begin_new();
    put_ok(1, "x", 1);
    resume_at(1);
    ck_assert_int_eq(begin_in(folder, true, 1), EMEND_PRECONDITION);
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    ck_assert_int_eq(begin_in(folder, false, 0), EMEND_ALREADY_EXISTS);
    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status) {
    subject.host.n_left = 0;
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_EXHAUSTED);
    ck_assert_msg(strncmp(subject.message, "no memory: ", 11) == 0, "%s", subject.message);
}
END_TEST

static void add_tests(TCase *tcase) {
    tcase_add_test(tcase, a_record_says_where_it_belongs_and_its_numbers_in_order);
    tcase_add_loop_test(tcase, numbers_come_back_to_the_bit, 0, 6);
    tcase_add_loop_test(tcase, numbers_that_are_not_finite_are_null_under_their_name, 0, 3);
    tcase_add_test(tcase, an_event_is_one_line_whatever_its_layout);
    tcase_add_test(tcase, data_that_is_not_json_is_refused_and_not_written);
    tcase_add_test(tcase, records_are_in_the_file_at_once_and_synced_by_flush);
    tcase_add_test(tcase, resuming_drops_what_was_recorded_after_its_step);
    tcase_add_test(tcase, resuming_keeps_as_many_records_as_the_run_had_made);
    tcase_add_test(tcase, a_last_line_that_was_cut_short_is_dropped_at_every_length);
    tcase_add_test(tcase, lines_that_are_no_records_are_dropped_with_a_warning);
    tcase_add_test(tcase, resuming_without_a_file_begins_one);
    tcase_add_test(tcase, resuming_before_the_first_step_keeps_step_0_alone);
    tcase_add_test(tcase, a_new_run_does_not_mix_with_the_records_of_another);
    tcase_add_test(tcase, a_full_disk_is_exhausted_and_names_the_file);
    tcase_add_test(tcase, a_record_that_does_not_fit_leaves_no_half_line);
    tcase_add_test(tcase, a_disk_that_fills_while_cutting_back_leaves_the_old_file);
    tcase_add_loop_test(tcase, names_that_leave_the_run_s_folder_are_refused, 0, 6);
    tcase_add_test(tcase, a_name_that_is_too_long_is_refused);
    tcase_add_loop_test(tcase, a_symbolic_link_out_of_the_folder_is_refused, 0, 2);
    tcase_add_test(tcase, calls_out_of_order_are_refused);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_said_and_may_be_mended);
    tcase_add_test(tcase, destroying_leaves_no_descriptor);
    tcase_add_test(tcase, memory_that_runs_out_is_a_status);
}

int main(void) {
    Suite *suite = suite_create("jsonl");
    TCase *tcase = tcase_create("jsonl");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
