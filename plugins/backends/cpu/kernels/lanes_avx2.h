/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_LANES_AVX2_H
#define CPU_LANES_AVX2_H
/* Sixteen lanes in two AVX2 registers; see lanes_scalar.h for what each function means. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Lanes {
    __m256 low, high;
} Lanes;

typedef struct DoubleLanes {
    __m256d at[4];
} DoubleLanes;

/* All ones in the first `count` of eight lanes. */
static inline __m256i lanes_mask(size_t count) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count < 8 ? count : 8)), index);
}

static inline Lanes lanes_set(float value) {
    return (Lanes){_mm256_set1_ps(value), _mm256_set1_ps(value)};
}

static inline __m256 half_load(const float *x, size_t count, float fill) {
    const __m256i mask = lanes_mask(count);
    return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(x, mask),
                            _mm256_castsi256_ps(mask));
}

static inline Lanes lanes_load(const float *x, size_t count, float fill) {
    if (count >= 16) {
        return (Lanes){_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
    }
    if (count > 8) {
        return (Lanes){_mm256_loadu_ps(x), half_load(x + 8, count - 8, fill)};
    }
    return (Lanes){half_load(x, count, fill), _mm256_set1_ps(fill)};
}

static inline void lanes_store(float *x, size_t count, Lanes a) {
    if (count >= 16) {
        _mm256_storeu_ps(x, a.low);
        _mm256_storeu_ps(x + 8, a.high);
    } else if (count > 8) {
        _mm256_storeu_ps(x, a.low);
        _mm256_maskstore_ps(x + 8, lanes_mask(count - 8), a.high);
    } else {
        _mm256_maskstore_ps(x, lanes_mask(count), a.low);
    }
}

static inline Lanes lanes_add(Lanes a, Lanes b) {
    return (Lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

static inline Lanes lanes_sub(Lanes a, Lanes b) {
    return (Lanes){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}

static inline Lanes lanes_mul(Lanes a, Lanes b) {
    return (Lanes){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}

static inline Lanes lanes_div(Lanes a, Lanes b) {
    return (Lanes){_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}

static inline Lanes lanes_sqrt(Lanes a) {
    return (Lanes){_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)};
}

static inline Lanes lanes_fma(Lanes a, Lanes b, Lanes c) {
    return (Lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

static inline Lanes lanes_fnma(Lanes a, Lanes b, Lanes c) {
    return (Lanes){_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}

static inline Lanes lanes_max(Lanes a, Lanes b) {
    return (Lanes){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

static inline Lanes lanes_min(Lanes a, Lanes b) {
    return (Lanes){_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}

static inline __m256 half_unless_zero(__m256 test, __m256 a) {
    return _mm256_and_ps(_mm256_cmp_ps(test, _mm256_setzero_ps(), _CMP_NEQ_UQ), a);
}

static inline Lanes lanes_unless_zero(Lanes test, Lanes a) {
    return (Lanes){half_unless_zero(test.low, a.low), half_unless_zero(test.high, a.high)};
}

static inline __m256 half_shift_to_exponent(__m256 a) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23));
}

static inline Lanes lanes_shift_to_exponent(Lanes a) {
    return (Lanes){half_shift_to_exponent(a.low), half_shift_to_exponent(a.high)};
}

static inline float lanes_sum(Lanes a) {
    __m256 x8 = _mm256_add_ps(a.low, a.high);
    __m128 x4 = _mm_add_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    __m128 x2 = _mm_add_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_add_ss(x2, _mm_movehdup_ps(x2)));
}

/* 8+8 and 4+4 for two: four lanes of a, four of b. */
static inline __m256 lanes_fold_pair(Lanes a, Lanes b) {
    __m256 a8 = _mm256_add_ps(a.low, a.high);
    __m256 b8 = _mm256_add_ps(b.low, b.high);
    return _mm256_add_ps(_mm256_permute2f128_ps(a8, b8, 0x20),
                         _mm256_permute2f128_ps(a8, b8, 0x31));
}

static inline void lanes_sum4(Lanes a, Lanes b, Lanes c, Lanes d, float out[4]) {
    __m256 ab = lanes_fold_pair(a, b);
    __m256 cd = lanes_fold_pair(c, d);
    // 2+2 and 1+1 within a half: a and c below, b and d above.
    __m256 x2 = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
    __m256 x1 = _mm256_add_ps(x2, _mm256_permute_ps(x2, 0xb1));
    __m128 ac = _mm256_castps256_ps128(x1);
    __m128 bd = _mm256_extractf128_ps(x1, 1);
    _mm_storeu_ps(out, _mm_unpacklo_ps(_mm_shuffle_ps(ac, ac, 0x08), _mm_shuffle_ps(bd, bd, 0x08)));
}

static inline float lanes_largest(Lanes a) {
    __m256 x8 = _mm256_max_ps(a.low, a.high);
    __m128 x4 = _mm_max_ps(_mm256_castps256_ps128(x8), _mm256_extractf128_ps(x8, 1));
    __m128 x2 = _mm_max_ps(x4, _mm_movehl_ps(x4, x4));
    return _mm_cvtss_f32(_mm_max_ss(x2, _mm_movehdup_ps(x2)));
}

static inline DoubleLanes double_lanes_zero(void) {
    const __m256d zero = _mm256_setzero_pd();
    return (DoubleLanes){{zero, zero, zero, zero}};
}

// The square is exact in double, so fusing it with the sum changes nothing.
static inline DoubleLanes double_lanes_add_squares(DoubleLanes sum, Lanes x) {
    const __m128 quarters[4] = {_mm256_castps256_ps128(x.low), _mm256_extractf128_ps(x.low, 1),
                                _mm256_castps256_ps128(x.high), _mm256_extractf128_ps(x.high, 1)};
    for (size_t i = 0; i < 4; i++) {
        __m256d wide = _mm256_cvtps_pd(quarters[i]);
        sum.at[i] = _mm256_fmadd_pd(wide, wide, sum.at[i]);
    }
    return sum;
}

static inline double double_lanes_sum(DoubleLanes a) {
    __m256d x8_low = _mm256_add_pd(a.at[0], a.at[2]);
    __m256d x8_high = _mm256_add_pd(a.at[1], a.at[3]);
    __m256d x4 = _mm256_add_pd(x8_low, x8_high);
    __m128d x2 = _mm_add_pd(_mm256_castpd256_pd128(x4), _mm256_extractf128_pd(x4, 1));
    return _mm_cvtsd_f64(_mm_add_sd(x2, _mm_unpackhi_pd(x2, x2)));
}

#endif
