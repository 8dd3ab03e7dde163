/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any two texts are compared, any response is searched. The first line is the reference,
 * the rest the answer and the response. */
#include "answers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int claim, const char *what) {
    if (!claim) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

static AnswerJudgement judge(EmendStr gold, EmendStr pred) {
    AnswerJudgement judgement;
    AnswerOptions options = {0};
    answer_compare(gold, pred, &options, &judgement);
    require(memchr(judgement.reason, '\0', sizeof judgement.reason) != NULL, "a reason ends");
    require(judgement.reason[0] != '\0', "there is a reason");
    require((judgement.verdict == ANSWER_UNDECIDED) == (judgement.blame != ANSWER_BLAME_NOBODY),
            "somebody is to blame where nothing is decided, and only there");
    return judgement;
}

static bool is_integer(EmendStr text) {
    for (uint64_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static EmendStr without_zeros(EmendStr digits) {
    while (digits.len > 1 && digits.ptr[0] == '0') {
        digits = (EmendStr){digits.ptr + 1, digits.len - 1};
    }
    return digits;
}

static void check_integers(EmendStr a, EmendStr b, AnswerVerdict verdict) {
    EmendStr x = without_zeros(a), y = without_zeros(b);
    bool is_same = x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0;
    require(verdict == (is_same ? ANSWER_EQUAL : ANSWER_DIFFERENT) || a.len > 4096 || b.len > 4096,
            "integers are equal by their digits");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
    EmendStr gold = {text, end ? (uint64_t)(end - text) : size};
    EmendStr pred = {end ? end + 1 : text, end ? size - gold.len - 1 : size};
    AnswerJudgement first = judge(gold, pred), again = judge(gold, pred);
    require(first.verdict == again.verdict && strcmp(first.reason, again.reason) == 0,
            "the same texts have the same judgement");
    if (is_integer(gold) && is_integer(pred)) {
        check_integers(gold, pred, first.verdict);
    }
    FoundAnswer found;
    if (answer_find(pred, ANSWER_ANYWHERE, &found)) {
        require(found.text.len > 0, "an answer that is found is not empty");
        judge(gold, found.text);
    }
    return 0;
}
