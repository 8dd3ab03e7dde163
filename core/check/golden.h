/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_GOLDEN_H
#define CHECK_GOLDEN_H
/* The golden examples of a package, read and checked. */
#include "emend/golden.pb-c.h"
#include "plugin/catalog.h"

#define GOLDEN_FILE "golden.textproto"

typedef struct Golden {
    Emend__Golden *message;
    TextTree *tree; /* for places in messages */
    char *path;
    char *dir; /* its folder, absolute */
} Golden;

/* Reads the examples of the package's components. What is wrong is named with file, line and
 * column. */
EmendStatus golden_load(const char *path, const Package *package, Golden **out, EmendError *err);
/* NULL is allowed. */
void golden_destroy(Golden *golden);

enum {
    GOLDEN_GOOD = 0,   /* the component is made with the config */
    GOLDEN_REFUSED = 1 /* the config must be refused */
};

/* The i-th example of a component, or NULL past the last. */
const Emend__Example *golden_example(const Golden *golden, const Emend__ComponentInfo *component,
                                     int sort, size_t i);
/* The config of an example, wire bytes. */
EmendBytes golden_config(const Emend__Example *example);
/* `file:line:col` of an example's field, such as "episode[0].turn[1].score"; "" for the example. */
void golden_place(const Golden *golden, const Emend__Example *example, const char *field,
                  char *place, size_t capacity);

#endif
