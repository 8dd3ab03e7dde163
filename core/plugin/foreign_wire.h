/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_WIRE_H
#define PLUGIN_FOREIGN_WIRE_H
/* What the host and the process of a function tell each other, on a socket: frames, each with its
 * length. Both ends are the same program, so a frame holds structs as they are; but a function runs
 * beside one of them, so the other takes nothing for granted. */
#include "emend/status.h"
#include "emend/task.h"
#include <stddef.h>
#include <stdint.h>

/* Rises with every change of the frames or of a struct in them. */
#define FOREIGN_PROTOCOL 1u

typedef enum ForeignWord {
    FOREIGN_CONFIG = 1, /* to it, once: the config's wire bytes */
    FOREIGN_READY = 2,  /* from it, once: ForeignReady */
    FOREIGN_TURN = 3,   /* to it: ForeignInputs, whose pointers mean nothing, and its texts */
    FOREIGN_SCORE = 4   /* from it: EmendScore */
} ForeignWord;

/* Before the n_bytes of a frame. */
typedef struct ForeignHead {
    uint32_t word;
    uint32_t reserved;
    uint64_t serial; /* of a turn, and of the score that answers it */
    uint64_t n_bytes;
} ForeignHead;

typedef struct ForeignReady {
    EmendStatus status;
    char text[508]; /* why not, NUL-terminated */
} ForeignReady;

typedef enum ForeignEnd { FOREIGN_DONE, FOREIGN_LATE, FOREIGN_GONE } ForeignEnd;

/* CLOCK_MONOTONIC, in milliseconds. */
int64_t foreign_now_ms(void);
#define FOREIGN_NEVER INT64_MAX

/* Sends or receives all the bytes. LATE: not by end_ms; GONE: the other side is not there. */
ForeignEnd foreign_send(int fd, const void *bytes, size_t n, int64_t end_ms);
ForeignEnd foreign_receive(int fd, void *bytes, size_t n, int64_t end_ms);

#endif
