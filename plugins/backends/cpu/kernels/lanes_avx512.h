/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_LANES_AVX512_H
#define CPU_LANES_AVX512_H
/* Sixteen lanes in one AVX-512 register; see lanes_scalar.h for what each function means. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m512 Lanes;

typedef struct DoubleLanes {
    __m512d low, high;
} DoubleLanes;

static inline __mmask16 lanes_mask(size_t count) {
    return (__mmask16)((1u << count) - 1u);
}

static inline Lanes lanes_set(float value) {
    return _mm512_set1_ps(value);
}

static inline Lanes lanes_load(const float *x, size_t count, float fill) {
    if (count >= 16) {
        return _mm512_loadu_ps(x);
    }
    return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), lanes_mask(count), x);
}

static inline void lanes_store(float *x, size_t count, Lanes a) {
    if (count >= 16) {
        _mm512_storeu_ps(x, a);
    } else {
        _mm512_mask_storeu_ps(x, lanes_mask(count), a);
    }
}

static inline Lanes lanes_add(Lanes a, Lanes b) {
    return _mm512_add_ps(a, b);
}

static inline Lanes lanes_sub(Lanes a, Lanes b) {
    return _mm512_sub_ps(a, b);
}

static inline Lanes lanes_mul(Lanes a, Lanes b) {
    return _mm512_mul_ps(a, b);
}

static inline Lanes lanes_div(Lanes a, Lanes b) {
    return _mm512_div_ps(a, b);
}

static inline Lanes lanes_sqrt(Lanes a) {
    return _mm512_sqrt_ps(a);
}

static inline Lanes lanes_fma(Lanes a, Lanes b, Lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}

static inline Lanes lanes_fnma(Lanes a, Lanes b, Lanes c) {
    return _mm512_fnmadd_ps(a, b, c);
}

static inline Lanes lanes_max(Lanes a, Lanes b) {
    return _mm512_max_ps(a, b);
}

static inline Lanes lanes_min(Lanes a, Lanes b) {
    return _mm512_min_ps(a, b);
}

static inline Lanes lanes_unless_zero(Lanes test, Lanes a) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(test, _mm512_setzero_ps(), _CMP_NEQ_UQ), a);
}

static inline Lanes lanes_shift_to_exponent(Lanes a) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23));
}

static inline __m256 lanes_high(Lanes a) {
    return _mm512_extractf32x8_ps(a, 1);
}

static inline float lanes_sum(Lanes a) {
    __m256 x8 = _mm256_add_ps(_mm512_castps512_ps256(a), lanes_high(a));
    __m128 x4 = _mm_add_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    __m128 x2 = _mm_add_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_add_ss(x2, _mm_movehdup_ps(x2)));
}

static inline void lanes_sum4(Lanes a, Lanes b, Lanes c, Lanes d, float out[4]) {
    // 8+8 and 4+4 leave four lanes of each: a b c d; the rest stays within them.
    Lanes ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    Lanes cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xee));
    Lanes x4 =
        _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
    Lanes x2 = _mm512_add_ps(x4, _mm512_permute_ps(x4, 0x4e));
    Lanes x1 = _mm512_add_ps(x2, _mm512_permute_ps(x2, 0xb1));
    _mm_storeu_ps(out, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, x1)));
}

static inline float lanes_largest(Lanes a) {
    __m256 x8 = _mm256_max_ps(_mm512_castps512_ps256(a), lanes_high(a));
    __m128 x4 = _mm_max_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    __m128 x2 = _mm_max_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_max_ss(x2, _mm_movehdup_ps(x2)));
}

static inline DoubleLanes double_lanes_zero(void) {
    return (DoubleLanes){_mm512_setzero_pd(), _mm512_setzero_pd()};
}

// The square is exact in double, so fusing it with the sum changes nothing.
static inline DoubleLanes double_lanes_add_squares(DoubleLanes sum, Lanes x) {
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(x));
    __m512d high = _mm512_cvtps_pd(lanes_high(x));
    return (DoubleLanes){_mm512_fmadd_pd(low, low, sum.low), _mm512_fmadd_pd(high, high, sum.high)};
}

static inline double double_lanes_sum(DoubleLanes a) {
    __m512d x8 = _mm512_add_pd(a.low, a.high);
    __m256d x4 = _mm256_add_pd(_mm512_castpd512_pd256(x8), _mm512_extractf64x4_pd(x8, 1));
    __m128d x2 = _mm_add_pd(_mm256_castpd256_pd128(x4), _mm256_extractf128_pd(x4, 1));
    return _mm_cvtsd_f64(_mm_add_sd(x2, _mm_unpackhi_pd(x2, x2)));
}

#endif
