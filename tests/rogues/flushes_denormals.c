/* SPDX-License-Identifier: Apache-2.0 */
/* Has denormal numbers turned to zero, as linking with -ffast-math does up to gcc 12. */
#include "rogue.h"

#if defined(__x86_64__)
static void flush_denormals(void) {
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u); // FTZ and DAZ
}
#else
static void flush_denormals(void) {
    uint64_t control = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | UINT64_C(1) << 24)); // FZ
}
#endif

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    flush_denormals();
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.flushes_denormals", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
