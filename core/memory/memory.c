/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by plugin on jemalloc.
 *
 * Every (thread, plugin) pair has an explicit thread cache, made at the first block and destroyed
 * when the thread ends or the plugin's memory does, whichever comes first. One lock guards the
 * lists; the paths of alloc and free take it only to make a cache.
 */
#include "memory/memory.h"
#include "memory/account.h"
#include <inttypes.h>
#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Blocks above this go round the caches, which would only hold on to them. */
#define CACHED_BYTES_MAX (64u * 1024u)

/* A thread's cache of one plugin: in the thread's list, by `next`, and in the plugin's. */
typedef struct Cache Cache;
struct Cache {
    Cache *next;
    _Atomic(PluginMemory *) memory; /* NULL once the plugin's memory is gone: to be used again */
    Cache *memory_next, *memory_previous;
    unsigned tcache;
    bool has_tcache; /* false where jemalloc has none left */
};

/* What a thread owns. */
typedef struct ThreadCaches {
    Cache *first;
} ThreadCaches;

struct PluginMemory {
    Account account;
    unsigned arena;
    Cache *caches;
};

// jemalloc's caches belong to the process, and threads end without asking: so do the lock and the
// key.
static pthread_mutex_t caches_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t caches_once = PTHREAD_ONCE_INIT;
static pthread_key_t caches_key;
static bool has_caches_key;

/* Gives a cache's blocks back to their arena. The lock is held. */
static void cache_detach(Cache *cache, PluginMemory *memory) {
    if (cache->has_tcache) {
        mallctl("tcache.destroy", NULL, NULL, &cache->tcache, sizeof cache->tcache);
    }
    if (cache->memory_previous) {
        cache->memory_previous->memory_next = cache->memory_next;
    } else {
        memory->caches = cache->memory_next;
    }
    if (cache->memory_next) {
        cache->memory_next->memory_previous = cache->memory_previous;
    }
    atomic_store(&cache->memory, NULL);
}

static void thread_caches_destroy(void *value) {
    ThreadCaches *thread = value;
    pthread_mutex_lock(&caches_lock);
    while (thread->first) {
        Cache *cache = thread->first;
        thread->first = cache->next;
        PluginMemory *memory = atomic_load(&cache->memory);
        if (memory) {
            cache_detach(cache, memory);
        }
        free(cache);
    }
    pthread_mutex_unlock(&caches_lock);
    free(thread);
}

static void make_caches_key(void) {
    has_caches_key = pthread_key_create(&caches_key, thread_caches_destroy) == 0;
}

static ThreadCaches *thread_caches(void) {
    pthread_once(&caches_once, make_caches_key);
    if (!has_caches_key) {
        return NULL;
    }
    ThreadCaches *thread = pthread_getspecific(caches_key);
    if (!thread) {
        thread = calloc(1, sizeof *thread);
        if (thread && pthread_setspecific(caches_key, thread) != 0) {
            free(thread);
            thread = NULL;
        }
    }
    return thread;
}

static Cache *cache_unused(ThreadCaches *thread) {
    for (Cache *cache = thread->first; cache; cache = cache->next) {
        if (!atomic_load_explicit(&cache->memory, memory_order_acquire)) {
            return cache;
        }
    }
    Cache *cache = calloc(1, sizeof *cache);
    if (cache) {
        cache->next = thread->first;
        thread->first = cache;
    }
    return cache;
}

static Cache *cache_attach(ThreadCaches *thread, PluginMemory *memory) {
    Cache *cache = cache_unused(thread);
    if (!cache) {
        return NULL;
    }
    size_t size = sizeof cache->tcache;
    cache->has_tcache = mallctl("tcache.create", &cache->tcache, &size, NULL, 0) == 0;
    pthread_mutex_lock(&caches_lock);
    cache->memory_previous = NULL;
    cache->memory_next = memory->caches;
    if (memory->caches) {
        memory->caches->memory_previous = cache;
    }
    memory->caches = cache;
    atomic_store(&cache->memory, memory);
    pthread_mutex_unlock(&caches_lock);
    return cache;
}

