/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/form.h"

#include "scalar/exact.h"

enum { FORM_EFFORT = 3000, MAX_NODES = 48, MAX_BITS = 128, ROOT_BITS = 1024 };

void form_init(Form *form) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_init(form->at[i][j]);
        }
    }
}

void form_finish(Form *form) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_clear(form->at[i][j]);
        }
    }
}

static void set_number(Form *form, mpq_srcptr number) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_set_ui(form->at[i][j], 0, 1);
        }
    }
    mpq_set(form->at[0][0], number);
}

static void add(Form *form, const Form *other) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_add(form->at[i][j], form->at[i][j], other->at[i][j]);
        }
    }
}

static void scale(Form *form, mpq_srcptr factor) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_mul(form->at[i][j], form->at[i][j], factor);
        }
    }
}

static void negate(Form *form) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_neg(form->at[i][j], form->at[i][j]);
        }
    }
}

static bool is_affine(const Form *form) {
    for (uint32_t i = 1; i < FORM_SIZE; i++) {
        for (uint32_t j = 1; j < FORM_SIZE; j++) {
            if (mpq_sgn(form->at[i][j]) != 0) {
                return false;
            }
        }
    }
    return true;
}

// The coefficient of an affine form: those of symbols stand there twice, by halves.
static void get_affine(const Form *form, uint32_t i, mpq_ptr coefficient) {
    mpq_set(coefficient, form->at[0][i]);
    if (i > 0) {
        mpq_mul_2exp(coefficient, coefficient, 1);
    }
}

// form = form * other, both affine: the symmetric part of the product of their rows.
static void multiply_affine(Form *form, const Form *other) {
    mpq_t left[FORM_SIZE], right[FORM_SIZE], product;
    mpq_init(product);
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_inits(left[i], right[i], NULL);
        get_affine(form, i, left[i]);
        get_affine(other, i, right[i]);
    }
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_mul(form->at[i][j], left[i], right[j]);
            mpq_mul(product, left[j], right[i]);
            mpq_add(form->at[i][j], form->at[i][j], product);
            mpq_div_2exp(form->at[i][j], form->at[i][j], 1);
        }
    }
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_clears(left[i], right[i], NULL);
    }
    mpq_clear(product);
}

static bool is_constant(const Form *form) {
    for (uint32_t i = 1; i < FORM_SIZE; i++) {
        if (mpq_sgn(form->at[0][i]) != 0) {
            return false;
        }
    }
    return is_affine(form);
}

static bool multiply(Form *form, const Form *other) {
    if (is_constant(other)) {
        scale(form, other->at[0][0]);
        return true;
    }
    if (is_constant(form)) {
        mpq_t factor;
        mpq_init(factor);
        mpq_set(factor, form->at[0][0]);
        mpq_set_ui(form->at[0][0], 0, 1);
        add(form, other);
        scale(form, factor);
        mpq_clear(factor);
        return true;
    }
    if (!is_affine(form) || !is_affine(other)) {
        return false;
    }
    multiply_affine(form, other);
    return true;
}

static bool divide(Form *form, const Form *other) {
    if (!is_constant(other) || mpq_sgn(other->at[0][0]) == 0) {
        return false;
    }
    mpq_t inverse;
    mpq_init(inverse);
    mpq_inv(inverse, other->at[0][0]);
    scale(form, inverse);
    mpq_clear(inverse);
    return true;
}

static bool is_short(mpq_srcptr number) {
    return mpz_sizeinbase(mpq_numref(number), 2) <= MAX_BITS &&
           mpz_sizeinbase(mpq_denref(number), 2) <= MAX_BITS;
}

static bool set_symbol(Form *form, const Survey *survey, FormSymbols *symbols, const Node *node) {
    uint32_t index = survey_index(survey, node), k = 0;
    while (k < symbols->n && symbols->index[k] != index) {
        k++;
    }
    if (k == FORM_SYMBOLS) {
        return false;
    }
    symbols->index[k] = index;
    symbols->n += k == symbols->n;
    mpq_set_ui(form->at[0][k + 1], 1, 2);
    mpq_set_ui(form->at[k + 1][0], 1, 2);
    return true;
}

static bool read_fold(Form *form, Work *work, const Survey *survey, FormSymbols *symbols,
                      const Node *node) {
    Form operand;
    form_init(&operand);
    bool is_read = form_read(form, work, survey, symbols, node->child[0]);
    for (uint32_t i = 1; i < node->n_children && is_read; i++) {
        is_read = form_read(&operand, work, survey, symbols, node->child[i]);
        if (is_read && node->kind == NODE_SUM) {
            add(form, &operand);
        } else if (is_read) {
            is_read =
                node->kind == NODE_PRODUCT ? multiply(form, &operand) : divide(form, &operand);
        }
    }
    form_finish(&operand);
    return is_read;
}

