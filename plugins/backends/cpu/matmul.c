/* SPDX-License-Identifier: Apache-2.0 */
#include "matmul.h"

enum {
    SMALL_PRODUCT = 256 * 1024, // multiply-adds: some microseconds, as waking a thread takes
    SMALL_PACK = 64 * 1024,     // floats
    MAX_TILE_ROWS = 192,        // a multiple of every kernel's tile, as is 24
    MIN_TILE_ROWS = 24,
    MAX_TILE_COLUMNS = 512, // a block of B then fits the second cache
    TILES_PER_THREAD = 4    // so that the last one to finish is not waited for long
};

typedef struct Product {
    const Kernels *kernels;
    const GemmArgs *args;
    size_t tile_rows, tile_columns;
    size_t tiles_across;
} Product;

typedef struct Pack {
    const Kernels *kernels;
    const float *b;
    size_t b_row, b_col, n, k;
    float *packed;
    size_t columns; /* of one item: a multiple of the panel */
} Pack;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t pieces(size_t whole, size_t piece) {
    return (whole + piece - 1) / piece;
}

static size_t round_up(size_t n, size_t multiple) {
    return pieces(n, multiple) * multiple;
}

static void product_tile(void *ctx, size_t item, size_t thread) {
    const Product *product = ctx;
    const size_t i = item / product->tiles_across * product->tile_rows;
    const size_t j = item % product->tiles_across * product->tile_columns;
    (void)thread;
    GemmArgs part = *product->args;
    part.m = smaller(part.m - i, product->tile_rows);
    part.n = smaller(part.n - j, product->tile_columns);
    part.a += i * part.a_row;
    part.b += j * part.k;
    part.c += i * part.ldc + j;
    product->kernels->gemm(&part);
}

/* Halves tiles until there are enough for the threads: columns first down to two panels, since a
 * tile's rows share what is read of B, then rows. */
static void product_cut(Product *product, size_t n_threads) {
    const GemmArgs *args = product->args;
    const size_t panel = product->kernels->panel;
    const size_t wanted = n_threads * TILES_PER_THREAD;
    size_t rows = smaller(MAX_TILE_ROWS, round_up(args->m, MIN_TILE_ROWS));
    size_t columns = smaller(MAX_TILE_COLUMNS, round_up(args->n, panel));
    while (pieces(args->m, rows) * pieces(args->n, columns) < wanted) {
        if (columns > 8 * panel || (rows <= MIN_TILE_ROWS && columns > 2 * panel)) {
            columns = round_up(columns / 2, panel);
        } else if (rows > MIN_TILE_ROWS) {
            rows = round_up(rows / 2, MIN_TILE_ROWS);
        } else {
            break;
        }
    }
    product->tile_rows = rows;
    product->tile_columns = columns;
    product->tiles_across = pieces(args->n, columns);
}

void matmul(Threads *threads, const Kernels *kernels, const GemmArgs *args) {
    const size_t n_threads = threads_count(threads);
    if (args->m == 0 || args->n == 0) {
        return;
    }
    if (n_threads == 1 || args->m * args->n * args->k < SMALL_PRODUCT) {
        kernels->gemm(args);
        return;
    }
    Product product = {.kernels = kernels, .args = args};
    product_cut(&product, n_threads);
    threads_run(threads, pieces(args->m, product.tile_rows) * product.tiles_across, product_tile,
                &product);
}

static void pack_columns(void *ctx, size_t item, size_t thread) {
    const Pack *pack = ctx;
    const size_t j = item * pack->columns;
    (void)thread;
    pack->kernels->pack(pack->b + j * pack->b_col, pack->b_row, pack->b_col,
                        smaller(pack->n - j, pack->columns), pack->k, pack->packed + j * pack->k);
}

void matmul_pack(Threads *threads, const Kernels *kernels, const float *b, size_t b_row,
                 size_t b_col, size_t n, size_t k, float *packed) {
    const size_t n_threads = threads_count(threads);
    if (n_threads == 1 || n * k < SMALL_PACK) {
        kernels->pack(b, b_row, b_col, n, k, packed);
        return;
    }
    const size_t share = pieces(n, n_threads * TILES_PER_THREAD);
    Pack pack = {.kernels = kernels, .b = b, .b_row = b_row, .b_col = b_col, .n = n, .k = k};
    pack.packed = packed;
    pack.columns = round_up(share, kernels->panel);
    threads_run(threads, pieces(n, pack.columns), pack_columns, &pack);
}
