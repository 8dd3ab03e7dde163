/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_SUGGEST_H
#define MANIFEST_SUGGEST_H
/* Did you mean: the nearest of some names. */
#include <stddef.h>

/* The name nearest to `word` by edit distance (insertions, deletions, changes, swaps of
 * neighbours), or NULL where none is near enough to be worth proposing. NULL names are skipped. */
const char *suggest_name(const char *word, size_t len, const char *const *names, size_t n);

#endif
