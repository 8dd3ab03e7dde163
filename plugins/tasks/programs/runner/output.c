/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = PROGRAM_OUTPUT_BYTES, PIPE_BYTES = 1 << 16, MAX_LEFT = 16 };

bool output_open(Output *output, int *writer) {
    int pair[2] = {-1, -1};
    if (pipe2(pair, O_CLOEXEC) != 0) {
        return false;
    }
    // This end alone: the program's writes wait until there is room, as on any pipe.
    if (fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    output->fd = pair[0];
    *writer = pair[1];
    return true;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void keep(Output *output, const char *bytes, size_t n) {
    if (output->n_bytes < SIZE) {
        size_t n_head = least(n, SIZE - output->n_bytes);
        memcpy(output->head + output->n_bytes, bytes, n_head);
        output->n_bytes += n_head;
        bytes += n_head;
        n -= n_head;
    }
    size_t n_skipped = n - least(n, SIZE);
    output->n_bytes += n;
    for (bytes += n_skipped, n -= n_skipped; n > 0;) {
        size_t at = (output->n_bytes - n) % SIZE;
        size_t n_part = least(n, SIZE - at);
        memcpy(output->tail + at, bytes, n_part);
        bytes += n_part;
        n -= n_part;
    }
}

void output_read(Output *output) {
    char bytes[PIPE_BYTES];
    ssize_t n = read(output->fd, bytes, sizeof bytes);
    if (n > 0) {
        keep(output, bytes, (size_t)n);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(output->fd);
        output->fd = -1;
    }
}

void output_finish(Output *output, ProgramOutput *out) {
    // Without a sandbox there may be somebody left who writes on.
    for (int i = 0; i < MAX_LEFT && output->fd >= 0; i++) {
        uint64_t before = output->n_bytes;
        output_read(output);
        if (output->n_bytes == before) {
            break;
        }
    }
    if (output->fd >= 0) {
        close(output->fd);
        output->fd = -1;
    }
    out->n_bytes = output->n_bytes;
    out->n_head = (uint32_t)least(output->n_bytes, SIZE);
    out->n_tail = (uint32_t)least(output->n_bytes - out->n_head, SIZE);
    size_t first = output->n_bytes < 2 * SIZE ? 0 : output->n_bytes % SIZE;
    memcpy(out->head, output->head, out->n_head);
    memcpy(out->tail, output->tail + first, out->n_tail - first);
    memcpy(out->tail + out->n_tail - first, output->tail, first);
}
