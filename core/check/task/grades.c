/* SPDX-License-Identifier: Apache-2.0 */
/* Grading, of whatever a model may write. */
#include "check/task/splits.h"
#include "check/task/tests.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 1 << 20, DEEP = 100000, N_ODD = 12 };

/* ---- odd responses ----------------------------------------------------------------------------
 */

typedef struct Odd {
    const char *name;
    EmendStr text;
    char *owned;
} Odd;

/* `n` bytes that repeat a pattern. */
static Odd repeated(const char *name, const char *pattern, size_t n) {
    char *text = malloc(n + 1);
    size_t len = strlen(pattern);
    for (size_t i = 0; text && i < n; i++) {
        text[i] = pattern[i % len];
    }
    return (Odd){name, {text, text ? n : 0}, text};
}

static void odds_init(Odd odds[N_ODD]) {
    static const struct {
        const char *name, *bytes;
        uint64_t len;
    } plain[] = {{"an empty response", "", 0},
                 {"a response that is not UTF-8", "\xFF\xFE \\boxed{\x80}", 12},
                 {"a response with NULs in it", "\\boxed{4\0}\0", 11},
                 {"a box that is not closed", "\\boxed{", 7},
                 {"a response of format specifiers", "%s%n%s%n%d", 10},
                 {"a code fence that is not closed", "```python\ndef f(", 16},
                 {"brackets the wrong way round", ")}]\\boxed}{]", 12}};
    size_t n = sizeof plain / sizeof *plain;
    for (size_t i = 0; i < n; i++) {
        odds[i] = (Odd){plain[i].name, {plain[i].bytes, plain[i].len}, NULL};
    }
    odds[n++] = repeated("a mebibyte of words", "so it is 7. ", LONG_TEXT);
    odds[n++] = repeated("100000 opening braces", "{", DEEP);
    odds[n++] = repeated("boxes in boxes", "\\boxed{", DEEP);
    odds[n++] = repeated("100000 digits", "9", DEEP);
    odds[n] = repeated("operators without end", "-(", DEEP);
}

static void odds_finish(Odd odds[N_ODD]) {
    for (int i = 0; i < N_ODD; i++) {
        free(odds[i].owned);
    }
}

static bool is_same(EmendStatus a, const EmendScore *x, EmendStatus b, const EmendScore *y) {
    return a == b && (a != EMEND_OK ||
                      (x->state == y->state && !(x->value < y->value) && !(x->value > y->value)));
}

static void check_odd(Instance *task, const Splits *splits) {
    Odd odds[N_ODD];
    Puts problem = {0};
    odds_init(odds);
    if (task_problem(task, &splits->of[0], 0, &problem)) {
        for (int i = 0; i < N_ODD * 2 && !kit_is_over(task->kit); i++) {
            const Answer answer = {
                .response = odds[i / 2].text, .turn = 1, .is_truncated = (uint32_t)i % 2};
            EmendScore score;
            EmendStatus status = task_grade(task, &problem, &answer, &score);
            if (task_is_right(status, &score)) {
                kit_fail(task->kit, "take only what answers the problem",
                         "%s is graded right; it must not be", odds[i / 2].name);
            }
        }
    }
    puts_finish(&problem);
    odds_finish(odds);
}

void task_test_odd_responses(Kit *kit) {
    splits_run(kit, check_odd);
}

/* References that no split has: an error with a reason, or any grade. */
static void check_references(Instance *task, const Splits *splits) {
    Odd odds[N_ODD];
    (void)splits;
    odds_init(odds);
    for (int i = 0; i < N_ODD && !kit_is_over(task->kit); i++) {
        Puts problem;
        EmendSink sink = puts_sink(task->kit, &problem);
        const Answer answer = {.response = emend_str("\\boxed{7}"), .turn = 1};
        EmendScore score;
        sink.put(sink.ctx, EMEND_PROBLEM_PROMPT, "what is it?", 11);
        sink.put(sink.ctx, EMEND_PROBLEM_REFERENCE, odds[i].text.ptr, odds[i].text.len);
        task_grade(task, &problem, &answer, &score);
        puts_finish(&problem);
    }
    odds_finish(odds);
}

void task_test_odd_references(Kit *kit) {
    splits_run(kit, check_references);
}

/* ---- the same every time -----------------------------------------------------------------------
 */

