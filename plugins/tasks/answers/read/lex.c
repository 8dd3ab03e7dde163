/* SPDX-License-Identifier: Apache-2.0 */
#include "read/lexer.h"
#include "read/names.h"

#include <string.h>

bool lexer_is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool lexer_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

EmendStr lexer_rest(const Lexer *lexer) {
    return str_skip(lexer->text, lexer->at);
}

char lexer_char(EmendStr text, uint64_t i) {
    return i < text.len ? text.ptr[i] : '\0';
}

bool lexer_fail(Lexer *lexer, const char *what, EmendStr where) {
    return work_fail(lexer->work, "%s '%.*s' at byte %llu", what,
                     (int)(where.len < 24 ? where.len : 24), where.ptr,
                     (unsigned long long)(where.ptr - lexer->text.ptr));
}

bool lexer_emit(Lexer *lexer, TokenKind kind, int32_t value, EmendStr text) {
    Tokens *out = lexer->out;
    if (out->n == LEX_MAX_TOKENS) {
        return work_fail(lexer->work, "it has more than %d tokens", LEX_MAX_TOKENS);
    }
    out->items[out->n++] =
        (Token){.kind = kind, .value = value, .text = text, .is_spaced = lexer->is_spaced};
    lexer->is_spaced = false;
    lexer->side = 0;
    return true;
}

bool lexer_emit_name(Lexer *lexer, const Name *name) {
    EmendStr text = emend_str(name->text);
    if (name->kind == TOKEN_BAR && lexer->side != 0) {
        return lexer_emit(lexer, TOKEN_BAR, lexer->side, text);
    }
    if (name->kind == TOKEN_OPEN || name->kind == TOKEN_SET_OPEN) {
        lexer->depth++;
    } else if ((name->kind == TOKEN_CLOSE || name->kind == TOKEN_SET_CLOSE) && lexer->depth > 0) {
        lexer->depth--;
    }
    return lexer_emit(lexer, name->kind, name->value, text);
}

// The content of the group {..} that `text` begins with; false where it is never closed.
bool lexer_group(EmendStr text, EmendStr *content, uint64_t *n_bytes) {
    uint32_t depth = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '{') {
            depth++;
        } else if (text.ptr[i] == '}' && --depth == 0) {
            *content = (EmendStr){text.ptr + 1, i - 1};
            *n_bytes = i + 1;
            return true;
        }
    }
    return false;
}

void lexer_skip_spaces(Lexer *lexer) {
    while (lexer->at < lexer->text.len && is_space(lexer->text.ptr[lexer->at])) {
        lexer->at++;
        lexer->is_spaced = true;
    }
}

bool lexer_emit_letter(Lexer *lexer, EmendStr letter) {
    TokenKind kind = letter.ptr[0] == 'e' ? TOKEN_E : letter.ptr[0] == 'i' ? TOKEN_I : TOKEN_LETTER;
    return lexer_emit(lexer, kind, 0, letter);
}

// `sec` and `min` are functions only where an argument follows; else they are units.
bool lexer_lacks_argument(EmendStr word, EmendStr rest) {
    rest = str_trim(rest);
    char next = lexer_char(rest, 0);
    bool is_unit = str_is(word, "sec") || str_is(word, "min");
    return is_unit && next != '(' && next != '^' && next != '\\' && !lexer_is_letter(next);
}

// "sinx": a function's name that one letter sticks to.
static bool emit_glued(Lexer *lexer, EmendStr word, bool *done) {
    Name name;
    EmendStr head = {word.ptr, word.len - 1};
    *done = word.len >= 3 && name_of_word(head, &name) &&
            (name.kind == TOKEN_FUNCTION || name.kind == TOKEN_EXP) && name.value != FN_MAX &&
            name.value != FN_MIN;
    return !*done || (lexer_emit_name(lexer, &name) &&
                      lexer_emit_letter(lexer, str_skip(word, word.len - 1)));
}

