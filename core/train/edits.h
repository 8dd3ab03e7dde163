/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_EDITS_H
#define TRAIN_EDITS_H
/* How far two responses are from each other. */
#include <stddef.h>

/* Levenshtein's distance in bytes. Exact where, without what both begin and end with, neither text
 * has more than EDITS_EXACT_BYTES; else that of so many bytes plus the longer rest, which is never
 * too little. */
size_t edits_distance(const char *a, size_t a_len, const char *b, size_t b_len);
/* The distance as a share of both texts' lengths together, the paper's edit-distance ratio (arXiv
 * 2409.12917, figures 3 and 4): 0 equal, 1/2 nothing in common, 1 where one is empty. */
double edits_ratio(const char *a, size_t a_len, const char *b, size_t b_len);

enum { EDITS_EXACT_BYTES = 4096 };

#endif
