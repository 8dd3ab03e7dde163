/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_GOLDEN_RUN_H
#define CHECK_GOLDEN_RUN_H
/* Golden examples, done on an instance. Every input lies in memory that cannot be written to and
 * ends where it ends, every output in memory that ends where it ends. */
#include "check/subject.h"
#include "manifest/arena.h"

typedef struct GoldenRun {
    Subject *subject;
    const Emend__Example *example;
    void *self;
    const void *table; /* the host's copy, of the component's kind */
    uint32_t extra;    /* bytes of poison at the end of each growable struct: of a newer host */
    bool is_quiet;     /* calls may fail, and what comes of them is not looked at */
    Arena arena;
} GoldenRun;

/* Does what the example says. The kit is told where something else comes of it, with the example's
 * place. The status is that of the first call that failed and must not. */
EmendStatus golden_run(GoldenRun *run);

/* Every example of the component in turn, on instances of the open subject, quietly: a
 * SubjectWorkload. A component without examples has an instance made and destroyed. */
EmendStatus golden_workload(Subject *subject, void *ctx);

/* ---- for the kinds' own files ---- */

EmendStatus golden_run_reward(GoldenRun *run);
EmendStatus golden_run_task(GoldenRun *run);
EmendStatus golden_run_tokenizer(GoldenRun *run);
EmendStatus golden_run_algorithm(GoldenRun *run);

/* `n` growable structs of `size` bytes each, poisoned but for the first `size` of each, which are
 * zero; *stride is what they lie apart, and their struct_size. NULL where memory is gone. */
void *golden_structs(GoldenRun *run, const char *name, uint64_t n, uint32_t size, uint32_t *stride);
/* `n` bytes of zeroes. */
void *golden_bytes(GoldenRun *run, const char *name, uint64_t n);
/* Text with nothing behind it; NULL is the empty text. */
EmendStr golden_text(GoldenRun *run, const char *name, const char *text);
/* From here on the plugin may not write to it. */
void golden_seal(const GoldenRun *run, void *bytes);

/* Tells the kit that an outcome is not the one of the example's `field`
 * ("episode[0].turn[1].score"). */
void golden_differs(const GoldenRun *run, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The shortest text that reads back as the number, in static storage of which there are a few. */
const char *golden_number(double value);
/* Whether a call went well; if not, and the run is not quiet, the kit is told. */
bool golden_ok(const GoldenRun *run, const char *field, const char *operation, EmendStatus status);

/* What a plugin put into a sink. */
enum { GOLDEN_FIELDS_MAX = 16 };
typedef struct GoldenSink {
    EmendSink *sink; /* to hand out */
    struct {
        uint32_t field;
        char *text; /* malloc'd, NUL-terminated */
        uint64_t len;
    } puts[GOLDEN_FIELDS_MAX];
    size_t n;
    const char *wrong; /* what was put that must not be, or NULL */
} GoldenSink;

/* False where memory is gone. */
bool golden_sink_init(GoldenRun *run, GoldenSink *out);
void golden_sink_finish(GoldenSink *sink);
/* The text put under a field, or NULL. */
const char *golden_sink_text(const GoldenSink *sink, uint32_t field);

#endif
