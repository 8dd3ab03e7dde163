/* SPDX-License-Identifier: Apache-2.0 */
/* The side of a probe that watches: starts a process for each plugin, hears it out, and judges. */
#include "plugin/probe.h"
#include "plugin/probe_start.h"
#include "plugin/probe_wire.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* At a time. More would only share the processors. */
enum { SLOTS = 4 };
/* How often it is looked whether a process that said all is gone, and whether the user asked to
 * stop. */
enum { SOON_MS = 2, LOOK_MS = 50 };
/* What the process may take where no code of the plugin runs, on a busy machine. */
enum { OWN_LIMIT_MS = 60000 };

/* What a process wrote on one of its streams. */
typedef struct Heard {
    int fd;
    size_t len, n_bytes; /* kept, in all */
    bool keeps_end;      /* the last bytes, not the first */
    char text[1024];
} Heard;

typedef struct Probe {
    const ProbeJob *job;
    uint32_t limit_ms;
    pid_t pid;
    int report; /* descriptor, -1 once it ended */
    Heard out, err;
    ProbeReader reader;
    int64_t deadline_ms;
    char place[64]; /* what of the plugin it was about to call; "": nothing */
    bool is_done, is_refused, is_garbled, is_late, has_spoken;
} Probe;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Starts one; where it cannot be, its verdict says why and false is returned. */
static bool probe_begin(const ProbeOptions *options, const ProbeJob *job, Probe *probe) {
    int readers[PROBE_STREAMS];
    pid_t pid = -1;
    int error =
        probe_start(options->program, options->cpu_seconds, job->package->dir, &pid, readers);
    if (error) {
        *job->verdict = (ProbeVerdict){.state = PROBED_UNKNOWN, .time = (int64_t)time(NULL)};
        snprintf(job->verdict->reason, sizeof job->verdict->reason,
                 "it could not be probed: %s: %s", options->program, strerror(error));
        return false;
    }
    *probe = (Probe){.job = job,
                     .limit_ms = options->limit_ms,
                     .pid = pid,
                     .report = readers[2],
                     .out = {.fd = readers[0]},
                     .err = {.fd = readers[1], .keeps_end = true},
                     .deadline_ms = now_ms() + OWN_LIMIT_MS};
    return true;
}

/* ---- hearing -------------------------------------------------------------------------------- */

static void hear(Heard *heard) {
    char block[4096];
    ssize_t n = read(heard->fd, block, sizeof block);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        close_fd(&heard->fd);
    }
    size_t room = sizeof heard->text - 1;
    for (ssize_t i = 0; i < n; i++) {
        if (heard->len == room && heard->keeps_end) {
            memmove(heard->text, heard->text + room / 2, room - room / 2);
            heard->len = room - room / 2;
        }
        if (heard->len < room) {
            heard->text[heard->len++] = block[i];
        }
        heard->n_bytes++;
    }
    heard->text[heard->len] = '\0';
}

static void add_line(char *text, size_t capacity, const char *line) {
    size_t len = strlen(text);
    snprintf(text + len, capacity - len, "%s%s", len > 0 ? "\n" : "", line);
}

static void take_word(void *ctx, ProbeWord word, const char *text) {
    Probe *probe = ctx;
    ProbeVerdict *verdict = probe->job->verdict;
    probe->has_spoken = true;
    switch (word) {
    case PROBE_PLACE:
        snprintf(probe->place, sizeof probe->place, "%s", text);
        probe->deadline_ms = now_ms() + (text[0] ? (int64_t)probe->limit_ms : OWN_LIMIT_MS);
        break;
    case PROBE_WARNING:
        add_line(verdict->warnings, sizeof verdict->warnings, text);
        break;
    case PROBE_HARM:
        if (verdict->state != PROBED_BAD) {
            verdict->state = PROBED_BAD;
            snprintf(verdict->reason, sizeof verdict->reason, "%s", text);
        }
        break;
    case PROBE_REFUSED:
        probe->is_refused = true;
        break;
    case PROBE_DONE:
        probe->is_done = true;
        break;
    }
}

static void hear_report(Probe *probe) {
    int more = probe_read(&probe->reader, probe->report, take_word, probe);
    probe->is_garbled |= more < 0;
    if (more <= 0) {
        close_fd(&probe->report);
    }
}

