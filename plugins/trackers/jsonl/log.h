/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOG_H
#define LOG_H
/* The file of the tracker: one JSON object a line, each record written whole with one append, so
 * that a record is seen by readers at once and outlives the process. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"

enum { LOG_NAME_BYTES = 256 };

typedef struct LogFile {
    int dir; /* the run's folder; -1 where nothing is open */
    int fd;
    char name[LOG_NAME_BYTES];
    char path[4096]; /* for messages */
} LogFile;

/* The file's name from the config: a plain name, NUL-terminated and short enough for LogFile.name.
 */
EmendStatus log_name_check(const char *name, EmendError *err);

/* Opens `name` in run_dir for appending, where it must be new or empty. On failure nothing is open.
 */
EmendStatus log_open(LogFile *file, EmendStr run_dir, const char *name, EmendError *err);

/* Opens `name` in run_dir for appending, after dropping the records of steps later than last_step,
 * those behind the first n_records, and lines that cannot be read. What stays is written aside,
 * synced and renamed. Lines dropped because they cannot be read are reported to the host's log, but
 * for a last one that was cut short. */
EmendStatus log_reopen(LogFile *file, EmendStr run_dir, const char *name, uint64_t last_step,
                       uint64_t n_records, const EmendHost *host, EmendError *err);

/* Appends `len` bytes, a whole line. Where the disk is full the file is as it was before. */
EmendStatus log_append(LogFile *file, const char *line, size_t len, EmendError *err);

/* Waits until what was appended is on the disk. */
EmendStatus log_sync(LogFile *file, EmendError *err);

void log_close(LogFile *file);

#endif
