/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/fits.h"
#include "manifest/suggest.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const Option options[] = {
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "machine-readable output, one JSON object a line"}};

static const char *text_or(const char *text, const char *other) {
    return text && text[0] ? text : other;
}

/* ---- the steps of one package --------------------------------------------------------------- */

/* The steps that the catalog took, then those of the loader. */
static void take_steps(Context *context, const Package *package, LoadReport *report) {
    const Emend__PluginManifest *manifest = package->manifest;
    *report = (LoadReport){.step = package->problem_step};
    load_report_found(report, STEP_FIND, "%s", package->dir);
    load_report_found(report, STEP_MANIFEST, "%s", package->manifest_path);
    if (package->problem) {
        report->status = EMEND_INVALID_ARGUMENT;
        snprintf(report->reason, sizeof report->reason, "%s", package->problem);
        return;
    }
    load_report_found(report, STEP_FIELDS, "%s %s", manifest->id, manifest->version);
    if (package->library) {
        load_report_found(report, STEP_VARIANT, "%s, for %s", package->library->path,
                          text_or(package->library->platform, "any platform"));
    }
    plugin_host_try(context->plugins, package, report);
}

static const char *state_of(const LoadReport *report, size_t step) {
    return step < report->step ? "ok" : step == report->step ? "failed" : "not reached";
}

static const char *reason_of(const LoadReport *report, size_t step) {
    return step < report->step    ? report->found[step]
           : step == report->step ? report->reason
                                  : load_step_info((LoadStep)step)->checks;
}

/* ---- for people ----------------------------------------------------------------------------- */

/* Several lines, each under a heading. */
static void print_lines(const char *heading, const char *lines) {
    if (lines[0]) {
        printf("  %s\n", heading);
    }
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        printf("    %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

static void print_text(const Package *package, const LoadReport *report,
                       const ProbeVerdict *verdict) {
    const Emend__PluginManifest *manifest = package->manifest;
    printf("%s %s\n", manifest ? text_or(manifest->id, package->dir) : package->dir,
           manifest ? text_or(manifest->version, "") : "");
    for (size_t i = 0; i < STEP_COUNT; i++) {
        const LoadStepInfo *info = load_step_info((LoadStep)i);
        const char *text = reason_of(report, i);
        printf("  %s %-9s %-12s %s\n", info->code, info->name, state_of(report, i),
               text_or(text, info->checks));
    }
    if (verdict) {
        print_lines("found by its probe:", verdict->warnings);
        print_lines("what it wrote to standard error in its probe, at the end:", verdict->said);
    }
    if (package->hidden_by) {
        printf("  it is not used: %s has the same id and comes first\n", package->hidden_by);
    }
    if (manifest && manifest->support_url && report->step < STEP_COUNT) {
        printf("  support: %s\n", manifest->support_url);
    }
}

/* ---- for machines --------------------------------------------------------------------------- */

static json_t *verdict_json(const ProbeVerdict *verdict) {
    static const char *const states[] = {"unknown", "good", "bad"};
    char date[32];
    if (!verdict) {
        return json_null();
    }
    probe_verdict_date(verdict, date);
    return json_pack("{s:s, s:s, s:b, s:i, s:s, s:s, s:s}", "state", states[verdict->state], "date",
                     date, "is_from_cache", verdict->is_from_cache, "signal", verdict->signal,
                     "reason", verdict->reason, "warnings", verdict->warnings, "said",
                     verdict->said);
}

static void print_json(const Package *package, const LoadReport *report,
                       const ProbeVerdict *verdict) {
    const Emend__PluginManifest *manifest = package->manifest;
    json_t *steps = json_array();
    for (size_t i = 0; i < STEP_COUNT; i++) {
        const LoadStepInfo *info = load_step_info((LoadStep)i);
        json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", info->code,
                                               "name", info->name, "checks", info->checks, "state",
                                               state_of(report, i), "text",
                                               i <= report->step ? reason_of(report, i) : ""));
    }
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s?, s:o, s:o}", "id",
                  manifest ? text_or(manifest->id, "") : "", "version",
                  manifest ? text_or(manifest->version, "") : "", "dir", package->dir, "is_usable",
                  report->step == STEP_COUNT && !package->hidden_by, "hidden_by",
                  package->hidden_by, "support_url", manifest ? manifest->support_url : NULL,
                  "steps", steps, "probe", verdict_json(verdict));
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    puts(text ? text : "{}");
    free(text);
    json_decref(object);
}

