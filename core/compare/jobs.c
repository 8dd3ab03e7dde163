/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/jobs.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 50000000

EmendStatus job_add_word(Job *job, EmendError *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool is_full = job->n_words + 1 == JOB_WORDS;
    if (is_full || vasprintf(&job->words[job->n_words], format, args) < 0) {
        job->words[job->n_words] = NULL;
        va_end(args);
        return emend_fail(err, EMEND_EXHAUSTED, "compare: %s",
                          is_full ? "too many --set; write them into the recipes"
                                  : "no memory for a run's command");
    }
    va_end(args);
    job->n_words++;
    return EMEND_OK;
}

void job_finish(Job *job) {
    for (size_t i = 0; i < job->n_words; i++) {
        free(job->words[i]);
    }
    free(job->label);
    free(job->dir);
    free(job->log);
    *job = (Job){0};
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- one process ---------------------------------------------------------------------------- */

// The place-th of n_places parts of the processors that this process may use; all, where there are
// not enough.
static void take_processors(size_t place, size_t n_places) {
    cpu_set_t ours, part;
    CPU_ZERO(&part);
    if (sched_getaffinity(0, sizeof ours, &ours) != 0) {
        return;
    }
    size_t n = (size_t)CPU_COUNT(&ours), seen = 0;
    if (n_places < 2 || n < n_places) {
        return;
    }
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &ours) && seen++ * n_places / n == place) {
            CPU_SET(cpu, &part);
        }
    }
    sched_setaffinity(0, sizeof part, &part);
}

static _Noreturn void become(const Job *job, size_t n_places) {
    int log = open(job->log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) {
        _exit(126);
    }
    // Ctrl-C is the parent's, which passes it on once.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGINT); // a checkpoint, where the parent is gone
    take_processors(job->place, n_places);
    execv(job->words[0], job->words);
    dprintf(2, "emend: %s cannot be run: %s\n", job->words[0], strerror(errno));
    _exit(126);
}

static EmendStatus start(Job *job, size_t n_places, EmendError *err) {
    job->began = seconds_now();
    job->pid = fork();
    if (job->pid == 0) {
        become(job, n_places);
    }
    if (job->pid < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "compare: no process can be started: %s",
                          strerror(errno));
    }
    job->state = JOB_RUNS;
    return EMEND_OK;
}

// Whether it has ended.
static bool look(Job *job) {
    int how = 0;
    if (waitpid(job->pid, &how, WNOHANG) != job->pid) {
        return false;
    }
    job->seconds = seconds_now() - job->began;
    job->code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    job->state = job->code == 0 ? JOB_DONE : job->code == 3 ? JOB_INTERRUPTED : JOB_FAILED;
    return true;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static bool is_ready(const Job *jobs, const Job *job) {
    return job->state == JOB_WAITS &&
           (job->after == SIZE_MAX || jobs[job->after].state == JOB_DONE);
}

static void skip_hopeless(Job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool has_before = jobs[i].after != SIZE_MAX;
        if (jobs[i].state == JOB_WAITS && has_before && jobs[jobs[i].after].state >= JOB_FAILED) {
            jobs[i].state = JOB_SKIPPED;
        }
    }
}

static size_t count(const Job *jobs, size_t n, int state) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += jobs[i].state == state;
    }
    return found;
}

static size_t free_place(const Job *jobs, size_t n, size_t n_places) {
    for (size_t place = 0; place < n_places; place++) {
        bool is_taken = false;
        for (size_t i = 0; i < n; i++) {
            is_taken |= jobs[i].state == JOB_RUNS && jobs[i].place == place;
        }
        if (!is_taken) {
            return place;
        }
    }
    return 0;
}

static EmendStatus start_ready(Job *jobs, size_t n, size_t n_places, const JobEvents *events,
                               EmendError *err) {
    for (size_t i = 0; i < n && count(jobs, n, JOB_RUNS) < n_places; i++) {
        if (is_ready(jobs, &jobs[i])) {
            jobs[i].place = free_place(jobs, n, n_places);
            EmendStatus status = start(&jobs[i], n_places, err);
            if (status != EMEND_OK) {
                return status;
            }
            events->began(events->ctx, &jobs[i]);
        }
    }
    return EMEND_OK;
}

static void stop_all(const Job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].state == JOB_RUNS) {
            kill(jobs[i].pid, SIGINT);
        }
    }
}

EmendStatus jobs_run(Job *jobs, size_t n, size_t n_at_once, const volatile int *cancel,
                     const JobEvents *events, EmendError *err) {
    bool is_stopped = false;
    EmendStatus status = EMEND_OK;
    for (;;) {
        bool is_cancelled = __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
        if ((is_cancelled || status != EMEND_OK) && !is_stopped) {
            is_stopped = true;
            stop_all(jobs, n);
        }
        skip_hopeless(jobs, n);
        if (!is_stopped) {
            status = start_ready(jobs, n, n_at_once, events, err);
        }
        if (count(jobs, n, JOB_RUNS) == 0) {
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
        for (size_t i = 0; i < n; i++) {
            if (jobs[i].state == JOB_RUNS && look(&jobs[i])) {
                events->ended(events->ctx, &jobs[i], count(jobs, n, JOB_WAITS));
            }
        }
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (is_stopped) {
        return emend_fail(err, EMEND_CANCELLED,
                          "stopped; the same command goes on from where it was");
    }
    size_t n_bad = n - count(jobs, n, JOB_DONE);
    return n_bad == 0 ? EMEND_OK
                      : emend_fail(err, EMEND_ABORTED,
                                   "%zu of %zu runs failed or could not begin; the same command "
                                   "tries them again",
                                   n_bad, n);
}
