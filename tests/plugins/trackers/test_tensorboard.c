/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/tracker.h"
#include "events.h"
#include "subject.h"
#include "tensorboard/config.pb-c.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef Emend__Trackers__Tensorboard__Config Config;
#define CONFIG_INIT EMEND__TRACKERS__TENSORBOARD__CONFIG__INIT

static Subject subject;
static Events events;
static char folder[64];
static char path[128];
static char warning[512];
static int n_warnings;

static void keep_warning(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    ck_assert_uint_eq(level, EMEND_LOG_WARNING);
    snprintf(warning, sizeof warning, "%.*s", (int)message.len, message.ptr);
    n_warnings++;
}

static void set_up(void) {
    strcpy(folder, "/tmp/test_tensorboard_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/events.out.tfevents.emend", folder);
    n_warnings = 0;
    subject_open(&subject, "emend.trackers.tensorboard", "tensorboard", EMEND_KIND_TRACKER);
    subject.host.host.log = keep_warning;
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
}

static void tear_down(void) {
    events_finish(&events);
    subject_close(&subject);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "nothing but the one file is left in the run's folder");
}

static const EmendTracker *tracker(void) {
    return subject.table;
}

static EmendStatus begin(bool is_resumed, uint64_t step, uint64_t n_records) {
    EmendRunInfo info = {.struct_size = sizeof info,
                         .is_resumed = is_resumed,
                         .run_dir = emend_str(folder),
                         .resume_step = step,
                         .resume_records = n_records};
    return tracker()->begin(subject.self, &info, &subject.err);
}

static void begin_new(void) {
    ck_assert_msg(begin(false, 0, 0) == EMEND_OK, "%s", subject.message);
}

/* A second life of the process: a new instance, which resumes. */
static void resume_at(uint64_t step, uint64_t n_records) {
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    ck_assert_msg(begin(true, step, n_records) == EMEND_OK, "%s", subject.message);
}

static EmendStatus put(uint64_t step, const char *name, double value) {
    EmendScalar scalar = {.struct_size = sizeof scalar, .name = emend_str(name), .value = value};
    return tracker()->scalars(subject.self, step, emend_str("train"), emend_str("one"),
                              emend_span(&scalar, 1, sizeof scalar), &subject.err);
}

static void put_ok(uint64_t step, const char *name, double value) {
    ck_assert_msg(put(step, name, value) == EMEND_OK, "%s", subject.message);
}