static bool read_square(Form *form, Work *work, const Survey *survey, FormSymbols *symbols,
                        const Node *node) {
    const Node *exponent = node->child[1];
    if (exponent->kind != NODE_NUMBER || mpq_cmp_ui(exponent->number, 2, 1) != 0 ||
        !form_read(form, work, survey, symbols, node->child[0]) || !is_affine(form)) {
        return false;
    }
    multiply_affine(form, form);
    return true;
}

bool form_read(Form *form, Work *work, const Survey *survey, FormSymbols *symbols,
               const Node *node) {
    if (node->n_nodes > MAX_NODES || !work_spend(work, FORM_EFFORT)) {
        return false;
    }
    mpq_t number;
    mpq_init(number);
    bool is_number = !node_has_symbol(node) &&
                     exact_value(work, NULL, node, number) == EXACT_VALUE && is_short(number);
    set_number(form, number);
    mpq_clear(number);
    if (is_number) {
        return true;
    }
    switch (node->kind) {
    case NODE_SYMBOL:
        return set_symbol(form, survey, symbols, node);
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return read_fold(form, work, survey, symbols, node);
    case NODE_NEGATIVE:
        if (!form_read(form, work, survey, symbols, node->child[0])) {
            return false;
        }
        negate(form);
        return true;
    case NODE_POWER:
        return read_square(form, work, survey, symbols, node);
    case NODE_CALL:
        return node->function == FN_OPAQUE && set_symbol(form, survey, symbols, node);
    default:
        return false;
    }
}

typedef mpq_t Row[FORM_SIZE];

static void init_row(Row row) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_init(row[i]);
    }
}

static void finish_row(Row row) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_clear(row[i]);
    }
}

static bool is_zero(const Form *form) {
    return is_constant(form) && mpq_sgn(form->at[0][0]) == 0;
}

static bool is_constant_row(Row row) {
    for (uint32_t i = 1; i < FORM_SIZE; i++) {
        if (mpq_sgn(row[i]) != 0) {
            return false;
        }
    }
    return true;
}

// Splits a square off: form = scale * row^2 + form. False: there is none on the diagonal.
static bool split_square(Form *form, Row row, mpq_ptr scale) {
    uint32_t pivot = FORM_SIZE; // a symbol rather than the constant
    while (pivot > 0 && mpq_sgn(form->at[pivot - 1][pivot - 1]) == 0) {
        pivot--;
    }
    if (pivot == 0) {
        return false;
    }
    pivot--;
    mpq_set(scale, form->at[pivot][pivot]);
    mpq_t part;
    mpq_init(part);
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_div(row[i], form->at[pivot][i], scale);
    }
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        for (uint32_t j = 0; j < FORM_SIZE; j++) {
            mpq_mul(part, row[i], row[j]);
            mpq_mul(part, part, scale);
            mpq_sub(form->at[i][j], form->at[i][j], part);
        }
    }
    mpq_clear(part);
    return true;
}

// Two factors of a form without squares, as x y + x: the rows of two symbols, if that is all.
static int split_product(Form *form, Row rows[FORM_FACTORS]) {
    uint32_t i = 0, j = 0;
    for (uint32_t k = 0; k < FORM_SIZE * FORM_SIZE; k++) {
        if (mpq_sgn(form->at[k / FORM_SIZE][k % FORM_SIZE]) != 0) {
            i = k / FORM_SIZE;
            j = k % FORM_SIZE;
        }
    }
    mpq_t left, right;
    mpq_inits(left, right, NULL);
    bool is_all = true;
    for (uint32_t k = 0; k < FORM_SIZE; k++) {
        mpq_set(rows[0][k], form->at[i][k]);
        mpq_set(rows[1][k], form->at[j][k]);
    }
    for (uint32_t k = 0; k < FORM_SIZE * FORM_SIZE; k++) {
        uint32_t m = k / FORM_SIZE, n = k % FORM_SIZE;
        mpq_mul(left, rows[0][m], rows[1][n]);
        mpq_mul(right, rows[0][n], rows[1][m]);
        mpq_add(left, left, right);
        mpq_mul(right, form->at[m][n], form->at[i][j]);
        is_all = is_all && mpq_equal(left, right);
    }
    mpq_clears(left, right, NULL);
    return is_all ? 2 : -1;
}

