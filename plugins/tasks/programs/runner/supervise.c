/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise.h"
#include "output.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef enum Stop {
    STOP_RUNNING,
    STOP_DONE,     /* the tests said all they had to say */
    STOP_WALL,     /* the wall clock */
    STOP_CPU,      /* the program's processor time */
    STOP_LOST,     /* the tests' process ended with no verdict */
    STOP_ABANDONED /* the pool has gone */
} Stop;

typedef struct Run {
    Supervisor *supervisor;
    int program_report, tests_report;
    Report report;
    Output output;
    clockid_t program_clock;
    bool has_clock, has_output;
    int64_t deadline_ms, own_cpu_ms; /* the runner's at the start */
    Stop stop;
} Run;

static int64_t now_ms(clockid_t clock) {
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The clock of the process behind a pidfd. */
static bool find_clock(int proc_fd, int pidfd, clockid_t *clock) {
    char name[64], text[512] = "";
    snprintf(name, sizeof name, "self/fdinfo/%d", pidfd);
    int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *line = n > 0 ? strstr(text, "\nPid:") : NULL;
    int pid = -1;
    return line && sscanf(line, "\nPid:%d", &pid) == 1 && pid > 0 &&
           clock_getcpuclockid(pid, clock) == 0;
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
        }
    }
}

/* Orders both forks before it waits for either. */
static bool fork_both(Run *run, const Texts *texts) {
    Supervisor *supervisor = run->supervisor;
    int channel[2] = {-1, -1}, program[2] = {-1, -1}, tests[2] = {-1, -1}, output = -1;
    bool is_forked = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0 &&
        pipe2(program, O_CLOEXEC) == 0 && pipe2(tests, O_CLOEXEC) == 0 &&
        (!run->has_output || output_open(&run->output, &output))) {
        const int for_program[FORK_FDS] = {channel[0], program[1], texts->program, output};
        const int for_tests[FORK_FDS] = {channel[1], tests[1], texts->tests, -1};
        is_forked = interpreter_fork(&supervisor->program, for_program) &&
                    interpreter_fork(&supervisor->tests, for_tests) &&
                    interpreter_is_forked(&supervisor->program) &&
                    interpreter_is_forked(&supervisor->tests);
    }
    close_pair(channel);
    close(program[1]);
    close(tests[1]);
    if (output >= 0) {
        close(output);
    }
    run->program_report = program[0];
    run->tests_report = tests[0];
    return is_forked;
}

/* What the program took so far. To read its output is its own cost: or a program that writes
 * without end would take more than its share. */
static int64_t cpu_ms(const Run *run) {
    int64_t reading_ms = run->has_output ? now_ms(CLOCK_PROCESS_CPUTIME_ID) - run->own_cpu_ms : 0;
    return now_ms(run->program_clock) + reading_ms;
}

/* How long to sleep: never past a limit, and often enough to see it. */
static int patience(const Run *run) {
    int64_t left = run->deadline_ms - now_ms(CLOCK_MONOTONIC);
    if (run->has_clock) {
        int64_t cpu = (int64_t)run->supervisor->cpu_ms - cpu_ms(run);
        cpu = cpu / 2 < 5 ? 5 : cpu / 2;
        left = cpu < left ? cpu : left;
    }
    return left < 0 ? 0 : (int)left;
}

static Stop look_at_limits(const Run *run) {
    if (now_ms(CLOCK_MONOTONIC) >= run->deadline_ms) {
        return STOP_WALL;
    }
    bool is_over = run->has_clock && cpu_ms(run) >= run->supervisor->cpu_ms;
    return is_over ? STOP_CPU : STOP_RUNNING;
}

/* Reads what there is of a report; closes it at its end. */
static void read_report(int *fd, Report *report, void (*take)(Report *, const char *, size_t)) {
    char bytes[1024];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n > 0) {
        take(report, bytes, (size_t)n);
    } else if (n == 0 || errno != EINTR) {
        close(*fd);
        *fd = -1;
    }
}

/* The tests' report is what ends a run; the program's says before it whether there is a program. */
static void watch(Run *run) {
    while (run->stop == STOP_RUNNING) {
        struct pollfd waited[] = {{run->tests_report, POLLIN, 0},
                                  {run->program_report, POLLIN, 0},
                                  {run->supervisor->control, POLLIN | POLLRDHUP, 0},
                                  {run->output.fd, POLLIN, 0}};
        if (poll(waited, 4, patience(run)) < 0 && errno != EINTR) {
            run->stop = STOP_LOST;
            return;
        }
        if (waited[2].revents) {
            run->stop = STOP_ABANDONED; // it asks for one thing at a time
            return;
        }
        if (waited[1].revents) {
            read_report(&run->program_report, &run->report, report_take_program);
        }
        if (waited[0].revents) {
            read_report(&run->tests_report, &run->report, report_take_tests);
        }
        if (waited[3].revents) {
            output_read(&run->output);
        }
        if (report_is_complete(&run->report)) {
            run->stop = STOP_DONE;
        } else if (run->tests_report < 0) {
            run->stop = STOP_LOST;
        } else {
            run->stop = look_at_limits(run);
        }
    }
    // It may have come after the last look, and says more than the tests' "the program is gone".
    while (run->program_report >= 0 && run->stop == STOP_DONE && !report_has_begun(&run->report)) {
        read_report(&run->program_report, &run->report, report_take_program);
    }
}

