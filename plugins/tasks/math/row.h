/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_ROW_H
#define MATH_ROW_H
/* One problem, from the JSON object that holds it, in any of the published forms. */
#include "place.h"
#include "texts.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct Row {
    EmendStr problem, solution, answer, subject; /* solution and subject may be empty */
    EmendStr id;                                 /* empty where the object has none */
    EmendStr name;                               /* as its place has it */
    uint32_t level;                              /* 0: there is none */
    uint32_t line;                               /* as its place has them */
    uint64_t object;
} Row;

/* Reads a row; its texts stay in the arena. Problem and answer may be blank: then it is no problem
 * to ask. */
EmendStatus row_read(const Place *place, const json_t *json, Arena *arena, Row *out,
                     EmendError *err);

#endif
