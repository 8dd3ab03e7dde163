/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/enclosure.h"

#include <stdlib.h>

enum { SLOT_EFFORT = 150, MAX_EXPONENT = 100000, MAX_SQUARED = 1024, MAX_ROOT = 64 };

void stack_init(Stack *stack, Work *work, mpfr_prec_t precision) {
    stack->work = work;
    stack->precision = precision;
    stack->n_made = 0;
}

void stack_finish(Stack *stack) {
    for (uint32_t i = 0; i < stack->n_made; i++) {
        mpfi_clear(stack->slots[i]->re);
        mpfi_clear(stack->slots[i]->im);
        free(stack->slots[i]);
    }
    stack->n_made = 0;
}

bool stack_reach(Stack *stack, uint32_t at) {
    if (at + STACK_SCRATCH > STACK_SLOTS) {
        return false;
    }
    while (stack->n_made < at + STACK_SCRATCH) {
        Enclosure *slot = malloc(sizeof *slot);
        if (!slot) {
            return work_fail(stack->work, "there is no memory");
        }
        work_spend(stack->work, SLOT_EFFORT);
        mpfi_init2(slot->re, stack->precision);
        mpfi_init2(slot->im, stack->precision);
        slot->is_real = true;
        stack->slots[stack->n_made++] = slot;
    }
    return true;
}

// Measured at 128 to 4096 bits.
bool stack_spend_simple(Stack *stack, uint32_t n) {
    return work_spend(stack->work, n * (40 + (uint64_t)stack->precision / 4));
}

bool stack_spend_function(Stack *stack, uint32_t n) {
    uint64_t precision = (uint64_t)stack->precision;
    return work_spend(stack->work, n * (1200 + precision * 16 + precision * precision / 320));
}

bool interval_is_positive(mpfi_srcptr x) {
    return mpfr_sgn(&x->left) > 0;
}

bool interval_is_negative(mpfi_srcptr x) {
    return mpfr_sgn(&x->right) < 0;
}

bool interval_is_zero(mpfi_srcptr x) {
    return mpfr_zero_p(&x->left) && mpfr_zero_p(&x->right);
}

static bool has_zero(mpfi_srcptr x) {
    return !interval_is_positive(x) && !interval_is_negative(x);
}

static bool is_tame_end(mpfr_srcptr end) {
    return mpfr_zero_p(end) ||
           (mpfr_get_exp(end) <= MAX_EXPONENT && mpfr_get_exp(end) >= -MAX_EXPONENT);
}

bool interval_is_tame(mpfi_srcptr x) {
    return is_tame_end(&x->left) && is_tame_end(&x->right);
}

// An angle beyond the precision is anything at all, and reducing it may take any time.
static bool is_angle(mpfi_srcptr x) {
    long precision = (long)mpfi_get_prec(x);
    return interval_is_tame(x) && (mpfr_zero_p(&x->left) || mpfr_get_exp(&x->left) <= precision) &&
           (mpfr_zero_p(&x->right) || mpfr_get_exp(&x->right) <= precision);
}

static bool is_bounded(const Enclosure *value) {
    return mpfi_bounded_p(value->re) && (value->is_real || mpfi_bounded_p(value->im));
}

// A complex number is real again where its imaginary part is exactly 0.
static bool settle(Enclosure *value) {
    value->is_real = value->is_real || interval_is_zero(value->im);
    return is_bounded(value);
}

static void set_real(Enclosure *value) {
    value->is_real = true;
}

static void widen(Enclosure *value) {
    if (value->is_real) {
        mpfi_set_ui(value->im, 0);
        value->is_real = false;
    }
}

void enclosure_copy(Enclosure *to, const Enclosure *from) {
    mpfi_set(to->re, from->re);
    to->is_real = from->is_real;
    if (!from->is_real) {
        mpfi_set(to->im, from->im);
    }
}

bool enclosure_add(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *b = stack->slots[at + 1];
    mpfi_add(a->re, a->re, b->re);
    if (!b->is_real) {
        widen(a);
        mpfi_add(a->im, a->im, b->im);
    }
    return stack_spend_simple(stack, 1) && settle(a);
}

void enclosure_negate(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at];
    mpfi_neg(a->re, a->re);
    if (!a->is_real) {
        mpfi_neg(a->im, a->im);
    }
}

// a *= b where b is real.
static void scale(Enclosure *a, mpfi_srcptr b) {
    mpfi_mul(a->re, a->re, b);
    if (!a->is_real) {
        mpfi_mul(a->im, a->im, b);
    }
}

