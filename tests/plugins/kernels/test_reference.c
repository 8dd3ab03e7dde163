/* SPDX-License-Identifier: Apache-2.0 */
/* scalar.c against double precision: each forward against its formula, each backward against
 * central differences of that formula. The other levels give scalar's bits (test_agreement.c). */
#include "kernels/kernels.h"
#include "kernels/lanes_scalar.h"

#include "kernels/approx.h"
#include "values.h"
#include <check.h>
#include <float.h>
#include <stdlib.h>

static const Kernels *const K = &kernels_scalar;
static const size_t SIZES[] = {1, 2, 15, 16, 17, 40, 100};

enum { N_SIZES = sizeof SIZES / sizeof SIZES[0], MAX = 128 };

static void assert_near(const char *what, size_t i, double got, double want, double tolerance) {
    ck_assert_msg(fabs(got - want) <= tolerance, "%s[%zu] is %.9g; it must be %.9g within %.1g",
                  what, i, got, want, tolerance);
}

/* A scalar function of n doubles, and its slope along one of them. */
typedef double (*Function)(const void *ctx, const double *x, size_t n);

static double slope(Function f, const void *ctx, double *x, size_t n, size_t i) {
    const double h = 1e-5;
    const double at = x[i];
    x[i] = at + h;
    const double above = f(ctx, x, n);
    x[i] = at - h;
    const double below = f(ctx, x, n);
    x[i] = at;
    return (above - below) / (2.0 * h);
}

static void widen(double *wide, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        wide[i] = (double)x[i];
    }
}

/* ---- exp and log ---- */

START_TEST(exp_is_within_2_ulp_wherever_it_is_normal) {
    double worst = 0.0;
    const double step = (88.37 + 87.33) / 200000.0;
    for (double at = -87.33; at < 88.37; at += step) {
        const float x = (float)at;
        const float got = lanes_exp(lanes_set(x)).at[0];
        const double want = exp((double)x);
        const double ulp = (double)(nextafterf((float)want, INFINITY) - (float)want);
        const double error = fabs((double)got - want) / ulp;
        worst = error > worst ? error : worst;
    }
    ck_assert_msg(worst <= 2.0, "the error of exp is %.3f ulp; it must be 2 or less", worst);
}
END_TEST

START_TEST(exp_of_extremes_is_zero_or_saturates_or_stays_a_nan) {
    ck_assert_float_eq(lanes_exp(lanes_set(0.0f)).at[0], 1.0f);
    ck_assert_float_eq(lanes_exp(lanes_set(-INFINITY)).at[0], 0.0f);
    ck_assert_float_eq(lanes_exp(lanes_set(-88.0f)).at[0], 0.0f);
    ck_assert(lanes_exp(lanes_set(-87.5f)).at[0] < FLT_MIN);
    ck_assert_float_eq(lanes_exp(lanes_set(INFINITY)).at[0], lanes_exp(lanes_set(88.37f)).at[0]);
    ck_assert(isfinite(lanes_exp(lanes_set(FLT_MAX)).at[0]));
    ck_assert(isnan(lanes_exp(lanes_set(NAN)).at[0]));
}
END_TEST

START_TEST(log_is_within_2_ulp_or_a_ten_millionth) {
    for (size_t i = 0; i < 40000; i++) {
        const float x = (float)exp(-80.0 + 160.0 * (double)i / 40000.0);
        const float near_one = 0.5f + (float)i / 40000.0f;
        const double want = log((double)x);
        const double bound = fmax(1e-7, 2.0 * fabs(want) * 0x1p-23);
        ck_assert_double_le(fabs((double)approx_log(x) - want), bound);
        ck_assert_double_le(fabs((double)approx_log(near_one) - log((double)near_one)), 1e-7);
    }
    ck_assert_float_eq(approx_log(1.0f), 0.0f);
    ck_assert_float_eq(approx_log(0.0f), -INFINITY);
    ck_assert_float_eq(approx_log(INFINITY), INFINITY);
    ck_assert(isnan(approx_log(NAN)));
}
END_TEST

/* ---- sums and norms ---- */

