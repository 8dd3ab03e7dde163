/* SPDX-License-Identifier: Apache-2.0 */
#include "check/scratch.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void link_all(const char *linked, const char *folder) {
    DIR *dir = opendir(linked);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char from[PATH_MAX], to[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        int n_from = snprintf(from, sizeof from, "%s/%s", linked, entry->d_name);
        int n_to = snprintf(to, sizeof to, "%s/%s", folder, entry->d_name);
        if (n_from < PATH_MAX && n_to < PATH_MAX && symlink(from, to) != 0) {
            continue; // a config that needs it will say so
        }
    }
    if (dir) {
        closedir(dir);
    }
}

EmendStatus scratch_make(const char *linked, char *out, EmendError *err) {
    const char *base = getenv("TMPDIR");
    char made[PATH_MAX];
    int n = snprintf(made, sizeof made, "%s/emend-check-XXXXXX", base && *base ? base : "/tmp");
    if (n >= (int)sizeof made || !mkdtemp(made) || !realpath(made, out)) {
        return emend_fail(err, EMEND_UNAVAILABLE,
                          "%s: no folder can be made there: %s; set TMPDIR to one where it can",
                          base && *base ? base : "/tmp", strerror(errno));
    }
    if (linked) {
        link_all(linked, out);
    }
    return EMEND_OK;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at) {
    (void)facts;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

/* A test may have taken the right to write from what it made. */
static int open_folder(const char *path, const struct stat *facts, int type, struct FTW *at) {
    (void)facts;
    (void)at;
    if (type == FTW_D || type == FTW_DNR) {
        chmod(path, 0700);
    }
    return 0;
}

void scratch_remove(const char *path) {
    nftw(path, open_folder, 16, FTW_PHYS);
    nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}
