/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/scalar.h"

#include "scalar/exact.h"
#include "scalar/interval.h"
#include "scalar/modular.h"
#include "scalar/normal.h"
#include "scalar/quick.h"
#include "scalar/sample.h"

static const mpfr_prec_t precisions[] = {INTERVAL_LOW, INTERVAL_MIDDLE, INTERVAL_HIGH,
                                         INTERVAL_HIGHEST};
enum { N_PRECISIONS = sizeof precisions / sizeof *precisions, N_TO_BE_REAL = 3 };

bool scalar_rational(Work *work, const Node *node, mpq_ptr value) {
    return exact_value(work, NULL, node, value) == EXACT_VALUE;
}

// Both exact: the verdict. Else UNDECIDED.
static ScalarVerdict compare_exactly(Work *work, const Node *a, const Node *b) {
    mpq_t left, right;
    mpq_inits(left, right, NULL);
    ScalarVerdict verdict = SCALAR_UNDECIDED;
    Exactness is_left = exact_value(work, NULL, a, left);
    Exactness is_right = exact_value(work, NULL, b, right);
    if (is_left == EXACT_UNDEFINED || is_right == EXACT_UNDEFINED) {
        verdict = SCALAR_DIFFERENT; // 1/0 is equal to its own spelling only
    } else if (is_left == EXACT_VALUE && is_right == EXACT_VALUE) {
        verdict = mpq_equal(left, right) ? SCALAR_EQUAL : SCALAR_DIFFERENT;
    }
    mpq_clears(left, right, NULL);
    return verdict;
}

static ScalarVerdict compare_modulo(Work *work, const Survey *survey, const Node *a,
                                    const Node *b) {
    ModularPair pair;
    if (!modular_values(work, survey, a, b, &pair)) {
        return SCALAR_UNDECIDED;
    }
    if (modular_is_equal(&pair)) {
        return SCALAR_EQUAL;
    }
    return survey_is_independent(survey) ? SCALAR_DIFFERENT : SCALAR_UNDECIDED;
}

// At one precision; is_defined: whether both have a value.
static ScalarVerdict compare_at(Work *work, const Node *a, const Node *b, mpfr_prec_t precision,
                                bool *is_defined) {
    Evaluation evaluation;
    interval_spend_on_caches(work, precision);
    evaluation_init(&evaluation, work, NULL, precision);
    ScalarVerdict verdict = SCALAR_UNDECIDED;
    const Enclosure *left = evaluation_of(&evaluation, a, 0);
    double weight = evaluation.weight;
    const Enclosure *right = left ? evaluation_of(&evaluation, b, 1) : NULL;
    weight += evaluation.weight;
    *is_defined = right != NULL;
    if (right && enclosure_differs(left, right)) {
        verdict = SCALAR_DIFFERENT;
    } else if (right &&
               (enclosure_is_same_point(left, right) || enclosure_agrees(left, right, weight))) {
        verdict = SCALAR_EQUAL;
    }
    evaluation_finish(&evaluation);
    return verdict;
}

static ScalarVerdict compare_constants(Work *work, const Survey *survey, const Node *a,
                                       const Node *b) {
    ScalarVerdict verdict = SCALAR_UNDECIDED;
    bool was_defined = false;
    for (uint32_t i = 0; i < N_PRECISIONS && verdict == SCALAR_UNDECIDED; i++) {
        bool is_defined = false;
        verdict = compare_at(work, a, b, precisions[i], &is_defined);
        if (verdict == SCALAR_UNDECIDED && is_defined && !was_defined) {
            was_defined = true;
            verdict = normal_is_equal(work, survey, a, b) ? SCALAR_EQUAL : SCALAR_UNDECIDED;
        }
    }
    return work_failed(work) ? SCALAR_UNDECIDED : verdict;
}

static bool survey_both(Survey *survey, Work *work, const Node *a, const Node *b) {
    return survey_add(survey, work, a) && survey_add(survey, work, b);
}

static ScalarVerdict compare_surveyed(Work *work, Survey *survey, const Node *a, const Node *b) {
    ScalarVerdict verdict = SCALAR_UNDECIDED;
    if (survey->n_names == 0) {
        verdict = compare_exactly(work, a, b);
        if (verdict == SCALAR_UNDECIDED && quick_differs(work, NULL, a, b)) {
            return SCALAR_DIFFERENT;
        }
    }
    if (verdict == SCALAR_UNDECIDED) {
        verdict = compare_modulo(work, survey, a, b);
    }
    if (verdict != SCALAR_UNDECIDED || work_failed(work)) {
        return work_failed(work) ? SCALAR_UNDECIDED : verdict;
    }
    verdict = survey->n_names == 0 ? compare_constants(work, survey, a, b)
                                   : sample_compare(work, survey, a, b);
    interval_free_caches();
    return verdict;
}

ScalarVerdict scalar_compare(Work *work, const Node *a, const Node *b) {
    if (a->kind == NODE_NUMBER && b->kind == NODE_NUMBER) {
        return mpq_equal(a->number, b->number) ? SCALAR_EQUAL : SCALAR_DIFFERENT;
    }
    if (node_same(a, b)) {
        return SCALAR_EQUAL;
    }
    Survey survey = {0};
    if (!survey_both(&survey, work, a, b) || survey.has_structure) {
        return SCALAR_UNDECIDED;
    }
    return survey.has_infinity ? SCALAR_DIFFERENT : compare_surveyed(work, &survey, a, b);
}

