/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_TRACKER_H
#define EMEND_TRACKER_H
/* Kind "emend.tracker/1": where metrics and transcripts go. */
#include "emend/data.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_TRACKER "emend.tracker/1"

/* A run, as a tracker is told of it. Growable. */
typedef struct EmendRunInfo {
    uint32_t struct_size;
    uint32_t is_resumed;
    EmendStr run_dir;     /* absolute; the tracker's files go there */
    EmendStr name;        /* of the recipe */
    EmendStr recipe;      /* the resolved recipe, text format */
    uint64_t resume_step; /* records of later steps, written before the run was cut, are dropped */
    /* How many records stay, counted over every `scalars` and `event` since the run began: later
     * ones of resume_step itself are dropped too, since they come once more. */
    uint64_t resume_records;
} EmendRunInfo;

/* A named number. Growable. */
typedef struct EmendScalar {
    uint32_t struct_size;
    uint32_t reserved;
    EmendStr name; /* "accuracy@t1", "kl/ref/t1", "actor/grad_norm", ... */
    double value;
} EmendScalar;

/* A call that fails stops the run, which can be resumed from its last checkpoint. */
typedef struct EmendTracker {
    uint32_t struct_size;
    uint32_t flags;

    /* Opens the tracker's files; called once, before any other call. [control] */
    EmendStatus (*begin)(void *self, const EmendRunInfo *info, EmendError *err);
    /* Records numbers of one optimizer step of the whole run.
     *
     * phase    "train" or "eval"
     * stage    the stage's name
     * scalars  of EmendScalar
     *
     * [control] */
    EmendStatus (*scalars)(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                           EmendSpan scalars, EmendError *err);
    /* Records an event as JSON text: "transcript", "stage", ... (optional) [control] */
    EmendStatus (*event)(void *self, uint64_t step, EmendStr name, EmendStr json, EmendError *err);
    /* Makes what was recorded outlive a crash of the process and of the machine; called before each
     * checkpoint is written. (optional) [control] */
    EmendStatus (*flush)(void *self, EmendError *err);
} EmendTracker;

EMEND_STATIC_ASSERT(sizeof(EmendRunInfo) == 72 && sizeof(EmendScalar) == 32, "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendTracker) == EMEND_END_OF(EmendTracker, flush) &&
                        sizeof(EmendTracker) == 40,
                    "layout of revision 1");

#ifdef __cplusplus
}
#endif
#endif
