/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"
#include "cli/cli.h"
#include <stdlib.h>

static const Option options[] = {
    {"--out", "FILE", "where to write it (default: RUN/report.html; of several, report.html)"}};

static int run(const Arguments *arguments) {
    char message[4096], notes[1024];
    EmendError err = emend_error_on(message, sizeof message);
    const char *out = argument_value(arguments, "--out");
    size_t n = arguments->n_positional;
    char *path = NULL;
    signal(SIGXFSZ, SIG_IGN); // a write over a file size limit is an error to report
    if (asprintf(&path, "%s%s",
                 out     ? out
                 : n > 1 ? ""
                         : arguments->positional[0],
                 out     ? ""
                 : n > 1 ? "report.html"
                         : "/report.html") < 0) {
        print_error("no memory for a file name");
        return EXIT_FAILED;
    }
    EmendStatus status = report_write(arguments->positional, n, path, notes, sizeof notes, &err);
    if (status != EMEND_OK) {
        print_error("%s", message);
    } else {
        if (notes[0]) {
            print_error("warning: %s; the report is of the others", notes);
        }
        printf("%s\n", path);
    }
    free(path);
    return exit_code(status);
}

const Command command_report = {
    .name = "report",
    .usage = "RUN... [--out FILE]",
    .summary = "a run, or several side by side, as one HTML page",
    .help = "Writes curves, tables, transcripts with their word differences, and the recipe of a\n"
            "run's folder into one file that opens in a browser without network or scripts. Of\n"
            "several runs (8 at most) it overlays the curves, compares the results with the first\n"
            "run's, with paired bootstrap intervals, and lists what differs between the recipes.\n"
            "A run that goes on may be reported at any time.\n"
            "\n"
            "  emend report runs/score-arithmetic\n"
            "  emend report runs/seed1 runs/seed2 --out seeds.html",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = REPORT_MAX_RUNS,
    .run = run};