START_TEST(sums_match_double) {
    const size_t n = SIZES[_i];
    const float *x = values(n, 1);
    const float *y = values(n, 2);
    double product = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        product += (double)x[i] * (double)y[i];
        squares += (double)x[i] * (double)x[i];
    }
    assert_near("dot", 0, (double)K->dot(x, y, n), product, 4.0 * (double)n * 0x1p-24);
    assert_near("sum_squares", 0, K->sum_squares(x, n), squares, 1e-13 * squares);
}
END_TEST

START_TEST(sum_squares_of_a_million_equal_terms_loses_nothing) {
    enum { N = 1000003 };
    float *x = room(N);
    for (size_t i = 0; i < N; i++) {
        x[i] = 3.0f;
    }
    ck_assert_double_eq(K->sum_squares(x, N), 9.0 * N);
}
END_TEST

typedef struct Norm {
    const float *w, *dy;
} Norm;

/* sum of dy_i y_i, of RMSNorm. */
static double norm_loss(const void *ctx, const double *x, size_t n) {
    const Norm *norm = ctx;
    double squares = 0.0;
    double loss = 0.0;
    for (size_t i = 0; i < n; i++) {
        squares += x[i] * x[i];
    }
    const double r = 1.0 / sqrt(squares / (double)n + 1e-6);
    for (size_t i = 0; i < n; i++) {
        loss += (double)norm->dy[i] * x[i] * r * (double)norm->w[i];
    }
    return loss;
}

START_TEST(rms_norm_and_its_gradient_match_double) {
    const size_t n = SIZES[_i];
    const float *x = values(n, 1);
    const Norm norm = {.w = values(n, 2), .dy = values(n, 3)};
    double wide[MAX] = {0};
    float y[MAX] = {0};
    float dx[MAX] = {0};
    float dw[MAX] = {0};
    dx[0] = 0.5f; // added to, not overwritten
    dw[0] = 0.25f;
    const float r = K->rms_norm(x, norm.w, 1e-6f, y, n);
    K->rms_norm_backward(norm.dy, x, norm.w, r, dx, dw, n);
    widen(wide, x, n);
    const double exact_r = 1.0 / sqrt(K->sum_squares(x, n) / (double)n + 1e-6);
    for (size_t i = 0; i < n; i++) {
        const double dy = (double)norm.dy[i];
        assert_near("y", i, (double)y[i], wide[i] * exact_r * (double)norm.w[i], 2e-6);
        assert_near("dx", i, (double)dx[i], slope(norm_loss, &norm, wide, n, i) + (i ? 0.0 : 0.5),
                    2e-5);
        assert_near("dw", i, (double)dw[i], dy * wide[i] * exact_r + (i ? 0.0 : 0.25), 4e-6);
    }
}
END_TEST

START_TEST(rotary_turns_pairs_and_turns_them_back) {
    const size_t half = SIZES[_i];
    const float *before = values(2 * half, 1);
    float x[2 * MAX] = {0};
    float c[MAX] = {0};
    float s[MAX] = {0};
    memcpy(x, before, 2 * half * sizeof(float));
    for (size_t i = 0; i < half; i++) {
        c[i] = (float)cos(0.3 * (double)i);
        s[i] = (float)sin(0.3 * (double)i);
    }
    K->rotary(x, c, s, 1.0f, 2 * half);
    for (size_t i = 0; i < half; i++) {
        const double a = (double)before[i];
        const double b = (double)before[i + half];
        assert_near("first", i, (double)x[i], a * (double)c[i] - b * (double)s[i], 1e-6);
        assert_near("second", i, (double)x[i + half], b * (double)c[i] + a * (double)s[i], 1e-6);
    }
    K->rotary(x, c, s, -1.0f, 2 * half);
    for (size_t i = 0; i < 2 * half; i++) {
        assert_near("back", i, (double)x[i], (double)before[i], 1e-6);
    }
}
END_TEST

/* ---- swiglu ---- */

static double swiglu_one(double g, double u) {
    return g / (1.0 + exp(-g)) * u;
}

