/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_KERNELS_H
#define CPU_KERNELS_H
/* The arithmetic of the backend: one struct of functions, filled by each instruction set.
 *
 * scalar.c is the definition. avx2.c and avx512.c fill the same struct and give THE SAME BITS, so a
 * run does not depend on the machine it is run on (which NaN a NaN is, is left open). The rows are
 * written once, in rows.h and softmax.h, over the sixteen lanes that lanes_*.h make of an
 * instruction set; a matrix product is gemm.h around a tile of registers. Why the bits are equal:
 *
 *   - a matrix product adds its terms in ascending k, one fused multiply-add each, in one
 *     accumulator for each element of C (vectors run over n); hence the bits of a row depend
 *     neither on the other rows nor on how M and N are cut up, and cutting K in order (accumulate)
 *     changes nothing;
 *   - a reduction over a row keeps 16 partial sums, element i going to partial i mod 16 by fused
 *     multiply-add (or add) in ascending i, then folds them 8+8, 4+4, 2+2, 1+1 (partial i with
 *     partial i + half). "16-lane sum" below means this;
 *   - exp and friends are one polynomial, spelled with the same fused multiply-adds everywhere
 *     (approx.h); no libm in a kernel;
 *   - files here are compiled with -ffp-contract=off; what is fused is written fused.
 *
 * Rows are contiguous floats; no alignment is needed, 64 bytes is fastest. Kernels allocate
 * nothing, cannot fail and start no threads: callers cut the work (threads.h). n may be any size, 0
 * too.
 */
#include <stddef.h>
#include <stdint.h>

/* C (m x n, row stride ldc) = [C +] A B. A(i, k) is a[i * a_row + k * a_col]; B is packed by
 * `pack`. */
typedef struct GemmArgs {
    size_t m, n, k;
    const float *a;
    size_t a_row, a_col;
    const float *b; /* packed; first panel of the columns wanted */
    float *c;
    size_t ldc;
    int accumulate; /* 0: C is written, terms start from 0; 1: they start from what C holds */
} GemmArgs;

/* What a row of logits gives at one scored token. z already divided by the temperature. */
typedef struct RowStats {
    float max;     /* of z */
    float log_sum; /* log sum exp(z - max), so log p_v = z_v - max - log_sum */
    float entropy; /* -sum p log p */
    float kl;      /* sum p (log p - log q) */
} RowStats;

/* Gradient of c_logp * log p[token] + c_entropy * H + c_kl * KL at the logits z / T:
 * dz_v = c_logp (1[v = token] - p_v) - c_entropy p_v (log p_v + H)
 *        + c_kl p_v (log p_v - log q_v - KL), all divided by T by the caller's scale. */
typedef struct RowGradient {
    uint32_t token;
    float c_log_prob, c_entropy, c_kl;
    float scale; /* 1 / T */
} RowGradient;

typedef struct AdamwArgs {
    float grad_scale; /* of clipping; multiplies the gradient first */
    float beta1, beta2;
    float step_size;   /* lr / (1 - beta1^t) */
    float bias2_rsqrt; /* 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float decay; /* lr * weight_decay; w -= decay * w, before the update */
} AdamwArgs;

