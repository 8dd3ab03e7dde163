/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/summary.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus count(Summary *summary, const char *word, uint64_t n) {
    size_t at = 0;
    while (at < summary->n_counts && strcmp(summary->counts[at].word, word) < 0) {
        at++;
    }
    if (at == summary->n_counts || strcmp(summary->counts[at].word, word) != 0) {
        VerdictCount *counts = realloc(summary->counts, (summary->n_counts + 1) * sizeof *counts);
        if (!counts) {
            return EMEND_EXHAUSTED;
        }
        summary->counts = counts;
        memmove(&counts[at + 1], &counts[at], (summary->n_counts++ - at) * sizeof *counts);
        counts[at] = (VerdictCount){.n = 0};
        strncpy(counts[at].word, word, VERDICT_WORD_BYTES - 1);
    }
    summary->counts[at].n += n;
    return EMEND_OK;
}

EmendStatus summary_add(Summary *summary, const char *word) {
    summary->n_lines++;
    EmendStatus status = summary->n_counts > 0 ? EMEND_OK : count(summary, "error", 0);
    return status == EMEND_OK ? count(summary, word, 1) : status;
}

EmendStatus summary_check_totals(EmendStr totals, EmendError *err) {
    static const char *const taken[] = {"lines", "verdicts"};
    json_error_t error;
    EmendStatus status = EMEND_OK;
    json_t *object = json_loadb(totals.ptr, totals.len, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "plugin bug: it put totals that are not JSON: %s", error.text);
    } else if (!json_is_object(object)) {
        status =
            emend_fail(err, EMEND_INVALID_ARGUMENT, "plugin bug: it put totals that are no object");
    }
    for (size_t i = 0; status == EMEND_OK && i < sizeof taken / sizeof *taken; i++) {
        if (json_object_get(object, taken[i])) {
            status = emend_fail(
                err, EMEND_INVALID_ARGUMENT,
                "plugin bug: it put a total named \"%s\", which the summary has itself", taken[i]);
        }
    }
    json_decref(object);
    return status;
}

// Appends the members of an object behind a comma: the text between its brackets, without the
// blanks (and so without the ends of lines) between tokens.
static EmendStatus append_members(EmendStr object, Buffer *out) {
    size_t begin = out->len;
    bool is_string = false;
    EmendStatus status = EMEND_OK;
    for (uint64_t i = 0; i < object.len && status == EMEND_OK; i++) {
        char c = object.ptr[i];
        is_string = is_string != (c == '"');
        if (is_string && c == '\\') {
            status = buffer_append(out, &object.ptr[i++], 1);
        }
        if (is_string || !strchr(" \t\r\n", c)) {
            status = status == EMEND_OK ? buffer_append(out, &object.ptr[i], 1) : status;
        }
    }
    // The brackets go: the first becomes the comma, where anything is between them.
    if (status == EMEND_OK) {
        out->len -= out->len - begin > 2 ? 1 : 2;
        out->data[begin] = ',';
    }
    return status;
}

EmendStatus summary_write(const Summary *summary, EmendStr totals, Buffer *out) {
    EmendStatus status = buffer_print(out, "{\"summary\":{\"lines\":%llu,\"verdicts\":{",
                                      (unsigned long long)summary->n_lines);
    if (summary->n_counts == 0 && status == EMEND_OK) {
        status = buffer_print(out, "\"error\":0");
    }
    for (size_t i = 0; i < summary->n_counts && status == EMEND_OK; i++) {
        status = buffer_print(out, "%s\"%s\":%llu", i > 0 ? "," : "", summary->counts[i].word,
                              (unsigned long long)summary->counts[i].n);
    }
    if (status == EMEND_OK) {
        status = buffer_append(out, "}", 1);
    }
    if (totals.len > 0 && status == EMEND_OK) {
        status = append_members(totals, out);
    }
    return status == EMEND_OK ? buffer_append(out, "}}\n", 3) : status;
}

void summary_finish(Summary *summary) {
    free(summary->counts);
    *summary = (Summary){0};
}
