/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as they are written: mixed, repeating, in another base. */
#include "read/parser.h"

#include <string.h>

Node *parse_digits(Parser *parser, EmendStr digits) {
    mpq_ptr value = work_rational(parser->work);
    uint32_t n_decimals = 0;
    if (!value || !number_read(parser->work, digits, value, &n_decimals)) {
        return NULL;
    }
    Node *node = node_make(parser->work, NODE_NUMBER, NULL, 0);
    if (node) {
        node->number = value;
        node->n_decimals = n_decimals;
    }
    return node;
}

static bool is_integer_literal(const Token *token) {
    return token->kind == TOKEN_NUMBER && !memchr(token->text.ptr, '.', token->text.len) &&
           !memchr(token->text.ptr, 'e', token->text.len) &&
           !memchr(token->text.ptr, 'E', token->text.len);
}

// One token of a macro's argument: of a number the first digit alone, as TeX takes it.
const Node *parse_digit(Parser *parser) {
    Token *token = parser->token;
    EmendStr digit = {token->text.ptr, 1};
    const Node *node = parse_digits(parser, digit);
    if (token->text.len > 1) {
        token->text = str_skip(token->text, 1);
        token->is_spaced = false;
    } else {
        parser->token++;
    }
    return node;
}

static bool is_fraction_literal(const Node *node) {
    return node->kind == NODE_QUOTIENT && node->child[0]->kind == NODE_NUMBER &&
           node->child[1]->kind == NODE_NUMBER &&
           mpz_cmp_ui(mpq_denref(node->child[0]->number), 1) == 0 &&
           mpz_cmp_ui(mpq_denref(node->child[1]->number), 1) == 0 &&
           mpq_sgn(node->child[0]->number) > 0 &&
           mpq_cmp(node->child[0]->number, node->child[1]->number) < 0;
}

static const Node *add_mixed(Parser *parser, const Node *whole, const Node *fraction) {
    mpq_ptr value = work_rational(parser->work);
    if (!value || mpq_sgn(fraction->child[1]->number) == 0) {
        return parse_fail(parser, "it divides by zero");
    }
    mpq_div(value, fraction->child[0]->number, fraction->child[1]->number);
    mpq_add(value, value, whole->number);
    return node_rational(parser->work, value);
}

// 14\frac67 and 2 1/2. A fraction that is no such part is left standing, as a factor.
static const Node *parse_mixed(Parser *parser, const Node *whole, bool is_integer) {
    Token *token = parser->token;
    if (!is_integer) {
        return whole;
    }
    if (token->kind == TOKEN_FRACTION) {
        const Node *fraction = parse_fraction(parser);
        if (!fraction) {
            return NULL;
        }
        return is_fraction_literal(fraction)
                   ? add_mixed(parser, whole, fraction)
                   : node_binary(parser->work, NODE_PRODUCT, whole, fraction);
    }
    if (token->is_spaced && is_integer_literal(token) && token[1].kind == TOKEN_DIVIDE &&
        is_integer_literal(&token[2])) {
        const Node *top = parse_digits(parser, token[0].text);
        const Node *bottom = parse_digits(parser, token[2].text);
        const Node *fraction = node_binary(parser->work, NODE_QUOTIENT, top, bottom);
        parser->token += 3;
        return fraction && is_fraction_literal(fraction)
                   ? add_mixed(parser, whole, fraction)
                   : parse_fail(parser, "two numbers stand side by side");
    }
    return whole;
}

// The value of digits with a point, the last of them repeated for ever behind them.
static const Node *repeating_value(Parser *parser, EmendStr head, EmendStr digits) {
    const char *point = memchr(head.ptr, '.', head.len);
    uint64_t n_behind = head.len - (uint64_t)(point - head.ptr) - 1;
    const Node *front = parse_digits(parser, head), *period = parse_digits(parser, digits);
    mpq_ptr value = work_rational(parser->work);
    if (!front || !period || !value) {
        return NULL;
    }
    // period / ((10^n - 1) 10^n_behind)
    mpz_ui_pow_ui(mpq_denref(value), 10, digits.len);
    mpz_sub_ui(mpq_denref(value), mpq_denref(value), 1);
    mpz_set(mpq_numref(value), mpq_numref(period->number));
    mpz_t shift;
    mpz_init(shift);
    mpz_ui_pow_ui(shift, 10, n_behind);
    mpz_mul(mpq_denref(value), mpq_denref(value), shift);
    mpz_clear(shift);
    mpq_canonicalize(value);
    mpq_add(value, value, front->number);
    return node_rational(parser->work, value);
}

