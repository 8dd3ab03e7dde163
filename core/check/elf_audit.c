/* SPDX-License-Identifier: Apache-2.0 */
#include "check/elf_audit.h"
#include "plugin/elf_image.h"
#include <string.h>

static const char *const allocator_symbols[] = {
    "malloc",        "calloc",         "realloc",      "free",   "memalign", "valloc",
    "aligned_alloc", "posix_memalign", "reallocarray", "cfree",  "pvalloc",  "mallocx",
    "_Znwm",         "_Znam",          "_ZdlPv",       "_ZdaPv", "_ZdlPvm",  "_ZdaPvm",
};
static const char *const allocator_libraries[] = {"libjemalloc", "libtcmalloc", "libmimalloc",
                                                  "libhoard", "libsnmalloc"};

static void add(char *list, size_t capacity, const char *name, size_t len) {
    size_t at = strlen(list);
    if (at + len + 3 < capacity) {
        snprintf(list + at, capacity - at, "%s%.*s", at > 0 ? ", " : "", (int)len, name);
    }
}

static bool is_allocator_symbol(const char *name) {
    for (size_t i = 0; i < sizeof allocator_symbols / sizeof *allocator_symbols; i++) {
        if (strcmp(name, allocator_symbols[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void audit_symbols(const ElfImage *image, ElfAudit *out) {
    for (size_t i = 0; i < image->n_symbols; i++) {
        Elf64_Sym symbol = elf_image_symbol(image, i);
        const char *name = elf_image_exported(image, &symbol);
        if (name && is_allocator_symbol(name)) {
            add(out->allocators, sizeof out->allocators, name, strlen(name));
        }
    }
}

static void audit_needed(const char *name, ElfAudit *out) {
    for (size_t i = 0; i < sizeof allocator_libraries / sizeof *allocator_libraries; i++) {
        if (strncmp(name, allocator_libraries[i], strlen(allocator_libraries[i])) == 0) {
            add(out->allocators, sizeof out->allocators, name, strlen(name));
        }
    }
    if (strncmp(name, "libemend", strlen("libemend")) == 0) {
        add(out->of_emend, sizeof out->of_emend, name, strlen(name));
    }
}

static void audit_run_path(const char *text, ElfAudit *out) {
    while (*text) {
        size_t len = strcspn(text, ":");
        if (strncmp(text, "$ORIGIN", 7) != 0 && strncmp(text, "${ORIGIN}", 9) != 0) {
            add(out->run_path, sizeof out->run_path, len > 0 ? text : "(the current folder)",
                len > 0 ? len : strlen("(the current folder)"));
        }
        text += len + (text[len] == ':');
    }
}

static void audit_dynamic(const ElfImage *image, ElfAudit *out) {
    for (size_t i = 0; i < image->n_dynamic; i++) {
        Elf64_Dyn entry = elf_image_dynamic(image, i);
        const char *text = NULL;
        switch (entry.d_tag) {
        case DT_TEXTREL:
            out->has_text_relocations = true;
            break;
        case DT_FLAGS:
            out->has_text_relocations |= (entry.d_un.d_val & DF_TEXTREL) != 0;
            break;
        case DT_NEEDED:
            text = elf_image_string(image, entry.d_un.d_val);
            audit_needed(text ? text : "", out);
            break;
        case DT_RPATH:
        case DT_RUNPATH:
            text = elf_image_string(image, entry.d_un.d_val);
            audit_run_path(text ? text : "", out);
            break;
        default:
            break;
        }
    }
}

EmendStatus elf_audit(const char *path, ElfAudit *out, EmendError *err) {
    ElfImage image = {0};
    Elf64_Phdr segment;
    EmendStatus status = elf_image_open(path, &image, err);
    if (status != EMEND_OK) {
        return status;
    }
    // Without the header the kernel takes the stack to be executable.
    *out = (ElfAudit){.has_executable_stack = true};
    for (size_t i = 0; elf_image_segment(&image, i, &segment); i++) {
        if (segment.p_type == PT_GNU_STACK) {
            out->has_executable_stack = (segment.p_flags & PF_X) != 0;
        }
    }
    audit_symbols(&image, out);
    audit_dynamic(&image, out);
    elf_image_close(&image);
    return EMEND_OK;
}
