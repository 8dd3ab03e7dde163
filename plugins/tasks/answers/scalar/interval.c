/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/interval.h"

#include "scalar/exact.h"

#include <math.h>

enum { MAX_FACTORIAL = 20000, FREE_BITS = 8, NAME_BITS = 4 };

// Well within the default range of MPFR.
static const long max_exponent = 1L << 29;

static bool evaluate(Evaluation *evaluation, const Node *node, uint32_t at);

static Enclosure *slot(Evaluation *evaluation, uint32_t at) {
    return evaluation->stack.slots[at];
}

// How far from 1 a value is, in bits beyond a few. What may be 0 counts for nothing.
static double size_of(mpfi_srcptr x) {
    if (!interval_is_positive(x) && !interval_is_negative(x)) {
        return 0.0;
    }
    double left = fabs((double)mpfr_get_exp(&x->left));
    double right = fabs((double)mpfr_get_exp(&x->right));
    return fmax(fmax(left, right) - FREE_BITS, 0.0);
}

static void note(Evaluation *evaluation, const Enclosure *value) {
    evaluation->weight += 1.0 + size_of(value->re);
    if (!value->is_real) {
        evaluation->is_real_throughout = false;
        evaluation->weight += size_of(value->im);
    }
}

// A number that is written with many digits may hide a small term too.
static void note_exact(Evaluation *evaluation, mpq_srcptr value) {
    evaluation->weight +=
        (double)mpz_sizeinbase(mpq_numref(value), 2) + (double)mpz_sizeinbase(mpq_denref(value), 2);
}

static bool set_value_of(Evaluation *evaluation, mpq_srcptr number, uint32_t at) {
    mpfi_set_q(slot(evaluation, at)->re, number);
    slot(evaluation, at)->is_real = true;
    return stack_spend_simple(&evaluation->stack, 3) && mpfi_bounded_p(slot(evaluation, at)->re);
}

static bool set_number(Evaluation *evaluation, mpq_srcptr number, uint32_t at) {
    note_exact(evaluation, number);
    return set_value_of(evaluation, number, at);
}

// The digits of its value are no choice of whoever wrote the tree.
static bool set_name(Evaluation *evaluation, const Node *node, uint32_t at) {
    const Point *point = evaluation->point;
    evaluation->weight += NAME_BITS;
    return point && set_value_of(evaluation, point->values[survey_index(point->survey, node)], at);
}

static bool set_exact(Evaluation *evaluation, const Node *node, uint32_t at) {
    mpq_t value;
    mpq_init(value);
    bool is_set =
        exact_value(evaluation->stack.work, evaluation->point, node, value) == EXACT_VALUE &&
        set_number(evaluation, value, at);
    mpq_clear(value);
    return is_set;
}

static bool is_around(mpfi_srcptr x, long edge) {
    return mpfr_cmp_si(&x->left, edge) <= 0 && mpfr_cmp_si(&x->right, edge) >= 0;
}

// An argument of a function that is not defined beyond -1, 0 or 1: just there its exact value
// counts, since an interval around it never fits.
static bool evaluate_argument(Evaluation *evaluation, const Node *node, uint32_t at) {
    if (!evaluate(evaluation, node, at)) {
        return false;
    }
    const Enclosure *value = slot(evaluation, at);
    if (value->is_real && !mpfr_equal_p(&value->re->left, &value->re->right) &&
        (is_around(value->re, -1) || is_around(value->re, 0) || is_around(value->re, 1))) {
        set_exact(evaluation, node, at);
    }
    return true;
}

static void set_constant(Evaluation *evaluation, NodeKind kind, uint32_t at) {
    Enclosure *value = slot(evaluation, at);
    value->is_real = kind != NODE_I;
    if (kind == NODE_PI) {
        mpfi_const_pi(value->re);
    } else if (kind == NODE_E) {
        mpfi_set_ui(value->re, 1);
        mpfi_exp(value->re, value->re);
    } else {
        mpfi_set_ui(value->re, 0);
        mpfi_set_ui(value->im, 1);
    }
}

static bool combine(Evaluation *evaluation, NodeKind operation, uint32_t at) {
    Stack *stack = &evaluation->stack;
    if (operation == NODE_SUM) {
        return enclosure_add(stack, at);
    }
    return operation == NODE_PRODUCT ? enclosure_multiply(stack, at) : enclosure_divide(stack, at);
}

