/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus of responses: the final answer of each is found. */
#include "answers.h"
#include "corpus.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_RESPONSES = 120 };

START_TEST(every_response_has_its_answer) {
    json_t *rows = corpus_read(EMEND_SOURCE_DIR "/tests/fixtures/answers/responses.jsonl");
    size_t n_wrong = 0, i;
    json_t *row;
    ck_assert_ptr_nonnull(rows);
    json_array_foreach(rows, i, row) {
        EmendStr response = corpus_text(row, "response"), wanted = corpus_text(row, "extracted");
        bool is_marked = corpus_text(row, "accept").len > 0;
        FoundAnswer found;
        bool is_found = answer_find(response, is_marked ? ANSWER_MARKED : ANSWER_ANYWHERE, &found);
        bool is_wanted = json_is_string(json_object_get(row, "extracted"));
        if (is_found != is_wanted ||
            (is_found && (found.text.len != wanted.len ||
                          memcmp(found.text.ptr, wanted.ptr, wanted.len) != 0))) {
            fprintf(stderr, "responses.jsonl:%zu: found '%.*s', not '%s'\n", i + 1,
                    is_found ? (int)found.text.len : 0, is_found ? found.text.ptr : "", wanted.ptr);
            n_wrong++;
        }
    }
    json_decref(rows);
    ck_assert_uint_ge(i, MIN_RESPONSES);
    ck_assert_msg(n_wrong == 0, "%zu of %zu responses have another answer", n_wrong, i);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("responses");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_response_has_its_answer);
    Suite *suite = suite_create("responses");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
