/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/libraries.h"
#include "plugin/elf_image.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_PATH "/etc/ld.so.cache"
#define CACHE_MAGIC "glibc-ld.so.cache1.1"

/* The head of the loader's cache and its entries (glibc, sysdeps/generic/dl-cache.h). */
typedef struct CacheHead {
    char magic[20];
    uint32_t n_libraries;
    uint32_t strings_bytes;
    uint32_t unused[5];
} CacheHead;

typedef struct CacheEntry {
    int32_t flags;
    uint32_t name, path; /* from the start of the file */
    uint32_t os_version;
    uint64_t hardware;
} CacheEntry;

static bool is_library(const char *path) {
    ElfImage image = {0};
    bool is = elf_image_open(path, &image, NULL) == EMEND_OK;
    elf_image_close(&image);
    return is;
}

static bool is_loaded(const char *name, char *path, size_t capacity) {
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle) {
        dlerror(); // the miss is not for the next caller to find
        return false;
    }
    struct link_map *map = NULL;
    bool is = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name[0] == '/';
    if (is) {
        snprintf(path, capacity, "%s", map->l_name);
    }
    dlclose(handle);
    return is;
}

/* One folder of a run path, $ORIGIN filled in, with the name behind it. */
static bool join(const char *folder, size_t len, const char *origin, const char *name, char *path,
                 size_t capacity) {
    static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}"};
    int n = 0;
    for (size_t i = 0; i < 2; i++) {
        size_t token = strlen(tokens[i]);
        if (origin && len >= token && strncmp(folder, tokens[i], token) == 0) {
            n = snprintf(path, capacity, "%s%.*s/%s", origin, (int)(len - token), folder + token,
                         name);
            return n > 0 && (size_t)n < capacity;
        }
    }
    n = snprintf(path, capacity, "%.*s/%s", (int)len, folder, name);
    return n > 0 && (size_t)n < capacity;
}

static bool is_in_folders(const char *folders, const char *origin, const char *name, char *path,
                          size_t capacity) {
    while (folders && *folders) {
        size_t len = strcspn(folders, ":;");
        if (len > 0 && len < 4096 && join(folders, len, origin, name, path, capacity) &&
            is_library(path)) {
            return true;
        }
        folders += len + (folders[len] != '\0');
    }
    return false;
}

/* A string of the cache; NULL where it has no end. */
static const char *cache_string(const uint8_t *bytes, size_t len, uint32_t offset) {
    if (offset >= len || !memchr(bytes + offset, '\0', len - offset)) {
        return NULL;
    }
    return (const char *)bytes + offset;
}

static bool is_among(const uint8_t *bytes, size_t len, const char *name, char *path,
                     size_t capacity) {
    CacheHead head;
    if (len < sizeof head) {
        return false;
    }
    memcpy(&head, bytes, sizeof head);
    size_t room = (len - sizeof head) / sizeof(CacheEntry);
    if (memcmp(head.magic, CACHE_MAGIC, sizeof head.magic) != 0 || head.n_libraries > room) {
        return false;
    }
    for (size_t i = 0; i < head.n_libraries; i++) {
        CacheEntry entry;
        memcpy(&entry, bytes + sizeof head + i * sizeof entry, sizeof entry);
        const char *known = cache_string(bytes, len, entry.name);
        const char *file = cache_string(bytes, len, entry.path);
        if (known && file && strcmp(known, name) == 0 && is_library(file)) {
            snprintf(path, capacity, "%s", file);
            return true;
        }
    }
    return false;
}

static bool is_in_cache(const char *name, char *path, size_t capacity) {
    bool is = false;
    int file = open(CACHE_PATH, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (file >= 0 && fstat(file, &facts) == 0 && facts.st_size > 0) {
        size_t len = (size_t)facts.st_size;
        void *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            is = is_among(bytes, len, name, path, capacity);
            munmap(bytes, len);
        }
    }
    if (file >= 0) {
        close(file);
    }
    return is;
}

bool library_find(const char *name, const char *run_path, const char *origin, char *path,
                  size_t capacity) {
    static const char system_folders[] = "/lib64:/usr/lib64:/lib:/usr/lib:/lib/x86_64-linux-gnu:"
                                         "/usr/lib/x86_64-linux-gnu:/lib/aarch64-linux-gnu:"
                                         "/usr/lib/aarch64-linux-gnu:/usr/local/lib";
    if (strchr(name, '/')) {
        snprintf(path, capacity, "%s", name);
        return is_library(name);
    }
    return is_loaded(name, path, capacity) ||
           is_in_folders(run_path, origin, name, path, capacity) ||
           is_in_folders(secure_getenv("LD_LIBRARY_PATH"), origin, name, path, capacity) ||
           is_in_cache(name, path, capacity) ||
           is_in_folders(system_folders, NULL, name, path, capacity);
}
