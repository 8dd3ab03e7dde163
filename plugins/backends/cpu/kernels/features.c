/* SPDX-License-Identifier: Apache-2.0 */
#include "features.h"

#if defined(__x86_64__)

// The compiler's builtin asks cpuid and xgetbv, so registers that the system does not save count as
// missing.
CpuFeatures cpu_features(void) {
    __builtin_cpu_init();
    const bool has_fma = __builtin_cpu_supports("fma");
    return (CpuFeatures){
        .avx2 = has_fma && __builtin_cpu_supports("avx2"),
        .avx512 = has_fma && __builtin_cpu_supports("avx512f") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl"),
    };
}

#else

CpuFeatures cpu_features(void) {
    return (CpuFeatures){0};
}

#endif
