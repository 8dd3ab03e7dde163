/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_BUILTIN_H
#define MANIFEST_BUILTIN_H
/* The descriptor set of plugin.proto, recipe.proto and run.proto. */
#include "emend/data.h"

/* Static storage. */
EmendBytes builtin_set(void);

#endif
