/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

// The length of a word in any case, with no letter behind it; 0 where it does not stand there.
static uint64_t word_length(EmendStr text, uint64_t at, const char *word) {
    uint64_t n = 0;
    while (word[n] != '\0' && text_lower(text_char(text, at + n)) == word[n]) {
        n++;
    }
    return word[n] == '\0' && !is_letter(text_char(text, at + n)) ? n : 0;
}

// "answer" or "answers".
static uint64_t answer_word_length(EmendStr text, uint64_t at) {
    uint64_t n = word_length(text, at, "answer");
    return n > 0 ? n : word_length(text, at, "answers");
}

uint64_t phrase_length(EmendStr text, uint64_t at) {
    uint64_t n = answer_word_length(text, at), end = at + n;
    if (n == 0 || (at > 0 && is_letter(text.ptr[at - 1]))) {
        return 0;
    }
    while (end < text.len && (is_space(text.ptr[end]) || is_emphasis(text.ptr[end]))) {
        end++;
    }
    uint64_t verb = word_length(text, end, "is");
    verb = verb > 0 ? verb : word_length(text, end, "are");
    return verb > 0 && end > at + n ? end + verb - at : 0;
}

static uint64_t skip_signs(EmendStr line, uint64_t at) {
    while (at < line.len && !is_letter(line.ptr[at]) && !is_digit(line.ptr[at]) &&
           line.ptr[at] != '\\' && line.ptr[at] != '$') {
        at++;
    }
    return at;
}

// "3." or "3)", as in a list.
static uint64_t skip_list_number(EmendStr line, uint64_t at) {
    uint64_t end = at;
    while (is_digit(text_char(line, end))) {
        end++;
    }
    bool is_number = end > at && (text_char(line, end) == '.' || text_char(line, end) == ')');
    return is_number ? end + 1 : at;
}

static uint64_t skip_adjectives(EmendStr line, uint64_t at) {
    static const char *const before[] = {"the", "my", "final", "correct"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        at = skip_signs(line, at + word_length(line, at, before[i]));
    }
    return at;
}

uint64_t label_end(EmendStr line) {
    uint64_t at = skip_signs(line, skip_list_number(line, skip_signs(line, 0)));
    at = skip_adjectives(line, at);
    uint64_t n = answer_word_length(line, at), end = at + n;
    while (end < line.len && (is_space(line.ptr[end]) || is_emphasis(line.ptr[end]))) {
        end++;
    }
    if (n == 0 || (end < line.len && line.ptr[end] != ':')) {
        return 0;
    }
    return end + (end < line.len);
}

uint64_t adverbs_end(EmendStr text) {
    static const char *const adverbs[] = {"then",   "thus",   "therefore", "hence",
                                          "indeed", "simply", "exactly"};
    uint64_t end = 0, n = 1;
    while (n > 0) {
        n = 0;
        uint64_t at = text_skip_space(text, end);
        for (size_t i = 0; i < sizeof adverbs / sizeof adverbs[0] && n == 0; i++) {
            n = word_length(text, at, adverbs[i]);
        }
        end = n > 0 ? at + n : end;
    }
    return end;
}

bool phrase_is_remark(EmendStr text) {
    static const char *const remarks[] = {"correct",    "in",         "unique",    "valid",
                                          "reasonable", "consistent", "acceptable"};
    uint64_t at = text_skip_space(text, 0);
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++) {
        if (word_length(text, at, remarks[i]) > 0) {
            return true;
        }
    }
    return false;
}
