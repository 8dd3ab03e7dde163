/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_SPAWNED_H
#define PLUGIN_SPAWNED_H
/* A process for code that may break it: `emend` itself, started anew. */
#include <sys/types.h>

/* What it has beside nothing to read: standard output, standard error, and a third. */
enum { SPAWNED_FDS = 3, SPAWNED_OWN_FD = 3 };

/* Starts `program` with the words, in a process group of its own, without our handlers, mask and
 * descriptors. fds: to be its descriptors 1, 2 and SPAWNED_OWN_FD; each above that, as spawned_fd
 * makes it. An errno, or 0. */
int spawned_start(const char *program, char *const *words, char *const *environment,
                  const int fds[SPAWNED_FDS], pid_t *pid);

/* A copy of a descriptor that spawned_start takes, closed on exec; the original is closed. -1 with
 * errno set: there is none, and the original is closed too. */
int spawned_fd(int fd);

#endif
