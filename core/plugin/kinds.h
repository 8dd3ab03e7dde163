/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_KINDS_H
#define PLUGIN_KINDS_H
/* The kinds of component there are. A new kind is one row in kinds.c. */
#include <stdbool.h>
#include <stddef.h>

/* A function that every table of the kind must have. */
typedef struct KindMember {
    const char *name;
    size_t offset;
} KindMember;

enum { KIND_COUNT = 6 };

typedef struct Kind {
    const char *id;    /* "emend.reward/1" */
    const char *field; /* of the recipe: "reward" */
    size_t table_size; /* of this host's revision */
    const KindMember *required;
    size_t n_required;
} Kind;

/* By id; NULL where there is none. */
const Kind *kind_find(const char *id);
/* The i-th kind; NULL past the last. */
const Kind *kind_at(size_t i);
size_t kind_index(const Kind *kind);

#endif
