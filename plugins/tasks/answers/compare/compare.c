/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare.h"
#include "scalar/scalar.h"
#include "str.h"

#include <string.h>

AnswerVerdict verdict_of(Comparison *comparison, AnswerVerdict verdict, const char *why) {
    comparison->why = why;
    return verdict;
}

static AnswerVerdict equal_or_not(Comparison *comparison, bool is_equal) {
    return is_equal ? verdict_of(comparison, ANSWER_EQUAL, "the same")
                    : verdict_of(comparison, ANSWER_DIFFERENT, "not the same");
}

bool has_plus_minus(const Node *node) {
    if (node->kind == NODE_PLUS_MINUS) {
        return true;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (has_plus_minus(node->child[i])) {
            return true;
        }
    }
    return false;
}

const Node *with_signs(Work *work, const Node *node, int32_t sign) {
    if (!has_plus_minus(node)) {
        return node;
    }
    if (node->kind == NODE_PLUS_MINUS) {
        const Node *child = with_signs(work, node->child[0], sign);
        return node->sign * sign > 0 || !child ? child : node_unary(work, NODE_NEGATIVE, child);
    }
    const Node **children = work_alloc(work, node->n_children * sizeof *children);
    for (uint32_t i = 0; children && i < node->n_children; i++) {
        children[i] = with_signs(work, node->child[i], sign);
    }
    Node *copy = children ? node_make(work, node->kind, children, node->n_children) : NULL;
    if (copy) {
        const Node *const *kept = copy->child;
        uint32_t n_nodes = copy->n_nodes;
        *copy = *node;
        copy->child = kept;
        copy->n_nodes = n_nodes;
    }
    return copy;
}

AnswerVerdict compare_in_order(Comparison *comparison, const Node *const *reference,
                               const Node *const *answer, uint32_t n) {
    AnswerVerdict all = verdict_of(comparison, ANSWER_EQUAL, "the same part by part");
    for (uint32_t i = 0; i < n; i++) {
        AnswerVerdict one = compare_nodes(comparison, reference[i], answer[i]);
        if (one == ANSWER_DIFFERENT) {
            return one;
        }
        all = one == ANSWER_UNDECIDED ? one : all;
    }
    return all;
}

static bool is_significant_enough(const Comparison *comparison, const Node *decimal) {
    char digits[64];
    mpq_t scaled;
    if (comparison->rounded_digits == 0 || decimal->kind != NODE_NUMBER ||
        decimal->n_decimals == 0 || decimal->n_decimals > 32) {
        return false;
    }
    mpq_init(scaled);
    mpz_ui_pow_ui(mpq_numref(scaled), 10, decimal->n_decimals - 1);
    mpq_mul(scaled, scaled, decimal->number);
    int n = gmp_snprintf(digits, sizeof digits, "%Zd", mpq_numref(scaled));
    mpq_clear(scaled);
    return n - (digits[0] == '-') >= (int)comparison->rounded_digits;
}

// A fraction that some decimal writes out: its denominator has no factor but 2 and 5.
static bool is_terminating(Work *work, const Node *node) {
    mpq_ptr value = work_rational(work);
    if (!value || !scalar_rational(work, node, value)) {
        return false;
    }
    mpz_ptr rest = mpq_denref(value);
    while (mpz_divisible_ui_p(rest, 2)) {
        mpz_divexact_ui(rest, rest, 2);
    }
    while (mpz_divisible_ui_p(rest, 5)) {
        mpz_divexact_ui(rest, rest, 5);
    }
    return mpz_cmp_ui(rest, 1) == 0;
}

static AnswerVerdict compare_scalars(Comparison *comparison, const Node *reference,
                                     const Node *answer) {
    if (!reference || !answer) { // a bound was reached where they were made
        return ANSWER_UNDECIDED;
    }
    switch (scalar_compare(comparison->work, reference, answer)) {
    case SCALAR_EQUAL:
        return verdict_of(comparison, ANSWER_EQUAL, "the same value");
    case SCALAR_DIFFERENT:
        break;
    case SCALAR_UNDECIDED:
        return verdict_of(comparison, ANSWER_UNDECIDED,
                          "neither that they are equal nor that they differ could be shown");
    }
    if (is_significant_enough(comparison, answer) && !node_has_symbol(reference) &&
        !is_terminating(comparison->work, reference) &&
        scalar_rounds_to(comparison->work, reference, answer->number, answer->n_decimals - 1)) {
        return verdict_of(comparison, ANSWER_EQUAL, "the same to the digits given");
    }
    return verdict_of(comparison, ANSWER_DIFFERENT, "the values differ");
}

