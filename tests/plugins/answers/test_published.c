/* SPDX-License-Identifier: Apache-2.0 */
/* Claims about the 12,500 published answers: each equals itself however it is spelled, none equals
 * another that is not the same, and one wrong digit is always seen. */
#include "answers.h"
#include "corpus.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 1024, N_RANDOM_PAIRS = 100000 };

typedef struct Text {
    char bytes[MAX_BYTES];
    size_t n;
} Text;

static json_t *rows;

static void set_up(void) {
    rows = corpus_published();
}

static void tear_down(void) {
    json_decref(rows);
}

static AnswerJudgement judge(EmendStr gold, EmendStr pred) {
    AnswerOptions options = {0};
    AnswerJudgement judgement;
    answer_compare(gold, pred, &options, &judgement);
    return judgement;
}

static void add(Text *text, const char *part, size_t n) {
    ck_assert_uint_lt(text->n + n, MAX_BYTES);
    memcpy(text->bytes + text->n, part, n);
    text->n += n;
}

// A copy with every `from` written as `to`.
static void replace(Text *out, EmendStr text, const char *from, const char *to) {
    size_t n = strlen(from);
    out->n = 0;
    for (uint64_t i = 0; i < text.len;) {
        bool is_here = text.len - i >= n && memcmp(text.ptr + i, from, n) == 0;
        add(out, is_here ? to : text.ptr + i, is_here ? strlen(to) : 1);
        i += is_here ? n : 1;
    }
}

static void wrap(Text *out, const char *before, EmendStr text, const char *behind) {
    out->n = 0;
    add(out, before, strlen(before));
    add(out, text.ptr, text.len);
    add(out, behind, strlen(behind));
}

enum { N_STYLES = 8 };

static void restyle(Text *out, EmendStr gold, int style) {
    switch (style) {
    case 0:
        wrap(out, "$", gold, "$.");
        break;
    case 1:
        wrap(out, "\\boxed{", gold, "}");
        break;
    case 2:
        wrap(out, " \\( ", gold, " \\)");
        break;
    case 3:
        replace(out, gold, "\\frac", "\\dfrac");
        break;
    case 4:
        replace(out, gold, "+", " + ");
        break;
    case 5:
        replace(out, gold, "\\pi", "\xCF\x80 ");
        break;
    case 6:
        replace(out, gold, "\\left", "");
        break;
    default:
        wrap(out, "**", gold, "**");
        break;
    }
}

START_TEST(published_answers_equal_themselves_in_every_style) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        EmendStr gold = corpus_text(row, "answer");
        // Without its \left a \right. may be left over; two answers are empty.
        bool has_half = memmem(gold.ptr, gold.len, "\\right.", 7) != NULL;
        for (int style = -1; gold.len > 0 && style < N_STYLES; style++) {
            Text text;
            if (style == 6 && has_half) {
                continue;
            }
            if (style < 0) {
                wrap(&text, "", gold, "");
            } else {
                restyle(&text, gold, style);
            }
            AnswerJudgement judgement = judge(gold, (EmendStr){text.bytes, text.n});
            ck_assert_msg(judgement.verdict == ANSWER_EQUAL, "'%s' in style %d '%.*s': %s",
                          gold.ptr, style, (int)text.n, text.bytes, judgement.reason);
        }
    }
}
END_TEST

START_TEST(published_answers_can_be_read) {
    size_t i, n_unread = 0;
    json_t *row;
    json_array_foreach(rows, i, row) {
        EmendStr gold = corpus_text(row, "answer");
        AnswerJudgement judgement = judge(gold, emend_str("\\text{another answer altogether}"));
        if (gold.len > 0 && judgement.blame == ANSWER_BLAME_REFERENCE) {
            fprintf(stderr, "'%s': %s\n", gold.ptr, judgement.reason);
            n_unread++;
        }
    }
    ck_assert_uint_eq(n_unread, 0);
}
END_TEST

START_TEST(one_wrong_digit_is_always_seen) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        EmendStr gold = corpus_text(row, "answer");
        // What follows \approx does not count.
        uint64_t n = memmem(gold.ptr, gold.len, "\\approx", 7) ? 0 : gold.len;
        for (uint64_t k = 0; k < n; k++) {
            Text text;
            if (!isdigit((unsigned char)gold.ptr[k])) {
                continue;
            }
            wrap(&text, "", gold, "");
            text.bytes[k] = (char)('0' + (text.bytes[k] - '0' + 1 + (int)(i % 8)) % 10);
            AnswerJudgement judgement = judge(gold, (EmendStr){text.bytes, text.n});
            ck_assert_msg(judgement.verdict != ANSWER_EQUAL, "'%s' against '%.*s': %s", gold.ptr,
                          (int)text.n, text.bytes, judgement.reason);
        }
    }
}
END_TEST

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u; // Knuth's MMIX generator
    return *state >> 33;
}

// What is left of an answer for a look at its value: digits, letters, signs.
static void skeleton(EmendStr text, Text *out) {
    out->n = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        if (isdigit((unsigned char)text.ptr[i])) {
            add(out, text.ptr + i, 1);
        }
    }
}

// Two answers that come out as equal are written with the same digits, or one is a known other form
// of the other: these few were looked at one by one.
START_TEST(random_pairs_are_equal_only_where_they_are) {
    uint64_t state = 1;
    size_t n = json_array_size(rows), n_equal = 0, n_undecided = 0, n_odd = 0;
    for (int k = 0; n > 0 && k < N_RANDOM_PAIRS; k++) {
        EmendStr a = corpus_text(json_array_get(rows, next_random(&state) % n), "answer");
        EmendStr b = corpus_text(json_array_get(rows, next_random(&state) % n), "answer");
        AnswerJudgement judgement = judge(a, b);
        if (a.len == 0 || b.len == 0) {
            continue;
        }
        n_undecided += judgement.verdict == ANSWER_UNDECIDED;
        if (judgement.verdict == ANSWER_EQUAL) {
            Text x, y;
            skeleton(a, &x);
            skeleton(b, &y);
            n_equal++;
            if (x.n != y.n || memcmp(x.bytes, y.bytes, x.n) != 0) {
                printf("equal with other digits: '%s' and '%s'\n", a.ptr, b.ptr);
                n_odd++;
            }
        }
    }
    printf("%zu of %d random pairs are equal, %zu undecided, %zu with other digits\n", n_equal,
           N_RANDOM_PAIRS, n_undecided, n_odd);
    ck_assert_uint_lt(n_odd, N_RANDOM_PAIRS / 2000);
    ck_assert_uint_lt(n_undecided, N_RANDOM_PAIRS / 1000);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("published");
    tcase_set_timeout(tcase, 300);
    tcase_add_unchecked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, published_answers_equal_themselves_in_every_style);
    tcase_add_test(tcase, published_answers_can_be_read);
    tcase_add_test(tcase, one_wrong_digit_is_always_seen);
    tcase_add_test(tcase, random_pairs_are_equal_only_where_they_are);
    Suite *suite = suite_create("published answers");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
