/* SPDX-License-Identifier: Apache-2.0 */
/* A task of an earlier time, when its table ended before `demonstrate`. Behind it lies what must
 * never be taken for a function. */
#include "rogue.h"
#include <string.h>

enum { OLD_BYTES = offsetof(EmendTask, demonstrate) };

static union {
    uint64_t words[8];
    EmendTask task;
} old;

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    (void)self;
    (void)name;
    (void)err;
    *split = 0;
    *count = 7;
    return EMEND_OK;
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

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    (void)name;
    (void)config;
    (void)err;
    memset(&old, 0xEE, sizeof old);
    old.task.struct_size = OLD_BYTES;
    old.task.flags = 0;
    old.task.split_open = split_open;
    old.task.problem = problem;
    old.task.turn_prompt = turn_prompt;
    old.task.grade = grade;
    *instance = plugin;
    *table = &old;
    return EMEND_OK;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory task = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_TASK) ? &task : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.older", ROGUE_VERSION, rogue_open, rogue_close, factory);