static bool fold(Evaluation *evaluation, const Node *node, uint32_t at) {
    if (!evaluate(evaluation, node->child[0], at)) {
        return false;
    }
    for (uint32_t i = 1; i < node->n_children; i++) {
        if (!evaluate(evaluation, node->child[i], at + 1) || !combine(evaluation, node->kind, at)) {
            return false;
        }
        note(evaluation, slot(evaluation, at));
    }
    return true;
}

// Odd roots of negative numbers are meant only where the exponent is written: x^y with y = 1/3 is
// the principal value.
static bool raise(Evaluation *evaluation, const Node *node, mpq_ptr exponent, uint32_t at) {
    bool has_odd_roots = node->kind == NODE_ROOT || !node_has_symbol(node->child[1]);
    if (node->kind == NODE_ROOT) {
        if (mpq_sgn(exponent) == 0) {
            return false;
        }
        mpq_inv(exponent, exponent);
    }
    note_exact(evaluation, exponent);
    double before = evaluation->weight;
    if (!evaluate_argument(evaluation, node->child[0], at)) {
        return false;
    }
    // As if the base were written that many times.
    double times = fmax(fabs(mpq_get_d(exponent)), 1.0);
    evaluation->weight = before + (evaluation->weight - before) * times;
    return enclosure_raise(&evaluation->stack, at, exponent, has_odd_roots);
}

static bool power_of_e(Evaluation *evaluation, const Node *exponent, uint32_t at) {
    return evaluate(evaluation, exponent, at) && enclosure_exp(&evaluation->stack, at);
}

static bool inexact_power(Evaluation *evaluation, const Node *node, uint32_t at) {
    if (node->kind == NODE_POWER && node->child[0]->kind == NODE_E) {
        return power_of_e(evaluation, node->child[1], at);
    }
    if (!evaluate(evaluation, node->child[0], at) ||
        !evaluate(evaluation, node->child[1], at + 1)) {
        return false;
    }
    if (node->kind == NODE_ROOT && !enclosure_invert(&evaluation->stack, at + 1)) {
        return false;
    }
    return enclosure_power(&evaluation->stack, at);
}

static bool power(Evaluation *evaluation, const Node *node, uint32_t at) {
    const Node *above = node->child[1];
    mpq_t exponent;
    mpq_init(exponent);
    bool is_exact =
        exact_value(evaluation->stack.work, evaluation->point, above, exponent) == EXACT_VALUE;
    bool is_done =
        is_exact ? raise(evaluation, node, exponent, at) : inexact_power(evaluation, node, at);
    mpq_clear(exponent);
    return is_done;
}

// sin, cos, and the quotients of them and of 1.
static bool trigonometric(Evaluation *evaluation, Function function, uint32_t at) {
    Stack *stack = &evaluation->stack;
    if (function == FN_SIN || function == FN_COS) {
        return function == FN_SIN ? enclosure_sin(stack, at) : enclosure_cos(stack, at);
    }
    if (!stack_reach(stack, at + 1)) {
        return false;
    }
    bool is_over_sine = function == FN_COT || function == FN_CSC;
    Enclosure *above = slot(evaluation, at), *below = slot(evaluation, at + 1);
    enclosure_copy(below, above);
    if (!(is_over_sine ? enclosure_sin(stack, at + 1) : enclosure_cos(stack, at + 1))) {
        return false;
    }
    if (function == FN_SEC || function == FN_CSC) {
        mpfi_set_ui(above->re, 1);
        above->is_real = true;
    } else if (!(is_over_sine ? enclosure_cos(stack, at) : enclosure_sin(stack, at))) {
        return false;
    }
    return enclosure_divide(stack, at);
}

// outside: whether it is known not to be there.
static bool is_in_domain(mpfi_srcptr x, Function function, bool *is_outside) {
    switch (function) {
    case FN_ARCSIN:
    case FN_ARCCSC:
    case FN_ARCCOS:
    case FN_ARCSEC:
        *is_outside = mpfr_cmp_si(&x->right, -1) < 0 || mpfr_cmp_si(&x->left, 1) > 0;
        return mpfr_cmp_si(&x->left, -1) >= 0 && mpfr_cmp_si(&x->right, 1) <= 0;
    case FN_ARTANH:
        *is_outside = mpfr_cmp_si(&x->right, -1) < 0 || mpfr_cmp_si(&x->left, 1) > 0;
        return mpfr_cmp_si(&x->left, -1) > 0 && mpfr_cmp_si(&x->right, 1) < 0;
    case FN_ARCOSH:
        *is_outside = mpfr_cmp_ui(&x->right, 1) < 0;
        return mpfr_cmp_ui(&x->left, 1) >= 0;
    default:
        return true;
    }
}

