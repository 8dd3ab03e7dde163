/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_ROW_H
#define MATH_ROW_H
/* One problem, from the JSON object that holds it, in any of the published forms. */
#include "note.h"
#include "texts.h"

#include <jansson.h>
#include <stdbool.h>

/* Where a row is. Borrowed. */
typedef struct Place {
    const char *path;
    EmendStr name;   /* the file in the folder `path`; empty where that is a file */
    uint32_t line;   /* 0: it is all of the file */
    uint64_t object; /* its position in the file's array, from 1; 0: the file is no array */
} Place;

typedef struct Row {
    EmendStr problem, solution, answer, subject; /* solution and subject may be empty */
    EmendStr id;                                 /* empty where the object has none */
    EmendStr name;                               /* as its place has it */
    uint32_t level;                              /* 0: there is none */
    uint32_t line;                               /* as its place has them */
    uint64_t object;
} Row;

void place_add(const Place *place, Note *note);
/* "<place>: <text>", as EMEND_DATA_LOSS. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
EmendStatus
place_fail(const Place *place, EmendError *err, const char *format, ...);

/* Reads a row; its texts stay in the arena. Problem and answer may be blank: then it is no problem
 * to ask. */
EmendStatus row_read(const Place *place, const json_t *json, Arena *arena, Row *out,
                     EmendError *err);

bool str_is_blank(EmendStr text);

#endif
