/* SPDX-License-Identifier: Apache-2.0 */
#include "scaffold/scaffold.h"
#include "scaffold/names.h"
#include "scaffold/selection.h"
#include "scaffold/templates.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is written, and where. */
typedef struct Scaffold {
    Selection selection;
    Names names;
    char dir[PATH_MAX];
} Scaffold;

static EmendStatus file_fail(const char *path, const char *what, EmendError *err) {
    int error = errno;
    if (error == EEXIST) {
        return emend_fail(err, EMEND_ALREADY_EXISTS,
                          "%s: it is there already; a plugin is written into a folder of its own; "
                          "give another name, or --dir",
                          path);
    }
    return emend_fail(err, EMEND_UNAVAILABLE, "%s: %s: %s", path, what, strerror(error));
}

// The path of a template's file, NAME replaced.
static EmendStatus full_path(const Scaffold *scaffold, const char *file, char path[PATH_MAX],
                             EmendError *err) {
    const char *name = strstr(file, "NAME");
    int before = name ? (int)(name - file) : (int)strlen(file);
    int n = snprintf(path, PATH_MAX, "%s/%.*s%s%s", scaffold->dir, before, file,
                     name ? scaffold->names.name : "", name ? name + strlen("NAME") : "");
    return n > 0 && n < PATH_MAX
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: its path is too long", scaffold->dir);
}

static EmendStatus make_parent(char *path, EmendError *err) {
    char *slash = strrchr(path, '/');
    *slash = '\0';
    bool is_made = mkdir(path, 0777) == 0 || errno == EEXIST;
    EmendStatus status = is_made ? EMEND_OK : file_fail(path, "it cannot be made", err);
    *slash = '/';
    return status;
}

static void write_text(const Names *names, const Template *from, FILE *to) {
    for (const char *at = from->begin; at < from->end;) {
        size_t left = (size_t)(from->end - at);
        const char *close = *at == '@' ? memchr(at + 1, '@', left - 1) : NULL;
        const char *value = close ? names_value(names, at + 1, (size_t)(close - at - 1)) : NULL;
        if (value) {
            fputs(value, to);
            at = close + 1;
        } else {
            fputc(*at++, to);
        }
    }
}

static EmendStatus write_file(const Scaffold *scaffold, const Template *from, const char *file,
                              EmendError *err) {
    char path[PATH_MAX];
    EmendStatus status = full_path(scaffold, file, path, err);
    if (status == EMEND_OK) {
        status = make_parent(path, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    FILE *to = fopen(path, "wx");
    if (!to) {
        return file_fail(path, "it cannot be made", err);
    }
    write_text(&scaffold->names, from, to);
    bool is_short = ferror(to) != 0;
    if (fclose(to) != 0 || is_short) {
        return file_fail(path, "it cannot be written", err);
    }
    return EMEND_OK;
}

// Takes away what was written, which is all there is in the folder.
static void remove_all(const Scaffold *scaffold) {
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n_templates; i++) {
            const char *file = selection_path(&scaffold->selection, templates[i].path);
            char path[PATH_MAX];
            if (file && full_path(scaffold, file, path, NULL) == EMEND_OK) {
                if (pass == 1) {
                    *strrchr(path, '/') = '\0';
                }
                remove(path);
            }
        }
    }
    rmdir(scaffold->dir);
}

static EmendStatus write_all(const Scaffold *scaffold, EmendError *err) {
    EmendStatus status = EMEND_OK;
    if (mkdir(scaffold->dir, 0777) != 0) {
        return file_fail(scaffold->dir, "it cannot be made", err);
    }
    for (size_t i = 0; status == EMEND_OK && i < n_templates; i++) {
        const char *file = selection_path(&scaffold->selection, templates[i].path);
        if (file) {
            status = write_file(scaffold, &templates[i], file, err);
        }
    }
    if (status != EMEND_OK) {
        remove_all(scaffold);
    }
    return status;
}

EmendStatus scaffold_write(const ScaffoldSpec *spec, EmendError *err) {
    Scaffold scaffold = {0};
    EmendStatus status = selection_init(&scaffold.selection, spec->kind, spec->language, err);
    if (status == EMEND_OK) {
        status = names_init(&scaffold.names, spec->name, spec->id, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    scaffold.names.kind = scaffold.selection.kind;
    scaffold.names.languages = strcmp(scaffold.selection.language, "c++") == 0 ? "C CXX" : "C";
    const char *dir = spec->dir ? spec->dir : spec->name;
    int n = snprintf(scaffold.dir, sizeof scaffold.dir, "%s", dir);
    while (n > 1 && n < PATH_MAX && scaffold.dir[n - 1] == '/') {
        scaffold.dir[--n] = '\0';
    }
    if (n <= 0 || n >= PATH_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "--dir: its path is empty or too long");
    }
    return write_all(&scaffold, err);
}
