/* SPDX-License-Identifier: Apache-2.0 */
#include "math_subject.h"

#include <check.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Problems of our own, in MATH's form.
static const char train_lines[] =
    "{\"problem\": \"What is $1+1$?\", \"solution\": \"It is $\\\\boxed{2}$.\", \"answer\": \"2\", "
    "\"subject\": \"Prealgebra\", \"level\": 1, \"unique_id\": \"train/prealgebra/a.json\"}\n"
    "\n"
    "{\"problem\": \"What is nothing?\", \"solution\": \"$\\\\boxed{}$\", \"answer\": \"\", "
    "\"subject\": \"Algebra\", \"level\": 2, \"unique_id\": \"train/algebra/b.json\"}\n"
    "{\"problem\": \"Half of \\u03c0?\", \"solution\": \"$\\\\boxed{\\\\frac{\\\\pi}{2}}$\", "
    "\"answer\": \"\\\\frac{\\\\pi}{2}\", \"subject\": \"Algebra\", \"level\": null, "
    "\"unique_id\": \"train/algebra/c.json\"}\n"
    "{\"problem\": \"What is $3\\\\cdot 4$?\", \"answer\": \"12\", \"subject\": \"Algebra\", "
    "\"level\": 5, \"extra\": [1, 2]}";
static const char test_lines[] =
    "{\"problem\": \"What is $2+2$?\", \"solution\": \"$\\\\boxed{4}$\", \"answer\": \"4\", "
    "\"subject\": \"Prealgebra\", \"level\": 3, \"unique_id\": \"test/prealgebra/a.json\"}\r\n";

Subject subject;
char folder[64], train_path[128], test_path[128];
static char log_text[16384];

static void keep_log(const EmendHost *host, uint32_t level, EmendStr message) {
    size_t n = strlen(log_text);
    (void)host;
    ck_assert_msg(memchr(message.ptr, '\n', message.len) == NULL, "a log line is one line");
    ck_assert_uint_eq(strnlen(message.ptr, message.len), message.len);
    snprintf(log_text + n, sizeof log_text - n, "%u %.*s\n", level, (int)message.len, message.ptr);
}

const char *logged(void) {
    return log_text;
}

void log_clear(void) {
    log_text[0] = '\0';
}

void assert_logged(const char *part) {
    ck_assert_msg(strstr(log_text, part) != NULL, "'%s' is not in the log:\n%s", part, log_text);
}

const char *write_bytes(const char *name, const char *bytes, size_t n) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *write_text(const char *name, const char *text) {
    return write_bytes(name, text, strlen(text));
}

void math_set_up(void) {
    strcpy(folder, "/tmp/test_math_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(train_path, sizeof train_path, "%s/train.jsonl", folder);
    snprintf(test_path, sizeof test_path, "%s/test.jsonl", folder);
    write_text("train.jsonl", train_lines);
    write_text("test.jsonl", test_lines);
    subject_open(&subject, "emend.tasks.math", "math", EMEND_KIND_TASK);
    subject.host.host.log = keep_log;
    log_clear();
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where) {
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void math_tear_down(void) {
    subject_close(&subject);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const EmendTask *task(void) {
    return subject.table;
}

EmendStatus create(const Config *config) {
    uint8_t bytes[8192];
    size_t n_bytes = emend__tasks__math__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__math__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

void create_ok(const Config *config) {
    EmendStatus status = create(config);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

Config both_files(void) {
    Config config = CONFIG_INIT;
    config.train = train_path;
    config.test = test_path;
    return config;
}

Config files_of(const char *train, const char *test) {
    write_text("train.jsonl", train);
    write_text("test.jsonl", test);
    return both_files();
}

void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

EmendStatus open_split(const char *name, uint32_t *split, uint64_t *count) {
    return task()->split_open(subject.self, emend_str(name), split, count, &subject.err);
}

uint64_t open_ok(const char *name, uint32_t *split) {
    uint64_t count = 0;
    EmendStatus status = open_split(name, split, &count);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    return count;
}

void get_problem(uint32_t split, uint64_t index, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status = task()->problem(subject.self, split, index, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

void get_demonstration(uint32_t split, uint64_t index, uint32_t n_turns, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status =
        task()->demonstrate(subject.self, split, index, 1, n_turns, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_int_eq(puts->n, (int)n_turns);
}

const char *field_of_all(const char *name, uint32_t field) {
    static char all[16384];
    uint32_t split = 0;
    uint64_t count = open_ok(name, &split);
    size_t n = 0;
    all[0] = '\0';
    for (uint64_t i = 0; i < count && n < sizeof all; i++) {
        Puts puts = {0};
        get_problem(split, i, &puts);
        const char *text = puts_text(&puts, field);
        n += (size_t)snprintf(all + n, sizeof all - n, "%s ", text ? text : "-");
        puts_clear(&puts);
    }
    return all;
}

EmendScore grade_with(const EmendGradeArgs *args, Puts *puts) {
    Puts own = {0};
    EmendSink sink = puts_sink(puts ? puts : &own);
    EmendScore score = {0};
    ck_assert_int_eq(task()->grade(subject.self, args, &score, &sink, &subject.err), EMEND_OK);
    puts_clear(&own);
    return score;
}

EmendScore grade(EmendStr reference, EmendStr response, bool is_truncated, Puts *puts) {
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = reference,
                           .response = response,
                           .is_truncated = is_truncated};
    return grade_with(&args, puts);
}

double grade_text(const char *reference, const char *response, bool is_truncated) {
    EmendScore score = grade(emend_str(reference), emend_str(response), is_truncated, NULL);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    return score.value;
}

int run_suite(const char *name, TCase *const *tcases, int n) {
    Suite *suite = suite_create(name);
    for (int i = 0; i < n; i++) {
        tcase_set_timeout(tcases[i], 60);
        tcase_add_checked_fixture(tcases[i], math_set_up, math_tear_down);
        suite_add_tcase(suite, tcases[i]);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
