/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"
#include "cli/cli.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLUSH_BYTES = 64 << 10,
    LOOK_MS = 200,  /* how often a wait looks whether it is to stop */
    LEAVE_MS = 1000 /* how long it goes on then */
};

Output output_open(int fd) {
    struct stat facts;
    bool is_file = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    return (Output){.fd = fd, .is_waited_for = !is_file};
}

// Waits until a write of PIPE_BUF bytes does not block.
static EmendStatus wait_for_reader(const Output *output) {
    struct pollfd writable = {.fd = output->fd, .events = POLLOUT};
    int patience = LEAVE_MS;
    while (poll(&writable, 1, LOOK_MS) <= 0) {
        patience -= is_interrupted() ? LOOK_MS : 0;
        if (patience <= 0) {
            return EMEND_CANCELLED;
        }
    }
    return EMEND_OK;
}

EmendStatus output_flush(Output *output) {
    const char *at = output->buffer.data;
    size_t n_left = output->buffer.len;
    output->buffer.len = 0;
    while (n_left > 0) {
        size_t n = output->is_waited_for && n_left > PIPE_BUF ? PIPE_BUF : n_left;
        EmendStatus status = output->is_waited_for ? wait_for_reader(output) : EMEND_OK;
        if (status != EMEND_OK) {
            return status;
        }
        ssize_t n_written = write(output->fd, at, n);
        if (n_written < 0 && errno != EINTR && errno != EAGAIN) {
            output->problem = errno;
            return EMEND_EXHAUSTED;
        }
        at += n_written > 0 ? n_written : 0;
        n_left -= n_written > 0 ? (size_t)n_written : 0;
    }
    return EMEND_OK;
}

EmendStatus output_append(Output *output, const Buffer *text) {
    EmendStatus status = buffer_append(&output->buffer, text->data, text->len);
    return status == EMEND_OK && output->buffer.len >= FLUSH_BYTES ? output_flush(output) : status;
}

void output_finish(Output *output) {
    buffer_finish(&output->buffer);
    *output = (Output){.fd = -1};
}
