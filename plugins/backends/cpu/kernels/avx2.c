/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels with AVX2 and FMA. */
#include "kernels.h"
#include "lanes_avx2.h"
#include "tile.h"

#include "rows.h"
#include "softmax.h"

enum { TILE_ROWS = 6, PANEL = 16 };

// Few rows take several panels at once, to have enough sums under way.
static inline size_t tile_panels(size_t rows) {
    return rows == 1 ? 4 : rows <= 3 ? 2 : 1;
}

static inline Lanes c_load(const Tile *tile, size_t row, size_t panel) {
    const size_t column = panel * PANEL;
    if (!tile->accumulate || column >= tile->columns) {
        return lanes_set(0.0f);
    }
    return lanes_load(tile->c + row * tile->ldc + column, tile->columns - column, 0.0f);
}

static inline void c_store(const Tile *tile, size_t row, size_t panel, Lanes sum) {
    const size_t column = panel * PANEL;
    if (column < tile->columns) {
        lanes_store(tile->c + row * tile->ldc + column, tile->columns - column, sum);
    }
}

/* One tile with both counts known when compiled, so that all of `sum` stays in registers. */
__attribute__((always_inline)) static inline void tile_of(const size_t rows, const size_t panels,
                                                          const Tile *tile) {
    const float *a = tile->a;
    const float *b = tile->b;
    const size_t panel_floats = tile->panel_floats;
    Lanes sum[TILE_ROWS][4];
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (size_t p = 0; p < panels; p++) {
            sum[i][p] = c_load(tile, i, p);
        }
    }
    for (size_t k = 0; k < tile->k; k++) {
        Lanes x[4];
#pragma GCC unroll 4
        for (size_t p = 0; p < panels; p++) {
            x[p] = lanes_load(b + p * panel_floats, PANEL, 0.0f);
        }
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++) {
            const __m256 y = _mm256_broadcast_ss(a + i);
#pragma GCC unroll 4
            for (size_t p = 0; p < panels; p++) {
                sum[i][p].low = _mm256_fmadd_ps(y, x[p].low, sum[i][p].low);
                sum[i][p].high = _mm256_fmadd_ps(y, x[p].high, sum[i][p].high);
            }
        }
        a += rows;
        b += PANEL;
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (size_t p = 0; p < panels; p++) {
            c_store(tile, i, p, sum[i][p]);
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
    default:
        tile_of(6, 1, tile);
        break;
    }
}

static void tile_add(const Tile *tile) {
    const size_t panels = (tile->columns + PANEL - 1) / PANEL;
    if (tile->rows == 1 && panels == 4) {
        tile_of(1, 4, tile);
    } else if (tile->rows == 2 && panels == 2) {
        tile_of(2, 2, tile);
    } else if (tile->rows == 3 && panels == 2) {
        tile_of(3, 2, tile);
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

const Kernels kernels_avx2 = {
    .name = "avx2",
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
