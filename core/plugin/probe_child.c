/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_child.h"
#include "plugin/loaded.h"
#include "plugin/package.h"
#include "plugin/probe_wire.h"
#include "plugin/process_state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS_SPACE_BYTES (UINT64_C(16) << 30)
#define FILE_BYTES (UINT64_C(16) << 20)

#if defined(__SANITIZE_ADDRESS__)
enum { HAS_SHADOW_MEMORY = 1 }; // terabytes of addresses, all of them needed
#else
enum { HAS_SHADOW_MEMORY = 0 };
#endif

/* `grace` is between the signal and the end. */
static void limit(int what, rlim_t value, rlim_t grace) {
    struct rlimit now;
    if (getrlimit(what, &now) == 0 &&
        (now.rlim_max == RLIM_INFINITY || now.rlim_max > value + grace)) {
        struct rlimit lower = {value, value + grace};
        setrlimit(what, &lower);
    }
}

static void limit_all(rlim_t cpu_seconds) {
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_CPU, cpu_seconds, 5);
    limit(RLIMIT_FSIZE, FILE_BYTES, 0);
    if (!HAS_SHADOW_MEMORY) {
        limit(RLIMIT_AS, ADDRESS_SPACE_BYTES, 0);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* What of the plugin is called next, for the case that it does not come back; "": nothing. */
static const char *place_of(LoadStep step) {
    switch (step) {
    case STEP_DLOPEN:
        return "its constructors";
    case STEP_OPEN:
        return "open";
    case STEP_REGISTER:
        return "factory";
    default:
        return "";
    }
}

static void begin_step(void *ctx, LoadStep step) {
    (void)ctx;
    probe_say(PROBE_REPORT_FD, PROBE_PLACE, place_of(step));
}

static void tell(void *ctx, bool is_harm, const char *text) {
    (void)ctx;
    probe_say(PROBE_REPORT_FD, is_harm ? PROBE_HARM : PROBE_WARNING, text);
}

/* What is between a state of the process and now. */
static void tell_changes(const ProcessState *before) {
    ProcessState now;
    process_state_take(&now);
    process_state_compare(before, &now, tell, NULL);
}

static void tell_children(void) {
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
        tell(NULL, false, "its close left a child process behind");
    }
}

/* Lines of the loader and of the plugin; is_closing: those about what close left count. */
static void take_line(void *ctx, const char *plugin_id, uint32_t level, EmendStr message) {
    const bool *is_closing = ctx;
    char text[PROBE_TEXT_MAX];
    (void)plugin_id;
    if (*is_closing && level >= EMEND_LOG_WARNING) {
        snprintf(text, sizeof text, "%.*s", (int)message.len, message.ptr);
        tell(NULL, false, text);
    }
}

static void try_package(const Package *package) {
    bool is_closing = false;
    ProcessState state;
    LoadReport report = {.begin = begin_step};
    LoadedPlugin *loaded = NULL;
    PluginHostOptions options = {.log = take_line, .log_ctx = &is_closing};
    process_state_take(&state);
    EmendStatus status = loaded_plugin_open(&options, NULL, package, &report, &loaded);
    tell_changes(&state);
    if (status != EMEND_OK) {
        probe_say(PROBE_REPORT_FD, PROBE_REFUSED, report.reason);
        return;
    }
    process_state_take(&state); // what close changes is told by itself
    probe_say(PROBE_REPORT_FD, PROBE_PLACE, "close");
    is_closing = true;
    loaded_plugin_destroy(loaded);
    probe_say(PROBE_REPORT_FD, PROBE_PLACE, "");
    tell_changes(&state);
    tell_children();
    probe_say(PROBE_REPORT_FD, PROBE_DONE, "");
}

int probe_child_main(int argc, char **argv) {
    if (argc != 5 || strtoul(argv[2], NULL, 10) != PROBE_PROTOCOL ||
        fcntl(PROBE_REPORT_FD, F_SETFD, FD_CLOEXEC) != 0) {
        return 2;
    }
    Machine machine;
    PackageFile *file = NULL;
    limit_all(strtoul(argv[3], NULL, 10));
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    machine_init(&machine);
    EmendStatus status = package_read(argv[4], &machine, &file, NULL);
    if (status == EMEND_OK && !file->problem) {
        try_package(&file->package);
    } else {
        probe_say(PROBE_REPORT_FD, PROBE_REFUSED, file ? file->problem : "no memory");
    }
    package_destroy(file);
    machine_finish(&machine);
    probe_say(PROBE_REPORT_FD, PROBE_PLACE, "its destructors");
    return 0;
}
