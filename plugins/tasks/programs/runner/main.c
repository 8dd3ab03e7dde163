/* SPDX-License-Identifier: Apache-2.0 */
/* programs-runner: runs one program after another for the pool, each in a sandbox.
 *
 * It is outside the pid namespaces that it makes and holds no text that could be believed by
 * mistake. Its end, or the end of whoever holds the other side of WIRE_SOCKET, is the end of all it
 * started. */
#include "../programs.h"
#include "filter.h"
#include "root.h"
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOBODY = 65534, START_MS = 30000 };

/* argv, in this order; then the paths that the sandbox shows. */
enum {
    ARG_UNSAFE = 1,
    ARG_WALL_MS,
    ARG_CPU_MS,
    ARG_MEMORY,
    ARG_FILES_BYTES,
    ARG_PROCESSES,
    ARG_FILES,
    ARG_HELPERS,
    ARG_PYTHON,
    ARG_PATHS
};

typedef struct Runner {
    Supervisor supervisor;
    SandboxConfig program, tests;
    const char *python, *helpers;
    char **paths;
} Runner;

static bool send_all(const void *data, size_t n) {
    const char *bytes = data;
    while (n > 0) {
        ssize_t sent = send(WIRE_SOCKET, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            return false;
        }
        bytes += sent < 0 ? 0 : sent;
        n -= sent < 0 ? 0 : (size_t)sent;
    }
    return true;
}

static bool receive_all(void *data, size_t n) {
    char *bytes = data;
    while (n > 0) {
        ssize_t got = recv(WIRE_SOCKET, bytes, n, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        bytes += got < 0 ? 0 : got;
        n -= got < 0 ? 0 : (size_t)got;
    }
    return true;
}

static bool send_reply(WireReply *reply, const char *detail) {
    reply->detail_bytes = (uint32_t)strnlen(detail, WIRE_DETAIL);
    return send_all(reply, sizeof *reply) && send_all(detail, reply->detail_bytes);
}

static bool send_result(WireReply *reply, const char *detail, const ProgramOutput *output) {
    reply->output_bytes = output->n_bytes;
    reply->head_bytes = output->n_head;
    reply->tail_bytes = output->n_tail;
    return send_reply(reply, detail) && send_all(output->head, output->n_head) &&
           send_all(output->tail, output->n_tail);
}

static int refuse(EmendStatus status, const char *what) {
    char detail[WIRE_DETAIL + 1];
    WireReply reply = {.verdict = PROGRAM_ERROR, .status = status};
    snprintf(detail, sizeof detail, "%s: %s", what, strerror(errno));
    send_reply(&reply, detail);
    return 1;
}

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return is_written;
}

/* Limits of processes do not hold for root, so root goes first. Where it cannot, it is the root of
 * somebody's namespace, and has no say outside. */
static void stop_being_root(void) {
    if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
        setresuid(NOBODY, NOBODY, NOBODY) == 0) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
}

static const char *enter_namespaces(void) {
    char uid_map[64], gid_map[64];
    stop_being_root();
    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
        return "user, mount, network, ipc and uts namespaces";
    }
    if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", uid_map) ||
        !write_file("/proc/self/gid_map", gid_map)) {
        return "the user map";
    }
    return NULL;
}

static int isolate(Runner *runner) {
    errno = 0;
    if (!filter_build(&runner->program)) {
        return refuse(EMEND_UNAVAILABLE, "the seccomp filter");
    }
    runner->tests.n_filter = runner->program.n_filter;
    memcpy(runner->tests.filter, runner->program.filter, sizeof runner->tests.filter);
    Root *root = root_open(runner->helpers);
    if (!root) {
        return refuse(EMEND_NOT_FOUND, runner->helpers);
    }
    bool has_looked = geteuid() == 0 && root_look(root, runner->paths);
    const char *missing = enter_namespaces();
    if (!missing && !has_looked && !root_look(root, runner->paths)) {
        missing = "mounts of Python's files";
    }
    if (!missing) {
        missing = root_enter(root);
    }
    int code = missing ? refuse(EMEND_UNAVAILABLE, missing) : 0;
    root_destroy(root);
    runner->helpers = "/helpers";
    return code;
}

static int start_interpreters(Runner *runner) {
    Supervisor *supervisor = &runner->supervisor;
    InterpreterStart start = {runner->python, runner->helpers, "program", supervisor->proc_fd,
                              &runner->program};
    const char *missing = interpreter_start(&supervisor->program, &start);
    if (!missing) {
        start.role = "tests";
        start.config = &runner->tests;
        missing = interpreter_start(&supervisor->tests, &start);
    }
    if (missing) {
        return refuse(EMEND_UNAVAILABLE, missing);
    }
    if (!interpreter_is_ready(&supervisor->program, START_MS) ||
        !interpreter_is_ready(&supervisor->tests, START_MS)) {
        errno = EIO;
        return refuse(EMEND_UNAVAILABLE, "Python in the sandbox");
    }
    return 0;
}

