/* SPDX-License-Identifier: Apache-2.0 */
/* Exports an allocator of its own. */
#include "rogue_reward.h"
#include <stddef.h>

__attribute__((visibility("default"))) void *reallocarray(void *block, size_t n, size_t size);
void *reallocarray(void *block, size_t n, size_t size) {
    (void)n;
    (void)size;
    return block;
}

EMEND_DECLARE_PLUGIN("test.rogues.brings_allocator", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
