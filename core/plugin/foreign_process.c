/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side. */
#include "plugin/foreign_process.h"
#include "manifest/utf8.h"
#include "plugin/foreign_wire.h"
#include "plugin/spawned.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What starting it and loading the library may take, on a busy machine. */
enum { START_MS = 60000 };

struct ForeignProcess {
    const char *program;
    const Package *package;
    const Emend__Function *function;
    char *config;
    size_t config_bytes;
    pid_t pid; /* 0: it does not run */
    int socket;
    uint64_t serial;
    char *frame; /* of the turn that is sent */
    size_t capacity;
};

ForeignProcess *foreign_process_create(const char *program, const Package *package,
                                       const Emend__Function *function, EmendBytes config) {
    ForeignProcess *process = calloc(1, sizeof *process);
    char *copy = malloc((size_t)config.len + 1);
    if (!process || !copy) {
        free(process);
        free(copy);
        return NULL;
    }
    if (config.len > 0) {
        memcpy(copy, config.ptr, (size_t)config.len);
    }
    *process = (ForeignProcess){.program = program,
                                .package = package,
                                .function = function,
                                .config = copy,
                                .config_bytes = (size_t)config.len,
                                .socket = -1};
    return process;
}

/* Ends it, where it has not; *status as waitpid gives it. */
static void reap(ForeignProcess *process, int *status) {
    *status = 0;
    if (process->pid > 0) {
        kill(-process->pid, SIGKILL); // what it may have started too
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, status, 0) < 0 && errno == EINTR) {
        }
    }
    if (process->socket >= 0) {
        close(process->socket);
    }
    process->pid = 0;
    process->socket = -1;
}

void foreign_process_destroy(ForeignProcess *process) {
    int status = 0;
    if (process) {
        reap(process, &status);
        free(process->config);
        free(process->frame);
    }
    free(process);
}

__attribute__((format(printf, 2, 3))) static void fail(EmendScore *out, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *out = emend_no_score(EMEND_SCORE_ERROR, text);
}

/* Ends the process because of what came, or did not, and says so. */
static void give_up(ForeignProcess *process, ForeignEnd end, uint32_t limit_ms, EmendScore *out) {
    int status = 0;
    reap(process, &status);
    if (end == FOREIGN_LATE) {
        fail(out, "its process did not answer within %u ms", limit_ms);
    } else if (end == FOREIGN_DONE) {
        fail(out, "its process answered what is no score");
    } else if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        fail(out, "its process ended with SIG%s", name ? name : "UNKNOWN");
    } else {
        fail(out, "its process ended with exit code %d", WEXITSTATUS(status));
    }
}

/* ---- starting ------------------------------------------------------------------------------- */

static size_t index_of(const ForeignProcess *process) {
    const Emend__PluginManifest *manifest = process->package->manifest;
    size_t i = 0;
    while (i < manifest->n_function && manifest->function[i] != process->function) {
        i++;
    }
    return i;
}

/* An errno, or 0. The function has the environment of this process, and nowhere to write. */
static int spawn(ForeignProcess *process) {
    char name[] = "emend", command[] = FOREIGN_COMMAND, protocol[16], index[32];
    int ends[2];
    snprintf(protocol, sizeof protocol, "%u", FOREIGN_PROTOCOL);
    snprintf(index, sizeof index, "%zu", index_of(process));
    char *words[] = {name,  command, protocol, (char *)(uintptr_t)process->package->dir,
                     index, NULL};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return errno;
    }
    process->socket = ends[0];
    int theirs = spawned_fd(ends[1]);
    int null = theirs < 0 ? -1 : spawned_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    int error = null < 0 ? errno : 0;
    if (error == 0) {
        error = spawned_start(process->program, words, environ, (const int[]){null, null, theirs},
                              &process->pid);
    }
    close(theirs);
    close(null);
    if (error) {
        process->pid = 0;
        close(process->socket);
        process->socket = -1;
    }
    return error;
}

