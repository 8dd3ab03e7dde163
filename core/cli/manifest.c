/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include <stdlib.h>

static const Option check_options[] = {
    {"--set", "FIELD=VALUE", "override a field before checking (repeatable)"},
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"}};

static const Option print_options[] = {
    {"--defaults", NULL, "show fields left at their defaults too, as comments"},
    {"--set", "FIELD=VALUE", "override a field before printing (repeatable)"},
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"}};

static int check(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, arguments->positional[0]);
    if (code == EXIT_DONE) {
        printf("%s: fine: %zu stages\n", arguments->positional[0],
               context.recipe->message->n_stage);
        context_close(&context);
    }
    return code;
}

static int print(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, arguments->positional[0]);
    if (code != EXIT_DONE) {
        return code;
    }
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    char *text = NULL;
    uint32_t flags = argument_given(arguments, "--defaults") ? TEXT_PRINT_DEFAULTS : 0;
    EmendStatus status = recipe_print(context.recipe, &context.resolver, flags, &text, &err);
    if (status == EMEND_OK) {
        fputs(text, stdout);
    } else {
        print_error("%s", message);
    }
    free(text);
    context_close(&context);
    return exit_code(status);
}

const Command command_manifest_check = {
    .name = "manifest check",
    .usage = "RECIPE [--set FIELD=VALUE]...",
    .summary = "validate a recipe without running it",
    .help = "Reads the recipe, finds its components in the plugins' manifests, and checks every\n"
            "field, those in `config { }` too. No plugin code runs. Errors are\n"
            "file:line:column: what is wrong; what it must be.",
    .options = check_options,
    .n_options = sizeof check_options / sizeof check_options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = check};

const Command command_manifest_print = {
    .name = "manifest print",
    .usage = "RECIPE [--defaults] [--set FIELD=VALUE]...",
    .summary = "show a recipe resolved, in the canonical form protoc reads too",
    .help = "Prints the recipe with overrides applied and config types written out. What it\n"
            "prints is a recipe again, and reads back to the same bytes.",
    .options = print_options,
    .n_options = sizeof print_options / sizeof print_options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = print};
