/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_POLYNOMIAL_H
#define ANSWERS_POLYNOMIAL_H
/* Sparse polynomials with rational coefficients in atoms, exponents of either sign, and quotients
 * of them. They live in an Algebra, which bounds their number and size: once it is full, is_full
 * stays set, whatever is made is meaningless, and nothing crashes. */
#include "tree.h"

/* Exponents of powers of e and of primes count in parts of 5040, so that 2^{1/2} and 2^{1/3} are
 * powers of one atom. */
enum { EXPONENT_UNIT = 5040, TERM_FACTORS = 10, ATOM_ARGUMENTS = 4 };

typedef struct Factor {
    uint32_t atom;
    int32_t exponent; /* not 0 */
} Factor;

typedef struct Term Term;
struct Term {
    Term *next;
    uint32_t n_factors;
    mpq_t coefficient;            /* not 0 */
    Factor factors[TERM_FACTORS]; /* by rising atom */
};

/* Terms in falling order, without repetition. NULL: 0. */
typedef Term *Polynomial;

typedef struct Quotient {
    Polynomial above, below; /* below is not 0 */
} Quotient;

typedef enum AtomKind {
    ATOM_NAME, /* a symbol: number is its index */
    ATOM_PI,
    ATOM_PRIME,      /* number^{1/5040}: to the power of 5040 it is the number */
    ATOM_TURN,       /* e^{i pi / 5040}: to the power of 2520 it is i, of 5040 it is -1 */
    ATOM_POWER,      /* (number^{1/5040})^{argument}, a number of 0 standing for e */
    ATOM_ROOT,       /* to the power of number it is its last argument: a root, a sine .. */
    ATOM_CALL,       /* a function of the arguments */
    ATOM_OTHER_POWER /* the first argument to the power of the second */
} AtomKind;

typedef struct Atom {
    AtomKind kind;
    Function function;
    unsigned long number;
    uint32_t n_arguments;
    bool has_symbol;
    Quotient arguments[ATOM_ARGUMENTS];
} Atom;

enum { MAX_ATOMS = 64 };

typedef struct Algebra {
    Work *work;
    bool is_full;
    uint32_t n_terms; /* made, spare ones included */
    uint64_t effort;
    Term *spare;
    struct TermBlock *blocks;
    uint32_t n_atoms;
    Atom atoms[MAX_ATOMS];
} Algebra;

void algebra_init(Algebra *algebra, Work *work);
void algebra_finish(Algebra *algebra);
/* Sets is_full. */
Polynomial algebra_give_up(Algebra *algebra);
bool algebra_spend(Algebra *algebra, uint64_t units);
/* The index of an atom, made if it is not there yet. */
uint32_t algebra_atom(Algebra *algebra, const Atom *atom);

void polynomial_release(Algebra *algebra, Polynomial polynomial);
Polynomial polynomial_constant(Algebra *algebra, mpq_srcptr value);
Polynomial polynomial_integer(Algebra *algebra, long value);
/* atom ^ exponent */
Polynomial polynomial_power_of_atom(Algebra *algebra, uint32_t atom, long exponent);
Polynomial polynomial_copy(Algebra *algebra, const Term *polynomial);
Polynomial polynomial_add(Algebra *algebra, const Term *a, const Term *b);
Polynomial polynomial_multiply(Algebra *algebra, const Term *a, const Term *b);
/* Multiplies by a number in place. */
void polynomial_scale(Algebra *algebra, Polynomial polynomial, mpq_srcptr factor);
/* exponent >= 0, or any where there is one term. */
Polynomial polynomial_raise(Algebra *algebra, const Term *base, long exponent);
bool polynomial_is_same(const Term *a, const Term *b);
/* NULL: it is no rational number, or 0. */
mpq_srcptr polynomial_number(const Term *polynomial);
/* The term without its factor atom^exponent; exponent: 0 where there is none. */
Polynomial polynomial_without(Algebra *algebra, const Term *term, uint32_t atom, long *exponent);

#endif
