/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_HOLDINGS_H
#define PLUGIN_HOLDINGS_H
/* Threads and descriptors of this process, to tell which of them a plugin left behind. Empty where
 * /proc is not there. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOLDINGS_MAX = 1024 };

typedef struct Holding {
    bool is_thread;
    int number;             /* thread id or descriptor */
    uint64_t device, inode; /* of what a descriptor is open on */
} Holding;

/* Zero-initialise; no more than HOLDINGS_MAX are looked at. */
typedef struct Holdings {
    Holding items[HOLDINGS_MAX];
    size_t n;
} Holdings;

/* What the process holds now. */
void holdings_take(Holdings *out);
/* Adds to `sum` what is in `now` and was not in `before`. */
void holdings_add_new(Holdings *sum, const Holdings *before, const Holdings *now);
/* Drops from `sum` what the process does not hold any more. A thread that was joined is in /proc a
 * moment longer: waits for it a little. */
void holdings_drop_gone(Holdings *sum);
/* "1 thread (name) and 2 descriptors (/dev/null, pipe)"; "" for none. */
void holdings_describe(const Holdings *holdings, char *text, size_t capacity);

#endif
