/* SPDX-License-Identifier: Apache-2.0 */
/* read_answer(): from a text to its tree. */
#include "read/read.h"
#include "read/parser.h"

static void drop_final_stops(Tokens *tokens) {
    while (tokens->n > 0 && (tokens->items[tokens->n - 1].kind == TOKEN_STOP ||
                             tokens->items[tokens->n - 1].kind == TOKEN_COMMA ||
                             tokens->items[tokens->n - 1].kind == TOKEN_SEMICOLON ||
                             tokens->items[tokens->n - 1].kind == TOKEN_ROW)) {
        tokens->items[--tokens->n].kind = TOKEN_END;
    }
}

static const Node *read_tokens(Parser *parser, Tokens *tokens) {
    parser->token = tokens->items;
    while (parse_label(parser)) {
    }
    const Node *node = parse_list(parser);
    if (node && !parse_next_is(parser, TOKEN_END)) {
        return parse_fail(parser, "it is not clear how it goes on");
    }
    return node;
}

// The content of \text{..}: words, or mathematics once more.
const Node *parse_text(Parser *parser, EmendStr text) {
    Tokens tokens;
    Parser inner = {.work = parser->work, .depth = parser->depth};
    if (prose_is(text)) {
        return prose_read(parser->work, text);
    }
    if (!parse_enter(&inner) || !lex(parser->work, text, &tokens)) {
        return NULL;
    }
    drop_final_stops(&tokens);
    return read_tokens(&inner, &tokens);
}

static bool is_choice_letter(EmendStr text, char *letter) {
    bool is_wrapped = text.len == 3 && text.ptr[0] == '(' && text.ptr[2] == ')';
    char c = text.len == 1 ? text.ptr[0] : is_wrapped ? text.ptr[1] : '\0';
    *letter = c;
    return c >= 'A' && c <= 'J';
}

// `\textbf{(A)}\ 5`, `(A) 5`, `A) 5`, `A. 5`, `A: 5`: the letter, and how many tokens it takes.
static uint32_t choice_before(const Tokens *tokens, char *letter) {
    const Token *token = tokens->items;
    if (tokens->n >= 2 && token[0].kind == TOKEN_TEXT && token[0].text.len == 3 &&
        is_choice_letter(token[0].text, letter)) {
        return 1;
    }
    if (tokens->n >= 4 && token[0].kind == TOKEN_OPEN && token[1].kind == TOKEN_LETTER &&
        token[2].kind == TOKEN_CLOSE && token[3].is_spaced && token[3].kind != TOKEN_OPEN &&
        is_choice_letter(token[1].text, letter)) {
        return 3;
    }
    bool is_marked = tokens->n >= 3 && token[0].kind == TOKEN_LETTER &&
                     (token[1].kind == TOKEN_CLOSE || token[1].kind == TOKEN_STOP ||
                      token[1].kind == TOKEN_COLON) &&
                     token[2].is_spaced;
    return is_marked && is_choice_letter(token[0].text, letter) ? 2 : 0;
}

// What stands behind a letter of a choice must be one value or words: no list, no further choice,
// nothing that takes the letter back.
static bool has_value(const Token *token) {
    bool has_value = false;
    char letter = '\0';
    for (; token->kind != TOKEN_END; token++) {
        bool is_word = token->kind == TOKEN_WORD || token->kind == TOKEN_TEXT;
        bool is_choice = (token->kind == TOKEN_LETTER || token->kind == TOKEN_TEXT) &&
                         is_choice_letter(token->text, &letter);
        if (is_choice || token->kind == TOKEN_COMMA || token->kind == TOKEN_SEMICOLON ||
            token->kind == TOKEN_OR || token->kind == TOKEN_AND ||
            (is_word && !prose_is_harmless(token->text))) {
            return false;
        }
        has_value = has_value || is_word || token->kind == TOKEN_NUMBER || token->kind == TOKEN_PI;
    }
    return has_value;
}

// \text{(C) 5}, \text{Option C}: what the macro holds, where that is all there is.
static bool unwrap_text(Work *work, Tokens *tokens) {
    for (int depth = 0; depth < 4 && tokens->n == 1 && tokens->items[0].kind == TOKEN_TEXT;
         depth++) {
        EmendStr text = tokens->items[0].text;
        bool is_option =
            text.len == 8 && (str_starts(text, "Option ") || str_starts(text, "Choice "));
        if (prose_is(text) && !is_option) {
            return true;
        }
        if (!lex(work, is_option ? str_skip(text, 7) : text, tokens)) {
            return false;
        }
        drop_final_stops(tokens);
    }
    return true;
}

// C): the letter alone.
static void drop_choice_bracket(Tokens *tokens) {
    char letter = '\0';
    if (tokens->n == 2 && tokens->items[0].kind == TOKEN_LETTER &&
        tokens->items[1].kind == TOKEN_CLOSE && is_choice_letter(tokens->items[0].text, &letter)) {
        tokens->items[--tokens->n].kind = TOKEN_END;
    }
}

bool read_answer(Work *work, EmendStr text, Reading *reading) {
    Tokens tokens;
    Parser parser = {.work = work};
    *reading = (Reading){0};
    if (!lex(work, text, &tokens)) {
        return false;
    }
    drop_final_stops(&tokens);
    if (!unwrap_text(work, &tokens)) {
        return false;
    }
    drop_choice_bracket(&tokens);
    char letter = '\0';
    uint32_t n_choice = choice_before(&tokens, &letter);
    if (n_choice > 0 && has_value(tokens.items + n_choice)) {
        reading->choice = letter;
        tokens.items += n_choice;
        tokens.n -= n_choice;
    }
    reading->tree = read_tokens(&parser, &tokens);
    return reading->tree != NULL && !work_failed(work);
}
