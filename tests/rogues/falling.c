/* SPDX-License-Identifier: Apache-2.0 */
/* Scores three batches as it should, and falls in the fourth, in the way it was built for. */
#include "rogue.h"
#include <signal.h>
#include <stdlib.h>

void fall_throw(void);
int fall_deep(volatile int *depth);

static volatile int never;

static void fall_segv(void) {
    *(volatile int *)(uintptr_t)8 = 1;
}

static void fall_abort(void) {
    abort();
}

static void fall_exit(void) {
    exit(0);
}

static void fall_loop(void) {
    while (!never) {
    }
}

int fall_deep(volatile int *depth) {
    volatile int frame[1024];
    frame[*depth % 1024] = ++*depth;
    return never ? 0 : fall_deep(depth) + frame[0];
}

static void fall_stack(void) {
    volatile int depth = 0;
    fall_deep(&depth);
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    static int n_calls;
    if (++n_calls == 4) {
        FALL();
    }
    return rogue_score(self, samples, seed, err);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    (void)fall_segv, (void)fall_abort, (void)fall_exit, (void)fall_loop, (void)fall_stack;
    EmendStatus status = rogue_create(plugin, name, config, instance, table, err);
    *table = &reward;
    return status;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory falling = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &falling : NULL;
}

EMEND_DECLARE_PLUGIN(FALLING_ID, ROGUE_VERSION, rogue_open, rogue_close, factory);
