/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_SANDBOX_H
#define PROGRAMS_SANDBOX_H
/* Shuts the calling process in, for good. Called in a process that was just forked off a warm
 * interpreter, before any text that a model wrote is looked at. */
#include "../runner/wire.h"

/* `keep` are the descriptors that stay open beside 0, 1 and 2; they become 3, 4 and 5, and
 * `keep` says so. Returns NULL, or what failed (static), with errno. */
const char *sandbox_enter(const SandboxConfig *config, int proc_fd, int keep[3]);

#endif
