/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_SUPERVISE_H
#define PROGRAMS_SUPERVISE_H
/* One program with its tests, from two forks to a verdict. */
#include "../programs.h"
#include "interpreter.h"
#include <stddef.h>

typedef struct Supervisor {
    Interpreter program, tests;
    int control; /* the pool: its end means that all ends */
    int proc_fd;
    uint32_t wall_ms, cpu_ms;
} Supervisor;

typedef struct Texts {
    int program, tests; /* files at their beginning; the caller's */
    uint32_t n_tests;
} Texts;

/* Runs it. false: the pool is gone, or one of the interpreters is, and the runner must end; then
 * reply's detail says which. `detail` has room for WIRE_DETAIL + 1 bytes; `output` is NULL where
 * the program's is thrown away. */
bool supervise(Supervisor *supervisor, const Texts *texts, WireReply *reply, char *detail,
               ProgramOutput *output);

#endif
