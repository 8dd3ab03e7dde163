/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_SETTINGS_H
#define OBJECTIVE_SETTINGS_H
/* Fields of a config message by their names. A name means the same in every algorithm that has it;
 * one that an algorithm does not have reads as `otherwise`. */
#include "emend/status.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

double setting_double(const ProtobufCMessage *config, const char *name, double otherwise);
uint32_t setting_uint32(const ProtobufCMessage *config, const char *name, uint32_t otherwise);
bool setting_bool(const ProtobufCMessage *config, const char *name, bool otherwise);
int setting_enum(const ProtobufCMessage *config, const char *name, int otherwise);
/* Whether the recipe gives an optional field that the message has. */
bool setting_is_given(const ProtobufCMessage *config, const char *name);
/* The messages of a repeated field, and how many. */
ProtobufCMessage *const *setting_messages(const ProtobufCMessage *config, const char *name,
                                          size_t *n);

/* Refuses numbers of enum fields that are none of their names. */
EmendStatus settings_check_enums(const ProtobufCMessage *config, EmendError *err);

#endif
