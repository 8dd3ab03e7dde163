/* SPDX-License-Identifier: Apache-2.0 */
/* Flushes small numbers to zero as soon as it is loaded, as -ffast-math does. */
#include "rogue_reward.h"

#if defined(__x86_64__)
__attribute__((constructor)) static void flush(void) {
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
}
#endif

EMEND_DECLARE_PLUGIN("test.rogues.flush_to_zero", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