// "no" as the product of n and o.
static bool is_spelled_by(EmendStr words, const Node *node) {
    if (node->kind == NODE_PRODUCT && node->n_children == words.len) {
        for (uint32_t i = 0; i < node->n_children; i++) {
            EmendStr letter = {words.ptr + i, 1};
            if (!is_spelled_by(letter, node->child[i])) {
                return false;
            }
        }
        return true;
    }
    char name[2] = {node->kind == NODE_E ? 'e' : node->kind == NODE_I ? 'i' : '\0', '\0'};
    if (node->kind == NODE_SYMBOL && node->text.len == 1) {
        name[0] = node->text.ptr[0];
    }
    return words.len == 1 && name[0] && str_is_word(words, name);
}

static bool is_numeral(EmendStr words, const Node *node) {
    static const char *const numerals[] = {"zero", "one",    "two",   "three", "four",
                                           "five", "six",    "seven", "eight", "nine",
                                           "ten",  "eleven", "twelve"};
    for (unsigned long i = 0; i < sizeof numerals / sizeof numerals[0]; i++) {
        if (str_is(words, numerals[i])) {
            return node->kind == NODE_NUMBER && mpq_cmp_ui(node->number, i, 1) == 0;
        }
    }
    return false;
}

static bool is_one_of(EmendStr text, const char *const *words) {
    for (; *words; words++) {
        if (str_is(text, *words)) {
            return true;
        }
    }
    return false;
}

static const char *const words_for_nothing[] = {
    "no solution", "no solutions", "no real solution", "no real solutions", "empty set", NULL};
static const char *const words_for_reals[] = {
    "all real numbers",        "all reals", "real numbers", "all real values",
    "set of all real numbers", NULL};

// Words for sets that have a sign of their own.
static bool is_set_in_words(EmendStr words, const Node *node) {
    bool is_empty = node->kind == NODE_SET && node->n_children == 0;
    bool is_all = node->kind == NODE_NAMED_SET && str_is(node->text, "R");
    return (is_empty && is_one_of(words, words_for_nothing)) ||
           (is_all && is_one_of(words, words_for_reals));
}

static bool is_same_in_words(EmendStr a, EmendStr b) {
    bool is_same = a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
    return is_same || (is_one_of(a, words_for_nothing) && is_one_of(b, words_for_nothing)) ||
           (is_one_of(a, words_for_reals) && is_one_of(b, words_for_reals));
}

static AnswerVerdict compare_words(Comparison *comparison, const Node *reference,
                                   const Node *answer) {
    bool is_first = reference->kind == NODE_WORDS;
    EmendStr words = is_first ? reference->text : answer->text;
    const Node *other = is_first ? answer : reference;
    if (other->kind == NODE_WORDS) {
        return equal_or_not(comparison, is_same_in_words(words, other->text));
    }
    return equal_or_not(comparison, is_numeral(words, other) || is_spelled_by(words, other) ||
                                        is_set_in_words(words, other));
}

static AnswerVerdict compare_based(Comparison *comparison, const Node *reference,
                                   const Node *answer) {
    if (reference->kind != answer->kind || reference->base != answer->base) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not written in the same base");
    }
    return equal_or_not(comparison,
                        reference->text.len == answer->text.len &&
                            memcmp(reference->text.ptr, answer->text.ptr, answer->text.len) == 0);
}

// An end at infinity is open, whatever bracket stands there.
static char bracket_of(const Node *tuple, bool is_open) {
    char bracket = is_open ? tuple->open : tuple->close;
    const Node *end = tuple->child[is_open ? 0 : tuple->n_children - 1];
    if (end->kind == NODE_NEGATIVE) {
        end = end->child[0];
    }
    bool is_infinite = end->kind == NODE_INFINITY && tuple->n_children == 2;
    return bracket == '<' || (is_open && is_infinite)    ? '('
           : bracket == '>' || (!is_open && is_infinite) ? ')'
                                                         : bracket;
}

