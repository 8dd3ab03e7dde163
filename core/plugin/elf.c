/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/elf.h"
#include "plugin/elf_image.h"
#include "plugin/libraries.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_NAME "emend_plugin_entry"

/* Libraries looked into for symbols, the plugin included. */
#define LIBRARIES_MAX 256

/* Needed libraries of one library, and bytes of a symbol's name, that are looked at. */
#define NEEDED_MAX 256
#define NAME_BYTES_MAX 65536

/* Names joined by ", ", the ones that do not fit counted at the end. */
typedef struct NameList {
    char *text;
    size_t capacity, len, n, n_left_out;
} NameList;

static NameList name_list(char *text, size_t capacity) {
    text[0] = '\0';
    return (NameList){text, capacity, 0, 0, 0};
}

static void name_list_add(NameList *list, const char *name) {
    static const size_t tail = sizeof " and 12345678 more";
    size_t len = strnlen(name, list->capacity);
    list->n++;
    if (list->n_left_out > 0 || list->len + len + 2 + tail > list->capacity) {
        list->n_left_out++;
        return;
    }
    if (list->len > 0) {
        memcpy(list->text + list->len, ", ", 2);
        list->len += 2;
    }
    // A name in a file may be any bytes; a message is one line of text.
    for (size_t i = 0; i < len; i++) {
        list->text[list->len++] =
            name[i] > ' ' && name[i] < 0x7F ? name[i] : (name[i] == ' ' ? ' ' : '?');
    }
    list->text[list->len] = '\0';
}

static void name_list_finish(NameList *list) {
    if (list->n_left_out > 0) {
        snprintf(list->text + list->len, list->capacity - list->len, " and %zu more",
                 list->n_left_out < 99999999 ? list->n_left_out : 99999999);
    }
}

/* A note's owner and type, and where its bytes are. */
typedef struct Note {
    const char *owner;
    size_t owner_bytes; /* the NUL included */
    uint32_t type;
    const uint8_t *bytes; /* found */
    size_t n_bytes;
} Note;

/* Finds a note among those at [at, end). */
static bool find_note(const ElfImage *image, uint64_t at, uint64_t end, uint64_t align,
                      size_t least_bytes, Note *note) {
    while (end - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr head;
        memcpy(&head, image->bytes + at, sizeof head);
        at += sizeof head;
        uint64_t name_bytes = (head.n_namesz + align - 1) / align * align;
        uint64_t desc_bytes = (head.n_descsz + align - 1) / align * align;
        if (name_bytes > end - at || head.n_descsz > end - at - name_bytes) {
            return false;
        }
        if (head.n_type == note->type && head.n_namesz == note->owner_bytes &&
            memcmp(image->bytes + at, note->owner, note->owner_bytes) == 0 &&
            head.n_descsz >= least_bytes) {
            note->bytes = image->bytes + at + name_bytes;
            note->n_bytes = head.n_descsz;
            return true;
        }
        at += name_bytes;
        at += desc_bytes < end - at ? desc_bytes : end - at;
    }
    return false;
}

static bool search_notes(const ElfImage *image, size_t least_bytes, Note *note) {
    Elf64_Phdr segment;
    for (size_t i = 0; elf_image_segment(image, i, &segment); i++) {
        if (segment.p_type == PT_NOTE &&
            elf_image_view(image, segment.p_offset, segment.p_filesz) &&
            find_note(image, segment.p_offset, segment.p_offset + segment.p_filesz,
                      segment.p_align == 8 ? 8 : 4, least_bytes, note)) {
            return true;
        }
    }
    return false;
}

static bool read_note(const ElfImage *image, EmendNote *out) {
    Note note = {
        .owner = EMEND_NOTE_NAME, .owner_bytes = sizeof EMEND_NOTE_NAME, .type = EMEND_NOTE_TYPE};
    if (!search_notes(image, sizeof *out, &note)) {
        return false;
    }
    memcpy(out, note.bytes, sizeof *out);
    out->id[sizeof out->id - 1] = '\0';
    return true;
}

void elf_build_id(const char *path, char *text, size_t capacity) {
    Note note = {.owner = "GNU", .owner_bytes = sizeof "GNU", .type = NT_GNU_BUILD_ID};
    ElfImage image = {0};
    text[0] = '\0';
    if (elf_image_open(path, &image, NULL) == EMEND_OK && search_notes(&image, 1, &note)) {
        for (size_t i = 0; i < note.n_bytes && 2 * i + 3 <= capacity; i++) {
            snprintf(text + 2 * i, 3, "%02x", note.bytes[i]);
        }
    }
    elf_image_close(&image);
}