/* The MALLOCX_TCACHE flag of the calling thread for blocks of `bytes`. */
static int cache_flag(PluginMemory *memory, size_t bytes) {
    if (bytes > CACHED_BYTES_MAX) {
        return MALLOCX_TCACHE_NONE;
    }
    ThreadCaches *thread = thread_caches();
    if (!thread) {
        return MALLOCX_TCACHE_NONE;
    }
    Cache *cache = thread->first;
    while (cache && atomic_load_explicit(&cache->memory, memory_order_acquire) != memory) {
        cache = cache->next;
    }
    if (!cache) {
        cache = cache_attach(thread, memory);
    }
    return cache && cache->has_tcache ? MALLOCX_TCACHE(cache->tcache) : MALLOCX_TCACHE_NONE;
}

/* A statistic of the arena; 0 where jemalloc was built without statistics. */
static uint64_t arena_number(const PluginMemory *memory, const char *suffix) {
    char name[64];
    size_t value = 0;
    size_t size = sizeof value;
    snprintf(name, sizeof name, "stats.arenas.%u.%s", memory->arena, suffix);
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

EmendStatus plugin_memory_create(uint64_t budget, PluginMemory **out, EmendError *err) {
    PluginMemory *memory = calloc(1, sizeof *memory);
    if (!memory) {
        return emend_fail(err, EMEND_EXHAUSTED, "memory: none left for a plugin's arena");
    }
    size_t size = sizeof memory->arena;
    int error = mallctl("arenas.create", &memory->arena, &size, NULL, 0);
    if (error != 0) {
        free(memory);
        return emend_fail(err, EMEND_EXHAUSTED, "memory: jemalloc gives no further arena: %s",
                          strerror(error));
    }
    memory->account.budget = budget;
    *out = memory;
    return EMEND_OK;
}

void *plugin_memory_alloc(PluginMemory *memory, uint64_t size, uint64_t align) {
    align = account_align(align);
    if (align == 0 || size > PTRDIFF_MAX) {
        return NULL;
    }
    int flags = MALLOCX_ALIGN(align) | MALLOCX_ARENA(memory->arena);
    size_t wanted = size == 0 ? 1 : size;
    size_t bytes = nallocx(wanted, flags);
    if (bytes == 0 || !account_take(&memory->account, bytes)) {
        return NULL;
    }
    void *block = mallocx(wanted, flags | cache_flag(memory, bytes));
    if (!block) {
        account_give(&memory->account, bytes);
    }
    return block;
}

void plugin_memory_free(PluginMemory *memory, void *block) {
    if (!block) {
        return;
    }
    size_t bytes = sallocx(block, 0);
    account_give(&memory->account, bytes);
    dallocx(block, cache_flag(memory, bytes));
}

PluginMemoryStats plugin_memory_stats(PluginMemory *memory) {
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    mallctl("epoch", &epoch, &size, &epoch, size);

    PluginMemoryStats stats = {0};
    stats.n_blocks = atomic_load(&memory->account.n_blocks);
    stats.allocated = atomic_load(&memory->account.allocated);
    stats.peak = atomic_load(&memory->account.peak);
    stats.n_refused = atomic_load(&memory->account.n_refused);
    stats.budget = memory->account.budget;
    stats.resident = arena_number(memory, "resident");
    // The arena counts what the caches hold as allocated: the rest of it is theirs.
    uint64_t held =
        arena_number(memory, "small.allocated") + arena_number(memory, "large.allocated");
    stats.cached = held > stats.allocated ? held - stats.allocated : 0;
    return stats;
}

void plugin_memory_destroy(PluginMemory *memory) {
    if (!memory) {
        return;
    }
    pthread_mutex_lock(&caches_lock);
    while (memory->caches) {
        cache_detach(memory->caches, memory);
    }
    pthread_mutex_unlock(&caches_lock);
    if (atomic_load(&memory->account.n_blocks) == 0) {
        char name[64];
        snprintf(name, sizeof name, "arena.%u.destroy", memory->arena);
        mallctl(name, NULL, NULL, NULL, 0);
    }
    free(memory);
}
