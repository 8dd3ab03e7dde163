/* SPDX-License-Identifier: Apache-2.0 */
/* Tracker "tensorboard": an event for each record, so that a resumed run knows which to keep. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/tracker.h"
#include "file.h"
#include "transcript.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENT_INIT EMEND__TRACKERS__TENSORBOARD__EVENT__INIT
#define SUMMARY_INIT EMEND__TRACKERS__TENSORBOARD__SUMMARY__INIT
#define VALUE_INIT EMEND__TRACKERS__TENSORBOARD__VALUE__INIT

typedef Emend__Trackers__Tensorboard__Config Config;
typedef Emend__Trackers__Tensorboard__Metadata Metadata;
typedef Emend__Trackers__Tensorboard__Metadata__PluginData PluginData;
typedef Emend__Trackers__Tensorboard__Tensor Tensor;
typedef Emend__Trackers__Tensorboard__Shape Shape;
typedef Emend__Trackers__Tensorboard__Shape__Dim Dim;

enum { DT_STRING = 7 };

typedef struct Tensorboard {
    const EmendHost *host;
    char name[EVENT_NAME_BYTES];
    EventFile file;
    char *label;   /* of the last transcript; NULL before the first */
    uint64_t step; /* its step, */
    uint32_t nth;  /* and its number among those of that label and step, from 1 */
} Tensorboard;

static EmendStatus is_begun(const Tensorboard *board, EmendError *err) {
    return board->file.fd >= 0
               ? EMEND_OK
               : emend_fail(err, EMEND_PRECONDITION,
                            "%s: the run has not begun; `begin` must come first", board->name);
}

static EmendStatus begin(void *self, const EmendRunInfo *info, EmendError *err) {
    Tensorboard *board = self;
    if (board->file.fd >= 0) {
        return emend_fail(err, EMEND_PRECONDITION, "%s: it is open; a run must begin once",
                          board->file.path);
    }
    return info->is_resumed
               ? event_file_reopen(&board->file, info->run_dir, board->name, info->resume_step,
                                   info->resume_records, board->host, err)
               : event_file_open(&board->file, info->run_dir, board->name, err);
}

// summary: NULL for a record that has nothing for TensorBoard, and is counted all the same.
static EmendStatus append(Tensorboard *board, uint64_t step, Summary *summary, EmendError *err) {
    Event event = EVENT_INIT;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    event.has_wall_time = event.has_step = 1;
    event.wall_time = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    event.step = (int64_t)step;
    event.summary = summary;
    return event_file_append(&board->file, &event, err);
}

static char *scalar_tag(EmendStr phase, EmendStr stage, EmendStr name) {
    char *tag = NULL;
    return asprintf(&tag, "%.*s/%.*s/%.*s", (int)phase.len, phase.ptr, (int)stage.len, stage.ptr,
                    (int)name.len, name.ptr) < 0
               ? NULL
               : tag;
}

static EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                           EmendSpan numbers, EmendError *err) {
    Tensorboard *board = self;
    EmendStatus status = is_begun(board, err);
    if (status != EMEND_OK) {
        return status;
    }
    size_t n = (size_t)numbers.count, n_made = 0;
    Value *values = calloc(n + 1, sizeof *values);
    Value **pointers = calloc(n + 1, sizeof(Value *));
    for (; values && pointers && n_made < n; n_made++) {
        const EmendScalar *scalar = emend_span_at(numbers, n_made);
        Value *value = pointers[n_made] = &values[n_made];
        *value = (Value)VALUE_INIT;
        value->tag = scalar_tag(phase, stage, scalar->name);
        value->has_simple_value = 1;
        value->simple_value = (float)scalar->value;
        if (!value->tag) {
            break;
        }
    }
    Summary summary = SUMMARY_INIT;
    summary.n_value = n;
    summary.value = pointers;
    status = values && pointers && n_made == n
                 ? append(board, step, &summary, err)
                 : emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for an event", board->file.path);
    for (size_t i = 0; values && i < n; i++) {
        free(values[i].tag);
    }
    free(pointers);
    free(values);
    return status;
}

