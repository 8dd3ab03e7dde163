/* SPDX-License-Identifier: Apache-2.0 */
#include "coding_subject.h"

#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Subject subject;
char folder[64];
static char log_text[16384];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // tasks grade on many threads
static const EmendHost *fake;
static void *(*fake_alloc)(const EmendHost *host, uint64_t size, uint64_t align);
static void (*fake_free)(const EmendHost *host, void *block);

static void keep_log(const EmendHost *host, uint32_t level, EmendStr message) {
    size_t n = strlen(log_text);
    (void)host;
    snprintf(log_text + n, sizeof log_text - n, "%u %.*s\n", level, (int)message.len, message.ptr);
}

static void *safe_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    pthread_mutex_lock(&mutex);
    void *block = fake_alloc(host, size, align);
    pthread_mutex_unlock(&mutex);
    return block;
}

static void safe_free(const EmendHost *host, void *block) {
    pthread_mutex_lock(&mutex);
    fake_free(host, block);
    pthread_mutex_unlock(&mutex);
}

void coding_open(const char *name) {
    char id[64];
    strcpy(folder, "/tmp/test_coding_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(id, sizeof id, "emend.tasks.%s", name);
    subject_open(&subject, id, name, EMEND_KIND_TASK);
    fake = &subject.host.host;
    fake_alloc = fake->alloc;
    fake_free = fake->free;
    subject.host.host.alloc = safe_alloc;
    subject.host.host.free = safe_free;
    subject.host.host.log = keep_log;
    log_text[0] = '\0';
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where) {
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void coding_close(void) {
    subject_close(&subject);
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *logged(void) {
    return log_text;
}

/* ---- files ---------------------------------------------------------------------------------- */

static char *next_path(void) {
    static char paths[8][4096];
    static int at;
    at = (at + 1) % 8;
    return paths[at];
}

char *path_of(const char *name) {
    char *path = next_path();
    snprintf(path, 4096, "%s/%s", folder, name);
    return path;
}

char *write_text(const char *name, const char *text) {
    char *path = path_of(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *read_text(const char *name) {
    static char text[1 << 16];
    FILE *file = fopen(path_of(name), "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

char *published(const char *name) {
    const char *shared = getenv("EMEND_SHARED");
    char *path = next_path();
    if (!shared || !*shared) {
        return NULL;
    }
    snprintf(path, 4096, "%s/data/%s", shared, name);
    return path;
}

/* ---- problems ------------------------------------------------------------------------------- */

const EmendTask *task(void) {
    return subject.table;
}

uint64_t open_ok(const char *name, uint32_t *split) {
    uint64_t count = 0;
    EmendStatus status =
        task()->split_open(subject.self, emend_str(name), split, &count, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    return count;
}

void assert_no_split(const char *name, const char *message) {
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(
        task()->split_open(subject.self, emend_str(name), &split, &count, &subject.err),
        EMEND_NOT_FOUND);
    assert_message(message);
}

void get_problem(const char *split, uint64_t index, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    uint32_t number = 0;
    open_ok(split, &number);
    EmendStatus status = task()->problem(subject.self, number, index, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

void assert_prompt(const char *split, uint64_t index, const char *prompt) {
    Puts puts = {0};
    get_problem(split, index, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), prompt);
    puts_clear(&puts);
}

void assert_attempt(const char *split, uint64_t index, const char *attempt) {
    Puts puts = {0};
    get_problem(split, index, &puts);
    const char *given = puts_text(&puts, EMEND_PROBLEM_ATTEMPT);
    ck_assert_msg(attempt ? given && strcmp(given, attempt) == 0 : !given || !given[0], "%s",
                  given ? given : "none");
    puts_clear(&puts);
}

void assert_instruction(const char *text) {
    EmendHistory history = {.struct_size = sizeof history, .turn = 2, .split = 1};
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, 0), text);
    puts_clear(&puts);
}

void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

/* ---- grades --------------------------------------------------------------------------------- */

EmendStatus grade(const char *split, uint64_t index, uint32_t turn, const char *response,
                  EmendScore *score, Puts *puts) {
    Puts asked = {0}, own = {0};
    EmendSink sink = puts_sink(puts ? puts : &own);
    get_problem(split, index, &asked);
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = turn,
                           .prompt = emend_str(puts_text(&asked, EMEND_PROBLEM_PROMPT)),
                           .reference = emend_str(puts_text(&asked, EMEND_PROBLEM_REFERENCE)),
                           .response = emend_str(response)};
    *score = (EmendScore){0};
    EmendStatus status = task()->grade(subject.self, &args, score, &sink, &subject.err);
    puts_clear(&asked);
    puts_clear(&own);
    return status;
}

double grade_ok(const char *split, uint64_t index, const char *response, const char **reason) {
    static EmendScore score;
    EmendStatus status = grade(split, index, 1, response, &score, NULL);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_msg(score.state == EMEND_SCORE_VALUE, "%s", score.reason);
    if (reason) {
        *reason = score.reason;
    }
    return score.value;
}

EmendStatus grade_record(const char *task_id, uint32_t id_type, const char *name, const char *value,
                         uint32_t type, Puts *puts) {
    EmendRecordField fields[2];
    EmendSink sink = puts_sink(puts);
    uint64_t n = 0;
    if (task_id) {
        fields[n++] = (EmendRecordField){
            .name = emend_str("task_id"), .value = emend_str(task_id), .type = id_type};
    }
    if (name) {
        fields[n++] =
            (EmendRecordField){.name = emend_str(name), .value = emend_str(value), .type = type};
    }
    subject.message[0] = '\0';
    return task()->grade_record(subject.self, emend_span(fields, n, sizeof fields[0]), &sink,
                                &subject.err);
}

const char *verdict_of(const char *task_id, const char *completion) {
    static char verdict[512];
    Puts puts = {0};
    EmendStatus status = grade_record(task_id, EMEND_RECORD_STRING, "completion", completion,
                                      EMEND_RECORD_STRING, &puts);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    const char *detail = puts_text(&puts, EMEND_VERDICT_DETAIL);
    snprintf(verdict, sizeof verdict, "%s%s%s", puts_text(&puts, EMEND_VERDICT_NAME),
             detail ? ": " : "", detail ? detail : "");
    puts_clear(&puts);
    return verdict;
}

const char *totals(void) {
    static char text[512];
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    ck_assert_int_eq(task()->record_totals(subject.self, &sink, &subject.err), EMEND_OK);
    snprintf(text, sizeof text, "%s", puts_text(&puts, 0));
    puts_clear(&puts);
    return text;
}

int run_suite(const char *name, TCase *tcase, void (*set_up)(void), void (*tear_down)(void)) {
    Suite *suite = suite_create(name);
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
