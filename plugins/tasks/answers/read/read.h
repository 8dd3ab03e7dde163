/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_READ_H
#define ANSWERS_READ_H
/* From the text of an answer to the tree of what it means. */
#include "tree.h"

typedef struct Reading {
    const Node *tree;
    /* A letter of a choice that stands before the value, as in `(A) 5`; 0: none. A letter alone is
     * in the tree, as a symbol. */
    char choice;
} Reading;

/* Reads an answer. False where it cannot be read: work->problem says why and where.
 *
 * Quantities keep their unit in `text` and the unit's size in `number`. In a NODE_LIST, `open` is
 * '&' where all parts are joined by "and", '|' where by "or", else ','. In a NODE_RATIO, `base` is
 * 1 where it may be a time of day. */
bool read_answer(Work *work, EmendStr text, Reading *reading);

#endif
