/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/account.h"

static void raise_peak(Account *account, uint64_t allocated) {
    uint64_t peak = atomic_load(&account->peak);
    while (allocated > peak && !atomic_compare_exchange_weak(&account->peak, &peak, allocated)) {
    }
}

bool account_take(Account *account, uint64_t bytes) {
    uint64_t before = atomic_load(&account->allocated);
    do {
        if (account->budget != 0 &&
            (before > account->budget || bytes > account->budget - before)) {
            atomic_fetch_add(&account->n_refused, 1);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&account->allocated, &before, before + bytes));
    atomic_fetch_add(&account->n_blocks, 1);
    raise_peak(account, before + bytes);
    return true;
}

void account_give(Account *account, uint64_t bytes) {
    atomic_fetch_sub(&account->allocated, bytes);
    atomic_fetch_sub(&account->n_blocks, 1);
}

uint64_t account_align(uint64_t align) {
    if (align > MEMORY_MAX_ALIGN || (align & (align - 1)) != 0) {
        return 0;
    }
    return align < 16 ? 16 : align;
}
