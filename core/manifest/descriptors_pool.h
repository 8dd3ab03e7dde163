/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_DESCRIPTORS_POOL_H
#define MANIFEST_DESCRIPTORS_POOL_H
/* What a pool is made of: for descriptors.c, which answers, and descriptors_build.c, which fills.
 */
#include "google/protobuf/descriptor.pb-c.h"
#include "manifest/arena.h"
#include "manifest/descriptors.h"

/* A message type and where it comes from; the public part first. */
typedef struct PoolMessage {
    MessageType type;
    const DescriptorPool *pool;
    const Google__Protobuf__DescriptorProto *proto;
} PoolMessage;

struct DescriptorPool {
    Google__Protobuf__FileDescriptorSet *set; /* owns the names */
    Arena arena;                              /* owns the rest */
    PoolMessage *messages; /* file by file, a message before those nested in it */
    size_t n_messages;
    EnumType *enums;
    size_t n_enums;
    PoolMessage **messages_by_name;
    EnumType **enums_by_name;
};

/* Fills an empty pool from its `set`. */
EmendStatus descriptor_pool_build(DescriptorPool *pool, const char *origin, EmendError *err);

/* By full name; NULL where there is none. */
const EnumType *descriptor_pool_enum(const DescriptorPool *pool, const char *name);

#endif
