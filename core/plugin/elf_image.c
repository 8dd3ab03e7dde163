/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/elf_image.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
enum { MACHINE = EM_NONE };
#endif

const uint8_t *elf_image_view(const ElfImage *image, uint64_t offset, uint64_t size) {
    if (offset > image->len || size > image->len - offset) {
        return NULL;
    }
    return image->bytes + offset;
}

/* Copies `size` bytes at `offset` to `out`, which need not be aligned alike. */
static bool copy_out(const ElfImage *image, uint64_t offset, void *out, size_t size) {
    const uint8_t *from = elf_image_view(image, offset, size);
    if (!from) {
        return false;
    }
    memcpy(out, from, size);
    return true;
}

bool elf_image_segment(const ElfImage *image, size_t i, Elf64_Phdr *out) {
    uint64_t offset = 0;
    return i < image->header.e_phnum &&
           !__builtin_add_overflow(image->header.e_phoff, i * sizeof *out, &offset) &&
           copy_out(image, offset, out, sizeof *out);
}

Elf64_Dyn elf_image_dynamic(const ElfImage *image, size_t i) {
    Elf64_Dyn entry = {0};
    copy_out(image, image->dynamic + i * sizeof entry, &entry, sizeof entry);
    return entry;
}

Elf64_Sym elf_image_symbol(const ElfImage *image, size_t i) {
    Elf64_Sym symbol = {0};
    copy_out(image, image->symbols + i * sizeof symbol, &symbol, sizeof symbol);
    return symbol;
}

const char *elf_image_string(const ElfImage *image, uint64_t offset) {
    // The table was cut behind its last NUL, so that what begins in it ends in it.
    if (offset >= image->strings_bytes) {
        return NULL;
    }
    return (const char *)image->bytes + image->strings + offset;
}

const char *elf_image_exported(const ElfImage *image, const Elf64_Sym *symbol) {
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS ||
        (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE) ||
        (visibility != STV_DEFAULT && visibility != STV_PROTECTED)) {
        return NULL;
    }
    return elf_image_string(image, symbol->st_name);
}

/* The file offset of an address of the loaded library; false where no segment holds it. */
static bool file_offset(const ElfImage *image, uint64_t address, uint64_t *out) {
    Elf64_Phdr segment;
    for (size_t i = 0; elf_image_segment(image, i, &segment); i++) {
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz &&
            !__builtin_add_overflow(segment.p_offset, address - segment.p_vaddr, out)) {
            return *out <= image->len;
        }
    }
    return false;
}

/* One more than the highest index a GNU hash table has in its chains; 0 where it is damaged. */
static uint64_t gnu_hash_count(const ElfImage *image, uint64_t table) {
    uint32_t head[4]; // buckets, first hashed symbol, bloom words, bloom shift
    if (!copy_out(image, table, head, sizeof head)) {
        return 0;
    }
    uint64_t buckets = table + sizeof head + (uint64_t)head[2] * 8;
    uint64_t chains = buckets + (uint64_t)head[0] * 4;
    uint32_t last = 0;
    for (uint32_t i = 0; i < head[0]; i++) {
        uint32_t first = 0;
        if (!copy_out(image, buckets + (uint64_t)i * 4, &first, sizeof first)) {
            return 0;
        }
        last = first > last ? first : last;
    }
    if (last < head[1]) {
        return head[1];
    }
    for (;; last++) {
        uint32_t hash = 0;
        if (!copy_out(image, chains + (uint64_t)(last - head[1]) * 4, &hash, sizeof hash)) {
            return 0;
        }
        if (hash & 1u) {
            return (uint64_t)last + 1;
        }
    }
}

/* The dynamic symbols' count by the section header of their table; 0 where sections were stripped.
 */
static uint64_t section_count(const ElfImage *image) {
    const Elf64_Ehdr *header = &image->header;
    if (header->e_shentsize != sizeof(Elf64_Shdr)) {
        return 0;
    }
    for (uint64_t i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;
        uint64_t offset = 0;
        if (__builtin_add_overflow(header->e_shoff, i * sizeof section, &offset) ||
            !copy_out(image, offset, &section, sizeof section)) {
            return 0;
        }
        if (section.sh_type == SHT_DYNSYM && section.sh_offset == image->symbols) {
            return section.sh_size / sizeof(Elf64_Sym);
        }
    }
    return 0;
}

/* Where the tables lie that the dynamic section points to; addresses of the loaded library. */
typedef struct Tables {
    uint64_t strings, symbols, hash, gnu_hash;
} Tables;

