/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens to tree: the grammar, which needs no types. */
#include "manifest/text_lex.h"
#include "manifest/text_tree.h"
#include "manifest/utf8.h"

#include <string.h>
#include <strings.h>

typedef struct Parser {
    TextTree *tree;
    uint32_t source;
    Lexer lexer;
    Token token; /* not yet taken */
    EmendError *err;
} Parser;

static TextPlace place_of(const Parser *parser, const char *at) {
    return (TextPlace){parser->source, (uint32_t)(at - parser->tree->sources[parser->source].text)};
}

static EmendStatus fail_at(const Parser *parser, const char *at, const char *message) {
    return text_fail(parser->tree, place_of(parser, at), EMEND_INVALID_ARGUMENT, parser->err, "%s",
                     message);
}

/* "expected what, found what" at the token. */
static EmendStatus unexpected(const Parser *parser, const char *expected) {
    const Token *token = &parser->token;
    int len = token->len > 40 ? 40 : (int)token->len;
    bool is_end = token->kind == TOKEN_END;
    return text_fail(parser->tree, place_of(parser, token->text), EMEND_INVALID_ARGUMENT,
                     parser->err, "%s must stand here, not %.*s", expected, is_end ? 7 : len,
                     is_end ? "the end" : token->text);
}

static EmendStatus advance(Parser *parser) {
    if (lexer_next(&parser->lexer, &parser->token)) {
        return EMEND_OK;
    }
    return fail_at(parser, parser->lexer.problem_at, parser->lexer.problem);
}

static bool is_symbol(const Parser *parser, char symbol) {
    return parser->token.kind == TOKEN_SYMBOL && *parser->token.text == symbol;
}

/* Takes the symbol where it is next, and says whether it was. */
static EmendStatus take_symbol(Parser *parser, char symbol, bool *taken) {
    *taken = is_symbol(parser, symbol);
    return *taken ? advance(parser) : EMEND_OK;
}

/* -- scalars ------------------------------------------------------------------------------------
 */

static EmendStatus parse_strings(Parser *parser, TextValue *value) {
    // Unescaped text is never longer than its source, so one pass to find the end will do.
    Parser ahead = *parser;
    size_t capacity = 0;
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && ahead.token.kind == TOKEN_STRING) {
        capacity += ahead.token.len;
        status = advance(&ahead);
    }
    char *text = arena_alloc(&parser->tree->arena, capacity + 1);
    if (!text) {
        return text_tree_out_of_memory(parser->tree, parser->err);
    }
    value->kind = TEXT_STRING;
    value->text = text;
    status = EMEND_OK;
    while (status == EMEND_OK && parser->token.kind == TOKEN_STRING) {
        size_t len = 0;
        if (!lexer_unescape(&parser->lexer, &parser->token, text + value->len, &len)) {
            return fail_at(parser, parser->lexer.problem_at, parser->lexer.problem);
        }
        value->len += len;
        status = advance(parser);
    }
    return status;
}

static bool is_float_word(const Token *token) {
    static const char *const words[] = {"inf", "infinity", "nan"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (token->len == strlen(words[i]) && strncasecmp(token->text, words[i], token->len) == 0) {
            return true;
        }
    }
    return false;
}

static EmendStatus parse_number_or_word(Parser *parser, TextValue *value) {
    const Token *token = &parser->token;
    size_t prefix = 0, suffix = 0;
    switch (token->kind) {
    case TOKEN_WORD:
        if (value->is_negative && !is_float_word(token)) {
            return unexpected(parser, "a number");
        }
        value->kind = TEXT_WORD;
        break;
    case TOKEN_DECIMAL:
        value->kind = TEXT_INTEGER;
        value->base = 10;
        break;
    case TOKEN_OCTAL:
        value->kind = TEXT_INTEGER;
        value->base = 8;
        prefix = 1;
        break;
    case TOKEN_HEX:
        value->kind = TEXT_INTEGER;
        value->base = 16;
        prefix = 2;
        break;
    case TOKEN_FLOAT:
        value->kind = TEXT_FLOAT;
        suffix = (token->text[token->len - 1] | 0x20) == 'f' ? 1 : 0;
        break;
    default:
        return unexpected(parser, value->is_negative ? "a number" : "a value");
    }
    value->text = token->text + prefix;
    value->len = token->len - prefix - suffix;
    return advance(parser);
}

static EmendStatus parse_scalar(Parser *parser, TextValue *value) {
    value->place = place_of(parser, parser->token.text);
    if (parser->token.kind == TOKEN_STRING) {
        return parse_strings(parser, value);
    }
    EmendStatus status = take_symbol(parser, '-', &value->is_negative);
    return status == EMEND_OK ? parse_number_or_word(parser, value) : status;
}

