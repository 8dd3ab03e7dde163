/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H
/* A line of JSON as a task sees it: the fields of a record. */
#include "emend/task.h"
#include <jansson.h>

/* Zero-initialise. */
typedef struct Record {
    json_t *object;           /* holds names and the texts of strings */
    EmendRecordField *fields; /* in the order of the text */
    EmendStr *values;         /* as they are written: 1.50, "a\u0062" */
    size_t n;
} Record;

/* Reads one JSON object. `text` has a NUL behind it and is borrowed until record_finish. What is no
 * object, no JSON, no UTF-8, or has a name twice, is EMEND_INVALID_ARGUMENT with the column (of
 * characters, from 1). */
EmendStatus record_read(Record *record, const char *text, size_t len, EmendError *err);
void record_finish(Record *record);

#endif
