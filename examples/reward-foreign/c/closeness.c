/* SPDX-License-Identifier: Apache-2.0 */
/* A reward in a library that knows nothing of Emend: how close the last number of a response is to
 * the reference. plugin.textproto beside it says how it is called.
 *
 * Build: cc -O2 -fPIC -shared closeness.c -o libcloseness.so -lm */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The last number in a text; false where there is none. */
static int last_number(const char *text, double *out) {
    int is_found = 0;
    while (*text) {
        char *end = NULL;
        double number = strtod(text, &end);
        if (end != text) {
            *out = number;
            is_found = 1;
        }
        text = end != text ? end : text + 1;
    }
    return is_found;
}

/* 1 at the reference, falling to 0 at `reach` away from it. 0 where the response has no number.
 * Gives 0, or 1 with a message where the reference has none. */
int32_t closeness(const char *response, const char *reference, double reach, double *score,
                  char *err, size_t err_bytes) {
    double answer = 0, right = 0;
    if (!last_number(reference, &right)) {
        snprintf(err, err_bytes, "the reference \"%s\" has no number", reference);
        return 1;
    }
    *score = last_number(response, &answer) ? fmax(0, 1 - fabs(answer - right) / reach) : 0;
    return 0;
}
