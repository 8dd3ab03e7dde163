/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct Taking {
    RowTaker take;
    void *ctx;
} Taking;

static EmendStatus take_object(void *ctx, const Place *place, const json_t *row, EmendError *err) {
    const Taking *taking = ctx;
    return json_is_object(row) ? taking->take(taking->ctx, place, row, err)
                               : place_fail(place, err, "is no JSON object; it must be one");
}

EmendStatus rows_read(const EmendHost *host, const char *path, const char *what, RowTaker take,
                      void *ctx, EmendError *err) {
    Text bytes = {.host = host};
    Place place = {.path = path};
    Taking taking = {take, ctx};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return emend_fail(err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
                          "%s: %s; it must be %s, seen from the folder the command runs in", path,
                          strerror(errno), what);
    }
    EmendStatus status = file_read(fd, &place, &bytes, err);
    if (status == EMEND_OK) {
        status = file_rows(text_str(&bytes), &place, take_object, &taking, err);
    }
    text_finish(&bytes);
    return status;
}

/* ---- members -------------------------------------------------------------------------------- */

EmendStatus row_keep(const json_t *string, Arena *arena, EmendStr *out, EmendError *err) {
    EmendStr text = {json_string_value(string), json_string_length(string)};
    EmendStatus status = arena_keep(arena, text, out, err);
    if (status != EMEND_OK) {
        return status;
    }
    char *kept = (char *)(uintptr_t)out->ptr;
    uint64_t n = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        bool is_crlf = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (!is_crlf) {
            kept[n++] = text.ptr[i];
        }
    }
    out->len = n;
    return EMEND_OK;
}

EmendStatus row_optional_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                              EmendStr *out, EmendError *err) {
    const json_t *value = json_object_get(row, name);
    *out = (EmendStr){"", 0};
    if (!value || json_is_null(value)) {
        return EMEND_OK;
    }
    if (!json_is_string(value)) {
        return place_fail(place, err, "%s is of another type; it must be a string", name);
    }
    return row_keep(value, arena, out, err);
}

EmendStatus row_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                     EmendStr *out, EmendError *err) {
    if (!json_object_get(row, name)) {
        return place_fail(place, err, "%s is missing; a problem must have it", name);
    }
    return row_optional_text(place, row, name, arena, out, err);
}
