/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/transcripts.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Transcripts of the last evaluation in the file: those of the label that comes last.
static json_t *read_last(const char *run_dir) {
    char *path = NULL, *line = NULL;
    size_t capacity = 0;
    json_t *kept = json_array();
    FILE *file = asprintf(&path, "%s/metrics.jsonl", run_dir) < 0 ? NULL : fopen(path, "re");
    const char *label = "";
    while (file && getline(&line, &capacity, file) > 0) {
        json_t *record = strstr(line, "\"transcript\"") ? json_loads(line, 0, NULL) : NULL;
        json_t *data = json_object_get(record, "data");
        const char *theirs = json_string_value(json_object_get(data, "label"));
        if (theirs && strcmp(theirs, label) != 0) {
            json_array_clear(kept);
        }
        if (theirs) {
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

static void print_one(FILE *out, json_t *transcript) {
    fprintf(out, "\n  problem   %s\n", text(transcript, "prompt"));
    size_t i = 0;
    json_t *turn = NULL;
    json_array_foreach(json_object_get(transcript, "turns"), i, turn) {
        fprintf(out, "  attempt %zu %s   [%s]\n", i + 1, text(turn, "response"), mark(turn));
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