bool enclosure_multiply(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *b = stack->slots[at + 1];
    Enclosure *squares = stack->slots[at + 2], *mixed = stack->slots[at + 3];
    if (b->is_real) {
        scale(a, b->re);
        return stack_spend_simple(stack, 2) && settle(a);
    }
    widen(a);
    mpfi_mul(squares->re, a->re, b->re);
    mpfi_mul(squares->im, a->im, b->im);
    mpfi_mul(mixed->re, a->re, b->im);
    mpfi_mul(mixed->im, a->im, b->re);
    mpfi_sub(a->re, squares->re, squares->im);
    mpfi_add(a->im, mixed->re, mixed->im);
    return stack_spend_simple(stack, 6) && settle(a);
}

// x = re^2 + im^2
static void set_norm(mpfi_ptr x, mpfi_ptr scratch, const Enclosure *value) {
    mpfi_sqr(x, value->re);
    mpfi_sqr(scratch, value->im);
    mpfi_add(x, x, scratch);
}

bool enclosure_divide(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *b = stack->slots[at + 1], *norm = stack->slots[at + 4];
    if (b->is_real) {
        mpfi_set(norm->re, b->re);
    } else {
        set_norm(norm->re, norm->im, b);
        mpfi_neg(b->im, b->im);
        if (!enclosure_multiply(stack, at)) {
            return false;
        }
    }
    if (has_zero(norm->re)) {
        return false;
    }
    mpfi_div(a->re, a->re, norm->re);
    if (!a->is_real) {
        mpfi_div(a->im, a->im, norm->re);
    }
    return stack_spend_simple(stack, 4) && settle(a);
}

// Near a zero the angle is reduced again and again, with ever more digits.
static bool spend_on_sine(Stack *stack, mpfi_srcptr sine) {
    return stack_spend_simple(stack, 10) &&
           stack_spend_function(stack, has_zero(sine) ? 6 + (uint32_t)stack->precision / 180 : 1);
}

// Of both ends, by Newton's method on powers.
static bool spend_on_root(Stack *stack, unsigned long index) {
    uint64_t precision = (uint64_t)stack->precision;
    return work_spend(stack->work,
                      400 + 2 * index * (20 + precision / 4 + precision * precision / 10000));
}

bool enclosure_exp(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *angle = stack->slots[at + 2];
    if (!stack_spend_function(stack, a->is_real ? 1 : 3)) {
        return false;
    }
    mpfi_exp(a->re, a->re);
    if (a->is_real) {
        return is_bounded(a);
    }
    if (!is_angle(a->im)) {
        return false;
    }
    mpfi_sin(angle->im, a->im);
    mpfi_cos(angle->re, a->im);
    if (!spend_on_sine(stack, angle->im)) {
        return false;
    }
    mpfi_mul(a->im, angle->im, a->re);
    mpfi_mul(a->re, angle->re, a->re);
    return settle(a);
}

// The angle of a number that is off the negative real axis, and of 0.
static bool set_angle(Stack *stack, mpfi_ptr angle, mpfi_ptr scratch, const Enclosure *a) {
    if (interval_is_positive(a->re)) {
        mpfi_div(angle, a->im, a->re);
        mpfi_atan(angle, angle);
        return stack_spend_function(stack, 3);
    }
    if (has_zero(a->im)) {
        return false;
    }
    mpfi_div(scratch, a->re, a->im);
    mpfi_atan(scratch, scratch);
    mpfi_const_pi(angle);
    mpfi_div_2ui(angle, angle, 1);
    if (interval_is_negative(a->im)) {
        mpfi_neg(angle, angle);
    }
    mpfi_sub(angle, angle, scratch);
    return stack_spend_function(stack, 3);
}

static bool log_of_real(Enclosure *a) {
    if (has_zero(a->re)) {
        return false;
    }
    if (interval_is_negative(a->re)) {
        mpfi_neg(a->re, a->re);
        mpfi_const_pi(a->im);
        a->is_real = false;
    }
    mpfi_log(a->re, a->re);
    return is_bounded(a);
}

bool enclosure_log(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *angle = stack->slots[at + 2];
    if (!stack_spend_function(stack, 1)) {
        return false;
    }
    if (a->is_real) {
        return log_of_real(a);
    }
    if (!interval_is_tame(a->re) || !interval_is_tame(a->im) ||
        !set_angle(stack, angle->re, angle->im, a)) {
        return false;
    }
    set_norm(a->re, angle->im, a);
    mpfi_log(a->re, a->re);
    mpfi_div_2ui(a->re, a->re, 1);
    mpfi_set(a->im, angle->re);
    return settle(a);
}

