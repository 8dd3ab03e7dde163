/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/accounts.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/transcripts.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Option options[] = {
    {"--set", "FIELD=VALUE",
     "override a field: seed=2, stage[1].steps=50, task.config.path=\"x\" (repeatable)"},
    {"--out", "DIR", "the run's folder (default: runs/NAME)"},
    {"--resume", NULL, "go on from the newest checkpoint in the run's folder"},
    {"--transcripts", "N", "print N transcripts of the last evaluation at the end (default 0)"},
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable progress and results, one JSON object a line"}};

static char *default_run_dir(const Recipe *recipe) {
    char *path = NULL;
    return asprintf(&path, "runs/%s", recipe->message->name) < 0 ? NULL : path;
}

static char *absolute(const char *path) {
    char *out = NULL;
    if (path[0] == '/') {
        return strdup(path);
    }
    char *here = realpath(".", NULL);
    if (here && asprintf(&out, "%s/%s", here, path) < 0) {
        out = NULL;
    }
    free(here);
    return out;
}

static void print_results(const Emend__RunState *state, const char *run_dir, bool is_json,
                          size_t n_transcripts) {
    if (is_json || !state) {
        return;
    }
    if (state->n_evaluation > 0) {
        printf("\n");
        table_print(stdout, state->evaluation, state->n_evaluation);
    }
    if (n_transcripts > 0) {
        transcripts_print(stdout, run_dir, n_transcripts);
    }
    printf("\nThe run is in %s: metrics.jsonl, checkpoints, and each stage's policy.\n", run_dir);
}

static int is_checkpoint(const struct dirent *entry) {
    return strncmp(entry->d_name, "step-", 5) == 0;
}

static bool has_checkpoint(const char *run_dir) {
    char *folder = NULL;
    struct dirent **entries = NULL;
    int n = asprintf(&folder, "%s/checkpoints", run_dir) < 0
                ? 0
                : scandir(folder, &entries, is_checkpoint, NULL);
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return n > 0;
}

static int finish(EmendStatus status, const char *message, const Emend__RunState *state,
                  const char *run_dir, const Arguments *arguments) {
    if (status == EMEND_OK) {
        const char *n = argument_value(arguments, "--transcripts");
        print_results(state, run_dir, argument_given(arguments, "--json"),
                      n ? strtoul(n, NULL, 10) : 0);
        return EXIT_DONE;
    }
    int code = exit_code(status);
    if (code == EXIT_FAILED && has_checkpoint(run_dir)) {
        print_error(
            "%s\n  The last checkpoint stays; once mended, go on with: emend run %s --out %s "
            "--resume",
            message, arguments->positional[0], run_dir);
    } else {
        print_error("%s", message);
    }
    return code;
}

static int run_recipe(Context *context, const Arguments *arguments, const char *run_dir) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Progress progress;
    progress_init(&progress, argument_given(arguments, "--json"));
    RunArgs args = {.recipe = context->recipe,
                    .resolver = &context->resolver,
                    .plugins = context->plugins,
                    .run_dir = run_dir,
                    .is_resumed = argument_given(arguments, "--resume"),
                    .cancel = &interrupted,
                    .events = progress_events(&progress)};
    Emend__RunState *state = NULL;
    EmendStatus status = run_train(&args, &state, &err);
    progress_end_line(&progress);
    int code = finish(status, message, state, run_dir, arguments);
    if (state) {
        emend__run_state__free_unpacked(state, NULL);
    }
    return code;
}

/* What each plugin took, into the folder that the run made; where it failed, if that can be. */
static void record_memory(Context *context, const char *run_dir, int code) {
    char message[1024];
    EmendError err = emend_error_on(message, sizeof message);
    Accounts accounts = {0};
    EmendStatus status = accounts_close(context->plugins, &accounts, &err);
    if (status == EMEND_OK && access(run_dir, F_OK) == 0) {
        status = accounts_write(&accounts, run_dir, &err);
    }
    if (status != EMEND_OK && code == EXIT_DONE) {
        print_error("warning: what the plugins took of memory is not recorded: %s", message);
    }
    accounts_finish(&accounts);
}

static int check_transcripts(const Arguments *arguments) {
    const char *n = argument_value(arguments, "--transcripts");
    if (!n || (n[0] && strspn(n, "0123456789") == strlen(n))) {
        return EXIT_DONE;
    }
    print_error("run: option --transcripts is \"%s\"; it must be a number, 0 or more", n);
    return EXIT_USAGE;
}

static int run(const Arguments *arguments) {
    Context context;
    if (check_transcripts(arguments) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    int code = context_open(&context, arguments, arguments->positional[0]);
    if (code != EXIT_DONE) {
        return code;
    }
    interrupts_catch();
    const char *out = argument_value(arguments, "--out");
    char *chosen = out ? strdup(out) : default_run_dir(context.recipe);
    char *run_dir = chosen ? absolute(chosen) : NULL;
    if (run_dir) {
        code = context_host(&context, &interrupted);
        if (code == EXIT_DONE) {
            code = run_recipe(&context, arguments, run_dir);
            record_memory(&context, run_dir, code);
        }
    } else {
        print_error("no memory for the run folder's name");
        code = EXIT_FAILED;
    }
    free(run_dir);
    free(chosen);
    context_close(&context);
    return code;
}

const Command command_run = {
    .name = "run",
    .usage = "RECIPE [--set FIELD=VALUE]... [--out DIR] [--resume]",
    .summary = "train, evaluate, and keep everything in a run folder",
    .help =
        "Runs the stages of a recipe in order, evaluates the policy after each, and prints the\n"
        "table of accuracy@t1, accuracy@t2 and their deltas. The folder holds the resolved "
        "recipe,\n"
        "metrics.jsonl, checkpoints, and the policy of every stage as a HuggingFace folder.\n"
        "\n"
        "Ctrl-C writes a checkpoint and exits with 3; --resume goes on to the same bits that an\n"
        "unbroken run would have reached, also after a crash or a kill.\n"
        "\n"
        "  emend run manifests/score-arithmetic.textproto\n"
        "  emend run manifests/score-arithmetic.textproto --set seed=2 --out runs/seed2\n"
        "  emend run manifests/score-arithmetic.textproto --set seed=2 --out runs/seed2 --resume",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