START_TEST(swiglu_and_its_gradient_match_double) {
    const double h = 1e-5;
    for (int i = -400; i <= 400; i++) {
        const float g = (float)i * 0.05f;
        const float u = value(1, (size_t)(i + 400));
        const float dh = value(2, (size_t)(i + 400));
        const double wide_g = (double)g;
        const double wide_u = (double)u;
        float out = 0.0f;
        float dg = 0.0f;
        float du = 0.0f;
        K->swiglu(&g, &u, &out, 1);
        K->swiglu_backward(&dh, &g, &u, &dg, &du, 1);
        const double rise = swiglu_one(wide_g + h, wide_u) - swiglu_one(wide_g - h, wide_u);
        assert_near("h", (size_t)(i + 400), (double)out, swiglu_one(wide_g, wide_u),
                    1e-6 * (1.0 + fabs(wide_g)));
        assert_near("dg", (size_t)(i + 400), (double)dg, (double)dh * rise / (2.0 * h), 5e-6);
        assert_near("du", (size_t)(i + 400), (double)du, (double)dh * swiglu_one(wide_g, 1.0),
                    1e-6 * (1.0 + fabs(wide_g)));
    }
}
END_TEST

/* ---- attention ---- */

enum { DIM = 20, STRIDE = 23, KEYS = 19 };

/* sum of dout_i out_i as a function of q, keys and values, one after another in x. */
static double attention_loss(const void *ctx, const double *x, size_t n) {
    const float *dout = ctx;
    const double *q = x;
    const double *k = x + DIM;
    const double *v = k + KEYS * DIM;
    double p[KEYS] = {0};
    double sum = 0.0;
    double loss = 0.0;
    (void)n;
    for (size_t j = 0; j < KEYS; j++) {
        double score = 0.0;
        for (size_t i = 0; i < DIM; i++) {
            score += q[i] * k[j * DIM + i];
        }
        p[j] = exp(0.4 * score);
        sum += p[j];
    }
    for (size_t j = 0; j < KEYS; j++) {
        for (size_t i = 0; i < DIM; i++) {
            loss += p[j] / sum * v[j * DIM + i] * (double)dout[i];
        }
    }
    return loss;
}

START_TEST(attention_and_its_gradient_match_double) {
    const float *q = values(DIM, 1);
    const float *k = values(KEYS * STRIDE, 2);
    const float *v = values(KEYS * STRIDE, 3);
    const float *dout = values(DIM, 4);
    double x[DIM + 2 * KEYS * DIM] = {0};
    float p[KEYS] = {0};
    float out[DIM] = {0};
    float ds[KEYS] = {0};
    float dq[DIM] = {0};
    float dk[KEYS * STRIDE] = {0};
    float dv[KEYS * STRIDE] = {0};
    widen(x, q, DIM);
    for (size_t j = 0; j < KEYS; j++) {
        widen(x + DIM + j * DIM, k + j * STRIDE, DIM);
        widen(x + DIM + KEYS * DIM + j * DIM, v + j * STRIDE, DIM);
    }
    K->attend(q, k, v, STRIDE, KEYS, DIM, 0.4f, p, out);
    K->attend_backward(q, k, v, STRIDE, KEYS, DIM, 0.4f, p, out, dout, ds, dq, dk, dv, STRIDE);
    const double loss = attention_loss(dout, x, 0);
    assert_near("sum of dout * out", 0, (double)K->dot(out, dout, DIM), loss, 1e-5);
    for (size_t i = 0; i < DIM; i++) {
        assert_near("dq", i, (double)dq[i], slope(attention_loss, dout, x, 0, i), 2e-5);
    }
    for (size_t at = 0; at < KEYS * DIM; at++) {
        const size_t there = at / DIM * STRIDE + at % DIM;
        assert_near("dk", at, (double)dk[there], slope(attention_loss, dout, x, 0, DIM + at), 2e-5);
        assert_near("dv", at, (double)dv[there],
                    slope(attention_loss, dout, x, 0, DIM + KEYS * DIM + at), 2e-5);
    }
}
END_TEST