bool enclosure_abs(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *norm = stack->slots[at + 2];
    if (a->is_real) {
        mpfi_abs(a->re, a->re);
        return true;
    }
    set_norm(norm->re, norm->im, a);
    mpfi_sqrt(a->re, norm->re);
    set_real(a);
    return stack_spend_simple(stack, 6) && is_bounded(a);
}

// sin(x + i y) = sin x cosh y + i cos x sinh y, cos(x + i y) = cos x cosh y - i sin x sinh y
static bool sine_of_complex(Stack *stack, uint32_t at, bool is_cosine) {
    Enclosure *a = stack->slots[at], *angle = stack->slots[at + 2],
              *hyperbolic = stack->slots[at + 3];
    if (!interval_is_tame(a->im) || !stack_spend_function(stack, 4)) {
        return false;
    }
    mpfi_sin(angle->re, a->re);
    mpfi_cos(angle->im, a->re);
    mpfi_cosh(hyperbolic->re, a->im);
    mpfi_sinh(hyperbolic->im, a->im);
    if (is_cosine) {
        mpfi_swap(angle->re, angle->im);
        mpfi_neg(angle->im, angle->im);
    }
    mpfi_mul(a->re, angle->re, hyperbolic->re);
    mpfi_mul(a->im, angle->im, hyperbolic->im);
    return settle(a);
}

bool enclosure_sin(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at];
    if (!is_angle(a->re)) {
        return false;
    }
    if (!a->is_real) {
        return sine_of_complex(stack, at, false);
    }
    mpfi_sin(a->re, a->re);
    return spend_on_sine(stack, a->re);
}

bool enclosure_cos(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at];
    if (!is_angle(a->re)) {
        return false;
    }
    if (!a->is_real) {
        return sine_of_complex(stack, at, true);
    }
    mpfi_cos(a->re, a->re);
    return spend_on_sine(stack, a->re);
}

static void raise_real(mpfi_ptr x, unsigned long n) {
    if (n % 2 == 0) {
        mpfi_abs(x, x);
    }
    mpfr_pow_ui(&x->left, &x->left, n, MPFR_RNDD);
    mpfr_pow_ui(&x->right, &x->right, n, MPFR_RNDU);
}

// A complex number to the power of n > 0, by squaring.
static bool raise_complex(Stack *stack, uint32_t at, unsigned long n) {
    Enclosure *a = stack->slots[at], *operand = stack->slots[at + 1], *base = stack->slots[at + 5];
    enclosure_copy(base, a);
    unsigned long bit = 1;
    while (bit <= n / 2) {
        bit *= 2;
    }
    for (bit /= 2; bit > 0; bit /= 2) {
        enclosure_copy(operand, a);
        if (!enclosure_multiply(stack, at)) {
            return false;
        }
        enclosure_copy(operand, base);
        if ((n & bit) && !enclosure_multiply(stack, at)) {
            return false;
        }
    }
    return true;
}

bool enclosure_invert(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at];
    enclosure_copy(stack->slots[at + 1], a);
    mpfi_set_ui(a->re, 1);
    set_real(a);
    return enclosure_divide(stack, at);
}

// exp(exponent log a), for an a other than 0.
static bool raise_by_log(Stack *stack, uint32_t at, mpq_srcptr exponent) {
    if (!enclosure_log(stack, at)) {
        return false;
    }
    mpfi_set_q(stack->slots[at + 1]->re, exponent);
    stack->slots[at + 1]->is_real = true;
    return enclosure_multiply(stack, at) && enclosure_exp(stack, at);
}

static bool raise_integer(Stack *stack, uint32_t at, mpq_srcptr exponent) {
    Enclosure *a = stack->slots[at];
    mpz_srcptr integer = mpq_numref(exponent);
    unsigned long n = mpz_get_ui(integer);
    if (mpz_cmpabs_ui(integer, a->is_real ? 1UL << 62 : MAX_SQUARED) > 0) {
        return raise_by_log(stack, at, exponent);
    }
    if (a->is_real) {
        raise_real(a->re, n);
        if (!stack_spend_simple(stack, 4 + 2 * (uint32_t)mpz_sizeinbase(integer, 2))) {
            return false;
        }
    } else if (!raise_complex(stack, at, n)) {
        return false;
    }
    return is_bounded(a) && (mpz_sgn(integer) > 0 || enclosure_invert(stack, at));
}

