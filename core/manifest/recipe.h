/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_RECIPE_H
#define MANIFEST_RECIPE_H
/* A recipe, read, overridden, resolved and checked. */
#include "emend/recipe.pb-c.h"
#include "manifest/text.h"

typedef struct Recipe {
    Emend__Recipe *message; /* unpacked, defaults filled in; configs are in the Any's value */
    EmendBytes wire;        /* the same, resolved, as wire bytes in canonical field order */
    TextTree *tree;         /* for places in messages */
    char *path;             /* of the file */
    char *dir;              /* its folder, absolute: relative paths are taken from here */
} Recipe;

/* Reads and checks the recipe at `path` with the --set assignments applied in order. On success
 * *out is the caller's, until recipe_destroy(); on failure *out is untouched and err says why, with
 * the place.
 *
 * Checked here: syntax, types, presence of what has no default, ranges (each with what it must be),
 * unique stage names, references to stages. Not here: whether components exist; the resolver says.
 */
EmendStatus recipe_load(const char *path, const char *const *assignments, size_t n_assignments,
                        const AnyResolver *resolver, Recipe **out, EmendError *err);
/* The resolved recipe as canonical text, malloc'd; flags: TEXT_PRINT_*. */
EmendStatus recipe_print(const Recipe *recipe, const AnyResolver *resolver, uint32_t flags,
                         char **out, EmendError *err);
/* A part of a recipe, of any type, which may be missing. */
#define RECIPE_PART(message) ((message) ? &(message)->base : NULL)
/* Whether two parts of recipes, messages of one type, say the same; both missing do. */
bool recipe_part_is_same(const ProtobufCMessage *a, const ProtobufCMessage *b);
void recipe_destroy(Recipe *recipe);

#endif
