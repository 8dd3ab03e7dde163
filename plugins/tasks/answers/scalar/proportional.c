/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/scalar.h"

#include "scalar/interval.h"
#include "scalar/modular.h"
#include "scalar/normal.h"
#include "scalar/sample.h"

typedef struct Pair {
    Work *work;
    Survey *survey;
    const Node *a, *b;
    bool is_positive;
} Pair;

// The verdict on two trees that are known to be proportional.
static ScalarVerdict judge_sign(const Pair *pair) {
    if (!pair->is_positive) {
        return SCALAR_EQUAL;
    }
    int sign = sample_sign(pair->work, pair->survey, pair->a, pair->b);
    if (sign == 0) {
        return SCALAR_UNDECIDED;
    }
    return sign > 0 ? SCALAR_EQUAL : SCALAR_DIFFERENT;
}

static bool has_division(const Node *node) {
    if (node->kind == NODE_QUOTIENT && node_has_symbol(node->child[1])) {
        return true;
    }
    if (node->kind == NODE_POWER && node_has_symbol(node->child[0]) &&
        (node->child[1]->kind != NODE_NUMBER || mpq_sgn(node->child[1]->number) < 0)) {
        return true;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (has_division(node->child[i])) {
            return true;
        }
    }
    return false;
}

static ScalarVerdict compare_numerators(const Pair *pair) {
    if (!has_division(pair->a) && !has_division(pair->b)) {
        return SCALAR_DIFFERENT;
    }
    switch (normal_proportional(pair->work, pair->survey, pair->a, pair->b, true)) {
    case NORMAL_YES:
        return SCALAR_EQUAL;
    case NORMAL_NO:
        return SCALAR_DIFFERENT;
    default:
        return SCALAR_UNDECIDED;
    }
}

static ScalarVerdict compare_rational(const Pair *pair, const ModularPair *values) {
    bool is_zero = modular_is_zero(&values->a), is_other_zero = modular_is_zero(&values->b);
    if (is_zero || is_other_zero) {
        return is_zero && is_other_zero ? SCALAR_UNDECIDED : SCALAR_DIFFERENT;
    }
    if (modular_is_proportional(values)) {
        return judge_sign(pair);
    }
    return pair->is_positive ? SCALAR_DIFFERENT : compare_numerators(pair);
}

static ScalarVerdict compare_others(const Pair *pair) {
    if (normal_proportional(pair->work, pair->survey, pair->a, pair->b, !pair->is_positive) ==
        NORMAL_YES) {
        return judge_sign(pair);
    }
    ScalarVerdict verdict = sample_proportional(pair->work, pair->survey, pair->a, pair->b);
    return verdict == SCALAR_EQUAL ? judge_sign(pair) : verdict;
}

static ScalarVerdict compare(const Pair *pair) {
    ModularPair values;
    if (survey_is_independent(pair->survey) &&
        modular_values(pair->work, pair->survey, pair->a, pair->b, &values)) {
        return compare_rational(pair, &values);
    }
    return compare_others(pair);
}

ScalarVerdict scalar_proportional(Work *work, const Node *a, const Node *b, bool is_positive) {
    Survey survey = {0};
    if (!survey_add(&survey, work, a) || !survey_add(&survey, work, b) || survey.has_structure ||
        survey.has_infinity) {
        return SCALAR_UNDECIDED;
    }
    Pair pair = {work, &survey, a, b, is_positive};
    ScalarVerdict verdict = compare(&pair);
    interval_free_caches();
    return work_failed(work) ? SCALAR_UNDECIDED : verdict;
}
