/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILE_H
#define FILE_H
/* The event file: records that are appended whole, and cut back when a run is resumed. */
#include "emend/host.h"
#include "emend/status.h"
#include "event.pb-c.h"

typedef Emend__Trackers__Tensorboard__Event Event;
typedef Emend__Trackers__Tensorboard__Summary Summary;
typedef Emend__Trackers__Tensorboard__Value Value;

enum { EVENT_NAME_BYTES = 256 };

typedef struct EventFile {
    int dir; /* the run's folder; -1 where nothing is open */
    int fd;
    char path[4096]; /* for messages */
} EventFile;

/* Whether a config's name is one that stays in the run's folder and that TensorBoard finds. */
EmendStatus event_name_check(const char *name, EmendError *err);

/* Opens `name` in run_dir, where it must be new or empty, and writes the first event, which says
 * what the file is. On failure nothing is open. */
EmendStatus event_file_open(EventFile *file, EmendStr run_dir, const char *name, EmendError *err);

/* Opens `name` in run_dir after cutting off what stands behind the first n_records events that
 * follow the first, or behind the first of them with a step later than last_step, or that is
 * damaged. A file that is missing is made. What is lost of the n_records goes to the host's log. */
EmendStatus event_file_reopen(EventFile *file, EmendStr run_dir, const char *name,
                              uint64_t last_step, uint64_t n_records, const EmendHost *host,
                              EmendError *err);

/* Appends an event. Where the disk is full the file is as it was before. */
EmendStatus event_file_append(EventFile *file, const Event *event, EmendError *err);

/* Waits until what was appended is on the disk. */
EmendStatus event_file_sync(EventFile *file, EmendError *err);

void event_file_close(EventFile *file);

#endif
