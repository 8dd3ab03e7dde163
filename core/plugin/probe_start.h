/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROBE_START_H
#define PLUGIN_PROBE_START_H
/* Starts the process in which a plugin is tried. */
#include <stdint.h>
#include <sys/types.h>

/* What is read from it: standard output, standard error, the report. */
enum { PROBE_STREAMS = 3 };

/* `program` in a process group of its own, to load the package in `dir`. readers: not blocking, the
 * caller's to close. An errno, or 0. */
int probe_start(const char *program, uint32_t cpu_seconds, const char *dir, pid_t *pid,
                int readers[PROBE_STREAMS]);

#endif
