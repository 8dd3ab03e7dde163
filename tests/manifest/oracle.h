/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANIFEST_ORACLE_H
#define TESTS_MANIFEST_ORACLE_H
/* What protoc makes of a text, and what we make of it. */
#include "manifest/text.h"

/* Text format to wire bytes by `protoc --encode`, messages of rich.proto; false where it refuses.
 * *problem (may be NULL) gets what it says. All results are malloc'd. */
bool oracle_encode(const char *type, const char *text, size_t len, WireBuffer *out, char **problem);

/* The descriptors of rich.proto. */
const DescriptorPool *rich_pool(void);
const MessageType *rich_type(const char *name);

/* Ours: parse and encode; on failure `message` (1 KiB) says why. */
bool ours_encode(const char *type, const char *text, size_t len, WireBuffer *out, char *message);

enum { MESSAGE_BYTES = 1024 };

#endif
