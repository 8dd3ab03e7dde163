/* SPDX-License-Identifier: Apache-2.0 */
#include "normal.h"

#include <string.h>
#include <strings.h>

// Macros that change how an answer looks and not what it is.
static const char *const invisible[] = {"left", "right", "displaystyle", "quad", "qquad", "big",
                                        "Big",  "bigl",  "bigr",         "Bigl", "Bigr",  "limits"};
static const char *const fractions[] = {"dfrac", "tfrac", "cfrac"};
static const char *const texts[] = {"text",   "mbox",   "textbf", "textrm",      "textnormal",
                                    "mathrm", "mathbf", "textit", "operatorname"};

static const char *const unit_words[] = {
    "cm",     "mm",      "km",     "ft",    "in",      "inch",    "inches",  "foot",
    "feet",   "mile",    "miles",  "meter", "meters",  "yards",   "yard",    "square",
    "cubic",  "units",   "unit",   "sq",    "cu",      "hour",    "hours",   "minutes",
    "minute", "min",     "second", "days",  "seconds", "day",     "weeks",   "years",
    "year",   "dollars", "dollar", "cents", "cent",    "mph",     "degrees", "degree",
    "pounds", "kg",      "grams",  "ways",  "people",  "gallons", "liters"};

// Words after a number that change it.
static const char *const multipliers[] = {"hundred",  "thousand", "million", "billion",
                                          "trillion", "dozen",    "percent", "half"};

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_of(EmendStr word, const char *const *words, size_t n_words) {
    for (size_t i = 0; i < n_words; i++) {
        if (strlen(words[i]) == word.len && strncasecmp(words[i], word.ptr, word.len) == 0) {
            return true;
        }
    }
    return false;
}

static EmendStr skip(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - n};
}

