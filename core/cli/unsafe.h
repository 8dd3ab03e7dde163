/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_UNSAFE_H
#define CLI_UNSAFE_H
/* --unsafe-no-sandbox: the task's field unsafe_no_sandbox, set by a flag. It is written down in the
 * run's recipe as any override is, and the task warns of it. */
#include "cli/cli.h"

#define UNSAFE_FLAG "--unsafe-no-sandbox"
#define UNSAFE_OPTION                                                                              \
    { UNSAFE_FLAG, NULL, "run model-written programs WITHOUT ISOLATION, with all that you may do" }

/* As --set takes it, in the task's config itself. */
#define UNSAFE_ASSIGNMENT "unsafe_no_sandbox=true"

/* Whether a task has a sandbox to do without; where not, EMEND_INVALID_ARGUMENT with a message. The
 * type is its config's, NULL where it takes none. */
EmendStatus unsafe_check(const char *task, const MessageType *type, EmendError *err);

#endif
