/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_FEATURES_H
#define CPU_FEATURES_H
/* What the processor and the operating system let this process use. */
#include <stdbool.h>

typedef struct CpuFeatures {
    bool avx2;   /* with FMA */
    bool avx512; /* F, BW, DQ and VL, with FMA */
} CpuFeatures;

CpuFeatures cpu_features(void);

#endif
