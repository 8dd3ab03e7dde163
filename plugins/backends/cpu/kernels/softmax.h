/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_SOFTMAX_H
#define CPU_SOFTMAX_H
/* Softmax over a row, attention, and the statistics of a row of logits with their gradient, written
 * once over sixteen lanes. Included after a lanes_*.h.
 *
 * A NaN among the inputs reaches every result: a maximum may lose it, the sum of exponentials not.
 */
#include "approx.h"
#include "kernels.h"
#include "rows.h"

static inline float row_exp_shifted(float *x, size_t n) {
    // 1. The maximum.
    Lanes max = lanes_set(-INFINITY);
    for (size_t i = 0; i < n; i += 16) {
        max = lanes_max(max, lanes_load(x + i, n - i, -INFINITY));
    }
    // 2. Exponentials and their sum.
    const Lanes shift = lanes_set(lanes_largest(max));
    Lanes sum = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes y = lanes_exp(lanes_sub(lanes_load(x + i, n - i, -INFINITY), shift));
        lanes_store(x + i, n - i, y);
        sum = lanes_add(sum, y);
    }
    return lanes_sum(sum);
}

/* scores[j] = dot(q, rows + j * stride), four rows at a time to hide the latency of the sums. */
static inline void dot_rows(const float *q, const float *rows, size_t stride, size_t n, size_t dim,
                            float *scores) {
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const float *r = rows + j * stride;
        Lanes sum0 = lanes_set(0.0f);
        Lanes sum1 = sum0;
        Lanes sum2 = sum0;
        Lanes sum3 = sum0;
        for (size_t i = 0; i < dim; i += 16) {
            Lanes x = lanes_load(q + i, dim - i, 0.0f);
            sum0 = lanes_fma(x, lanes_load(r + i, dim - i, 0.0f), sum0);
            sum1 = lanes_fma(x, lanes_load(r + stride + i, dim - i, 0.0f), sum1);
            sum2 = lanes_fma(x, lanes_load(r + 2 * stride + i, dim - i, 0.0f), sum2);
            sum3 = lanes_fma(x, lanes_load(r + 3 * stride + i, dim - i, 0.0f), sum3);
        }
        lanes_sum4(sum0, sum1, sum2, sum3, scores + j);
    }
    for (; j < n; j++) {
        scores[j] = row_dot(q, rows + j * stride, dim);
    }
}

/* out += sum of weights[j] * (rows + j * stride), ascending j, fused; 64 columns at a time. */
static inline void add_weighted_rows(const float *weights, const float *rows, size_t stride,
                                     size_t n, size_t dim, float *out) {
    size_t i = 0;
    for (; i + 64 <= dim; i += 64) {
        Lanes sum0 = lanes_load(out + i, 16, 0.0f);
        Lanes sum1 = lanes_load(out + i + 16, 16, 0.0f);
        Lanes sum2 = lanes_load(out + i + 32, 16, 0.0f);
        Lanes sum3 = lanes_load(out + i + 48, 16, 0.0f);
        for (size_t j = 0; j < n; j++) {
            const float *r = rows + j * stride + i;
            const Lanes weight = lanes_set(weights[j]);
            sum0 = lanes_fma(weight, lanes_load(r, 16, 0.0f), sum0);
            sum1 = lanes_fma(weight, lanes_load(r + 16, 16, 0.0f), sum1);
            sum2 = lanes_fma(weight, lanes_load(r + 32, 16, 0.0f), sum2);
            sum3 = lanes_fma(weight, lanes_load(r + 48, 16, 0.0f), sum3);
        }
        lanes_store(out + i, 16, sum0);
        lanes_store(out + i + 16, 16, sum1);
        lanes_store(out + i + 32, 16, sum2);
        lanes_store(out + i + 48, 16, sum3);
    }
    for (; i < dim; i += 16) {
        Lanes sum = lanes_load(out + i, dim - i, 0.0f);
        for (size_t j = 0; j < n; j++) {
            Lanes x = lanes_load(rows + j * stride + i, dim - i, 0.0f);
            sum = lanes_fma(lanes_set(weights[j]), x, sum);
        }
        lanes_store(out + i, dim - i, sum);
    }
}

static inline void row_scale(float a, float *x, size_t n) {
    const Lanes factor = lanes_set(a);
    for (size_t i = 0; i < n; i += 16) {
        lanes_store(x + i, n - i, lanes_mul(factor, lanes_load(x + i, n - i, 0.0f)));
    }
}

static inline void row_attend(const float *q, const float *k, const float *v, size_t stride,
                              size_t n, size_t head_dim, float scale, float *p, float *out) {
    dot_rows(q, k, stride, n, head_dim, p);
    row_scale(scale, p, n);
    row_scale(1.0f / row_exp_shifted(p, n), p, n);
    memset(out, 0, head_dim * sizeof(float));
    add_weighted_rows(p, v, stride, n, head_dim, out);
}

