/* SPDX-License-Identifier: Apache-2.0 */
/* An answer without a mark: the mathematics that the last line ends with. In this order,
 *
 *  - a formula at the end of the line, with a full stop, the end of emphasis or the words of a unit
 *    behind it; with those before it that belong to the same list: `$x=1$ or $x=2$`;
 *  - the whole line, where it is nothing but mathematics: `x = 7`;
 *  - what follows the last "=", ":" or word such as "is" of the line, where that is nothing but
 *    mathematics: `Thus the total is 42.`
 *
 * Never a number somewhere in prose. A formula left open means that the response was cut. */
#include "find/find.h"
#include "read/units.h"

typedef struct LastLine {
    EmendStr text;
    uint64_t begin;              // of the last line
    uint64_t list, formula, end; // of the last formula, and of the list it belongs to
} LastLine;

static EmendStr left_side(EmendStr formula) {
    const char *sign = formula.len > 0 ? memchr(formula.ptr, '=', formula.len) : NULL;
    return sign ? text_trim(text_slice(formula, 0, (uint64_t)(sign - formula.ptr)))
                : (EmendStr){formula.ptr, 0};
}

static bool is_same(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

// `$x=1$ or $x=2$`, `$1$, $2$`; not `$2x=6$, $x=3$`, and not formulas with nothing between them,
// which are steps.
static bool is_one_list(EmendStr first, EmendStr gap, EmendStr second) {
    return text_trim(gap).len > 0 && separators_only(gap) &&
           is_same(left_side(first), left_side(second));
}

static void add_formula(LastLine *line, uint64_t begin, uint64_t end) {
    EmendStr text = line->text;
    bool is_joined = line->end > 0 &&
                     is_one_list(text_slice(text, line->formula, line->end),
                                 text_slice(text, line->end, begin), text_slice(text, begin, end));
    line->list = is_joined ? line->list : begin;
    line->formula = begin;
    line->end = end;
}

// Finds where the last line begins, and its last formula. False where one is left open.
static bool read_line(LastLine *line) {
    EmendStr text = line->text;
    uint64_t end = 0;
    bool is_open = false;
    for (uint64_t at = 0; at < text.len;) {
        Formula formula = formula_at(text, at, &end);
        if (formula == FORMULA_CLOSED) {
            add_formula(line, at, end);
            at = end;
            continue;
        }
        if (formula == FORMULA_OPEN) {
            if (text_has(text, at, "$$") || text.ptr[at] == '\\') {
                return false;
            }
            is_open = true; // a single dollar is not searched for past its paragraph
        }
        if (text.ptr[at] == '\n') {
            line->begin = at + 1;
            is_open = false;
        }
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return !is_open;
}

static bool is_ornament(char c) {
    return is_space(c) || is_emphasis(c) || c == '.' || c == ',' || c == ';' || c == '!';
}

// Up to four words, all of them units: "square units", "miles per hour".
static bool is_unit_tail(EmendStr tail) {
    enum { MAX_WORDS = 4 };
    uint32_t n_words = 0;
    for (uint64_t at = 0; at < tail.len;) {
        uint64_t end = at;
        while (is_letter(text_char(tail, end))) {
            end++;
        }
        EmendStr word = text_slice(tail, at, end);
        bool is_per = n_words > 0 && word.len == 3 && text_has(word, 0, "per");
        if (word.len > 0 && (++n_words > MAX_WORDS || !(is_per || unit_is_known(word)))) {
            return false;
        }
        if (word.len == 0 && !is_ornament(tail.ptr[at])) {
            return false;
        }
        at = word.len > 0 ? end : at + 1;
    }
    return true;
}

static bool is_word_at(EmendStr text, uint64_t at, const char *word) {
    uint64_t end = at + strlen(word);
    return text_has(text, at, word) && at > 0 && !is_letter(text.ptr[at - 1]) &&
           !is_letter(text_char(text, end));
}

static bool is_equals_sign(EmendStr text, uint64_t at) {
    char before = at > 0 ? text.ptr[at - 1] : '\0';
    return text.ptr[at] == '=' && before != '<' && before != '>' && before != '!' && before != ':';
}

// A colon between digits is a ratio or a time.
static bool is_colon(EmendStr text, uint64_t at) {
    if (text.ptr[at] != ':') {
        return false;
    }
    while (at > 0 && text.ptr[at - 1] == ' ') {
        at--;
    }
    return at == 0 || !is_digit(text.ptr[at - 1]);
}

static uint64_t sign_length(EmendStr text, uint64_t at) {
    static const char *const words[] = {"is", "are", "equals", "makes", "gives", "get", "find"};
    if (is_equals_sign(text, at) || is_colon(text, at)) {
        return 1;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word_at(text, at, words[i])) {
            return strlen(words[i]);
        }
    }
    return 0;
}

// Whether the last of several values is all that stands behind the last sign, as in
// "7 or x =": alone it would be half an answer.
static bool ends_in_list(EmendStr text) {
    enum { MAX_BYTES = 24 };
    for (uint64_t at = text.len > MAX_BYTES ? text.len - MAX_BYTES : 0; at < text.len; at++) {
        bool begins =
            text.ptr[at] == ',' || is_word_at(text, at, "and") || is_word_at(text, at, "or");
        if (begins && separators_only(text_from(text, at))) {
            return true;
        }
    }
    return false;
}

static bool after_last_sign(EmendStr line, EmendStr *value) {
    uint64_t before = 0, after = 0, end = 0; // where what follows the last two signs begins
    for (uint64_t at = 0; at < line.len;) {
        uint64_t n = sign_length(line, at);
        if (n > 0) {
            before = after;
            after = at + n;
            at = after;
        } else if (formula_at(line, at, &end) == FORMULA_CLOSED) {
            at = end;
        } else {
            at += line.ptr[at] == '\\' ? 2 : 1;
        }
    }
    *value = text_from(line, after);
    return after > 0 && !(before > 0 && ends_in_list(text_slice(line, before, after)));
}

static EmendStr without_hope(EmendStr text) {
    EmendStr hope = emend_str("I hope it is correct");
    EmendStr head = text_trim(text);
    head.len -= head.len > 0 && head.ptr[head.len - 1] == '.';
    if (head.len < hope.len || !text_has(head, head.len - hope.len, hope.ptr)) {
        return text_trim(text);
    }
    head.len -= hope.len;
    return text_trim(head);
}

static bool take_formula(const LastLine *line, EmendStr *answer) {
    EmendStr tail = text_from(line->text, line->end);
    if (line->end == 0 || !is_unit_tail(tail)) {
        return false;
    }
    // With its unit, which is part of what it means.
    *answer = answer_strip(text_from(line->text, line->list));
    return answer->len > 0 && answer->ptr[0] != '^' && answer->ptr[0] != '_';
}

bool trailing_read(EmendStr text, EmendStr *answer) {
    LastLine line = {.text = without_hope(text)};
    if (!read_line(&line)) {
        return false;
    }
    if (take_formula(&line, answer)) {
        return true;
    }
    EmendStr last = answer_strip(text_from(line.text, line.begin)), value = {NULL, 0};
    if (bare_is(last)) {
        uint64_t n_signs = text_char(last, 0) == '=' ? 1 : 0; // goes on from the line before
        *answer = answer_strip(text_from(last, n_signs));
        return answer->len > 0;
    }
    if (!after_last_sign(last, &value)) {
        return false;
    }
    *answer = answer_strip(text_from(value, adverbs_end(value)));
    return bare_is(*answer);
}
