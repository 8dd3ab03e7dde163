/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPARE_MATRIX_H
#define COMPARE_MATRIX_H
/* Recipes by seeds: what `emend compare` runs, and what of it is the same for all recipes. */
#include "manifest/recipe.h"

typedef struct Variant {
    const char *path;  /* of the recipe, as given */
    Recipe *recipe;    /* with the common overrides, seed aside */
    uint64_t episodes; /* behind the shared stages, at the steps it is run with */
    uint64_t updates;  /* the same; optimizer steps, where each is planned once */
    uint64_t *steps;   /* by stage, as they are run */
} Variant;

typedef struct Matrix {
    Variant *variants;
    size_t n_variants;
    uint64_t *seeds;
    size_t n_seeds;
    size_t n_shared; /* leading stages that are the same in all, and lead to the same policy */
} Matrix;

/* Reads the recipes; each has a name of its own, which its folders and rows have. */
EmendStatus matrix_load(const char *const *paths, size_t n_paths, const char *const *assignments,
                        size_t n_assignments, const AnyResolver *resolver, Matrix *out,
                        EmendError *err);
/* "5": seeds 1 to 5. "3,5,8": these. */
EmendStatus matrix_set_seeds(Matrix *matrix, const char *text, EmendError *err);
/* Gives the stages behind the shared ones steps in proportion, so that each variant samples about
 * `episodes` episodes in them. */
EmendStatus matrix_set_budget(Matrix *matrix, uint64_t episodes, EmendError *err);
/* A zeroed matrix is allowed. */
void matrix_finish(Matrix *matrix);

#endif