static void put_event(uint64_t step, const char *name, const char *json) {
    EmendStatus status =
        tracker()->event(subject.self, step, emend_str(name), emend_str(json), &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

/* The events there are, whole, behind the one that says what the file is. */
static void read_whole(size_t n) {
    events_finish(&events);
    events = events_read(path);
    ck_assert(!events.is_torn);
    ck_assert_uint_eq(events.n, n + 1);
    ck_assert_str_eq(events.items[0]->file_version, "brain.Event:2");
}

static const Event *event_of(size_t i) {
    ck_assert_uint_lt(i, events.n);
    return events.items[i];
}

static const Emend__Trackers__Tensorboard__Value *value_of(size_t i, size_t k) {
    ck_assert_ptr_nonnull(event_of(i)->summary);
    ck_assert_uint_lt(k, event_of(i)->summary->n_value);
    return event_of(i)->summary->value[k];
}

static const char *text_of(size_t i) {
    static char text[4096];
    const Emend__Trackers__Tensorboard__Value *value = value_of(i, 0);
    ck_assert_str_eq(value->metadata->plugin_data->plugin_name, "text");
    ck_assert_int_eq(value->tensor->dtype, 7);
    ck_assert_uint_eq(value->tensor->tensor_shape->n_dim, 1);
    ck_assert_int_eq(value->tensor->tensor_shape->dim[0]->size, 1);
    ck_assert_uint_eq(value->tensor->n_string_val, 1);
    snprintf(text, sizeof text, "%.*s", (int)value->tensor->string_val[0].len,
             (const char *)value->tensor->string_val[0].data);
    return text;
}

START_TEST(what_tensorboard_writes_is_read) {
    events = events_read(EMEND_SOURCE_DIR "/tests/fixtures/tensorboard/theirs.tfevents");
    ck_assert(!events.is_torn);
    ck_assert_uint_eq(events.n, 4);
    ck_assert_str_eq(event_of(0)->file_version, "brain.Event:2");
    ck_assert(event_of(1)->wall_time == 2.5);
    ck_assert_int_eq(event_of(1)->step, 7);
    ck_assert_str_eq(value_of(1, 1)->tag, "train/one/reward/mean");
    ck_assert(value_of(1, 1)->simple_value == -3);
    ck_assert_str_eq(value_of(2, 0)->tag, "transcripts/one/1");
    ck_assert_str_eq(text_of(2), "Problem:\n\n    1+1\n\n");
    ck_assert_ptr_null(event_of(3)->summary);
    ck_assert(begin(false, 0, 0) == EMEND_OK);
}
END_TEST

START_TEST(a_record_is_an_event_with_a_value_for_each_number) {
    EmendScalar scalars[2] = {
        {.struct_size = sizeof(EmendScalar), .name = emend_str("accuracy@t1"), .value = 0.25},
        {.struct_size = sizeof(EmendScalar), .name = emend_str("kl/ref/t1"), .value = NAN}};
    begin_new();
    ck_assert_int_eq(tracker()->scalars(subject.self, 7, emend_str("eval"), emend_str("stage1"),
                                        emend_span(scalars, 2, sizeof scalars[0]), &subject.err),
                     EMEND_OK);
    read_whole(1);
    ck_assert_int_eq(event_of(1)->step, 7);
    ck_assert(event_of(1)->wall_time > 1e9);
    ck_assert_str_eq(value_of(1, 0)->tag, "eval/stage1/accuracy@t1");
    ck_assert(value_of(1, 0)->simple_value == 0.25f);
    ck_assert_str_eq(value_of(1, 1)->tag, "eval/stage1/kl/ref/t1");
    ck_assert(isnan(value_of(1, 1)->simple_value));
}
END_TEST

START_TEST(a_transcript_is_a_text_whose_words_mean_nothing) {
    static const char transcript[] =
        "{\"label\":\"one\",\"prompt\":\"1+1\",\"reference\":\"2\",\"turns\":["
        "{\"response\":\"# 3\\n[x](y)\\r<b>\",\"is_right\":false},"
        "{\"response\":\"2\\u0000\",\"is_right\":true},{\"response\":\"?\",\"is_right\":null}]}";
    begin_new();
    put_event(3, "transcript", transcript);
    put_event(3, "transcript", transcript);
    put_event(4, "transcript", transcript);
    read_whole(3);
    ck_assert_str_eq(text_of(1), "Problem:\n\n    1+1\n\nAttempt 1, wrong:\n\n    # 3\n    [x](y)\n"
                                 "    <b>\n\nAttempt 2, right:\n\n    2\n\nAttempt 3, not graded:"
                                 "\n\n    ?\n\nReference:\n\n    2\n\n");
    ck_assert_str_eq(value_of(1, 0)->tag, "transcripts/one/1");
    ck_assert_str_eq(value_of(2, 0)->tag, "transcripts/one/2");
    ck_assert_str_eq(value_of(3, 0)->tag, "transcripts/one/1");
}
END_TEST

START_TEST(other_events_are_counted_and_say_nothing) {
    begin_new();
    put_event(3, "evaluation", "{}");
    put_ok(4, "x", 1);
    read_whole(2);
    ck_assert_int_eq(event_of(1)->step, 3);
    ck_assert_ptr_null(event_of(1)->summary);
    resume_at(4, 2);
    read_whole(2);
}
END_TEST

START_TEST(a_resumed_run_has_no_step_twice) {
    begin_new();
    put_ok(1, "x", 1);
    put_ok(2, "x", 2);
    put_ok(2, "again", 2);
    put_ok(3, "x", 3);
    resume_at(2, 2);
    put_ok(3, "x", 30);
    read_whole(3);
    ck_assert_int_eq(event_of(2)->step, 2);
    ck_assert_str_eq(value_of(2, 0)->tag, "train/one/x");
    ck_assert_int_eq(event_of(3)->step, 3);
    ck_assert(value_of(3, 0)->simple_value == 30);
    ck_assert_int_eq(n_warnings, 0);
    resume_at(2, UINT64_MAX);
    read_whole(2);
    resume_at(0, 0);
    read_whole(0);
}
END_TEST

static long size_of_file(void) {
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (long)info.st_size;
}

START_TEST(an_event_that_was_cut_short_is_dropped_at_every_length) {
    begin_new();
    put_ok(1, "x", 1);
    long whole = size_of_file();
    for (long n = whole + 1;; n++) {
        put_ok(2, "x", 2);
        bool is_whole = n == size_of_file();
        ck_assert_int_eq(truncate(path, n), 0);
        resume_at(9, UINT64_MAX);
        read_whole(is_whole ? 2 : 1);
        if (is_whole) {
            break;
        }
        ck_assert_int_eq(size_of_file(), whole);
    }
    ck_assert_int_eq(n_warnings, 0);
}
END_TEST

START_TEST(what_follows_a_damaged_event_is_dropped_with_a_warning) {
    begin_new();
    put_ok(1, "x", 1);
    long first = size_of_file();
    put_ok(2, "x", 2);
    long second = size_of_file();
    put_ok(3, "x", 3);
    // Any byte of the second one.
    for (long at = first; at < second; at += 5) {
        FILE *file = fopen(path, "r+b");
        ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
        int byte = fgetc(file);
        ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
        fputc(byte ^ 0x10, file);
        fclose(file);
        n_warnings = 0;
        resume_at(3, 3);
        read_whole(1);
        ck_assert_int_eq(n_warnings, 1);
        ck_assert_msg(strstr(warning, ": 1 of the run's 3 events are there") != NULL, "%s",
                      warning);
        put_ok(2, "x", 2);
        put_ok(3, "x", 3);
    }
    read_whole(3);
}
END_TEST

START_TEST(resuming_without_a_file_begins_one) {
    resume_at(5, 5);
    put_ok(6, "x", 1);
    read_whole(1);
}
END_TEST

START_TEST(a_new_run_does_not_mix_with_the_events_of_another) {
    begin_new();
    put_ok(1, "x", 1);
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    ck_assert_int_eq(begin(false, 0, 0), EMEND_ALREADY_EXISTS);
    ck_assert_msg(strncmp(subject.message, path, strlen(path)) == 0, "%s", subject.message);
    read_whole(1);
}
END_TEST

START_TEST(an_event_that_does_not_fit_leaves_no_half_of_it) {
    begin_new();
    put_ok(1, "x", 1);
    struct rlimit limit = {.rlim_cur = (rlim_t)size_of_file() + 10, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(put(2, "x", 1), EMEND_EXHAUSTED);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    read_whole(1);
    put_ok(2, "x", 1);
    read_whole(2);
}
END_TEST

static const struct {
    const char *name, *message;
} bad_names[] = {{"", "plain file name"},
                 {"metrics.jsonl", "plain file name"},
                 {"../a.tfevents", "plain file name"},
                 {"a/b.tfevents", "plain file name"},
                 {"a\n.tfevents", "no control characters"}};

START_TEST(names_that_tensorboard_would_not_find_are_refused) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    config.file = (char *)(uintptr_t)bad_names[_i].name;
    size_t n_bytes = emend__trackers__tensorboard__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&subject, bytes, n_bytes), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(subject.message, bad_names[_i].message) != NULL, "%s", subject.message);
    ck_assert_int_eq(subject_create(&subject, "\xff", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_symbolic_link_out_of_the_folder_is_refused) {
    ck_assert_int_eq(symlink("/tmp/elsewhere.tfevents", path), 0);
    ck_assert_int_eq(begin(_i == 1, 0, 0), EMEND_DENIED);
    ck_assert_msg(strstr(subject.message, "it is a symbolic link") != NULL, "%s", subject.message);
}
END_TEST

START_TEST(calls_out_of_order_are_refused) {
    ck_assert_int_eq(put(1, "x", 1), EMEND_PRECONDITION);
    ck_assert_int_eq(tracker()->flush(subject.self, &subject.err), EMEND_PRECONDITION);
    begin_new();
    ck_assert_int_eq(begin(false, 0, 0), EMEND_PRECONDITION);
    ck_assert_int_eq(tracker()->flush(subject.self, &subject.err), EMEND_OK);
    ck_assert_int_eq(
        tracker()->event(subject.self, 1, emend_str("transcript"), emend_str("{"), &subject.err),
        EMEND_INVALID_ARGUMENT);
    read_whole(0);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status) {
    subject.host.n_left = 0;
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_EXHAUSTED);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tensorboard");
    TCase *cases = tcase_create("tensorboard");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_tensorboard_writes_is_read);
    tcase_add_test(cases, a_record_is_an_event_with_a_value_for_each_number);
    tcase_add_test(cases, a_transcript_is_a_text_whose_words_mean_nothing);
    tcase_add_test(cases, other_events_are_counted_and_say_nothing);
    tcase_add_test(cases, a_resumed_run_has_no_step_twice);
    tcase_add_test(cases, an_event_that_was_cut_short_is_dropped_at_every_length);
    tcase_add_test(cases, what_follows_a_damaged_event_is_dropped_with_a_warning);
    tcase_add_test(cases, resuming_without_a_file_begins_one);
    tcase_add_test(cases, a_new_run_does_not_mix_with_the_events_of_another);
    tcase_add_test(cases, an_event_that_does_not_fit_leaves_no_half_of_it);
    tcase_add_loop_test(cases, names_that_tensorboard_would_not_find_are_refused, 0,
                        (int)(sizeof bad_names / sizeof bad_names[0]));
    tcase_add_loop_test(cases, a_symbolic_link_out_of_the_folder_is_refused, 0, 2);
    tcase_add_test(cases, calls_out_of_order_are_refused);
    tcase_add_test(cases, memory_that_runs_out_is_a_status);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
