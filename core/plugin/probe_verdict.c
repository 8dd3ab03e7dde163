/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_verdict.h"
#include "plugin/elf.h"
#include "plugin/package.h"
#include "plugin/probe_wire.h"
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 65536 };

static bool describe_file(const char *path, char *text, size_t capacity) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return false;
    }
    snprintf(text, capacity, "%llu:%llu:%lld:%lld.%09ld", (unsigned long long)facts.st_dev,
             (unsigned long long)facts.st_ino, (long long)facts.st_size,
             (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
    return true;
}

bool probe_key(const Package *package, const char *program, ProbeKey *out) {
    char library[128], manifest[128], host[128], build_id[128];
    struct utsname machine = {0};
    if (!package->library ||
        package_file(package->dir, package->library->path, "the library", out->library, NULL) !=
            EMEND_OK ||
        !describe_file(out->library, library, sizeof library) ||
        !describe_file(package->manifest_path, manifest, sizeof manifest) ||
        !describe_file(program, host, sizeof host)) {
        return false;
    }
    elf_build_id(out->library, build_id, sizeof build_id);
    uname(&machine);
    int n =
        snprintf(out->text, sizeof out->text,
                 "probe %u, emend %s %s, on %s: %s, build id %s, manifest %s, %s", PROBE_PROTOCOL,
                 EMEND_VERSION, host, machine.nodename, library, build_id, manifest, out->library);
    return n > 0 && (size_t)n < sizeof out->text;
}

/* The cache's folder; false where the user has none. */
static bool cache_folder(char *folder, size_t capacity) {
    const char *cache = secure_getenv("XDG_CACHE_HOME");
    const char *home = secure_getenv("HOME");
    int n = -1;
    // By the XDG base directory specification a relative path is ignored.
    if (cache && cache[0] == '/') {
        n = snprintf(folder, capacity, "%s/emend/probe", cache);
    } else if (home && home[0] == '/') {
        n = snprintf(folder, capacity, "%s/.cache/emend/probe", home);
    }
    return n > 0 && (size_t)n < capacity;
}

/* One file for each library's path, so that the cache does not grow with every build. */
static bool cache_file(const ProbeKey *key, char *path, size_t capacity) {
    char folder[PATH_MAX];
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a; should two meet, the key in the file tells
    for (const char *c = key->library; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    }
    int n = cache_folder(folder, sizeof folder)
                ? snprintf(path, capacity, "%s/%016llx.json", folder, (unsigned long long)hash)
                : -1;
    return n > 0 && (size_t)n < capacity;
}

static bool make_folders(const char *path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    return mkdir(folder, 0700) == 0 || access(folder, W_OK) == 0;
}

/* A file's JSON, if it is ours: nobody else may say what is to be loaded. */
static json_t *read_file(const char *path) {
    char text[FILE_BYTES_MAX];
    struct stat facts;
    json_t *object = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
        facts.st_uid == geteuid() && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
        ssize_t n = read(file, text, sizeof text);
        object = n > 0 && n < FILE_BYTES_MAX ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
    }
    if (file >= 0) {
        close(file);
    }
    return object;
}

bool probe_verdict_load(const ProbeKey *key, ProbeVerdict *out) {
    char path[PATH_MAX];
    json_t *object = cache_file(key, path, sizeof path) ? read_file(path) : NULL;
    const char *known = NULL, *reason = NULL, *warnings = NULL, *said = NULL;
    int is_good = 0, number = 0;
    json_int_t when = 0;
    bool is = object &&
              json_unpack(object, "{s:s, s:b, s:i, s:I, s:s, s:s, s:s}", "key", &known, "good",
                          &is_good, "signal", &number, "time", &when, "reason", &reason, "warnings",
                          &warnings, "said", &said) == 0 &&
              strcmp(known, key->text) == 0;
    if (is) {
        *out = (ProbeVerdict){.state = is_good ? PROBED_GOOD : PROBED_BAD,
                              .is_kept = true,
                              .is_from_cache = true,
                              .signal = number,
                              .time = when};
        snprintf(out->reason, sizeof out->reason, "%s", reason);
        snprintf(out->warnings, sizeof out->warnings, "%s", warnings);
        snprintf(out->said, sizeof out->said, "%s", said);
    }
    json_decref(object);
    return is;
}

/* Writes beside the file and renames: readers see one whole file or another. */
static void write_file(const char *folder, const char *path, const char *text) {
    char aside[PATH_MAX];
    int n = snprintf(aside, sizeof aside, "%s/.XXXXXX", folder);
    int file = n > 0 && (size_t)n < sizeof aside ? mkostemp(aside, O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    size_t len = strlen(text);
    bool is_written = write(file, text, len) == (ssize_t)len;
    is_written = close(file) == 0 && is_written;
    if (!is_written || rename(aside, path) != 0) {
        unlink(aside);
    }
}

void probe_verdict_store(const ProbeKey *key, const ProbeVerdict *verdict) {
    char folder[PATH_MAX], path[PATH_MAX];
    if (!cache_file(key, path, sizeof path) || !cache_folder(folder, sizeof folder) ||
        !make_folders(folder)) {
        return;
    }
    json_t *object = json_pack("{s:s, s:b, s:i, s:I, s:s, s:s, s:s}", "key", key->text, "good",
                               verdict->state == PROBED_GOOD, "signal", verdict->signal, "time",
                               (json_int_t)verdict->time, "reason", verdict->reason, "warnings",
                               verdict->warnings, "said", verdict->said);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (text) {
        write_file(folder, path, text);
    }
    free(text);
    json_decref(object);
}

void probe_verdict_drop(const ProbeKey *key) {
    char path[PATH_MAX];
    if (cache_file(key, path, sizeof path)) {
        unlink(path);
    }
}

void probe_verdict_date(const ProbeVerdict *verdict, char text[32]) {
    time_t when = (time_t)verdict->time;
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&when, &parts)) {
        strftime(text, 32, "%Y-%m-%d %H:%M UTC", &parts);
    }
}
