/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/unsafe.h"
#include <stdlib.h>

static const Option options[] = {
    {"--model", "DIR", "the policy to evaluate: a run's stages/NAME, or any model folder"},
    {"--set", "FIELD=VALUE", "override a field: evaluation.n_problems=100 (repeatable)"},
    UNSAFE_OPTION,
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable output, one JSON object a line"}};

static int evaluate_recipe(Context *context, const Arguments *arguments) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    bool is_json = argument_given(arguments, "--json");
    Progress progress;
    progress_init(&progress, is_json);
    RunArgs args = {.recipe = context->recipe,
                    .resolver = &context->resolver,
                    .plugins = context->plugins,
                    .cancel = &interrupted,
                    .events = progress_events(&progress)};
    Emend__EvaluationResult *result = NULL;
    EmendStatus status = run_evaluate(&args, argument_value(arguments, "--model"), &result, &err);
    progress_end_line(&progress);
    if (status != EMEND_OK) {
        print_error("%s", status == EMEND_CANCELLED ? "stopped" : message);
        return exit_code(status);
    }
    if (!is_json) {
        table_print(stdout, &result, 1);
    }
    emend__evaluation_result__free_unpacked(result, NULL);
    return EXIT_DONE;
}

static int run(const Arguments *arguments) {
    Context context;
    int code = context_open(&context, arguments, arguments->positional[0]);
    if (code != EXIT_DONE) {
        return code;
    }
    interrupts_catch();
    code = context_host(&context, &interrupted);
    if (code == EXIT_DONE) {
        code = evaluate_recipe(&context, arguments);
    }
    context_close(&context);
    return code;
}

const Command command_eval = {
    .name = "eval",
    .usage = "RECIPE [--model DIR] [--set FIELD=VALUE]...",
    .summary = "evaluate a policy on a recipe's held-out problems",
    .help =
        "Samples every turn for the problems of the recipe's evaluation, grades them, and\n"
        "prints accuracy@t1, accuracy@t2, delta(t1,t2), delta(i->c) and delta(c->i), by kind\n"
        "of problem where there are several. With evaluation.samples_per_problem above 1,\n"
        "pass@k and maj@k too, and whether a budget of samples is better spent on first attempts\n"
        "or on corrections. Without --model, the recipe's own policy.\n"
        "\n"
        "  emend eval manifests/score-arithmetic.textproto \\\n"
        "      --model runs/score-arithmetic/stages/stage2",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
