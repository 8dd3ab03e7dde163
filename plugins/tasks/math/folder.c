/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"
#include "note.h"
#include "texts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The names in one folder.
typedef struct Names {
    Arena texts;
    Text pointers; // to the texts, one behind another
    size_t n;
} Names;

static void names_finish(Names *names) {
    arena_free(&names->texts);
    text_finish(&names->pointers);
}

static const char **names_list(const Names *names) {
    return (const char **)(void *)names->pointers.bytes;
}

static EmendStatus names_add(Names *names, const char *name, EmendError *err) {
    EmendStr kept;
    EmendStatus status = arena_keep(&names->texts, (EmendStr){name, strlen(name) + 1}, &kept, err);
    if (status == EMEND_OK) {
        status = text_add(&names->pointers,
                          (EmendStr){(const char *)(const void *)&kept.ptr, sizeof kept.ptr}, err);
    }
    names->n += status == EMEND_OK;
    return status;
}

static EmendStatus fail(const char *path, EmendStr name, int error, EmendError *err) {
    Note note = {0};
    note_add(&note, "%s%s", path, name.len > 0 ? "/" : "");
    note_add_str(&note, name);
    note_add(&note, ": %s; it must be readable", strerror(error));
    return note_fail(&note, error == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED, err);
}

static bool is_json(const char *name) {
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

typedef struct Folder {
    const EmendHost *host;
    const char *path;
    uint64_t *n_links;
} Folder;

// Lists an open folder's folders, or its .json files, and closes it.
static EmendStatus list(const Folder *folder, int fd, EmendStr shown, bool of_files, Names *names,
                        EmendError *err) {
    EmendStatus status = EMEND_OK;
    DIR *entries = fdopendir(fd);
    if (!entries) {
        int error = errno;
        close(fd);
        return fail(folder->path, shown, error, err);
    }
    errno = 0;
    for (struct dirent *entry; status == EMEND_OK && (entry = readdir(entries)); errno = 0) {
        struct stat about;
        if (entry->d_name[0] == '.' || (of_files && !is_json(entry->d_name)) ||
            fstatat(dirfd(entries), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        }
        *folder->n_links += S_ISLNK(about.st_mode);
        if (of_files ? S_ISREG(about.st_mode) : S_ISDIR(about.st_mode)) {
            status = names_add(names, entry->d_name, err);
        }
    }
    if (status == EMEND_OK && errno != 0) {
        status = fail(folder->path, shown, errno, err);
    }
    closedir(entries);
    return status;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// The digits before ".json", without zeros before them; NULL where something else is there.
static const char *digits_of(const char *name, size_t *n) {
    while (name[0] == '0' && name[1] != '.') {
        name++;
    }
    *n = strspn(name, "0123456789");
    return *n > 0 && strcmp(name + *n, ".json") == 0 ? name : NULL;
}

// Numbers by their value, and before all others.
static int by_number(const void *left, const void *right) {
    size_t n_left = 0, n_right = 0;
    const char *a = digits_of(*(const char *const *)left, &n_left);
    const char *b = digits_of(*(const char *const *)right, &n_right);
    if (!a != !b) {
        return a ? -1 : 1;
    }
    if (a && n_left != n_right) {
        return n_left < n_right ? -1 : 1;
    }
    int order = a ? memcmp(a, b, n_left) : 0;
    return order != 0 ? order : by_name(left, right);
}

static EmendStatus take_file(const Folder *folder, int fd, const char *subject, const char *name,
                             FileTaker take, void *ctx, EmendError *err) {
    char shown[2 * NAME_MAX + 2];
    int n = snprintf(shown, sizeof shown, "%s/%s", subject, name);
    EmendStr text = {shown, (uint64_t)n};
    if (folder->host->is_cancelled(folder->host)) {
        return emend_fail(err, EMEND_CANCELLED, "%s: reading it was stopped", folder->path);
    }
    // Not blocking: by now it may be something else than the file that was listed.
    int file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        return fail(folder->path, text, errno, err);
    }
    return take(ctx, file, text, err);
}

static EmendStatus take_subject(const Folder *folder, int fd, const char *subject, FileTaker take,
                                void *ctx, EmendError *err) {
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY;
    Names names = {.texts = {folder->host, NULL}, .pointers = {.host = folder->host}};
    int self = openat(fd, subject, flags), again = -1;
    if (self >= 0) {
        again = openat(self, ".", flags); // list() closes one
    }
    EmendStatus status = again < 0 ? fail(folder->path, emend_str(subject), errno, err)
                                   : list(folder, again, emend_str(subject), true, &names, err);
    if (status == EMEND_OK && names.n > 0) {
        qsort(names_list(&names), names.n, sizeof(char *), by_number);
    }
    for (size_t i = 0; i < names.n && status == EMEND_OK; i++) {
        status = take_file(folder, self, subject, names_list(&names)[i], take, ctx, err);
    }
    names_finish(&names);
    if (self >= 0) {
        close(self);
    }
    return status;
}

EmendStatus folder_files(const EmendHost *host, int fd, const char *path, FileTaker take, void *ctx,
                         uint64_t *n_links, EmendError *err) {
    Folder folder = {host, path, n_links};
    Names names = {.texts = {host, NULL}, .pointers = {.host = host}};
    int again = openat(fd, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    EmendStatus status = again < 0 ? fail(path, (EmendStr){"", 0}, errno, err)
                                   : list(&folder, again, (EmendStr){"", 0}, false, &names, err);
    if (status == EMEND_OK && names.n > 0) {
        qsort(names_list(&names), names.n, sizeof(char *), by_name);
    }
    for (size_t i = 0; i < names.n && status == EMEND_OK; i++) {
        status = take_subject(&folder, fd, names_list(&names)[i], take, ctx, err);
    }
    names_finish(&names);
    close(fd);
    return status;
}
