/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 50, START_MS = 60000, SLACK_MS = 20000, N_NUMBERS = 7 };

static int64_t now_ms(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t spawn(const char *path, char *const *argv, int socket) {
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    pid_t pid = -1;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (int signal = 1; signal < 32; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP) {
            sigaddset(&usual, signal);
        }
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, socket, WIRE_SOCKET); // before 0 to 2: it may be one
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0); // a ^C is the host's to hear
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    if (posix_spawn(&pid, path, &actions, &attributes, argv, environment) != 0) {
        pid = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

/* The runner's arguments, in the order that its main.c reads them. */
static pid_t spawn_runner(const WorkerStart *start, int socket) {
    const ProgramLimits *limits = &start->limits;
    const uint64_t numbers[N_NUMBERS] = {
        start->is_unsafe,   limits->wall_ms,   limits->cpu_ms, limits->memory_bytes,
        limits->file_bytes, limits->n_threads, limits->n_files};
    char texts[N_NUMBERS][24], path[PATH_MAX];
    const char *argv[N_NUMBERS + 4 + PYTHON_PATHS] = {path};
    size_t n = 1;
    snprintf(path, sizeof path, "%s/programs-runner", start->helper_dir);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        snprintf(texts[i], sizeof texts[i], "%llu", (unsigned long long)numbers[i]);
        argv[n++] = texts[i];
    }
    argv[n++] = start->helper_dir;
    argv[n++] = start->python->executable;
    for (uint32_t i = 0; i < start->python->n_paths; i++) {
        argv[n++] = start->python->paths[i];
    }
    return spawn(path, (char *const *)(uintptr_t)argv, socket);
}

EmendStatus worker_start(Worker *worker, const WorkerStart *start, EmendError *err) {
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "programs: no descriptor for a runner: %s",
                          strerror(errno));
    }
    pid_t pid = spawn_runner(start, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return emend_fail(err, EMEND_NOT_FOUND,
                          "%s/programs-runner: it cannot be started; it must lie in the plugin's "
                          "package: install the plugin again",
                          start->helper_dir);
    }
    worker->pid = pid;
    worker->socket = pair[0];
    return EMEND_OK;
}

/* Moves n bytes either way, looking at the user's wish to stop. */
static EmendStatus move_bytes(const Worker *worker, const EmendHost *host, void *data, uint64_t n,
                              short direction, int64_t deadline_ms) {
    char *bytes = data;
    while (n > 0) {
        struct pollfd waited = {worker->socket, direction, 0};
        int ready = poll(&waited, 1, POLL_MS);
        if (host->is_cancelled(host)) {
            return EMEND_CANCELLED;
        }
        if (ready == 0 && now_ms() > deadline_ms) {
            return EMEND_UNAVAILABLE;
        }
        if (ready <= 0) {
            continue;
        }
        ssize_t moved = direction == POLLIN
                            ? recv(worker->socket, bytes, n, MSG_DONTWAIT)
                            : send(worker->socket, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (moved <= 0) {
            return EMEND_UNAVAILABLE;
        }
        bytes += moved;
        n -= (uint64_t)moved;
    }
    return EMEND_OK;
}

static EmendStatus read_reply(const Worker *worker, const EmendHost *host, WorkerReply *reply,
                              int64_t deadline_ms) {
    WireReply *wire = &reply->wire;
    ProgramOutput *output = &reply->output;
    EmendStatus status = move_bytes(worker, host, wire, sizeof *wire, POLLIN, deadline_ms);
    bool is_sound = wire->detail_bytes <= WIRE_DETAIL && wire->head_bytes <= sizeof output->head &&
                    wire->tail_bytes <= sizeof output->tail;
    if (status != EMEND_OK || !is_sound) {
        *reply = (WorkerReply){0};
        return status == EMEND_OK ? EMEND_UNAVAILABLE : status;
    }
    *output = (ProgramOutput){
        .n_bytes = wire->output_bytes, .n_head = wire->head_bytes, .n_tail = wire->tail_bytes};
    const struct {
        char *data;
        uint32_t n;
    } parts[] = {{reply->detail, wire->detail_bytes},
                 {output->head, output->n_head},
                 {output->tail, output->n_tail}};
    for (size_t i = 0; i < 3 && status == EMEND_OK; i++) {
        status = move_bytes(worker, host, parts[i].data, parts[i].n, POLLIN, deadline_ms);
    }
    reply->detail[status == EMEND_OK ? wire->detail_bytes : 0] = '\0';
    return status;
}

EmendStatus worker_greet(Worker *worker, const WorkerStart *start, EmendError *err) {
    WorkerReply reply = {0};
    EmendStatus status = read_reply(worker, start->host, &reply, now_ms() + START_MS);
    if (status == EMEND_OK && reply.wire.status == EMEND_OK) {
        return EMEND_OK;
    }
    worker_stop(worker);
    if (status == EMEND_CANCELLED) {
        return emend_fail(err, status, "programs: stopped while the sandbox was made");
    }
    status = status == EMEND_OK ? reply.wire.status : EMEND_UNAVAILABLE;
    return emend_fail(
        err, status,
        start->is_unsafe
            ? "programs: %s; the interpreters cannot be started"
            : "programs: %s; untrusted programs run only where the kernel (5.14 or newer) lets "
              "this "
              "user make namespaces: allow them (sysctl kernel.unprivileged_userns_clone=1, "
              "kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces; in a "
              "container its seccomp profile too), or ask for no sandbox in so many words: "
              "--unsafe-no-sandbox",
        reply.detail[0] ? reply.detail : "the runner ended as it started");
}

EmendStatus worker_ask(Worker *worker, const WorkerStart *start, const WireRequest *request,
                       EmendStr program, EmendBytes tests, WorkerReply *reply) {
    int64_t deadline = now_ms() + start->limits.wall_ms + SLACK_MS;
    const struct {
        const void *data;
        uint64_t n;
    } parts[] = {{request, sizeof *request}, {program.ptr, program.len}, {tests.ptr, tests.len}};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < 3 && status == EMEND_OK; i++) {
        status = move_bytes(worker, start->host, (void *)(uintptr_t)parts[i].data, parts[i].n,
                            POLLOUT, deadline);
    }
    if (status == EMEND_OK) {
        status = read_reply(worker, start->host, reply, deadline);
    }
    if (status == EMEND_OK && reply->wire.status != EMEND_OK) {
        status = EMEND_UNAVAILABLE;
    }
    if (status != EMEND_OK) {
        worker_stop(worker);
    }
    return status;
}

void worker_stop(Worker *worker) {
    if (worker->socket >= 0) {
        close(worker->socket);
    }
    if (worker->pid > 0) {
        kill(worker->pid, SIGKILL);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    worker->pid = 0;
    worker->socket = -1;
}
