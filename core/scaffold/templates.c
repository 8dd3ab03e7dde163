/* SPDX-License-Identifier: Apache-2.0 */
#include "scaffold/templates.h"

// templates.list, written by CMake, is TEMPLATE(number, "path under this folder", "path of the
// file") for each of them.
#define TEMPLATE(N, PATH, FILE)                                                                    \
    __asm__(".pushsection .rodata\n"                                                               \
            ".hidden template_" #N "_begin\n"                                                      \
            ".hidden template_" #N "_end\n"                                                        \
            ".globl template_" #N "_begin\n"                                                       \
            ".globl template_" #N "_end\n"                                                         \
            "template_" #N "_begin:\n"                                                             \
            ".incbin \"" FILE "\"\n"                                                               \
            "template_" #N "_end:\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char template_##N##_begin[], template_##N##_end[];
#include "templates.list"
#undef TEMPLATE

const Template templates[] = {
#define TEMPLATE(N, PATH, FILE) {PATH, template_##N##_begin, template_##N##_end},
#include "templates.list"
#undef TEMPLATE
};
const size_t n_templates = sizeof templates / sizeof templates[0];