START_TEST(attention_over_no_keys_is_zero_and_over_one_is_its_value) {
    const float *q = values(DIM, 1);
    const float *k = values(DIM, 2);
    const float *v = values(DIM, 3);
    float p[1] = {0};
    float out[DIM];
    memset(out, 0x55, sizeof out);
    K->attend(q, k, v, STRIDE, 0, DIM, 0.4f, p, out);
    for (size_t i = 0; i < DIM; i++) {
        ck_assert_float_eq(out[i], 0.0f);
    }
    K->attend(q, k, v, STRIDE, 1, DIM, 0.4f, p, out);
    ck_assert_float_eq(p[0], 1.0f);
    ck_assert_mem_eq(out, v, sizeof out);
}
END_TEST

/* ---- a row of logits ---- */

typedef struct Logits {
    const float *q; /* the reference's logits, scaled already */
    RowGradient gradient;
} Logits;

static double log_sum_exp(const double *z, size_t n, double scale) {
    double max = -INFINITY;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        max = fmax(max, z[i] * scale);
    }
    for (size_t i = 0; i < n; i++) {
        sum += exp(z[i] * scale - max);
    }
    return max + log(sum);
}

static double log_prob_of(const double *z, size_t n, double scale, size_t token) {
    return z[token] * scale - log_sum_exp(z, n, scale);
}

static double entropy_of(const double *z, size_t n, double scale) {
    const double total = log_sum_exp(z, n, scale);
    double entropy = 0.0;
    for (size_t i = 0; i < n; i++) {
        entropy -= exp(z[i] * scale - total) * (z[i] * scale - total);
    }
    return entropy;
}

static double kl_of(const double *z, size_t n, double scale, const float *q) {
    double wide_q[MAX] = {0};
    widen(wide_q, q, n);
    const double total = log_sum_exp(z, n, scale);
    const double q_total = log_sum_exp(wide_q, n, 1.0);
    double kl = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double log_p = z[i] * scale - total;
        kl += exp(log_p) * (log_p - (wide_q[i] - q_total));
    }
    return kl;
}

static double logits_loss(const void *ctx, const double *z, size_t n) {
    const Logits *logits = ctx;
    const RowGradient *g = &logits->gradient;
    const double scale = (double)g->scale;
    return (double)g->c_log_prob * log_prob_of(z, n, scale, g->token) +
           (double)g->c_entropy * entropy_of(z, n, scale) +
           (double)g->c_kl * kl_of(z, n, scale, logits->q);
}

START_TEST(row_stats_and_the_gradient_at_the_logits_match_double) {
    static const float coefficients[][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.7f, -0.4f, 0.9f}};
    const size_t n = SIZES[_i];
    const float scale = 1.25f;
    const float *raw = values(n, 1);
    float q[MAX] = {0};
    double wide[MAX] = {0};
    RowStats q_stats = {0};
    widen(wide, raw, n);
    memcpy(q, values(n, 2), n * sizeof(float));
    K->row_stats(q, 1.0f, n, 0, NULL, NULL, &q_stats);
    for (size_t c = 0; c < 4; c++) {
        float z[MAX] = {0};
        RowStats stats = {0};
        Logits logits = {.q = q};
        logits.gradient = (RowGradient){.token = (uint32_t)(n / 3),
                                        .c_log_prob = coefficients[c][0],
                                        .c_entropy = coefficients[c][1],
                                        .c_kl = coefficients[c][2],
                                        .scale = scale};
        memcpy(z, raw, n * sizeof(float));
        K->row_stats(z, scale, n, 3, q, &q_stats, &stats);
        const float log_prob = z[n / 3] - stats.max - stats.log_sum;
        assert_near("log p", c, (double)log_prob, log_prob_of(wide, n, (double)scale, n / 3), 2e-6);
        assert_near("entropy", c, (double)stats.entropy, entropy_of(wide, n, (double)scale), 2e-6);
        assert_near("kl", c, (double)stats.kl, kl_of(wide, n, (double)scale, q), 4e-6);
        K->row_gradient(z, n, &stats, &logits.gradient, q, &q_stats);
        for (size_t i = 0; i < n; i++) {
            assert_near("dz", i, (double)z[i], slope(logits_loss, &logits, wide, n, i), 5e-6);
        }
    }
}
END_TEST