/* ---- judging -------------------------------------------------------------------------------- */

/* The line of a C++ run time that says which exception nobody caught. */
static bool find_exception(const Heard *err, char *name, size_t capacity) {
    static const char before[] = "terminate called after throwing an instance of '";
    const char *at = strstr(err->text, before);
    if (!at) {
        return false;
    }
    at += sizeof before - 1;
    snprintf(name, capacity, "%.*s", (int)strcspn(at, "'\n"), at);
    return true;
}

static const char *place_name(const Probe *probe) {
    return probe->place[0] ? probe->place : "the checks around it";
}

static void judge_signal(const Probe *probe, int number, ProbeVerdict *verdict) {
    char exception[256];
    const char *name = sigabbrev_np(number);
    verdict->signal = number;
    if (number == SIGXCPU) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it did not return from %s and used up the processor time it may take",
                 place_name(probe));
    } else if (number == SIGABRT && find_exception(&probe->err, exception, sizeof exception)) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it let a C++ exception, %s, out of %s; it must be turned into a status there",
                 exception, place_name(probe));
    } else if (number == SIGABRT) {
        snprintf(verdict->reason, sizeof verdict->reason, "it aborted the process (SIGABRT) in %s",
                 place_name(probe));
    } else if (number == SIGKILL) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it was killed in %s, by the system perhaps for the memory it took",
                 place_name(probe));
    } else {
        snprintf(verdict->reason, sizeof verdict->reason, "it crashed with SIG%s (%s) in %s",
                 name ? name : "?", strsignal(number), place_name(probe));
    }
    // What the system killed may do better at another time.
    verdict->is_kept = number != SIGKILL;
}

static void add_noise(const Heard *heard, const char *stream, ProbeVerdict *verdict) {
    char line[256], first[81];
    if (heard->n_bytes == 0) {
        return;
    }
    snprintf(first, sizeof first, "%.*s", (int)strcspn(heard->text, "\n"), heard->text);
    snprintf(line, sizeof line, "it wrote to standard %s: \"%s\"", stream, first);
    add_line(verdict->warnings, sizeof verdict->warnings, line);
}

/* Bytes of any kind to a text that a message can hold. */
static void make_plain(char *text) {
    for (char *c = text; *c; c++) {
        *c = (*c >= ' ' && *c < 0x7F) || *c == '\n' ? *c : '?';
    }
}

static void judge(const ProbeOptions *options, Probe *probe, int status) {
    ProbeVerdict *verdict = probe->job->verdict;
    bool is_harmful = verdict->state == PROBED_BAD;
    make_plain(probe->out.text);
    make_plain(probe->err.text);
    verdict->time = (int64_t)time(NULL);
    verdict->is_kept = true;
    if (!is_harmful) {
        verdict->state = PROBED_BAD;
    }
    if (probe->is_late) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it did not return from %s within %g seconds", place_name(probe),
                 options->limit_ms / 1000.0);
    } else if (WIFSIGNALED(status)) {
        judge_signal(probe, WTERMSIG(status), verdict);
    } else if (!probe->has_spoken || probe->is_garbled) {
        verdict->state = PROBED_UNKNOWN;
        verdict->is_kept = false;
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it could not be probed: %s gave no report that can be read (exit code %d)",
                 options->program, WEXITSTATUS(status));
    } else if (!probe->is_done && !probe->is_refused) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it ended the process with exit code %d in %s", WEXITSTATUS(status),
                 place_name(probe));
    } else if (!is_harmful && WEXITSTATUS(status) != 0) {
        snprintf(verdict->reason, sizeof verdict->reason,
                 "it turned the exit code into %d at the end of the process", WEXITSTATUS(status));
    } else if (!is_harmful) {
        verdict->state = PROBED_GOOD;
        verdict->is_kept = probe->is_done; // what was refused in words did not run to its end
    }
    if (verdict->state == PROBED_BAD) {
        snprintf(verdict->said, sizeof verdict->said, "%s", probe->err.text);
    } else if (probe->is_done) {
        add_noise(&probe->err, "error", verdict);
    }
    if (probe->is_done) {
        add_noise(&probe->out, "output", verdict);
    }
}

