/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_INSTANCE_H
#define CHECK_INSTANCE_H
/* Instances of the component under test, one config after another. */
#include "check/subject.h"

typedef struct Instance {
    Subject *subject;
    Kit *kit;
    const Emend__Example *example; /* NULL: there are none, and the config is the defaults */
    EmendBytes config;
    void *self;
    const void *table; /* the host's copy, of the component's kind */
} Instance;

/* Runs `test` on an instance of each golden config, or of the defaults, until the kit is told of
 * something. */
void instance_each(Kit *kit, void (*test)(Instance *instance));
/* Another of the same config, without a past. False: the kit was told. */
bool instance_twin(const Instance *instance, Instance *out);
void instance_drop(Instance *instance);

/* The error to hand to a call, cleared; and whether the call went well. */
EmendError *instance_err(const Instance *instance);
bool instance_ok(const Instance *instance, const char *operation, EmendStatus status);

/* Whether the manifest says that the component has a capability. */
bool instance_declares(const Kit *kit, const char *capability);

#endif
