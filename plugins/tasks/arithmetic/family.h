/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARITHMETIC_FAMILY_H
#define ARITHMETIC_FAMILY_H
/* A family as the config describes it, its defaults filled in and its ranges checked. */
#include "config.pb-c.h"
#include "emend/status.h"
#include <stdbool.h>

enum { FAMILY_MAX_COUNT = 32, FAMILY_MAX_NUMBER = 1000000 };

/* The values of Family.Kind. */
typedef enum FamilyKind {
    FAMILY_PAIR_SUM = 0,
    FAMILY_SOLVE_LINEAR = 1,
    FAMILY_FACTOR = 2,
    FAMILY_CHAIN = 3
} FamilyKind;

typedef struct Family {
    FamilyKind kind;
    double weight;
    int64_t min, max;
    int count;
    int64_t min_slope, max_slope, min_offset, max_offset;
    const char *prompt, *attempt, *name, *mark_right, *mark_wrong;
    const char *lead_copy, *lead_other; /* the config's, or static */
    double p_right, p_right_later, p_copy, p_copy_right;
    bool is_wrong_near, later_differs;
    uint32_t level;
} Family;

/* Fills in *out from config, whose texts it borrows. Errors begin with `family[index].`. */
EmendStatus family_init(const Emend__Tasks__Arithmetic__Family *config, size_t index, Family *out,
                        EmendError *err);

#endif
