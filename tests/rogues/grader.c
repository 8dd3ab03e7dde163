/* SPDX-License-Identifier: Apache-2.0 */
/* Grades records in the way their field `do` says, badly for most of them. */
#include "emend/task.h"
#include "rogue.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_BYTES = 64, LIST_BYTES = 4096, HUGE_BYTES = 2 << 20 };

typedef struct Grader {
    const EmendHost *host;
    char word[TEXT_BYTES], totals[TEXT_BYTES];
    atomic_int n_calls, n_now, n_most, n_off_worker;
} Grader;

/* ---- records -------------------------------------------------------------------------------- */

static const EmendRecordField *find(EmendSpan fields, const char *name) {
    for (uint64_t i = 0; i < fields.count; i++) {
        const EmendRecordField *field = emend_span_at(fields, i);
        if (field->name.len == strlen(name) &&
            memcmp(field->name.ptr, name, field->name.len) == 0) {
            return field;
        }
    }
    return NULL;
}

static bool asks(EmendSpan fields, const char *what) {
    const EmendRecordField *field = find(fields, "do");
    return field && field->value.len == strlen(what) &&
           memcmp(field->value.ptr, what, field->value.len) == 0;
}

static EmendStatus put(const EmendSink *verdict, uint32_t field, const char *text) {
    return verdict->put(verdict->ctx, field, text, strlen(text));
}

static EmendStatus put_field(const EmendSink *verdict, uint32_t number, EmendSpan fields,
                             const char *name) {
    const EmendRecordField *field = find(fields, name);
    return field ? verdict->put(verdict->ctx, number, field->value.ptr, field->value.len)
                 : EMEND_OK;
}

static void pause_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static EmendStatus echo(const Grader *grader, EmendSpan fields, const EmendSink *verdict) {
    EmendStatus status = put(verdict, EMEND_VERDICT_NAME, grader->word);
    status = status ? status : put_field(verdict, EMEND_VERDICT_EXTRACTED, fields, "text");
    status = status ? status : put_field(verdict, EMEND_VERDICT_REASON, fields, "why");
    return status ? status : put_field(verdict, EMEND_VERDICT_DETAIL, fields, "more");
}

static EmendStatus list(EmendSpan fields, const EmendSink *verdict) {
    char text[LIST_BYTES] = "";
    for (uint64_t i = 0; i < fields.count; i++) {
        const EmendRecordField *field = emend_span_at(fields, i);
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%.*s/%u/%.*s;", (int)field->name.len,
                 field->name.ptr, field->type, (int)field->value.len, field->value.ptr);
    }
    EmendStatus status = put(verdict, EMEND_VERDICT_NAME, "listed");
    return status ? status : put(verdict, EMEND_VERDICT_REASON, text);
}

static EmendStatus wait_for_cancel(const EmendHost *host, EmendError *err) {
    while (!host->is_cancelled(host)) {
        pause_ms(2);
    }
    return emend_fail(err, EMEND_CANCELLED, "cancelled by the user");
}

static EmendStatus misbehave(EmendSpan fields, const EmendSink *verdict, EmendError *err) {
    static char huge[HUGE_BYTES];
    if (asks(fields, "silence")) {
        return EMEND_INTERNAL;
    }
    if (asks(fields, "uninvited cancel")) {
        return emend_fail(err, EMEND_CANCELLED, "no more today");
    }
    if (asks(fields, "odd status")) {
        return emend_fail(err, 99, "what a day");
    }
    if (asks(fields, "nothing")) {
        return EMEND_OK;
    }
    if (asks(fields, "shout")) {
        return put(verdict, EMEND_VERDICT_NAME, "Equal!");
    }
    if (asks(fields, "twice")) {
        put(verdict, EMEND_VERDICT_NAME, "equal");
        put(verdict, EMEND_VERDICT_NAME, "different");
        return EMEND_OK;
    }
    if (asks(fields, "huge")) {
        put(verdict, EMEND_VERDICT_NAME, "equal");
        verdict->put(verdict->ctx, EMEND_VERDICT_DETAIL, huge, sizeof huge);
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "do is a thing it cannot do");
}

static EmendStatus grade_one(const Grader *grader, EmendSpan fields, const EmendSink *verdict,
                             EmendError *err) {
    const EmendRecordField *ms = find(fields, "ms");
    if (ms) {
        long n = 0;
        for (uint64_t i = 0; i < ms->value.len; i++) {
            n = 10 * n + (ms->value.ptr[i] - '0');
        }
        pause_ms(n);
    }
    if (!find(fields, "do")) {
        return echo(grader, fields, verdict);
    }
    if (asks(fields, "list")) {
        return list(fields, verdict);
    }
    if (asks(fields, "wait for cancel")) {
        return wait_for_cancel(grader->host, err);
    }
    if (asks(fields, "miss a field")) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "gold is missing; give the right answer");
    }
    if (asks(fields, "fail")) {
        return emend_fail(err, EMEND_UNAVAILABLE, "the engine is down");
    }
    if (asks(fields, "later field")) {
        put(verdict, 1000, "of a later revision");
        return echo(grader, fields, verdict);
    }
    if (asks(fields, "broken text")) {
        put(verdict, EMEND_VERDICT_EXTRACTED, "a\xFFz\xE2\x82");
        put(verdict, EMEND_VERDICT_REASON, "\xC3\xBC \"quoted\"\n\x01");
        return put(verdict, EMEND_VERDICT_NAME, "broken");
    }
    return misbehave(fields, verdict, err);
}

