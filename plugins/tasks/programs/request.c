/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PROGRAM_BYTES = 1 << 20, MAX_TESTS_BYTES = 1 << 28 };

bool request_refuses(const ProgramTest *test, ProgramResult *result) {
    if (test->program.len <= MAX_PROGRAM_BYTES) {
        return false;
    }
    result->verdict = PROGRAM_FAILED;
    snprintf(result->detail, sizeof result->detail,
             "the program has %llu bytes; at most %d are run",
             (unsigned long long)test->program.len, MAX_PROGRAM_BYTES);
    return true;
}

static uint64_t sum(const EmendStr *texts, uint64_t n) {
    uint64_t total = 0;
    for (uint64_t i = 0; i < n && total <= MAX_TESTS_BYTES; i++) {
        total += texts[i].len + sizeof(uint32_t);
    }
    return total;
}

static char *put_number(char *at, uint64_t number) {
    uint32_t value = (uint32_t)number;
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static char *put_text(char *at, EmendStr text) {
    at = put_number(at, text.len);
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    return at + text.len;
}

EmendStatus request_pack(const EmendHost *host, const ProgramTest *test, EmendBytes *out,
                         EmendError *err) {
    uint64_t n = 5 * sizeof(uint32_t) + test->setup.len + test->parted.len +
                 sum(test->tests, test->n_tests) + sum(test->names, test->n_names);
    if (n > MAX_TESTS_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "programs: the tests of a program are more than %d MiB",
                          MAX_TESTS_BYTES >> 20);
    }
    char *bytes = host->alloc(host, n, 0);
    if (!bytes) {
        return emend_fail(err, EMEND_EXHAUSTED, "programs: no memory for a test");
    }
    char *at = put_number(bytes, test->count_all);
    at = put_number(at, test->n_tests);
    at = put_number(at, test->n_names);
    at = put_text(at, test->setup);
    at = put_text(at, test->parted);
    for (uint64_t i = 0; i < test->n_tests; i++) {
        at = put_text(at, test->tests[i]);
    }
    for (uint64_t i = 0; i < test->n_names; i++) {
        at = put_text(at, test->names[i]);
    }
    *out = (EmendBytes){bytes, n};
    return EMEND_OK;
}

void request_free(const EmendHost *host, EmendBytes tests) {
    host->free(host, (void *)(uintptr_t)tests.ptr);
}
