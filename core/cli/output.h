/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H
/* Standard output for a command whose reader may wait, be slow, or leave. */
#include "train/buffer.h"
#include <stdbool.h>

typedef struct Output {
    int fd;
    bool is_waited_for; /* a pipe, socket or terminal: writing may have to wait */
    int problem;        /* the errno of the write that failed; EPIPE: the reader left */
    Buffer buffer;
} Output;

Output output_open(int fd);
EmendStatus output_append(Output *output, const Buffer *text);
/* Writes what was appended. EMEND_CANCELLED: the user asked to stop, and nobody takes it. */
EmendStatus output_flush(Output *output);
void output_finish(Output *output);

#endif