static void say_timeout(WireReply *reply, char *detail, const char *what, uint32_t limit_ms) {
    reply->verdict = PROGRAM_TIMEOUT;
    snprintf(detail, WIRE_DETAIL, "more than %u ms of %s", limit_ms, what);
}

static bool is_out_of_cpu(const Run *run, const Ending *ending) {
    return run->stop == STOP_CPU || ending->cpu_us / 1000 >= run->supervisor->cpu_ms;
}

static void judge(const Run *run, const Texts *texts, const Ending *program, const Ending *tests,
                  WireReply *reply, char *detail) {
    const Supervisor *supervisor = run->supervisor;
    const Report *report = &run->report;
    reply->n_tests = report->n_tests > texts->n_tests ? report->n_tests : texts->n_tests;
    bool is_all = report->has_end && !report->has_failed && report->n_passed == reply->n_tests;
    // What has not passed has not passed all, whatever went wrong behind the last test.
    uint64_t n_most = reply->n_tests - (!is_all && reply->n_tests > 0);
    reply->n_passed = report->n_passed < n_most ? report->n_passed : n_most;
    if (report->isolation[0]) {
        reply->verdict = PROGRAM_ERROR;
        reply->status = EMEND_UNAVAILABLE;
        snprintf(detail, WIRE_DETAIL, "%s", report->isolation);
    } else if (report->is_syntax_error) {
        reply->verdict = PROGRAM_SYNTAX_ERROR;
        snprintf(detail, WIRE_DETAIL, "%s", report->detail);
    } else if (is_all) {
        reply->verdict = PROGRAM_PASSED;
    } else if (run->stop == STOP_WALL) {
        say_timeout(reply, detail, "wall clock", supervisor->wall_ms);
    } else if (!report->has_end && is_out_of_cpu(run, program)) {
        say_timeout(reply, detail, "processor time", supervisor->cpu_ms);
    } else if (!report->has_end && tests->cpu_us / 1000 >= supervisor->cpu_ms) {
        say_timeout(reply, detail, "processor time in the tests", supervisor->cpu_ms);
    } else if (run->stop == STOP_LOST) {
        reply->verdict = PROGRAM_FAILED;
        reply->is_suspect = 1;
        snprintf(detail, WIRE_DETAIL, "the tests' process was lost with what the program gave it");
    } else {
        reply->verdict = PROGRAM_FAILED;
        bool is_crash =
            report->is_lost && WIFSIGNALED(program->status) && WTERMSIG(program->status) != SIGKILL;
        if (is_crash) {
            snprintf(detail, WIRE_DETAIL, "the program crashed: signal %d",
                     WTERMSIG(program->status));
        } else {
            snprintf(detail, WIRE_DETAIL, "%s", report->detail);
        }
    }
}

bool supervise(Supervisor *supervisor, const Texts *texts, WireReply *reply, char *detail,
               ProgramOutput *output) {
    Run run = {.supervisor = supervisor, .program_report = -1, .tests_report = -1};
    Ending program = {0}, tests = {0};
    run.output.fd = -1;
    run.has_output = output != NULL;
    run.own_cpu_ms = now_ms(CLOCK_PROCESS_CPUTIME_ID);
    run.deadline_ms = now_ms(CLOCK_MONOTONIC) + supervisor->wall_ms;
    *reply = (WireReply){.verdict = PROGRAM_ERROR};
    detail[0] = '\0';
    bool is_forked = fork_both(&run, texts);
    if (is_forked) {
        run.has_clock =
            find_clock(supervisor->proc_fd, supervisor->program.child, &run.program_clock);
        watch(&run);
    }
    close(run.program_report);
    close(run.tests_report);
    bool is_reaped = is_forked && interpreter_reap(&supervisor->program, &program) &&
                     interpreter_reap(&supervisor->tests, &tests);
    if (output) {
        output_finish(&run.output, output);
    }
    if (!is_reaped) {
        snprintf(detail, WIRE_DETAIL, "the interpreter was lost");
        return false;
    }
    if (run.stop == STOP_ABANDONED) {
        return false;
    }
    judge(&run, texts, &program, &tests, reply, detail);
    reply->detail_bytes = (uint32_t)strlen(detail);
    return reply->status == EMEND_OK;
}