START_TEST(equal_rows_have_no_divergence_and_no_gradient_from_it) {
    const size_t n = SIZES[_i];
    float *z = values(n, 1);
    float *q = values(n, 1);
    RowStats stats = {0};
    RowStats q_stats = {0};
    const RowGradient gradient = {.c_kl = 0.5f, .scale = 1.0f};
    K->row_stats(q, 0.9f, n, 0, NULL, NULL, &q_stats);
    K->row_stats(z, 0.9f, n, 2, q, &q_stats, &stats);
    ck_assert_float_eq(stats.kl, 0.0f);
    K->row_gradient(z, n, &stats, &gradient, q, &q_stats);
    for (size_t i = 0; i < n; i++) {
        ck_assert_float_eq(z[i], 0.0f);
    }
}
END_TEST

/* Frameworks that clamp the divergence at 10 nats let go of the policy where it strays most. */
START_TEST(a_large_divergence_is_not_clamped_and_keeps_its_gradient) {
    float z[2] = {3.0f, 0.0f}, q[2] = {-27.0f, 0.0f};
    const RowGradient gradient = {.c_kl = 1.0f, .scale = 1.0f};
    RowStats stats = {0}, q_stats = {0};
    double p0 = exp(3.0) / (exp(3.0) + 1.0), log_q0 = -27.0 - log1p(exp(-27.0));
    double kl = p0 * (log(p0) - log_q0) + (1.0 - p0) * (log(1.0 - p0) - (log_q0 + 27.0));
    K->row_stats(q, 1.0f, 2, 0, NULL, NULL, &q_stats);
    K->row_stats(z, 1.0f, 2, 2, q, &q_stats, &stats);
    ck_assert(kl > 25.0);
    assert_near("kl", 0, (double)stats.kl, kl, 1e-4);
    K->row_gradient(z, 2, &stats, &gradient, q, &q_stats);
    assert_near("gradient", 0, (double)z[0], p0 * (log(p0) - log_q0 - kl), 1e-4);
}
END_TEST

START_TEST(masked_logits_count_for_nothing) {
    float z[5] = {1.0f, -INFINITY, 2.0f, -INFINITY, -1000.0f};
    const float q[5] = {2.0f, -INFINITY, 1.0f, 0.0f, 0.0f};
    const RowStats q_stats = {.max = 2.0f, .log_sum = 0.5f};
    const RowGradient gradient = {
        .token = 0, .c_log_prob = 1.0f, .c_entropy = 1.0f, .c_kl = 1.0f, .scale = 1.0f};
    RowStats stats = {0};
    K->row_stats(z, 1.0f, 5, 3, q, &q_stats, &stats);
    assert_near("entropy", 0, (double)stats.entropy, 0.5822031, 1e-6);
    ck_assert(isfinite(stats.kl));
    K->row_gradient(z, 5, &stats, &gradient, q, &q_stats);
    ck_assert_float_eq(z[1], 0.0f);
    ck_assert_float_eq(z[3], 0.0f);
    ck_assert_float_eq(z[4], 0.0f);
    ck_assert(isfinite(z[0]) && isfinite(z[2]));
}
END_TEST

/* ---- the optimizer ---- */

START_TEST(adamw_matches_double_over_steps) {
    enum { N = 37 };
    float w[N] = {0};
    float grad[N] = {0};
    float m[N] = {0};
    float v[N] = {0};
    double wide_w[N] = {0};
    double wide_m[N] = {0};
    double wide_v[N] = {0};
    memcpy(w, values(N, 1), sizeof w);
    widen(wide_w, w, N);
    for (int t = 1; t <= 5; t++) {
        const AdamwArgs args = {.grad_scale = 0.5f,
                                .beta1 = 0.9f,
                                .beta2 = 0.95f,
                                .step_size = (float)(0.01 / (1.0 - pow(0.9, t))),
                                .bias2_rsqrt = (float)(1.0 / sqrt(1.0 - pow(0.95, t))),
                                .epsilon = 1e-8f,
                                .decay = 0.001f};
        memcpy(grad, values(N, (uint64_t)(t + 1)), sizeof grad);
        for (size_t i = 0; i < N; i++) {
            const double g = 0.5 * (double)grad[i];
            wide_m[i] = 0.9 * wide_m[i] + 0.1 * g;
            wide_v[i] = 0.95 * wide_v[i] + 0.05 * g * g;
            wide_w[i] -= 0.001 * wide_w[i];
            wide_w[i] -= 0.01 * (wide_m[i] / (1.0 - pow(0.9, t))) /
                         (sqrt(wide_v[i] / (1.0 - pow(0.95, t))) + 1e-8);
        }
        K->adamw(w, grad, m, v, &args, N);
    }
    for (size_t i = 0; i < N; i++) {
        assert_near("w", i, (double)w[i], wide_w[i], 2e-6);
        ck_assert_float_eq(grad[i], 0.0f);
    }
}
END_TEST

