/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/quick.h"

#include <math.h>

enum { NODE_EFFORT = 20, FUNCTION_EFFORT = 30 };

// Of one operation or function, relative: far more than any mathematical library is off by.
static const double unit = 1.0 / (1LL << 46);
static const double least = 1e-100, most = 1e100, largest_angle = 1e6;

// A number that is within `error` of the value.
typedef struct Rough {
    double value, error;
} Rough;

typedef struct Quick {
    Work *work;
    const Point *point;
} Quick;

static bool evaluate(const Quick *quick, const Node *node, Rough *out);

static bool is_sized(double value) {
    return value == 0.0 || (fabs(value) > least && fabs(value) < most);
}

// Takes a value that was just worked out, and the error that its operands bring along.
static bool set(Rough *out, double value, double error) {
    *out = (Rough){value, error + fabs(value) * unit};
    return is_sized(value) && out->error < most;
}

static bool set_number(mpq_srcptr number, Rough *out) {
    mpz_srcptr above = mpq_numref(number);
    bool is_short = mpz_cmp_ui(mpq_denref(number), 1) == 0 && mpz_fits_slong_p(above);
    double value = is_short ? (double)mpz_get_si(above) : mpq_get_d(number);
    return (value != 0.0 || mpq_sgn(number) == 0) && set(out, value, 0.0);
}

// Whether it is far from 0, for what its error may be.
static bool is_off_zero(Rough a) {
    return fabs(a.value) > a.error * 1024.0;
}

static bool add(Rough *a, Rough b) {
    // What cancels leaves the error of what there was.
    double error = a->error + b.error + (fabs(a->value) + fabs(b.value)) * unit;
    return set(a, a->value + b.value, error);
}

static bool multiply(Rough *a, Rough b) {
    double error = fabs(a->value) * b.error + fabs(b.value) * a->error + a->error * b.error;
    return set(a, a->value * b.value, error);
}

static bool divide(Rough *a, Rough b) {
    double value = a->value / b.value;
    return is_off_zero(b) &&
           set(a, value, (a->error + fabs(value) * b.error) / fabs(b.value) * 2.0);
}

static bool fold(const Quick *quick, const Node *node, Rough *out) {
    if (!evaluate(quick, node->child[0], out)) {
        return false;
    }
    for (uint32_t i = 1; i < node->n_children; i++) {
        Rough operand;
        bool is_done = evaluate(quick, node->child[i], &operand);
        if (is_done && node->kind == NODE_SUM) {
            is_done = add(out, operand);
        } else if (is_done) {
            is_done = node->kind == NODE_PRODUCT ? multiply(out, operand) : divide(out, operand);
        }
        if (!is_done) {
            return false;
        }
    }
    return true;
}

// Of a base above 0, or an integer power. The relative error is at most that of the logarithm.
static bool raise(Rough *a, Rough exponent, bool is_integer) {
    if (!is_off_zero(*a) || (a->value < 0.0 && !is_integer)) {
        return false;
    }
    double value = pow(a->value, exponent.value);
    double change = fabs(exponent.value) * a->error / fabs(a->value) * 2.0 +
                    fabs(log(fabs(a->value))) * (exponent.error + fabs(exponent.value) * unit);
    return change < 0.01 && set(a, value, fabs(value) * change * 2.0);
}

static bool power(const Quick *quick, const Node *node, Rough *out) {
    const Node *above = node->child[1];
    bool is_integer = node->kind == NODE_POWER && above->kind == NODE_NUMBER &&
                      mpz_cmp_ui(mpq_denref(above->number), 1) == 0 &&
                      mpz_cmpabs_ui(mpq_numref(above->number), 1U << 30) < 0;
    Rough exponent, one = {1.0, 0.0};
    if (!evaluate(quick, node->child[0], out) || !evaluate(quick, above, &exponent)) {
        return false;
    }
    if (is_integer) {
        exponent.error = 0.0;
    } else if (node->kind == NODE_ROOT) {
        if (!divide(&one, exponent)) {
            return false;
        }
        exponent = one;
    }
    return raise(out, exponent, is_integer);
}

static bool logarithm(Rough *a) {
    return a->value > 0.0 && is_off_zero(*a) &&
           set(a, log(a->value), a->error / a->value * 2.0 + unit);
}

static bool circular(Function function, Rough *a) {
    Rough sine, cosine;
    double error = a->error + unit;
    if (fabs(a->value) > largest_angle || !set(&sine, sin(a->value), error) ||
        !set(&cosine, cos(a->value), error)) {
        return false;
    }
    switch (function) {
    case FN_SIN:
        *a = sine;
        return true;
    case FN_COS:
        *a = cosine;
        return true;
    case FN_TAN:
        *a = sine;
        return divide(a, cosine);
    case FN_COT:
        *a = cosine;
        return divide(a, sine);
    default:
        *a = (Rough){1.0, 0.0};
        return divide(a, function == FN_SEC ? cosine : sine);
    }
}

static bool call(const Quick *quick, const Node *node, Rough *out) {
    Rough base;
    if (node->n_children == 0 || !evaluate(quick, node->child[0], out) ||
        !work_spend(quick->work, FUNCTION_EFFORT)) {
        return false;
    }
    switch (node->function) {
    case FN_SIN:
    case FN_COS:
    case FN_TAN:
    case FN_COT:
    case FN_SEC:
    case FN_CSC:
        return circular(node->function, out);
    case FN_ARCTAN:
        return set(out, atan(out->value), out->error);
    case FN_LN:
        return logarithm(out);
    case FN_LOG:
        return node->n_children == 2 && logarithm(out) && evaluate(quick, node->child[1], &base) &&
               logarithm(&base) && divide(out, base);
    case FN_ABS:
        return set(out, fabs(out->value), out->error);
    default:
        return false;
    }
}

static bool set_name(const Quick *quick, const Node *node, Rough *out) {
    const Point *point = quick->point;
    return point && set_number(point->values[survey_index(point->survey, node)], out);
}

static bool evaluate(const Quick *quick, const Node *node, Rough *out) {
    if (!work_spend(quick->work, NODE_EFFORT)) {
        return false;
    }
    switch (node->kind) {
    case NODE_NUMBER:
        return set_number(node->number, out);
    case NODE_SYMBOL:
        return set_name(quick, node, out);
    case NODE_PI:
        return set(out, 3.141592653589793, 0.0);
    case NODE_E:
        return set(out, 2.718281828459045, 0.0);
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return fold(quick, node, out);
    case NODE_NEGATIVE:
        return evaluate(quick, node->child[0], out) && set(out, -out->value, out->error);
    case NODE_POWER:
    case NODE_ROOT:
        return power(quick, node, out) && work_spend(quick->work, FUNCTION_EFFORT);
    case NODE_CALL:
        return node->function == FN_OPAQUE ? set_name(quick, node, out) : call(quick, node, out);
    default:
        return false;
    }
}

bool quick_differs(Work *work, const Point *point, const Node *a, const Node *b) {
    Quick quick = {work, point};
    Rough left, right;
    return evaluate(&quick, a, &left) && evaluate(&quick, b, &right) &&
           fabs(left.value - right.value) >
               (left.error + right.error + fabs(left.value) * unit + fabs(right.value) * unit) *
                   4.0;
}
