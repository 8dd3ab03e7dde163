/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels with AVX-512 (F, BW, DQ, VL) and FMA. */
#include "kernels.h"
#include "lanes_avx512.h"
#include "tile.h"

#include "rows.h"
#include "softmax.h"

enum { TILE_ROWS = 12, PANEL = 32, PANEL_VECTORS = PANEL / 16 };

// Few rows take several panels at once, to have enough sums under way.
static inline size_t tile_panels(size_t rows) {
    return rows <= 2 ? 4 : rows <= 4 ? 2 : 1;
}

static inline __m512 c_load(const Tile *tile, size_t row, size_t vector) {
    const size_t column = vector * 16;
    if (!tile->accumulate || column >= tile->columns) {
        return _mm512_setzero_ps();
    }
    return lanes_load(tile->c + row * tile->ldc + column, tile->columns - column, 0.0f);
}

static inline void c_store(const Tile *tile, size_t row, size_t vector, __m512 sum) {
    const size_t column = vector * 16;
    if (column < tile->columns) {
        lanes_store(tile->c + row * tile->ldc + column, tile->columns - column, sum);
    }
}

/* One tile with both counts known when compiled, so that all of `sum` stays in registers. */
__attribute__((always_inline)) static inline void tile_of(const size_t rows, const size_t panels,
                                                          const Tile *tile) {
    const size_t vectors = panels * PANEL_VECTORS;
    const float *a = tile->a;
    const float *b = tile->b;
    const size_t panel_floats = tile->panel_floats;
    __m512 sum[TILE_ROWS][4 * PANEL_VECTORS];
#pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 8
        for (size_t v = 0; v < vectors; v++) {
            sum[i][v] = c_load(tile, i, v);
        }
    }
    for (size_t k = 0; k < tile->k; k++) {
        __m512 x[4 * PANEL_VECTORS];
#pragma GCC unroll 8
        for (size_t v = 0; v < vectors; v++) {
            x[v] = _mm512_loadu_ps(b + v / PANEL_VECTORS * panel_floats + v % PANEL_VECTORS * 16);
        }
#pragma GCC unroll 12
        for (size_t i = 0; i < rows; i++) {
            const __m512 y = _mm512_set1_ps(a[i]);
#pragma GCC unroll 8
            for (size_t v = 0; v < vectors; v++) {
                sum[i][v] = _mm512_fmadd_ps(y, x[v], sum[i][v]);
            }
        }
        a += rows;
        b += PANEL;
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 8
        for (size_t v = 0; v < vectors; v++) {
            c_store(tile, i, v, sum[i][v]);
        }
    }
}

static void tile_one_panel(const Tile *tile) {
    switch (tile->rows) {
    case 1:
        tile_of(1, 1, tile);
        break;
    case 2:
        tile_of(2, 1, tile);
        break;
    case 3:
        tile_of(3, 1, tile);
        break;
    case 4:
        tile_of(4, 1, tile);
        break;
    case 5:
        tile_of(5, 1, tile);
        break;
    case 6:
        tile_of(6, 1, tile);
        break;
    case 7:
        tile_of(7, 1, tile);
        break;
    case 8:
        tile_of(8, 1, tile);
        break;
    case 9:
        tile_of(9, 1, tile);
        break;
    case 10:
        tile_of(10, 1, tile);
        break;
    case 11:
        tile_of(11, 1, tile);
        break;
    default:
        tile_of(12, 1, tile);
        break;
    }
}

static void tile_add(const Tile *tile) {
    const size_t panels = (tile->columns + PANEL - 1) / PANEL;
    if (tile->rows == 1 && panels == 4) {
        tile_of(1, 4, tile);
    } else if (tile->rows == 2 && panels == 4) {
        tile_of(2, 4, tile);
    } else if (tile->rows == 3 && panels == 2) {
        tile_of(3, 2, tile);
    } else if (tile->rows == 4 && panels == 2) {
        tile_of(4, 2, tile);
    } else {
        Tile part = *tile;
        for (size_t j = 0; j < tile->columns; j += PANEL) {
            part.columns = tile->columns - j < PANEL ? tile->columns - j : PANEL;
            part.b = tile->b + j / PANEL * tile->panel_floats;
            part.c = tile->c + j;
            tile_one_panel(&part);
        }
    }
}

#include "gemm.h"

const Kernels kernels_avx512 = {
    .name = "avx512",
    .panel = PANEL,
    .packed_floats = gemm_packed_floats,
    .pack = gemm_pack,
    .gemm = gemm_run,
    .dot = row_dot,
    .sum_squares = row_sum_squares,
    .axpy = row_axpy,
    .add = row_add,
    .rms_norm = row_rms_norm,
    .rms_norm_backward = row_rms_norm_backward,
    .rotary = row_rotary,
    .swiglu = row_swiglu,
    .swiglu_backward = row_swiglu_backward,
    .exp_shifted = row_exp_shifted,
    .attend = row_attend,
    .attend_backward = row_attend_backward,
    .row_stats = logits_stats,
    .row_gradient = logits_gradient,
    .adamw = row_adamw,
};
