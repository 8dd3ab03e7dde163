/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ANSWERS_CORPUS_H
#define TESTS_ANSWERS_CORPUS_H
/* JSON lines of tests/fixtures/answers, and answers of the published data sets. */
#include "emend/data.h"

#include <jansson.h>
#include <stdbool.h>

/* Every line of a file, as objects; plain or gzip. Fails the test where one is no JSON object. NULL
 * where there is no such file. The caller's, until json_decref(). */
json_t *corpus_read(const char *path);

/* A string member, or the empty text. Borrowed. */
EmendStr corpus_text(const json_t *row, const char *name);

/* Rows of the published MATH files below $EMEND_SHARED; NULL, with a line that says so, where they
 * are not there. */
json_t *corpus_published(void);

#endif