static inline void row_attend_backward(const float *q, const float *k, const float *v,
                                       size_t stride, size_t n, size_t head_dim, float scale,
                                       const float *p, const float *out, const float *dout,
                                       float *ds, float *dq, float *dk, float *dv,
                                       size_t dkv_stride) {
    // 1. ds, from the gradient at each probability.
    const Lanes shared = lanes_set(row_dot(dout, out, head_dim));
    const Lanes factor = lanes_set(scale);
    dot_rows(dout, v, stride, n, head_dim, ds);
    for (size_t j = 0; j < n; j += 16) {
        Lanes inner = lanes_sub(lanes_load(ds + j, n - j, 0.0f), shared);
        Lanes d = lanes_mul(lanes_load(p + j, n - j, 0.0f), inner);
        lanes_store(ds + j, n - j, lanes_mul(d, factor));
    }
    // 2. The three sums.
    add_weighted_rows(ds, k, stride, n, head_dim, dq);
    for (size_t j = 0; j < n; j++) {
        row_axpy(ds[j], q, dk + j * dkv_stride, head_dim);
        row_axpy(p[j], dout, dv + j * dkv_stride, head_dim);
    }
}

/* log p of a row's lanes: (z - max) - log_sum. */
static inline Lanes log_probs(Lanes z, const RowStats *stats) {
    return lanes_sub(lanes_sub(z, lanes_set(stats->max)), lanes_set(stats->log_sum));
}

static inline float logits_kl(const float *z, const RowStats *stats, const float *q,
                              const RowStats *q_stats, size_t n) {
    Lanes sum = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes log_p = log_probs(lanes_load(z + i, n - i, -INFINITY), stats);
        Lanes log_q = log_probs(lanes_load(q + i, n - i, 0.0f), q_stats);
        Lanes p = lanes_exp(log_p);
        Lanes term = lanes_mul(p, lanes_sub(log_p, log_q));
        sum = lanes_add(sum, lanes_unless_zero(p, term));
    }
    return lanes_sum(sum);
}

static inline void logits_stats(float *z, float scale, size_t n, uint32_t want, const float *q,
                                const RowStats *q_stats, RowStats *out) {
    // 1. Scaling and the maximum.
    const Lanes factor = lanes_set(scale);
    Lanes max = lanes_set(-INFINITY);
    for (size_t i = 0; i < n; i += 16) {
        lanes_store(z + i, n - i, lanes_mul(lanes_load(z + i, n - i, 0.0f), factor));
        max = lanes_max(max, lanes_load(z + i, n - i, -INFINITY));
    }
    out->max = lanes_largest(max);
    // 2. The sums of exponentials e = exp(z - max), and of e * (z - max).
    const Lanes shift = lanes_set(out->max);
    Lanes sum = lanes_set(0.0f);
    Lanes weighted = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes d = lanes_sub(lanes_load(z + i, n - i, -INFINITY), shift);
        Lanes e = lanes_exp(d);
        sum = lanes_add(sum, e);
        weighted = lanes_add(weighted, lanes_unless_zero(e, lanes_mul(e, d)));
    }
    const float total = lanes_sum(sum);
    out->log_sum = approx_log(total);
    out->entropy = (want & 1u) ? out->log_sum - lanes_sum(weighted) / total : 0.0f;
    // 3. The divergence, term by term, so that equal rows give 0.
    out->kl = (want & 2u) ? logits_kl(z, out, q, q_stats, n) : 0.0f;
}

static inline void logits_gradient(float *z, size_t n, const RowStats *stats,
                                   const RowGradient *gradient, const float *q,
                                   const RowStats *q_stats) {
    const Lanes c_log_prob = lanes_set(gradient->c_log_prob);
    const Lanes c_entropy = lanes_set(gradient->c_entropy);
    const Lanes c_kl = lanes_set(gradient->c_kl);
    const Lanes entropy = lanes_set(stats->entropy);
    const Lanes kl = lanes_set(stats->kl);
    const Lanes scale = lanes_set(gradient->scale);
    const int with_kl = q != NULL && gradient->c_kl != 0.0f;
    for (size_t i = 0; i < n; i += 16) {
        Lanes log_p = log_probs(lanes_load(z + i, n - i, 0.0f), stats);
        Lanes p = lanes_exp(log_p);
        Lanes slope = lanes_fma(c_entropy, lanes_add(log_p, entropy), c_log_prob);
        slope = lanes_sub(lanes_set(0.0f), slope);
        if (with_kl) {
            Lanes log_q = log_probs(lanes_load(q + i, n - i, 0.0f), q_stats);
            slope = lanes_fma(c_kl, lanes_sub(lanes_sub(log_p, log_q), kl), slope);
        }
        Lanes dz = lanes_mul(lanes_mul(p, slope), scale);
        lanes_store(z + i, n - i, lanes_unless_zero(p, dz));
    }
    if (gradient->token < n) {
        z[gradient->token] = z[gradient->token] + gradient->c_log_prob * gradient->scale;
    }
}

#endif
