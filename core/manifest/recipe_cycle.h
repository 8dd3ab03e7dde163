/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_RECIPE_CYCLE_H
#define MANIFEST_RECIPE_CYCLE_H
#include "manifest/recipe.h"

/* Writes the rounds of a checked recipe's `cycle` out as stages, in the message and in the wire
 * bytes, and takes the cycle away. */
EmendStatus recipe_unroll(Recipe *recipe, EmendError *err);

#endif
