/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/accounts.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/transcripts.h"
#include "cli/unsafe.h"
#include "report/report.h"
#include "train/fork.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Option options[] = {
    {"--set", "FIELD=VALUE",
     "override a field: seed=2, stage[1].steps=50, task.config.path=\"x\" (repeatable)"},
    {"--out", "DIR", "the run's folder (default: runs/NAME)"},
    {"--resume", NULL, "go on from the newest checkpoint in the run's folder"},
    {"--from", "RUN[@STEP]",
     "begin a new folder from another run's checkpoint (default: its newest), under this recipe"},
    {"--until", "STAGE", "end with this stage; --resume goes on behind it"},
    {"--transcripts", "N", "print N transcripts of the last evaluation at the end (default 0)"},
    UNSAFE_OPTION,
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

// RUN@STEP; a name that ends so is RUN@STEP@STEP.
static EmendStatus fork_run(const Context *context, const char *from, const char *run_dir,
                            EmendError *err) {
    const char *at = strrchr(from, '@');
    bool has_step = at && at[1] && at[1 + strspn(at + 1, "0123456789")] == '\0';
    char *dir = has_step ? strndup(from, (size_t)(at - from)) : strdup(from);
    if (!dir) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for a run's name");
    }
    uint64_t step = has_step ? strtoull(at + 1, NULL, 10) : FORK_NEWEST;
    EmendStatus status = run_fork(context->recipe, &context->resolver, dir, step, run_dir, err);
    free(dir);
    return status;
}

static int run_recipe(Context *context, const Arguments *arguments, const char *run_dir) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Progress progress;
    const char *from = argument_value(arguments, "--from");
    EmendStatus status = from ? fork_run(context, from, run_dir, &err) : EMEND_OK;
    if (status != EMEND_OK) {
        print_error("--from %s: %s", from, message);
        return exit_code(status);
    }
    progress_init(&progress, argument_given(arguments, "--json"));
    RunArgs args = {.recipe = context->recipe,
                    .resolver = &context->resolver,
                    .plugins = context->plugins,
                    .run_dir = run_dir,
                    .is_resumed = from || argument_given(arguments, "--resume"),
                    .until = argument_value(arguments, "--until"),
                    .cancel = &interrupted,
                    .events = progress_events(&progress)};
    Emend__RunState *state = NULL;
    status = run_train(&args, &state, &err);
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

// The run is done and stays so where its report cannot be written. Without metrics there is none.
static void write_report(const char *run_dir, bool is_json) {
    char message[4096], *path = NULL;
    EmendError err = emend_error_on(message, sizeof message);
    if (asprintf(&path, "%s/report.html", run_dir) < 0) {
        return;
    }
    EmendStatus status = report_write(&run_dir, 1, path, NULL, 0, &err);
    if (status == EMEND_OK && !is_json) {
        printf("To read in a browser: %s\n", path);
    } else if (status != EMEND_OK && status != EMEND_NOT_FOUND) {
        print_error("warning: no report of the run: %s", message);
    }
    free(path);
}

static int check_transcripts(const Arguments *arguments) {
    const char *n = argument_value(arguments, "--transcripts");
    if (!n || (n[0] && strspn(n, "0123456789") == strlen(n))) {
        return EXIT_DONE;
    }
    print_error("run: option --transcripts is \"%s\"; it must be a number, 0 or more", n);
    return EXIT_USAGE;
}

static int check_start(const Arguments *arguments) {
    if (argument_given(arguments, "--from") && argument_given(arguments, "--resume")) {
        print_error(
            "run: --from begins a new folder and --resume goes on in one; give one of them");
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int run(const Arguments *arguments) {
    Context context;
    if (check_transcripts(arguments) != EXIT_DONE || check_start(arguments) != EXIT_DONE) {
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
            if (code == EXIT_DONE) {
                write_report(run_dir, argument_given(arguments, "--json"));
            }
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
        "metrics.jsonl, checkpoints, the policy of every stage as a HuggingFace folder, and at "
        "the\n"
        "end report.html, which shows it all.\n"
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
