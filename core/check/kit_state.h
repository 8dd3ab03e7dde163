/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_KIT_STATE_H
#define CHECK_KIT_STATE_H
/* What a Kit is, for the files that make one. */
#include "check/golden.h"
#include "check/kit.h"
#include "check/result.h"
#include <pthread.h>

struct Kit {
    const Package *package;
    const Emend__ComponentInfo *component;
    const Golden *golden;       /* NULL: there is none */
    const char *golden_problem; /* why it could not be read, or NULL */
    uint64_t seed;
    const char *scratch;
    KitResult *result;
    pthread_mutex_t mutex; /* over the result */
};

#endif
