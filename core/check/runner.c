/* SPDX-License-Identifier: Apache-2.0 */
#include "check/runner.h"
#include "check/scratch.h"
#include "check/subject.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SECONDS = 20, /* of a test without a limit of its own */
    KEPT_BYTES = 4096,
    LOOK_MS = 20
};

/* What the test's process writes to one of its standard streams. */
typedef struct Stream {
    const char *name;
    int fd; /* the end we read; -1: closed */
    size_t n_bytes, n_kept;
    char kept[KEPT_BYTES];
} Stream;

typedef struct Child {
    pid_t pid;
    Stream out, err;
    int status; /* as waitpid gives it */
    bool is_late, is_cancelled;
} Child;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- the child ------------------------------------------------------------------------------ */

static void run_test(const KitTest *test, Kit *kit) {
    subject_role_set(EMEND_ROLE_CONTROL);
    kit_enter(kit, "the test");
    test->run(kit);
    kit_enter(kit, "the end of the process");
    kit->result->is_over = true;
}

static void become_child(const int out[2], const int err[2], const char *folder) {
    const struct rlimit no_core = {0, 0};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &no_core);
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    const int ours[] = {null, out[0], out[1], err[0], err[1]};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (ours[i] > STDERR_FILENO) {
            close(ours[i]);
        }
    }
    if (chdir(folder) != 0) {
        _exit(EXIT_FAILURE);
    }
}