/* One answer again and again: at once, after another answer, and in another instance. */
static void grade_again(Instance *task, Instance *twin, const Puts *problem, uint64_t index) {
    enum { N = 4 };
    static const char *const hows[N] = {"", "the second time", "after another response",
                                        "in another instance"};
    const Answer answer = {.response = puts_text(problem, EMEND_PROBLEM_REFERENCE), .turn = 1};
    const Answer other = {.response = emend_str("\\boxed{1}"), .turn = 2};
    EmendScore scores[N];
    EmendStatus statuses[N];
    statuses[0] = task_grade(task, problem, &answer, &scores[0]);
    statuses[1] = task_grade(task, problem, &answer, &scores[1]);
    task_grade(task, problem, &other, &scores[2]);
    statuses[2] = task_grade(task, problem, &answer, &scores[2]);
    statuses[3] = task_grade(twin, problem, &answer, &scores[3]);
    for (int k = 1; k < N && !kit_is_over(task->kit); k++) {
        if (!is_same(statuses[0], &scores[0], statuses[k], &scores[k])) {
            kit_fail(task->kit, "grade by the arguments alone",
                     "a response to problem %llu is graded %g, and %g %s; grading is deterministic",
                     (unsigned long long)index, scores[0].value, scores[k].value, hows[k]);
        }
    }
}

static void check_repeatable(Instance *task, const Splits *splits) {
    Instance twin;
    if (!instance_twin(task, &twin)) {
        return;
    }
    for (uint64_t i = 0; i < 8 && i < splits->of[0].count && !kit_is_over(task->kit); i++) {
        Puts problem = {0};
        if (task_problem(task, &splits->of[0], i, &problem)) {
            grade_again(task, &twin, &problem, i);
        }
        puts_finish(&problem);
    }
    instance_drop(&twin);
}

void task_test_repeatable(Kit *kit) {
    splits_run(kit, check_repeatable);
}

/* ---- records ----------------------------------------------------------------------------------
 */

static void check_record(Instance *task, const EmendRecordField *fields, uint64_t n,
                         const char *what) {
    Puts verdict;
    const EmendSink sink = puts_sink(task->kit, &verdict);
    kit_enter(task->kit, "grade_record");
    EmendStatus status = task_of(task)->grade_record(
        task->self, emend_span(fields, n, sizeof *fields), &sink, instance_err(task));
    if (status != EMEND_OK) {
        subject_refused(task->subject, what, status);
    } else if (puts_count(&verdict, EMEND_VERDICT_NAME) != 1) {
        kit_fail(task->kit, "put one EMEND_VERDICT_NAME for each record",
                 "grade_record of %s puts %zu names of a verdict; it must put one", what,
                 puts_count(&verdict, EMEND_VERDICT_NAME));
    }
    puts_finish(&verdict);
}

static void check_records(Instance *task) {
    const EmendRecordField odd[] = {
        {emend_str("gold"), emend_str("7"), EMEND_RECORD_NUMBER, 0},
        {emend_str("pred"), emend_str("[1,{}]"), EMEND_RECORD_OTHER, 0},
        {emend_str("task_id"), emend_str("null"), EMEND_RECORD_OTHER, 0},
        {emend_str("completion"), emend_str(""), EMEND_RECORD_STRING, 0},
    };
    Kit *kit = task->kit;
    bool has_slot = EMEND_HAS(EmendTask, task_of(task), grade_record);
    if (has_slot != instance_declares(kit, "grade")) {
        kit_fail(kit, "declare the capability \"grade\" exactly where `grade_record` is set",
                 "the manifest %s the capability \"grade\", and grade_record is %s",
                 has_slot ? "does not declare" : "declares", has_slot ? "set" : "NULL");
    } else if (!has_slot) {
        kit_skip(kit, "it grades no records");
    } else {
        check_record(task, odd, 0, "a record without fields");
        for (uint64_t n = 1; n <= 4 && !kit_is_over(kit); n++) {
            check_record(task, odd, n, "a record of fields of other types");
        }
    }
}

void task_test_records(Kit *kit) {
    instance_each(kit, check_records);
}

/* ---- worker threads -----------------------------------------------------------------------------
 */

enum { N_WORKERS = 4, N_GRADES = 12 };

typedef struct Worker {
    Instance task;
    const Puts *problems;
    EmendStatus statuses[N_GRADES];
    EmendScore scores[N_GRADES];
} Worker;

static int32_t drop(void *ctx, uint32_t field, const void *data, uint64_t len) {
    (void)ctx, (void)field, (void)data, (void)len;
    return EMEND_OK;
}

/* The references of the problems as answers, without what belongs to the kit: no guards, an error
 * of its own. */
static void *work(void *ctx) {
    Worker *worker = ctx;
    const EmendSink sink = {.struct_size = sizeof sink, .put = drop};
    char message[256];
    subject_role_set(EMEND_ROLE_WORKER);
    for (int i = 0; i < N_GRADES; i++) {
        const Puts *problem = &worker->problems[i];
        EmendStr reference = puts_text(problem, EMEND_PROBLEM_REFERENCE);
        EmendError err = emend_error_on(message, sizeof message);
        const EmendGradeArgs args = {.struct_size = sizeof args,
                                     .turn = 1,
                                     .prompt = puts_text(problem, EMEND_PROBLEM_PROMPT),
                                     .reference = reference,
                                     .response = i % 2 == 0 ? reference : emend_str("\\boxed{1}")};
        worker->statuses[i] =
            task_of(&worker->task)
                ->grade(worker->task.self, &args, &worker->scores[i], &sink, &err);
    }
    return NULL;
}

