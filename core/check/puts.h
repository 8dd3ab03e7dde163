/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_PUTS_H
#define CHECK_PUTS_H
/* What a plugin put into a sink. */
#include "check/kit.h"

enum { PUTS_MAX = 32 };

typedef struct Puts {
    Kit *kit;
    size_t n;
    struct {
        uint32_t field;
        char *text; /* with a NUL behind it */
        uint64_t len;
    } items[PUTS_MAX];
} Puts;

/* Empties `puts` and makes a sink that fills it. */
EmendSink puts_sink(Kit *kit, Puts *puts);
/* The text put under a field; NULL and length 0 where none was. */
EmendStr puts_text(const Puts *puts, uint32_t field);
/* How often a field was put. */
size_t puts_count(const Puts *puts, uint32_t field);
bool puts_equal(const Puts *a, const Puts *b);
/* A zeroed one is allowed. */
void puts_finish(Puts *puts);

#endif