static bool starts_with(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

static bool ends_with(EmendStr text, const char *suffix) {
    size_t n = strlen(suffix);
    return text.len >= n && memcmp(text.ptr + text.len - n, suffix, n) == 0;
}

static EmendStr trim(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text = skip(text, 1);
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool unwrap(EmendStr *text, const char *open, const char *close) {
    size_t n_open = strlen(open), n_close = strlen(close);
    if (text->len < n_open + n_close || !starts_with(*text, open) || !ends_with(*text, close)) {
        return false;
    }
    *text = (EmendStr){text->ptr + n_open, text->len - n_open - n_close};
    return true;
}

// Takes off dollars, math brackets and the full stop of a sentence.
static EmendStr strip(EmendStr text) {
    for (;;) {
        text = trim(text);
        if (!unwrap(&text, "$", "$") && !unwrap(&text, "\\(", "\\)") &&
            !unwrap(&text, "\\[", "\\]") && !unwrap(&text, "", ".") && !unwrap(&text, "", ",") &&
            !unwrap(&text, "", ";")) {
            return text;
        }
    }
}

static bool add(Normal *normal, const char *bytes, size_t n) {
    if (n > sizeof normal->bytes - normal->len) {
        return false;
    }
    memcpy(normal->bytes + normal->len, bytes, n);
    normal->len += n;
    return true;
}

// The length of a group {..} at the beginning of text, 0 where none is closed there.
static uint64_t group_length(EmendStr text) {
    uint64_t depth = 0;
    for (uint64_t at = 0; at < text.len; at++) {
        if (text.ptr[at] == '\\') {
            at++;
        } else if (text.ptr[at] == '{') {
            depth++;
        } else if (text.ptr[at] == '}' && depth > 0 && --depth == 0) {
            return at + 1;
        } else if (depth == 0) {
            return 0;
        }
    }
    return 0;
}

static EmendStr macro_name(EmendStr text) {
    uint64_t n = 1;
    while (n < text.len && is_letter(text.ptr[n])) {
        n++;
    }
    return (EmendStr){text.ptr + 1, n - 1};
}

// Whether what is written so far can carry a unit.
static bool is_value(const Normal *normal) {
    if (normal->len == 0) {
        return false;
    }
    char last = normal->bytes[normal->len - 1];
    return is_digit(last) || last == '}' ||
           ends_with((EmendStr){normal->bytes, normal->len}, "\\pi");
}

static bool set_unit(Normal *normal, EmendStr unit) {
    size_t n = 0;
    for (uint64_t i = 0; i < unit.len; i++) {
        if (!is_space(unit.ptr[i]) && unit.ptr[i] != '{' && unit.ptr[i] != '}') {
            if (n + 1 == sizeof normal->unit) {
                return false;
            }
            normal->unit[n++] = unit.ptr[i];
        }
    }
    normal->unit[n] = '\0';
    return true;
}

// \text{..}: a unit where it ends the answer after a value, a comma where it joins two, or words.
static bool add_text(Normal *normal, EmendStr inside, EmendStr rest) {
    EmendStr words = trim(inside);
    bool is_joint = is_word_of(words, (const char *const[]){"and", "or"}, 2);
    if (is_joint && normal->len > 0 && trim(rest).len > 0) {
        return normal->bytes[normal->len - 1] == ',' || add(normal, ",", 1);
    }
    bool is_multiplier = is_word_of(words, multipliers, sizeof multipliers / sizeof multipliers[0]);
    bool is_end = rest.len == 0 || rest.ptr[0] == '^';
    if (is_value(normal) && is_end && !is_multiplier && words.len > 0 && is_letter(words.ptr[0])) {
        char unit[NORMAL_UNIT_BYTES * 2];
        if (words.len + rest.len > sizeof unit) {
            return false;
        }
        memcpy(unit, words.ptr, words.len);
        memcpy(unit + words.len, rest.ptr, rest.len);
        return set_unit(normal, (EmendStr){unit, words.len + rest.len});
    }
    for (uint64_t i = 0; i < words.len; i++) {
        if (!is_space(words.ptr[i]) && !add(normal, words.ptr + i, 1)) {
            return false;
        }
    }
    return true;
}

// One argument of \frac or \sqrt, given braces where it has none. Returns the rest of the text.
static bool add_argument(Normal *normal, EmendStr *text) {
    *text = trim(*text);
    if (text->len == 0 || text->ptr[0] == '{' || text->ptr[0] == '[') {
        return true; // a group comes by itself
    }
    uint64_t n = text->ptr[0] == '\\' ? 1 + macro_name(*text).len : 1;
    bool is_added = add(normal, "{", 1) && add(normal, text->ptr, n) && add(normal, "}", 1);
    *text = skip(*text, n);
    return is_added;
}

static bool add_group(Normal *normal, EmendStr inside);

// A group or a bare argument; *text moves behind it.
static bool take_argument(Normal *normal, EmendStr *text) {
    *text = trim(*text);
    uint64_t n = group_length(*text);
    if (n == 0) {
        return add_argument(normal, text);
    }
    EmendStr inside = {text->ptr + 1, n - 2};
    *text = skip(*text, n);
    return add(normal, "{", 1) && add_group(normal, inside) && add(normal, "}", 1);
}

// White space between two digits stays as a space: `1 1/2` is not 11/2.
static bool add_gap(Normal *normal, EmendStr rest) {
    while (rest.len > 0 && (is_space(rest.ptr[0]) || strchr("$~", rest.ptr[0]))) {
        rest = skip(rest, 1);
    }
    bool is_between = normal->len > 0 && is_digit(normal->bytes[normal->len - 1]) && rest.len > 0 &&
                      is_digit(rest.ptr[0]);
    return !is_between || add(normal, " ", 1);
}

// What a macro at the beginning of *text comes to; *text moves behind it.
static bool add_macro(Normal *normal, EmendStr *text) {
    EmendStr name = macro_name(*text);
    EmendStr rest = skip(*text, 1 + name.len);
    if (name.len == 0) {
        char symbol = rest.len > 0 ? rest.ptr[0] : '\0';
        *text = skip(*text, rest.len > 0 ? 2 : 1);
        if (strchr("!,$", symbol)) {
            return true;
        }
        if (strchr(";: ", symbol)) {
            return add_gap(normal, *text);
        }
        return symbol == '%' ? add(normal, "%", 1)
                             : add(normal, (const char[]){'\\', symbol}, symbol ? 2 : 1);
    }
    *text = rest;
    if (is_word_of(name, invisible, sizeof invisible / sizeof invisible[0])) {
        return add_gap(normal, rest);
    }
    if (is_word_of(name, texts, sizeof texts / sizeof texts[0])) {
        rest = trim(rest);
        uint64_t n = group_length(rest);
        if (n == 0) {
            return false;
        }
        *text = skip(rest, n);
        bool is_added = add_text(normal, (EmendStr){rest.ptr + 1, n - 2}, *text);
        if (is_added && normal->unit[0] != '\0') {
            text->len = 0; // the unit took its power along
        }
        return is_added;
    }
    if (is_word_of(name, fractions, 3) || is_word_of(name, (const char *const[]){"frac"}, 1)) {
        return add(normal, "\\frac", 5) && take_argument(normal, text) &&
               take_argument(normal, text);
    }
    if (is_word_of(name, (const char *const[]){"sqrt"}, 1)) {
        return add(normal, "\\sqrt", 5) && add_argument(normal, text);
    }
    bool is_product = is_word_of(name, (const char *const[]){"cdot"}, 1);
    rest = trim(rest);
    if (is_product && rest.len > 0 && (rest.ptr[0] == '\\' || is_letter(rest.ptr[0]))) {
        return true;
    }
    return add(normal, "\\", 1) && add(normal, name.ptr, name.len);
}

// ^{2} becomes ^2; a degree sign goes.
static bool add_script(Normal *normal, EmendStr *text) {
    static const char *const degrees[] = {"^\\circ", "^{\\circ}", "^\\degree"};
    for (int i = 0; i < 3; i++) {
        if (starts_with(*text, degrees[i])) {
            *text = skip(*text, strlen(degrees[i]));
            return true;
        }
    }
    char mark = text->ptr[0];
    *text = trim(skip(*text, 1));
    if (text->len >= 3 && text->ptr[0] == '{' && text->ptr[2] == '}') {
        char script[2] = {mark, text->ptr[1]};
        *text = skip(*text, 3);
        return add(normal, script, 2);
    }
    return add(normal, &mark, 1);
}

static bool is_unit_phrase(EmendStr text) {
    bool has_word = false;
    while (text.len > 0) {
        uint64_t n = 0;
        while (n < text.len && is_letter(text.ptr[n])) {
            n++;
        }
        if (n == 0 || !is_word_of((EmendStr){text.ptr, n}, unit_words,
                                  sizeof unit_words / sizeof unit_words[0])) {
            return false;
        }
        has_word = true;
        text = trim(skip(text, n));
        if (starts_with(text, "^2") || starts_with(text, "^3")) {
            text = trim(skip(text, 2));
        }
    }
    return has_word;
}

static bool add_space(Normal *normal, EmendStr *text) {
    EmendStr rest = trim(*text);
    *text = rest;
    if (is_value(normal) && is_unit_phrase(rest)) {
        text->len = 0;
        return set_unit(normal, rest);
    }
    if (starts_with(rest, "and ") || starts_with(rest, "or ")) {
        *text = skip(rest, rest.ptr[0] == 'a' ? 4 : 3);
        return (normal->len > 0 && normal->bytes[normal->len - 1] == ',') || add(normal, ",", 1);
    }
    return add_gap(normal, rest);
}

// A comma between digits that is written as a thousands separator goes.
static bool is_thousands(const Normal *normal, EmendStr text, uint64_t *n) {
    *n = starts_with(text, ",\\!") ? 3 : starts_with(text, "{,}") ? 3 : 0;
    return *n > 0 && normal->len > 0 && is_digit(normal->bytes[normal->len - 1]) && text.len > *n &&
           is_digit(text.ptr[*n]);
}

static bool add_piece(Normal *normal, EmendStr *text) {
    uint64_t n = 0;
    char c = text->ptr[0];
    if (is_thousands(normal, *text, &n)) {
        *text = skip(*text, n);
        return true;
    }
    if (c == '\\') {
        return add_macro(normal, text);
    }
    if (is_space(c)) {
        return add_space(normal, text);
    }
    if (c == '^' || c == '_') {
        return add_script(normal, text);
    }
    if (starts_with(*text, "\xC2\xB0")) { // the degree sign
        *text = skip(*text, 2);
        return true;
    }
    *text = skip(*text, 1);
    if (c == '$' || c == '~') {
        return add_gap(normal, *text);
    }
    return add(normal, &c, 1);
}

static bool add_group(Normal *normal, EmendStr inside) {
    while (inside.len > 0) {
        if (!add_piece(normal, &inside)) {
            return false;
        }
    }
    return true;
}

bool normal_init(EmendStr answer, Normal *out) {
    out->len = 0;
    out->unit[0] = '\0';
    answer = strip(answer);
    if (answer.len > NORMAL_BYTES) {
        return false;
    }
    while (answer.len > 0) {
        if (!add_piece(out, &answer)) {
            return false;
        }
    }
    return out->len > 0;
}
