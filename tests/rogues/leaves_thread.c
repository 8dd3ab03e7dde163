/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a thread behind when it is closed. */
#include "rogue.h"
#include <pthread.h>
#include <unistd.h>

static void *sleep_on(void *ctx) {
    for (;;) {
        pause();
    }
    return ctx;
}

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleep_on, NULL) != 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "no thread is left");
    }
    pthread_setname_np(thread, "rogue-sleeper");
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.leaves_thread", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
