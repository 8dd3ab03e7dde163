/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"
#include <string.h>

EmendStatus host_take_raw(const EmendHost *host, size_t bytes, const char *what, void **out,
                          EmendError *err) {
    void *block = host->alloc(host, bytes > 0 ? bytes : 1, 64);
    if (!block) {
        return emend_fail(
            err, EMEND_EXHAUSTED,
            "cpu: %zu bytes for %s are not to be had; use a smaller model or batch, or "
            "a larger memory budget",
            bytes, what);
    }
    *out = block;
    return EMEND_OK;
}

EmendStatus host_take(const EmendHost *host, size_t bytes, const char *what, void **out,
                      EmendError *err) {
    EmendStatus status = host_take_raw(host, bytes, what, out, err);
    if (status == EMEND_OK) {
        memset(*out, 0, bytes);
    }
    return status;
}

EmendStatus scratch_init(Scratch *scratch, const EmendHost *host, size_t n_threads,
                         EmendError *err) {
    void *blocks = NULL;
    EmendStatus status =
        host_take(host, n_threads * sizeof(float *), "the threads' working memory", &blocks, err);
    if (status == EMEND_OK) {
        *scratch = (Scratch){.threads = blocks, .n_threads = n_threads};
    }
    return status;
}

void scratch_finish(Scratch *scratch, const EmendHost *host) {
    for (size_t t = 0; t < scratch->n_threads; t++) {
        host->free(host, scratch->threads[t]);
    }
    host->free(host, scratch->threads);
    host->free(host, scratch->shared);
    *scratch = (Scratch){0};
}

/* Replaces *block by one of n floats. */
static EmendStatus regrow(float **block, const EmendHost *host, size_t n, EmendError *err) {
    host->free(host, *block);
    *block = NULL;
    void *fresh = NULL;
    EmendStatus status = host_take_raw(host, n * sizeof(float), "working memory", &fresh, err);
    *block = fresh;
    return status;
}

EmendStatus scratch_reserve(Scratch *scratch, const EmendHost *host, size_t shared_floats,
                            size_t thread_floats, EmendError *err) {
    if (shared_floats > scratch->shared_floats) {
        scratch->shared_floats = 0;
        EmendStatus status = regrow(&scratch->shared, host, shared_floats, err);
        if (status != EMEND_OK) {
            return status;
        }
        scratch->shared_floats = shared_floats;
    }
    if (thread_floats <= scratch->thread_floats) {
        return EMEND_OK;
    }
    scratch->thread_floats = 0;
    for (size_t t = 0; t < scratch->n_threads; t++) {
        EmendStatus status = regrow(&scratch->threads[t], host, thread_floats, err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    scratch->thread_floats = thread_floats;
    return EMEND_OK;
}
