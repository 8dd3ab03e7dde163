/* SPDX-License-Identifier: Apache-2.0 */
#include "train/folder.h"
#include "manifest/file.h"
#include "train/buffer.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUMS "SHA256SUMS"

static EmendStatus fail_errno(EmendError *err, const char *path, const char *what) {
    int code = errno;
    EmendStatus status = code == ENOENT                    ? EMEND_NOT_FOUND
                         : code == EACCES || code == EPERM ? EMEND_DENIED
                         : code == ENOSPC || code == EDQUOT || code == EFBIG || code == ENOMEM
                             ? EMEND_EXHAUSTED
                             : EMEND_UNAVAILABLE;
    const char *remedy = status == EMEND_EXHAUSTED ? "; make room and run again with --resume" : "";
    return emend_fail(err, status, "%s: cannot %s: %s%s", path, what, strerror(code), remedy);
}

bool folder_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

EmendStatus folder_make(const char *path, EmendError *err) {
    char *copy = strdup(path);
    if (!copy) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for its name", path);
    }
    EmendStatus status = EMEND_OK;
    for (char *at = copy + 1; status == EMEND_OK; at++) {
        char held = *at;
        if (held != '/' && held != '\0') {
            continue;
        }
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && (errno != EEXIST || !folder_exists(copy))) {
            status = fail_errno(err, copy, "make the folder");
        }
        *at = held;
        if (held == '\0') {
            break;
        }
    }
    free(copy);
    return status;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

EmendStatus folder_remove(const char *path, EmendError *err) {
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        return fail_errno(err, path, "remove the folder");
    }
    return EMEND_OK;
}

EmendStatus folder_begin(const char *path, char **aside, EmendError *err) {
    const char *slash = strrchr(path, '/');
    int parent = slash ? (int)(slash - path) : 1;
    char *name = NULL, *folder = NULL;
    EmendStatus status = EMEND_OK;
    if (asprintf(&folder, "%.*s", parent, slash ? path : ".") < 0 ||
        asprintf(&name, "%.*s/.%s.partial", parent, slash ? path : ".", slash ? slash + 1 : path) <
            0) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for its name", path);
    }
    if (status == EMEND_OK) {
        status = folder_make(folder, err);
    }
    if (status == EMEND_OK) {
        status = folder_remove(name, err);
    }
    if (status == EMEND_OK && mkdir(name, 0777) != 0) {
        status = fail_errno(err, name, "make the folder");
    }
    free(folder);
    if (status != EMEND_OK) {
        free(name);
        return status;
    }
    *aside = name;
    return EMEND_OK;
}

void folder_abandon(char *aside) {
    if (aside) {
        folder_remove(aside, NULL);
        free(aside);
    }
}

static EmendStatus sync_path(const char *path, EmendError *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(err, path, "open to sync");
    }
    EmendStatus status = fsync(fd) == 0 ? EMEND_OK : fail_errno(err, path, "sync");
    close(fd);
    return status;
}

EmendStatus file_write(const char *path, const void *data, size_t len, EmendError *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return fail_errno(err, path, "open for writing");
    }
    EmendStatus status = EMEND_OK;
    for (size_t done = 0; status == EMEND_OK && done < len;) {
        ssize_t n = write(fd, (const char *)data + done, len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            status = fail_errno(err, path, "write");
            break;
        }
        done += (size_t)n;
    }
    if (status == EMEND_OK && fsync(fd) != 0) {
        status = fail_errno(err, path, "sync");
    }
    if (close(fd) != 0 && status == EMEND_OK) {
        status = fail_errno(err, path, "close");
    }
    return status;
}

EmendStatus sha256(const void *data, size_t len, uint8_t out[32], EmendError *err) {
    if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1) {
        return emend_fail(err, EMEND_INTERNAL, "SHA-256 is not to be had from libcrypto");
    }
    return EMEND_OK;
}

static void hex(const uint8_t digest[32], char out[65]) {
    for (int i = 0; i < 32; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

static EmendStatus hash_stream(FILE *file, const char *path, char out[65], EmendError *err) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t digest[32], block[65536];
    size_t n = 0;
    bool is_fine = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    while (is_fine && (n = fread(block, 1, sizeof block, file)) > 0) {
        is_fine = EVP_DigestUpdate(context, block, n) == 1;
    }
    is_fine = is_fine && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (ferror(file)) {
        return fail_errno(err, path, "read");
    }
    if (!is_fine) {
        return emend_fail(err, EMEND_INTERNAL, "%s: libcrypto could not hash it", path);
    }
    hex(digest, out);
    return EMEND_OK;
}

static EmendStatus hash_file(const char *path, char out[65], EmendError *err) {
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return fail_errno(err, path, "open");
    }
    EmendStatus status = hash_stream(file, path, out, err);
    fclose(file);
    return status;
}

