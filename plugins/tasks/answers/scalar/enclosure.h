/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_ENCLOSURE_H
#define ANSWERS_ENCLOSURE_H
/* Arithmetic on real and complex intervals that contain the true value, on a stack of them.
 *
 * Unary operations replace slot `at`, binary ones replace it by what they make of it and of slot
 * at + 1; slots above are scratch. All but the exact ones return false where the result is not
 * defined, not bounded, or not known to be at this precision; the slot then holds anything. */
#include "work.h"

#include <mpfi.h>

typedef struct Enclosure {
    mpfi_t re, im;
    bool is_real; /* im is exactly 0, whatever it holds */
} Enclosure;

enum { STACK_SLOTS = 416, STACK_SCRATCH = 8 };

typedef struct Stack {
    Work *work;
    mpfr_prec_t precision;
    uint32_t n_made;
    Enclosure *slots[STACK_SLOTS];
} Stack;

void stack_init(Stack *stack, Work *work, mpfr_prec_t precision);
void stack_finish(Stack *stack);
/* Makes slots up to at + STACK_SCRATCH ready. */
bool stack_reach(Stack *stack, uint32_t at);
/* Counts `n` arithmetic operations, or functions like exp. */
bool stack_spend_simple(Stack *stack, uint32_t n);
bool stack_spend_function(Stack *stack, uint32_t n);

void enclosure_copy(Enclosure *to, const Enclosure *from);
bool enclosure_add(Stack *stack, uint32_t at);
bool enclosure_multiply(Stack *stack, uint32_t at);
bool enclosure_divide(Stack *stack, uint32_t at);
bool enclosure_invert(Stack *stack, uint32_t at);
void enclosure_negate(Stack *stack, uint32_t at);
bool enclosure_exp(Stack *stack, uint32_t at);
bool enclosure_log(Stack *stack, uint32_t at);
bool enclosure_abs(Stack *stack, uint32_t at);
bool enclosure_sin(Stack *stack, uint32_t at);
bool enclosure_cos(Stack *stack, uint32_t at);
/* Slot `at` to an integer or a rational power. An odd root of a negative real number is the real
 * one if has_odd_roots, else the principal one. */
bool enclosure_raise(Stack *stack, uint32_t at, mpq_srcptr exponent, bool has_odd_roots);
/* Slot `at` to the power of slot at + 1. */
bool enclosure_power(Stack *stack, uint32_t at);

/* Whether a real interval is above, or below, 0. */
bool interval_is_positive(mpfi_srcptr x);
bool interval_is_negative(mpfi_srcptr x);
bool interval_is_zero(mpfi_srcptr x);
/* Whether functions of x cost what they usually do: not too large nor too small. */
bool interval_is_tame(mpfi_srcptr x);

#endif
