/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_KERNELS_POOL_H
#define TEST_KERNELS_POOL_H
/* A host that counts its blocks, and a pool on it. */
#include "threads.h"
#include <check.h>
#include <stdlib.h>

static int n_blocks = 0;
static int blocks_left = 1000; /* after these, memory is gone */

static inline void *host_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    const uint64_t to = align > 0 ? align : 16;
    (void)host;
    if (blocks_left-- <= 0) {
        return NULL;
    }
    n_blocks++;
    return aligned_alloc((size_t)to, (size_t)((size + to - 1) / to * to));
}

static inline void host_free(const EmendHost *host, void *block) {
    (void)host;
    n_blocks -= block ? 1 : 0;
    free(block);
}

static const EmendHost HOST = {
    .struct_size = sizeof(EmendHost), .alloc = host_alloc, .free = host_free};

static inline Threads *pool(size_t n) {
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    Threads *threads = NULL;
    ck_assert_msg(threads_create(&HOST, n, &threads, &err) == EMEND_OK, "%s", message);
    return threads;
}

#endif
