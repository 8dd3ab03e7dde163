/* SPDX-License-Identifier: Apache-2.0 */
/* HumanEval and MBPP as published, read where EMEND_SHARED says: each reference solution passes,
 * and fails once its results are changed. Nothing is run where the sandbox cannot be had. */
#include "coding_subject.h"
#include "humaneval/config.pb-c.h"
#include "mbpp/config.pb-c.h"

#include <ctype.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { N_THREADS = 4 };

typedef struct Sample {
    char *task_id, *solution, *name;
    uint32_t id_type;
} Sample;

typedef struct Samples {
    Sample items[1024];
    size_t n, next, n_passed, n_failed, n_other;
    bool is_mutated;
    pthread_mutex_t mutex;
} Samples;

static Samples samples = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- files ---------------------------------------------------------------------------------- */

static char *read_all(const char *path) {
    static char bytes[4 << 20];
    gzFile file = gzopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    int n = gzread(file, bytes, sizeof bytes - 1);
    ck_assert_int_gt(n, 0);
    gzclose(file);
    bytes[n] = '\0';
    return bytes;
}

static char *join(const char *a, const char *b) {
    char *text = malloc(strlen(a) + strlen(b) + 1);
    ck_assert_ptr_nonnull(text);
    return strcat(strcpy(text, a), b);
}

// Whether code has a function of this name.
static bool has_function(const char *code, const char *name) {
    size_t n = strlen(name);
    for (const char *at = code; (at = strstr(at, "def ")); at++) {
        if (strncmp(at + 4, name, n) == 0 && at[4 + n + strspn(at + 4 + n, " ")] == '(') {
            return true;
        }
    }
    return false;
}

// The first name in a test that is of a function of the code.
static char *called_name(const char *test, const char *code) {
    while (*test) {
        size_t n = 0;
        while (test[n] == '_' || isalnum((unsigned char)test[n])) {
            n++;
        }
        char *name = strndup(test, n);
        if (n > 0 && has_function(code, name)) {
            return name;
        }
        free(name);
        test += n > 0 ? n : 1;
    }
    return NULL;
}

static void add_row(const json_t *row) {
    Sample *sample = &samples.items[samples.n++];
    const char *code = json_string_value(json_object_get(row, "code"));
    const json_t *id = json_object_get(row, "task_id");
    if (code) {
        const json_t *test = json_array_get(json_object_get(row, "test_list"), 0);
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(id));
        *sample = (Sample){strdup(number), strdup(code), called_name(json_string_value(test), code),
                           EMEND_RECORD_NUMBER};
    } else {
        *sample = (Sample){strdup(json_string_value(id)),
                           join(json_string_value(json_object_get(row, "prompt")),
                                json_string_value(json_object_get(row, "canonical_solution"))),
                           strdup(json_string_value(json_object_get(row, "entry_point"))),
                           EMEND_RECORD_STRING};
    }
    ck_assert_msg(sample->name != NULL, "no name for %s", sample->task_id);
}

static void read_samples(const char *path) {
    char *text = read_all(path);
    samples.n = 0;
    if (text[0] == '[') {
        json_t *array = json_loads(text, 0, NULL);
        for (size_t i = 0; i < json_array_size(array); i++) {
            add_row(json_array_get(array, i));
        }
        json_decref(array);
        return;
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *row = json_loads(line, 0, NULL);
        ck_assert_ptr_nonnull(row);
        add_row(row);
        json_decref(row);
    }
}

/* ---- grading -------------------------------------------------------------------------------- */

// Another function of that name, which gives something else than the first.
static const char mutation[] = "\n\n"
                               "_right = %s\n"
                               "def %s(*args, **names):\n"
                               "    result = _right(*args, **names)\n"
                               "    if isinstance(result, bool):\n"
                               "        return not result\n"
                               "    if isinstance(result, (int, float)):\n"
                               "        return 2 * result + 12345\n"
                               "    if isinstance(result, str):\n"
                               "        return result + '?'\n"
                               "    if isinstance(result, (list, tuple)):\n"
                               "        return type(result)(list(result) + ['?'])\n"
                               "    return '?' if result is None else None\n";

static void grade_one(const Sample *sample) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    char message[512], added[1024] = "";
    EmendError err = emend_error_on(message, sizeof message);
    if (samples.is_mutated) {
        snprintf(added, sizeof added, mutation, sample->name, sample->name);
    }
    char *solution = join(sample->solution, added);
    EmendRecordField fields[] = {
        {emend_str("task_id"), emend_str(sample->task_id), sample->id_type, 0},
        {emend_str("solution"), emend_str(solution), EMEND_RECORD_STRING, 0}};
    EmendStatus status =
        task()->grade_record(subject.self, emend_span(fields, 2, sizeof fields[0]), &sink, &err);
    const char *name = status == EMEND_OK ? puts_text(&puts, EMEND_VERDICT_NAME) : "error";
    const char *detail = status == EMEND_OK ? puts_text(&puts, EMEND_VERDICT_DETAIL) : message;
    bool has_passed = strcmp(name, "passed") == 0, has_failed = strcmp(name, "failed") == 0;
    if (samples.is_mutated ? !has_failed : !has_passed) {
        printf("task %s: %s: %s\n", sample->task_id, name, detail ? detail : "");
    }
    pthread_mutex_lock(&samples.mutex);
    samples.n_passed += has_passed;
    samples.n_failed += has_failed;
    samples.n_other += !has_passed && !has_failed;
    pthread_mutex_unlock(&samples.mutex);
    free(solution);
    puts_clear(&puts);
}