/* -- messages -----------------------------------------------------------------------------------
 */

static EmendStatus parse_fields(Parser *parser, char closing, size_t depth, TextMessage *message);

static bool starts_message(const Parser *parser) {
    return is_symbol(parser, '{') || is_symbol(parser, '<');
}

/* `{ ... }` or `< ... >`, at depth `depth`. */
static EmendStatus parse_message(Parser *parser, size_t depth, TextValue *value) {
    const char *opening = parser->token.text;
    if (depth > TEXT_MAX_DEPTH) {
        return fail_at(parser, opening, "messages nest more than 64 deep");
    }
    value->kind = TEXT_MESSAGE;
    value->place = place_of(parser, opening);
    value->message = arena_alloc(&parser->tree->arena, sizeof(TextMessage));
    if (!value->message) {
        return text_tree_out_of_memory(parser->tree, parser->err);
    }
    char closing = *opening == '{' ? '}' : '>';
    EmendStatus status = advance(parser);
    if (status == EMEND_OK) {
        status = parse_fields(parser, closing, depth, value->message);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (parser->token.kind == TOKEN_END) {
        return text_fail(parser->tree, value->place, EMEND_INVALID_ARGUMENT, parser->err,
                         "this %c is not closed; it needs a %c", *opening, closing);
    }
    if (!is_symbol(parser, closing)) {
        return unexpected(parser, closing == '}' ? "a field or }" : "a field or >");
    }
    return advance(parser);
}

/* Another occurrence of the field that `like` begins. */
static EmendStatus add_value(Parser *parser, TextMessage *message, const TextField *like,
                             TextField **out) {
    TextField *field = arena_alloc(&parser->tree->arena, sizeof *field);
    if (!field) {
        return text_tree_out_of_memory(parser->tree, parser->err);
    }
    *field = *like;
    text_message_append(message, field);
    *out = field;
    return EMEND_OK;
}

static EmendStatus parse_one(Parser *parser, size_t depth, TextMessage *message,
                             const TextField *like) {
    TextField *field = NULL;
    EmendStatus status = add_value(parser, message, like, &field);
    if (status != EMEND_OK) {
        return status;
    }
    return starts_message(parser) ? parse_message(parser, depth + 1, &field->value)
                                  : parse_scalar(parser, &field->value);
}

static EmendStatus parse_list(Parser *parser, size_t depth, TextMessage *message,
                              const TextField *like) {
    TextField element = *like;
    TextPlace opening = place_of(parser, parser->token.text);
    bool is_done = false;
    element.in_list = true;
    EmendStatus status = advance(parser);
    if (status == EMEND_OK && is_symbol(parser, ']')) {
        TextField *empty = NULL;
        status = add_value(parser, message, &element, &empty);
        if (status == EMEND_OK) {
            empty->value.place = opening;
            status = advance(parser);
        }
        return status;
    }
    bool of_messages = starts_message(parser);
    if (status == EMEND_OK && !of_messages && !like->has_colon) {
        return text_fail(parser->tree, opening, EMEND_INVALID_ARGUMENT, parser->err,
                         "a : must stand between the field's name and a list of scalars");
    }
    while (status == EMEND_OK && !is_done) {
        if (of_messages != starts_message(parser)) {
            return unexpected(parser, of_messages ? "a message" : "a scalar");
        }
        status = parse_one(parser, depth, message, &element);
        if (status == EMEND_OK) {
            status = take_symbol(parser, ']', &is_done);
        }
        if (status == EMEND_OK && !is_done) {
            bool is_comma = false;
            status = take_symbol(parser, ',', &is_comma);
            if (status == EMEND_OK && !is_comma) {
                return unexpected(parser, "a , or ]");
            }
        }
    }
    return status;
}

/* -- names --------------------------------------------------------------------------------------
 */

/* `ident.ident...`, appended to `name`, which has room for it. */
static EmendStatus parse_dotted(Parser *parser, char *name, size_t *len) {
    for (;;) {
        if (parser->token.kind != TOKEN_WORD) {
            return unexpected(parser, "a name");
        }
        memcpy(name + *len, parser->token.text, parser->token.len);
        *len += parser->token.len;
        EmendStatus status = advance(parser);
        if (status != EMEND_OK || !is_symbol(parser, '.')) {
            return status;
        }
        name[(*len)++] = '.';
        status = advance(parser);
        if (status != EMEND_OK) {
            return status;
        }
    }
}

/* `[pkg.extension]` or `[domain/pkg.Type]`. */
static EmendStatus parse_bracket_name(Parser *parser, TextField *field) {
    Parser ahead = *parser;
    ahead.err = NULL;
    while (advance(&ahead) == EMEND_OK && !is_symbol(&ahead, ']') &&
           ahead.token.kind != TOKEN_END) {
    }
    if (!is_symbol(&ahead, ']')) {
        return fail_at(parser, parser->token.text, "this [ is not closed; it needs a ]");
    }
    size_t capacity = (size_t)(ahead.token.text - parser->token.text);
    char *name = arena_alloc(&parser->tree->arena, capacity);
    if (!name) {
        return text_tree_out_of_memory(parser->tree, parser->err);
    }
    bool has_domain = false, is_closed = false;
    EmendStatus status = advance(parser);
    field->name = name;
    field->name_kind = TEXT_EXTENSION;
    if (status == EMEND_OK) {
        status = parse_dotted(parser, name, &field->name_len);
    }
    if (status == EMEND_OK) {
        status = take_symbol(parser, '/', &has_domain);
    }
    if (status == EMEND_OK && has_domain) {
        field->name_kind = TEXT_ANY;
        name[field->name_len++] = '/';
        status = parse_dotted(parser, name, &field->name_len);
    }
    if (status == EMEND_OK) {
        status = take_symbol(parser, ']', &is_closed);
    }
    return status == EMEND_OK && !is_closed ? unexpected(parser, "a ]") : status;
}

static EmendStatus parse_name(Parser *parser, TextField *field) {
    field->place = place_of(parser, parser->token.text);
    if (is_symbol(parser, '[')) {
        return parse_bracket_name(parser, field);
    }
    if (parser->token.kind != TOKEN_WORD) {
        return unexpected(parser, "a field's name");
    }
    field->name = parser->token.text;
    field->name_len = parser->token.len;
    return advance(parser);
}

static EmendStatus parse_field(Parser *parser, size_t depth, TextMessage *message) {
    TextField field = {0};
    EmendStatus status = parse_name(parser, &field);
    if (status == EMEND_OK) {
        status = take_symbol(parser, ':', &field.has_colon);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (is_symbol(parser, '[')) {
        status = parse_list(parser, depth, message, &field);
    } else if (!field.has_colon && !starts_message(parser)) {
        return unexpected(parser, "a : or {");
    } else {
        status = parse_one(parser, depth, message, &field);
    }
    bool is_separated = false;
    if (status == EMEND_OK) {
        status = take_symbol(parser, ',', &is_separated);
    }
    return status == EMEND_OK && !is_separated ? take_symbol(parser, ';', &is_separated) : status;
}

static EmendStatus parse_fields(Parser *parser, char closing, size_t depth, TextMessage *message) {
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && parser->token.kind != TOKEN_END && !is_symbol(parser, closing)) {
        status = parse_field(parser, depth, message);
    }
    return status;
}

/* -- sources ------------------------------------------------------------------------------------
 */

static EmendStatus check_bytes(const Parser *parser, const TextSource *source) {
    if (source->len >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0) {
        return fail_at(parser, source->text,
                       "the text starts with a byte order mark; save it as UTF-8 without one");
    }
    const char *nul = memchr(source->text, '\0', source->len);
    if (nul) {
        return fail_at(parser, nul, "a NUL byte may not stand in text; write \\000 in a string");
    }
    size_t valid = utf8_valid_len(source->text, source->len);
    return valid == source->len
               ? EMEND_OK
               : fail_at(parser, source->text + valid,
                         "the text is not UTF-8; save it as UTF-8, and write bytes in strings as"
                         " escapes: \\377");
}

static EmendStatus start(TextTree *tree, uint32_t source, EmendError *err, Parser *parser) {
    const TextSource *from = &tree->sources[source];
    *parser = (Parser){.tree = tree, .source = source, .err = err};
    parser->lexer = (Lexer){.at = from->text, .end = from->text + from->len};
    EmendStatus status = check_bytes(parser, from);
    return status == EMEND_OK ? advance(parser) : status;
}

EmendStatus text_parse_file(TextTree *tree, uint32_t source, TextMessage *message,
                            EmendError *err) {
    Parser parser;
    EmendStatus status = start(tree, source, err, &parser);
    if (status == EMEND_OK) {
        status = parse_fields(&parser, '\0', 0, message);
    }
    return status;
}

EmendStatus text_parse_value(TextTree *tree, uint32_t source, size_t depth, TextMessage *list,
                             EmendError *err) {
    Parser parser;
    TextField like = {.has_colon = true};
    EmendStatus status = start(tree, source, err, &parser);
    if (status == EMEND_OK) {
        status = is_symbol(&parser, '[') ? parse_list(&parser, depth, list, &like)
                                         : parse_one(&parser, depth, list, &like);
    }
    return status == EMEND_OK && parser.token.kind != TOKEN_END
               ? unexpected(&parser, "the end of the value")
               : status;
}
