/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/holdings.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often a thread is looked for that may be on its way out, a millisecond apart. */
enum { LOOKS_MAX = 200 };

static void add(Holdings *out, bool is_thread, int number) {
    struct stat facts = {0};
    if (out->n == HOLDINGS_MAX || (!is_thread && fstat(number, &facts) != 0)) {
        return;
    }
    out->items[out->n++] = (Holding){is_thread, number, facts.st_dev, facts.st_ino};
}

static void add_folder(Holdings *out, const char *path, bool is_thread) {
    DIR *folder = opendir(path);
    for (struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
        char *end = NULL;
        long number = strtol(entry->d_name, &end, 10);
        bool is_ours = !is_thread && number == dirfd(folder);
        if (end != entry->d_name && *end == '\0' && number <= INT_MAX && !is_ours) {
            add(out, is_thread, (int)number);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

void holdings_take(Holdings *out) {
    out->n = 0;
    add_folder(out, "/proc/self/task", true);
    add_folder(out, "/proc/self/fd", false);
}

static bool has(const Holdings *holdings, const Holding *item) {
    for (size_t i = 0; i < holdings->n; i++) {
        const Holding *other = &holdings->items[i];
        if (other->is_thread == item->is_thread && other->number == item->number &&
            other->device == item->device && other->inode == item->inode) {
            return true;
        }
    }
    return false;
}

void holdings_add_new(Holdings *sum, const Holdings *before, const Holdings *now) {
    for (size_t i = 0; i < now->n && sum->n < HOLDINGS_MAX; i++) {
        if (!has(before, &now->items[i]) && !has(sum, &now->items[i])) {
            sum->items[sum->n++] = now->items[i];
        }
    }
}

static size_t n_threads(const Holdings *holdings) {
    size_t n = 0;
    for (size_t i = 0; i < holdings->n; i++) {
        n += holdings->items[i].is_thread;
    }
    return n;
}

static void drop_missing(Holdings *sum) {
    Holdings *now = calloc(1, sizeof *now);
    size_t n = 0;
    if (now) {
        holdings_take(now);
    }
    for (size_t i = 0; now && i < sum->n; i++) {
        if (has(now, &sum->items[i])) {
            sum->items[n++] = sum->items[i];
        }
    }
    sum->n = n;
    free(now);
}

void holdings_drop_gone(Holdings *sum) {
    const struct timespec pause = {.tv_nsec = 1000000};
    if (sum->n > 0) {
        drop_missing(sum);
    }
    for (int i = 0; i < LOOKS_MAX && n_threads(sum) > 0; i++) {
        nanosleep(&pause, NULL);
        drop_missing(sum);
    }
}

static void name_of(const Holding *item, char *name, size_t capacity) {
    char path[64];
    if (item->is_thread) {
        snprintf(path, sizeof path, "/proc/self/task/%d/comm", item->number);
        FILE *file = fopen(path, "re");
        snprintf(name, capacity, "%d", item->number);
        if (file && fgets(name, (int)capacity, file)) {
            name[strcspn(name, "\n")] = '\0';
        }
        if (file) {
            fclose(file);
        }
        return;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", item->number);
    ssize_t n = readlink(path, name, capacity - 1);
    name[n > 0 ? n : 0] = '\0';
}

/* Adds one sort of them: "2 descriptors (a, b)". */
static void describe(const Holdings *holdings, bool is_thread, char *text, size_t capacity) {
    size_t n = n_threads(holdings);
    n = is_thread ? n : holdings->n - n;
    size_t len = strlen(text);
    if (n == 0) {
        return;
    }
    snprintf(text + len, capacity - len, "%s%zu %s%s (", len > 0 ? " and " : "", n,
             is_thread ? "thread" : "descriptor", n == 1 ? "" : "s");
    bool is_first = true;
    for (size_t i = 0; i < holdings->n; i++) {
        char name[128];
        if (holdings->items[i].is_thread != is_thread) {
            continue;
        }
        name_of(&holdings->items[i], name, sizeof name);
        len = strlen(text);
        snprintf(text + len, capacity - len, "%s%s", is_first ? "" : ", ", name);
        is_first = false;
    }
    len = strlen(text);
    snprintf(text + len, capacity - len, ")");
}

void holdings_describe(const Holdings *holdings, char *text, size_t capacity) {
    text[0] = '\0';
    describe(holdings, true, text, capacity);
    describe(holdings, false, text, capacity);
}
