/* SPDX-License-Identifier: Apache-2.0 */
#include "gradient.h"

enum {
    TOKENS = 256,      /* packed at once, so that they stay in a core's cache */
    COLUMNS = 128,     /* of a matrix in one item; a multiple of every kernel's panel */
    MIN_ROWS = 96,     /* of a matrix in one item, where there are enough threads to feed */
    NORM_COLUMNS = 64, /* of norms and lookups in one item: whole cache lines */
    ITEMS_PER_THREAD = 4,
    N_MATRICES = 4,
    N_NORMS = 2
};

/* The items: matrices' tiles first, then the norms' columns, then the lookup's. */
typedef struct Plan {
    const GradientJobs *jobs;
    size_t tile_rows, norm_items;
    size_t first[N_MATRICES + 1]; /* item at which each matrix begins; the last: after all */
} Plan;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t pieces(size_t whole, size_t piece) {
    return (whole + piece - 1) / piece;
}

size_t gradient_thread_floats(const EmendModel *model) {
    return scratch_round(model->cpu->kernels->packed_floats(COLUMNS, TOKENS));
}

static void add_matrix_tile(const GradientJobs *jobs, const MatrixGradient *matrix, size_t row,
                            size_t n_rows, size_t column, float *packed) {
    const Kernels *kernels = jobs->model->cpu->kernels;
    size_t n_columns = smaller(COLUMNS, matrix->columns - column);
    for (size_t t = 0; t < jobs->n; t += TOKENS) {
        size_t n = smaller(TOKENS, jobs->n - t);
        kernels->pack(matrix->x + t * matrix->columns + column, matrix->columns, 1, n_columns, n,
                      packed);
        GemmArgs args = {.m = n_rows,
                         .n = n_columns,
                         .k = n,
                         .a = matrix->dy + t * matrix->rows + row,
                         .a_row = 1,
                         .a_col = matrix->rows,
                         .b = packed,
                         .c = matrix->dw + row * matrix->columns + column,
                         .ldc = matrix->columns,
                         .accumulate = 1};
        kernels->gemm(&args);
    }
}

static void add_norm_columns(const GradientJobs *jobs, const NormGradient *norm, size_t column) {
    size_t hidden = jobs->model->shapes.hidden;
    size_t n = smaller(NORM_COLUMNS, hidden - column);
    for (size_t i = 0; i < jobs->n; i++) {
        const float *x = norm->x + (norm->x_rows ? norm->x_rows[i] : i) * hidden + column;
        const float *w = x; // not read where only dw is wanted
        jobs->model->cpu->kernels->rms_norm_backward(norm->dy + i * hidden + column, x, w,
                                                     norm->r[i], NULL, norm->dw + column, n);
    }
}

static void add_lookup_columns(const GradientJobs *jobs, size_t column) {
    const LookupGradient *lookup = &jobs->lookup;
    size_t hidden = jobs->model->shapes.hidden;
    size_t n = smaller(NORM_COLUMNS, hidden - column);
    for (size_t i = 0; i < jobs->n; i++) {
        jobs->model->cpu->kernels->add(lookup->dx + i * hidden + column,
                                       lookup->dw + lookup->rows[i].token * hidden + column, n);
    }
}

static void run_tile(const Plan *plan, size_t item, float *packed) {
    size_t i = 0;
    while (item >= plan->first[i + 1]) {
        i++;
    }
    const MatrixGradient *matrix = &plan->jobs->matrices[i];
    size_t across = pieces(matrix->columns, COLUMNS);
    size_t row = (item - plan->first[i]) / across * plan->tile_rows;
    size_t column = (item - plan->first[i]) % across * COLUMNS;
    add_matrix_tile(plan->jobs, matrix, row, smaller(plan->tile_rows, matrix->rows - row), column,
                    packed);
}

static void run_item(void *ctx, size_t item, size_t thread) {
    const Plan *plan = ctx;
    const GradientJobs *jobs = plan->jobs;
    const EmendModel *model = jobs->model;
    size_t n_tiles = plan->first[N_MATRICES];
    if (item < n_tiles) {
        size_t attention = decoder_attention_floats(model->config.max_position_embeddings);
        run_tile(plan, item, model->cpu->scratch.threads[thread] + attention);
        return;
    }
    size_t which = (item - n_tiles) / plan->norm_items;
    size_t column = (item - n_tiles) % plan->norm_items * NORM_COLUMNS;
    if (which == N_NORMS) {
        if (jobs->lookup.dw) {
            add_lookup_columns(jobs, column);
        }
    } else if (jobs->norms[which].dw) {
        add_norm_columns(jobs, &jobs->norms[which], column);
    }
}

/* Numbers the matrices' tiles of tile_rows rows; returns how many there are. */
static size_t number_tiles(Plan *plan) {
    size_t n = 0;
    for (size_t i = 0; i < N_MATRICES; i++) {
        const MatrixGradient *matrix = &plan->jobs->matrices[i];
        plan->first[i] = n;
        if (matrix->dw) {
            n += pieces(matrix->rows, plan->tile_rows) * pieces(matrix->columns, COLUMNS);
        }
    }
    plan->first[N_MATRICES] = n;
    return n;
}

void gradient_run(const GradientJobs *jobs) {
    Threads *threads = jobs->model->cpu->threads;
    size_t n_threads = threads_count(threads);
    Plan plan = {.jobs = jobs,
                 .tile_rows = 16 * MIN_ROWS,
                 .norm_items = pieces(jobs->model->shapes.hidden, NORM_COLUMNS)};
    while (number_tiles(&plan) < n_threads * ITEMS_PER_THREAD && n_threads > 1 &&
           plan.tile_rows > MIN_ROWS) {
        plan.tile_rows /= 2;
    }
    size_t n_items = plan.first[N_MATRICES] + (N_NORMS + 1) * plan.norm_items;
    threads_run(threads, n_items, run_item, &plan);
}
