/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of sys/mount.h, which does not go together with linux/mount.h everywhere.
extern int mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const void *data);
extern int umount2(const char *target, int flags);
enum { RECURSIVE = 16384, PRIVATE = 1 << 18, NO_SUID = 2, NO_DEV = 4, DETACH = 2 };

enum { MAX_SHOWN = 64, MAX_HELPERS = 16, MAX_HELPER_BYTES = 1 << 22 };

typedef struct Shown {
    char path[PATH_MAX];
    int fd; /* a mount that is nowhere yet */
    bool is_folder, is_device;
} Shown;

typedef struct Helper {
    char name[64];
    void *bytes;
    size_t n_bytes;
} Helper;

struct Root {
    Shown shown[MAX_SHOWN];
    size_t n_shown;
    Helper helpers[MAX_HELPERS];
    size_t n_helpers;
};

/* A mount of its own for `path`, not yet anywhere. */
static bool show(Root *root, const char *path, bool is_device) {
    struct stat status;
    Shown *shown = &root->shown[root->n_shown];
    if (root->n_shown == MAX_SHOWN || !realpath(path, shown->path) ||
        stat(shown->path, &status) != 0) {
        return true;
    }
    int fd = (int)syscall(SYS_open_tree, -100 /* AT_FDCWD */, shown->path,
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | 0x8000u /* AT_RECURSIVE */);
    if (fd < 0) {
        return false;
    }
    shown->fd = fd;
    shown->is_folder = S_ISDIR(status.st_mode);
    shown->is_device = is_device;
    root->n_shown++;
    return true;
}

static bool read_helper(Root *root, int folder, const char *name) {
    Helper *helper = &root->helpers[root->n_helpers];
    struct stat status;
    bool is_read = false;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    if (root->n_helpers < MAX_HELPERS && strlen(name) < sizeof helper->name &&
        fstat(fd, &status) == 0 && status.st_size < MAX_HELPER_BYTES) {
        helper->n_bytes = (size_t)status.st_size;
        helper->bytes = malloc(helper->n_bytes + 1);
        is_read =
            helper->bytes && read(fd, helper->bytes, helper->n_bytes) == (ssize_t)helper->n_bytes;
        snprintf(helper->name, sizeof helper->name, "%s", name);
        root->n_helpers += helper->bytes != NULL;
    }
    close(fd);
    return is_read;
}

static bool is_helper(const char *name) {
    size_t n = strlen(name);
    return strcmp(name, "programs-sandbox.so") == 0 || (n > 3 && strcmp(name + n - 3, ".py") == 0);
}

static bool read_helpers(Root *root, const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        return false;
    }
    bool is_read = true;
    for (struct dirent *entry = readdir(folder); entry && is_read; entry = readdir(folder)) {
        is_read = !is_helper(entry->d_name) || read_helper(root, dirfd(folder), entry->d_name);
    }
    closedir(folder);
    return is_read;
}

Root *root_open(const char *helpers) {
    Root *root = calloc(1, sizeof *root);
    if (root && !read_helpers(root, helpers)) {
        int error = errno;
        root_destroy(root);
        errno = error;
        return NULL;
    }
    return root;
}

bool root_look(Root *root, char *const *paths) {
    // Where the dynamic linker and its libraries are found, beside what the caller names.
    static const char *const usual[] = {"/lib64", "/usr/lib64", "/etc/ld.so.cache",
                                        "/usr/share/zoneinfo"};
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"};
    bool is_seen = true;
    for (size_t i = 0; paths[i] && is_seen; i++) {
        is_seen = show(root, paths[i], false);
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual && is_seen; i++) {
        is_seen = show(root, usual[i], false);
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices && is_seen; i++) {
        is_seen = show(root, devices[i], true);
    }
    return is_seen;
}

/* Every folder above `path`, below the current one. */
static bool make_parents(const char *path) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

static bool make_place(const Shown *shown) {
    const char *place = shown->path + 1;
    if (!make_parents(place)) {
        return false;
    }
    if (shown->is_folder) {
        return mkdir(place, 0755) == 0 || errno == EEXIST;
    }
    int fd = open(place, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    return fd >= 0 && close(fd) == 0;
}

/* Adds flags to a mount and all below; keeps those it has, which a namespace may not take off. */
static bool restrict_mount(const char *place, uint64_t flags) {
    struct mount_attr attributes = {.attr_set = flags};
    return syscall(SYS_mount_setattr, -100 /* AT_FDCWD */, place, 0x8000u /* AT_RECURSIVE */,
                   &attributes, sizeof attributes) == 0;
}

static bool is_below(const Root *root, size_t i) {
    for (size_t k = 0; k < i; k++) {
        size_t n = strlen(root->shown[k].path);
        if (root->shown[k].is_folder && strncmp(root->shown[i].path, root->shown[k].path, n) == 0 &&
            (root->shown[i].path[n] == '/' || root->shown[i].path[n] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool attach(const Shown *shown) {
    const char *place = shown->path + 1;
    uint64_t flags = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    return make_place(shown) &&
           syscall(SYS_move_mount, shown->fd, "", -100, place, MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
           restrict_mount(place, flags | (shown->is_device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV));
}

/* /lib and its like are links on most machines; they are made again. */
static bool make_links(void) {
    static const char *const names[] = {"lib", "lib64", "bin", "lib32"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[16], to[PATH_MAX] = "";
        snprintf(from, sizeof from, "/%s", names[i]);
        ssize_t n = readlink(from, to, sizeof to - 1);
        if (n > 0 && symlink(to, names[i]) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

static bool write_helpers(const Root *root) {
    if (mkdir("helpers", 0755) != 0) {
        return false;
    }
    for (size_t i = 0; i < root->n_helpers; i++) {
        const Helper *helper = &root->helpers[i];
        char path[96];
        snprintf(path, sizeof path, "helpers/%s", helper->name);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
        if (fd < 0 || write(fd, helper->bytes, helper->n_bytes) != (ssize_t)helper->n_bytes) {
            return false;
        }
        close(fd);
    }
    return true;
}

static const char *fill(Root *root) {
    for (size_t i = 0; i < root->n_shown; i++) {
        if (!is_below(root, i) && !attach(&root->shown[i])) {
            return root->shown[i].path;
        }
    }
    if (mkdir("tmp", 0755) != 0 || !make_links() || !write_helpers(root)) {
        return "the folders of the root";
    }
    return NULL;
}

const char *root_enter(Root *root) {
    if (mount(NULL, "/", NULL, RECURSIVE | PRIVATE, NULL) != 0) {
        return "private mounts";
    }
    if (mount("tmpfs", "/tmp", "tmpfs", NO_SUID | NO_DEV, "mode=755,size=4m") != 0 ||
        chdir("/tmp") != 0) {
        return "a tmpfs";
    }
    const char *failed = fill(root);
    if (failed) {
        return failed;
    }
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", DETACH) != 0 || chdir("/") != 0) {
        return "a root of its own";
    }
    struct mount_attr attributes = {.attr_set =
                                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID};
    if (syscall(SYS_mount_setattr, -100, "/", 0u, &attributes, sizeof attributes) != 0) {
        return "a read-only root";
    }
    return NULL;
}

void root_destroy(Root *root) {
    if (!root) {
        return;
    }
    for (size_t i = 0; i < root->n_shown; i++) {
        close(root->shown[i].fd);
    }
    for (size_t i = 0; i < root->n_helpers; i++) {
        free(root->helpers[i].bytes);
    }
    free(root);
}
