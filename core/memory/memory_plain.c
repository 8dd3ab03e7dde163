/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by plugin on plain malloc, for sanitizers and valgrind: a header in front of each block.
 */
#include "memory/account.h"
#include "memory/memory.h"
#include <stdlib.h>
#include <string.h>

/* Lies right in front of the block. */
typedef struct BlockHeader {
    uint64_t size;
    uint64_t offset; /* of the block from what malloc gave */
} BlockHeader;

struct PluginMemory {
    Account account;
};

EmendStatus plugin_memory_create(uint64_t budget, PluginMemory **out, EmendError *err) {
    PluginMemory *memory = calloc(1, sizeof *memory);
    if (!memory) {
        return emend_fail(err, EMEND_EXHAUSTED, "memory: none left for a plugin's counters");
    }
    memory->account.budget = budget;
    *out = memory;
    return EMEND_OK;
}

void *plugin_memory_alloc(PluginMemory *memory, uint64_t size, uint64_t align) {
    align = account_align(align);
    if (align == 0 || size > PTRDIFF_MAX - 2 * MEMORY_MAX_ALIGN) {
        return NULL;
    }
    if (!account_take(&memory->account, size)) {
        return NULL;
    }
    void *base = NULL;
    if (posix_memalign(&base, align, align + size) != 0) {
        account_give(&memory->account, size);
        return NULL;
    }
    // The smallest alignment is the header's size, so it always fits in front.
    BlockHeader header = {size, align};
    char *block = (char *)base + align;
    memcpy(block - sizeof header, &header, sizeof header);
    return block;
}

void plugin_memory_free(PluginMemory *memory, void *block) {
    if (!block) {
        return;
    }
    BlockHeader header;
    memcpy(&header, (char *)block - sizeof header, sizeof header);
    account_give(&memory->account, header.size);
    free((char *)block - header.offset);
}

PluginMemoryStats plugin_memory_stats(PluginMemory *memory) {
    PluginMemoryStats stats = {0};
    stats.n_blocks = atomic_load(&memory->account.n_blocks);
    stats.allocated = atomic_load(&memory->account.allocated);
    stats.peak = atomic_load(&memory->account.peak);
    stats.n_refused = atomic_load(&memory->account.n_refused);
    stats.budget = memory->account.budget;
    return stats;
}

void plugin_memory_destroy(PluginMemory *memory) {
    free(memory);
}
