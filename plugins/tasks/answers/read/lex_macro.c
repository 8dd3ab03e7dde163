/* SPDX-License-Identifier: Apache-2.0 */
/* Macros: what they stand for, and what goes with them. */
#include "read/lexer.h"
#include "read/names.h"
#include "read/units.h"

#include <string.h>

static bool is_made_of(EmendStr text, bool (*is_kind)(char)) {
    for (uint64_t i = 0; i < text.len; i++) {
        if (!is_kind(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_plain_sign(EmendStr text) {
    static const char *const signs[] = {"%", "\\%", "\\$", "\u00B0", "^\\circ", "i", "e",
                                        "x", "y",   "n",   "z",      "k",       "t"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (str_is(text, signs[i])) {
            return true;
        }
    }
    return is_made_of(text, lexer_is_digit);
}

// Reads a short text as if it stood in place of the macro.
static bool lex_inside(Lexer *lexer, EmendStr text) {
    EmendStr outer = lexer->text;
    uint64_t at = lexer->at;
    lexer->text = text;
    lexer->at = 0;
    bool is_read = true;
    while (is_read && lexer->at < text.len) {
        is_read = lexer_one(lexer);
    }
    lexer->text = outer;
    lexer->at = at;
    return is_read;
}

static bool emit_text(Lexer *lexer, EmendStr content) {
    EmendStr text = str_trim(content);
    lexer->is_spaced = lexer->is_spaced || text.ptr != content.ptr;
    if (text.len == 0) {
        lexer->is_spaced = true;
        return true;
    }
    if (str_is_word(text, "and") || str_is_word(text, "or") || str_is_word(text, "and/or")) {
        return lexer_emit(lexer, str_is_word(text, "or") ? TOKEN_OR : TOKEN_AND, 0, text);
    }
    if (str_is(text, ",") || str_is(text, ", and") || str_is(text, ", or")) {
        return lexer_emit(lexer, TOKEN_COMMA, 0, text);
    }
    // What is one sign or one symbol all the same: \text{\%}, 4\text{i}, \text{3}\sqrt{2}.
    if (is_plain_sign(text)) {
        return lex_inside(lexer, text);
    }
    if (!lexer_emit(lexer, TOKEN_TEXT, 0, text)) {
        return false;
    }
    lexer->is_spaced = text.ptr + text.len < content.ptr + content.len;
    return true;
}

// cm^2, m/s, sq. units, s: letters with powers and slashes, which unit_read() makes sense of.
static bool is_unit_formula(EmendStr text) {
    bool has_sign = false;
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_sign = c == '/' || c == '^' || c == ' ' || c == '.';
        has_sign = has_sign || is_sign;
        if (!lexer_is_letter(c) && !is_sign && !(lexer_is_digit(c) && has_sign)) {
            return false;
        }
    }
    return text.len > 0 &&
           (has_sign || unit_is_known(text) || (text.len == 1 && strchr("msghL", text.ptr[0])));
}

static bool is_behind_value(const Lexer *lexer) {
    TokenKind before = lexer->out->n > 0 ? lexer->out->items[lexer->out->n - 1].kind : TOKEN_END;
    return before == TOKEN_NUMBER || before == TOKEN_CLOSE || before == TOKEN_GROUP_CLOSE ||
           before == TOKEN_PI || before == TOKEN_LETTER;
}

// \mathrm{..}: letters alone are a name or a unit; anything else is read as it stands.
static bool lex_style(Lexer *lexer, EmendStr macro) {
    EmendStr content;
    uint64_t n_bytes = 0;
    lexer_skip_spaces(lexer);
    if (lexer_char(lexer_rest(lexer), 0) != '{') {
        return true;
    }
    if (!lexer_group(lexer_rest(lexer), &content, &n_bytes)) {
        return lexer_fail(lexer, "there is no end of", lexer_rest(lexer));
    }
    EmendStr letters = str_trim(content);
    while (letters.len > 0 && (letters.ptr[0] == '~' || letters.ptr[0] == ' ')) {
        letters = str_skip(letters, 1); // \mathrm{~cm}
        lexer->is_spaced = true;
    }
    bool is_upright = str_is(macro, "mathrm") || str_is(macro, "operatorname");
    if (is_upright && is_unit_formula(letters) && is_behind_value(lexer)) {
        lexer->at += n_bytes;
        return lexer_emit(lexer, TOKEN_TEXT, 0, letters);
    }
    if (!is_made_of(letters, lexer_is_letter)) {
        lexer->at++; // what the braces hold stands as if they were not there
        return lexer_emit(lexer, TOKEN_GROUP_OPEN, 1, emend_str(""));
    }
    lexer->at += n_bytes;
    if (letters.len == 1) {
        return is_upright ? lexer_emit_letter(lexer, letters)
                          : lexer_emit(lexer, TOKEN_LETTER, 0, letters);
    }
    Name name;
    if (name_of_word(letters, &name) && !lexer_lacks_argument(letters, lexer_rest(lexer))) {
        return lexer_emit_name(lexer, &name);
    }
    return lexer_emit(lexer, TOKEN_TEXT, 0, letters);
}

static bool lex_blackboard(Lexer *lexer) {
    static const char *const sets[] = {"R", "Z", "N", "Q", "C"};
    EmendStr content;
    uint64_t n_bytes = 0;
    lexer_skip_spaces(lexer);
    if (lexer_char(lexer_rest(lexer), 0) == '{') {
        if (!lexer_group(lexer_rest(lexer), &content, &n_bytes)) {
            return lexer_fail(lexer, "there is no end of", lexer_rest(lexer));
        }
    } else {
        n_bytes = lexer_rest(lexer).len > 0 ? 1 : 0;
        content = (EmendStr){lexer_rest(lexer).ptr, n_bytes};
    }
    lexer->at += n_bytes;
    content = str_trim(content);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if (str_is(content, sets[i])) {
            return lexer_emit(lexer, TOKEN_NAMED_SET, 0, content);
        }
    }
    return lexer_fail(lexer, "no such set:", content);
}

// Passes an argument {..} by; with none there is nothing to pass.
static bool drop_argument(Lexer *lexer) {
    EmendStr content;
    uint64_t n_bytes = 0;
    lexer_skip_spaces(lexer);
    if (lexer_char(lexer_rest(lexer), 0) == '*') {
        lexer->at++;
    }
    if (lexer_char(lexer_rest(lexer), 0) != '{') {
        return true;
    }
    if (!lexer_group(lexer_rest(lexer), &content, &n_bytes)) {
        return lexer_fail(lexer, "there is no end of", lexer_rest(lexer));
    }
    lexer->at += n_bytes;
    lexer->is_spaced = true;
    return true;
}

static bool lex_text_macro(Lexer *lexer) {
    EmendStr content;
    uint64_t n_bytes = 0;
    lexer_skip_spaces(lexer);
    if (!lexer_group(lexer_rest(lexer), &content, &n_bytes)) {
        return lexer_fail(lexer, "there is no end of", lexer_rest(lexer));
    }
    lexer->at += n_bytes;
    return emit_text(lexer, content);
}

static bool lex_environment(Lexer *lexer, bool is_begin) {
    EmendStr content;
    uint64_t n_bytes = 0;
    lexer_skip_spaces(lexer);
    if (!lexer_group(lexer_rest(lexer), &content, &n_bytes)) {
        return lexer_fail(lexer, "there is no end of", lexer_rest(lexer));
    }
    lexer->at += n_bytes;
    if (is_begin && str_starts(content, "array")) {
        lexer_skip_spaces(lexer);
        if (lexer_char(lexer_rest(lexer), 0) == '{' && !drop_argument(lexer)) {
            return false;
        }
    }
    return lexer_emit(lexer, is_begin ? TOKEN_BEGIN : TOKEN_FINISH, 0, str_trim(content));
}

// Behind \left, \right, \big: the bracket is an ordinary one, a full stop is none at all.
static bool lex_sized(Lexer *lexer, EmendStr macro) {
    bool is_left = str_starts(macro, "left") || macro.ptr[macro.len - 1] == 'l';
    bool is_right = str_starts(macro, "right") || macro.ptr[macro.len - 1] == 'r';
    lexer_skip_spaces(lexer);
    char next = lexer_char(lexer_rest(lexer), 0);
    if (next == '.') {
        lexer->at++;
        return true;
    }
    if (next == '<' || next == '>') {
        lexer->at++;
        return lexer_emit(lexer, next == '<' ? TOKEN_OPEN : TOKEN_CLOSE, next, (EmendStr){NULL, 0});
    }
    lexer->side = is_left ? 1 : is_right ? 2 : 0;
    return true;
}

// The space after a row: \\[2pt]
static void skip_row_space(Lexer *lexer) {
    EmendStr rest = lexer_rest(lexer);
    const char *close = rest.len > 0 && rest.ptr[0] == '[' ? memchr(rest.ptr, ']', rest.len) : NULL;
    if (close && close - rest.ptr >= 4 && lexer_is_letter(close[-1]) &&
        lexer_is_letter(close[-2]) &&
        (lexer_is_digit(rest.ptr[1]) || rest.ptr[1] == '-' || rest.ptr[1] == '.')) {
        lexer->at += (uint64_t)(close - rest.ptr) + 1;
    }
}

static bool use_macro(Lexer *lexer, EmendStr macro) {
    Name name;
    switch (name_of_macro(macro, &name)) {
    case MACRO_TOKEN:
        if (!lexer_emit_name(lexer, &name)) {
            return false;
        }
        if (name.kind == TOKEN_ROW) {
            skip_row_space(lexer);
        }
        return true;
    case MACRO_SPACE:
        lexer->is_spaced = true;
        return true;
    case MACRO_GROUP:
        lexer_skip_spaces(lexer);
        if (lexer_char(lexer_rest(lexer), 0) != '{') {
            return true;
        }
        lexer->at++;
        return lexer_emit(lexer, TOKEN_GROUP_OPEN, 1, emend_str(""));
    case MACRO_SIZE:
        return lex_sized(lexer, macro);
    case MACRO_TEXT:
        return lex_text_macro(lexer);
    case MACRO_STYLE:
        return lex_style(lexer, macro);
    case MACRO_BLACKBOARD:
        return lex_blackboard(lexer);
    case MACRO_COLOR:
    case MACRO_DROP:
        return drop_argument(lexer);
    case MACRO_UNKNOWN:
        break;
    }
    return lexer_fail(lexer, "it uses an unknown macro", (EmendStr){macro.ptr - 1, macro.len + 1});
}

bool lexer_macro(Lexer *lexer) {
    EmendStr macro = str_skip(lexer_rest(lexer), 1);
    uint64_t n = 0;
    while (n < macro.len && lexer_is_letter(macro.ptr[n])) {
        n++;
    }
    macro.len = n > 0 ? n : macro.len > 0 ? 1 : 0;
    lexer->at += 1 + macro.len;
    if (macro.len == 0) { // a lone backslash at the end
        return true;
    }
    if (str_is(macro, "begin") || str_is(macro, "end")) {
        return lex_environment(lexer, str_is(macro, "begin"));
    }
    return use_macro(lexer, macro);
}