static EmendStatus spawn(const KitTest *test, Kit *kit, Child *child, EmendError *err) {
    int out[2], errors[2];
    if (pipe2(out, O_CLOEXEC) != 0) {
        return emend_fail(err, EMEND_UNAVAILABLE, "a pipe cannot be made: %s", strerror(errno));
    }
    if (pipe2(errors, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return emend_fail(err, EMEND_UNAVAILABLE, "a pipe cannot be made: %s", strerror(errno));
    }
    fflush(NULL);
    child->pid = fork();
    if (child->pid == 0) {
        become_child(out, errors, kit->scratch);
        run_test(test, kit);
        // With exit(), so that the plugin's destructors run, and the leak checker of a sanitizer.
        exit(EXIT_SUCCESS);
    }
    int problem = errno;
    close(out[1]);
    close(errors[1]);
    child->out.fd = out[0];
    child->err.fd = errors[0];
    if (child->pid < 0) {
        close(out[0]);
        close(errors[0]);
        return emend_fail(err, EMEND_UNAVAILABLE, "a process cannot be made: %s",
                          strerror(problem));
    }
    setpgid(child->pid, child->pid); // whoever of the two is first
    fcntl(child->out.fd, F_SETFL, O_NONBLOCK);
    fcntl(child->err.fd, F_SETFL, O_NONBLOCK);
    return EMEND_OK;
}

/* ---- watching it ---------------------------------------------------------------------------- */

/* Takes what is there; a stream at its end is closed. */
static void drain(Stream *stream) {
    char bytes[KEPT_BYTES];
    while (stream->fd >= 0) {
        ssize_t n = read(stream->fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0) {
            close(stream->fd);
            stream->fd = -1;
            return;
        }
        size_t room = sizeof stream->kept - stream->n_kept;
        size_t n_kept = (size_t)n < room ? (size_t)n : room;
        memcpy(stream->kept + stream->n_kept, bytes, n_kept);
        stream->n_kept += n_kept;
        stream->n_bytes += (size_t)n;
        if (stream->n_bytes > (size_t)64 << 20) {
            return; // it writes for ever: look at the clock
        }
    }
}

static void await(Child *child, double deadline, const volatile int *cancel) {
    for (;;) {
        struct pollfd ends[] = {{.fd = child->out.fd, .events = POLLIN},
                                {.fd = child->err.fd, .events = POLLIN}};
        bool is_quiet = child->out.fd < 0 && child->err.fd < 0;
        poll(ends, 2, is_quiet ? 1 : LOOK_MS);
        drain(&child->out);
        drain(&child->err);
        siginfo_t ended = {0};
        waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
        if (ended.si_pid == child->pid) {
            break;
        }
        child->is_late = now() > deadline;
        child->is_cancelled = cancel && *cancel;
        if (child->is_late || child->is_cancelled) {
            break;
        }
    }
    // With what it may have started; before it is waited for, so that the number is still its own.
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    waitpid(child->pid, &child->status, 0);
    drain(&child->out);
    drain(&child->err);
    for (int i = 0; i < 2; i++) {
        Stream *stream = i == 0 ? &child->out : &child->err;
        if (stream->fd >= 0) {
            close(stream->fd);
        }
    }
}

/* ---- what came of it ------------------------------------------------------------------------ */

/* What it says first, on one line. */
static void excerpt(const Stream *stream, char *text, size_t capacity) {
    size_t at = 0, len = 0;
    while (at < stream->n_kept && (strchr("=-* \t\r\n", stream->kept[at]) != NULL)) {
        at++;
    }
    while (at + len < stream->n_kept && len + 1 < capacity) {
        char c = stream->kept[at + len];
        text[len++] = c == '\n' || c == '\0' ? ' ' : c;
    }
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    text[len] = '\0';
}

static const char *remedy_of_crash(const char *said) {
    return strstr(said, "terminate called")
               ? "catch every C++ exception inside the plugin and return a status instead"
           : strstr(said, "Sanitizer") ? "mend what the sanitizer's report shows"
                                       : "run the command below under gdb, with --in-process";
}

static void judge(const Child *child, double seconds, KitResult *result) {
    char said[512];
    excerpt(child->err.n_kept > 0 ? &child->err : &child->out, said, sizeof said);
    const char *operation = result->operation;
    const char *quoted = said[0] ? ": " : "";
    if (result->verdict == RESULT_FAILED) {
        return; // what was found first led to the rest
    }
    if (child->is_late) {
        result_fail(result, "make the call return, or give the test longer with --timeout",
                    "%s had not come back after %.0f s; it must return", operation, seconds);
    } else if (WIFSIGNALED(child->status)) {
        int number = WTERMSIG(child->status);
        const char *name = sigabbrev_np(number);
        result_fail(result, remedy_of_crash(said), "%s crashed with SIG%s (%s)%s%s; it must return",
                    operation, name ? name : "?", strsignal(number), quoted, said);
    } else if (!result->is_over || WEXITSTATUS(child->status) != 0) {
        result_fail(result,
                    strstr(said, "Sanitizer") ? "mend what the sanitizer's report shows"
                                              : "return a status instead of ending the process",
                    "%s ended the process with exit code %d%s%s; a plugin never exits", operation,
                    WEXITSTATUS(child->status), quoted, said);
    } else if (child->out.n_bytes + child->err.n_bytes > 0) {
        bool is_out = child->out.n_bytes > 0;
        result_fail(result, "take the print away, or use host->log",
                    "the plugin wrote %zu bytes to standard %s: \"%s\"; a plugin never prints",
                    is_out ? child->out.n_bytes : child->err.n_bytes, is_out ? "output" : "error",
                    said);
    }
}

static EmendStatus run_in_child(const RunnerOptions *options, const KitTest *test, Kit *kit,
                                EmendError *err) {
    double begun = now();
    double seconds = options->seconds ? options->seconds : test->seconds ? test->seconds : SECONDS;
    Child child = {.out = {.name = "output"}, .err = {.name = "error"}};
    EmendStatus status = spawn(test, kit, &child, err);
    if (status != EMEND_OK) {
        return status;
    }
    await(&child, begun + seconds, options->cancel);
    if (child.is_cancelled) {
        return emend_fail(err, EMEND_CANCELLED, "stopped by the user");
    }
    result_tidy(kit->result);
    judge(&child, seconds, kit->result);
    kit->result->seconds = now() - begun;
    return EMEND_OK;
}

static EmendStatus run_here(const KitTest *test, Kit *kit, EmendError *err) {
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder) || chdir(kit->scratch) != 0) {
        return emend_fail(err, EMEND_UNAVAILABLE, "%s: %s", kit->scratch, strerror(errno));
    }
    double begun = now();
    run_test(test, kit);
    kit->result->seconds = now() - begun;
    return chdir(folder) == 0
               ? EMEND_OK
               : emend_fail(err, EMEND_UNAVAILABLE, "%s: %s", folder, strerror(errno));
}

EmendStatus runner_run(const RunnerOptions *options, const KitTest *test, Kit *kit, KitResult *out,
                       EmendError *err) {
    char folder[PATH_MAX];
    KitResult *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for a test");
    }
    EmendStatus status = scratch_make(kit->golden ? kit->golden->dir : NULL, folder, err);
    if (status == EMEND_OK) {
        kit->scratch = folder;
        kit->result = shared;
        pthread_mutex_init(&kit->mutex, NULL);
        status = options->is_in_process ? run_here(test, kit, err)
                                        : run_in_child(options, test, kit, err);
        pthread_mutex_destroy(&kit->mutex);
        scratch_remove(folder);
        result_tidy(shared);
        *out = *shared;
    }
    kit->scratch = NULL;
    kit->result = NULL;
    munmap(shared, sizeof *shared);
    return status;
}
