/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_USES_H
#define PLUGIN_USES_H
/* The components a recipe names, in its order. */
#include "emend/recipe.pb-c.h"
#include "emend/status.h"
#include "plugin/kinds.h"

typedef struct Use {
    const Kind *kind;
    const Emend__Component *component;
} Use;

/* *out is the caller's to free; what it points to is the recipe's. */
EmendStatus uses_list(const Emend__Recipe *recipe, Use **out, size_t *n, EmendError *err);

#endif
