/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EVENTS_H
#define TESTS_EVENTS_H
/* A reader of TensorBoard's files that shares nothing with the writer. */
#include "event.pb-c.h"

#include <stdbool.h>
#include <stddef.h>

typedef Emend__Trackers__Tensorboard__Event Event;

enum { EVENTS_MOST = 1024 };

typedef struct Events {
    Event *items[EVENTS_MOST];
    size_t n;
    bool is_torn; /* what follows the last one is no event */
} Events;

Events events_read(const char *path);
void events_finish(Events *events);

#endif