// A real a > 0 to the power of a fraction.
static bool raise_positive(Stack *stack, uint32_t at, mpq_srcptr exponent) {
    mpfi_ptr x = stack->slots[at]->re;
    if (mpz_cmp_ui(mpq_denref(exponent), MAX_ROOT) > 0 ||
        mpz_cmpabs_ui(mpq_numref(exponent), MAX_SQUARED) > 0) {
        return raise_by_log(stack, at, exponent);
    }
    unsigned long index = mpz_get_ui(mpq_denref(exponent));
    mpfr_rootn_ui(&x->left, &x->left, index, MPFR_RNDD);
    mpfr_rootn_ui(&x->right, &x->right, index, MPFR_RNDU);
    raise_real(x, mpz_get_ui(mpq_numref(exponent)));
    return (index == 2 ? stack_spend_simple(stack, 10) : spend_on_root(stack, index)) &&
           (mpq_sgn(exponent) > 0 || enclosure_invert(stack, at));
}

// Turns a real a > 0 by the angle pi * exponent, half turns exactly.
static bool turn(Stack *stack, uint32_t at, mpq_srcptr exponent) {
    Enclosure *a = stack->slots[at], *angle = stack->slots[at + 1];
    if (mpz_cmp_ui(mpq_denref(exponent), 2) == 0) {
        mpfi_swap(a->im, a->re);
        mpfi_set_ui(a->re, 0);
        if (mpz_fdiv_ui(mpq_numref(exponent), 4) == 3) {
            mpfi_neg(a->im, a->im);
        }
        a->is_real = false;
        return true;
    }
    mpfi_const_pi(angle->re);
    mpfi_mul_q(angle->re, angle->re, exponent);
    if (!is_angle(angle->re) || !stack_spend_function(stack, 2)) {
        return false;
    }
    mpfi_sin(angle->im, angle->re);
    mpfi_cos(angle->re, angle->re);
    mpfi_mul(a->im, a->re, angle->im);
    mpfi_mul(a->re, a->re, angle->re);
    a->is_real = false;
    return settle(a);
}

static bool raise_negative(Stack *stack, uint32_t at, mpq_srcptr exponent, bool has_odd_roots) {
    mpfi_neg(stack->slots[at]->re, stack->slots[at]->re);
    if (!raise_positive(stack, at, exponent)) {
        return false;
    }
    if (!has_odd_roots || mpz_even_p(mpq_denref(exponent))) {
        return turn(stack, at, exponent);
    }
    if (mpz_odd_p(mpq_numref(exponent))) {
        enclosure_negate(stack, at);
    }
    return true;
}

// 0 to the power of a number of this sign.
static bool raise_zero(Enclosure *a, int sign) {
    if (sign < 0) {
        return false;
    }
    mpfi_set_ui(a->re, sign == 0);
    set_real(a);
    return true;
}

bool enclosure_raise(Stack *stack, uint32_t at, mpq_srcptr exponent, bool has_odd_roots) {
    Enclosure *a = stack->slots[at];
    if (mpq_sgn(exponent) == 0) {
        mpfi_set_ui(a->re, 1);
        set_real(a);
        return true;
    }
    if (a->is_real && interval_is_zero(a->re)) {
        return raise_zero(a, mpq_sgn(exponent));
    }
    if (mpz_cmp_ui(mpq_denref(exponent), 1) == 0) {
        return raise_integer(stack, at, exponent);
    }
    if (!interval_is_tame(a->re)) {
        return false;
    }
    if (!a->is_real) {
        return raise_by_log(stack, at, exponent);
    }
    if (interval_is_positive(a->re)) {
        return raise_positive(stack, at, exponent) && is_bounded(a);
    }
    return interval_is_negative(a->re) && raise_negative(stack, at, exponent, has_odd_roots) &&
           is_bounded(a);
}

bool enclosure_power(Stack *stack, uint32_t at) {
    Enclosure *a = stack->slots[at], *b = stack->slots[at + 1], *exponent = stack->slots[at + 6];
    if (a->is_real && interval_is_zero(a->re)) {
        return b->is_real && interval_is_positive(b->re) && raise_zero(a, 1);
    }
    enclosure_copy(exponent, b);
    if (!enclosure_log(stack, at)) {
        return false;
    }
    enclosure_copy(b, exponent);
    return enclosure_multiply(stack, at) && enclosure_exp(stack, at);
}
