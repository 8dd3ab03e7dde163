/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_GEMM_H
#define CPU_GEMM_H
/* The loops around a matrix product: blocks of k that fit the first cache with a panel of B, blocks
 * of rows of A copied beside each other. The file that includes this has defined before
 *
 *   enum { TILE_ROWS, PANEL };          the largest tile of C held in registers; PANEL is its
 * columns size_t tile_panels(size_t rows);    panels that one call of tile_add takes at once void
 * tile_add(const Tile *tile);    C = [C +] A B for one tile, ascending k
 *
 * after including tile.h.
 */
#include "kernels.h"
#include "tile.h"
#include <string.h>

enum { BLOCK_ROWS = TILE_ROWS * 8, BLOCK_K = 256 };

static inline size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t gemm_packed_floats(size_t n, size_t k) {
    return (n + PANEL - 1) / PANEL * PANEL * k;
}

/* Copies `columns` columns of B, all k of them, into one panel. */
static inline void pack_panel(const float *b, size_t b_row, size_t b_col, size_t columns, size_t k,
                              float *panel) {
    enum { STRIP = 16 };
    for (size_t k0 = 0; k0 < k; k0 += STRIP) {
        const size_t end = smaller(k, k0 + STRIP);
        for (size_t j = 0; j < columns; j++) {
            const float *column = b + j * b_col;
            for (size_t i = k0; i < end; i++) {
                panel[i * PANEL + j] = column[i * b_row];
            }
        }
    }
}

static inline void gemm_pack(const float *b, size_t b_row, size_t b_col, size_t n, size_t k,
                             float *packed) {
    for (size_t j = 0; j < n; j += PANEL) {
        const size_t columns = smaller(PANEL, n - j);
        float *panel = packed + j * k;
        if (columns < PANEL) {
            memset(panel, 0, PANEL * k * sizeof(float));
        }
        if (b_col == 1) {
            for (size_t i = 0; i < k; i++) {
                memcpy(panel + i * PANEL, b + i * b_row + j, columns * sizeof(float));
            }
        } else {
            pack_panel(b + j * b_col, b_row, b_col, columns, k, panel);
        }
    }
}

/* Copies a rows x k block of A so that the rows of one k lie together: out[k * rows + row]. */
static inline void pack_rows(const float *a, size_t a_row, size_t a_col, size_t rows, size_t k,
                             float *out) {
    for (size_t i = 0; i < k; i++) {
        for (size_t r = 0; r < rows; r++) {
            out[i * rows + r] = a[r * a_row + i * a_col];
        }
    }
}

/* C = [C +] A B for a block of rows whose A is in `block`, tile after tile down a group of panels.
 */
static inline void gemm_block(const GemmArgs *g, const float *block, size_t i0, size_t rows,
                              size_t k0, size_t k) {
    const size_t step = tile_panels(rows) * PANEL;
    for (size_t j = 0; j < g->n; j += step) {
        for (size_t i = 0; i < rows; i += TILE_ROWS) {
            tile_add(&(Tile){
                .rows = smaller(TILE_ROWS, rows - i),
                .columns = smaller(step, g->n - j),
                .k = k,
                .a = block + i * k,
                .b = g->b + j * g->k + k0 * PANEL,
                .panel_floats = PANEL * g->k,
                .c = g->c + (i0 + i) * g->ldc + j,
                .ldc = g->ldc,
                .accumulate = g->accumulate || k0 > 0,
            });
        }
    }
}

static inline void gemm_run(const GemmArgs *g) {
    _Alignas(64) float block[BLOCK_ROWS * BLOCK_K];
    for (size_t i = 0; g->k == 0 && !g->accumulate && i < g->m; i++) {
        memset(g->c + i * g->ldc, 0, g->n * sizeof(float));
    }
    for (size_t k0 = 0; k0 < g->k; k0 += BLOCK_K) {
        const size_t k = smaller(BLOCK_K, g->k - k0);
        for (size_t i0 = 0; i0 < g->m; i0 += BLOCK_ROWS) {
            const size_t rows = smaller(BLOCK_ROWS, g->m - i0);
            for (size_t i = 0; i < rows; i += TILE_ROWS) {
                const float *a = g->a + (i0 + i) * g->a_row + k0 * g->a_col;
                pack_rows(a, g->a_row, g->a_col, smaller(TILE_ROWS, rows - i), k, block + i * k);
            }
            gemm_block(g, block, i0, rows, k0, k);
        }
    }
}

#endif
