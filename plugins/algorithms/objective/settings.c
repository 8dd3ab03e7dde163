/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

static const void *value_at(const ProtobufCMessage *config, const char *name, ProtobufCType type) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(config->descriptor, name);
    return field && field->type == type ? (const char *)config + field->offset : NULL;
}

double setting_double(const ProtobufCMessage *config, const char *name, double otherwise) {
    const double *value = value_at(config, name, PROTOBUF_C_TYPE_DOUBLE);
    return value ? *value : otherwise;
}

uint32_t setting_uint32(const ProtobufCMessage *config, const char *name, uint32_t otherwise) {
    const uint32_t *value = value_at(config, name, PROTOBUF_C_TYPE_UINT32);
    return value ? *value : otherwise;
}

bool setting_bool(const ProtobufCMessage *config, const char *name, bool otherwise) {
    const protobuf_c_boolean *value = value_at(config, name, PROTOBUF_C_TYPE_BOOL);
    return value ? *value : otherwise;
}

int setting_enum(const ProtobufCMessage *config, const char *name, int otherwise) {
    const int *value = value_at(config, name, PROTOBUF_C_TYPE_ENUM);
    return value ? *value : otherwise;
}

static bool is_given(const ProtobufCMessage *config, const ProtobufCFieldDescriptor *field) {
    return *(const protobuf_c_boolean *)(const void *)((const char *)config +
                                                       field->quantifier_offset);
}

bool setting_is_given(const ProtobufCMessage *config, const char *name) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(config->descriptor, name);
    return field && field->label == PROTOBUF_C_LABEL_OPTIONAL && is_given(config, field);
}

ProtobufCMessage *const *setting_messages(const ProtobufCMessage *config, const char *name,
                                          size_t *n) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(config->descriptor, name);
    *n = 0;
    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE ||
        field->label != PROTOBUF_C_LABEL_REPEATED) {
        return NULL;
    }
    const char *at = (const char *)config;
    *n = *(const size_t *)(const void *)(at + field->quantifier_offset);
    return *(ProtobufCMessage *const *const *)(const void *)(at + field->offset);
}

EmendStatus settings_check_enums(const ProtobufCMessage *config, EmendError *err) {
    for (unsigned i = 0; i < config->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &config->descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_ENUM || field->label != PROTOBUF_C_LABEL_OPTIONAL) {
            continue;
        }
        const ProtobufCEnumDescriptor *type = field->descriptor;
        int value = setting_enum(config, field->name, 0);
        if (is_given(config, field) && !protobuf_c_enum_descriptor_get_value(type, value)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it is %d; it must be a %s",
                              field->name, value, type->short_name);
        }
    }
    return EMEND_OK;
}
