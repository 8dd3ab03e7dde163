/* SPDX-License-Identifier: Apache-2.0 */
#include "work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, BLOCK_BYTES = 64 * 1024, RATIONALS_PER_BLOCK = 32 };

struct WorkBlock {
    WorkBlock *next;
    size_t n_used, n_bytes;
    _Alignas(ALIGNMENT) char room[];
};

// Numbers are made by the block, newest first, so that a small comparison makes one block.
struct WorkRational {
    struct WorkRational *next;
    uint32_t n;
    mpq_t numbers[RATIONALS_PER_BLOCK];
};

void work_init(Work *work) {
    work->problem[0] = '\0';
    work->effort = 0;
    work->n_bytes = 0;
    work->n_inline = 0;
    work->blocks = NULL;
    work->rationals = NULL;
    work->n_rationals = 0;
}

void work_finish(Work *work) {
    for (struct WorkRational *block = work->rationals; block; block = block->next) {
        for (uint32_t i = 0; i < block->n; i++) {
            mpq_clear(block->numbers[i]);
        }
    }
    while (work->blocks) {
        WorkBlock *next = work->blocks->next;
        free(work->blocks);
        work->blocks = next;
    }
    work_init(work);
}

bool work_failed(const Work *work) {
    return work->problem[0] != '\0';
}

bool work_fail(Work *work, const char *format, ...) {
    if (!work_failed(work)) {
        va_list args;
        va_start(args, format);
        vsnprintf(work->problem, sizeof work->problem, format, args);
        va_end(args);
    }
    return false;
}

static WorkBlock *add_block(Work *work, size_t n_bytes) {
    size_t size = n_bytes > BLOCK_BYTES ? n_bytes : BLOCK_BYTES;
    WorkBlock *block = malloc(sizeof *block + size);
    if (block) {
        *block = (WorkBlock){.next = work->blocks, .n_bytes = size};
        work->blocks = block;
    }
    return block;
}

void *work_alloc(Work *work, size_t n_bytes) {
    size_t size = (n_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (work_failed(work) || n_bytes > WORK_MEMORY_BYTES ||
        size > WORK_MEMORY_BYTES - work->n_bytes) {
        work_fail(work, "it takes more than %d KiB of memory", WORK_MEMORY_BYTES / 1024);
        return NULL;
    }
    work->n_bytes += size;
    char *bytes = NULL;
    if (size <= WORK_INLINE_BYTES - work->n_inline) {
        bytes = work->room + work->n_inline;
        work->n_inline += size;
    } else {
        WorkBlock *block = work->blocks;
        if (!block || size > block->n_bytes - block->n_used) {
            block = add_block(work, size);
        }
        if (!block) {
            work_fail(work, "there is no memory");
            return NULL;
        }
        bytes = block->room + block->n_used;
        block->n_used += size;
    }
    return memset(bytes, 0, size);
}

mpq_ptr work_rational(Work *work) {
    struct WorkRational *block = work->rationals;
    if (work->n_rationals >= WORK_MAX_RATIONALS) {
        work_fail(work, "it has more than %d numbers", WORK_MAX_RATIONALS);
    }
    if (!block || block->n == RATIONALS_PER_BLOCK) {
        block = work_alloc(work, sizeof *block);
        if (block) {
            block->next = work->rationals;
            work->rationals = block;
        }
    }
    if (!block || work_failed(work)) {
        return NULL;
    }
    mpq_ptr number = block->numbers[block->n++];
    work->n_rationals++;
    mpq_init(number);
    return number;
}

bool work_spend(Work *work, uint64_t units) {
    work->effort = units > WORK_MAX_EFFORT - work->effort ? WORK_MAX_EFFORT : work->effort + units;
    if (work->effort >= WORK_MAX_EFFORT) {
        return work_fail(work, "it takes too much work");
    }
    return !work_failed(work);
}
