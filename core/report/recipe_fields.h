/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_RECIPE_FIELDS_H
#define REPORT_RECIPE_FIELDS_H
/* A resolved recipe as paths and values, so that two can be compared field by field. */
#include "emend/status.h"
#include <stddef.h>

/* "stage[1].algorithm[0].config[0].kl[0].weight[0]" and "0.3", as it is written. */
typedef struct RecipeField {
    char *path, *value;
} RecipeField;

typedef struct RecipeFields {
    RecipeField *items;
    size_t n, capacity;
} RecipeFields;

/* Reads the canonical form, one field a line, that a run's folder has; what does not look like it
 * is passed over. */
EmendStatus recipe_fields_read(const char *text, RecipeFields *out, EmendError *err);
void recipe_fields_finish(RecipeFields *fields);
/* NULL: it is not set. */
const char *recipe_fields_value(const RecipeFields *fields, const char *path);

#endif
