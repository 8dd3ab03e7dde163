/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_RECIPE_CHECK_H
#define MANIFEST_RECIPE_CHECK_H
#include "emend/recipe.pb-c.h"
#include "manifest/text.h"

/* What types cannot say: presence, ranges, names and references. The first fault is reported at its
 * place in the tree. */
EmendStatus recipe_check(const Emend__Recipe *recipe, const TextTree *tree, EmendError *err);

#endif
