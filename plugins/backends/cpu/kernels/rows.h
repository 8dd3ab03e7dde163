/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_ROWS_H
#define CPU_ROWS_H
/* The kernels that walk rows, written once over sixteen lanes. Included after a lanes_*.h; the last
 * lanes of a row that is no multiple of sixteen hold zeros unless a function says otherwise.
 */
#include "approx.h"
#include "kernels.h"

static inline float row_dot(const float *x, const float *y, size_t n) {
    Lanes sum = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        sum = lanes_fma(lanes_load(x + i, n - i, 0.0f), lanes_load(y + i, n - i, 0.0f), sum);
    }
    return lanes_sum(sum);
}

static inline double row_sum_squares(const float *x, size_t n) {
    DoubleLanes sum = double_lanes_zero();
    for (size_t i = 0; i < n; i += 16) {
        sum = double_lanes_add_squares(sum, lanes_load(x + i, n - i, 0.0f));
    }
    return double_lanes_sum(sum);
}

static inline void row_axpy(float a, const float *x, float *y, size_t n) {
    const Lanes factor = lanes_set(a);
    for (size_t i = 0; i < n; i += 16) {
        Lanes sum = lanes_load(y + i, n - i, 0.0f);
        lanes_store(y + i, n - i, lanes_fma(factor, lanes_load(x + i, n - i, 0.0f), sum));
    }
}

static inline void row_add(const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        Lanes sum = lanes_load(y + i, n - i, 0.0f);
        lanes_store(y + i, n - i, lanes_add(sum, lanes_load(x + i, n - i, 0.0f)));
    }
}

static inline float row_rms_norm(const float *x, const float *w, float eps, float *y, size_t n) {
    float mean = n > 0 ? row_dot(x, x, n) / (float)n : 0.0f;
    float r = 1.0f / sqrtf(mean + eps);
    const Lanes factor = lanes_set(r);
    for (size_t i = 0; i < n; i += 16) {
        Lanes scaled = lanes_mul(lanes_load(x + i, n - i, 0.0f), factor);
        lanes_store(y + i, n - i, lanes_mul(scaled, lanes_load(w + i, n - i, 0.0f)));
    }
    return r;
}

static inline void rms_norm_backward_input(const float *dy, const float *x, const float *w, float r,
                                           float *dx, size_t n) {
    Lanes sum = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes dyw = lanes_mul(lanes_load(dy + i, n - i, 0.0f), lanes_load(w + i, n - i, 0.0f));
        sum = lanes_fma(dyw, lanes_load(x + i, n - i, 0.0f), sum);
    }
    const Lanes s = lanes_set(r * r / (float)n * lanes_sum(sum));
    const Lanes factor = lanes_set(r);
    for (size_t i = 0; i < n; i += 16) {
        Lanes dyw = lanes_mul(lanes_load(dy + i, n - i, 0.0f), lanes_load(w + i, n - i, 0.0f));
        Lanes inner = lanes_fnma(lanes_load(x + i, n - i, 0.0f), s, dyw);
        Lanes sofar = lanes_load(dx + i, n - i, 0.0f);
        lanes_store(dx + i, n - i, lanes_fma(factor, inner, sofar));
    }
}

static inline void row_rms_norm_backward(const float *dy, const float *x, const float *w, float r,
                                         float *dx, float *dw, size_t n) {
    if (dw) {
        const Lanes factor = lanes_set(r);
        for (size_t i = 0; i < n; i += 16) {
            Lanes dyx = lanes_mul(lanes_load(dy + i, n - i, 0.0f), lanes_load(x + i, n - i, 0.0f));
            Lanes sofar = lanes_load(dw + i, n - i, 0.0f);
            lanes_store(dw + i, n - i, lanes_fma(dyx, factor, sofar));
        }
    }
    if (dx) {
        rms_norm_backward_input(dy, x, w, r, dx, n);
    }
}

static inline void row_rotary(float *x, const float *cos, const float *sin, float sign, size_t n) {
    const size_t half = n / 2;
    float *y = x + half;
    for (size_t i = 0; i < half; i += 16) {
        const size_t count = half - i;
        Lanes a = lanes_load(x + i, count, 0.0f);
        Lanes b = lanes_load(y + i, count, 0.0f);
        Lanes c = lanes_load(cos + i, count, 0.0f);
        Lanes s = lanes_mul(lanes_set(sign), lanes_load(sin + i, count, 0.0f));
        lanes_store(x + i, count, lanes_fnma(b, s, lanes_mul(a, c)));
        lanes_store(y + i, count, lanes_fma(a, s, lanes_mul(b, c)));
    }
}

/* 1 / (1 + exp(-g)). */
static inline Lanes lanes_sigmoid(Lanes g) {
    const Lanes one = lanes_set(1.0f);
    return lanes_div(one, lanes_add(one, lanes_exp(lanes_sub(lanes_set(0.0f), g))));
}

static inline void row_swiglu(const float *g, const float *u, float *h, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        Lanes gate = lanes_load(g + i, n - i, 0.0f);
        Lanes silu = lanes_mul(gate, lanes_sigmoid(gate));
        lanes_store(h + i, n - i, lanes_mul(silu, lanes_load(u + i, n - i, 0.0f)));
    }
}

static inline void row_swiglu_backward(const float *dh, const float *g, const float *u, float *dg,
                                       float *du, size_t n) {
    const Lanes one = lanes_set(1.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes d = lanes_load(dh + i, n - i, 0.0f);
        Lanes gate = lanes_load(g + i, n - i, 0.0f);
        Lanes up = lanes_load(u + i, n - i, 0.0f);
        Lanes sigmoid = lanes_sigmoid(gate);
        Lanes slope = lanes_mul(sigmoid, lanes_fma(gate, lanes_sub(one, sigmoid), one));
        lanes_store(dg + i, n - i, lanes_mul(lanes_mul(d, up), slope));
        lanes_store(du + i, n - i, lanes_mul(d, lanes_mul(gate, sigmoid)));
    }
}

static inline void row_adamw(float *w, float *grad, float *m, float *v, const AdamwArgs *args,
                             size_t n) {
    const Lanes beta1 = lanes_set(args->beta1);
    const Lanes beta2 = lanes_set(args->beta2);
    const Lanes rest1 = lanes_set(1.0f - args->beta1);
    const Lanes rest2 = lanes_set(1.0f - args->beta2);
    const Lanes zero = lanes_set(0.0f);
    for (size_t i = 0; i < n; i += 16) {
        Lanes g = lanes_mul(lanes_set(args->grad_scale), lanes_load(grad + i, n - i, 0.0f));
        Lanes mean = lanes_fma(beta1, lanes_load(m + i, n - i, 0.0f), lanes_mul(rest1, g));
        Lanes square = lanes_mul(lanes_mul(rest2, g), g);
        square = lanes_fma(beta2, lanes_load(v + i, n - i, 0.0f), square);
        Lanes root =
            lanes_fma(lanes_sqrt(square), lanes_set(args->bias2_rsqrt), lanes_set(args->epsilon));
        Lanes weight = lanes_load(w + i, n - i, 0.0f);
        weight = lanes_fnma(lanes_set(args->decay), weight, weight);
        weight = lanes_fnma(lanes_set(args->step_size), lanes_div(mean, root), weight);
        lanes_store(w + i, n - i, weight);
        lanes_store(m + i, n - i, mean);
        lanes_store(v + i, n - i, square);
        lanes_store(grad + i, n - i, zero);
    }
}

#endif
