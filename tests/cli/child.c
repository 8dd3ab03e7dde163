/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Longer than any test needs on a busy machine.
enum { PATIENCE_MS = 100000 };

static char folder[64];

/* ---- output --------------------------------------------------------------------------------- */

typedef struct Stream {
    int fd;
    char *text;
    size_t len;
    size_t seen; /* bytes in lines that the watcher got */
} Stream;

// Appends what there is; false at the end.
static bool stream_read(Stream *stream) {
    char block[65536];
    ssize_t n = read(stream->fd, block, sizeof block);
    // A terminal whose other side is closed reads as EIO.
    if (n <= 0) {
        ck_assert_msg(n == 0 || errno == EIO, "reading from the child: %s", strerror(errno));
        return false;
    }
    stream->text = realloc(stream->text, stream->len + (size_t)n + 1);
    ck_assert_ptr_nonnull(stream->text);
    memcpy(stream->text + stream->len, block, (size_t)n);
    stream->len += (size_t)n;
    stream->text[stream->len] = '\0';
    return true;
}

static void show_lines(Stream *stream, const ChildArgs *args, pid_t pid) {
    char *end = NULL;
    while (args->watch && stream->text && (end = strchr(stream->text + stream->seen, '\n'))) {
        *end = '\0';
        args->watch(args->watch_ctx, pid, stream->text + stream->seen);
        *end = '\n';
        stream->seen = (size_t)(end - stream->text) + 1;
    }
}

// Reads both streams until they end.
static void listen_to(Stream streams[2], const ChildArgs *args, pid_t pid) {
    int n_open = 2;
    while (n_open > 0) {
        struct pollfd ready[2] = {{streams[0].fd, POLLIN, 0}, {streams[1].fd, POLLIN, 0}};
        int n = poll(ready, 2, PATIENCE_MS);
        if (n <= 0) {
            kill(pid, SIGKILL);
            ck_abort_msg("the child is silent for %d s", PATIENCE_MS / 1000);
        }
        for (int i = 0; i < 2; i++) {
            if (ready[i].revents && !stream_read(&streams[i])) {
                close(streams[i].fd);
                streams[i].fd = -1;
                n_open--;
            }
        }
        show_lines(&streams[0], args, pid);
    }
}

/* ---- the child ------------------------------------------------------------------------------ */

static void limit_files(size_t max_file_bytes) {
    struct rlimit limit = {max_file_bytes, max_file_bytes};
    if (max_file_bytes > 0 && setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(126);
    }
}

static _Noreturn void become(const ChildArgs *args) {
    const char *words[64] = {args->program ? args->program : EMEND_PROGRAM};
    size_t n = 1;
    for (; args->words && args->words[n - 1] && n < 63; n++) {
        words[n] = args->words[n - 1];
    }
    for (size_t i = 0; args->env && args->env[i]; i++) {
        putenv((char *)args->env[i]);
    }
    limit_files(args->max_file_bytes);
    // A background job's signals may be ignored; a user's are not.
    signal(SIGINT, SIG_DFL);
    execvp(words[0], (char *const *)words);
    _exit(127);
}

static pid_t start_on_terminal(const ChildArgs *args, Stream streams[2]) {
    struct winsize size = {.ws_row = 24, .ws_col = 100};
    pid_t pid = forkpty(&streams[0].fd, NULL, NULL, &size);
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        become(args);
    }
    // Nothing comes on the second stream, which ends at once.
    int nothing[2];
    ck_assert_int_eq(pipe(nothing), 0);
    close(nothing[1]);
    streams[1].fd = nothing[0];
    return pid;
}

// `in` is the standard input, or -1: ours.
static pid_t start_on_pipes_from(const ChildArgs *args, int in, Stream streams[2]) {
    int out[2], err[2];
    ck_assert_int_eq(pipe(out), 0);
    ck_assert_int_eq(pipe(err), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (in >= 0) {
            dup2(in, STDIN_FILENO);
        }
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        int ends[] = {out[0], out[1], err[0], err[1]};
        for (int i = 0; i < 4; i++) {
            close(ends[i]);
        }
        become(args);
    }
    close(out[1]);
    close(err[1]);
    streams[0].fd = out[0];
    streams[1].fd = err[0];
    return pid;
}

static pid_t start_on_pipes(const ChildArgs *args, Stream streams[2]) {
    return start_on_pipes_from(args, -1, streams);
}

// Hears both streams out, and waits for the end.
static Child await_end(pid_t pid, const ChildArgs *args, Stream streams[2]) {
    struct rusage usage = {0};
    int status = 0;
    listen_to(streams, args, pid);
    ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
    return (Child){.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                   .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                   .out = streams[0].text ? streams[0].text : strdup(""),
                   .err = streams[1].text ? streams[1].text : strdup(""),
                   .peak_kib = usage.ru_maxrss};
}