typedef struct Kernels {
    const char *name; /* "scalar", "avx2", "avx512" */
    size_t panel;     /* columns in a packed panel */

    /* Floats that a packed n x k matrix takes: ceil(n / panel) panels, each k x panel, padded with
     * zeros. */
    size_t (*packed_floats)(size_t n, size_t k);
    /* Packs B, B(k, n) = b[k * b_row + n * b_col]; panel p holds columns from p * panel on, for
     * every k. */
    void (*pack)(const float *b, size_t b_row, size_t b_col, size_t n, size_t k, float *packed);
    /* See GemmArgs. Pass of its own. */
    void (*gemm)(const GemmArgs *args);

    /* 16-lane sum of x_i y_i. */
    float (*dot)(const float *x, const float *y, size_t n);
    /* 16-lane sum of x_i^2 in double: partials are doubles, the product is exact in double. */
    double (*sum_squares)(const float *x, size_t n);
    /* y_i = fma(a, x_i, y_i). */
    void (*axpy)(float a, const float *x, float *y, size_t n);
    /* y_i += x_i. */
    void (*add)(const float *x, float *y, size_t n);

    /* y = x * r * w, r = 1 / sqrt(dot(x, x) / n + eps), multiplied left to right; returns r.
     * RMSNorm (Zhang and Sennrich, arXiv 1910.07467). */
    float (*rms_norm)(const float *x, const float *w, float eps, float *y, size_t n);
    /* dx_i += r * (dy_i w_i - x_i * s), s = r^2 / n * 16-lane sum(dy_i w_i x_i);
     * dw_i = fma(dy_i * x_i, r, dw_i). Either of dx, dw may be NULL. */
    void (*rms_norm_backward)(const float *dy, const float *x, const float *w, float r, float *dx,
                              float *dw, size_t n);

    /* Rotates one head of `n` floats in place, HuggingFace's half-split pairing: (x_i, x_{i+n/2})
     * by the angle whose cosine and sine are cos[i], sin[i], i < n/2. sign -1 rotates back. */
    void (*rotary)(float *x, const float *cos, const float *sin, float sign, size_t n);

    /* h_i = (g_i * s_i) * u_i, s = 1 / (1 + exp(-g)). */
    void (*swiglu)(const float *g, const float *u, float *h, size_t n);
    /* dg_i, du_i written from dh_i: du = dh (g s), dg = (dh u) (s (1 + g (1 - s))). Outputs may be
     * inputs. */
    void (*swiglu_backward)(const float *dh, const float *g, const float *u, float *dg, float *du,
                            size_t n);

    /* x_i = exp(x_i - max x), in place; returns the 16-lane sum of the results. */
    float (*exp_shifted)(float *x, size_t n);
    /* Attention of one query over n keys: score_j = scale * dot(q, k_j), p = softmax,
     * out = sum p_j v_j (ascending j, fused). k_j = k + j * stride, v likewise; `p` is n floats of
     * room and holds the probabilities on return. No keys give zeros. */
    void (*attend)(const float *q, const float *k, const float *v, size_t stride, size_t n,
                   size_t head_dim, float scale, float *p, float *out);
    /* Its backward for one query: given p, out and dout, adds to dq, dk_j, dv_j (dkv_stride apart).
     * ds_j = p_j (dot(dout, v_j) - dot(dout, out)) * scale. `ds` is n floats of room. */
    void (*attend_backward)(const float *q, const float *k, const float *v, size_t stride, size_t n,
                            size_t head_dim, float scale, const float *p, const float *out,
                            const float *dout, float *ds, float *dq, float *dk, float *dv,
                            size_t dkv_stride);

    /* z_i *= scale, then the row's statistics. want: 1 entropy, 2 KL (q: the reference's row,
     * already scaled, with its own max and log_sum in q_stats); what is not wanted is 0.
     * With d = z - max, e = exp(d) and 16-lane sums: log_sum = log(sum e) and
     * H = log_sum - (sum e d) / (sum e); KL takes a third pass, so that equal rows give exactly 0.
     * Logits of probability 0 (-infinity among them) count for nothing. */
    void (*row_stats)(float *z, float scale, size_t n, uint32_t want, const float *q,
                      const RowStats *q_stats, RowStats *out);
    /* Overwrites the scaled row z with the gradient at the unscaled logits (see RowGradient). q and
     * q_stats as above; may be NULL where c_kl is 0. Where p is 0 the gradient is 0, but for the
     * token's own. One pass. */
    void (*row_gradient)(float *z, size_t n, const RowStats *stats, const RowGradient *gradient,
                         const float *q, const RowStats *q_stats);

    /* One pass of AdamW (Loshchilov and Hutter, arXiv 1711.05101): g = grad_scale * grad;
     * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= decay * w;
     * w -= step_size * m / (sqrt(v) * bias2_rsqrt + epsilon); grad = 0. */
    void (*adamw)(float *w, float *grad, float *m, float *v, const AdamwArgs *args, size_t n);
} Kernels;

/* The widest set this machine runs, chosen once. EMEND_CPU_ISA=scalar|avx2|avx512 forces one; NULL
 * where the forced one is unknown or this machine lacks it. */
const Kernels *kernels_choose(void);
/* All that this machine runs, scalar first: for tests. */
size_t kernels_available(const Kernels *out[4]);

extern const Kernels kernels_scalar;
/* Built for x86-64 only. */
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;

#endif
