/* SPDX-License-Identifier: Apache-2.0 */
/* `emend check`: the conformance kit over packages. */
#include "check/check.h"
#include "cli/check_files.h"
#include "cli/cli.h"
#include "plugin/package.h"
#include "plugin/search.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const level_names[] = {"",      "static",  "load",   "behaviour", "versions",
                                          "state", "threads", "memory", "fuzz",      "speed"};

/* What is asked for, and what the printing needs to remember. */
typedef struct Check {
    CheckOptions options;
    const char *path, *json, *junit;
    uint32_t level_shown;
} Check;

/* ---- arguments ------------------------------------------------------------------------------ */

static bool read_number(const Arguments *arguments, const char *name, uint64_t least, uint64_t most,
                        uint64_t *value) {
    const char *text = argument_value(arguments, name);
    char *end = NULL;
    if (!text) {
        return true;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end || text[0] == '-' || number < least || number > most) {
        print_error("check: %s is \"%s\"; it must be a number from %llu to %llu", name, text,
                    (unsigned long long)least, (unsigned long long)most);
        return false;
    }
    *value = number;
    return true;
}

static bool read_arguments(const Arguments *arguments, Check *check) {
    uint64_t level = KIT_SPEED, seed = 1, seconds = 0;
    if (!read_number(arguments, "--level", KIT_STATIC, KIT_SPEED, &level) ||
        !read_number(arguments, "--seed", 0, INT64_MAX, &seed) ||
        !read_number(arguments, "--timeout", 1, 86400, &seconds)) {
        return false;
    }
    check->options = (CheckOptions){
        .level = (uint32_t)level,
        .only = argument_value(arguments, "--only"),
        .seed = seed,
        .seconds = (uint32_t)seconds,
        .is_in_process = argument_given(arguments, "--in-process"),
        .golden = argument_value(arguments, "--golden"),
        .cancel = &interrupted,
    };
    check->json = argument_value(arguments, "--json");
    check->junit = argument_value(arguments, "--junit");
    if (check->options.is_in_process && !check->options.only) {
        print_error("check: --in-process needs --only TEST: what crashes in it ends the command");
        return false;
    }
    return true;
}

/* ---- the list of tests ---------------------------------------------------------------------- */

static int list(const CheckOptions *options) {
    for (uint32_t level = KIT_STATIC; level <= options->level; level++) {
        printf("level %u %s\n", level, level_names[level]);
        for (size_t i = 0; kit_suite(i); i++) {
            const KitSuite *suite = kit_suite(i);
            for (size_t t = 0; t < suite->n_tests; t++) {
                if (suite->tests[t].level == level) {
                    printf("  %-30s %s\n", suite->tests[t].name, suite->tests[t].promise);
                }
            }
        }
    }
    return EXIT_DONE;
}

/* ---- a report for people -------------------------------------------------------------------- */

static void print_replay(const Check *check, const CheckReport *report, const CheckRow *row) {
    printf("          again: emend check %s --only %s%s%s --seed %llu", report->package->dir,
           row->test->name, row->component ? "@" : "", row->component ? row->component->name : "",
           (unsigned long long)check->options.seed);
    if (check->options.golden) {
        printf(" --golden %s", check->options.golden);
    }
    putchar('\n');
}

static void print_row(void *ctx, const CheckReport *report, const CheckRow *row) {
    Check *check = ctx;
    const KitResult *result = &row->result;
    if (check->level_shown != row->test->level) {
        check->level_shown = row->test->level;
        printf("level %u %s\n", row->test->level, level_names[row->test->level]);
    }
    printf("  %-4s  %s%s%s", check_verdict_word(result), row->test->name, row->component ? "@" : "",
           row->component ? row->component->name : "");
    for (uint32_t i = 0; i < result->n_figures; i++) {
        const ResultFigure *figure = &result->figures[i];
        printf("%s%s %.4g%s%s", i > 0 ? ", " : "  (", figure->name, figure->value,
               *figure->unit ? " " : "", figure->unit);
    }
    puts(result->n_figures > 0 ? ")" : "");
    if (result->verdict != RESULT_OK) {
        printf("          %s\n", result->found);
    }
    if (result->verdict == RESULT_FAILED) {
        printf("          %s\n", result->remedy);
        print_replay(check, report, row);
    }
    for (uint32_t i = 0; i < result->n_warnings; i++) {
        printf("          warning: %s\n", result->warnings[i]);
    }
    fflush(stdout);
}

static void print_counts(const CheckReport *report) {
    printf("%zu test%s", report->n_rows, report->n_rows == 1 ? "" : "s");
    const struct {
        size_t n;
        const char *word;
    } counts[] = {{report->n_failed, "failed"},
                  {report->n_warnings, report->n_warnings == 1 ? "warning" : "warnings"},
                  {report->n_skipped, "skipped"}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].n > 0) {
            printf(", %zu %s", counts[i].n, counts[i].word);
        }
    }
}