static bool apply(mpfi_ptr x, Function function) {
    switch (function) {
    case FN_ARCSIN:
    case FN_ARCCSC:
        mpfi_asin(x, x);
        return true;
    case FN_ARCCOS:
    case FN_ARCSEC:
        mpfi_acos(x, x);
        return true;
    case FN_ARCTAN:
    case FN_ARCCOT:
        mpfi_atan(x, x);
        return true;
    case FN_SINH:
        mpfi_sinh(x, x);
        return true;
    case FN_COSH:
        mpfi_cosh(x, x);
        return true;
    case FN_TANH:
        mpfi_tanh(x, x);
        return true;
    case FN_ARSINH:
        mpfi_asinh(x, x);
        return true;
    case FN_ARCOSH:
        mpfi_acosh(x, x);
        return true;
    case FN_ARTANH:
        mpfi_atanh(x, x);
        return true;
    default:
        return false;
    }
}

// The inverse functions and the hyperbolic ones where they are real; their continuations into the
// complex plane are a matter of convention, as is the arc cotangent of negative numbers.
static bool function_of_real(Evaluation *evaluation, Function function, uint32_t at) {
    mpfi_ptr x = slot(evaluation, at)->re;
    if (!slot(evaluation, at)->is_real || !interval_is_tame(x) ||
        !stack_spend_function(&evaluation->stack, function <= FN_ARCCSC ? 3 : 2)) {
        return false;
    }
    if (function == FN_ARCCOT || function == FN_ARCSEC || function == FN_ARCCSC) {
        if (!interval_is_positive(x) && (function == FN_ARCCOT || !interval_is_negative(x))) {
            evaluation->is_outside = interval_is_negative(x);
            return false;
        }
        mpfi_inv(x, x);
    }
    if (function == FN_TANH) { // 1 - tanh x is about 2 e^{-2x}
        evaluation->weight += 3.0 * fabs(mpfi_get_d(x));
    }
    return is_in_domain(x, function, &evaluation->is_outside) && apply(x, function);
}

static bool logarithm(Evaluation *evaluation, const Node *node, uint32_t at) {
    Stack *stack = &evaluation->stack;
    if (!enclosure_log(stack, at)) {
        return false;
    }
    note(evaluation, slot(evaluation, at));
    return node->n_children == 2 && evaluate(evaluation, node->child[1], at + 1) &&
           enclosure_log(stack, at + 1) && enclosure_divide(stack, at);
}

static bool round_to_integer(Evaluation *evaluation, Function function, uint32_t at) {
    Enclosure *value = slot(evaluation, at);
    mpfr_ptr left = &value->re->left, right = &value->re->right;
    if (!value->is_real) {
        return false;
    }
    if (function == FN_FLOOR) {
        mpfr_floor(left, left);
        mpfr_floor(right, right);
    } else {
        mpfr_ceil(left, left);
        mpfr_ceil(right, right);
    }
    return mpfr_equal_p(left, right);
}

static bool extreme(Evaluation *evaluation, const Node *node, uint32_t at) {
    mpfi_ptr best = slot(evaluation, at)->re;
    for (uint32_t i = 1; i < node->n_children; i++) {
        if (!evaluate(evaluation, node->child[i], at + 1) || !slot(evaluation, at + 1)->is_real) {
            return false;
        }
        mpfi_srcptr next = slot(evaluation, at + 1)->re;
        if (node->function == FN_MAX) {
            mpfr_max(&best->left, &best->left, &next->left, MPFR_RNDD);
            mpfr_max(&best->right, &best->right, &next->right, MPFR_RNDU);
        } else {
            mpfr_min(&best->left, &best->left, &next->left, MPFR_RNDD);
            mpfr_min(&best->right, &best->right, &next->right, MPFR_RNDU);
        }
    }
    return slot(evaluation, at)->is_real;
}

