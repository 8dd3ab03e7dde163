/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_DATA_H
#define EMEND_DATA_H
/* Plain data that crosses between the host and a plugin.
 *
 * Nothing here owns memory. A pointer handed into a call lives until that call returns; to keep the
 * data, copy it. Variable-size results go into a buffer the caller owns or through a sink.
 *
 * Structs come in two sorts. *Frozen* ones never change in this ABI major, and may be indexed as C
 * arrays. *Growable* ones begin with `struct_size` (bytes the maker knew of), only ever grow at the
 * end, and in arrays are walked by the stride of an EmendSpan, never with p[i].
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define EMEND_STATIC_ASSERT(claim, message) static_assert(claim, message)
#else
#define EMEND_STATIC_ASSERT(claim, message) _Static_assert(claim, message)
#endif

/* Bytes from the start of T to the end of its member m: what struct_size must reach for m to exist.
 */
#define EMEND_END_OF(T, m) (offsetof(T, m) + sizeof(((T *)0)->m))
/* True when the table or struct at p is new enough to carry the pointer member m, and m is set. */
#define EMEND_HAS(T, p, m) ((p)->struct_size >= EMEND_END_OF(T, m) && (p)->m)

/* UTF-8 text; no NUL at the end is promised. Frozen. */
typedef struct EmendStr {
    const char *ptr;
    uint64_t len;
} EmendStr;

/* Bytes of any content. Frozen. */
typedef struct EmendBytes {
    const void *ptr;
    uint64_t len;
} EmendBytes;

/* An array of growable structs, `stride` bytes apart. Frozen. */
typedef struct EmendSpan {
    const void *ptr;
    uint64_t count;
    uint32_t stride;
    uint32_t reserved;
} EmendSpan;

/* Takes variable-size results. `put` copies what it is given before it returns; `field` is one of
 * the numbers named at the call the sink is handed to. `put` returns EMEND_OK, or a status that the
 * callee must pass up. It is called on the thread of that call, before it returns. Growable. */
typedef struct EmendSink {
    uint32_t struct_size;
    uint32_t reserved;
    void *ctx;
    int32_t (*put)(void *ctx, uint32_t field, const void *data, uint64_t len);
} EmendSink;

/* Takes metrics. The host reports sum / weight over all calls with the same name, of which it
 * copies the first 63 bytes. Called on the thread of the call it is handed to, before that returns.
 * Growable. */
typedef struct EmendMetrics {
    uint32_t struct_size;
    uint32_t reserved;
    void *ctx;
    void (*add)(void *ctx, const char *name, double sum, double weight);
} EmendMetrics;

EMEND_STATIC_ASSERT(sizeof(EmendStr) == 16 && sizeof(EmendBytes) == 16, "frozen layout");
EMEND_STATIC_ASSERT(sizeof(EmendSpan) == 24 && offsetof(EmendSpan, stride) == 16, "frozen layout");
EMEND_STATIC_ASSERT(sizeof(EmendSink) == 24 && sizeof(EmendMetrics) == 24, "no tail padding");

/* The i-th element of a span; i < span.count is the caller's promise. */
static inline const void *emend_span_at(EmendSpan span, uint64_t i) {
    return (const char *)span.ptr + i * span.stride;
}

/* A span over `count` elements that lie `stride` bytes apart. */
static inline EmendSpan emend_span(const void *ptr, uint64_t count, uint32_t stride) {
    EmendSpan span = {ptr, count, stride, 0};
    return span;
}

/* Puts a text into a sink; returns what the sink does, which the callee passes up. */
static inline int32_t emend_put(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

/* Adds to a metric; nothing where the host takes none (NULL). */
static inline void emend_metrics_add(const EmendMetrics *metrics, const char *name, double sum,
                                     double weight) {
    if (metrics && EMEND_HAS(EmendMetrics, metrics, add)) {
        metrics->add(metrics->ctx, name, sum, weight);
    }
}

/* The text of a C string, borrowed. NULL gives the empty text. */
static inline EmendStr emend_str(const char *text) {
    EmendStr str = {text, 0};
    while (text && text[str.len]) {
        str.len++;
    }
    return str;
}

#ifdef __cplusplus
}
#endif
#endif
