/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_CLOCK_H
#define TRAIN_CLOCK_H
#include <time.h>

/* Of a clock that only goes forward, from some moment on. */
static inline double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
