/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_DATASET_H
#define MATH_DATASET_H
/* A file of problems in MATH's form, in memory. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"
#include <stdbool.h>

typedef struct Row {
    EmendStr problem, solution, answer, subject, id; /* in the dataset's texts; id may be empty */
    uint32_t level;                                  /* 0: the file gives none */
    uint32_t line;
} Row;

typedef struct Dataset {
    const EmendHost *host;
    Row *rows;
    uint64_t n_rows;
    char *texts;
} Dataset;

/* Which rows are wanted. Borrowed. */
typedef struct Filter {
    char *const *subjects;
    size_t n_subjects;
    const uint32_t *levels;
    size_t n_levels;
    uint64_t max_rows; /* 0: all */
} Filter;

/* Reads the file at `path`. *out is the caller's, until dataset_finish(); on failure it is zeroed
 * and the message names the file and, where one line is bad, the line. */
EmendStatus dataset_load(const EmendHost *host, const char *path, const Filter *filter,
                         Dataset *out, EmendError *err);
void dataset_finish(Dataset *dataset);

/* A row whose problem is also in the other dataset; NULL where the two share none. */
EmendStatus dataset_find_shared(const Dataset *dataset, const Dataset *other, const Row **shared,
                                EmendError *err);

#endif