static Tables find_tables(ElfImage *image) {
    Tables tables = {0};
    for (size_t i = 0; i < image->n_dynamic; i++) {
        Elf64_Dyn entry = elf_image_dynamic(image, i);
        switch (entry.d_tag) {
        case DT_NULL:
            image->n_dynamic = i;
            break;
        case DT_STRTAB:
            tables.strings = entry.d_un.d_ptr;
            break;
        case DT_STRSZ:
            image->strings_bytes = entry.d_un.d_val;
            break;
        case DT_SYMTAB:
            tables.symbols = entry.d_un.d_ptr;
            break;
        case DT_HASH:
            tables.hash = entry.d_un.d_ptr;
            break;
        case DT_GNU_HASH:
            tables.gnu_hash = entry.d_un.d_ptr;
            break;
        default:
            break;
        }
    }
    return tables;
}

static uint64_t symbol_count(const ElfImage *image, const Tables *tables) {
    uint64_t count = section_count(image);
    uint64_t offset = 0;
    uint32_t hash[2]; // buckets, symbols
    if (count == 0 && tables->hash != 0 && file_offset(image, tables->hash, &offset) &&
        copy_out(image, offset, hash, sizeof hash)) {
        count = hash[1];
    }
    if (count == 0 && tables->gnu_hash != 0 && file_offset(image, tables->gnu_hash, &offset)) {
        count = gnu_hash_count(image, offset);
    }
    uint64_t room = (image->len - image->symbols) / sizeof(Elf64_Sym);
    return count < room ? count : room;
}

static EmendStatus read_dynamic(ElfImage *image, const char *path, EmendError *err) {
    Elf64_Phdr segment;
    for (size_t i = 0; elf_image_segment(image, i, &segment); i++) {
        if (segment.p_type == PT_DYNAMIC) {
            image->dynamic = segment.p_offset;
            image->n_dynamic = segment.p_filesz / sizeof(Elf64_Dyn);
        }
    }
    if (image->n_dynamic == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the file has no dynamic section; it must be a shared library", path);
    }
    if (!elf_image_view(image, image->dynamic, image->n_dynamic * sizeof(Elf64_Dyn))) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the dynamic section lies outside the file; the file is truncated or "
                          "damaged: build or copy it again",
                          path);
    }
    Tables tables = find_tables(image);
    if (!file_offset(image, tables.strings, &image->strings) ||
        !elf_image_view(image, image->strings, image->strings_bytes) ||
        !file_offset(image, tables.symbols, &image->symbols)) {
        image->strings_bytes = 0;
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: its symbol table lies outside the file; the file is truncated or "
                          "damaged: build or copy it again",
                          path);
    }
    const uint8_t *table = image->bytes + image->strings;
    const uint8_t *last = memrchr(table, '\0', image->strings_bytes);
    image->strings_bytes = last ? (uint64_t)(last - table) + 1 : 0;
    image->n_symbols = symbol_count(image, &tables);
    return EMEND_OK;
}

static EmendStatus check_header(const ElfImage *image, const char *path, EmendError *err) {
    const Elf64_Ehdr *header = &image->header;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the file is not an ELF file; it must be a shared library", path);
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != MACHINE) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "%s: the library is for another machine (ELF class %u, machine %u); this one "
            "takes class %u, machine %u",
            path, header->e_ident[EI_CLASS], header->e_machine, ELFCLASS64, (unsigned)MACHINE);
    }
    if (header->e_type != ET_DYN || header->e_phentsize != sizeof(Elf64_Phdr)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the ELF file is of type %u; it must be a shared library (type %u)",
                          path, header->e_type, ET_DYN);
    }
    return EMEND_OK;
}

static EmendStatus map_file(const char *path, ElfImage *image, EmendError *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    EmendStatus status = EMEND_OK;
    struct stat facts;
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: not a regular file; it must be a shared library", path);
    } else if ((uint64_t)facts.st_size < sizeof(Elf64_Ehdr)) {
        status =
            emend_fail(err, EMEND_INVALID_ARGUMENT,
                       "%s: the file is %lld bytes long and not an ELF file; it must be a shared "
                       "library",
                       path, (long long)facts.st_size);
    } else {
        void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes == MAP_FAILED) {
            status = emend_fail(err, EMEND_UNAVAILABLE, "%s: cannot be mapped: %s", path,
                                strerror(errno));
        } else {
            image->bytes = bytes;
            image->len = (size_t)facts.st_size;
        }
    }
    close(file);
    return status;
}

EmendStatus elf_image_open(const char *path, ElfImage *out, EmendError *err) {
    ElfImage image = {0};
    EmendStatus status = map_file(path, &image, err);
    if (status == EMEND_OK) {
        memcpy(&image.header, image.bytes, sizeof image.header);
        status = check_header(&image, path, err);
    }
    if (status == EMEND_OK) {
        status = read_dynamic(&image, path, err);
    }
    if (status != EMEND_OK) {
        elf_image_close(&image);
        return status;
    }
    *out = image;
    return EMEND_OK;
}

void elf_image_close(ElfImage *image) {
    if (image->bytes) {
        munmap((void *)(uintptr_t)image->bytes, image->len);
    }
    *image = (ElfImage){0};
}
