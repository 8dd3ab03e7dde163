/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"
#include <check.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/emend-plugin-XXXXXX";

const char *scratch_begin(void) {
    strcpy(folder, "/tmp/emend-plugin-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    unsetenv("EMEND_PLUGIN_PATH");
    setenv("XDG_DATA_HOME", scratch_path("data"), 1);
    setenv("XDG_CACHE_HOME", scratch_path("cache"), 1);
    return folder;
}

static int remove_one(const char *path, const struct stat *facts, int flag, struct FTW *walk) {
    (void)facts;
    (void)flag;
    (void)walk;
    return remove(path);
}

void scratch_end(void) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *format, ...) {
    static char paths[8][PATH_MAX];
    static size_t next;
    char name[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    char *path = paths[next++ % 8];
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

void scratch_folder(const char *path) {
    ck_assert_msg(mkdir(path, 0755) == 0 && chmod(path, 0755) == 0, "cannot make %s", path);
}

void scratch_write(const char *path, const void *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

uint8_t *scratch_read(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*len + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *len, file), *len);
    bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

static void copy(const char *from, const char *to) {
    size_t len = 0;
    uint8_t *bytes = scratch_read(from, &len);
    scratch_write(to, bytes, len);
    free(bytes);
}

void scratch_copy_rogue(const char *name) {
    char from[PATH_MAX];
    scratch_folder(scratch_path("%s", name));
    snprintf(from, sizeof from, EMEND_ROGUE_DIR "/%s/%s.so", name, name);
    copy(from, scratch_path("%s/%s.so", name, name));
    snprintf(from, sizeof from, EMEND_ROGUE_DIR "/%s/plugin.textproto", name);
    copy(from, scratch_path("%s/plugin.textproto", name));
}

void scratch_manifest(const char *name, const char *text) {
    struct stat facts;
    if (stat(scratch_path("%s", name), &facts) != 0) {
        scratch_folder(scratch_path("%s", name));
        scratch_write(scratch_path("%s/a.so", name), "not read here", 13);
    }
    scratch_write(scratch_path("%s/plugin.textproto", name), text, strlen(text));
}

Catalog *scratch_catalog(const char *path) {
    char text[TEXT_BYTES];
    EmendError err = emend_error_on(text, sizeof text);
    Catalog *catalog = NULL;
    ck_assert_msg(catalog_open(path, &catalog, &err) == EMEND_OK, "%s", text);
    return catalog;
}

const Package *scratch_package(const Catalog *catalog, const char *name) {
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Package *package = catalog_package(catalog, i);
        if (strcmp(strrchr(package->dir, '/') + 1, name) == 0) {
            return package;
        }
    }
    ck_abort_msg("no package in a folder %s", name);
    return NULL;
}