/* ---- the round ------------------------------------------------------------------------------ */

static void probe_finish(Probe *probe) {
    close_fd(&probe->report);
    close_fd(&probe->out.fd);
    close_fd(&probe->err.fd);
    probe->pid = -1;
}

/* Ends the process and what it started. */
static void probe_kill(const Probe *probe) {
    kill(-probe->pid, SIGKILL);
}

/* True once the process is gone, and judged. */
static bool probe_look(const ProbeOptions *options, Probe *probe) {
    siginfo_t info = {0};
    int status = 0;
    // Its group is ended while its number cannot be another's.
    int error = waitid(P_PID, (id_t)probe->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    if (error == 0 && info.si_pid == 0) {
        if (!probe->is_late && now_ms() >= probe->deadline_ms) {
            probe->is_late = true;
            probe_kill(probe);
        }
        return false;
    }
    if (error == 0) {
        probe_kill(probe);
        waitpid(probe->pid, &status, 0);
    }
    for (int i = 0; i < 64 && probe->report >= 0; i++) {
        struct pollfd ready = {probe->report, POLLIN, 0};
        if (poll(&ready, 1, 0) <= 0) {
            break;
        }
        hear_report(probe);
    }
    Heard *streams[] = {&probe->out, &probe->err};
    for (int i = 0; i < 64; i++) {
        struct pollfd ready = {streams[i % 2]->fd, POLLIN, 0};
        if (streams[i % 2]->fd >= 0 && poll(&ready, 1, 0) > 0) {
            hear(streams[i % 2]);
        }
    }
    judge(options, probe, status);
    probe_finish(probe);
    return true;
}

/* Waits until one of them says something, is late, or is to be looked at. */
static void wait_for_any(Probe probes[SLOTS], size_t n) {
    struct pollfd ready[3 * SLOTS];
    int64_t patience = LOOK_MS;
    for (size_t i = 0; i < n; i++) {
        const Probe *probe = &probes[i];
        ready[3 * i] = (struct pollfd){probe->report, POLLIN, 0};
        ready[3 * i + 1] = (struct pollfd){probe->out.fd, POLLIN, 0};
        ready[3 * i + 2] = (struct pollfd){probe->err.fd, POLLIN, 0};
        patience = probe->report < 0 ? SOON_MS : patience;
        int64_t left = probe->deadline_ms - now_ms();
        patience = left < patience && left > 0 ? left : patience;
    }
    if (poll(ready, 3 * n, (int)patience) <= 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (ready[3 * i].revents) {
            hear_report(&probes[i]);
        }
        if (ready[3 * i + 1].revents) {
            hear(&probes[i].out);
        }
        if (ready[3 * i + 2].revents) {
            hear(&probes[i].err);
        }
    }
}

static EmendStatus stop_all(Probe probes[SLOTS], size_t n, EmendError *err) {
    for (size_t i = 0; i < n; i++) {
        probe_kill(&probes[i]);
        waitpid(probes[i].pid, NULL, 0);
        probe_finish(&probes[i]);
    }
    return emend_fail(err, EMEND_CANCELLED, "plugins: stopped while they were probed");
}

EmendStatus probe_run(const ProbeOptions *options, const ProbeJob *jobs, size_t n,
                      EmendError *err) {
    Probe *probes = calloc(SLOTS, sizeof *probes);
    size_t n_running = 0, next = 0;
    EmendStatus status = EMEND_OK;
    if (!probes) {
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to probe them");
    }
    while (status == EMEND_OK && (next < n || n_running > 0)) {
        while (next < n && n_running < SLOTS) {
            n_running += probe_begin(options, &jobs[next++], &probes[n_running]);
        }
        wait_for_any(probes, n_running);
        for (size_t i = 0; i < n_running;) {
            if (!probe_look(options, &probes[i])) {
                i++;
            } else if (i != --n_running) {
                probes[i] = probes[n_running];
            }
        }
        if (options->cancel && __atomic_load_n(options->cancel, __ATOMIC_RELAXED)) {
            status = stop_all(probes, n_running, err);
        }
    }
    free(probes);
    return status;
}