// a - b floor(a / b)
static bool modulo(Evaluation *evaluation, const Node *node, uint32_t at) {
    Stack *stack = &evaluation->stack;
    for (uint32_t i = 0; i < 4; i++) {
        if (!evaluate(evaluation, node->child[i % 2], at + i)) {
            return false;
        }
    }
    // a, b, a, b
    if (!stack_reach(stack, at + 3) || !enclosure_divide(stack, at + 2) ||
        !round_to_integer(evaluation, FN_FLOOR, at + 2) || !enclosure_multiply(stack, at + 1)) {
        return false;
    }
    enclosure_negate(stack, at + 1);
    return slot(evaluation, at + 1)->is_real && enclosure_add(stack, at);
}

static bool natural_of(Evaluation *evaluation, const Node *node, unsigned long bound,
                       unsigned long *number) {
    mpq_t value;
    mpq_init(value);
    bool is_natural =
        exact_value(evaluation->stack.work, evaluation->point, node, value) == EXACT_VALUE &&
        mpz_cmp_ui(mpq_denref(value), 1) == 0 && mpq_sgn(value) >= 0 &&
        mpz_cmp_ui(mpq_numref(value), bound) <= 0;
    *number = is_natural ? mpz_get_ui(mpq_numref(value)) : 0;
    mpq_clear(value);
    return is_natural;
}

// One that is too large to be written out.
static bool factorial(Evaluation *evaluation, const Node *node, uint32_t at) {
    unsigned long n = 0;
    if (!natural_of(evaluation, node->child[0], MAX_FACTORIAL, &n) ||
        !stack_spend_simple(&evaluation->stack, (uint32_t)n)) {
        return false;
    }
    mpfi_ptr x = slot(evaluation, at)->re;
    mpfr_fac_ui(&x->left, n, MPFR_RNDD);
    mpfr_fac_ui(&x->right, n, MPFR_RNDU);
    slot(evaluation, at)->is_real = true;
    return true;
}

static bool call_of_one(Evaluation *evaluation, const Node *node, uint32_t at) {
    switch (node->function) {
    case FN_SIN:
    case FN_COS:
    case FN_TAN:
    case FN_COT:
    case FN_SEC:
    case FN_CSC:
        return trigonometric(evaluation, node->function, at);
    case FN_LN:
        return enclosure_log(&evaluation->stack, at);
    case FN_LOG:
        return logarithm(evaluation, node, at);
    case FN_ABS:
        return enclosure_abs(&evaluation->stack, at);
    case FN_FLOOR:
    case FN_CEIL:
        return round_to_integer(evaluation, node->function, at);
    case FN_MAX:
    case FN_MIN:
        return extreme(evaluation, node, at);
    default:
        return function_of_real(evaluation, node->function, at);
    }
}

// Functions with jumps, and those of integers, are worked out exactly where possible.
static bool is_for_exact(Function function) {
    return function == FN_FLOOR || function == FN_CEIL || function == FN_FACTORIAL ||
           function == FN_BINOMIAL || function == FN_GCD || function == FN_LCM ||
           function == FN_MOD;
}

static bool call(Evaluation *evaluation, const Node *node, uint32_t at) {
    if (node->n_children == 0) {
        return false;
    }
    if (is_for_exact(node->function) && set_exact(evaluation, node, at)) {
        return true;
    }
    switch (node->function) {
    case FN_FACTORIAL:
        return factorial(evaluation, node, at);
    case FN_MOD:
        return node->n_children == 2 && modulo(evaluation, node, at);
    case FN_BINOMIAL:
    case FN_GCD:
    case FN_LCM:
        return false;
    default:
        return evaluate_argument(evaluation, node->child[0], at) &&
               call_of_one(evaluation, node, at);
    }
}

static bool set_value(Evaluation *evaluation, const Node *node, uint32_t at) {
    switch (node->kind) {
    case NODE_NUMBER:
        return set_number(evaluation, node->number, at);
    case NODE_SYMBOL:
        return set_name(evaluation, node, at);
    case NODE_PI:
    case NODE_E:
    case NODE_I:
        set_constant(evaluation, node->kind, at);
        return stack_spend_simple(&evaluation->stack, 10);
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return fold(evaluation, node, at);
    case NODE_NEGATIVE:
        if (!evaluate(evaluation, node->child[0], at)) {
            return false;
        }
        enclosure_negate(&evaluation->stack, at);
        return true;
    case NODE_POWER:
    case NODE_ROOT:
        return power(evaluation, node, at);
    case NODE_CALL:
        return node->function == FN_OPAQUE ? set_name(evaluation, node, at)
                                           : call(evaluation, node, at);
    default:
        return false;
    }
}

