/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/tracker.h"
#include "plugin/guard/tables.h"

static const EmendTracker *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_begin(void *self, const EmendRunInfo *info, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "begin", err, theirs(who)->begin(who->self, info, err));
}

static EmendStatus guarded_scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                                   EmendSpan scalars, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "scalars", err,
                 theirs(who)->scalars(who->self, step, phase, stage, scalars, err));
}

static EmendStatus guarded_event(void *self, uint64_t step, EmendStr name, EmendStr json,
                                 EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "event", err,
                 theirs(who)->event(who->self, step, name, json, err));
}

static EmendStatus guarded_flush(void *self, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "flush", err, theirs(who)->flush(who->self, err));
}

const EmendTracker guarded_tracker = {
    .struct_size = sizeof(EmendTracker),
    .begin = guarded_begin,
    .scalars = guarded_scalars,
    .event = guarded_event,
    .flush = guarded_flush,
};
