/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

void place_add(const Place *place, Note *note) {
    note_add(note, "%s", place->path);
    if (place->name.len > 0) {
        note_add(note, "/%.*s", (int)place->name.len, place->name.ptr);
    }
    if (place->line > 0) {
        note_add(note, ":%u", place->line);
    }
    if (place->object > 0) {
        note_add(note, ": object %llu", (unsigned long long)place->object);
    }
}

EmendStatus place_fail(const Place *place, EmendError *err, const char *format, ...) {
    Note note = {0};
    va_list args;
    place_add(place, &note);
    note_add(&note, ": ");
    va_start(args, format);
    note_add_args(&note, format, args);
    va_end(args);
    return note_fail(&note, EMEND_DATA_LOSS, err);
}
