/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAFFOLD_TEMPLATES_H
#define SCAFFOLD_TEMPLATES_H
/* The files under the folders beside this one, carried in the executable. */
#include "emend/data.h"

typedef struct Template {
    const char *path; /* "reward/NAME.c": the folder says when it is used */
    const char *begin, *end;
} Template;

extern const Template templates[];
extern const size_t n_templates;

#endif
