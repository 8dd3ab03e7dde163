/* SPDX-License-Identifier: Apache-2.0 */
/* Emend's own descriptor set, carried in the executable. */
#include "manifest/builtin.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".hidden builtin_set_start\n"
        ".hidden builtin_set_end\n"
        ".globl builtin_set_start\n"
        ".globl builtin_set_end\n"
        "builtin_set_start:\n"
        ".incbin \"" EMEND_DESCRIPTOR_SET "\"\n"
        "builtin_set_end:\n"
        ".popsection\n");

extern const char builtin_set_start[], builtin_set_end[];

EmendBytes builtin_set(void) {
    return (EmendBytes){builtin_set_start, (uint64_t)(builtin_set_end - builtin_set_start)};
}