static void print_summary(const Check *check, const CheckReport *report) {
    const Package *package = report->package;
    const char *name =
        package->manifest && package->manifest->id ? package->manifest->id : package->dir;
    if (check->options.only) {
        printf("%s: ", name);
    } else if (report->conforms == 0) {
        printf("%s does not conform (kit %d): ", name, KIT_VERSION);
    } else {
        printf("%s conforms at level %u (kit %d): ", name, report->conforms, KIT_VERSION);
    }
    print_counts(report);
    printf("; seed %llu\n", (unsigned long long)check->options.seed);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* The packages at a path: a package's folder, a folder of packages, or a manifest. */
static int find_packages(const char *path, TextList *out) {
    char folder[PATH_MAX], message[1024];
    EmendError err = emend_error_on(message, sizeof message);
    struct stat facts;
    if (!realpath(path, folder) || stat(folder, &facts) != 0) {
        print_error("check: %s: %s; give the folder of a built plugin", path, strerror(errno));
        return EXIT_USAGE;
    }
    if (S_ISREG(facts.st_mode)) {
        *strrchr(folder, '/') = '\0';
    }
    EmendStatus status = search_packages(folder, out, &err);
    if (status != EMEND_OK) {
        print_error("check: %s", message);
        return exit_code(status);
    }
    if (out->n == 0) {
        print_error("check: %s: there is no " PACKAGE_MANIFEST
                    " in it; give the folder of a built plugin",
                    path);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int check_all(Check *check, const TextList *folders, CheckReport *reports, size_t *n) {
    char message[4096];
    for (size_t i = 0; i < folders->n; i++) {
        EmendError err = emend_error_on(message, sizeof message);
        check->level_shown = 0;
        check->options.watch = print_row;
        check->options.watch_ctx = check;
        printf("%s%s\n", i > 0 ? "\n" : "", folders->texts[i]);
        EmendStatus status = check_package(folders->texts[i], &check->options, &reports[*n], &err);
        if (status != EMEND_OK) {
            print_error("check: %s", message);
            return exit_code(status);
        }
        print_summary(check, &reports[(*n)++]);
    }
    return EXIT_DONE;
}

static int write_files(const Check *check, const CheckReport *reports, size_t n) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    CheckRun record = {check->options.seed, reports, n};
    EmendStatus status = EMEND_OK;
    if (check->json) {
        status = check_write_json(check->json, &record, &err);
    }
    if (check->junit && status == EMEND_OK) {
        status = check_write_junit(check->junit, &record, &err);
    }
    if (status != EMEND_OK) {
        print_error("check: %s", message);
    }
    return status == EMEND_OK ? EXIT_DONE : EXIT_FAILED;
}

static int check_folders(Check *check, const TextList *folders) {
    size_t n = 0;
    CheckReport *reports = calloc(folders->n, sizeof *reports);
    if (!reports) {
        print_error("check: no memory is left");
        return EXIT_FAILED;
    }
    int code = check_all(check, folders, reports, &n);
    if (code == EXIT_DONE) {
        code = write_files(check, reports, n);
    }
    for (size_t i = 0; i < n; i++) {
        code = code == EXIT_DONE && reports[i].n_failed > 0 ? EXIT_FAILED : code;
        check_report_finish(&reports[i]);
    }
    free(reports);
    return code;
}

static int run(const Arguments *arguments) {
    Check check = {0};
    TextList folders = {0};
    if (!read_arguments(arguments, &check)) {
        return EXIT_USAGE;
    }
    if (argument_given(arguments, "--list")) {
        return list(&check.options);
    }
    if (arguments->n_positional == 0) {
        print_error("check: an argument is missing: the folder of a built plugin");
        return EXIT_USAGE;
    }
    interrupts_catch();
    int code = find_packages(arguments->positional[0], &folders);
    if (code == EXIT_DONE) {
        code = check_folders(&check, &folders);
    }
    text_list_finish(&folders);
    return code;
}

static const Option options[] = {
    {"--level", "N", "tests up to this level, 1 to 9 (default: all)"},
    {"--only", "TEST", "tests of this name; * stands for anything, TEST@NAME for one component"},
    {"--seed", "N", "of all that is drawn at random (default: 1)"},
    {"--golden", "FILE", "examples in place of the package's golden.textproto"},
    {"--timeout", "S", "seconds a test may take, in place of its own limit"},
    {"--json", "FILE", "write the report as JSON"},
    {"--junit", "FILE", "write the report as JUnit's XML"},
    {"--in-process", NULL, "with --only: no process of its own, for a debugger"},
    {"--list", NULL, "list the tests there are, and run none"}};

const Command command_check = {
    .name = "check",
    .usage = "PATH [--level N] [--only TEST] [--seed N]",
    .summary = "run the conformance kit over a plugin: does it keep its promises?",
    .help =
        "PATH is the folder of a built plugin, or a folder of such folders. Each test runs in a\n"
        "process of its own, so that a plugin may crash, hang or exit. A failure says what was\n"
        "found, what must be, what to do, and the command that runs it again.\n"
        "\n"
        "Levels, each with those below it: 1 static, 2 load, 3 behaviour, 4 versions, 5 state,\n"
        "6 threads, 7 memory, 8 fuzz, 9 speed.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .max_positional = 1,
    .run = run};
