/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_INTERPRETER_H
#define PROGRAMS_INTERPRETER_H
/* A warm interpreter, and the processes it forks. */
#include "wire.h"
#include <stdbool.h>
#include <sys/types.h>

typedef struct Interpreter {
    pid_t pid;
    int socket;
    int child; /* pidfd of the process that it forked, or -1 */
} Interpreter;

/* How a forked process ended. */
typedef struct Ending {
    int status; /* as of wait */
    int64_t cpu_us;
} Ending;

/* What an interpreter is started with. */
typedef struct InterpreterStart {
    const char *python, *helpers, *role; /* helpers: the folder as the interpreter sees it */
    int proc_fd;
    const SandboxConfig *config;
} InterpreterStart;

/* Starts one, as the first process of a pid namespace where the config has a sandbox. NULL, or what
 * failed, with errno. */
const char *interpreter_start(Interpreter *interpreter, const InterpreterStart *start);
/* Waits until it has loaded everything. */
bool interpreter_is_ready(Interpreter *interpreter, int timeout_ms);
/* Orders the fork of a process with descriptors, which stay the caller's; the last may be -1. */
bool interpreter_fork(Interpreter *interpreter, const int fds[FORK_FDS]);
/* Waits for the fork that was ordered; `child` is then set. */
bool interpreter_is_forked(Interpreter *interpreter);
/* Kills the forked process, with all that its pid namespace holds, and tells how it ended. */
bool interpreter_reap(Interpreter *interpreter, Ending *ending);
/* Ends the interpreter and with it everything below it. */
void interpreter_stop(Interpreter *interpreter);

#endif