static EmendStatus append_text(Tensorboard *board, uint64_t step, char *tag, char *text, size_t len,
                               EmendError *err) {
    char plugin_name[] = "text";
    PluginData plugin_data = EMEND__TRACKERS__TENSORBOARD__METADATA__PLUGIN_DATA__INIT;
    Metadata metadata = EMEND__TRACKERS__TENSORBOARD__METADATA__INIT;
    Dim dim = EMEND__TRACKERS__TENSORBOARD__SHAPE__DIM__INIT, *dims = &dim;
    Shape shape = EMEND__TRACKERS__TENSORBOARD__SHAPE__INIT;
    Tensor tensor = EMEND__TRACKERS__TENSORBOARD__TENSOR__INIT;
    ProtobufCBinaryData string = {len, (uint8_t *)text};
    Value value = VALUE_INIT, *values = &value;
    Summary summary = SUMMARY_INIT;
    plugin_data.plugin_name = plugin_name;
    metadata.plugin_data = &plugin_data;
    dim.has_size = tensor.has_dtype = 1;
    dim.size = 1;
    shape.n_dim = tensor.n_string_val = summary.n_value = 1;
    shape.dim = &dims;
    tensor.dtype = DT_STRING;
    tensor.tensor_shape = &shape;
    tensor.string_val = &string;
    value.tag = tag;
    value.metadata = &metadata;
    value.tensor = &tensor;
    summary.value = &values;
    return append(board, step, &summary, err);
}

// Numbers the transcripts of an evaluation. "transcripts/LABEL/N", malloc'd.
static char *next_transcript_tag(Tensorboard *board, uint64_t step, const json_t *data) {
    char *tag = NULL;
    const char *label = json_string_value(json_object_get(data, "label"));
    label = label ? label : "";
    if (!board->label || board->step != step || strcmp(board->label, label) != 0) {
        free(board->label);
        board->label = strdup(label);
        board->step = step;
        board->nth = 0;
    }
    board->nth++;
    return asprintf(&tag, "transcripts/%s/%" PRIu32, label, board->nth) < 0 ? NULL : tag;
}

static EmendStatus append_transcript(Tensorboard *board, uint64_t step, const json_t *data,
                                     EmendError *err) {
    size_t len = 0;
    char *tag = next_transcript_tag(board, step, data);
    char *text = transcript_markdown(data, &len);
    EmendStatus status =
        tag && text
            ? append_text(board, step, tag, text, len, err)
            : emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a transcript", board->file.path);
    free(text);
    free(tag);
    return status;
}

static EmendStatus event(void *self, uint64_t step, EmendStr name, EmendStr json, EmendError *err) {
    Tensorboard *board = self;
    EmendStatus status = is_begun(board, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (name.len != strlen("transcript") || memcmp(name.ptr, "transcript", (size_t)name.len) != 0) {
        return append(board, step, NULL, err);
    }
    json_error_t error = {0};
    json_t *data = json_loadb(json.ptr, (size_t)json.len, JSON_ALLOW_NUL, &error);
    if (!data) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the event's data is not JSON, at byte %d: %s", board->file.path,
                          error.position, error.text);
    }
    status = append_transcript(board, step, data, err);
    json_decref(data);
    return status;
}

static EmendStatus flush(void *self, EmendError *err) {
    Tensorboard *board = self;
    EmendStatus status = is_begun(board, err);
    return status == EMEND_OK ? event_file_sync(&board->file, err) : status;
}

/* The file's name out of the config's bytes, into Tensorboard.name. */
static EmendStatus read_config(Tensorboard *board, EmendBytes bytes, EmendError *err) {
    EmendStatus status = EMEND_OK;
    Config *config = emend_config_unpack(
        board->host, &emend__trackers__tensorboard__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = event_name_check(config->file, err);
    }
    if (status == EMEND_OK) {
        snprintf(board->name, sizeof board->name, "%s", config->file);
    }
    emend_config_free(board->host, config);
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

    Tensorboard *board = emend_alloc(host, sizeof *board, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    *board = (Tensorboard){.host = host, .file = {.dir = -1, .fd = -1}};
    status = read_config(board, bytes, err);
    if (status != EMEND_OK) {
        host->free(host, board);
        return status;
    }
    *instance = board;
    *table = &tracker;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Tensorboard *board = instance;
    if (board) {
        event_file_close(&board->file);
        free(board->label);
        emend_plugin_host(plugin)->free(emend_plugin_host(plugin), board);
    }
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.trackers.tensorboard", "0.1.0", EMEND_KIND_TRACKER, factory);
