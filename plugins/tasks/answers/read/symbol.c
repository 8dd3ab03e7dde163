/* SPDX-License-Identifier: Apache-2.0 */
/* Names: letters with their indices, letters side by side, what a macro makes of letters. */
#include "read/parser.h"

#include <string.h>

enum { MAX_NAME_BYTES = 48 };

// Appends the texts of the tokens of an index, {..} or one, to a name.
static bool add_index(Parser *parser, char *name, size_t *n) {
    int depth = 0;
    do {
        Token *token = parser->token;
        const char *plain = token->kind == TOKEN_PLUS    ? "+"
                            : token->kind == TOKEN_MINUS ? "-"
                            : token->kind == TOKEN_COMMA ? ","
                                                         : "";
        EmendStr text = token->text.len > 0 ? token->text : emend_str(plain);
        bool is_name = token->kind == TOKEN_NUMBER || token->kind == TOKEN_LETTER ||
                       token->kind == TOKEN_WORD || token->kind == TOKEN_TEXT ||
                       token->kind == TOKEN_E || token->kind == TOKEN_I || plain[0];
        if (token->kind == TOKEN_GROUP_OPEN) {
            depth++;
        } else if (token->kind == TOKEN_GROUP_CLOSE) {
            depth--;
        } else if (!is_name || *n + text.len >= MAX_NAME_BYTES) {
            return false;
        } else if (token->kind == TOKEN_NUMBER && depth == 0 && text.len > 1) {
            name[(*n)++] = text.ptr[0]; // TeX: x_12 is x_1 2
            token->text = str_skip(text, 1);
            token->is_spaced = false;
            return true;
        } else {
            memcpy(name + *n, text.ptr, text.len);
            *n += text.len;
        }
        parser->token++;
    } while (depth > 0);
    return depth == 0;
}

// A letter with its index and primes: x, x_1, a_{n+1}, f'.
const Node *parse_symbol(Parser *parser) {
    const Token *token = parser->token++;
    char name[MAX_NAME_BYTES];
    size_t n = token->text.len < 24 ? token->text.len : 24;
    memcpy(name, token->text.ptr, n);
    bool is_plain = true;
    while (parse_next_is(parser, TOKEN_SUBSCRIPT) || parse_next_is(parser, TOKEN_PRIME)) {
        is_plain = false;
        if (n + 2 >= sizeof name) {
            return parse_fail(parser, "a name is too long");
        }
        bool is_index = parser->token++->kind == TOKEN_SUBSCRIPT;
        name[n++] = is_index ? '_' : '\'';
        if (is_index && !add_index(parser, name, &n)) {
            return parse_fail(parser, "an index cannot be read");
        }
    }
    if (is_plain) {
        return node_text(parser->work, NODE_SYMBOL, token->text);
    }
    char *kept = work_alloc(parser->work, n);
    return kept ? node_text(parser->work, NODE_SYMBOL, (EmendStr){memcpy(kept, name, n), n}) : NULL;
}

// How many tokens an inverse takes: ^{-1}; 0: there is none.
static uint32_t inverse_length(const Token *token) {
    return token[0].kind == TOKEN_POWER && token[1].kind == TOKEN_GROUP_OPEN &&
                   token[2].kind == TOKEN_MINUS && token[3].kind == TOKEN_NUMBER &&
                   str_is(token[3].text, "1") && token[4].kind == TOKEN_GROUP_CLOSE
               ? 5
               : 0;
}

bool parse_function_name(const Parser *parser) {
    const Token *token = parser->token;
    bool is_name =
        token->kind == TOKEN_LETTER && token->text.len == 1 && strchr("fghFG", token->text.ptr[0]);
    const Token *next = token + 1 + (is_name ? inverse_length(token + 1) : 0);
    return is_name && next->kind == TOKEN_OPEN && next->value == '(';
}

const Node *parse_function_value(Parser *parser) {
    static const char *const inverses[] = {"f^-1", "g^-1", "h^-1", "F^-1", "G^-1"};
    EmendStr name = parser->token->text;
    uint32_t n_inverse = inverse_length(parser->token + 1);
    parser->token += 1 + n_inverse;
    for (size_t i = 0; n_inverse > 0 && i < sizeof inverses / sizeof inverses[0]; i++) {
        name = inverses[i][0] == name.ptr[0] ? emend_str(inverses[i]) : name;
    }
    const Node *inside = parse_bracket(parser);
    if (!inside) {
        return NULL;
    }
    bool is_tuple = inside->kind == NODE_TUPLE;
    const Node *const *arguments = is_tuple ? inside->child : &inside;
    uint32_t n = is_tuple ? inside->n_children : 1;
    for (uint32_t i = 0; i < n; i++) {
        if (!node_is_scalar(arguments[i])) {
            return parse_fail(parser, "a function's argument is no number");
        }
    }
    Node *call = node_call(parser->work, FN_OPAQUE, arguments, n);
    if (call) {
        call->text = name;
    }
    return call;
}

// The first of letters side by side, which are a product: in a/bc and ab^2 each stands alone.
const Node *parse_first_letter(Parser *parser) {
    Token *token = parser->token;
    EmendStr letter = {token->text.ptr, 1};
    if (token->value == 0 && token->text.len > 4) {
        return parse_fail(parser, "it has an unknown word");
    }
    token->text = str_skip(token->text, 1);
    token->is_spaced = false;
    token->value = 1; // begun
    if (token->text.len == 1) {
        token->kind = token->text.ptr[0] == 'e'   ? TOKEN_E
                      : token->text.ptr[0] == 'i' ? TOKEN_I
                                                  : TOKEN_LETTER;
    }
    return letter.ptr[0] == 'e'   ? node_make(parser->work, NODE_E, NULL, 0)
           : letter.ptr[0] == 'i' ? node_make(parser->work, NODE_I, NULL, 0)
                                  : node_text(parser->work, NODE_SYMBOL, letter);
}

// \overline{AB}, \vec{v}, \angle ABC: a name where letters follow, else a function of what follows.
const Node *parse_opaque(Parser *parser) {
    const Token *macro = parser->token++;
    char name[MAX_NAME_BYTES];
    size_t n = macro->text.len;
    memcpy(name, macro->text.ptr, n);
    name[n++] = ' ';
    Parser ahead = *parser;
    if (add_index(&ahead, name, &n)) {
        *parser = ahead;
        char *kept = work_alloc(parser->work, n);
        return kept ? node_text(parser->work, NODE_SYMBOL, (EmendStr){memcpy(kept, name, n), n})
                    : NULL;
    }
    const Node *argument = parse_argument(parser, true);
    Node *call = argument ? node_call(parser->work, FN_OPAQUE, &argument, 1) : NULL;
    if (call) {
        call->text = macro->text;
    }
    return call;
}