static int text_file(uint32_t n) {
    int fd = memfd_create("text", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, n) != 0) {
        return fd;
    }
    if (n > 0) {
        void *text = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        bool is_read = text != MAP_FAILED && receive_all(text, n);
        if (text != MAP_FAILED) {
            munmap(text, n);
        }
        if (!is_read) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

/* One request. false: no more. */
static bool serve(Supervisor *supervisor) {
    WireRequest request = {0};
    WireReply reply = {0};
    ProgramOutput output = {0};
    char detail[WIRE_DETAIL + 1] = "";
    if (!receive_all(&request, sizeof request)) {
        return false;
    }
    Texts texts = {text_file(request.program_bytes), -1, request.n_tests};
    texts.tests = texts.program < 0 ? -1 : text_file(request.tests_bytes);
    bool goes_on = texts.tests >= 0;
    if (goes_on) {
        goes_on =
            supervise(supervisor, &texts, &reply, detail, request.keeps_output ? &output : NULL);
        if (!goes_on && reply.status == EMEND_OK) {
            reply.status = EMEND_INTERNAL;
        }
        goes_on = send_result(&reply, detail, &output) && goes_on;
    }
    close(texts.program);
    close(texts.tests);
    return goes_on;
}

/* An empty program: what it takes to isolate one is had, or the pool is told that it is not. */
static bool rehearse(Supervisor *supervisor) {
    static const uint32_t nothing[5] = {0};
    WireReply reply = {0};
    char detail[WIRE_DETAIL + 1] = "";
    Texts texts = {memfd_create("program", MFD_CLOEXEC), memfd_create("tests", MFD_CLOEXEC), 0};
    if (write(texts.tests, nothing, sizeof nothing) != (ssize_t)sizeof nothing ||
        lseek(texts.tests, 0, SEEK_SET) != 0) {
        return false;
    }
    bool is_well = supervise(supervisor, &texts, &reply, detail, NULL);
    if (is_well && reply.verdict != PROGRAM_PASSED) {
        is_well = false;
    }
    if (!is_well && reply.status == EMEND_OK) {
        reply.status = EMEND_UNAVAILABLE;
    }
    close(texts.program);
    close(texts.tests);
    return send_reply(&reply, detail) && is_well;
}

static void read_arguments(Runner *runner, char **argv) {
    SandboxConfig *program = &runner->program;
    Supervisor *supervisor = &runner->supervisor;
    supervisor->wall_ms = (uint32_t)strtoul(argv[ARG_WALL_MS], NULL, 10);
    supervisor->cpu_ms = (uint32_t)strtoul(argv[ARG_CPU_MS], NULL, 10);
    program->is_unsafe = argv[ARG_UNSAFE][0] == '1';
    program->has_namespaces = 1;
    program->memory_bytes = strtoull(argv[ARG_MEMORY], NULL, 10);
    program->file_bytes = strtoull(argv[ARG_FILES_BYTES], NULL, 10);
    program->n_processes = strtoull(argv[ARG_PROCESSES], NULL, 10);
    program->n_files = strtoull(argv[ARG_FILES], NULL, 10);
    // Whole seconds, rounded up: the runner's own look at the clock is the exact one.
    program->cpu_s = (uint64_t)supervisor->cpu_ms / 1000 + 1;
    runner->tests = *program;
    runner->tests.has_namespaces = 0;
    runner->helpers = argv[ARG_HELPERS];
    runner->python = argv[ARG_PYTHON];
    runner->paths = argv + ARG_PATHS;
}

int main(int argc, char **argv) {
    static Runner runner = {.supervisor = {.program = {0, -1, -1}, .tests = {0, -1, -1}}};
    if (argc < ARG_PATHS) {
        fprintf(stderr, "programs-runner is started by Emend, not by hand\n");
        return 2;
    }
    read_arguments(&runner, argv);
    runner.supervisor.control = WIRE_SOCKET;
    fcntl(WIRE_SOCKET, F_SETFD, FD_CLOEXEC);
    runner.supervisor.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (runner.supervisor.proc_fd < 0) {
        return refuse(EMEND_UNAVAILABLE, "/proc");
    }
    int code = runner.program.is_unsafe ? 0 : isolate(&runner);
    if (code == 0) {
        code = start_interpreters(&runner);
    }
    if (code == 0 && rehearse(&runner.supervisor)) {
        while (serve(&runner.supervisor)) {
        }
    }
    interpreter_stop(&runner.supervisor.program);
    interpreter_stop(&runner.supervisor.tests);
    return code;
}
