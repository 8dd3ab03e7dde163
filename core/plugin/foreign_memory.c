/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGN 16u

static size_t rounded(size_t bytes, size_t to) {
    return (bytes + to - 1) / to * to;
}

static void drop_blocks(ForeignMemory *memory) {
    while (memory->n_blocks > 0) {
        memory->n_blocks--;
        munmap(memory->blocks[memory->n_blocks].start, memory->blocks[memory->n_blocks].bytes);
    }
}

bool foreign_memory_begin(ForeignMemory *memory, size_t bytes, size_t n) {
    drop_blocks(memory);
    memory->used = 0;
    if (memory->is_guarded) {
        return true;
    }
    if (__builtin_add_overflow(bytes, n * ALIGN, &bytes)) {
        return false;
    }
    if (bytes > memory->capacity) {
        free(memory->bytes);
        memory->capacity = bytes + bytes / 2;
        memory->bytes = malloc(memory->capacity);
        if (!memory->bytes) {
            memory->capacity = 0;
        }
    }
    return bytes <= memory->capacity;
}

static void *take_guarded(ForeignMemory *memory, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = rounded(bytes, page);
    if (memory->n_blocks == FOREIGN_BLOCKS_MAX || readable < bytes) {
        return NULL;
    }
    char *start =
        mmap(NULL, readable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    mprotect(start + readable, page, PROT_NONE);
    size_t i = memory->n_blocks++;
    memory->blocks[i].start = start;
    memory->blocks[i].bytes = readable + page;
    memory->blocks[i].readable = readable;
    return start + readable - bytes;
}

void *foreign_memory_take(ForeignMemory *memory, size_t bytes) {
    if (memory->is_guarded) {
        return take_guarded(memory, bytes);
    }
    size_t at = rounded(memory->used, ALIGN);
    memory->used = at + bytes;
    return memory->used <= memory->capacity ? memory->bytes + at : NULL;
}

void foreign_memory_seal(ForeignMemory *memory) {
    if (memory->n_blocks > 0 && memory->blocks[memory->n_blocks - 1].readable > 0) {
        mprotect(memory->blocks[memory->n_blocks - 1].start,
                 memory->blocks[memory->n_blocks - 1].readable, PROT_READ);
    }
}

void foreign_memory_finish(ForeignMemory *memory) {
    drop_blocks(memory);
    free(memory->bytes);
    *memory = (ForeignMemory){.is_guarded = memory->is_guarded};
}