static void *work(void *ctx) {
    (void)ctx;
    for (;;) {
        pthread_mutex_lock(&samples.mutex);
        size_t i = samples.next++;
        pthread_mutex_unlock(&samples.mutex);
        if (i >= samples.n) {
            return NULL;
        }
        grade_one(&samples.items[i]);
    }
}

static void grade_all(const char *name, bool is_mutated) {
    pthread_t threads[N_THREADS];
    samples.next = samples.n_passed = samples.n_failed = samples.n_other = 0;
    samples.is_mutated = is_mutated;
    for (int i = 0; i < N_THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%s%s: %zu programs, %zu passed, %zu failed, %zu other\n", name,
           is_mutated ? ", results changed" : "", samples.n, samples.n_passed, samples.n_failed,
           samples.n_other);
    fflush(stdout);
}

// Whether programs can be run; otherwise says why not.
static bool can_run(void) {
    Puts puts = {0};
    const Sample *sample = &samples.items[0];
    EmendStatus status = grade_record(sample->task_id, sample->id_type, "solution",
                                      sample->solution, EMEND_RECORD_STRING, &puts);
    puts_clear(&puts);
    if (status == EMEND_UNAVAILABLE) {
        printf("left out: %s\n", subject.message);
    }
    return status != EMEND_UNAVAILABLE;
}

static void check_file(const char *path, const char *name, size_t n) {
    read_samples(path);
    ck_assert_uint_eq(samples.n, n);
    if (!can_run()) {
        return;
    }
    grade_all(name, false);
    ck_assert_uint_eq(samples.n_passed, n);
    grade_all(name, true);
    ck_assert_uint_eq(samples.n_failed, n);
}

static void close_all(void) {
    for (size_t i = 0; i < samples.n; i++) {
        free(samples.items[i].task_id);
        free(samples.items[i].solution);
        free(samples.items[i].name);
    }
    samples.n = 0;
    coding_close();
}

// The fraction of the tests that each of HumanEval's references passes, as it is and changed.
static void check_fractions(void) {
    double sum = 0;
    for (size_t i = 0; i < samples.n; i++) {
        const Sample *sample = &samples.items[i];
        char added[1024];
        ck_assert_msg(grade_ok("test", i, sample->solution, NULL) == 1, "%s", sample->task_id);
        snprintf(added, sizeof added, mutation, sample->name, sample->name);
        char *changed = join(sample->solution, added);
        double value = grade_ok("test", i, changed, NULL);
        ck_assert_msg(value < 1, "%s, changed: %g", sample->task_id, value);
        sum += value;
        free(changed);
    }
    printf("HumanEval, results changed: %.4f of the tests passed in the mean\n",
           sum / (double)samples.n);
}

START_TEST(humaneval_is_read_and_graded) {
    uint8_t bytes[4096];
    uint32_t split = 0;
    Emend__Tasks__Humaneval__Config config = EMEND__TASKS__HUMANEVAL__CONFIG__INIT;
    config.data = published("HumanEval.jsonl.gz");
    coding_open("humaneval");
    if (config.data) {
        size_t n = emend__tasks__humaneval__config__pack(&config, bytes);
        ck_assert_msg(subject_create(&subject, bytes, n) == EMEND_OK, "%s", subject.message);
        ck_assert_uint_eq(open_ok("test", &split), 164);
        check_file(config.data, "HumanEval", 164);
        config.has_fraction = config.fraction = 1;
        n = emend__tasks__humaneval__config__pack(&config, bytes);
        ck_assert_msg(subject_create(&subject, bytes, n) == EMEND_OK, "%s", subject.message);
        if (can_run()) {
            check_fractions();
        }
    }
    close_all();
}
END_TEST

static const struct {
    const char *file;
    uint64_t n, n_train, n_validation, n_test, n_prompt;
} mbpp_files[] = {{"mbpp.jsonl", 974, 374, 90, 500, 10},
                  {"sanitized-mbpp.json", 427, 120, 43, 257, 7}};

START_TEST(mbpp_is_read_and_graded) {
    uint8_t bytes[4096];
    uint32_t split = 0;
    Emend__Tasks__Mbpp__Config config = EMEND__TASKS__MBPP__CONFIG__INIT;
    config.data = published(mbpp_files[_i].file);
    coding_open("mbpp");
    if (config.data) {
        size_t n = emend__tasks__mbpp__config__pack(&config, bytes);
        ck_assert_msg(subject_create(&subject, bytes, n) == EMEND_OK, "%s", subject.message);
        ck_assert_uint_eq(open_ok("train", &split), mbpp_files[_i].n_train);
        ck_assert_uint_eq(open_ok("validation", &split), mbpp_files[_i].n_validation);
        ck_assert_uint_eq(open_ok("test", &split), mbpp_files[_i].n_test);
        ck_assert_uint_eq(open_ok("prompt", &split), mbpp_files[_i].n_prompt);
        check_file(config.data, mbpp_files[_i].file, mbpp_files[_i].n);
    }
    close_all();
}
END_TEST

static void nothing(void) {
}

int main(void) {
    TCase *tcase = tcase_create("published");
    tcase_add_test(tcase, humaneval_is_read_and_graded);
    tcase_add_loop_test(tcase, mbpp_is_read_and_graded, 0,
                        sizeof mbpp_files / sizeof mbpp_files[0]);
    return run_suite("coding published", tcase, nothing, nothing);
}
