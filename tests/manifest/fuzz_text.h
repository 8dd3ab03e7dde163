/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANIFEST_FUZZ_TEXT_H
#define TESTS_MANIFEST_FUZZ_TEXT_H
#include <stddef.h>
#include <stdint.h>

/* One input, as libFuzzer gives it. The first byte picks what the rest is: a text, an assignment
 * and a text, wire bytes to print, a descriptor set. Aborts where a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
