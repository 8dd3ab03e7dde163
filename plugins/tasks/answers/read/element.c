/* SPDX-License-Identifier: Apache-2.0 */
/* Elements and lists of them: unions, relations, words. */
#include "read/parser.h"

#include <string.h>

enum { MAX_MEMBERS = 16 };

// (-\infty, 1) U (2, 3)
bool parse_letter_for_union(const Token *token) {
    return token->kind == TOKEN_LETTER && str_is(token->text, "U") &&
           token[-1].kind == TOKEN_CLOSE && token[1].kind == TOKEN_OPEN;
}

static NodeKind set_operation(const Token *token) {
    TokenKind kind = parse_letter_for_union(token) ? TOKEN_UNION : token->kind;
    return kind == TOKEN_UNION          ? NODE_UNION
           : kind == TOKEN_INTERSECTION ? NODE_INTERSECTION
           : kind == TOKEN_WITHOUT      ? NODE_WITHOUT
                                        : NODE_NUMBER;
}

// a ∪ b ∪ c; ∪, ∩ and \ are read from left to right.
static const Node *parse_operand(Parser *parser) {
    const Node *parts[PARSER_MAX_PARTS];
    uint32_t n = 0;
    NodeKind kind = NODE_NUMBER;
    parts[n++] = parse_quantity(parser);
    while (parts[n - 1] && set_operation(parser->token) != NODE_NUMBER) {
        NodeKind next = set_operation(parser->token++);
        if (n > 1 && next != kind) {
            parts[0] = node_make(parser->work, kind, parts, n);
            n = 1;
        }
        if (n == PARSER_MAX_PARTS || !parts[n - 1]) {
            return parse_fail(parser, "a union has too many parts");
        }
        kind = next;
        parts[n++] = parse_quantity(parser);
        if (kind == NODE_WITHOUT) {
            parts[0] = node_make(parser->work, kind, parts, n);
            n = 1;
        }
    }
    return !parts[n - 1] || n == 1 ? parts[n - 1] : node_make(parser->work, kind, parts, n);
}

static const Node *relation_of(Parser *parser, const Node *const *members, const Relation *signs,
                               uint32_t n) {
    Node *node = node_make(parser->work, NODE_RELATION, members, n);
    Relation *kept = node ? work_alloc(parser->work, n * sizeof *kept) : NULL;
    if (!kept) {
        return NULL;
    }
    node->relation = memcpy(kept, signs, (n - 1) * sizeof *kept);
    return node;
}

// f(x) before a sign of equality, whatever the letter: a name, no product.
static const Node *parse_head(Parser *parser) {
    const Token *token = parser->token;
    const Node *arguments[4];
    uint32_t n = 0;
    if (token->kind != TOKEN_LETTER && token->kind != TOKEN_E) {
        return NULL;
    }
    const Token *ahead = token + 1;
    if (ahead->kind != TOKEN_OPEN || ahead->value != '(') {
        return NULL;
    }
    do {
        ahead++;
        if ((ahead->kind != TOKEN_LETTER && ahead->kind != TOKEN_NUMBER) || n == 4) {
            return NULL;
        }
        arguments[n++] = ahead->kind == TOKEN_NUMBER
                             ? parse_digits(parser, ahead->text)
                             : node_text(parser->work, NODE_SYMBOL, ahead->text);
        ahead++;
    } while (ahead->kind == TOKEN_COMMA);
    if (ahead->kind != TOKEN_CLOSE || ahead[1].kind != TOKEN_RELATION) {
        return NULL;
    }
    Node *call = node_call(parser->work, FN_OPAQUE, arguments, n);
    if (call) {
        call->text = token->text;
        parser->token += ahead + 1 - token;
    }
    return call;
}

// \text{Area} =, Area =
static const Node *parse_text_name(Parser *parser) {
    const Token *token = parser->token;
    bool is_word = token->kind == TOKEN_TEXT || (token->kind == TOKEN_WORD && token->text.len > 2);
    if (!is_word || token[1].kind != TOKEN_RELATION) {
        return NULL;
    }
    bool is_letter = token->text.len == 1;
    if (!is_letter && !prose_is_label(token->text)) {
        return parse_fail(parser, "words before a relation may change its meaning");
    }
    parser->token++;
    return token->text.len == 1 ? node_text(parser->work, NODE_SYMBOL, token->text)
                                : prose_read(parser->work, token->text);
}

// \text{Answer: } 5, \text{The solution is } x = 5, \text{Either } 1 or 2: what tells of a value
// and adds nothing to it.
bool parse_label(Parser *parser) {
    const Token *token = parser->token;
    if (token->kind != TOKEN_TEXT || parse_ends_part(token[1].kind) ||
        !prose_is_label(token->text)) {
        return false;
    }
    bool has_colon = token[1].kind == TOKEN_COLON;
    bool is_label = has_colon || str_ends(token->text, ":") || str_ends(token->text, " is") ||
                    str_ends(token->text, " are") || str_is_word(token->text, "either");
    parser->token += is_label ? 1 + has_colon : 0;
    return is_label;
}

static const Node *parse_member(Parser *parser) {
    const Node *head = parse_head(parser);
    head = head ? head : parse_text_name(parser);
    return head || work_failed(parser->work) ? head : parse_operand(parser);
}

