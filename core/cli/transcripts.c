/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/transcripts.h"
#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Transcripts of the last evaluation in the file: those of the label and step that come last. One
// label has several evaluations where a stage is evaluated between its steps.
static json_t *read_last(const char *run_dir) {
    char *path = NULL, *line = NULL;
    size_t capacity = 0;
    json_t *kept = json_array();
    FILE *file = asprintf(&path, "%s/metrics.jsonl", run_dir) < 0 ? NULL : fopen(path, "re");
    const char *label = "";
    json_int_t step = -1;
    while (file && getline(&line, &capacity, file) > 0) {
        json_t *record =
            strstr(line, "\"transcript\"") ? json_loads(line, JSON_ALLOW_NUL, NULL) : NULL;
        json_t *data = json_object_get(record, "data");
        const char *theirs = json_string_value(json_object_get(data, "label"));
        json_int_t their_step = json_integer_value(json_object_get(record, "step"));
        if (theirs && (strcmp(theirs, label) != 0 || their_step != step)) {
            json_array_clear(kept);
        }
        if (theirs) {
            step = their_step;
            json_array_append(kept, data);
            json_t *last = json_array_get(kept, json_array_size(kept) - 1);
            label = json_string_value(json_object_get(last, "label"));
        }
        json_decref(record);
    }
    if (file) {
        fclose(file);
    }
    free(line);
    free(path);
    return kept;
}

static const char *text(json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static int rank(json_t *transcript) {
    json_t *turns = json_object_get(transcript, "turns");
    json_t *first = json_array_get(turns, 0), *second = json_array_get(turns, 1);
    int was = json_is_true(json_object_get(first, "is_right"));
    int is = json_is_true(json_object_get(second, "is_right"));
    return !was && is                                                  ? 0
           : was != is                                                 ? 1
           : strcmp(text(first, "response"), text(second, "response")) ? 2
                                                                       : 3;
}

static const char *mark(json_t *turn) {
    json_t *is_right = json_object_get(turn, "is_right");
    return json_is_true(is_right) ? "right" : json_is_false(is_right) ? "wrong" : "not graded";
}

// What a model wrote must not steer the terminal.
static void print_text(FILE *out, const char *written) {
    for (const char *at = written; *at; at++) {
        bool is_control = iscntrl((unsigned char)*at) && *at != '\n' && *at != '\t';
        fputc(is_control ? '?' : *at, out);
    }
}

static void print_one(FILE *out, json_t *transcript) {
    fputs("\n  problem   ", out);
    print_text(out, text(transcript, "prompt"));
    fputc('\n', out);
    size_t i = 0;
    json_t *turn = NULL;
    json_array_foreach(json_object_get(transcript, "turns"), i, turn) {
        fprintf(out, "  attempt %zu ", i + 1);
        print_text(out, text(turn, "response"));
        fprintf(out, "   [%s]\n", mark(turn));
    }
}

void transcripts_print(FILE *out, const char *run_dir, size_t n) {
    json_t *all = read_last(run_dir);
    size_t n_all = json_array_size(all), n_printed = 0;
    if (n_all > 0 && n > 0) {
        fprintf(out, "\nTranscripts of %s:\n", text(json_array_get(all, 0), "label"));
    }
    for (int wanted = 0; wanted < 4; wanted++) {
        for (size_t i = 0; i < n_all && n_printed < n; i++) {
            if (rank(json_array_get(all, i)) == wanted) {
                print_one(out, json_array_get(all, i));
                n_printed++;
            }
        }
    }
    json_decref(all);
}
