/* SPDX-License-Identifier: Apache-2.0 */
#include "check/guard.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Guard {
    const char *name;
    uint8_t *map, *block;
    size_t map_bytes, block_bytes;
    struct Guard *next;
} Guard;

// Of this test's process; the signal handler has no other way to them.
static Guard *guards;
static Kit *told;

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static const Guard *guard_around(const void *address) {
    uintptr_t at = (uintptr_t)address;
    for (const Guard *guard = guards; guard; guard = guard->next) {
        if (at >= (uintptr_t)guard->map && at < (uintptr_t)guard->map + guard->map_bytes) {
            return guard;
        }
    }
    return NULL;
}

/* A fault of the plugin's own making comes here on the plugin's thread. */
static void on_fault(int number, siginfo_t *info, void *context) {
    const Guard *guard = guard_around(info->si_addr);
    (void)context;
    if (!guard || kit_is_over(told)) {
        signal(number, SIG_DFL); // the instruction runs again, and the process ends by it
        return;
    }
    const uint8_t *at = info->si_addr;
    if (at >= guard->block + guard->block_bytes) {
        kit_fail(told, "count what you read and write by the lengths you were given",
                 "it touched byte %zu of `%s`, which has %zu bytes; nothing past the end may be "
                 "touched",
                 (size_t)(at - guard->block), guard->name, guard->block_bytes);
    } else if (at < guard->block) {
        kit_fail(told, "count what you read and write from 0",
                 "it touched memory %zu bytes before `%s`; nothing before the beginning may be "
                 "touched",
                 (size_t)(guard->block - at), guard->name);
    } else {
        kit_fail(told, "copy what you want to change: inputs are the host's",
                 "it wrote to byte %zu of `%s`, an input; inputs must not be changed",
                 (size_t)(at - guard->block), guard->name);
    }
    _exit(0);
}

static void listen_for_faults(Kit *kit) {
    struct sigaction action;
    if (told == kit) {
        return;
    }
    told = kit;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

void *guard_take(Kit *kit, const char *name, size_t n_bytes) {
    size_t page = page_bytes(), inner = (n_bytes + page - 1) / page * page;
    Guard *guard = calloc(1, sizeof *guard);
    uint8_t *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!guard || map == MAP_FAILED ||
        (inner > 0 && mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0)) {
        abort(); // the machine has no memory left for the test itself
    }
    *guard = (Guard){.name = name,
                     .map = map,
                     .map_bytes = inner + 2 * page,
                     .block = map + page + inner - n_bytes,
                     .block_bytes = n_bytes,
                     .next = guards};
    guards = guard;
    listen_for_faults(kit);
    return guard->block;
}

void guard_seal(void *block, bool is_sealed) {
    size_t page = page_bytes();
    const Guard *guard = guard_around(block);
    if (guard && guard->map_bytes > 2 * page) {
        mprotect(guard->map + page, guard->map_bytes - 2 * page,
                 is_sealed ? PROT_READ : PROT_READ | PROT_WRITE);
    }
}

const void *guard_input(Kit *kit, const char *name, const void *bytes, size_t n_bytes) {
    void *block = guard_take(kit, name, n_bytes);
    if (n_bytes > 0) {
        memcpy(block, bytes, n_bytes);
    }
    guard_seal(block, true);
    return block;
}
