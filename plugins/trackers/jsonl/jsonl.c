/* SPDX-License-Identifier: Apache-2.0 */
/* Tracker "jsonl": records and events as lines of JSON. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/tracker.h"
#include "log.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef Emend__Trackers__Jsonl__Config Config;

typedef struct Jsonl {
    const EmendHost *host;
    char name[LOG_NAME_BYTES];
    LogFile file;
} Jsonl;

/* A line as it is put together. What cannot be written, text that is not UTF-8, is remembered. */
typedef struct Line {
    FILE *stream;
    char *text;
    size_t len;
    bool is_broken;
} Line;

static EmendStatus line_init(Line *line, EmendError *err) {
    *line = (Line){0};
    line->stream = open_memstream(&line->text, &line->len);
    return line->stream ? EMEND_OK
                        : emend_fail(err, EMEND_EXHAUSTED, "jsonl: no memory for a line");
}

/* Appends a JSON value, which is given away. */
static void line_put(Line *line, json_t *value, size_t flags) {
    if (!value || json_dumpf(value, line->stream, JSON_ENCODE_ANY | JSON_COMPACT | flags) < 0) {
        line->is_broken = true;
    }
    json_decref(value);
}

static void line_put_text(Line *line, EmendStr text) {
    line_put(line, json_stringn(text.ptr ? text.ptr : "", text.len), 0);
}

/* Appends a number with as few digits as give it back exactly; null where it is not finite. */
static void line_put_number(Line *line, double value) {
    char digits[40];
    size_t n_digits = 15;
    if (!isfinite(value)) {
        line_put(line, json_null(), 0);
        return;
    }
    for (; n_digits < 17; n_digits++) {
        snprintf(digits, sizeof digits, "%.*g", (int)n_digits, value);
        if (strtod(digits, NULL) == value) {
            break;
        }
    }
    line_put(line, json_real(value), JSON_REAL_PRECISION(n_digits));
}

/* Ends the line and appends it to the file. Frees the line in any case. */
static EmendStatus line_finish(Line *line, LogFile *file, EmendError *err) {
    EmendStatus status = EMEND_OK;
    fputc('\n', line->stream);
    bool is_short = ferror(line->stream) != 0;
    if (fclose(line->stream) != 0 || is_short) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a line", file->path);
    } else if (line->is_broken) {
        status =
            emend_fail(err, EMEND_INVALID_ARGUMENT,
                       "%s: a name or text of the record is not UTF-8; it must be", file->path);
    } else {
        status = log_append(file, line->text, line->len, err);
    }
    free(line->text);
    return status;
}

static EmendStatus is_begun(const Jsonl *jsonl, EmendError *err) {
    return jsonl->file.fd >= 0
               ? EMEND_OK
               : emend_fail(err, EMEND_PRECONDITION,
                            "%s: the run has not begun; `begin` must come first", jsonl->name);
}

static EmendStatus begin(void *self, const EmendRunInfo *info, EmendError *err) {
    Jsonl *jsonl = self;
    if (jsonl->file.fd >= 0) {
        return emend_fail(err, EMEND_PRECONDITION, "%s: it is open; a run must begin once",
                          jsonl->file.path);
    }
    return info->is_resumed ? log_reopen(&jsonl->file, info->run_dir, jsonl->name,
                                         info->resume_step, info->resume_records, jsonl->host, err)
                            : log_open(&jsonl->file, info->run_dir, jsonl->name, err);
}

static EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                           EmendSpan numbers, EmendError *err) {
    Jsonl *jsonl = self;
    Line line = {0};
    EmendStatus status = is_begun(jsonl, err);
    if (status == EMEND_OK) {
        status = line_init(&line, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    fprintf(line.stream, "{\"step\":%" PRIu64 ",\"phase\":", step);
    line_put_text(&line, phase);
    fputs(",\"stage\":", line.stream);
    line_put_text(&line, stage);
    fprintf(line.stream, ",\"time\":%lld,\"metrics\":{", (long long)time(NULL));
    for (uint64_t i = 0; i < numbers.count; i++) {
        const EmendScalar *scalar = emend_span_at(numbers, i);
        if (i > 0) {
            fputc(',', line.stream);
        }
        line_put_text(&line, scalar->name);
        fputc(':', line.stream);
        line_put_number(&line, scalar->value);
    }
    fputs("}}", line.stream);
    return line_finish(&line, &jsonl->file, err);
}

static EmendStatus event(void *self, uint64_t step, EmendStr name, EmendStr json, EmendError *err) {
    Jsonl *jsonl = self;
    Line line = {0};
    json_error_t error = {0};
    EmendStatus status = is_begun(jsonl, err);
    if (status != EMEND_OK) {
        return status;
    }
    json_t *data = json_loadb(json.ptr, json.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!data) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the event's data is not JSON, at byte %d: %s", jsonl->file.path,
                          error.position, error.text);
    }
    status = line_init(&line, err);
    if (status != EMEND_OK) {
        json_decref(data);
        return status;
    }
    fprintf(line.stream, "{\"step\":%" PRIu64 ",\"event\":", step);
    line_put_text(&line, name);
    fputs(",\"data\":", line.stream);
    line_put(&line, data, 0);
    fputc('}', line.stream);
    return line_finish(&line, &jsonl->file, err);
}

static EmendStatus flush(void *self, EmendError *err) {
    Jsonl *jsonl = self;
    EmendStatus status = is_begun(jsonl, err);
    return status == EMEND_OK ? log_sync(&jsonl->file, err) : status;
}

/* The file's name out of the config's bytes, into Jsonl.name. */
static EmendStatus read_config(Jsonl *jsonl, EmendBytes bytes, EmendError *err) {
    EmendStatus status = EMEND_OK;
    Config *config = emend_config_unpack(jsonl->host, &emend__trackers__jsonl__config__descriptor,
                                         bytes, &status, err);
    if (status == EMEND_OK) {
        status = log_name_check(config->file, err);
    }
    if (status == EMEND_OK) {
        snprintf(jsonl->name, sizeof jsonl->name, "%s", config->file);
    }
    emend_config_free(jsonl->host, config);
    return status;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendTracker tracker = {.struct_size = sizeof(EmendTracker),
                                         .begin = begin,
                                         .scalars = scalars,
                                         .event = event,
                                         .flush = flush};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name;

    Jsonl *jsonl = emend_alloc(host, sizeof *jsonl, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    *jsonl = (Jsonl){.host = host, .file = {.dir = -1, .fd = -1}};
    status = read_config(jsonl, bytes, err);
    if (status != EMEND_OK) {
        host->free(host, jsonl);
        return status;
    }
    *instance = jsonl;
    *table = &tracker;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Jsonl *jsonl = instance;
    if (jsonl) {
        log_close(&jsonl->file);
        emend_plugin_host(plugin)->free(emend_plugin_host(plugin), jsonl);
    }
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.trackers.jsonl", "0.1.0", EMEND_KIND_TRACKER, factory);
