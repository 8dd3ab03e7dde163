/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_FOOTPRINT_H
#define CHECK_FOOTPRINT_H
/* What belongs to the process: a plugin may change none of it, and after close() nothing of the
 * plugin's may be left in it. */
#include "check/kit.h"

typedef struct Footprint Footprint;

/* NULL where memory is gone. */
Footprint *footprint_take(void);
void footprint_free(Footprint *footprint);

enum {
    FOOTPRINT_SETTINGS = 1u, /* signals, locale, umask, folder, environment, rounding, limits */
    FOOTPRINT_THREADS = 2u,
    FOOTPRINT_FILES = 4u, /* open descriptors */
    FOOTPRINT_PROCESSES = 8u,
    FOOTPRINT_ALL = 15u
};

/* Tells the kit of the first thing that differs now from what it was; `when` is how the message
 * goes on: "after close()". Threads and processes that are on their way out are waited for. */
void footprint_compare(Kit *kit, const Footprint *before, unsigned what, const char *when);

#endif
