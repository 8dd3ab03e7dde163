/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_ELF_AUDIT_H
#define CHECK_ELF_AUDIT_H
/* What the loader can live with in a library and an author should still mend. */
#include "emend/status.h"
#include <stdbool.h>

typedef struct ElfAudit {
    bool has_text_relocations;
    bool has_executable_stack;
    char allocators[256]; /* exported symbols of an allocator, and needed libraries that are one */
    char run_path[512];   /* of DT_RUNPATH or DT_RPATH, the folders that are not below $ORIGIN */
    char of_emend[256];   /* needed libraries of Emend's */
} ElfAudit;

EmendStatus elf_audit(const char *path, ElfAudit *out, EmendError *err);

#endif