static void read_exports(const ElfImage *image, ElfFacts *out) {
    NameList others = name_list(out->exports, sizeof out->exports);
    for (size_t i = 0; i < image->n_symbols; i++) {
        Elf64_Sym symbol = elf_image_symbol(image, i);
        const char *name = elf_image_exported(image, &symbol);
        if (!name) {
            continue;
        }
        if (strcmp(name, ENTRY_NAME) == 0) {
            out->exports_entry |= ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT;
        } else {
            name_list_add(&others, name);
        }
    }
    out->n_exports = others.n;
    name_list_finish(&others);
}

static const char *dynamic_string(const ElfImage *image, int64_t tag) {
    for (size_t i = 0; i < image->n_dynamic; i++) {
        Elf64_Dyn entry = elf_image_dynamic(image, i);
        if (entry.d_tag == tag) {
            return elf_image_string(image, entry.d_un.d_val);
        }
    }
    return NULL;
}

static bool has_static_tls(const ElfImage *image) {
    for (size_t i = 0; i < image->n_dynamic; i++) {
        Elf64_Dyn entry = elf_image_dynamic(image, i);
        if (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_STATIC_TLS)) {
            return true;
        }
    }
    return false;
}

/* A library of the closure of what the plugin needs. */
typedef struct Library {
    char path[PATH_MAX];
    ElfImage image;
} Library;

/* The closure: the plugin first, then what it needs, each before what that needs. */
typedef struct Closure {
    Library *libraries[LIBRARIES_MAX];
    size_t n;
    bool is_whole; /* every library that was found was read */
} Closure;

static bool closure_has(const Closure *closure, const char *path) {
    for (size_t i = 0; i < closure->n; i++) {
        if (strcmp(closure->libraries[i]->path, path) == 0) {
            return true;
        }
    }
    return false;
}

static void closure_add(Closure *closure, const char *path) {
    if (closure_has(closure, path)) {
        return;
    }
    Library *library = closure->n < LIBRARIES_MAX ? calloc(1, sizeof *library) : NULL;
    if (!library || elf_image_open(path, &library->image, NULL) != EMEND_OK) {
        free(library);
        closure->is_whole = false;
        return;
    }
    snprintf(library->path, sizeof library->path, "%s", path);
    closure->libraries[closure->n++] = library;
}

static void closure_finish(Closure *closure) {
    for (size_t i = 0; i < closure->n; i++) {
        elf_image_close(&closure->libraries[i]->image);
        free(closure->libraries[i]);
    }
    closure->n = 0;
}

/* Finds what `library` needs along its own run path and the plugin's. The loader searches the
 * second for DT_RPATH and not for DT_RUNPATH, but a library wrongly called missing is the worse
 * slip. */
static bool find_needed(const Closure *closure, const Library *library, const char *name,
                        char *path, size_t capacity) {
    const Library *searched[] = {library, closure->libraries[0]};
    for (size_t i = 0; i < 2; i++) {
        char origin[PATH_MAX];
        snprintf(origin, sizeof origin, "%s", searched[i]->path);
        *strrchr(origin, '/') = '\0';
        const char *run_path = dynamic_string(&searched[i]->image, DT_RUNPATH);
        if (!run_path) {
            run_path = dynamic_string(&searched[i]->image, DT_RPATH);
        }
        if (library_find(name, run_path, origin, path, capacity)) {
            return true;
        }
    }
    return false;
}

/* Adds what one library needs. */
static void closure_grow(Closure *closure, const Library *library, NameList *missing) {
    size_t n_needed = 0;
    for (size_t i = 0; i < library->image.n_dynamic; i++) {
        Elf64_Dyn entry = elf_image_dynamic(&library->image, i);
        const char *name =
            entry.d_tag == DT_NEEDED ? elf_image_string(&library->image, entry.d_un.d_val) : NULL;
        char path[PATH_MAX];
        if (!name || name[0] == '\0') {
            continue;
        }
        if (++n_needed > NEEDED_MAX) {
            closure->is_whole = false;
            return;
        }
        if (find_needed(closure, library, name, path, sizeof path)) {
            closure_add(closure, path);
            continue;
        }
        char text[512];
        snprintf(text, sizeof text, "%.200s (needed by %.200s)", name,
                 strrchr(library->path, '/') + 1);
        name_list_add(missing, library == closure->libraries[0] ? name : text);
    }
}

