/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/accounts.h"
#include "cli/cli.h"
#include "plugin/uses.h"
#include <stdlib.h>
#include <sys/stat.h>

static const Option options[] = {
    {"--set", "FIELD=VALUE", "override a field of the recipe (repeatable)"},
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable output, one JSON object a line"}};

static void show(const Accounts *accounts, const Arguments *arguments) {
    if (argument_given(arguments, "--json")) {
        accounts_print_json(stdout, accounts);
    } else {
        accounts_print(stdout, accounts);
    }
}

static EmendStatus create_all(const Context *context, const Use *uses, Component *components,
                              size_t n, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        const Google__Protobuf__Any *any = uses[i].component->config;
        EmendBytes config = {0};
        if (any) {
            config = (EmendBytes){any->value.data, any->value.len};
        }
        status = component_create(context->plugins, uses[i].kind->id, uses[i].component->use,
                                  config, &components[i], err);
    }
    return status;
}

/* Makes and unmakes every component of the recipe, as a run would, and takes the numbers. */
static EmendStatus account(const Context *context, Accounts *out, EmendError *err) {
    Use *uses = NULL;
    size_t n = 0;
    EmendStatus status = uses_list(context->recipe->message, &uses, &n, err);
    Component *components = calloc(n + 1, sizeof *components);
    if (status == EMEND_OK && !components) {
        status = emend_fail(err, EMEND_EXHAUSTED, "no memory for the recipe's components");
    }
    if (status == EMEND_OK) {
        status = create_all(context, uses, components, n, err);
    }
    for (size_t i = n; components && i > 0; i--) {
        component_destroy(&components[i - 1]);
    }
    if (status == EMEND_OK) {
        status = accounts_close(context->plugins, out, err);
    }
    free(components);
    free(uses);
    return status;
}

static int stat_recipe(const Arguments *arguments, const char *path) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Context context;
    Accounts accounts = {0};
    int code = context_open(&context, arguments, path);
    if (code != EXIT_DONE) {
        return code;
    }
    code = context_host(&context, NULL);
    if (code == EXIT_DONE) {
        EmendStatus status = account(&context, &accounts, &err);
        code = exit_code(status);
        if (status == EMEND_OK) {
            show(&accounts, arguments);
        } else {
            print_error("%s", message);
        }
    }
    accounts_finish(&accounts);
    context_close(&context);
    return code;
}

static int stat_run(const Arguments *arguments, const char *run_dir) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Accounts accounts = {0};
    EmendStatus status = accounts_read(run_dir, &accounts, &err);
    if (status != EMEND_OK) {
        print_error("%s", message);
        return exit_code(status);
    }
    show(&accounts, arguments);
    accounts_finish(&accounts);
    return EXIT_DONE;
}

static int run(const Arguments *arguments) {
    const char *path = arguments->positional[0];
    struct stat facts;
    bool is_run = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
    return is_run ? stat_run(arguments, path) : stat_recipe(arguments, path);
}

const Command command_plugins_stat = {
    .name = "plugins stat",
    .usage = "RUN | RECIPE [--set FIELD=VALUE]... [--json]",
    .summary = "tell what each plugin takes of the host's memory",
    .help =
        "Of a run that has ended: what each plugin held at its end, at most, and after its close.\n"
        "Of a recipe: the same of its components made and unmade, with no step taken.\n"
        "\n"
        "LIVE bytes in blocks, PEAK the most there were, CACHED freed and kept for the next "
        "block,\n"
        "RESIDENT in pages of the plugin's arena, LEFT after close (a bug of the plugin), BUDGET "
        "as\n"
        "the recipe's memory_budget has it, BLOCKS live, REFUSED requests over the budget. What a\n"
        "plugin takes by malloc(), past the host, is not counted.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
