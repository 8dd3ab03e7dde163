/* SPDX-License-Identifier: Apache-2.0 */
#include "check/golden_run.h"
#include "check/guard.h"
#include "check/kit_state.h"
#include "check/message.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { POISON = 0xB7 };

/* ---- memory --------------------------------------------------------------------------------- */

void *golden_bytes(GoldenRun *run, const char *name, uint64_t n) {
    // A quiet run is one of very many, and guarded memory is never given back.
    return run->is_quiet ? arena_alloc(&run->arena, n > 0 ? n : 1)
                         : guard_take(run->subject->kit, name, n);
}

void *golden_structs(GoldenRun *run, const char *name, uint64_t n, uint32_t size,
                     uint32_t *stride) {
    *stride = size + run->extra;
    char *structs = golden_bytes(run, name, n * *stride);
    for (uint64_t i = 0; structs && i < n; i++) {
        memset(structs + i * *stride, POISON, *stride);
        memset(structs + i * *stride, 0, size);
        memcpy(structs + i * *stride, stride, sizeof *stride);
    }
    return structs;
}

EmendStr golden_text(GoldenRun *run, const char *name, const char *text) {
    uint64_t len = text ? strlen(text) : 0;
    char *bytes = golden_bytes(run, name, len);
    if (!bytes) {
        return (EmendStr){NULL, 0};
    }
    if (len > 0) {
        memcpy(bytes, text, len);
    }
    golden_seal(run, bytes);
    return (EmendStr){bytes, len};
}

void golden_seal(const GoldenRun *run, void *bytes) {
    if (!run->is_quiet) {
        guard_seal(bytes, true);
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

void golden_differs(const GoldenRun *run, const char *field, const char *format, ...) {
    char place[1024] = "", what[1024];
    va_list args;
    if (run->is_quiet) {
        return;
    }
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    golden_place(run->subject->kit->golden, run->example, field, place, sizeof place);
    kit_fail(run->subject->kit, "mend the component, or the example", "%s: %s", place, what);
}

const char *golden_number(double value) {
    static _Thread_local char texts[4][32];
    static _Thread_local unsigned n;
    char *text = texts[n++ % 4];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof texts[0], "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    return text;
}

bool golden_ok(const GoldenRun *run, const char *field, const char *operation, EmendStatus status) {
    char quote[512], why[256];
    const EmendError *err = &run->subject->err;
    if (status == EMEND_OK) {
        return true;
    }
    if (!message_is_good(status, err, why, sizeof why)) {
        golden_differs(run, field, "%s: %s", operation, why);
    }
    message_quote(err, quote, sizeof quote);
    golden_differs(run, field, "%s failed with %s (\"%s\"); by the example it must succeed",
                   operation, emend_status_name(status), quote);
    return false;
}

/* ---- sinks ---------------------------------------------------------------------------------- */

static EmendStatus put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    GoldenSink *sink = ctx;
    if (len > 0 && !data) {
        sink->wrong = "NULL data of some bytes";
        return EMEND_INVALID_ARGUMENT;
    }
    if (sink->n == GOLDEN_FIELDS_MAX) {
        sink->wrong = "more fields than any call has";
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
    if (utf8_valid_len(text, len) != len) {
        sink->wrong = "text that is not UTF-8";
    }
    sink->puts[sink->n].field = field;
    sink->puts[sink->n].text = text;
    sink->puts[sink->n++].len = len;
    return EMEND_OK;
}

bool golden_sink_init(GoldenRun *run, GoldenSink *out) {
    uint32_t stride = 0;
    *out = (GoldenSink){.sink = golden_structs(run, "the sink", 1, sizeof(EmendSink), &stride)};
    if (!out->sink) {
        return false;
    }
    out->sink->ctx = out;
    out->sink->put = put;
    golden_seal(run, out->sink);
    return true;
}

void golden_sink_finish(GoldenSink *sink) {
    for (size_t i = 0; i < sink->n; i++) {
        free(sink->puts[i].text);
    }
    *sink = (GoldenSink){0};
}

const char *golden_sink_text(const GoldenSink *sink, uint32_t field) {
    for (size_t i = 0; i < sink->n; i++) {
        if (sink->puts[i].field == field) {
            return sink->puts[i].text;
        }
    }
    return NULL;
}

/* ---- the whole ------------------------------------------------------------------------------ */

EmendStatus golden_run(GoldenRun *run) {
    EmendStatus status = EMEND_OK;
    switch (run->example->component_case) {
    case EMEND__EXAMPLE__COMPONENT_REWARD:
        status = golden_run_reward(run);
        break;
    case EMEND__EXAMPLE__COMPONENT_TASK:
        status = golden_run_task(run);
        break;
    case EMEND__EXAMPLE__COMPONENT_TOKENIZER:
        status = golden_run_tokenizer(run);
        break;
    case EMEND__EXAMPLE__COMPONENT_ALGORITHM:
        status = golden_run_algorithm(run);
        break;
    default: // of the others an example is a config
        break;
    }
    arena_finish(&run->arena);
    return status;
}

static EmendStatus run_quietly(Subject *subject, const Emend__Example *example, EmendBytes config) {
    GoldenRun run = {.subject = subject, .example = example, .is_quiet = true};
    EmendStatus status = subject_instance(subject, config, &run.self, &run.table);
    if (status != EMEND_OK) {
        return status;
    }
    if (example && run.table) {
        status = golden_run(&run);
    }
    subject_destroy_instance(subject, run.self);
    return status;
}

EmendStatus golden_workload(Subject *subject, void *ctx) {
    const Kit *kit = subject->kit;
    (void)ctx;
    if (!kit_example(kit, 0)) {
        return run_quietly(subject, NULL, kit_config(kit));
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; kit_example(kit, i) && status == EMEND_OK; i++) {
        status = run_quietly(subject, kit_example(kit, i), kit_example_config(kit_example(kit, i)));
    }
    return status;
}
