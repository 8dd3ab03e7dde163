/* SPDX-License-Identifier: Apache-2.0 */
/* Examples in a process that they may end, on memory that outlives it. */
#include "manifest/text.h"
#include "manifest/utf8.h"
#include "plugin/foreign_examples.h"
#include "plugin/foreign_words.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT_BYTES 2048u
#define OUTPUT_BYTES_MAX (1u << 20)

const ForeignLimits foreign_limits = {.wall_ms = 10000, .cpu_s = 10};

/* What the child leaves, in memory both see. */
typedef struct Trace {
    volatile uint32_t at; /* the example that runs; n_example: none */
    uint32_t is_done;     /* status and text are set */
    EmendStatus status;
    char text[TEXT_BYTES];
} Trace;

/* How the child came to its end. */
typedef struct End {
    int status; /* of waitpid */
    bool is_late;
    char said[256]; /* the last line it wrote, or "" */
} End;

static void limit(int what, rlim_t most) {
    struct rlimit now;
    if (getrlimit(what, &now) == 0 && (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)) {
        struct rlimit lower = {most, most};
        setrlimit(what, &lower);
    }
}

/* A process of its own kind: no handler, mask, terminal or limit of this one holds. */
static void settle(int output, const ForeignLimits *limits) {
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    for (int i = 1; i < SIGRTMIN; i++) {
        signal(i, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, OUTPUT_BYTES_MAX);
    struct rlimit cpu = {limits->cpu_s, limits->cpu_s + 1}; // SIGXCPU first, then SIGKILL
    setrlimit(RLIMIT_CPU, &cpu);
}

static void run_child(const Emend__Function *function, const char *path, Trace *trace) {
    EmendError err = emend_error_on(trace->text, sizeof trace->text);
    trace->status = foreign_examples_run(function, path, &trace->at, &err);
    trace->is_done = 1;
    _exit(0);
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True once the child has ended; false where it did not in time. */
static bool wait_until(int child, unsigned wall_ms) {
    long long end = now_ms() + wall_ms;
    for (;;) {
        struct pollfd waited = {.fd = child, .events = POLLIN};
        long long left = end - now_ms();
        int n = poll(&waited, 1, left > 0 ? (int)left : 0);
        if (n > 0 || (n == 0 && left <= 0) || (n < 0 && errno != EINTR)) {
            return n > 0;
        }
    }
}

/* The last line of what the child wrote, fit for a message. */
static void read_said(int output, char line[256]) {
    char text[1024];
    off_t size = lseek(output, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t n = pread(output, text, sizeof text, from);
    size_t end = n > 0 ? (size_t)n : 0;
    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\0')) {
        end--;
    }
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n' && end - start < 200) {
        start--;
    }
    size_t len = utf8_valid_len(text + start, end - start);
    for (size_t i = 0; i < len; i++) {
        line[i] = (unsigned char)text[start + i] < ' ' ? ' ' : text[start + i];
    }
    line[len] = '\0';
}

static EmendStatus run(const Emend__Function *function, const char *path,
                       const ForeignLimits *limits, Trace *trace, End *end, EmendError *err) {
    int output = memfd_create("emend-examples", MFD_CLOEXEC);
    pid_t pid = output < 0 ? -1 : fork();
    if (pid == 0) {
        settle(output, limits);
        run_child(function, path, trace);
    }
    int child = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (pid < 0) {
        int why = errno;
        if (output >= 0) {
            close(output);
        }
        return emend_fail(err, EMEND_UNAVAILABLE, "its examples cannot be run in a process: %s",
                          strerror(why));
    }
    // Where the kernel knows no pidfd, the limit on CPU time alone ends a loop.
    siginfo_t info;
    end->is_late = child >= 0 && !wait_until(child, limits->wall_ms);
    while (child < 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    kill(-pid, SIGKILL); // what it may have started too; its number is not anyone else's yet
    kill(pid, SIGKILL);
    while (waitpid(pid, &end->status, 0) < 0 && errno == EINTR) {
    }
    read_said(output, end->said);
    if (child >= 0) {
        close(child);
    }
    close(output);
    return EMEND_OK;
}

/* "example[1] ended the process with SIGSEGV", or what else became of it. */
static void describe(const Emend__Function *function, const Trace *trace, const End *end,
                     const ForeignLimits *limits, char text[TEXT_BYTES]) {
    char who[64] = "its library, while it was loaded,";
    char how[128];
    if (trace->at < function->n_example) {
        snprintf(who, sizeof who, "example[%u]", trace->at);
    }
    if (end->is_late) {
        snprintf(how, sizeof how, "was not done after %u second%s", limits->wall_ms / 1000,
                 limits->wall_ms / 1000 == 1 ? "" : "s");
    } else if (WIFSIGNALED(end->status) && WTERMSIG(end->status) == SIGXCPU) {
        snprintf(how, sizeof how, "was not done after %u second%s of CPU time", limits->cpu_s,
                 limits->cpu_s == 1 ? "" : "s");
    } else if (WIFSIGNALED(end->status)) {
        const char *name = sigabbrev_np(WTERMSIG(end->status));
        snprintf(how, sizeof how, "ended the process with SIG%s", name ? name : "UNKNOWN");
    } else {
        snprintf(how, sizeof how, "ended the process with exit code %d", WEXITSTATUS(end->status));
    }
    snprintf(text, TEXT_BYTES, "%s %s%s%s%s", who, how, end->said[0] ? ", after it wrote \"" : "",
             end->said, end->said[0] ? "\"" : "");
}

/* Where the example stands: "file:line:col". */
static void place_of(const Package *package, const Emend__Function *function, uint32_t at,
                     char *place, size_t capacity) {
    const Emend__PluginManifest *manifest = package->manifest;
    char path[96];
    size_t i = 0;
    TextTree *tree = NULL;
    while (i < manifest->n_function && manifest->function[i] != function) {
        i++;
    }
    snprintf(path, sizeof path, "function[%zu].example[%u]", i, at);
    snprintf(place, capacity, "%s", package->manifest_path);
    if (text_tree_load(package->manifest_path, &tree, NULL) == EMEND_OK) {
        text_tree_place(tree, path, place, capacity);
    }
    text_tree_destroy(tree);
}

EmendStatus foreign_examples_check(const Package *package, const Emend__Function *function,
                                   const char *path, const ForeignLimits *limits, EmendError *err) {
    End end = {.status = 0};
    char text[TEXT_BYTES];
    char place[512];
    Trace *trace =
        mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (trace == MAP_FAILED) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to run its examples");
    }
    trace->at = (uint32_t)function->n_example;
    EmendStatus status = run(function, path, limits, trace, &end, err);
    if (status != EMEND_OK || (trace->is_done && trace->status == EMEND_OK)) {
        goto out;
    }
    if (trace->is_done) {
        trace->text[TEXT_BYTES - 1] = '\0';
        memcpy(text, trace->text, sizeof text);
        status = trace->status;
    } else {
        describe(function, trace, &end, limits, text);
        status = EMEND_INVALID_ARGUMENT;
    }
    if (trace->at == function->n_example) { // no example is to blame
        emend_fail(err, status, "%s", text);
        goto out;
    }
    char *prototype = foreign_prototype(function);
    place_of(package, function, trace->at, place, sizeof place);
    emend_fail(err, status,
               "%s: %s; libffi cannot see a wrong signature: compare `%s` with the function's own "
               "prototype",
               place, text, prototype ? prototype : function->symbol);
    free(prototype);
out:
    munmap(trace, sizeof *trace);
    return status;
}
