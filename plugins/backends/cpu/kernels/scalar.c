/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels in plain C: the definition of every bit that the others must give. */
#include "kernels.h"
#include "lanes_scalar.h"
#include "tile.h"

#include "rows.h"
#include "softmax.h"

enum { TILE_ROWS = 4, PANEL = 16 };

static inline size_t tile_panels(size_t rows) {
    (void)rows;
    return 1;
}

static inline void tile_add(const Tile *tile) {
    for (size_t i = 0; i < tile->rows; i++) {
        float *c = tile->c + i * tile->ldc;
        Lanes sum = lanes_set(0.0f);
        if (tile->accumulate) {
            sum = lanes_load(c, tile->columns, 0.0f);
        }
        for (size_t k = 0; k < tile->k; k++) {
            Lanes a = lanes_set(tile->a[k * tile->rows + i]);
            sum = lanes_fma(a, lanes_load(tile->b + k * PANEL, PANEL, 0.0f), sum);
        }
        lanes_store(c, tile->columns, sum);
    }
}

#include "gemm.h"

const Kernels kernels_scalar = {
    .name = "scalar",
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
