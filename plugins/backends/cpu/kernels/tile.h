/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_TILE_H
#define CPU_TILE_H
/* The part of a matrix product that runs in registers. */
#include <stddef.h>

/* C (rows x columns) = [C +] A B, with A(i, k) = a[k * rows + i] and B in panels that lie
 * `panel_floats` apart. */
typedef struct Tile {
    size_t rows, columns, k;
    const float *a;
    const float *b;
    size_t panel_floats;
    float *c;
    size_t ldc;
    int accumulate;
} Tile;

#endif