/* ---- what is not a number ---- */

START_TEST(a_nan_comes_out_of_every_row_it_goes_into) {
    enum { N = 40 };
    const size_t at = (size_t)_i;
    float x[N];
    float y[N];
    float other[N];
    RowStats stats = {0};
    memcpy(x, values(N, 1), sizeof x);
    memcpy(other, values(N, 2), sizeof other);
    x[at] = NAN;
    ck_assert(isnan(K->dot(x, other, N)));
    ck_assert(isnan(K->sum_squares(x, N)));
    ck_assert(isnan(K->rms_norm(x, other, 1e-6f, y, N)) && isnan(y[(at + 1) % N]));
    K->swiglu(x, other, y, N);
    ck_assert(isnan(y[at]) && !isnan(y[(at + 1) % N]));
    memcpy(y, x, sizeof y);
    ck_assert(isnan(K->exp_shifted(y, N)));
    memcpy(y, x, sizeof y);
    K->row_stats(y, 1.0f, N, 1, NULL, NULL, &stats);
    ck_assert(isnan(stats.log_sum) && isnan(stats.entropy));
    const RowGradient gradient = {.c_log_prob = 1.0f, .scale = 1.0f};
    K->row_gradient(y, N, &stats, &gradient, NULL, NULL);
    ck_assert(isnan(y[(at + 1) % N]));
}
END_TEST

START_TEST(a_nan_in_a_key_reaches_the_output_of_attention) {
    float *k = values(KEYS * STRIDE, 2);
    float p[KEYS] = {0};
    float out[DIM] = {0};
    k[(size_t)_i * STRIDE + 3] = NAN;
    K->attend(values(DIM, 1), k, values(KEYS * STRIDE, 3), STRIDE, KEYS, DIM, 0.4f, p, out);
    for (size_t i = 0; i < DIM; i++) {
        ck_assert(isnan(out[i]));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kernels reference");
    TCase *tc = tcase_create("scalar");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, exp_is_within_2_ulp_wherever_it_is_normal);
    tcase_add_test(tc, exp_of_extremes_is_zero_or_saturates_or_stays_a_nan);
    tcase_add_test(tc, log_is_within_2_ulp_or_a_ten_millionth);
    tcase_add_loop_test(tc, sums_match_double, 0, N_SIZES);
    tcase_add_test(tc, sum_squares_of_a_million_equal_terms_loses_nothing);
    tcase_add_loop_test(tc, rms_norm_and_its_gradient_match_double, 0, N_SIZES);
    tcase_add_loop_test(tc, rotary_turns_pairs_and_turns_them_back, 0, N_SIZES);
    tcase_add_test(tc, swiglu_and_its_gradient_match_double);
    tcase_add_test(tc, attention_and_its_gradient_match_double);
    tcase_add_test(tc, attention_over_no_keys_is_zero_and_over_one_is_its_value);
    tcase_add_loop_test(tc, row_stats_and_the_gradient_at_the_logits_match_double, 0, N_SIZES);
    tcase_add_test(tc, a_large_divergence_is_not_clamped_and_keeps_its_gradient);
    tcase_add_loop_test(tc, equal_rows_have_no_divergence_and_no_gradient_from_it, 0, N_SIZES);
    tcase_add_test(tc, masked_logits_count_for_nothing);
    tcase_add_test(tc, adamw_matches_double_over_steps);
    tcase_add_loop_test(tc, a_nan_comes_out_of_every_row_it_goes_into, 0, 40);
    tcase_add_loop_test(tc, a_nan_in_a_key_reaches_the_output_of_attention, 0, KEYS);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
