/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LINES_H
#define CLI_LINES_H
/* The lines of a file, a pipe or a terminal, as they come: a line that is there is had without
 * waiting for what follows it. Memory is bounded by LINE_BYTES_MAX, whatever comes. */
#include "emend/status.h"
#include <stdbool.h>

#define LINE_BYTES_MAX ((size_t)16 << 20)

typedef struct Line {
    const char *text; /* without its newline */
    size_t len;
    uint64_t number;  /* from 1 */
    bool is_too_long; /* above LINE_BYTES_MAX: the text is empty */
} Line;

/* Zero-initialise all but `fd`, which is borrowed. */
typedef struct Lines {
    int fd;
    bool is_over;     /* the last byte was read */
    bool is_skipping; /* within a line that is too long */
    uint64_t n;       /* lines had so far, blank ones too */
    char *buffer;
    size_t capacity, begin, scanned, end; /* of what was read and not yet had */
} Lines;

/* Takes the next line that was read whole; false: there is none, until lines_read. Blank lines are
 * counted and left out, and so is a byte order mark at the start. The last line needs no newline.
 * The text is good until the next call. */
bool lines_next(Lines *lines, Line *line);
/* Reads once, what there is. A failure's message says what is wrong, without a name. */
EmendStatus lines_read(Lines *lines, EmendError *err);
void lines_finish(Lines *lines);

#endif