static EmendStatus grade_record(void *self, EmendSpan fields, const EmendSink *verdict,
                                EmendError *err) {
    Grader *grader = self;
    const EmendHost *host = grader->host;
    int n_now = atomic_fetch_add(&grader->n_now, 1) + 1;
    int n_most = atomic_load(&grader->n_most);
    while (n_now > n_most && !atomic_compare_exchange_weak(&grader->n_most, &n_most, n_now)) {
    }
    atomic_fetch_add(&grader->n_calls, 1);
    atomic_fetch_add(&grader->n_off_worker, host->thread_role(host) != EMEND_ROLE_WORKER);
    EmendStatus status = grade_one(grader, fields, verdict, err);
    atomic_fetch_sub(&grader->n_now, 1);
    return status;
}

/* ---- totals --------------------------------------------------------------------------------- */

static EmendStatus record_totals(void *self, const EmendSink *totals, EmendError *err) {
    Grader *grader = self;
    char text[LIST_BYTES];
    if (rogue_is(grader->totals, "failure")) {
        return emend_fail(err, EMEND_PRECONDITION, "there were too few records");
    }
    if (rogue_is(grader->totals, "nothing")) {
        return EMEND_OK;
    }
    if (rogue_is(grader->totals, "threads")) {
        snprintf(text, sizeof text, "{\"most_at_once\": %d, \"off_worker\": %d}",
                 atomic_load(&grader->n_most), atomic_load(&grader->n_off_worker));
    } else if (rogue_is(grader->totals, "lines")) {
        snprintf(text, sizeof text, "{\"lines\": 3}");
    } else if (rogue_is(grader->totals, "broken")) {
        snprintf(text, sizeof text, "{\"calls\": ");
    } else if (rogue_is(grader->totals, "list")) {
        snprintf(text, sizeof text, "[1]");
    } else if (rogue_is(grader->totals, "empty")) {
        snprintf(text, sizeof text, " { } ");
    } else {
        snprintf(text, sizeof text, "\n{\n  \"calls\": %d,\n  \"pass@1\": 0.10\n}\n",
                 atomic_load(&grader->n_calls));
    }
    return put(totals, 0, text);
}

/* ---- the rest of a task --------------------------------------------------------------------- */

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    (void)self;
    (void)name;
    (void)split;
    (void)count;
    return emend_fail(err, EMEND_NOT_FOUND, "there are no splits");
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    (void)self;
    (void)split;
    (void)index;
    (void)fields;
    return emend_fail(err, EMEND_UNIMPLEMENTED, "there are no problems");
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    (void)self;
    (void)history;
    (void)text;
    return emend_fail(err, EMEND_UNIMPLEMENTED, "there are no turns");
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    (void)self;
    (void)args;
    (void)score;
    (void)fields;
    return emend_fail(err, EMEND_UNIMPLEMENTED, "there are no grades");
}

static const EmendTask task = {.struct_size = sizeof(EmendTask),
                               .split_open = split_open,
                               .problem = problem,
                               .turn_prompt = turn_prompt,
                               .grade = grade,
                               .grade_record = grade_record,
                               .record_totals = record_totals};

// Two strings of less than 64 bytes: a tag and a length of one byte each in front.
static bool read_config(Grader *grader, EmendBytes config) {
    const unsigned char *at = config.ptr, *end = at + config.len;
    while (end - at >= 2 && at[1] < TEXT_BYTES && end - at - 2 >= at[1]) {
        char *text = at[0] == 0x0A ? grader->word : grader->totals;
        memcpy(text, at + 2, at[1]);
        text[at[1]] = '\0';
        at += 2 + at[1];
    }
    return at == end;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    (void)name;
    Grader *grader = plugin->host->alloc(plugin->host, sizeof *grader, 0);
    if (!grader) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the grader");
    }
    memset(grader, 0, sizeof *grader);
    grader->host = plugin->host;
    strcpy(grader->word, "echoed");
    *instance = grader;
    *table = &task;
    if (config.len > 0 && !read_config(grader, config)) {
        plugin->host->free(plugin->host, grader);
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "word or totals is too long; it must be of less than 64 bytes");
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    plugin->host->free(plugin->host, instance);
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory tasks = {.struct_size = sizeof(EmendFactory),
                                       .concurrency = GRADER_CONCURRENCY,
                                       .create = create,
                                       .destroy = destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_TASK) ? &tasks : NULL;
}

EMEND_DECLARE_PLUGIN(GRADER_ID, ROGUE_VERSION, rogue_open, rogue_close, factory);