static bool emit_word(Lexer *lexer, EmendStr word, EmendStr rest) {
    Name name;
    bool done = false;
    if (word.len == 1) {
        return lexer_emit_letter(lexer, word);
    }
    if (name_of_word(word, &name) && !lexer_lacks_argument(word, rest)) {
        return lexer_emit_name(lexer, &name);
    }
    return emit_glued(lexer, word, &done) && (done || lexer_emit(lexer, TOKEN_WORD, 0, word));
}

static bool lex_letters(Lexer *lexer) {
    EmendStr word = lexer_rest(lexer);
    uint64_t n = 0;
    while (n < word.len && lexer_is_letter(word.ptr[n])) {
        n++;
    }
    word.len = n;
    lexer->at += n;
    return emit_word(lexer, word, lexer_rest(lexer));
}

static const Name *punctuation(EmendStr text) {
    static const Name marks[] = {
        {"...", TOKEN_ELLIPSIS, 0, NULL},
        {"<=", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
        {">=", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
        {"==", TOKEN_RELATION, RELATION_EQUAL, NULL},
        {"**", TOKEN_POWER, 0, NULL},
        {"+-", TOKEN_PLUS_MINUS, 0, NULL},
        {"+/-", TOKEN_PLUS_MINUS, 0, NULL},
        {"+", TOKEN_PLUS, 0, NULL},
        {"-", TOKEN_MINUS, 0, NULL},
        {"*", TOKEN_TIMES, 0, NULL},
        {"/", TOKEN_DIVIDE, 0, NULL},
        {"^", TOKEN_POWER, 0, NULL},
        {"_", TOKEN_SUBSCRIPT, 0, NULL},
        {"!", TOKEN_FACTORIAL, 0, NULL},
        {"'", TOKEN_PRIME, 0, NULL},
        {"%", TOKEN_PERCENT, 0, NULL},
        {"(", TOKEN_OPEN, '(', NULL},
        {"[", TOKEN_OPEN, '[', NULL},
        {")", TOKEN_CLOSE, ')', NULL},
        {"]", TOKEN_CLOSE, ']', NULL},
        {"{", TOKEN_GROUP_OPEN, 0, NULL},
        {"}", TOKEN_GROUP_CLOSE, 0, NULL},
        {"|", TOKEN_BAR, 0, NULL},
        {",", TOKEN_COMMA, 0, NULL},
        {";", TOKEN_SEMICOLON, 0, NULL},
        {":", TOKEN_COLON, 0, NULL},
        {".", TOKEN_STOP, 0, NULL},
        {"=", TOKEN_RELATION, RELATION_EQUAL, NULL},
        {"<", TOKEN_RELATION, RELATION_LESS, NULL},
        {">", TOKEN_RELATION, RELATION_GREATER, NULL},
        {"&", TOKEN_CELL, 0, NULL},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (str_starts(text, marks[i].spelling)) {
            return &marks[i];
        }
    }
    return NULL;
}

// x != 5, but 5!=120
static bool is_not_equal_sign(const Lexer *lexer) {
    const Tokens *out = lexer->out;
    TokenKind before = out->n > 0 ? out->items[out->n - 1].kind : TOKEN_END;
    return str_starts(lexer_rest(lexer), "!=") && (before != TOKEN_NUMBER || lexer->is_spaced);
}

static bool lex_punctuation(Lexer *lexer) {
    static const Name not_equal = {"!=", TOKEN_RELATION, RELATION_NOT_EQUAL, NULL};
    const Name *mark = is_not_equal_sign(lexer) ? &not_equal : punctuation(lexer_rest(lexer));
    if (!mark) {
        return lexer_fail(lexer, "it has an unknown character", lexer_rest(lexer));
    }
    lexer->at += strlen(mark->spelling);
    return lexer_emit_name(lexer, mark);
}

// {-}1, 3{:}5, 45{}^\circ: braces that only change spaces. 0: there are none.
static uint64_t braced_sign_length(EmendStr text) {
    if (lexer_char(text, 1) == '}') {
        return 2;
    }
    return lexer_char(text, 2) == '}' && lexer_char(text, 1) && strchr("+-:=<>/", text.ptr[1]) ? 3
                                                                                               : 0;
}

static bool lex_punctuation(Lexer *lexer);

static bool lex_braced_sign(Lexer *lexer) {
    uint64_t n = braced_sign_length(lexer_rest(lexer));
    lexer->at++;
    bool is_read = n == 2 || lex_punctuation(lexer);
    lexer->at++;
    return is_read;
}

bool lexer_one(Lexer *lexer) {
    EmendStr rest = lexer_rest(lexer);
    char c = rest.ptr[0];
    if (is_space(c) || c == '~' || c == '"') {
        lexer->at++;
        lexer->is_spaced = true;
        return true;
    }
    if (lexer_is_digit(c) || lexer_is_point(rest)) {
        return lexer_number(lexer);
    }
    if (lexer_is_letter(c)) {
        return lex_letters(lexer);
    }
    if (c == '{' && braced_sign_length(rest) > 0) {
        return lex_braced_sign(lexer);
    }
    if (c == '\\') {
        return lexer_macro(lexer);
    }
    if (c == '$') {
        lexer->at++;
        return !lexer->has_money || !lexer_is_digit(lexer_char(rest, 1)) ||
               lexer_emit(lexer, TOKEN_DOLLAR, 0, emend_str(""));
    }
    return (unsigned char)c < 0x80 ? lex_punctuation(lexer) : lexer_character(lexer);
}

// Whether every plain comma outside brackets with no space behind it stands between thousands.
static bool has_only_thousands(EmendStr text) {
    uint64_t n_before = 0; // digits before the next character, -1 grouped
    int depth = 0;
    bool is_grouped = false;
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (lexer_is_digit(c)) {
            n_before++;
            continue;
        }
        depth += strchr("([{", c) && c ? 1 : strchr(")]}", c) && c ? -1 : 0;
        if (c == ',' && depth == 0 && !is_space(lexer_char(text, i + 1)) && i + 1 < text.len &&
            lexer_char(text, i + 1) != '\\' && lexer_char(text, i + 1) != '$') {
            bool fits = is_grouped
                            ? n_before == 3
                            : n_before >= 1 && n_before <= 3 && text.ptr[i - n_before] != '0';
            if (!fits || !lexer_three_digits(str_skip(text, i + 1))) {
                return false;
            }
            is_grouped = true;
        } else {
            is_grouped = false;
        }
        n_before = 0;
    }
    return true;
}

static bool has_odd_dollars(EmendStr text) {
    bool is_odd = false;
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '$') {
            is_odd = !is_odd;
        }
    }
    return is_odd;
}

bool lex(Work *work, EmendStr text, Tokens *tokens) {
    *tokens = (Tokens){0};
    if (text.len > LEX_MAX_BYTES) {
        return work_fail(work, "it is longer than %d bytes", LEX_MAX_BYTES);
    }
    // Small characters and fractions make several tokens of one; a token takes a byte at least.
    size_t capacity = 4 * text.len + 2 < LEX_MAX_TOKENS + 1 ? 4 * text.len + 2 : LEX_MAX_TOKENS + 1;
    tokens->items = work_alloc(work, capacity * sizeof *tokens->items);
    if (!tokens->items) {
        return false;
    }
    Lexer lexer = {.work = work,
                   .text = text,
                   .out = tokens,
                   .has_thousands = has_only_thousands(text),
                   .has_money = has_odd_dollars(text)};
    while (lexer.at < text.len) {
        if (!lexer_one(&lexer)) {
            return false;
        }
    }
    tokens->items[tokens->n].kind = TOKEN_END;
    return work_spend(work, 40 * text.len);
}
