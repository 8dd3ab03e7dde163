/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { MAX_LINE_BYTES = 1 << 20 };

json_t *corpus_read(const char *path) {
    gzFile file = gzopen(path, "rb");
    if (!file) {
        return NULL;
    }
    json_t *rows = json_array();
    char *line = malloc(MAX_LINE_BYTES);
    ck_assert_ptr_nonnull(line);
    while (gzgets(file, line, MAX_LINE_BYTES)) {
        json_error_t where;
        json_t *row = json_loads(line, JSON_ALLOW_NUL, &where);
        ck_assert_msg(json_is_object(row), "%s:%zu: %s", path, json_array_size(rows) + 1,
                      where.text);
        json_array_append_new(rows, row);
    }
    free(line);
    gzclose(file);
    return rows;
}

EmendStr corpus_text(const json_t *row, const char *name) {
    const json_t *value = json_object_get(row, name);
    return json_is_string(value) ? (EmendStr){json_string_value(value), json_string_length(value)}
                                 : (EmendStr){"", 0};
}

json_t *corpus_published(void) {
    static const char *const files[] = {"math_train_12k.jsonl.gz", "math_test_500.jsonl"};
    const char *shared = getenv("EMEND_SHARED");
    json_t *all = NULL;
    for (size_t i = 0; shared && shared[0] && i < 2; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/data/%s", shared, files[i]);
        json_t *rows = corpus_read(path);
        if (!rows) {
            break;
        }
        if (all) {
            json_array_extend(all, rows);
            json_decref(rows);
        } else {
            all = rows;
        }
    }
    if (!all) {
        printf("skipped: $EMEND_SHARED/data has no MATH files\n");
    }
    return all;
}
