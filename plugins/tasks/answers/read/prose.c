/* SPDX-License-Identifier: Apache-2.0 */
#include "read/names.h"
#include "read/parser.h"
#include "read/units.h"

#include <string.h>

enum { MAX_PARTS = 32 };

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool prose_is_word(EmendStr word) {
    static const char *const answers[] = {"yes",  "no",   "odd",   "even", "all",
                                          "none", "true", "false", "sun",  "mon",
                                          "tue",  "wed",  "thu",   "fri",  "sat"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (str_is_word(word, answers[i])) {
            return true;
        }
    }
    return word.len >= 4;
}

// "October 30", "Figure 2b": a word that is no function before the first digit.
static bool begins_with_word(EmendStr text) {
    Name name;
    uint64_t n = 0;
    while (n < text.len && is_letter(text.ptr[n])) {
        n++;
    }
    return n >= 3 && n < text.len && text.ptr[n] == ' ' &&
           !name_of_word((EmendStr){text.ptr, n}, &name);
}

bool prose_is(EmendStr text) {
    uint64_t n_letters = 0;
    bool has_word = begins_with_word(text);
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_high = (unsigned char)c >= 0x80;
        if (is_letter(c) || is_high) {
            n_letters++;
        } else if (has_word && c >= '0' && c <= '9') {
            continue;
        } else if (c == '\0' || !strchr(" \t\n.,'`\"-:&", c)) {
            return false;
        }
    }
    return n_letters >= 2;
}

static bool is_label_word(EmendStr word) {
    static const char *const words[] = {
        "the",      "a",         "an",        "final",       "answer",    "answers",     "correct",
        "solution", "solutions", "set",       "value",       "values",    "result",      "total",
        "is",       "are",       "of",        "either",      "vertex",    "center",      "point",
        "points",   "area",      "perimeter", "volume",      "distance",  "probability", "number",
        "equation", "length",    "radius",    "coordinates", "remainder", "domain",      "range",
        "interval", "thus",      "so",        "therefore",   "hence",     "we",          "get",
        "have",     "sum",       "product",   "angle",       "cost",      "speed",       "time",
        "average",  "mean",      "median",    "root",        "roots",     "slope",       "width",
        "height"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_is_word(word, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_harmless_word(EmendStr word) {
    return !unit_changes_value(word);
}

static bool all_words(EmendStr text, bool (*is_fine)(EmendStr)) {
    uint64_t begin = 0;
    for (uint64_t i = 0; i <= text.len; i++) {
        bool is_end =
            i == text.len || text.ptr[i] == ' ' || text.ptr[i] == ':' || text.ptr[i] == ',';
        if (is_end) {
            EmendStr word = {text.ptr + begin, i - begin};
            if (word.len > 0 && !is_fine(word)) {
                return false;
            }
            begin = i + 1;
        }
    }
    return text.len > 0;
}

bool prose_is_label(EmendStr text) {
    return all_words(text, is_label_word);
}

bool prose_is_harmless(EmendStr text) {
    return all_words(text, is_harmless_word);
}

// In lower case, single spaces, without quotes, a leading article and the full stop.
static const Node *make_words(Work *work, EmendStr text) {
    char *out = work_alloc(work, text.len + 1);
    uint64_t n = 0;
    for (uint64_t i = 0; out && i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        bool is_before_digit = next >= '0' && next <= '9';
        if ((c == '-' || c == '.') && is_before_digit) {
            out[n++] = c; // a number's own
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '-' || c == '~') {
            if (n > 0 && out[n - 1] != ' ') {
                out[n++] = ' ';
            }
        } else if (c != '\0' && !strchr("\"`.,", c)) {
            out[n++] = lower(c);
        }
    }
    if (!out) {
        return NULL;
    }
    EmendStr words = str_trim((EmendStr){out, n});
    if (str_is(words, "infinity")) {
        return node_make(work, NODE_INFINITY, NULL, 0);
    }
    static const char *const articles[] = {"the ", "a ", "an "};
    for (size_t i = 0; i < 3; i++) {
        if (str_starts(words, articles[i]) && words.len > strlen(articles[i]) + 1) {
            words = str_trim(str_skip(words, strlen(articles[i])));
        }
    }
    return words.len > 0 ? node_text(work, NODE_WORDS, words) : NULL;
}

// Where the next "," " and " or " or " begins and ends; text.len where there is none.
static uint64_t find_separator(EmendStr text, uint64_t *end, char *kind) {
    for (uint64_t i = 0; i < text.len; i++) {
        EmendStr rest = str_skip(text, i);
        if (text.ptr[i] == ',') {
            *kind = ',';
            *end = i + 1;
            return i;
        }
        if (str_starts(rest, " and ") || str_starts(rest, " or ")) {
            *kind = rest.ptr[1] == 'a' ? '&' : '|';
            *end = i + (rest.ptr[1] == 'a' ? 4 : 3);
            return i;
        }
    }
    *end = text.len;
    return text.len;
}

const Node *prose_read(Work *work, EmendStr text) {
    const Node *parts[MAX_PARTS];
    uint32_t n = 0;
    char kind = ',';
    while (text.len > 0) {
        uint64_t end = 0, begin = find_separator(text, &end, &kind);
        EmendStr part = str_trim((EmendStr){text.ptr, begin});
        if (part.len > 0) {
            if (n == MAX_PARTS) {
                work_fail(work, "it has more than %d words in a list", MAX_PARTS);
                return NULL;
            }
            parts[n] = make_words(work, part);
            n += parts[n] != NULL;
        }
        text = str_skip(text, end);
    }
    if (n == 0) {
        work_fail(work, "there is nothing to read");
        return NULL;
    }
    if (n == 1) {
        return parts[0];
    }
    Node *list = node_make(work, NODE_LIST, parts, n);
    if (list) {
        list->open = kind;
    }
    return list;
}
