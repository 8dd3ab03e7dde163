/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_ELF_IMAGE_H
#define PLUGIN_ELF_IMAGE_H
/* A 64-bit ELF file mapped for reading. Every access is checked against the file's bounds; offsets,
 * counts and names in it may be anything. */
#include "emend/status.h"
#include <elf.h>
#include <stdbool.h>

typedef struct ElfImage {
    const uint8_t *bytes;
    size_t len;
    Elf64_Ehdr header;
    /* Of the dynamic section: file offsets and counts, 0 where it has none. */
    uint64_t strings, strings_bytes;
    uint64_t symbols, n_symbols;
    uint64_t dynamic, n_dynamic;
} ElfImage;

/* Maps a shared library built for this machine. EMEND_INVALID_ARGUMENT, with the path in front,
 * where it is none or is damaged; EMEND_NOT_FOUND where it cannot be opened. */
EmendStatus elf_image_open(const char *path, ElfImage *out, EmendError *err);
/* A zeroed image is allowed. */
void elf_image_close(ElfImage *image);

/* The bytes [offset, offset + size), or NULL where the file does not have them all. */
const uint8_t *elf_image_view(const ElfImage *image, uint64_t offset, uint64_t size);
/* The i-th program header; false past the last. */
bool elf_image_segment(const ElfImage *image, size_t i, Elf64_Phdr *out);
/* The i-th entry of the dynamic section, i < n_dynamic. */
Elf64_Dyn elf_image_dynamic(const ElfImage *image, size_t i);
/* The i-th dynamic symbol, i < n_symbols. */
Elf64_Sym elf_image_symbol(const ElfImage *image, size_t i);
/* A name of the dynamic string table; NULL where it lies outside. */
const char *elf_image_string(const ElfImage *image, uint64_t offset);
/* The name of a symbol that other libraries can bind to, or NULL where it is not one. */
const char *elf_image_exported(const ElfImage *image, const Elf64_Sym *symbol);

#endif
