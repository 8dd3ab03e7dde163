/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus of pairs, by construct, passes whole. */
#include "answers.h"
#include "corpus.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_PAIRS = 600 };

static const char *const verdicts[] = {
    [ANSWER_DIFFERENT] = "different", [ANSWER_EQUAL] = "equal", [ANSWER_UNDECIDED] = "undecided"};

static json_t *pairs;

static void set_up(void) {
    pairs = corpus_read(EMEND_SOURCE_DIR "/tests/fixtures/answers/pairs.jsonl");
    ck_assert_ptr_nonnull(pairs);
}

static void tear_down(void) {
    json_decref(pairs);
}

static AnswerJudgement judge(const json_t *pair) {
    AnswerJudgement judgement;
    AnswerOptions options = {.problem = corpus_text(pair, "problem")};
    answer_compare(corpus_text(pair, "gold"), corpus_text(pair, "pred"), &options, &judgement);
    return judgement;
}

START_TEST(every_pair_has_its_verdict) {
    size_t n_wrong = 0, i;
    json_t *pair;
    json_array_foreach(pairs, i, pair) {
        const char *wanted = json_string_value(json_object_get(pair, "verdict"));
        ck_assert_ptr_nonnull(wanted);
        AnswerJudgement judgement = judge(pair);
        const char *got = verdicts[judgement.verdict];
        bool is_right = strcmp(wanted, "not_equal") == 0 ? judgement.verdict != ANSWER_EQUAL
                                                         : strcmp(wanted, got) == 0;
        if (!is_right) {
            fprintf(stderr, "pairs.jsonl:%zu: '%s' against '%s' is %s, not %s: %s\n", i + 1,
                    corpus_text(pair, "gold").ptr, corpus_text(pair, "pred").ptr, got, wanted,
                    judgement.reason);
            n_wrong++;
        }
    }
    ck_assert_uint_ge(i, MIN_PAIRS);
    ck_assert_msg(n_wrong == 0, "%zu of %zu pairs have another verdict", n_wrong, i);
}
END_TEST

START_TEST(every_answer_is_equal_to_itself) {
    static const char *const sides[] = {"gold", "pred"};
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair) {
        for (int k = 0; k < 2; k++) {
            AnswerOptions options = {0};
            AnswerJudgement judgement;
            EmendStr text = corpus_text(pair, sides[k]);
            answer_compare(text, text, &options, &judgement);
            bool is_blank = text.len == strspn(text.ptr, " \t\n*`") && text.len == strlen(text.ptr);
            ck_assert_msg(is_blank || judgement.verdict == ANSWER_EQUAL, "line %zu: '%s': %s",
                          i + 1, text.ptr, judgement.reason);
        }
    }
}
END_TEST

START_TEST(what_is_undecided_or_different_has_a_reason) {
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair) {
        AnswerJudgement judgement = judge(pair);
        ck_assert_msg(judgement.reason[0] != '\0', "line %zu has no reason", i + 1);
        ck_assert_ptr_null(strchr(judgement.reason, '\n'));
        ck_assert_int_eq(judgement.verdict == ANSWER_UNDECIDED,
                         judgement.blame != ANSWER_BLAME_NOBODY);
    }
}
END_TEST

// Every cut of a text is read without a look behind its end, and never taken for the whole of it
// unless it means the same.
START_TEST(cut_answers_are_safe) {
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair) {
        EmendStr gold = corpus_text(pair, "gold"), pred = corpus_text(pair, "pred");
        AnswerOptions options = {0};
        AnswerJudgement judgement;
        for (uint64_t n = 0; n < pred.len && n < 64; n++) {
            char *exact = malloc(n > 0 ? n : 1);
            ck_assert_ptr_nonnull(exact);
            memcpy(exact, pred.ptr, n);
            answer_compare(gold, (EmendStr){exact, n}, &options, &judgement);
            free(exact);
        }
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("pairs");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_pair_has_its_verdict);
    tcase_add_test(tcase, every_answer_is_equal_to_itself);
    tcase_add_test(tcase, what_is_undecided_or_different_has_a_reason);
    tcase_add_test(tcase, cut_answers_are_safe);
    Suite *suite = suite_create("answer pairs");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
