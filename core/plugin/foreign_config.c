/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_config.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "manifest/wire.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGE "emend.function"
#define TYPE(name) EMEND__FUNCTION__TYPE__##name

/* Numbers of the fields; a param's is that of its argument from FIRST_PARAM on. */
enum { TURN = 1, WEIGHT = 2, FIRST_PARAM = 16 };
enum { FIELDS_MAX = FOREIGN_ARGS_MAX + 2 };

/* Numbers in descriptor.proto, which paths to comments are made of. */
enum { FILE_MESSAGE = 4, MESSAGE_FIELD = 2 };

typedef Google__Protobuf__FieldDescriptorProto FieldProto;
typedef Google__Protobuf__SourceCodeInfo__Location Location;

/* The message of one function, with what it points to. */
typedef struct Description {
    Google__Protobuf__DescriptorProto message;
    FieldProto fields[FIELDS_MAX], *field_list[FIELDS_MAX];
    Location locations[FIELDS_MAX];
    int32_t paths[FIELDS_MAX][4];
    size_t n;
} Description;

/* protobuf-c's structs have no const; what they borrow here is only read. */
static char *borrow(const char *text) {
    char *same = NULL;
    memcpy(&same, &text, sizeof same);
    return same;
}

static void add_field(Description *description, size_t message, const char *name, int number,
                      FieldKind kind, bool is_repeated, const char *value, const char *comment) {
    size_t i = description->n++;
    FieldProto *field = &description->fields[i];
    google__protobuf__field_descriptor_proto__init(field);
    field->name = borrow(name);
    field->has_number = 1;
    field->number = number;
    field->has_type = 1;
    field->type = (Google__Protobuf__FieldDescriptorProto__Type)kind;
    field->has_label = 1;
    field->label = is_repeated ? GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
                               : GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
    field->default_value = borrow(value);
    description->field_list[i] = field;

    int32_t *path = description->paths[i];
    path[0] = FILE_MESSAGE;
    path[1] = (int32_t)message;
    path[2] = MESSAGE_FIELD;
    path[3] = (int32_t)i;
    Location *location = &description->locations[i];
    google__protobuf__source_code_info__location__init(location);
    location->n_path = 4;
    location->path = path;
    location->leading_comments = borrow(comment);
}

static void describe(const Emend__Function *function, size_t i, Description *out) {
    google__protobuf__descriptor_proto__init(&out->message);
    out->message.name = function->name;
    add_field(out, i, "turn", TURN, FIELD_UINT32, true, NULL,
              "Turns to reward, counted from 1; none listed means every turn.");
    add_field(out, i, "weight", WEIGHT, FIELD_DOUBLE, false, "1", "What a score of 1 is worth.");
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Param *param = function->arg[a]->param;
        if (param) {
            add_field(out, i, param->name, (int)(FIRST_PARAM + a),
                      foreign_type(function->arg[a]->type)->field, false, param->default_,
                      param->doc);
        }
    }
    out->message.n_field = out->n;
    out->message.field = out->field_list;
}

EmendStatus foreign_config_describe(const Emend__PluginManifest *manifest, WireBuffer *out,
                                    EmendError *err) {
    Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__SourceCodeInfo info = GOOGLE__PROTOBUF__SOURCE_CODE_INFO__INIT;
    Google__Protobuf__FileDescriptorProto *files[] = {&file};
    size_t n = manifest->n_function;
    Description *all = calloc(n, sizeof *all);
    Google__Protobuf__DescriptorProto **messages = calloc(n, sizeof *messages);
    Location **locations = calloc(n * FIELDS_MAX, sizeof *locations);
    uint8_t *bytes = NULL;
    bool is_done = false;
    if (!all || !messages || !locations) {
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        describe(manifest->function[i], i, &all[i]);
        messages[i] = &all[i].message;
        for (size_t f = 0; f < all[i].n; f++) {
            locations[info.n_location++] = &all[i].locations[f];
        }
    }
    info.location = locations;
    file.name = borrow("plugin.textproto");
    file.package = borrow(PACKAGE);
    file.n_message_type = n;
    file.message_type = messages;
    file.source_code_info = &info;
    set.n_file = 1;
    set.file = files;
    size_t len = google__protobuf__file_descriptor_set__get_packed_size(&set);
    bytes = malloc(len);
    is_done =
        bytes && wire_put(out, bytes, google__protobuf__file_descriptor_set__pack(&set, bytes));
out:
    free(bytes);
    free(locations);
    free(messages);
    free(all);
    return is_done
               ? EMEND_OK
               : emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the functions' configs");
}

