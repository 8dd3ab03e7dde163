/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include <jansson.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const Option options[] = {
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable output, one JSON object a line"}};

typedef enum Verdict { FINE, WARNING, BROKEN } Verdict;

typedef struct Doctor {
    bool is_json;
    size_t n_broken;
} Doctor;

__attribute__((format(printf, 4, 5))) static void say(Doctor *doctor, Verdict verdict,
                                                      const char *what, const char *format, ...) {
    static const char *const marks[] = {"ok", "warning", "broken"};
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    doctor->n_broken += verdict == BROKEN;
    if (!doctor->is_json) {
        printf("%-8s %-10s %s\n", marks[verdict], what, text);
        return;
    }
    json_t *object = json_pack("{ssssss}", "verdict", marks[verdict], "what", what, "text", text);
    char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
    puts(line ? line : "{}");
    free(line);
    json_decref(object);
}

static void check_processor(Doctor *doctor) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#if defined(__x86_64__)
    const char *isa = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
                          ? "AVX-512"
                      : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                          ? "AVX2 and FMA"
                          : "no AVX2: the scalar path, which is slow";
#else
    const char *isa = "no x86-64: the scalar path, which is slow";
#endif
    bool is_slow = strstr(isa, "slow") != NULL;
    say(doctor, is_slow ? WARNING : FINE, "processor", "%d usable, %s", n, isa);
}

static void check_memory(Doctor *doctor) {
    double gib = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / (1 << 30);
    say(doctor, gib < 1 ? WARNING : FINE, "memory", "%.1f GiB free%s", gib,
        gib < 1 ? "; close other programs before a run" : "");
}

static void check_disk(Doctor *doctor) {
    struct statvfs info;
    if (statvfs(".", &info) != 0) {
        say(doctor, WARNING, "disk", "the working folder cannot be asked for its free space");
        return;
    }
    double gib = (double)info.f_bavail * (double)info.f_frsize / (1 << 30);
    say(doctor, gib < 1 ? WARNING : FINE, "disk", "%.1f GiB free in the working folder%s", gib,
        gib < 1 ? "; checkpoints may not fit" : "");
}

static void check_plugins(Doctor *doctor, const Context *context) {
    const Catalog *catalog = context->catalog;
    ProbeVerdict verdict;
    static const char *const needed[] = {EMEND_KIND_BACKEND, EMEND_KIND_TOKENIZER, EMEND_KIND_TASK,
                                         EMEND_KIND_REWARD, EMEND_KIND_ALGORITHM};
    say(doctor, FINE, "search", "%s", catalog_search_path(catalog));
    size_t n_usable[sizeof needed / sizeof needed[0]] = {0};
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Package *package = catalog_package(catalog, i);
        if (package->problem) {
            say(doctor, WARNING, "plugin", "%s", package->problem);
            continue;
        }
        if (package->hidden_by) {
            say(doctor, FINE, "plugin", "%s is hidden by %s", package->dir, package->hidden_by);
            continue;
        }
        if (probe_remembers(&context->probe, package, &verdict) && verdict.state == PROBED_BAD) {
            say(doctor, WARNING, "plugin",
                "%s is quarantined: %s; `emend plugins why %s` tells more", package->manifest->id,
                verdict.reason, package->manifest->id);
            continue;
        }
        for (size_t c = 0; c < package->manifest->n_component; c++) {
            for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++) {
                n_usable[k] += strcmp(package->manifest->component[c]->kind, needed[k]) == 0;
            }
        }
    }
    for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++) {
        say(doctor, n_usable[k] > 0 ? FINE : BROKEN, "plugins", "%zu of kind %s%s", n_usable[k],
            needed[k], n_usable[k] > 0 ? "" : "; no recipe can run without one");
    }
}

// Loading a component runs plugin code, which is what a run would do first.
static void check_loading(Doctor *doctor, Context *context) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Component component = {0};
    if (context_host(context, NULL) != EXIT_DONE) {
        say(doctor, BROKEN, "backend", "no plugin can be loaded");
        return;
    }
    EmendStatus status = component_create(context->plugins, EMEND_KIND_BACKEND, "cpu",
                                          (EmendBytes){0}, &component, &err);
    if (status == EMEND_OK) {
        char text[160] = "";
        const EmendBackend *backend = component.table;
        backend->describe(component.self, text, sizeof text);
        say(doctor, FINE, "backend", "%s", text);
        component_destroy(&component);
    } else {
        say(doctor, BROKEN, "backend", "%s", message);
    }
}

static int run(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, NULL);
    if (code != EXIT_DONE) {
        return code;
    }
    Doctor doctor = {.is_json = argument_given(arguments, "--json")};
    say(&doctor, FINE, "emend", "%s, ABI %u.%u", EMEND_VERSION, EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
    check_processor(&doctor);
    check_memory(&doctor);
    check_disk(&doctor);
    check_plugins(&doctor, &context);
    check_loading(&doctor, &context);
    context_close(&context);
    return doctor.n_broken > 0 ? EXIT_FAILED : EXIT_DONE;
}

const Command command_doctor = {
    .name = "doctor",
    .usage = "[--json]",
    .summary = "check this machine and the installation",
    .help =
        "Checks processor, memory, disk, the plugins found and where they were looked for, and\n"
        "loads the cpu backend. Exits with 1 where something is broken.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run};