/* True where a symbol must be found for the library to be loaded. */
static bool must_resolve(const Elf64_Sym *symbol) {
    return symbol->st_shndx == SHN_UNDEF && symbol->st_name != 0 &&
           ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL;
}

static bool process_has(const char *name) {
    if (strnlen(name, NAME_BYTES_MAX) == NAME_BYTES_MAX) {
        return true; // no compiler's name: not worth the search, and the loader will say
    }
    dlerror();
    return dlsym(RTLD_DEFAULT, name) != NULL || dlerror() == NULL;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Marks which of the sorted names a library exports. */
static void mark_exports(const ElfImage *image, const char **names, bool *is_found, size_t n) {
    for (size_t i = 0; i < image->n_symbols; i++) {
        Elf64_Sym symbol = elf_image_symbol(image, i);
        const char *name = elf_image_exported(image, &symbol);
        const char **hit = name ? bsearch(&name, names, n, sizeof *names, compare_names) : NULL;
        if (hit) {
            is_found[hit - names] = true;
        }
    }
}

/* Sorts names and drops repetitions (a name in several versions); returns how many are left. */
static size_t sort_names(const char **names, size_t n) {
    size_t n_kept = 0;
    if (n > 0) {
        qsort(names, n, sizeof *names, compare_names);
    }
    for (size_t i = 0; i < n; i++) {
        if (n_kept == 0 || strcmp(names[i], names[n_kept - 1]) != 0) {
            names[n_kept++] = names[i];
        }
    }
    return n_kept;
}

/* Lists the undefined symbols that neither the process nor the closure has. */
static void list_undefined(const Closure *closure, NameList *undefined) {
    const ElfImage *image = &closure->libraries[0]->image;
    const char **names = calloc(image->n_symbols + 1, sizeof *names);
    bool *is_found = calloc(image->n_symbols + 1, sizeof *is_found);
    size_t n = 0;
    for (size_t i = 0; names && is_found && i < image->n_symbols; i++) {
        Elf64_Sym symbol = elf_image_symbol(image, i);
        const char *name = must_resolve(&symbol) ? elf_image_string(image, symbol.st_name) : NULL;
        if (name && !process_has(name)) {
            names[n++] = name;
        }
    }
    n = n > 0 ? sort_names(names, n) : 0;
    for (size_t i = 1; n > 0 && i < closure->n; i++) {
        mark_exports(&closure->libraries[i]->image, names, is_found, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_found[i]) {
            name_list_add(undefined, names[i]);
        }
    }
    free(names);
    free(is_found);
}

static void read_needs(Closure *closure, ElfFacts *out) {
    NameList missing = name_list(out->missing_libraries, sizeof out->missing_libraries);
    NameList undefined = name_list(out->undefined, sizeof out->undefined);
    for (size_t i = 0; i < closure->n; i++) {
        closure_grow(closure, closure->libraries[i], &missing);
    }
    // A library that was not read may have some of the symbols: nothing is said about those.
    if (closure->is_whole) {
        list_undefined(closure, &undefined);
    }
    name_list_finish(&missing);
    name_list_finish(&undefined);
}

EmendStatus elf_read(const char *path, ElfFacts *out, EmendError *err) {
    ElfFacts facts = {0};
    Closure closure = {.is_whole = true};
    Library *plugin = calloc(1, sizeof *plugin);
    if (!plugin || !realpath(path, plugin->path)) {
        free(plugin);
        return emend_fail(err, EMEND_NOT_FOUND, "%s: there is no such file", path);
    }
    EmendStatus status = elf_image_open(path, &plugin->image, err);
    if (status != EMEND_OK) {
        free(plugin);
        return status;
    }
    closure.libraries[closure.n++] = plugin;
    facts.has_note = read_note(&plugin->image, &facts.note);
    facts.needs_static_tls = has_static_tls(&plugin->image);
    read_exports(&plugin->image, &facts);
    read_needs(&closure, &facts);
    *out = facts;
    closure_finish(&closure);
    return EMEND_OK;
}
