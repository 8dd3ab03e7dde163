/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_OUTPUT_H
#define PROGRAMS_OUTPUT_H
/* What a program writes to its standard output and error: a pipe that is read to its end whatever
 * comes, so that a program never waits long, and of which the first and the last bytes are kept. */
#include "../programs.h"

typedef struct Output {
    int fd; /* to read from, never blocking; -1: there is none, or it has ended */
    uint64_t n_bytes;
    char head[PROGRAM_OUTPUT_BYTES];
    char tail[PROGRAM_OUTPUT_BYTES]; /* a ring of what came behind the head */
} Output;

/* Makes the pipe; *writer is its other end, the caller's. */
bool output_open(Output *output, int *writer);
/* Reads once, what is there. */
void output_read(Output *output);
/* Reads what is left, once there is nobody to write more, and closes the pipe. */
void output_finish(Output *output, ProgramOutput *out);

#endif
