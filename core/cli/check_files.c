/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_files.h"
#include "plugin/machine.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *check_verdict_word(const KitResult *result) {
    return result->verdict == RESULT_FAILED    ? "FAIL"
           : result->verdict == RESULT_SKIPPED ? "skip"
           : result->n_warnings > 0            ? "warn"
                                               : "ok";
}

static const char *text_or(const char *text, const char *other) {
    return text && *text ? text : other;
}

static EmendStatus not_written(const char *path, EmendError *err) {
    return emend_fail(err, EMEND_UNAVAILABLE, "%s: it cannot be written: %s", path,
                      strerror(errno));
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *json_of_row(const CheckRow *row) {
    const KitResult *result = &row->result;
    json_t *object =
        json_pack("{s:s, s:i, s:s, s:f}", "test", row->test->name, "level", (int)row->test->level,
                  "verdict", check_verdict_word(result), "seconds", result->seconds);
    json_t *warnings = json_array(), *figures = json_object();
    json_object_set_new(object, "promise", json_string(row->test->promise));
    json_object_set_new(object, "component",
                        row->component ? json_string(row->component->name) : json_null());
    if (result->verdict == RESULT_FAILED) {
        json_object_set_new(object, "found", json_string(result->found));
        json_object_set_new(object, "remedy", json_string(result->remedy));
    } else if (result->verdict == RESULT_SKIPPED) {
        json_object_set_new(object, "reason", json_string(result->found));
    }
    for (uint32_t i = 0; i < result->n_warnings; i++) {
        json_array_append_new(warnings, json_string(result->warnings[i]));
    }
    for (uint32_t i = 0; i < result->n_figures; i++) {
        const ResultFigure *figure = &result->figures[i];
        json_object_set_new(figures, figure->name,
                            json_pack("{s:f, s:s}", "value", figure->value, "unit", figure->unit));
    }
    json_object_set_new(object, "warnings", warnings);
    json_object_set_new(object, "figures", figures);
    return object;
}

static json_t *json_of_report(const CheckReport *report) {
    const Package *package = report->package;
    json_t *tests = json_array();
    for (size_t i = 0; i < report->n_rows; i++) {
        json_array_append_new(tests, json_of_row(&report->rows[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:o}", "id",
                     package->manifest ? text_or(package->manifest->id, "") : "", "version",
                     package->manifest ? text_or(package->manifest->version, "") : "", "dir",
                     package->dir, "conforms", (int)report->conforms, "failed",
                     (int)report->n_failed, "skipped", (int)report->n_skipped, "warnings",
                     (int)report->n_warnings, "tests", tests);
}

EmendStatus check_write_json(const char *path, const CheckRun *run, EmendError *err) {
    Machine machine = {0};
    json_t *packages = json_array();
    machine_init(&machine);
    for (size_t i = 0; i < run->n_reports; i++) {
        json_array_append_new(packages, json_of_report(&run->reports[i]));
    }
    json_t *object =
        json_pack("{s:i, s:s, s:I, s:s, s:o}", "kit", KIT_VERSION, "emend", EMEND_VERSION, "seed",
                  (json_int_t)run->seed, "machine", machine.platform, "packages", packages);
    int code = object ? json_dump_file(object, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : -1;
    json_decref(object);
    machine_finish(&machine);
    return code == 0 ? EMEND_OK : not_written(path, err);
}

/* ---- JUnit ---------------------------------------------------------------------------------- */

static void put_escaped(FILE *file, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void put_attribute(FILE *file, const char *name, const char *text) {
    fprintf(file, " %s=\"", name);
    put_escaped(file, text);
    fputc('"', file);
}

static void put_case(FILE *file, const CheckReport *report, const CheckRow *row) {
    const KitResult *result = &row->result;
    char name[256];
    snprintf(name, sizeof name, "%s%s%s", row->test->name, row->component ? "@" : "",
             row->component ? row->component->name : "");
    fputs("    <testcase", file);
    put_attribute(file, "classname",
                  report->package->manifest ? text_or(report->package->manifest->id, "") : "");
    put_attribute(file, "name", name);
    fprintf(file, " time=\"%.3f\">\n", result->seconds);
    if (result->verdict != RESULT_OK) {
        fprintf(file, "      <%s", result->verdict == RESULT_FAILED ? "failure" : "skipped");
        put_attribute(file, "message", result->found);
        fputc('>', file);
        put_escaped(file, result->remedy);
        fprintf(file, "</%s>\n", result->verdict == RESULT_FAILED ? "failure" : "skipped");
    }
    for (uint32_t i = 0; i < result->n_warnings; i++) {
        fputs("      <system-out>warning: ", file);
        put_escaped(file, result->warnings[i]);
        fputs("</system-out>\n", file);
    }
    fputs("    </testcase>\n", file);
}

EmendStatus check_write_junit(const char *path, const CheckRun *run, EmendError *err) {
    FILE *file = fopen(path, "w");
    if (!file) {
        return not_written(path, err);
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", file);
    for (size_t i = 0; i < run->n_reports; i++) {
        const CheckReport *report = &run->reports[i];
        fputs("  <testsuite", file);
        put_attribute(file, "name", report->package->dir);
        fprintf(file, " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n", report->n_rows,
                report->n_failed, report->n_skipped);
        for (size_t r = 0; r < report->n_rows; r++) {
            put_case(file, report, &report->rows[r]);
        }
        fputs("  </testsuite>\n", file);
    }
    fputs("</testsuites>\n", file);
    bool is_whole = !ferror(file);
    return fclose(file) == 0 && is_whole ? EMEND_OK : not_written(path, err);
}
