/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of the parser needs. */
#include "read/parser.h"

bool parse_next_is(const Parser *parser, TokenKind kind) {
    return parser->token->kind == kind;
}

bool parse_take(Parser *parser, TokenKind kind) {
    if (!parse_next_is(parser, kind)) {
        return false;
    }
    parser->token++;
    return true;
}

bool parse_ends_part(TokenKind kind) {
    switch (kind) {
    case TOKEN_END:
    case TOKEN_CLOSE:
    case TOKEN_SET_CLOSE:
    case TOKEN_GROUP_CLOSE:
    case TOKEN_COMMA:
    case TOKEN_SEMICOLON:
    case TOKEN_AND:
    case TOKEN_OR:
    case TOKEN_CELL:
    case TOKEN_ROW:
    case TOKEN_FINISH:
        return true;
    default:
        return false;
    }
}

const Node *parse_fail(Parser *parser, const char *what) {
    const Token *token = parser->token;
    if (token->kind == TOKEN_END) {
        work_fail(parser->work, "%s at its end", what);
    } else if (token->text.len > 0) {
        work_fail(parser->work, "%s near '%.*s'", what,
                  (int)(token->text.len < 24 ? token->text.len : 24), token->text.ptr);
    } else {
        work_fail(parser->work, "%s", what);
    }
    return NULL;
}

bool parse_enter(Parser *parser) {
    if (parser->depth >= PARSER_MAX_DEPTH) {
        return work_fail(parser->work, "it is nested more than %d levels deep",
                         PARSER_MAX_DEPTH / 3);
    }
    parser->depth++;
    return true;
}

const Node *parse_leave(Parser *parser, const Node *node) {
    parser->depth--;
    return node;
}