Child child_run(const ChildArgs *args) {
    Stream streams[2] = {{.fd = -1}, {.fd = -1}};
    pid_t pid =
        args->is_on_terminal ? start_on_terminal(args, streams) : start_on_pipes(args, streams);
    return await_end(pid, args, streams);
}

/* ---- talking -------------------------------------------------------------------------------- */

Talk talk_begin(const ChildArgs *args) {
    Stream streams[2] = {{.fd = -1}, {.fd = -1}};
    int in[2];
    // Closed in the child by its exec, so that closing ours ends its input.
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    pid_t pid = start_on_pipes_from(args, in[0], streams);
    close(in[0]);
    return (Talk){.pid = pid, .in = in[1], .out = streams[0].fd, .err = streams[1].fd};
}

void talk_say(const Talk *talk, const char *text) {
    ck_assert_int_eq(write(talk->in, text, strlen(text)), (ssize_t)strlen(text));
}

const char *talk_hear(const Talk *talk) {
    static char line[4096];
    size_t len = 0;
    while (len == 0 || line[len - 1] != '\n') {
        struct pollfd ready = {talk->out, POLLIN, 0};
        ck_assert_uint_lt(len, sizeof line - 1);
        if (poll(&ready, 1, PATIENCE_MS) <= 0 || read(talk->out, &line[len], 1) != 1) {
            kill(talk->pid, SIGKILL);
            ck_abort_msg("the child says nothing after: %.*s", (int)len, line);
        }
        len++;
    }
    line[len] = '\0';
    return line;
}

void talk_leave(Talk *talk) {
    int nothing[2];
    ck_assert_int_eq(pipe(nothing), 0);
    close(nothing[1]);
    close(talk->out);
    talk->out = nothing[0];
}

Child talk_end(Talk *talk, bool is_open) {
    Stream streams[2] = {{.fd = talk->out}, {.fd = talk->err}};
    if (!is_open) {
        close(talk->in);
    }
    Child child = await_end(talk->pid, &(ChildArgs){0}, streams);
    if (is_open) {
        close(talk->in);
    }
    return child;
}

void child_finish(Child *child) {
    free(child->out);
    free(child->err);
    *child = (Child){0};
}

/* ---- claims --------------------------------------------------------------------------------- */

void child_expect(const Child *child, int code) {
    ck_assert_msg(child->code == code && child->signal == 0,
                  "the code is %d (signal %d); it must be %d\n-- out\n%s\n-- err\n%s", child->code,
                  child->signal, code, child->out, child->err);
}

void child_says(const char *where, const char *text) {
    ck_assert_msg(strstr(where, text) != NULL, "\"%s\" must be in:\n%s", text, where);
}

void child_has_one_error(const Child *child) {
    ck_assert_msg(strncmp(child->err, "emend: ", 7) == 0, "not a message: %s", child->err);
    for (const char *at = strchr(child->err, '\n'); at && at[1]; at = strchr(at + 1, '\n')) {
        ck_assert_msg(at[1] == ' ', "a second message, in:\n%s", child->err);
    }
    ck_assert_msg(child->err[strlen(child->err) - 1] == '\n', "a line is cut: %s", child->err);
}

json_t *child_json(const Child *child) {
    json_t *all = json_array();
    char *copy = strdup(child->out), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && rest;) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(json_is_object(object), "not a JSON object: %s: %s", line, error.text);
        json_array_append_new(all, object);
    }
    free(copy);
    return all;
}

/* ---- files ---------------------------------------------------------------------------------- */

void scratch_begin(void) {
    // Much is synced in a run, which costs nothing in memory.
    bool has_memory = access("/dev/shm", W_OK) == 0;
    snprintf(folder, sizeof folder, "%s/emend-cli-XXXXXX", has_memory ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    unsetenv("EMEND_PLUGIN_PATH");
    unsetenv("EMEND_PROBE");
    setenv("XDG_DATA_HOME", folder, 1);
    setenv("XDG_CACHE_HOME", scratch("cache"), 1);
    setenv("HOME", folder, 1);
}

static int drop_one(const char *path, const struct stat *facts, int flag, struct FTW *walk) {
    (void)facts;
    (void)flag;
    (void)walk;
    return remove(path);
}

void folder_drop(const char *path) {
    nftw(path, drop_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_end(void) {
    folder_drop(folder);
}

const char *scratch(const char *format, ...) {
    static char paths[16][PATH_MAX];
    static size_t next;
    char name[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    char *path = paths[next++ % 16];
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

const char *fixture(const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, EMEND_SOURCE_DIR "/tests/fixtures/recipes/%s", name);
    return path;
}

char *file_get(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*len + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *len, file), *len);
    bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

void file_put(const char *path, const void *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

bool file_is(const char *path) {
    return access(path, F_OK) == 0;
}

void folder_copy(const char *from, const char *to) {
    const char *const words[] = {"-r", from, to, NULL};
    Child child = child_run(&(ChildArgs){.program = "cp", .words = words});
    child_expect(&child, 0);
    child_finish(&child);
}