// 0.1\overline{6}
static const Node *parse_repeating(Parser *parser, EmendStr head) {
    parser->token++;
    bool is_group = parse_take(parser, TOKEN_GROUP_OPEN);
    const Token *token = parser->token;
    if (!is_integer_literal(token) || token->text.len > 64) {
        return parse_fail(parser, "digits must stand below the bar");
    }
    EmendStr digits = token->text;
    parser->token++;
    if (is_group && !parse_take(parser, TOKEN_GROUP_CLOSE)) {
        return parse_fail(parser, "a brace is not closed");
    }
    return repeating_value(parser, head, digits);
}

// "two" to "sixteen" as the name of a base; 0: another word.
static long numeral_value(EmendStr word) {
    static const char *const numerals[] = {"two",    "three",    "four",     "five",    "six",
                                           "seven",  "eight",    "nine",     "ten",     "eleven",
                                           "twelve", "thirteen", "fourteen", "fifteen", "sixteen"};
    for (size_t i = 0; i < sizeof numerals / sizeof numerals[0]; i++) {
        if (str_is_word(word, numerals[i])) {
            return (long)i + 2;
        }
    }
    return 0;
}

// 204 base 5
static bool has_base_in_words(const Parser *parser) {
    const Token *token = parser->token;
    return (token[0].kind == TOKEN_WORD || token[0].kind == TOKEN_TEXT) &&
           str_is_word(token[0].text, "base") &&
           (token[1].kind == TOKEN_NUMBER || token[1].kind == TOKEN_WORD);
}

// The base of digits, as in 204_5 and 204_{5}: 0 where there is none.
uint32_t parse_base(Parser *parser) {
    parser->token++;
    bool is_group = parse_take(parser, TOKEN_GROUP_OPEN);
    const Token *token = parser->token;
    long base =
        token->kind == TOKEN_TEXT || token->kind == TOKEN_WORD ? numeral_value(token->text) : 0;
    if (token->text.len == 1 && is_integer_literal(token)) {
        base = token->text.ptr[0] - '0';
    } else if (token->text.len == 2 && is_integer_literal(token)) {
        base = (token->text.ptr[0] - '0') * 10 + (token->text.ptr[1] - '0');
    }
    if (base < 2 || base > 36) {
        parse_fail(parser, "a base must be from 2 to 36");
        return 0;
    }
    parser->token++;
    if (is_group && !parse_take(parser, TOKEN_GROUP_CLOSE)) {
        parse_fail(parser, "a brace is not closed");
        return 0;
    }
    return (uint32_t)base;
}

static int digit_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'Z' ? c - 'A' + 10
           : c >= 'a' && c <= 'z' ? c - 'a' + 10
                                  : 99;
}

