/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROGRAMS_SUBJECT_H
#define TEST_PROGRAMS_SUBJECT_H
/* A pool on a fake host, and programs in short form. */
#include "programs.h"
#include <stdatomic.h>

typedef struct FakeHost {
    EmendHost host; /* the first member */
    atomic_long n_live;
    atomic_int is_cancelled;
} FakeHost;

void fake_host_init(FakeHost *fake);

/* Opens a pool with these options over the defaults of the tests. */
EmendStatus subject_open(FakeHost *fake, ProgramPoolOptions options, ProgramPool **out,
                         char message[512]);
/* False, having said so, where this machine does not let its user make namespaces: then what needs
 * them is skipped. Any other failure fails the test. */
bool subject_can_isolate(void);

/* Whether the output of the programs that subject_run runs is kept; at first it is not. */
extern bool subject_keeps_output;

/* Runs one program; `tests` are lines, each a test for itself; `names` are parted by spaces. */
ProgramResult subject_run(ProgramPool *pool, const char *program, const char *setup,
                          const char *tests, const char *names, bool count_all);

#endif