static AnswerVerdict compare_tuples(Comparison *comparison, const Node *reference,
                                    const Node *answer) {
    if (reference->n_children != answer->n_children) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
    }
    if (bracket_of(reference, true) != bracket_of(answer, true) ||
        bracket_of(reference, false) != bracket_of(answer, false)) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the brackets differ");
    }
    return compare_in_order(comparison, reference->child, answer->child, reference->n_children);
}

static bool is_determinant(const Node *node) {
    return node->kind == NODE_MATRIX && (node->open == 'v' || node->open == 'V');
}

static uint32_t rows_of(const Node *node) {
    return node->kind == NODE_MATRIX ? node->n_rows : 1;
}

static AnswerVerdict compare_matrices(Comparison *comparison, const Node *reference,
                                      const Node *answer) {
    if (is_determinant(reference) || is_determinant(answer)) {
        return verdict_of(comparison, ANSWER_UNDECIDED, "determinants are not worked out");
    }
    const Node *tuple = reference->kind == NODE_TUPLE ? reference
                        : answer->kind == NODE_TUPLE  ? answer
                                                      : NULL;
    const Node *matrix = tuple == reference ? answer : reference;
    bool is_vector = tuple && bracket_of(tuple, true) == '(' && bracket_of(tuple, false) == ')' &&
                     matrix->kind == NODE_MATRIX &&
                     (matrix->n_rows == 1 || matrix->n_rows == matrix->n_children);
    bool is_matrix = reference->kind == NODE_MATRIX && answer->kind == NODE_MATRIX &&
                     rows_of(reference) == rows_of(answer);
    if ((!is_vector && !is_matrix) || reference->n_children != answer->n_children) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not of the same shape");
    }
    return compare_in_order(comparison, reference->child, answer->child, reference->n_children);
}

static bool is_zero(Comparison *comparison, const Node *node) {
    return compare_scalars(comparison, node, node_integer(comparison->work, 0)) != ANSWER_DIFFERENT;
}

// a : b : c against x : y : z, up to a factor: every pair of terms, none but proved to be all 0.
static AnswerVerdict compare_proportions(Comparison *comparison, const Node *reference,
                                         const Node *answer, AnswerVerdict literal) {
    AnswerVerdict all = ANSWER_EQUAL;
    bool has_nonzero = false;
    for (uint32_t i = 0; i < reference->n_children; i++) {
        if (!node_is_scalar(reference->child[i]) || !node_is_scalar(answer->child[i])) {
            return literal;
        }
        has_nonzero = has_nonzero || (!is_zero(comparison, answer->child[i]) &&
                                      !is_zero(comparison, reference->child[i]));
    }
    if (!has_nonzero) {
        return literal;
    }
    for (uint32_t i = 0; i < reference->n_children; i++) {
        for (uint32_t k = i + 1; k < reference->n_children; k++) {
            const Node *a =
                node_binary(comparison->work, NODE_PRODUCT, reference->child[i], answer->child[k]);
            const Node *b =
                node_binary(comparison->work, NODE_PRODUCT, answer->child[i], reference->child[k]);
            AnswerVerdict one = a && b ? compare_scalars(comparison, a, b) : ANSWER_UNDECIDED;
            if (one == ANSWER_DIFFERENT) {
                return one;
            }
            all = one == ANSWER_UNDECIDED ? one : all;
        }
    }
    return all;
}

static AnswerVerdict compare_ratios(Comparison *comparison, const Node *reference,
                                    const Node *answer) {
    Work *work = comparison->work;
    const Node *ratio = reference->kind == NODE_RATIO ? reference : answer;
    const Node *other = ratio == reference ? answer : reference;
    if (other->kind != NODE_RATIO) {
        if (!node_is_scalar(other) || ratio->n_children != 2) {
            return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
        }
        if (ratio->base) {
            return verdict_of(comparison, ANSWER_UNDECIDED, "a ratio or a time of day");
        }
        return compare_scalars(comparison, other,
                               node_binary(work, NODE_QUOTIENT, ratio->child[0], ratio->child[1]));
    }
    if (reference->n_children != answer->n_children) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
    }
    AnswerVerdict literal =
        compare_in_order(comparison, reference->child, answer->child, reference->n_children);
    if (literal == ANSWER_EQUAL || (reference->base && answer->base)) {
        return literal;
    }
    return compare_proportions(comparison, reference, answer, literal);
}

