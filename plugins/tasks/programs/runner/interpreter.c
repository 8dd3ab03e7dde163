/* SPDX-License-Identifier: Apache-2.0 */
#include "interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 10000 };

static int config_file(const SandboxConfig *config) {
    int fd = memfd_create("config", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, config, sizeof *config) != (ssize_t)sizeof *config) {
        close(fd);
        return -1;
    }
    return fd;
}

/* In the child; never returns. The descriptors are moved out of each other's way first. */
static void become(const InterpreterStart *start, int socket, int config) {
    char script[4096 + 16];
    char *const environment[] = {"PYTHONHASHSEED=0",   "LANG=C.UTF-8",  "PATH=/usr/bin:/bin",
                                 "MALLOC_ARENA_MAX=1", "LD_BIND_NOW=1", NULL};
    size_t n = strlen(start->helpers);
    if (n >= 4096) {
        _exit(126);
    }
    memcpy(script, start->helpers, n);
    memcpy(script + n, "/zygote.py", sizeof "/zygote.py");
    char *const args[] = {(char *)(uintptr_t)start->python,
                          "-S",
                          "-s",
                          "-B",
                          script,
                          (char *)(uintptr_t)start->helpers,
                          (char *)(uintptr_t)start->role,
                          NULL};
    int high[3] = {fcntl(socket, F_DUPFD, 64), fcntl(start->proc_fd, F_DUPFD, 64),
                   fcntl(config, F_DUPFD, 64)};
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) {
        if (high[i] < 0 || null < 0 || dup2(null, i) < 0) {
            _exit(126);
        }
    }
    dup2(high[0], WIRE_SOCKET);
    dup2(high[1], WIRE_PROC);
    dup2(high[2], WIRE_CONFIG);
    syscall(SYS_close_range, 6u, ~0u, 0u);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    execve(start->python, args, environment);
    _exit(127);
}

const char *interpreter_start(Interpreter *interpreter, const InterpreterStart *start) {
    int pair[2] = {-1, -1};
    int config = config_file(start->config);
    if (config < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        if (config >= 0) {
            close(config);
        }
        return "a channel to the interpreter";
    }
    unsigned long flags = SIGCHLD | (start->config->is_unsafe ? 0ul : (unsigned long)CLONE_NEWPID);
    pid_t pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        become(start, pair[1], config);
    }
    int error = errno;
    close(pair[1]);
    close(config);
    if (pid < 0) {
        close(pair[0]);
        errno = error;
        return "a pid namespace";
    }
    *interpreter = (Interpreter){pid, pair[0], -1};
    return NULL;
}

/* Waits for a message; EOF and silence are failures. */
static bool read_answer(int socket, WireAnswer *answer, int *fd, int timeout_ms) {
    struct pollfd waited = {socket, POLLIN, 0};
    struct iovec part = {answer, sizeof *answer};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.bytes};
    if (poll(&waited, 1, timeout_ms) != 1 ||
        recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *answer) {
        return false;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_len == CMSG_LEN(sizeof *fd)) {
        memcpy(fd, CMSG_DATA(header), sizeof *fd);
    }
    return true;
}

bool interpreter_is_ready(Interpreter *interpreter, int timeout_ms) {
    WireAnswer answer = {0};
    int fd = -1;
    return read_answer(interpreter->socket, &answer, &fd, timeout_ms) && answer.kind == WIRE_READY;
}

bool interpreter_fork(Interpreter *interpreter, const int fds[FORK_FDS]) {
    size_t n_bytes = (fds[FORK_OUTPUT] >= 0 ? FORK_FDS : FORK_FDS - 1) * sizeof *fds;
    char letter = WIRE_FORK;
    struct iovec part = {&letter, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(FORK_FDS * sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(n_bytes)};
    control.header.cmsg_len = CMSG_LEN(n_bytes);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.header), fds, n_bytes);
    return sendmsg(interpreter->socket, &message, MSG_NOSIGNAL) == 1;
}

bool interpreter_is_forked(Interpreter *interpreter) {
    WireAnswer answer = {0};
    return read_answer(interpreter->socket, &answer, &interpreter->child, ANSWER_MS) &&
           answer.kind == WIRE_FORKED && interpreter->child >= 0;
}

bool interpreter_reap(Interpreter *interpreter, Ending *ending) {
    WireAnswer answer = {0};
    char letter = WIRE_REAP;
    int fd = -1;
    syscall(SYS_pidfd_send_signal, interpreter->child, SIGKILL, NULL, 0u);
    close(interpreter->child);
    interpreter->child = -1;
    if (send(interpreter->socket, &letter, 1, MSG_NOSIGNAL) != 1 ||
        !read_answer(interpreter->socket, &answer, &fd, ANSWER_MS) || answer.kind != WIRE_REAPED) {
        return false;
    }
    *ending = (Ending){answer.value, answer.cpu_us};
    return true;
}

void interpreter_stop(Interpreter *interpreter) {
    if (interpreter->pid <= 0) {
        return;
    }
    if (interpreter->child >= 0) {
        syscall(SYS_pidfd_send_signal, interpreter->child, SIGKILL, NULL, 0u);
        close(interpreter->child);
    }
    kill(interpreter->pid, SIGKILL);
    while (waitpid(interpreter->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(interpreter->socket);
    *interpreter = (Interpreter){0, -1, -1};
}
