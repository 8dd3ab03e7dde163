/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H
/* Memory by plugin: one jemalloc arena each, with an explicit thread cache for every (thread,
 * plugin), since the automatic caches hand a block of one arena to a request for another. Built on
 * plain malloc with counters where EMEND_HAVE_JEMALLOC is not defined (sanitizers, valgrind).
 */
#include "emend/status.h"

typedef struct PluginMemory PluginMemory;

typedef struct PluginMemoryStats {
    uint64_t n_blocks;  /* live */
    uint64_t allocated; /* bytes live, as size classes count them */
    uint64_t cached;    /* bytes in thread caches: freed by the plugin, or taken ahead for it */
    uint64_t peak;      /* highest `allocated` so far */
    uint64_t resident;  /* bytes of the arena backed by pages; 0 without jemalloc */
    uint64_t n_refused; /* requests refused by the budget */
    uint64_t budget;    /* 0: none */
} PluginMemoryStats;

/* An arena for one plugin. budget: bytes, 0 for none. */
EmendStatus plugin_memory_create(uint64_t budget, PluginMemory **out, EmendError *err);
/* As EmendHost.alloc and EmendHost.free. Any thread. NULL also for an alignment that is no power of
 * two or above 4096. */
void *plugin_memory_alloc(PluginMemory *memory, uint64_t size, uint64_t align);
void plugin_memory_free(PluginMemory *memory, void *block);
PluginMemoryStats plugin_memory_stats(PluginMemory *memory);
/* Gives the caches and the arena back. Live blocks are the caller's bug to have reported first;
 * where there are any, the arena is kept so that they stay valid. NULL is allowed. */
void plugin_memory_destroy(PluginMemory *memory);

#endif
