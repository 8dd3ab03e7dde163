/* SPDX-License-Identifier: Apache-2.0 */
#include "check/puts.h"
#include <stdlib.h>
#include <string.h>

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Puts *puts = ctx;
    if (puts->n == PUTS_MAX) {
        kit_fail(puts->kit, "put each field once, or once for each turn",
                 "it put more than %d fields into one sink", PUTS_MAX);
        return EMEND_EXHAUSTED;
    }
    char *text = malloc(len + 1);
    if (!text) {
        return EMEND_EXHAUSTED;
    }
    if (len > 0) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    puts->items[puts->n].field = field;
    puts->items[puts->n].text = text;
    puts->items[puts->n].len = len;
    puts->n++;
    return EMEND_OK;
}

EmendSink puts_sink(Kit *kit, Puts *puts) {
    *puts = (Puts){.kit = kit};
    return (EmendSink){.struct_size = sizeof(EmendSink), .ctx = puts, .put = put};
}

EmendStr puts_text(const Puts *puts, uint32_t field) {
    for (size_t i = 0; i < puts->n; i++) {
        if (puts->items[i].field == field) {
            return (EmendStr){puts->items[i].text, puts->items[i].len};
        }
    }
    return (EmendStr){NULL, 0};
}

size_t puts_count(const Puts *puts, uint32_t field) {
    size_t n = 0;
    for (size_t i = 0; i < puts->n; i++) {
        n += puts->items[i].field == field;
    }
    return n;
}

bool puts_equal(const Puts *a, const Puts *b) {
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (a->items[i].field != b->items[i].field || a->items[i].len != b->items[i].len ||
            memcmp(a->items[i].text, b->items[i].text, a->items[i].len) != 0) {
            return false;
        }
    }
    return a->n == b->n;
}

void puts_finish(Puts *puts) {
    for (size_t i = 0; i < puts->n; i++) {
        free(puts->items[i].text);
    }
    *puts = (Puts){0};
}