char *foreign_config_name(const Emend__Function *function) {
    char *name = NULL;
    return asprintf(&name, PACKAGE ".%s", function->name) < 0 ? NULL : name;
}

/* The bits of one field's payload as a value of the type. */
static ForeignValue value_of(ForeignType type, const WireRecord *record) {
    ForeignValue value = {.u64 = 0};
    switch (type) {
    case TYPE(F32): {
        uint32_t bits = (uint32_t)record->value;
        memcpy(&value.f32, &bits, sizeof bits);
        return value;
    }
    case TYPE(F64):
        memcpy(&value.f64, &record->value, sizeof value.f64);
        return value;
    case TYPE(I32):
        value.i32 = (int32_t)record->value;
        return value;
    case TYPE(U32):
        value.u32 = (uint32_t)record->value;
        return value;
    case TYPE(BOOL):
        value.boolean = record->value != 0;
        return value;
    default:
        value.u64 = record->value;
        return value;
    }
}

static EmendStatus take_param(const Emend__Function *function, const WireRecord *record,
                              ForeignConfig *out, bool *is_set, EmendError *err) {
    size_t a = record->number - FIRST_PARAM;
    const Emend__Function__Argument *arg = function->arg[a];
    is_set[a] = true;
    if (arg->type != TYPE(CSTR)) {
        out->params[a] = value_of(arg->type, record);
        return EMEND_OK;
    }
    if (record->body.len > 0 && memchr(record->body.ptr, '\0', record->body.len)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: it has a NUL byte inside; a CSTR would be cut there",
                          arg->param->name);
    }
    free(out->texts[a]);
    out->texts[a] = strndup(record->body.len > 0 ? record->body.ptr : "", record->body.len);
    out->params[a].pointer = out->texts[a];
    return out->texts[a] ? EMEND_OK
                         : emend_fail(err, EMEND_EXHAUSTED, "no memory is left for its config");
}

static EmendStatus take_turn(uint64_t turn, ForeignConfig *out, EmendError *err) {
    uint32_t *turns = realloc(out->turns, (out->n_turns + 1) * sizeof *turns);
    if (!turns) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for its config");
    }
    out->turns = turns;
    turns[out->n_turns++] = (uint32_t)turn;
    return turn > 0
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT, "turn: it is 0; turns are counted from 1");
}

static EmendStatus take(const Emend__Function *function, const WireRecord *record,
                        ForeignConfig *out, bool *is_set, EmendError *err) {
    if (record->number == TURN && record->type == WIRE_VARINT) {
        return take_turn(record->value, out, err);
    }
    if (record->number == WEIGHT && record->type == WIRE_FIXED64) {
        memcpy(&out->weight, &record->value, sizeof out->weight);
        return isfinite(out->weight)
                   ? EMEND_OK
                   : emend_fail(err, EMEND_INVALID_ARGUMENT, "weight: it is %g; it must be finite",
                                out->weight);
    }
    size_t a = record->number - FIRST_PARAM;
    if (record->number >= FIRST_PARAM && a < function->n_arg && function->arg[a]->param &&
        record->type == wire_type_of(foreign_type(function->arg[a]->type)->field)) {
        return take_param(function, record, out, is_set, err);
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "config: its field %u is none of the function's",
                      record->number);
}

EmendStatus foreign_config_read(const Emend__Function *function, EmendBytes config,
                                ForeignConfig *out, EmendError *err) {
    bool is_set[FOREIGN_ARGS_MAX] = {false};
    const char *must = NULL;
    EmendStatus status = EMEND_OK;
    *out = (ForeignConfig){.weight = 1};
    while (status == EMEND_OK && config.len > 0) {
        WireRecord record;
        status = wire_next(&config, &record)
                     ? take(function, &record, out, is_set, err)
                     : emend_fail(err, EMEND_INVALID_ARGUMENT, "config: its bytes are damaged");
    }
    for (size_t a = 0; status == EMEND_OK && a < function->n_arg; a++) {
        const Emend__Function__Param *param = function->arg[a]->param;
        if (!param || is_set[a]) {
            continue;
        }
        if (!param->default_) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s: it is not set and has no default; it must be, in the config",
                              param->name);
        }
        foreign_value_parse(function->arg[a]->type, param->default_, &out->params[a], &must);
    }
    return status;
}

void foreign_config_finish(ForeignConfig *config) {
    for (size_t a = 0; a < FOREIGN_ARGS_MAX; a++) {
        free(config->texts[a]);
    }
    free(config->turns);
    *config = (ForeignConfig){0};
}