/* All workers at once on `task`, or each on an instance of its own. */
static bool run_workers(Instance *task, bool has_own, const Puts *problems, Worker *workers) {
    pthread_t threads[N_WORKERS];
    size_t n_made = 0, n_started = 0;
    for (; n_made < N_WORKERS; n_made++) {
        workers[n_made] = (Worker){.task = *task, .problems = problems};
        if (has_own && !instance_twin(task, &workers[n_made].task)) {
            break;
        }
    }
    kit_enter(task->kit, "grade on several threads at once");
    while (n_made == N_WORKERS && n_started < n_made &&
           pthread_create(&threads[n_started], NULL, work, &workers[n_started]) == 0) {
        n_started++;
    }
    for (size_t i = 0; i < n_started; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; has_own && i < n_made; i++) {
        instance_drop(&workers[i].task);
    }
    return n_started == N_WORKERS;
}

static void check_workers(Instance *task, const Splits *splits) {
    Puts problems[N_GRADES] = {0};
    Worker *workers = calloc(N_WORKERS + 1, sizeof *workers);
    uint32_t concurrency = task->subject->factory->concurrency;
    bool is_ready = workers != NULL;
    if (concurrency == EMEND_CONCURRENCY_SERIAL_PLUGIN) {
        kit_skip(task->kit, "its factory takes one call at a time");
        is_ready = false;
    }
    for (uint64_t i = 0; is_ready && i < N_GRADES; i++) {
        is_ready = task_problem(task, &splits->of[0], i % splits->of[0].count, &problems[i]);
    }
    if (is_ready) {
        Worker *alone = &workers[N_WORKERS];
        *alone = (Worker){.task = *task, .problems = problems};
        work(alone);
        subject_role_set(EMEND_ROLE_CONTROL);
        is_ready =
            run_workers(task, concurrency == EMEND_CONCURRENCY_SERIAL_INSTANCE, problems, workers);
    }
    for (int k = 0; is_ready && k < N_WORKERS * N_GRADES && !kit_is_over(task->kit); k++) {
        int w = k / N_GRADES, i = k % N_GRADES;
        const Worker *alone = &workers[N_WORKERS];
        if (!is_same(alone->statuses[i], &alone->scores[i], workers[w].statuses[i],
                     &workers[w].scores[i])) {
            kit_fail(task->kit, "share nothing that is written to, or declare less concurrency",
                     "a response is graded %g on one thread, and %g while %d threads grade",
                     alone->scores[i].value, workers[w].scores[i].value, N_WORKERS);
        }
    }
    for (int i = 0; i < N_GRADES; i++) {
        puts_finish(&problems[i]);
    }
    free(workers);
}

void task_test_workers(Kit *kit) {
    splits_run(kit, check_workers);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

static EmendStatus all_calls(Subject *subject, void *ctx) {
    const char *name = ctx;
    const EmendTask *table = subject->table;
    const EmendSink sink = {.struct_size = sizeof sink, .put = drop};
    uint32_t split = 0;
    uint64_t count = 0;
    EmendScore score = {0};
    Puts problem;
    const EmendSink fields = puts_sink(subject->kit, &problem);
    EmendStatus status =
        table->split_open(subject->self, emend_str(name), &split, &count, subject_err(subject));
    if (status == EMEND_OK) {
        status = table->problem(subject->self, split, 0, &fields, subject_err(subject));
    }
    EmendStr reference = puts_text(&problem, EMEND_PROBLEM_REFERENCE);
    const EmendAttempt attempt = {.struct_size = sizeof attempt, .response = reference};
    const EmendHistory history = {.struct_size = sizeof history,
                                  .turn = 2,
                                  .split = split,
                                  .prompt = puts_text(&problem, EMEND_PROBLEM_PROMPT),
                                  .attempts = emend_span(&attempt, 1, sizeof attempt)};
    const EmendGradeArgs args = {.struct_size = sizeof args,
                                 .turn = 1,
                                 .prompt = history.prompt,
                                 .reference = reference,
                                 .response = reference};
    if (status == EMEND_OK) {
        status = table->turn_prompt(subject->self, &history, &sink, subject_err(subject));
    }
    if (status == EMEND_OK && EMEND_HAS(EmendTask, table, demonstrate)) {
        status = table->demonstrate(subject->self, split, 0, 1, 2, &sink, subject_err(subject));
    }
    if (status == EMEND_OK) {
        status = table->grade(subject->self, &args, &score, &sink, subject_err(subject));
    }
    puts_finish(&problem);
    return status;
}

void task_test_memory(Kit *kit) {
    Split split;
    if (splits_first(kit, &split)) {
        subject_each_allocation(kit, NULL, all_calls, split.name);
    }
}
