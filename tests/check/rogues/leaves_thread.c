/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a thread running. */
#include "rogue_reward.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *idle(void *ctx) {
    for (;;) {
        pause();
    }
    return ctx;
}

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&thread, NULL, idle, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("leaves_thread", open_plugin);
