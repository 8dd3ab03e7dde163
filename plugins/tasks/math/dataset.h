/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_DATASET_H
#define MATH_DATASET_H
/* A file or folder of problems, in memory: all that have an answer, in its own order. */
#include "row.h"

typedef struct Dataset {
    const EmendHost *host;
    const char *path; /* borrowed from whoever loaded it */
    Arena arena;
    Row *rows;
    uint64_t n_rows, capacity;
    uint64_t n_blank; /* left out: without a problem or without an answer */
    uint64_t n_links; /* symbolic links passed over */
} Dataset;

/* What problems are named by that have no id, or one that was there before. Borrowed. */
typedef struct Naming {
    const char *split; /* in a file: "train:5" */
    EmendStr folder;   /* in a folder: "train/algebra/12.json" */
} Naming;

/* Reads what is at `path`, which must outlive the dataset. *out is the caller's, until
 * dataset_finish(); on failure it is zeroed and the message names the file and, where one problem
 * is bad, its place. */
EmendStatus dataset_load(const EmendHost *host, const char *path, const Naming *naming,
                         Dataset *out, EmendError *err);
void dataset_finish(Dataset *dataset);

/* Adds a row's place to a message. */
void dataset_add_place(const Dataset *dataset, const Row *row, Note *note);

#endif
