/* SPDX-License-Identifier: Apache-2.0 */
#include "features.h"
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

size_t kernels_available(const Kernels *out[4]) {
    const CpuFeatures features = cpu_features();
    size_t n = 0;
    out[n++] = &kernels_scalar;
    if (features.avx2) {
        out[n++] = &kernels_avx2;
    }
    if (features.avx512) {
        out[n++] = &kernels_avx512;
    }
    return n;
}

#else

size_t kernels_available(const Kernels *out[4]) {
    out[0] = &kernels_scalar;
    return 1;
}

#endif

const Kernels *kernels_choose(void) {
    const Kernels *available[4] = {NULL};
    const size_t n = kernels_available(available);
    const char *forced = getenv("EMEND_CPU_ISA");
    if (!forced || forced[0] == '\0') {
        return available[n - 1];
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(available[i]->name, forced) == 0) {
            return available[i];
        }
    }
    return NULL;
}
