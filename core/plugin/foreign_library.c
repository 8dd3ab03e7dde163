/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_library.h"
#include "plugin/elf.h"
#include "plugin/package.h"
#include <dlfcn.h>
#include <string.h>

EmendStatus foreign_library_check(const Package *package, const Emend__Function *function,
                                  char path[PATH_MAX], EmendError *err) {
    ElfFacts facts;
    const char *file = function->library ? function->library : package->library->path;
    EmendStatus status = package_file(package->dir, file, "the function's library", path, err);
    if (status == EMEND_OK) {
        status = elf_read(path, &facts, err);
    }
    if (status == EMEND_OK && facts.missing_libraries[0]) {
        status = emend_fail(
            err, EMEND_UNAVAILABLE,
            "%s: it needs libraries that are not found: %s; install them or add their folder to "
            "LD_LIBRARY_PATH",
            path, facts.missing_libraries);
    }
    if (status == EMEND_OK && facts.undefined[0]) {
        status = emend_fail(err, EMEND_UNAVAILABLE,
                            "%s: nothing provides the symbols %s; link it with the library that "
                            "has them (-Wl,-z,defs tells at build time)",
                            path, facts.undefined);
    }
    return status;
}

EmendStatus foreign_library_open(const char *path, const char *symbol, void (**code)(void),
                                 EmendError *err) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        return emend_fail(err, EMEND_UNAVAILABLE, "%s: cannot be loaded: %s", path, dlerror());
    }
    void *found = dlsym(handle, symbol);
    memcpy(code, &found, sizeof found); // ISO C has no cast from data to code
    dlclose(handle);                    // the count, not the library: see RTLD_NODELETE
    if (!found) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: it does not export %s", path, symbol);
    }
    return EMEND_OK;
}