// Hashes and syncs every file under base/relative, folders after what is in them.
static EmendStatus seal(const char *base, const char *relative, Buffer *sums, EmendError *err) {
    char *folder = NULL;
    struct dirent **entries = NULL;
    if (asprintf(&folder, "%s%s%s", base, relative[0] ? "/" : "", relative) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", base);
    }
    int n = scandir(folder, &entries, NULL, alphasort);
    EmendStatus status = n < 0 ? fail_errno(err, folder, "list") : EMEND_OK;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        bool is_skipped =
            strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, SUMS) == 0;
        char *inner = NULL, *path = NULL;
        if (status == EMEND_OK && !is_skipped) {
            if (asprintf(&inner, "%s%s%s", relative, relative[0] ? "/" : "", name) < 0 ||
                asprintf(&path, "%s/%s", base, inner) < 0) {
                status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", base);
            } else if (folder_exists(path)) {
                status = seal(base, inner, sums, err);
            } else {
                char digest[65];
                status = hash_file(path, digest, err);
                if (status == EMEND_OK && buffer_print(sums, "%s  %s\n", digest, inner)) {
                    status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for its hash", path);
                }
                if (status == EMEND_OK) {
                    status = sync_path(path, err);
                }
            }
        }
        free(inner);
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (status == EMEND_OK) {
        status = sync_path(folder, err);
    }
    free(folder);
    return status;
}

static EmendStatus write_sums(const char *folder, EmendError *err) {
    Buffer sums = {0};
    char *path = NULL;
    EmendStatus status = seal(folder, "", &sums, err);
    if (status == EMEND_OK && asprintf(&path, "%s/" SUMS, folder) < 0) {
        path = NULL;
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", folder);
    }
    if (status == EMEND_OK) {
        status = file_write(path, sums.data ? sums.data : "", sums.len, err);
    }
    if (status == EMEND_OK) {
        status = sync_path(folder, err);
    }
    free(path);
    buffer_finish(&sums);
    return status;
}

// Where the file system cannot exchange two names: between the renames a crash leaves the old
// folder as `old` and the new one, complete, as `aside`.
static EmendStatus swap_by_renames(const char *aside, const char *path, const char *old,
                                   EmendError *err) {
    if (rename(path, old) != 0) {
        return fail_errno(err, path, "rename");
    }
    if (rename(aside, path) == 0) {
        return EMEND_OK;
    }
    EmendStatus status = fail_errno(err, aside, "rename");
    return rename(old, path) == 0 ? status : fail_errno(err, old, "rename back");
}

// Puts `aside` in the place of `path`, where there may be a folder: a crash leaves that or this.
static EmendStatus replace(const char *aside, const char *path, const char *old, EmendError *err) {
    if (!folder_exists(path)) {
        return rename(aside, path) == 0 ? EMEND_OK : fail_errno(err, aside, "rename");
    }
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
        return folder_remove(aside, err);
    }
    return swap_by_renames(aside, path, old, err);
}

static EmendStatus swap_in(const char *aside, const char *path, EmendError *err) {
    char *old = NULL;
    if (asprintf(&old, "%s.old", path) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", path);
    }
    // One may be left from a process that was killed between two renames.
    EmendStatus status = folder_remove(old, err);
    if (status == EMEND_OK) {
        status = replace(aside, path, old, err);
    }
    if (status == EMEND_OK) {
        status = folder_remove(old, err);
    }
    free(old);
    return status;
}

static EmendStatus sync_parent(const char *path, EmendError *err) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return EMEND_OK;
    }
    char *parent = strndup(path, (size_t)(slash - path));
    if (!parent) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", path);
    }
    EmendStatus status = sync_path(parent, err);
    free(parent);
    return status;
}

EmendStatus folder_commit(char *aside, const char *path, EmendError *err) {
    EmendStatus status = write_sums(aside, err);
    if (status == EMEND_OK) {
        status = swap_in(aside, path, err);
    }
    if (status == EMEND_OK) {
        status = sync_parent(path, err);
    }
    if (status != EMEND_OK) {
        folder_abandon(aside);
        return status;
    }
    free(aside);
    return EMEND_OK;
}

static EmendStatus verify_line(const char *folder, const char *line, EmendError *err) {
    if (strlen(line) < 67 || line[64] != ' ' || strstr(line + 66, "..")) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s/" SUMS ": it is damaged", folder);
    }
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, line + 66) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", folder);
    }
    char digest[65] = "";
    EmendStatus status = hash_file(path, digest, err);
    if (status == EMEND_NOT_FOUND) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: it is missing", path);
    } else if (status == EMEND_OK && strncmp(digest, line, 64) != 0) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: it is damaged: SHA-256 is %.12s..., " SUMS " says %.12s...", path,
                            digest, line);
    }
    free(path);
    return status;
}

static bool is_in_sums(const char *sums, const char *name) {
    size_t len = strlen(name);
    for (const char *at = sums; (at = strstr(at, name)); at += len) {
        if (at >= sums + 2 && at[-1] == ' ' && at[-2] == ' ' && at[len] == '\n') {
            return true;
        }
    }
    return false;
}

EmendStatus folder_verify(const char *path, const char *needed, EmendError *err) {
    char *sums_path = NULL, *sums = NULL;
    size_t len = 0;
    if (asprintf(&sums_path, "%s/" SUMS, path) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a name", path);
    }
    EmendStatus status = file_read(sums_path, 1 << 20, &sums, &len, err);
    if (status == EMEND_OK && !is_in_sums(sums, needed)) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: it is damaged: %s is not in it", sums_path,
                            needed);
    }
    char *rest = sums;
    for (char *line; status == EMEND_OK && (line = strsep(&rest, "\n")) && *line;) {
        status = verify_line(path, line, err);
    }
    free(sums);
    free(sums_path);
    return status;
}
