/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/unsafe.h"
#include "plugin/guard/guard.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile int interrupted;

static void on_signal(int number) {
    if (!is_interrupted()) {
        __atomic_store_n(&interrupted, 1, __ATOMIC_RELAXED);
        return;
    }
    // The next one is not for us; this one neither, where no plugin holds us up.
    signal(number, SIG_DFL);
    if (!guard_interrupt()) {
        raise(number);
    }
}

void interrupts_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    // A write over a file size limit is an error to report, not an end.
    signal(SIGXFSZ, SIG_IGN);
}

bool is_interrupted(void) {
    return __atomic_load_n(&interrupted, __ATOMIC_RELAXED) != 0;
}

void print_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("emend: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int exit_code(EmendStatus status) {
    switch (status) {
    case EMEND_OK:
        return EXIT_DONE;
    case EMEND_INVALID_ARGUMENT:
    case EMEND_NOT_FOUND:
    case EMEND_ALREADY_EXISTS:
    case EMEND_PRECONDITION:
        return EXIT_USAGE;
    case EMEND_CANCELLED:
        return EXIT_INTERRUPTED;
    default:
        return EXIT_FAILED;
    }
}

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static void log_line(void *ctx, const char *plugin_id, uint32_t level, EmendStr message) {
    (void)ctx;
    if (level >= EMEND_LOG_WARNING || level == EMEND_LOG_INFO) {
        fprintf(stderr, "emend: %s: %s: %.*s\n", level_names[level < 4 ? level : 3], plugin_id,
                (int)message.len, message.ptr);
    }
}

// Loads the recipe with what --set says, and with --unsafe-no-sandbox on top: once without, to know
// whose flag it would be.
static EmendStatus load_recipe(Context *context, const Arguments *arguments, const char *path,
                               EmendError *err) {
    const char *assignments[MAX_VALUES + 1];
    const AnyResolver *resolver = &context->resolver;
    size_t n = argument_values(arguments, "--set", assignments);
    EmendStatus status = recipe_load(path, assignments, n, resolver, &context->recipe, err);
    if (status != EMEND_OK || !argument_given(arguments, UNSAFE_FLAG)) {
        return status;
    }
    const char *task = context->recipe->message->task->use;
    const MessageType *type = NULL;
    status = resolver->resolve(resolver->ctx, "task", task, &type, err);
    if (status == EMEND_OK) {
        status = unsafe_check(task, type, err);
    }
    recipe_destroy(context->recipe);
    context->recipe = NULL;
    assignments[n++] = "task.config." UNSAFE_ASSIGNMENT;
    return status == EMEND_OK ? recipe_load(path, assignments, n, resolver, &context->recipe, err)
                              : status;
}

/* EMEND_PROBE: "off", or the seconds a plugin may take. */
static int probe_options(ProbeOptions *out) {
    const char *said = secure_getenv("EMEND_PROBE");
    *out = (ProbeOptions){.program = "/proc/self/exe"};
    if (!said || !said[0]) {
        return EXIT_DONE;
    }
    if (strcmp(said, "off") == 0) {
        out->program = NULL;
        return EXIT_DONE;
    }
    char *end = NULL;
    double seconds = strtod(said, &end);
    if (*end || !(seconds >= 0.01 && seconds <= 3600)) {
        print_error("EMEND_PROBE is \"%s\"; it must be \"off\", or the seconds from 0.01 to 3600 "
                    "that a plugin may take to be opened",
                    said);
        return EXIT_USAGE;
    }
    out->limit_ms = (uint32_t)(seconds * 1000);
    out->cpu_seconds = (uint32_t)seconds + 1;
    return EXIT_DONE;
}

static EmendStatus open_catalog(const Arguments *arguments, Catalog **out, EmendError *err) {
    const char *path = argument_value(arguments, "--plugin-path");
    if (!argument_given(arguments, "--safe")) {
        return catalog_open(path, out, err);
    }
    if (path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "--safe takes the installation's plugins alone and --plugin-path names "
                          "others; it must be one of the two");
    }
    return catalog_open_safe(out, err);
}

int context_open(Context *context, const Arguments *arguments, const char *recipe_path) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    *context = (Context){0};
    int code = probe_options(&context->probe);
    if (code != EXIT_DONE) {
        return code;
    }
    EmendStatus status = open_catalog(arguments, &context->catalog, &err);
    if (status == EMEND_OK && recipe_path) {
        context->resolver = catalog_resolver(context->catalog);
        status = load_recipe(context, arguments, recipe_path, &err);
    }
    if (status != EMEND_OK) {
        print_error("%s", message);
        context_close(context);
        return recipe_path ? EXIT_USAGE : exit_code(status);
    }
    return EXIT_DONE;
}

int context_host(Context *context, const volatile int *cancel) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    PluginHostOptions options = {.catalog = context->catalog, .log = log_line, .cancel = cancel};
    options.probe = context->probe;
    options.probe.cancel = cancel;
    if (context->recipe) {
        const Emend__Recipe *recipe = context->recipe->message;
        options.budgets = (const Emend__MemoryBudget *const *)recipe->memory_budget;
        options.n_budgets = recipe->n_memory_budget;
        options.call_seconds = recipe->call_timeout_s;
    }
    guard_install();
    EmendStatus status = plugin_host_create(&options, &context->plugins, &err);
    if (status == EMEND_OK && context->recipe) {
        status = plugin_host_prepare(context->plugins, context->recipe->message, &err);
    }
    if (status != EMEND_OK) {
        print_error("%s", message);
    }
    return exit_code(status);
}

void context_close(Context *context) {
    if (context->plugins) {
        plugin_host_destroy(context->plugins);
    }
    recipe_destroy(context->recipe);
    catalog_close(context->catalog);
    *context = (Context){0};
}
