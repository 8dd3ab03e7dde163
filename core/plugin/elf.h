/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_ELF_H
#define PLUGIN_ELF_H
/* Reads a shared library as a file, before any of its code runs. Hostile input is assumed. */
#include "emend/plugin.h"
#include <stdbool.h>

typedef struct ElfFacts {
    EmendNote note;
    bool has_note;
    bool exports_entry; /* emend_plugin_entry, a data symbol */
    bool needs_static_tls;
    size_t n_exports;            /* exported symbols beside emend_plugin_entry */
    char exports[256];           /* the first few of those, joined by ", " */
    char missing_libraries[512]; /* DT_NEEDED that the loader would not find, joined by ", " */
    char undefined[512];         /* undefined symbols that nothing loaded or found provides; a
                                    library that is missing may have some of them */
} ElfFacts;

/* EMEND_INVALID_ARGUMENT where the file is no ELF library for this machine or is damaged. */
EmendStatus elf_read(const char *path, ElfFacts *out, EmendError *err);
/* The build id the linker wrote into a library, in hexadecimal; "" where it has none. */
void elf_build_id(const char *path, char *text, size_t capacity);

#endif