static bool is_sized_end(mpfr_srcptr end) {
    return mpfr_zero_p(end) || (mpfr_number_p(end) && mpfr_get_exp(end) < max_exponent &&
                                mpfr_get_exp(end) > -max_exponent);
}

// Neither unbounded nor, after an underflow, a number that looks like 0.
static bool is_sized(mpfi_srcptr x) {
    return is_sized_end(&x->left) && is_sized_end(&x->right);
}

static bool evaluate(Evaluation *evaluation, const Node *node, uint32_t at) {
    if (work_failed(evaluation->stack.work) || !stack_reach(&evaluation->stack, at) ||
        !set_value(evaluation, node, at)) {
        return false;
    }
    const Enclosure *value = slot(evaluation, at);
    if (!is_sized(value->re) || !(value->is_real || is_sized(value->im))) {
        return false;
    }
    note(evaluation, value);
    return !work_failed(evaluation->stack.work);
}

void evaluation_init(Evaluation *evaluation, Work *work, const Point *point,
                     mpfr_prec_t precision) {
    stack_init(&evaluation->stack, work, precision);
    evaluation->point = point;
    evaluation->is_real_throughout = true;
    evaluation->is_outside = false;
    evaluation->weight = 0.0;
}

void evaluation_finish(Evaluation *evaluation) {
    stack_finish(&evaluation->stack);
}

const Enclosure *evaluation_of(Evaluation *evaluation, const Node *node, uint32_t at) {
    evaluation->is_real_throughout = true;
    evaluation->is_outside = false;
    evaluation->weight = 0.0;
    return evaluate(evaluation, node, at) ? slot(evaluation, at) : NULL;
}

void interval_free_caches(void) {
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
}

bool interval_spend_on_caches(Work *work, mpfr_prec_t precision) {
    return work_spend(work, 1500 + (uint64_t)precision * 24);
}

static bool is_disjoint(mpfi_srcptr a, mpfi_srcptr b) {
    return mpfr_less_p(&a->right, &b->left) || mpfr_less_p(&b->right, &a->left);
}

bool enclosure_differs(const Enclosure *a, const Enclosure *b) {
    if (is_disjoint(a->re, b->re)) {
        return true;
    }
    if (a->is_real && b->is_real) {
        return false;
    }
    if (a->is_real || b->is_real) {
        mpfi_srcptr im = a->is_real ? b->im : a->im;
        return interval_is_positive(im) || interval_is_negative(im);
    }
    return is_disjoint(a->im, b->im);
}

bool enclosure_is_same_point(const Enclosure *a, const Enclosure *b) {
    return a->is_real && b->is_real && mpfr_equal_p(&a->re->left, &a->re->right) &&
           mpfr_equal_p(&b->re->left, &b->re->right) && mpfr_equal_p(&a->re->left, &b->re->left);
}

static bool is_narrow(mpfi_srcptr x, long agreeing_bits) {
    mpfr_t width;
    mpfr_init2(width, 64);
    mpfr_sub(width, &x->right, &x->left, MPFR_RNDU);
    long bits = mpfr_zero_p(width) ? -2L * agreeing_bits : mpfr_get_exp(width);
    mpfr_clear(width);
    long size = mpfr_zero_p(&x->right) ? 0 : mpfr_get_exp(&x->right);
    return bits <= (size > 0 ? size : 0) - agreeing_bits;
}

bool enclosure_agrees(const Enclosure *a, const Enclosure *b, double weight) {
    if (enclosure_differs(a, b) || !(2.0 * weight < INTERVAL_HIGHEST)) {
        return false;
    }
    long bits = (long)fmax(2.0 * weight, INTERVAL_AGREEING_BITS);
    return is_narrow(a->re, bits) && is_narrow(b->re, bits) &&
           (a->is_real || is_narrow(a->im, bits)) && (b->is_real || is_narrow(b->im, bits));
}