// 1 and -1 for infinity and its negative, else 0.
static int infinity_of(const Node *node) {
    if (node->kind == NODE_NEGATIVE) {
        return -infinity_of(node->child[0]);
    }
    return node->kind == NODE_INFINITY;
}

// Whether a tree has a real value.
static bool is_real(Work *work, const Node *node) {
    Evaluation evaluation;
    bool is_found = false;
    for (uint32_t i = 0; i < N_TO_BE_REAL && !is_found && !work_failed(work); i++) {
        interval_spend_on_caches(work, precisions[i]);
        evaluation_init(&evaluation, work, NULL, precisions[i]);
        const Enclosure *value = evaluation_of(&evaluation, node, 0);
        is_found = value && value->is_real;
        evaluation_finish(&evaluation);
    }
    interval_free_caches();
    return is_found;
}

enum { NOT_ORDERED = 2 };

static int order_at(Work *work, const Node *a, const Node *b, mpfr_prec_t precision) {
    Evaluation evaluation;
    interval_spend_on_caches(work, precision);
    evaluation_init(&evaluation, work, NULL, precision);
    const Enclosure *left = evaluation_of(&evaluation, a, 0);
    const Enclosure *right = left ? evaluation_of(&evaluation, b, 1) : NULL;
    int order = NOT_ORDERED;
    if (right && left->is_real && right->is_real && enclosure_differs(left, right)) {
        order = mpfr_less_p(&left->re->right, &right->re->left) ? -1 : 1;
    }
    evaluation_finish(&evaluation);
    return order;
}

static int order_numbers(Work *work, const Node *a, const Node *b) {
    int order = NOT_ORDERED;
    for (uint32_t i = 0; i < N_PRECISIONS && order == NOT_ORDERED; i++) {
        order = order_at(work, a, b, precisions[i]);
        if (order == NOT_ORDERED && i == 0 && is_real(work, a) &&
            scalar_compare(work, a, b) == SCALAR_EQUAL) {
            order = 0;
        }
    }
    interval_free_caches();
    return work_failed(work) ? NOT_ORDERED : order;
}

static bool order_exactly(Work *work, const Node *a, const Node *b, int *order) {
    mpq_t left, right;
    mpq_inits(left, right, NULL);
    bool is_exact = scalar_rational(work, a, left) && scalar_rational(work, b, right);
    if (is_exact) {
        int sign = mpq_cmp(left, right);
        *order = (sign > 0) - (sign < 0);
    }
    mpq_clears(left, right, NULL);
    return is_exact;
}

int scalar_order(Work *work, const Node *a, const Node *b) {
    int left = infinity_of(a), right = infinity_of(b);
    if (left && right) {
        return (left > right) - (left < right);
    }
    if (left || right) {
        return is_real(work, left ? b : a) ? left - right : NOT_ORDERED;
    }
    int order = NOT_ORDERED;
    Survey survey = {0};
    if (!survey_both(&survey, work, a, b) || survey.has_structure || survey.has_infinity) {
        return NOT_ORDERED;
    }
    if (survey.n_names > 0) {
        return scalar_compare(work, a, b) == SCALAR_EQUAL ? 0 : NOT_ORDERED;
    }
    return order_exactly(work, a, b, &order) ? order : order_numbers(work, a, b);
}

// The ends of what is rounded to a decimal: halves are rounded away from zero, so that the end
// nearer to zero belongs to it.
static bool is_within(Work *work, const Node *node, mpq_srcptr decimal, mpq_srcptr half) {
    mpq_t end;
    mpq_init(end);
    mpq_sub(end, decimal, half);
    const Node *low = node_rational(work, end);
    mpq_add(end, decimal, half);
    const Node *high = node_rational(work, end);
    mpq_clear(end);
    if (!low || !high) {
        return false;
    }
    int above = scalar_order(work, node, low), below = scalar_order(work, node, high);
    int sign = mpq_sgn(decimal);
    return (above == 1 || (above == 0 && sign > 0)) && (below == -1 || (below == 0 && sign < 0));
}

bool scalar_rounds_to(Work *work, const Node *node, mpq_srcptr decimal, uint32_t n_decimals) {
    if (n_decimals > WORK_MAX_BITS / 4 || node_has_symbol(node) ||
        !work_spend(work, 100 + (uint64_t)n_decimals * n_decimals / 256)) {
        return false;
    }
    mpq_t half, scaled;
    mpq_inits(half, scaled, NULL);
    mpz_ui_pow_ui(mpq_denref(half), 10, n_decimals);
    mpz_set_ui(mpq_numref(half), 1); // 10^-n
    mpq_div(scaled, decimal, half);
    mpq_div_2exp(half, half, 1);
    bool rounds = mpz_cmp_ui(mpq_denref(scaled), 1) == 0 && is_within(work, node, decimal, half);
    mpq_clears(half, scaled, NULL);
    return rounds;
}
