/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"
#include <stdio.h>
#include <stdlib.h>

static void put_block(FILE *out, const json_t *text) {
    const char *at = json_string_value(text);
    fputs("\n\n    ", out);
    for (size_t i = 0; at && i < json_string_length(text); i++) {
        if (at[i] == '\n' || at[i] == '\r') {
            fputs("\n    ", out);
        } else if (at[i] != '\0') {
            fputc(at[i], out);
        }
    }
    fputs("\n\n", out);
}

static const char *verdict(const json_t *turn) {
    const json_t *is_right = json_object_get(turn, "is_right");
    return json_is_true(is_right) ? "right" : json_is_false(is_right) ? "wrong" : "not graded";
}

char *transcript_markdown(const json_t *data, size_t *len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out) {
        return NULL;
    }
    size_t i = 0;
    json_t *turn = NULL;
    fputs("Problem:", out);
    put_block(out, json_object_get(data, "prompt"));
    json_array_foreach(json_object_get(data, "turns"), i, turn) {
        fprintf(out, "Attempt %zu, %s:", i + 1, verdict(turn));
        put_block(out, json_object_get(turn, "response"));
    }
    fputs("Reference:", out);
    put_block(out, json_object_get(data, "reference"));
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
