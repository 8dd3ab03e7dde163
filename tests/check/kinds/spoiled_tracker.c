/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as lines of text, with one thing spoiled: each component is named after its defect.
 * "sound" has none. */
#include "emend/tracker.h"
#include "spoiled.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Tracker {
    Spoiled spoiled; /* first */
    FILE *file;
    bool has_scalars;
} Tracker;

static EmendStatus begin(void *self, const EmendRunInfo *info, EmendError *err) {
    Tracker *tracker = self;
    const EmendHost *host = tracker->spoiled.host;
    char path[4096];
    if (has(self, "trusts_memory")) {
        char *block = host->alloc(host, 64, 0);
        block[0] = 1;
        host->free(host, block);
    }
    if (has(self, "refuses_to_resume") && info->is_resumed) {
        return emend_fail(err, EMEND_UNIMPLEMENTED, "run: it was cut; it must begin anew");
    }
    snprintf(path, sizeof path, "%.*s/numbers", (int)info->run_dir.len, info->run_dir.ptr);
    tracker->file = fopen(path, "a");
    if (!tracker->file && has(self, "makes_do_without_a_file")) {
        tracker->file = fopen("/dev/null", "a");
    }
    if (!tracker->file && has(self, "breaks_its_lines")) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s:\ncannot be opened", path);
    }
    return tracker->file ? EMEND_OK
                         : emend_fail(err, EMEND_NOT_FOUND,
                                      "%s: cannot be opened; the run's folder must be there", path);
}

static EmendStatus written(const Tracker *tracker, int n, EmendError *err) {
    bool is_written = n >= 0 && !ferror(tracker->file);
    return is_written || has(tracker, "trusts_disks")
               ? EMEND_OK
               : emend_fail(err, EMEND_EXHAUSTED, "numbers: cannot be written; make room");
}

static EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                           EmendSpan numbers, EmendError *err) {
    Tracker *tracker = self;
    EmendStatus status = EMEND_OK;
    (void)phase, (void)stage;
    tracker->has_scalars = true;
    if (has(self, "numbers_by_index")) {
        numbers.stride = sizeof(EmendScalar);
    }
    if (numbers.count > 1000 && has(self, "has_room_for_1000")) {
        abort();
    }
    for (uint64_t i = 0; i < numbers.count && status == EMEND_OK; i++) {
        const EmendScalar *scalar = emend_span_at(numbers, i);
        if (has(self, "rounds_numbers")) {
            ((volatile EmendScalar *)(uintptr_t)scalar)->value = 0;
        }
        if (!isfinite(scalar->value) && has(self, "refuses_nan")) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "a number is not finite");
        }
        int n = fprintf(tracker->file, "%llu %.*s %g\n", (unsigned long long)step,
                        (int)scalar->name.len, scalar->name.ptr, scalar->value);
        status = written(tracker, n, err);
    }
    return status;
}

static EmendStatus event(void *self, uint64_t step, EmendStr name, EmendStr json, EmendError *err) {
    Tracker *tracker = self;
    if (has(self, "wants_numbers_first") && !tracker->has_scalars) {
        return emend_fail(err, EMEND_PRECONDITION, "event: there were no numbers before it");
    }
    int n = fprintf(tracker->file, "%llu %.*s %.*s\n", (unsigned long long)step, (int)name.len,
                    name.ptr, (int)json.len, json.ptr);
    return written(tracker, n, err);
}

static EmendStatus flush(void *self, EmendError *err) {
    Tracker *tracker = self;
    return has(self, "flushes_later") ? EMEND_OK : written(tracker, fflush(tracker->file), err);
}

static const void *table_of(void *self) {
    static const EmendTracker tracker = {.struct_size = sizeof tracker,
                                         .begin = begin,
                                         .scalars = scalars,
                                         .event = event,
                                         .flush = flush};
    (void)self;
    return &tracker;
}

static void close_file(void *self) {
    Tracker *tracker = self;
    if (tracker->file) {
        fclose(tracker->file);
    }
}

SPOILED_PLUGIN("test.spoiled.tracker", EMEND_KIND_TRACKER, sizeof(Tracker), table_of, close_file)