/* ---- the commands --------------------------------------------------------------------------- */

enum { NAMES_MAX = 256 };

/* The nearest name of a plugin or component, or NULL. */
static const char *nearest(const Catalog *catalog, const char *word) {
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Emend__PluginManifest *manifest = catalog_package(catalog, i)->manifest;
        if (manifest && manifest->id && n < NAMES_MAX) {
            names[n++] = manifest->id;
        }
        for (size_t c = 0; manifest && c < manifest->n_component && n < NAMES_MAX; c++) {
            names[n] = manifest->component[c]->name;
            n += names[n] != NULL;
        }
    }
    return n > 0 ? suggest_name(word, strlen(word), names, n) : NULL;
}

static int fail_missing(const Catalog *catalog, const char *word) {
    const char *near = nearest(catalog, word);
    print_error("no plugin or component is named \"%s\"%s%s%s; `emend plugins list` shows all; "
                "looked in: %s [L01 find]",
                word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "",
                catalog_search_path(catalog));
    return EXIT_USAGE;
}

/* Does something with each package that the argument names. */
static int for_each(const Arguments *arguments,
                    int (*act)(Context *context, const Package *package, bool is_json)) {
    Context context;
    const char *word = arguments->positional[0];
    int code = context_open(&context, arguments, NULL);
    if (code != EXIT_DONE) {
        return code;
    }
    size_t n_found = 0;
    code = context_host(&context, NULL);
    for (size_t i = 0; code != EXIT_USAGE && i < catalog_n_packages(context.catalog); i++) {
        const Package *package = catalog_package(context.catalog, i);
        if (package_fits(package, word)) {
            int one = act(&context, package, argument_given(arguments, "--json"));
            code = one == EXIT_DONE ? code : one;
            n_found++;
        }
    }
    if (code == EXIT_DONE && n_found == 0) {
        code = fail_missing(context.catalog, word);
    }
    context_close(&context);
    return code;
}

static int explain(Context *context, const Package *package, bool is_json) {
    LoadReport report;
    take_steps(context, package, &report);
    const ProbeVerdict *verdict = plugin_host_verdict(context->plugins, package);
    if (is_json) {
        print_json(package, &report, verdict);
    } else {
        print_text(package, &report, verdict);
    }
    return report.step == STEP_COUNT ? EXIT_DONE : EXIT_FAILED;
}

static int why(const Arguments *arguments) {
    return for_each(arguments, explain);
}

static int try_again(Context *context, const Package *package, bool is_json) {
    if (!context->probe.program) {
        print_error("plugins retry: EMEND_PROBE is \"off\"; unset it, and the plugin is tried");
        return EXIT_USAGE;
    }
    probe_forget(&context->probe, package);
    return explain(context, package, is_json);
}

static int retry(const Arguments *arguments) {
    return for_each(arguments, try_again);
}

const Command command_plugins_why = {
    .name = "plugins why",
    .usage = "NAME [--json]",
    .summary = "tell of every step of loading a plugin, and why it stopped",
    .help =
        "NAME is a component (\"reinforce\"), a plugin's id, \"id/name\", or its folder. The "
        "steps,\n"
        "L01 to L12, are taken here and now; the code of a plugin runs from L08 on, where it is\n"
        "tried in a process of its own first. Exits with 1 where one cannot be loaded.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = why};

const Command command_plugins_retry = {
    .name = "plugins retry",
    .usage = "NAME [--json]",
    .summary = "try a quarantined plugin once more, in a process of its own",
    .help = "A plugin that crashed, hung or broke the process when it was tried is quarantined\n"
            "until its file changes. Where the reason lay elsewhere (a library that was mended, a\n"
            "busy machine), this forgets the verdict and makes a new one.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 1,
    .run = retry};
