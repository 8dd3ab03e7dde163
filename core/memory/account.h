/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEMORY_ACCOUNT_H
#define MEMORY_ACCOUNT_H
/* One plugin's counters and budget, the same whatever the blocks are made of. Any thread. */
#include "emend/data.h"
#include <stdatomic.h>
#include <stdbool.h>

#define MEMORY_MAX_ALIGN 4096u

typedef struct Account {
    uint64_t budget; /* 0: none */
    _Atomic uint64_t n_blocks, allocated, peak, n_refused;
} Account;

/* Books a block of `bytes` before it is made; false, and counted as refused, over the budget. */
bool account_take(Account *account, uint64_t bytes);
/* Takes back what account_take booked. */
void account_give(Account *account, uint64_t bytes);

/* The alignment to use for EmendHost.alloc's `align`: 16 for less; 0 for one that is no power of
 * two or above MEMORY_MAX_ALIGN. */
uint64_t account_align(uint64_t align);

#endif
