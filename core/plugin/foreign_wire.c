/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_wire.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

int64_t foreign_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the socket can be read or written, or has an end. */
static ForeignEnd wait_for(int fd, short events, int64_t end_ms) {
    for (;;) {
        struct pollfd waited = {.fd = fd, .events = events};
        int64_t left = end_ms == FOREIGN_NEVER ? -1 : end_ms - foreign_now_ms();
        if (end_ms != FOREIGN_NEVER && left <= 0) {
            return FOREIGN_LATE;
        }
        int n = poll(&waited, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0) {
            return FOREIGN_DONE;
        }
        if (n < 0 && errno != EINTR) {
            return FOREIGN_GONE;
        }
    }
}

static bool is_passing(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

ForeignEnd foreign_send(int fd, const void *bytes, size_t n, int64_t end_ms) {
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            n -= (size_t)sent;
            continue;
        }
        ForeignEnd end = is_passing(errno) ? wait_for(fd, POLLOUT, end_ms) : FOREIGN_GONE;
        if (end != FOREIGN_DONE) {
            return end;
        }
    }
    return FOREIGN_DONE;
}

ForeignEnd foreign_receive(int fd, void *bytes, size_t n, int64_t end_ms) {
    char *at = bytes;
    while (n > 0) {
        ssize_t got = recv(fd, at, n, MSG_DONTWAIT);
        if (got > 0) {
            at += got;
            n -= (size_t)got;
            continue;
        }
        ForeignEnd end = got < 0 && is_passing(errno) ? wait_for(fd, POLLIN, end_ms) : FOREIGN_GONE;
        if (end != FOREIGN_DONE) {
            return end;
        }
    }
    return FOREIGN_DONE;
}
