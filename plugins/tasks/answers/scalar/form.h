/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_FORM_H
#define ANSWERS_FORM_H
/* Polynomials of degree 2 at most, with rational coefficients, in a few symbols, as symmetric
 * matrices over 1 and the symbols; and where they are zero. */
#include "scalar/survey.h"

enum { FORM_SYMBOLS = 4, FORM_SIZE = FORM_SYMBOLS + 1 };

/* Which symbols, by their indices in the survey: symbol k is row k + 1. */
typedef struct FormSymbols {
    uint32_t n;
    uint32_t index[FORM_SYMBOLS];
} FormSymbols;

typedef struct Form {
    mpq_t at[FORM_SIZE][FORM_SIZE]; /* symmetric; [0][0] is the constant */
} Form;

void form_init(Form *form);
void form_finish(Form *form);
/* Sets a form to what the tree stands for; new symbols are added. False: it is no such polynomial,
 * or there are too many symbols. */
bool form_read(Form *form, Work *work, const Survey *survey, FormSymbols *symbols,
               const Node *node);

enum { FORM_FACTORS = 4 };

/* The affine forms at whose zeros, alone, the sign of `form` may change, as rows of FORM_SIZE;
 * irrational ones are enclosed by two, closer than any two irrational ones are: the rows are 4
 * then, row i + 2 the other of row i. Returns their number, -1: it is not known. rows  FORM_FACTORS
 * of them, initialised. form is used up. */
int form_factors(Form *form, mpq_t rows[FORM_FACTORS][FORM_SIZE]);

#endif
