/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of bench_foreign. */
#include <stddef.h>
#include <string.h>

double last_byte(const char *text, size_t len) {
    return len > 0 ? (double)text[len - 1] : 0;
}

double last_of_text(const char *text) {
    return last_byte(text, strlen(text));
}