// 3 \pmod 7: equal residues of one modulus are equal.
static const Node *parse_modulo(Parser *parser, const Node *value) {
    parser->token++;
    bool is_open = parse_take(parser, TOKEN_OPEN);
    const Node *modulus = parse_scalar(parser, parse_sum(parser));
    if (!modulus || (is_open && !parse_take(parser, TOKEN_CLOSE))) {
        return parse_fail(parser, "a modulus cannot be read");
    }
    const Node *arguments[] = {parse_scalar(parser, value), modulus};
    if (!arguments[0]) {
        return NULL;
    }
    const Node *parts[] = {node_call(parser->work, FN_MOD, arguments, 2), modulus};
    Node *call = parts[0] ? node_call(parser->work, FN_OPAQUE, parts, 2) : NULL;
    if (call) {
        call->text = emend_str("residue");
    }
    return call;
}

static const Node *parse_relation(Parser *parser) {
    const Node *members[MAX_MEMBERS];
    Relation signs[MAX_MEMBERS];
    uint32_t n = 0;
    // "= 5", "\approx 5"
    if (parse_next_is(parser, TOKEN_RELATION) &&
        (parser->token->value == RELATION_EQUAL || parser->token->value == RELATION_APPROX)) {
        parser->token++;
    }
    members[n++] = parse_member(parser);
    while (members[n - 1] && parse_next_is(parser, TOKEN_RELATION)) {
        if (n == MAX_MEMBERS) {
            return parse_fail(parser, "a relation has too many members");
        }
        signs[n - 1] = (Relation)parser->token++->value;
        members[n++] = parse_member(parser);
    }
    if (members[n - 1] && parse_next_is(parser, TOKEN_MODULO)) {
        members[n - 1] = parse_modulo(parser, members[n - 1]);
        for (uint32_t i = 0; i + 1 < n; i++) {
            signs[i] = signs[i] == RELATION_EQUIVALENT ? RELATION_EQUAL : signs[i];
        }
    }
    return !members[n - 1] || n == 1 ? members[n - 1] : relation_of(parser, members, signs, n);
}

// Words without a sign or digit among them up to the end of the part.
static const Node *parse_words(Parser *parser) {
    const Token *first = parser->token, *token = first;
    bool has_word = false;
    uint64_t n_bytes = 0;
    for (; !parse_ends_part(token->kind); token++) {
        bool is_word = token->kind == TOKEN_WORD || token->kind == TOKEN_TEXT ||
                       (token->kind == TOKEN_NUMBER && has_word) || token->kind == TOKEN_LETTER ||
                       token->kind == TOKEN_E || token->kind == TOKEN_I ||
                       token->kind == TOKEN_STOP || token->kind == TOKEN_PRIME ||
                       token->kind == TOKEN_MINUS;
        if (!is_word) {
            return NULL;
        }
        has_word = has_word || (token->kind == TOKEN_TEXT && prose_is(token->text)) ||
                   (token->kind == TOKEN_WORD && prose_is_word(token->text));
        n_bytes += token->text.len + 1;
    }
    char *words = has_word ? work_alloc(parser->work, n_bytes) : NULL;
    if (!words) {
        return NULL;
    }
    uint64_t n = 0;
    for (const Token *word = first; word < token; word++) {
        if (n > 0 && (word->is_spaced || word->kind == TOKEN_MINUS)) {
            words[n++] = ' ';
        }
        memcpy(words + n, word->text.ptr ? word->text.ptr : "", word->text.len);
        n += word->text.len;
    }
    parser->token += token - first;
    return prose_read(parser->work, (EmendStr){words, n});
}

const Node *parse_element(Parser *parser) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    const Node *node = NULL;
    const Token *token = parser->token;
    if (token->kind == TOKEN_TEXT && parse_ends_part(token[1].kind)) {
        parser->token++;
        node = parse_text(parser, token->text);
    } else {
        node = parse_words(parser);
        if (!node && !work_failed(parser->work)) {
            node = parse_letter_digits(parser);
        }
        if (!node && !work_failed(parser->work)) {
            node = parse_relation(parser);
        }
    }
    return parse_leave(parser, node);
}

// The parts of a list up to a token that ends it; *separator: what stood between them.
bool parse_parts(Parser *parser, const Node **parts, uint32_t *n, char *separator) {
    *n = 0;
    *separator = '\0';
    for (;;) {
        while (parse_take(parser, TOKEN_COMMA) || parse_take(parser, TOKEN_SEMICOLON)) {
            *separator = ',';
        }
        TokenKind kind = parser->token->kind;
        if (kind == TOKEN_AND || kind == TOKEN_OR) {
            char joint = kind == TOKEN_AND ? '&' : '|';
            *separator = *separator == '\0' || *separator == joint ? joint : ',';
            parser->token++;
            continue;
        }
        if (parse_ends_part(kind)) {
            return true;
        }
        if (*n > 0 && *separator == '\0') {
            return true;
        }
        if (*n == PARSER_MAX_PARTS) {
            return work_fail(parser->work, "a list has more than %d parts", PARSER_MAX_PARTS);
        }
        parts[*n] = parse_element(parser);
        if (!parts[*n]) {
            return false;
        }
        ++*n;
        kind = parser->token->kind;
        if (kind != TOKEN_COMMA && kind != TOKEN_SEMICOLON && kind != TOKEN_AND &&
            kind != TOKEN_OR) {
            return true;
        }
    }
}

const Node *parse_list(Parser *parser) {
    const Node *parts[PARSER_MAX_PARTS];
    uint32_t n = 0;
    char separator = ',';
    if (!parse_enter(parser)) {
        return NULL;
    }
    if (!parse_parts(parser, parts, &n, &separator)) {
        return parse_leave(parser, NULL);
    }
    if (n == 0) {
        return parse_leave(parser, parse_fail(parser, "there is nothing to read"));
    }
    if (n == 1) {
        return parse_leave(parser, parts[0]);
    }
    Node *list = node_make(parser->work, NODE_LIST, parts, n);
    if (list) {
        list->open = separator;
    }
    return parse_leave(parser, list);
}