const Node *parse_based(Parser *parser, EmendStr digits, uint32_t base) {
    Node *node = node_make(parser->work, NODE_BASED, NULL, 0);
    mpq_ptr value = work_rational(parser->work);
    char *kept = work_alloc(parser->work, digits.len + 1);
    uint64_t n = 0;
    bool is_behind = false;
    if (!node || !value || !kept || !work_spend(parser->work, digits.len * digits.len)) {
        return NULL;
    }
    for (uint64_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if (n > 0 || c != '0') {
            kept[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        if (c == '.') {
            is_behind = true;
            continue;
        }
        mpz_mul_ui(mpq_numref(value), mpq_numref(value), base);
        mpz_add_ui(mpq_numref(value), mpq_numref(value), (unsigned long)digit_value(c));
        if (is_behind) {
            mpz_mul_ui(mpq_denref(value), mpq_denref(value), base);
        }
    }
    mpq_canonicalize(value);
    node->number = value;
    node->base = base;
    node->text = (EmendStr){kept, n};
    return node;
}

// 0.333\ldots, 0.1666..., 3.1414\ldots: one digit three times, or two and more twice, go on for
// ever.
static const Node *parse_going_on(Parser *parser, EmendStr number) {
    const char *point = memchr(number.ptr, '.', number.len);
    uint64_t n_behind = point ? number.len - (uint64_t)(point - number.ptr) - 1 : 0;
    for (uint64_t period = 1; period * (period == 1 ? 3 : 2) <= n_behind; period++) {
        uint64_t n_repeated = period * (period == 1 ? 3 : 2);
        const char *last = number.ptr + number.len - period;
        const char *first = number.ptr + number.len - n_repeated;
        bool is_repeated = memcmp(first, first + period, n_repeated - period) == 0;
        if (is_repeated && memchr(number.ptr, 'e', number.len) == NULL) {
            EmendStr head = {number.ptr, (uint64_t)(last - number.ptr)};
            parser->token++;
            return repeating_value(parser, head, (EmendStr){last, period});
        }
    }
    return parse_fail(parser, "it is not clear how the digits go on");
}

const Node *parse_negative_based(Parser *parser, const Node *node) {
    Node *copy = node_make(parser->work, NODE_BASED, NULL, 0);
    mpq_ptr value = work_rational(parser->work);
    char *text = work_alloc(parser->work, node->text.len + 1);
    if (!copy || !value || !text) {
        return NULL;
    }
    mpq_neg(value, node->number);
    text[0] = '-';
    memcpy(text + 1, node->text.ptr, node->text.len);
    copy->number = value;
    copy->base = node->base;
    copy->text = (EmendStr){text, node->text.len + 1};
    return copy;
}

const Node *parse_number(Parser *parser) {
    const Token *token = parser->token++;
    bool is_integer = is_integer_literal(token);
    if (parse_next_is(parser, TOKEN_OVERLINE) && !parser->token->is_spaced && !is_integer) {
        return parse_repeating(parser, token->text);
    }
    if (parse_next_is(parser, TOKEN_ELLIPSIS) && !parser->token->is_spaced && !is_integer) {
        return parse_going_on(parser, token->text);
    }
    const Token *next = parser->token;
    if (!is_integer && next[0].kind == TOKEN_OPEN && !next[0].is_spaced &&
        next[1].kind == TOKEN_NUMBER && next[2].kind == TOKEN_CLOSE) {
        return parse_fail(parser, "brackets may be the digits that repeat, or a factor"); // 0.12(3)
    }
    if (parse_next_is(parser, TOKEN_SUBSCRIPT) || has_base_in_words(parser)) {
        uint32_t base = parse_base(parser);
        return base ? parse_based(parser, token->text, base) : NULL;
    }
    return parse_mixed(parser, parse_digits(parser, token->text), is_integer);
}

// (204)_5
const Node *parse_bracketed_base(Parser *parser, const Node *node) {
    if (node->kind != NODE_NUMBER || mpq_sgn(node->number) < 0 ||
        mpz_cmp_ui(mpq_denref(node->number), 1) != 0) {
        return parse_fail(parser, "an index stands behind what is no name");
    }
    char digits[32];
    int n = gmp_snprintf(digits, sizeof digits, "%Zd", mpq_numref(node->number));
    uint32_t base = n < (int)sizeof digits ? parse_base(parser) : 0;
    return base ? parse_based(parser, (EmendStr){digits, (uint64_t)n}, base)
                : parse_fail(parser, "a number in another base is too long");
}

// A5_{11}, \text{B4}_{16}: digits and letters with a base above ten.
const Node *parse_letter_digits(Parser *parser) {
    char digits[32];
    size_t n = 0;
    const Token *token = parser->token;
    bool has_letter = false;
    for (; token->kind == TOKEN_NUMBER || token->kind == TOKEN_LETTER || token->kind == TOKEN_E ||
           token->kind == TOKEN_WORD || token->kind == TOKEN_TEXT;
         token++) {
        bool fits = n + token->text.len < sizeof digits && (n == 0 || !token->is_spaced);
        for (uint64_t i = 0; fits && i < token->text.len; i++) {
            char c = token->text.ptr[i];
            fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            digits[n++] = c;
        }
        if (!fits) {
            return NULL;
        }
        has_letter = has_letter || token->kind != TOKEN_NUMBER;
    }
    bool is_group = token[0].kind == TOKEN_SUBSCRIPT && token[1].kind == TOKEN_GROUP_OPEN &&
                    token[2].kind == TOKEN_NUMBER && token[2].text.len == 2;
    if (!has_letter || n < 2 || !is_group || !parse_ends_part(token[4].kind)) {
        return NULL;
    }
    parser->token += token - parser->token;
    uint32_t base = parse_base(parser);
    return base ? parse_based(parser, (EmendStr){digits, n}, base) : NULL;
}
