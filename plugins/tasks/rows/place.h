/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROWS_PLACE_H
#define ROWS_PLACE_H
/* Where a row is. */
#include "note.h"

/* Texts are borrowed. */
typedef struct Place {
    const char *path;
    EmendStr name;   /* the file in the folder `path`; empty where that is a file */
    uint32_t line;   /* 0: it is all of the file */
    uint64_t object; /* its position in the file's array, from 1; 0: the file is no array */
} Place;

void place_add(const Place *place, Note *note);
/* "<place>: <text>", as EMEND_DATA_LOSS. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
EmendStatus
place_fail(const Place *place, EmendError *err, const char *format, ...);

#endif
