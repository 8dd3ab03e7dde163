/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_APPROX_H
#define CPU_APPROX_H
/* exp and log, the same bits everywhere. Included after a lanes_*.h.
 *
 * Both reduce the argument (Cody and Waite, 1980) and take the minimax polynomials of Cephes
 * (Moshier, 1989), spelled with fused multiply-adds.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

/* exp(x) within 2 ulp where it is a normal number and x <= 88.37; larger x give exp(88.37), about
 * 2.4e38, and never infinity; results under 2^-126.5 are 0; a NaN gives a NaN. */
static inline Lanes lanes_exp(Lanes x) {
    // Adding `magic` leaves round(x / ln 2) + 127 in the low bits of the sum.
    const Lanes magic = lanes_set(12582912.0f + 127.0f);
    // These orders of arguments let a NaN through.
    x = lanes_max(lanes_set(-88.0f), x);
    x = lanes_min(lanes_set(88.37f), x);
    Lanes shifted = lanes_fma(x, lanes_set(0x1.715476p+0f), magic);
    Lanes n = lanes_sub(shifted, magic);
    Lanes r = lanes_fnma(n, lanes_set(0.693359375f), x);
    r = lanes_fnma(n, lanes_set(-2.12194440e-4f), r);
    Lanes y = lanes_fma(r, lanes_set(1.9875691500e-4f), lanes_set(1.3981999507e-3f));
    y = lanes_fma(y, r, lanes_set(8.3334519073e-3f));
    y = lanes_fma(y, r, lanes_set(4.1665795894e-2f));
    y = lanes_fma(y, r, lanes_set(1.6666665459e-1f));
    y = lanes_fma(y, r, lanes_set(5.0000001201e-1f));
    y = lanes_fma(y, lanes_mul(r, r), r);
    y = lanes_add(y, lanes_set(1.0f));
    return lanes_mul(y, lanes_shift_to_exponent(shifted));
}

/* log(x) of one normal x > 0 within 2 ulp or 1e-7, whichever is more; infinities and NaNs come back
 * as they are, 0 gives -infinity. */
static inline float approx_log(float x) {
    if (!(x < INFINITY)) {
        return x;
    }
    if (x <= 0.0f) {
        return -INFINITY;
    }
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    // The mantissa in [sqrt(1/2), sqrt(2)), the exponent to match.
    bits += 0x3f800000u - 0x3f3504f3u;
    float e = (float)((int32_t)(bits >> 23) - 127);
    bits = (bits & 0x007fffffu) + 0x3f3504f3u;
    float r = 0.0f;
    memcpy(&r, &bits, sizeof r);
    r = r - 1.0f;
    float y = fmaf(r, 7.0376836292e-2f, -1.1514610310e-1f);
    y = fmaf(y, r, 1.1676998740e-1f);
    y = fmaf(y, r, -1.2420140846e-1f);
    y = fmaf(y, r, 1.4249322787e-1f);
    y = fmaf(y, r, -1.6668057665e-1f);
    y = fmaf(y, r, 2.0000714765e-1f);
    y = fmaf(y, r, -2.4999993993e-1f);
    y = fmaf(y, r, 3.3333331174e-1f);
    float square = r * r;
    y = y * r * square;
    y = fmaf(e, -2.12194440e-4f, y);
    y = fmaf(square, -0.5f, y);
    y = y + r;
    return fmaf(e, 0.693359375f, y);
}

#endif
