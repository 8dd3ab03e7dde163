/* SPDX-License-Identifier: Apache-2.0 */
/* Has a thread that takes the signals meant for the host. */
#include "rogue_reward.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static pthread_t thread;
static atomic_int is_over;

static void *idle(void *ctx) {
    while (!is_over) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
    }
    return ctx;
}

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    EmendStatus status = rogue_open(host, dir, out, err);
    is_over = 0;
    if (status == EMEND_OK && pthread_create(&thread, NULL, idle, NULL) != 0) {
        rogue_close(*out);
        return emend_fail(err, EMEND_UNAVAILABLE, "no thread can be made");
    }
    return status;
}

static void close_plugin(EmendPlugin *plugin) {
    is_over = 1;
    pthread_join(thread, NULL);
    rogue_close(plugin);
}

EMEND_DECLARE_PLUGIN("test.rogues.open_thread", ROGUE_VERSION, open_plugin, close_plugin,
                     upright_factory);
