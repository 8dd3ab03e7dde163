/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H
/* A config message as documentation: the comments of its .proto, types and defaults. */
#include "manifest/descriptors.h"
#include <stdio.h>

void schema_print(FILE *out, const MessageType *type);

#endif