/* Tells it its config, and hears whether it has its function. */
static ForeignEnd greet(ForeignProcess *process, ForeignHead *head, ForeignReady *ready) {
    int64_t end_ms = foreign_now_ms() + START_MS;
    *head = (ForeignHead){.word = FOREIGN_CONFIG, .n_bytes = process->config_bytes};
    ForeignEnd end = foreign_send(process->socket, head, sizeof *head, end_ms);
    if (end == FOREIGN_DONE) {
        end = foreign_send(process->socket, process->config, process->config_bytes, end_ms);
    }
    if (end == FOREIGN_DONE) {
        end = foreign_receive(process->socket, head, sizeof *head, end_ms);
    }
    if (end == FOREIGN_DONE && head->word == FOREIGN_READY && head->n_bytes == sizeof *ready) {
        end = foreign_receive(process->socket, ready, sizeof *ready, end_ms);
    }
    ready->text[sizeof ready->text - 1] = '\0';
    return end;
}

static bool start(ForeignProcess *process, EmendScore *out) {
    ForeignHead head = {.word = 0};
    ForeignReady ready = {.status = EMEND_OK};
    int error = spawn(process);
    if (error) {
        fail(out, "its process cannot be started: %s", strerror(error));
        return false;
    }
    ForeignEnd end = greet(process, &head, &ready);
    if (end != FOREIGN_DONE || head.word != FOREIGN_READY || head.n_bytes != sizeof ready) {
        give_up(process, end, START_MS, out);
        return false;
    }
    if (ready.status != EMEND_OK) {
        int status = 0;
        reap(process, &status);
        fail(out, "%s", ready.text);
        return false;
    }
    return true;
}

/* ---- calling -------------------------------------------------------------------------------- */

/* The frame of a turn, in process->frame; its bytes, or 0 where memory is gone. */
static size_t put_turn(ForeignProcess *process, const ForeignInputs *inputs) {
    ForeignHead head = {
        .word = FOREIGN_TURN, .serial = ++process->serial, .n_bytes = sizeof *inputs};
    for (size_t t = 0; t < FOREIGN_TEXTS; t++) {
        head.n_bytes += inputs->texts[t].len;
    }
    size_t n_bytes = sizeof head + (size_t)head.n_bytes;
    if (n_bytes > process->capacity) {
        char *frame = realloc(process->frame, n_bytes);
        if (!frame) {
            return 0;
        }
        process->frame = frame;
        process->capacity = n_bytes;
    }
    char *at = process->frame;
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    memcpy(at, inputs, sizeof *inputs);
    at += sizeof *inputs;
    for (size_t t = 0; t < FOREIGN_TEXTS; t++) {
        if (inputs->texts[t].len > 0) {
            memcpy(at, inputs->texts[t].ptr, (size_t)inputs->texts[t].len);
            at += inputs->texts[t].len;
        }
    }
    return n_bytes;
}

/* Whether what came is what foreign_call may give: a function can write to the socket too. */
static bool is_score(const EmendScore *score) {
    size_t len = strnlen(score->reason, sizeof score->reason);
    return len < sizeof score->reason && utf8_valid_len(score->reason, len) == len &&
           ((score->state == EMEND_SCORE_VALUE && isfinite(score->value)) ||
            ((score->state == EMEND_SCORE_ABSTAIN || score->state == EMEND_SCORE_ERROR) &&
             len > 0));
}

void foreign_process_call(ForeignProcess *process, const ForeignInputs *inputs, EmendScore *out) {
    if (process->pid == 0 && !start(process, out)) {
        return;
    }
    size_t n_bytes = put_turn(process, inputs);
    if (n_bytes == 0) {
        fail(out, "no memory is left for its arguments");
        return;
    }
    uint32_t limit_ms = process->function->timeout_ms;
    int64_t end_ms = foreign_now_ms() + limit_ms;
    ForeignHead head = {.word = 0};
    EmendScore score = {.state = EMEND_SCORE_NONE};
    ForeignEnd end = foreign_send(process->socket, process->frame, n_bytes, end_ms);
    if (end == FOREIGN_DONE) {
        end = foreign_receive(process->socket, &head, sizeof head, end_ms);
    }
    bool is_answer = end == FOREIGN_DONE && head.word == FOREIGN_SCORE &&
                     head.serial == process->serial && head.n_bytes == sizeof score;
    if (is_answer) {
        end = foreign_receive(process->socket, &score, sizeof score, end_ms);
    }
    if (end == FOREIGN_DONE && is_answer && is_score(&score)) {
        *out = score;
    } else {
        give_up(process, end, limit_ms, out);
    }
}
