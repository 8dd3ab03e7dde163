/* SPDX-License-Identifier: Apache-2.0 */
#include "zygote.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// One interpreter has one of these, for the life of its process.
static struct {
    SandboxConfig config;
    int pid_namespace; // this process's own, to come back to after a fork
    int fds[FORK_FDS];
    pid_t child;
} zygote = {.pid_namespace = -1, .fds = {-1, -1, -1, -1}};

static int has_pid_namespace(void) {
    return !zygote.config.is_unsafe && zygote.config.has_namespaces;
}

static int answer(int kind, int value, int64_t cpu_us, int fd) {
    WireAnswer reply = {kind, value, cpu_us};
    struct iovec part = {&reply, sizeof reply};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.bytes;
        control.header.cmsg_len = CMSG_LEN(sizeof fd);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    return sendmsg(WIRE_SOCKET, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/* Reads one order; FORK fills zygote.fds. Returns its letter, or 0 at the end. */
static int read_order(void) {
    char letter = 0;
    struct iovec part = {&letter, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof zygote.fds)];
    } control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = 0;
    do {
        n = recvmsg(WIRE_SOCKET, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return 0;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (letter == WIRE_FORK) {
        size_t n_bytes = header ? header->cmsg_len - CMSG_LEN(0) : 0;
        if (n_bytes != sizeof zygote.fds && n_bytes != sizeof zygote.fds - sizeof zygote.fds[0]) {
            return 0;
        }
        memcpy(zygote.fds, CMSG_DATA(header), n_bytes);
    }
    return letter;
}

static void close_fds(void) {
    for (int i = 0; i < FORK_FDS; i++) {
        if (zygote.fds[i] >= 0) {
            close(zygote.fds[i]);
        }
        zygote.fds[i] = -1;
    }
}

static void reap(void) {
    struct rusage usage = {0};
    int status = 0;
    pid_t pid = 0;
    if (zygote.config.is_unsafe && zygote.child > 0) {
        kill(-zygote.child, SIGKILL); // its children, which a pid namespace would have ended
    }
    do {
        pid = zygote.child > 0 ? wait4(zygote.child, &status, 0, &usage) : -1;
    } while (pid < 0 && errno == EINTR && zygote.child > 0);
    zygote.child = 0;
    int64_t cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    answer(pid < 0 ? WIRE_REFUSED : WIRE_REAPED, pid < 0 ? ECHILD : status, cpu_us, -1);
}

int zygote_open(void) {
    ssize_t n = pread(WIRE_CONFIG, &zygote.config, sizeof zygote.config, 0);
    if (n != (ssize_t)sizeof zygote.config) {
        return EINVAL;
    }
    close(WIRE_CONFIG);
    // Without it the files in /proc of a process whose user changed belong to root.
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (has_pid_namespace()) {
        zygote.pid_namespace = openat(WIRE_PROC, "self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (zygote.pid_namespace < 0) {
            return errno;
        }
    }
    return 0;
}

int zygote_ready(void) {
    return answer(WIRE_READY, 0, 0, -1);
}

int zygote_next(void) {
    for (;;) {
        int letter = read_order();
        if (letter == WIRE_REAP) {
            reap();
        } else if (letter != WIRE_FORK) {
            return 1;
        } else if (has_pid_namespace() && unshare(CLONE_NEWPID) != 0) {
            answer(WIRE_REFUSED, errno, 0, -1);
            close_fds();
        } else {
            return 0;
        }
    }
}

int zygote_forked(int pid) {
    int error = pid < 0 ? EAGAIN : 0;
    close_fds();
    if (has_pid_namespace() && setns(zygote.pid_namespace, CLONE_NEWPID) != 0) {
        error = errno;
    }
    int fd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0u);
    if (fd < 0) {
        error = error ? error : errno;
    }
    zygote.child = pid > 0 ? pid : 0;
    error = answer(error ? WIRE_REFUSED : WIRE_FORKED, error, 0, error ? -1 : fd);
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

const char *zygote_enter(void) {
    static char message[160];
    int output = zygote.fds[FORK_OUTPUT];
    const char *failed = "standard output and error";
    if (output < 0 || (dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0)) {
        failed = sandbox_enter(&zygote.config, WIRE_PROC, zygote.fds);
    }
    if (!failed) {
        return NULL;
    }
    snprintf(message, sizeof message, "%s: %s", failed, strerror(errno));
    return message;
}

int zygote_report(void) {
    return zygote.fds[FORK_REPORT];
}

int zygote_has_output(void) {
    return zygote.fds[FORK_OUTPUT] >= 0;
}