// root <= sqrt(square) < root + 2^-ROOT_BITS
static bool take_root(mpq_ptr root, mpq_srcptr square) {
    mpz_t rest;
    mpz_init(rest);
    // sqrt(p/q) = sqrt(p q) / q
    mpz_mul(mpq_numref(root), mpq_numref(square), mpq_denref(square));
    mpz_mul_2exp(mpq_numref(root), mpq_numref(root), 2 * ROOT_BITS);
    mpz_sqrtrem(mpq_numref(root), rest, mpq_numref(root));
    mpz_mul_2exp(mpq_denref(root), mpq_denref(square), ROOT_BITS);
    mpq_canonicalize(root);
    bool is_exact = mpz_sgn(rest) == 0;
    mpz_clear(rest);
    return is_exact;
}

// rows[at] = first + factor * second
static void combine(Row rows[FORM_FACTORS], uint32_t at, Row first, mpq_srcptr factor, Row second) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_mul(rows[at][i], factor, second[i]);
        mpq_add(rows[at][i], rows[at][i], first[i]);
    }
}

static size_t bits_of(mpq_srcptr number) {
    return mpz_sizeinbase(mpq_numref(number), 2) + mpz_sizeinbase(mpq_denref(number), 2);
}

// Whether roots of (x + c)^2 = ratio are farther than 2^-ROOT_BITS from those of others like it:
// the resultant of two quadratic polynomials with integer coefficients below 2^b is at least 1, so
// that roots which differ do so by 2^-(7 b + 6).
static bool is_separable(Row first, mpq_srcptr ratio) {
    return 7 * (2 * bits_of(first[0]) + bits_of(ratio)) + 6 < ROOT_BITS;
}

// The factors of first^2 - ratio second^2, ratio > 0. An irrational root is between two rational
// ones, which differ in the constant alone where second is a constant, which is 1 then.
static int split_difference(Row first, mpq_srcptr ratio, Row second, Row rows[FORM_FACTORS]) {
    mpq_t root, end;
    mpq_inits(root, end, NULL);
    bool is_exact = take_root(root, ratio);
    int n = is_exact ? 2 : 4;
    if (!is_exact && !(is_constant_row(second) && is_separable(first, ratio))) {
        n = -1;
    }
    mpq_set_ui(end, 1, 1);
    mpq_div_2exp(end, end, ROOT_BITS);
    mpq_add(end, end, root);
    if (n > 0) {
        combine(rows, 0, first, root, second);
        mpq_neg(root, root);
        combine(rows, 1, first, root, second);
    }
    if (n == 4) {
        combine(rows, 2, first, end, second);
        mpq_neg(end, end);
        combine(rows, 3, first, end, second);
    }
    mpq_clears(root, end, NULL);
    return n;
}

// Whether what is left has the sign of `sign` wherever it is not 0.
static bool has_sign(Form *rest, int sign) {
    Row row;
    mpq_t scale;
    init_row(row);
    mpq_init(scale);
    bool is_same = true;
    while (is_same && !is_zero(rest)) {
        is_same = split_square(rest, row, scale) && mpq_sgn(scale) == sign;
    }
    mpq_clear(scale);
    finish_row(row);
    return is_same;
}

// scale * first^2 + other * second^2 + form
static int split_two(Form *form, mpq_srcptr scale, Row first, mpq_ptr other, Row second,
                     Row rows[FORM_FACTORS]) {
    if (mpq_sgn(scale) == mpq_sgn(other)) {
        return has_sign(form, mpq_sgn(scale)) ? 0 : -1; // 0 at most where both are
    }
    if (!is_zero(form)) {
        return -1;
    }
    mpq_div(other, other, scale);
    mpq_neg(other, other);
    return split_difference(first, other, second, rows);
}

static int split_affine(const Form *form, Row row) {
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        get_affine(form, i, row[i]);
    }
    return is_constant_row(row) ? 0 : 1;
}

int form_factors(Form *form, mpq_t rows[FORM_FACTORS][FORM_SIZE]) {
    if (is_affine(form)) {
        return split_affine(form, rows[0]);
    }
    Row first, second;
    mpq_t scale, other;
    init_row(first);
    init_row(second);
    mpq_inits(scale, other, NULL);
    int n = -1;
    if (!split_square(form, first, scale)) {
        n = split_product(form, rows);
    } else if (is_zero(form)) {
        for (uint32_t i = 0; i < FORM_SIZE; i++) {
            mpq_set(rows[0][i], first[i]);
        }
        n = 1;
    } else if (split_square(form, second, other)) {
        n = split_two(form, scale, first, other, second, rows);
    }
    mpq_clears(scale, other, NULL);
    finish_row(second);
    finish_row(first);
    return n;
}
