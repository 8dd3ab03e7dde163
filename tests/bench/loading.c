/* SPDX-License-Identifier: Apache-2.0 */
/* How long it takes from a package to a component that can be called, for the first component of
 * each package; every trial in a process of its own, since nothing is ever unloaded. Milliseconds,
 * the middle of eleven trials.
 *
 *   dlopen    the library alone, by dlopen
 *   off       all steps but the probe (EMEND_PROBE=off)
 *   known     all steps, the verdict of an earlier probe in the cache: the usual case
 *   probed    the same of a file that is new: it is tried in a process of its own first
 *   cold      as `known`, where the library is not in the kernel's page cache
 *
 *     bench_loading PACKAGE... */
#include "plugin/loader.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRIALS = 11 };

typedef enum Way { ALONE, OFF, KNOWN, PROBED, COLD, N_WAYS } Way;
static const char *const way_names[] = {"dlopen", "off", "known", "probed", "cold"};

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "bench_loading: %s\n", what);
    _exit(EXIT_FAILURE);
}

/* Asks the kernel to forget the file's pages; those that some process has mapped stay. */
static void forget_pages(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        give_up(path);
    }
    close(fd);
}

/* Loads the package in this process; the milliseconds of it. */
static double load(const char *dir, Way way) {
    char text[4096], library[4096];
    EmendError err = emend_error_on(text, sizeof text);
    Catalog *catalog = NULL;
    PluginHost *host = NULL;
    Component component = {0};
    PluginHostOptions options = {0};
    if (catalog_open(dir, &catalog, &err) != EMEND_OK) {
        give_up(text);
    }
    const Package *package = catalog_package(catalog, 0);
    if (package->problem || package->manifest->n_component == 0) {
        give_up(package->problem ? package->problem : "the package has no component");
    }
    const Emend__ComponentInfo *info = package->manifest->component[0];
    snprintf(library, sizeof library, "%s/%s", package->dir, package->library->path);
    options.catalog = catalog;
    options.probe.program = way == OFF ? NULL : EMEND_PROGRAM;
    if (way == PROBED) {
        probe_forget(&options.probe, package);
    } else if (way == COLD) {
        forget_pages(library);
    }
    double begin = now_ms();
    if (way == ALONE) {
        if (!dlopen(library, RTLD_NOW | RTLD_LOCAL)) {
            give_up(dlerror());
        }
    } else if (plugin_host_create(&options, &host, &err) != EMEND_OK ||
               component_create(host, info->kind, info->name, (EmendBytes){0}, &component, &err) !=
                   EMEND_OK) {
        give_up(text);
    }
    return now_ms() - begin;
}

static double load_apart(const char *dir, Way way) {
    int ends[2], status = 0;
    double ms = 0;
    if (pipe(ends) != 0) {
        give_up("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        ms = load(dir, way);
        _exit(write(ends[1], &ms, sizeof ms) == sizeof ms ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], &ms, sizeof ms) != sizeof ms || waitpid(pid, &status, 0) != pid) {
        exit(EXIT_FAILURE); // the child has said why
    }
    close(ends[0]);
    return ms;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    for (int w = 0; w < N_WAYS; w++) {
        printf("%9s", way_names[w]);
    }
    printf("  (ms)\n");
    for (int i = 1; i < argc; i++) {
        load_apart(argv[i], PROBED); // whatever is first pays for what the others find warm
        for (int w = 0; w < N_WAYS; w++) {
            double ms[TRIALS];
            for (int t = 0; t < TRIALS; t++) {
                ms[t] = load_apart(argv[i], (Way)w);
            }
            qsort(ms, TRIALS, sizeof *ms, compare);
            printf("%9.3f", ms[TRIALS / 2]);
        }
        printf("  %s\n", argv[i]);
    }
    return EXIT_SUCCESS;
}
