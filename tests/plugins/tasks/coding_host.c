/* SPDX-License-Identifier: Apache-2.0 */
#include "coding_host.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static long n_live, n_until_failure;

static void *alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    (void)host;
    (void)align;
    if (n_until_failure > 0 && --n_until_failure == 0) {
        return NULL;
    }
    n_live++;
    return malloc(size > 0 ? size : 1);
}

static void release(const EmendHost *host, void *block) {
    (void)host;
    n_live -= block != NULL;
    free(block);
}

static void keep_quiet(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    (void)level;
    (void)message;
}

static int32_t is_cancelled(const EmendHost *host) {
    (void)host;
    return 0;
}

EmendHost coding_host = {.struct_size = sizeof(EmendHost),
                         .name = "fake",
                         .version = "0",
                         .alloc = alloc,
                         .free = release,
                         .log = keep_quiet,
                         .is_cancelled = is_cancelled};

long coding_n_live(void) {
    return n_live;
}

void coding_fail_at(long n) {
    n_until_failure = n;
}

const char *coding_take(Text *text) {
    static char copy[1 << 16];
    ck_assert_uint_lt(text->len, sizeof copy);
    if (text->len > 0) {
        memcpy(copy, text->bytes, text->len);
    }
    copy[text->len] = '\0';
    text_finish(text);
    return copy;
}
