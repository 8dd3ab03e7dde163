/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/suggest.h"
#include "plugin/elf_image.h"
#include "plugin/foreign_check.h"
#include "plugin/package.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Names that a message may propose, and how long they may be. */
#define NAMES_MAX 4096
#define NAME_BYTES_MAX 255

static bool is_function(const Elf64_Sym *symbol) {
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return type == STT_FUNC || type == STT_GNU_IFUNC;
}

/* The symbol of that name; false where the library exports none. */
static bool find_exported(const ElfImage *image, const char *name, Elf64_Sym *out) {
    for (size_t i = 0; i < image->n_symbols; i++) {
        *out = elf_image_symbol(image, i);
        const char *exported = elf_image_exported(image, out);
        if (exported && strcmp(exported, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The name of an exported function that can stand in a message, or NULL. */
static const char *nameable(const ElfImage *image, size_t i) {
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_.$";
    Elf64_Sym symbol = elf_image_symbol(image, i);
    const char *name = is_function(&symbol) ? elf_image_exported(image, &symbol) : NULL;
    size_t len = name ? strspn(name, characters) : 0;
    return name && !name[len] && len <= NAME_BYTES_MAX ? name : NULL;
}

/* What C++ or Rust made of a function of that name ("_Z3fooPKc" of "foo"), or NULL. */
static const char *find_mangled(const ElfImage *image, const char *name) {
    char part[256];
    snprintf(part, sizeof part, "%zu%s", strlen(name), name);
    for (size_t i = 0; i < image->n_symbols; i++) {
        const char *exported = nameable(image, i);
        if (exported && exported[0] == '_' && (exported[1] == 'Z' || exported[1] == 'R') &&
            strstr(exported, part)) {
            return exported;
        }
    }
    return NULL;
}

/* The exported function with the nearest name, or NULL. */
static const char *find_near(const ElfImage *image, const char *name) {
    const char **names = calloc(NAMES_MAX, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && n < NAMES_MAX && i < image->n_symbols; i++) {
        names[n] = nameable(image, i);
        n += names[n] != NULL;
    }
    const char *near = names ? suggest_name(name, strlen(name), names, n) : NULL;
    free(names);
    return near;
}

static EmendStatus check_symbol(const ElfImage *image, const char *library, const char *name,
                                const char *path, const TextTree *tree, EmendError *err) {
    Elf64_Sym symbol;
    if (find_exported(image, name, &symbol)) {
        return is_function(&symbol)
                   ? EMEND_OK
                   : text_tree_fail(tree, path, err,
                                    "%s is \"%s\", which is data in %s; it must be a function",
                                    path, name, library);
    }
    const char *mangled = find_mangled(image, name);
    if (mangled) {
        return text_tree_fail(tree, path, err,
                              "%s is \"%s\", which %s does not export; it has %.100s: declare it "
                              "extern \"C\" (in Rust, with #[no_mangle])",
                              path, name, library, mangled);
    }
    const char *near = find_near(image, name);
    return text_tree_fail(tree, path, err,
                          "%s is \"%s\", which %s does not export; %s%.100s%s`nm -D %s` lists what "
                          "it does",
                          path, name, library, near ? "did you mean \"" : "", near ? near : "",
                          near ? "\"? " : "", library);
}

EmendStatus foreign_check_symbols(const Emend__PluginManifest *manifest, const char *dir,
                                  const Emend__Library *library, const TextTree *tree,
                                  EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_function; i++) {
        const Emend__Function *function = manifest->function[i];
        const char *file = function->library ? function->library : library->path;
        char path[PATH_MAX];
        char field[64];
        ElfImage image = {0};
        status = package_file(dir, file, "the function's library", path, err);
        if (status == EMEND_OK) {
            status = elf_image_open(path, &image, err);
        }
        if (status == EMEND_OK) {
            snprintf(field, sizeof field, "function[%zu].symbol", i);
            status = check_symbol(&image, file, function->symbol, field, tree, err);
        }
        elf_image_close(&image);
    }
    return status;
}
