/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CODING_HOST_H
#define TESTS_CODING_HOST_H
/* A host for the parts of plugins/tasks/coding, which counts its blocks. */
#include "texts.h"

extern EmendHost coding_host;

/* Blocks that are not freed yet. */
long coding_n_live(void);
/* From now on the n-th allocation fails, once; 0: none does. */
void coding_fail_at(long n);

/* What a call added to a text, NUL-terminated; static storage, until the next call. Frees it. */
const char *coding_take(Text *text);

#endif
