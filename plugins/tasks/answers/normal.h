/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_NORMAL_H
#define TASK_ANSWERS_NORMAL_H
/* Answers in one spelling: without what LaTeX has for the eye alone. */
#include "emend/data.h"
#include <stdbool.h>

enum { NORMAL_BYTES = 1024, NORMAL_UNIT_BYTES = 64 };

typedef struct Normal {
    char bytes[NORMAL_BYTES];
    size_t len;
    char unit[NORMAL_UNIT_BYTES]; /* `cm^2` of `12\text{ cm}^2`; empty where there is none */
} Normal;

/* Fills in *out. False where the answer is empty or too long to compare. */
bool normal_init(EmendStr answer, Normal *out);

#endif
