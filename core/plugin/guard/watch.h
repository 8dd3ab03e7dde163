/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_WATCH_H
#define PLUGIN_GUARD_WATCH_H
/* Time limits of guarded calls: a thread that looks once a second. */
#include "plugin/guard/guard.h"
#include <signal.h>

/* Takes a thread out of its call. */
#define WATCH_SIGNAL (SIGRTMIN + 4)

/* When a call that begins now and has so many seconds is over; 0: never. Starts the watch. */
int64_t watch_deadline(uint32_t seconds);
bool watch_is_over(const GuardedCall *call);
/* Signals every thread that is in a call; false: none is. From a signal handler too. */
bool watch_want(int why);
/* Something was caught: the process has ten minutes to end. */
void watch_limit_the_end(void);

#endif
