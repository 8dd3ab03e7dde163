/* SPDX-License-Identifier: Apache-2.0 */
#include "report/diff.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

// A side with what is different in brackets.
static char *marked(const DiffSide *side) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < side->n; i++) {
        const DiffToken *token = &side->tokens[i];
        fprintf(out, token->is_same ? "%.*s" : "[%.*s]", (int)token->text.len, token->text.ptr);
    }
    fclose(out);
    return text;
}

typedef struct Case {
    const char *a, *b, *marked_a, *marked_b;
} Case;

static const Case cases[] = {
    {"", "", "", ""},
    {"same words", "same words", "same words", "same words"},
    {"", "new", "", "[new]"},
    {"x = 41", "x = 42", "x = [41]", "x = [42]"},
    {"\\boxed{10+10}=20 off", "no \\boxed{22+10}=32 ok", "\\boxed{[10]+10}=[20] [off]",
     "[no][ ]\\boxed{[22]+10}=[32] [ok]"},
    {"a b c d", "b c d a", "[a][ ]b c d", "b c d[ ][a]"},
    {"a  b", "a b", "a[  ]b", "a[ ]b"},
    {"gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f mich", "gr\xc3\xbc\xc3\x9f [dich]",
     "gr\xc3\xbc\xc3\x9f [mich]"},
};

START_TEST(words_that_differ_are_marked) {
    const Case *at = &cases[_i];
    DiffSide a = {0}, b = {0};
    ck_assert_int_eq(diff_words(emend_str(at->a), emend_str(at->b), &a, &b), EMEND_OK);
    char *marked_a = marked(&a), *marked_b = marked(&b);
    ck_assert_str_eq(marked_a, at->marked_a);
    ck_assert_str_eq(marked_b, at->marked_b);
    free(marked_a);
    free(marked_b);
    diff_finish(&a);
    diff_finish(&b);
}
END_TEST

// Ten thousand different words between what is the same.
static char *long_text(char letter) {
    enum { N = 10000 };
    char *text = malloc(8 * N + 32), *at = text;
    at += sprintf(at, "begin ");
    for (int i = 0; i < N; i++) {
        at += sprintf(at, "%c%d ", letter, i);
    }
    sprintf(at, "end");
    return text;
}

START_TEST(texts_that_are_too_long_are_compared_at_both_ends) {
    char *a = long_text('a'), *b = long_text('b');
    DiffSide left = {0}, right = {0};
    ck_assert_int_eq(diff_words(emend_str(a), emend_str(b), &left, &right), EMEND_OK);
    ck_assert_uint_eq(left.n, right.n);
    ck_assert(left.tokens[0].is_same && left.tokens[left.n - 1].is_same);
    ck_assert(!left.tokens[left.n / 2].is_same && !right.tokens[right.n / 2].is_same);
    diff_finish(&left);
    diff_finish(&right);
    free(a);
    free(b);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("diff");
    TCase *all = tcase_create("diff");
    tcase_add_loop_test(all, words_that_differ_are_marked, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, texts_that_are_too_long_are_compared_at_both_ends);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
