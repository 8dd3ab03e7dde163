/* SPDX-License-Identifier: Apache-2.0 */
#include "family.h"

typedef Emend__Tasks__Arithmetic__Family FamilyConfig;

static const struct {
    const char *name, *prompt, *attempt;
    int64_t min, max;
    int count, min_count; // 0: the kind has none
    bool is_wrong_near;
} defaults[] = {
    [FAMILY_PAIR_SUM] = {"pair_sum", "P[target]:[numbers]", "\\boxed{[x]+[y]}=[value]", 10, 49, 4,
                         3, false},
    [FAMILY_SOLVE_LINEAR] = {"solve_linear", "S[a]x+[b]=[target]",
                             "\\boxed{[x]}[a]*[x]+[b]=[value]", 2, 29, 0, 0, true},
    [FAMILY_FACTOR] = {"factor", "F[target]", "\\boxed{[x]*[y]}=[value]", 2, 19, 0, 0, true},
    [FAMILY_CHAIN] = {"chain", "C[numbers]", "[steps]\\boxed{[value]}", 10, 49, 3, 2, true},
};

static EmendStatus check_share(size_t index, const char *field, double p, EmendError *err) {
    if (!(p >= 0 && p <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].%s: is %g; it must be from 0 to 1", index, field, p);
    }
    return EMEND_OK;
}

static EmendStatus check_range(size_t index, const char *what, int64_t low, int64_t high,
                               int64_t least, EmendError *err) {
    if (low < least) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].min%s: is %lld; it must be %lld or more", index, what,
                          (long long)low, (long long)least);
    }
    if (high > FAMILY_MAX_NUMBER) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].max%s: is %lld; it must be %d or less", index, what,
                          (long long)high, FAMILY_MAX_NUMBER);
    }
    if (low > high) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].min%s: is %lld, above max%s, %lld; it must not be", index,
                          what, (long long)low, what, (long long)high);
    }
    return EMEND_OK;
}

static EmendStatus check_count(size_t index, const FamilyConfig *config, const Family *family,
                               EmendError *err) {
    int least = defaults[family->kind].min_count;
    if (least == 0 && config->has_count) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].count: is set, but the kind %s has none; leave it out",
                          index, defaults[family->kind].name);
    }
    if (least > 0 && config->has_count &&
        (config->count < (uint32_t)least || config->count > FAMILY_MAX_COUNT)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].count: is %u; it must be from %d to %d", index,
                          config->count, least, FAMILY_MAX_COUNT);
    }
    if (family->kind == FAMILY_PAIR_SUM && family->max - family->min + 1 < family->count) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].count: is %d, but min to max has %lld different numbers; "
                          "widen them or list fewer",
                          index, family->count, (long long)(family->max - family->min + 1));
    }
    return EMEND_OK;
}

static EmendStatus check_ranges(size_t index, const FamilyConfig *config, const Family *family,
                                EmendError *err) {
    bool is_linear = family->kind == FAMILY_SOLVE_LINEAR;
    if (!is_linear && (config->has_min_slope || config->has_max_slope || config->has_min_offset ||
                       config->has_max_offset)) {
        const char *field = config->has_min_slope    ? "min_slope"
                            : config->has_max_slope  ? "max_slope"
                            : config->has_min_offset ? "min_offset"
                                                     : "max_offset";
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].%s: is set, but the kind %s has none; leave it out", index,
                          field, defaults[family->kind].name);
    }
    int64_t least = family->kind == FAMILY_FACTOR ? 2 : 0;
    EmendStatus status = check_range(index, "", family->min, family->max, least, err);
    if (status == EMEND_OK) {
        status = check_range(index, "_slope", family->min_slope, family->max_slope, 1, err);
    }
    if (status == EMEND_OK) {
        status = check_range(index, "_offset", family->min_offset, family->max_offset, 0, err);
    }
    return status == EMEND_OK ? check_count(index, config, family, err) : status;
}

static EmendStatus check_shares(size_t index, const Family *family, EmendError *err) {
    if (!(family->weight >= 0 && family->weight <= 1e9)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].weight: is %g; it must be from 0 to 1e9", index,
                          family->weight);
    }
    EmendStatus status = check_share(index, "p_right", family->p_right, err);
    if (status == EMEND_OK) {
        status = check_share(index, "p_right_later", family->p_right_later, err);
    }
    if (status == EMEND_OK) {
        status = check_share(index, "p_copy", family->p_copy, err);
    }
    return status == EMEND_OK ? check_share(index, "p_copy_right", family->p_copy_right, err)
                              : status;
}

EmendStatus family_init(const FamilyConfig *config, size_t index, Family *out, EmendError *err) {
    int kind = (int)config->kind;
    if (kind < FAMILY_PAIR_SUM || kind > FAMILY_CHAIN) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].kind: is %d; it must be PAIR_SUM, SOLVE_LINEAR, FACTOR or "
                          "CHAIN",
                          index, kind);
    }
    *out = (Family){
        .kind = (FamilyKind)kind,
        .weight = config->weight,
        .min = config->has_min ? (int64_t)config->min : defaults[kind].min,
        .max = config->has_max ? (int64_t)config->max : defaults[kind].max,
        .count = config->has_count ? (int)config->count : defaults[kind].count,
        .min_slope = config->min_slope,
        .max_slope = config->max_slope,
        .min_offset = config->min_offset,
        .max_offset = config->max_offset,
        .prompt = config->prompt ? config->prompt : defaults[kind].prompt,
        .attempt = config->attempt ? config->attempt : defaults[kind].attempt,
        .name = config->name ? config->name : defaults[kind].name,
        .mark_right = config->mark_right,
        .mark_wrong = config->mark_wrong,
        .lead_copy = config->lead_copy,
        .lead_other = config->lead_other,
        .p_right = config->p_right,
        .p_right_later = config->p_right_later,
        .p_copy = config->p_copy,
        .p_copy_right = config->has_p_copy_right ? config->p_copy_right : config->p_copy,
        .is_wrong_near = config->has_wrong
                             ? config->wrong == EMEND__TASKS__ARITHMETIC__FAMILY__WRONG__NEAR
                             : defaults[kind].is_wrong_near,
        .later_differs = config->later_differs,
        .level = config->level,
    };
    EmendStatus status = check_ranges(index, config, out, err);
    return status == EMEND_OK ? check_shares(index, out, err) : status;
}