static bool either_is(const Node *a, const Node *b, NodeKind kind) {
    return a->kind == kind || b->kind == kind;
}

static bool is_several(const Node *node) {
    return node->kind == NODE_LIST || node->kind == NODE_SET;
}

static bool is_vector_like(const Node *node) {
    return node->kind == NODE_MATRIX || node->kind == NODE_TUPLE;
}

// Unions of what has no order: part by part, in any order.
static AnswerVerdict compare_operations(Comparison *comparison, const Node *reference,
                                        const Node *answer) {
    Work *work = comparison->work;
    if (reference->kind != answer->kind || reference->n_children != answer->n_children ||
        reference->kind == NODE_NAMED_SET) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not of the same sort");
    }
    if (reference->kind == NODE_WITHOUT) {
        return compare_in_order(comparison, reference->child, answer->child, reference->n_children);
    }
    const Node *a = node_make(work, NODE_LIST, reference->child, reference->n_children);
    const Node *b = node_make(work, NODE_LIST, answer->child, answer->n_children);
    return a && b ? compare_collections(comparison, a, b) : ANSWER_UNDECIDED;
}

// S = \{1, 2\}, x \in \{1, 2\}
static bool names_a_set(Comparison *comparison, const Node *node) {
    NamedValue named;
    return node->kind == NODE_RELATION && named_value(comparison, node, &named) && named.name &&
           is_several(named.value);
}

static const Node *both_signs(Work *work, const Node *node) {
    if (!has_plus_minus(node) || is_several(node)) {
        return node;
    }
    return node_binary(work, NODE_LIST, with_signs(work, node, 1), with_signs(work, node, -1));
}

AnswerVerdict compare_nodes(Comparison *comparison, const Node *reference, const Node *answer) {
    AnswerVerdict verdict = ANSWER_UNDECIDED;
    if (!reference || !answer || !work_spend(comparison->work, 100)) {
        return ANSWER_UNDECIDED;
    }
    if (node_same(reference, answer)) {
        return verdict_of(comparison, ANSWER_EQUAL, "the same expression");
    }
    if ((is_set_of_reals(reference) || is_set_of_reals(answer)) &&
        compare_reals(comparison, reference, answer, &verdict)) {
        return verdict;
    }
    if (either_is(reference, answer, NODE_RELATION) &&
        (!is_several(reference) || names_a_set(comparison, answer)) &&
        (!is_several(answer) || names_a_set(comparison, reference))) {
        return compare_relations(comparison, reference, answer);
    }
    reference = both_signs(comparison->work, reference);
    answer = both_signs(comparison->work, answer);
    if (!reference || !answer) {
        return ANSWER_UNDECIDED;
    }
    if (either_is(reference, answer, NODE_WORDS) && !either_is(reference, answer, NODE_LIST)) {
        return compare_words(comparison, reference, answer);
    }
    if (is_several(reference) || is_several(answer)) {
        return compare_collections(comparison, reference, answer);
    }
    if (either_is(reference, answer, NODE_QUANTITY)) {
        return compare_quantities(comparison, reference, answer);
    }
    if (either_is(reference, answer, NODE_BASED)) {
        return compare_based(comparison, reference, answer);
    }
    if (either_is(reference, answer, NODE_RATIO)) {
        return compare_ratios(comparison, reference, answer);
    }
    if (reference->kind == NODE_TUPLE && answer->kind == NODE_TUPLE) {
        return compare_tuples(comparison, reference, answer);
    }
    if (is_vector_like(reference) && is_vector_like(answer)) {
        return compare_matrices(comparison, reference, answer);
    }
    if (is_determinant(reference) || is_determinant(answer)) {
        return compare_matrices(comparison, reference, answer);
    }
    if (node_is_scalar(reference) && node_is_scalar(answer)) {
        return compare_scalars(comparison, reference, answer);
    }
    if (is_set_of_reals(reference) && is_set_of_reals(answer)) {
        return compare_operations(comparison, reference, answer);
    }
    return verdict_of(comparison, ANSWER_DIFFERENT, "not of the same sort");
}
