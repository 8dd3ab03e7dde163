/* SPDX-License-Identifier: Apache-2.0 */
/* The other side: this process is the function's to break. */
#include "plugin/foreign_call.h"
#include "plugin/foreign_config.h"
#include "plugin/foreign_library.h"
#include "plugin/foreign_process.h"
#include "plugin/foreign_wire.h"
#include "plugin/package.h"
#include "plugin/spawned.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct Worker {
    Machine machine;
    PackageFile *file;
    ForeignCall call;
    ForeignConfig config;
    ForeignMemory memory;
    ForeignHead head; /* of the frame that came last */
    char *bytes;      /* and what it holds */
    size_t capacity;
} Worker;

/* False at the end of the socket, or without memory. */
static bool hear(Worker *worker) {
    if (foreign_receive(SPAWNED_OWN_FD, &worker->head, sizeof worker->head, FOREIGN_NEVER) !=
        FOREIGN_DONE) {
        return false;
    }
    size_t n_bytes = (size_t)worker->head.n_bytes;
    if (n_bytes > worker->capacity) {
        free(worker->bytes);
        worker->bytes = malloc(n_bytes);
        worker->capacity = worker->bytes ? n_bytes : 0;
    }
    return worker->capacity >= n_bytes &&
           foreign_receive(SPAWNED_OWN_FD, worker->bytes, n_bytes, FOREIGN_NEVER) == FOREIGN_DONE;
}

static bool say(ForeignWord word, uint64_t serial, const void *bytes, size_t n) {
    ForeignHead head = {.word = word, .serial = serial, .n_bytes = n};
    return foreign_send(SPAWNED_OWN_FD, &head, sizeof head, FOREIGN_NEVER) == FOREIGN_DONE &&
           foreign_send(SPAWNED_OWN_FD, bytes, n, FOREIGN_NEVER) == FOREIGN_DONE;
}

static EmendStatus open_function(Worker *worker, const char *dir, size_t index, EmendError *err) {
    char path[PATH_MAX];
    void (*code)(void) = NULL;
    machine_init(&worker->machine);
    EmendStatus status = package_read(dir, &worker->machine, &worker->file, err);
    if (status != EMEND_OK) {
        return status;
    }
    const Package *package = &worker->file->package;
    if (package->problem || index >= package->manifest->n_function) {
        return emend_fail(err, EMEND_UNAVAILABLE, "%s",
                          package->problem ? package->problem : "its manifest has changed");
    }
    const Emend__Function *function = package->manifest->function[index];
    status = foreign_library_check(package, function, path, err);
    if (status == EMEND_OK) {
        status = foreign_library_open(path, function->symbol, &code, err);
    }
    if (status == EMEND_OK) {
        status = foreign_call_init(&worker->call, function, code, err);
    }
    return status == EMEND_OK
               ? foreign_config_read(function, (EmendBytes){worker->bytes, worker->head.n_bytes},
                                     &worker->config, err)
               : status;
}

static bool answer(Worker *worker) {
    ForeignInputs inputs;
    EmendScore score = {.state = EMEND_SCORE_NONE};
    memcpy(&inputs, worker->bytes, sizeof inputs);
    const char *text = worker->bytes + sizeof inputs;
    for (size_t t = 0; t < FOREIGN_TEXTS; t++) {
        inputs.texts[t].ptr = text;
        text += inputs.texts[t].len;
    }
    uint64_t serial = worker->head.serial;
    foreign_call(&worker->call, &inputs, worker->config.params, &worker->memory, &score);
    return say(FOREIGN_SCORE, serial, &score, sizeof score);
}

/* Ends the process once the host is gone, also in a call that does not return. (A parent's death
 * signal would come as soon as the thread ends that started it.) */
static void *watch(void *arg) {
    struct pollfd host = {.fd = SPAWNED_OWN_FD, .events = POLLRDHUP};
    (void)arg;
    while (poll(&host, 1, -1) <= 0) {
    }
    _exit(0);
}

static void start_watch(void) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Crashes are for the host to see. */
static void settle(void) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        signal(crashes[i], SIG_DFL);
    }
    start_watch();
}

int foreign_worker_main(int argc, char **argv) {
    Worker worker = {.file = NULL};
    ForeignReady ready = {.status = EMEND_OK};
    EmendError err = emend_error_on(ready.text, sizeof ready.text);
    if (argc != 5 || strtoul(argv[2], NULL, 10) != FOREIGN_PROTOCOL ||
        fcntl(SPAWNED_OWN_FD, F_SETFD, FD_CLOEXEC) != 0) {
        return 2;
    }
    settle();
    if (!hear(&worker)) {
        return 1;
    }
    ready.status = open_function(&worker, argv[3], strtoul(argv[4], NULL, 10), &err);
    bool goes_on =
        say(FOREIGN_READY, 0, &ready, sizeof ready) && ready.status == EMEND_OK && hear(&worker);
    while (goes_on) {
        goes_on = answer(&worker) && hear(&worker);
    }
    _exit(0); // of the function's threads and handlers at exit none is waited for
}
