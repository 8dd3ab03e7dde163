/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_HOST_H
#define EMEND_HOST_H
/* What the host offers a plugin.
 *
 * Each plugin is handed a table of its own in `open` and may keep the pointer until `close`
 * returns. Never copy the table: read it through the pointer, and test members added later with
 * EMEND_HAS.
 *
 * Threads. Every call in this SDK carries one of three marks:
 *
 *   [any]      any thread, any number at once, also from inside other calls
 *   [control]  one call at a time for each plugin, ordered, not always on the same thread; long
 *              work is allowed and polls is_cancelled()
 *   [worker]   the host's threads, the one that makes control calls among them; how many calls at
 *              once is what the factory's `concurrency` says
 *
 * A thread that a plugin starts is joined before `close` (or the instance's `destroy`) returns,
 * blocks all signals and makes only [any] calls. With EMEND_CHECKED in the environment the host
 * verifies that it keeps to the marks.
 *
 * A plugin does not change what belongs to the process: signal handlers, locale, umask, working
 * directory, environment, rounding mode, standard streams. It does not fork without exec.
 * Randomness comes from keys handed in (emend/random.h): a run must be repeatable.
 */
#include "emend/data.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EMEND_LOG_DEBUG = 0, EMEND_LOG_INFO = 1, EMEND_LOG_WARNING = 2, EMEND_LOG_ERROR = 3 };

enum { EMEND_ROLE_UNKNOWN = 0, EMEND_ROLE_CONTROL = 1, EMEND_ROLE_WORKER = 2 };

typedef struct EmendHost EmendHost;
struct EmendHost {
    uint32_t struct_size;
    uint16_t abi_major, abi_minor; /* what this host speaks */
    const char *name, *version;    /* for messages only */

    /* Bytes from the plugin's own arena, accounted to it; `align` a power of two up to 4096, 0 for
     * the default of 16. NULL when memory or the plugin's budget is gone. Using it is optional;
     * blocks taken here are freed here and are gone before `close` returns. [any] */
    void *(*alloc)(const EmendHost *host, uint64_t size, uint64_t align);
    /* Frees a block of this host's alloc; NULL is allowed. [any] */
    void (*free)(const EmendHost *host, void *block);
    /* One line for the user, without a newline; level EMEND_LOG_*. [any] */
    void (*log)(const EmendHost *host, uint32_t level, EmendStr message);
    /* EMEND_ROLE_* of the calling thread, for checks. [any] */
    uint32_t (*thread_role)(const EmendHost *host);
    /* Non-zero once the user asked to stop; a long call then returns EMEND_CANCELLED soon. [any] */
    int32_t (*is_cancelled)(const EmendHost *host);
    /* A table of functions by id ("emend.example/1"), or NULL where this host has none. [any] */
    const void *(*service)(const EmendHost *host, const char *id);
};

EMEND_STATIC_ASSERT(sizeof(EmendHost) == EMEND_END_OF(EmendHost, service), "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendHost) == 72 && offsetof(EmendHost, alloc) == 24, "frozen layout");

#ifdef __cplusplus
}
#endif
#endif
