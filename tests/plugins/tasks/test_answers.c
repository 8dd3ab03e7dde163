/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *answer; // NULL: there is none
} responses[] = {
    {"Final Answer: The final answer is $7$. I hope it is correct.", "$7$"},
    {"The final answer is $\\frac{1}{2}$. I hope it is correct.", "$\\frac{1}{2}$"},
    {"The final answer is $3.5$. I hope it is correct.", "$3.5$"},
    {"The final answer is 3.5. I hope it is correct.", "3.5"},
    {"FINAL ANSWER IS: **42**\n", "42"},
    {"The final answer is $\\boxed{7}$. I hope it is correct.", "7"},
    {"The final answer is \\(x=2\\). I hope so.", "\\(x=2\\)"},
    {"The final answer is $3$ or $4$. I hope it is correct.", "$3$ or $4$"},
    {"The final answer is $1$. No: the final answer is $2$. I hope it is correct.", "$2$"},
    {"\\boxed{1} but the final answer is $2$.", "$2$"},
    {"The final answer is $1$. So \\boxed{2}.", "2"},
    {"The answer is 12.", "12"},
    {"the answer is 12, the answer is 13", "13"},
    {"The answer is 12. So \\boxed{13}", "13"},
    {"The final answer is $7", NULL},
    {"The final answer is \\(7", NULL},
    {"The final answer is", NULL},
    {"The final answer is .", NULL},
    {"\\boxed{1} and the final answer is $2", NULL},
    {"The final answer is $1$. So \\boxed{2", NULL},
    {"It is 7.", NULL},
    {"", NULL},
};

START_TEST(last_marked_answer_is_found) {
    EmendStr answer = {NULL, 0};
    bool is_there = answer_find(emend_str(responses[_i].text), &answer);
    ck_assert_msg(is_there == (responses[_i].answer != NULL), "'%s'", responses[_i].text);
    if (is_there) {
        ck_assert_msg(answer.len == strlen(responses[_i].answer) &&
                          memcmp(answer.ptr, responses[_i].answer, answer.len) == 0,
                      "'%s' has '%.*s'", responses[_i].text, (int)answer.len, answer.ptr);
    }
}
END_TEST

static const char *const equal[][2] = {
    {"7", "7"},
    {"7", " $7$. "},
    {"7", "\\(7\\)"},
    {"7", "+7"},
    {"7", "7.0"},
    {"7", "007"},
    {"-7", "- 7"},
    {"0", "-0"},
    {"\\frac{1}{2}", "\\dfrac12"},
    {"\\frac{1}{2}", "\\tfrac 12"},
    {"\\frac{1}{2}", "1/2"},
    {"\\frac{1}{2}", "0.5"},
    {"\\frac{1}{2}", ".50"},
    {"\\frac{2}{4}", "\\frac{1}{2}"},
    {"-\\frac{1}{2}", "\\frac{-1}{2}"},
    {"-\\frac{1}{2}", "\\frac{1}{-2}"},
    {"2\\frac{1}{2}", "\\frac{5}{2}"},
    {"-2\\frac{1}{2}", "-2.5"},
    {"10{,}000", "10000"},
    {"10,\\!000", "10,000"},
    {"1,234,567", "1,234,567"},
    {"1234567", "1,234,567"},
    {"1,000", "1000"},
    {"45^\\circ", "45"},
    {"45^{\\circ}", "45\xC2\xB0"},
    {"45", "45 degrees"},
    {"12\\text{ cm}^2", "12"},
    {"12", "12\\text{ square units}"},
    {"12", "12 \\text {square\nunits}"},
    {"12\\mbox{ cm}", "12 cm"},
    {"\\$3.50", "3.5"},
    {"50\\%", "50%"},
    {"2\\sqrt{3}", "2\\sqrt3"},
    {"2\\sqrt{3}", "2 \\cdot \\sqrt{3}"},
    {"\\frac{\\pi}{2}", "\\pi/2"},
    {"-\\frac{3\\pi}{4}", "-3\\pi/4"},
    {"\\frac{\\sqrt{3}}{2}", "\\dfrac{\\sqrt3}2"},
    {"(1,\\frac{1}{2})", "\\left( 1, 0.5 \\right)"},
    {"[0,\\infty)", "[0, +\\infty)"},
    {"(-\\infty,1)\\cup(2,\\infty)", "\\left(-\\infty, 1\\right) \\cup \\left(2, \\infty\\right)"},
    {"1,2", "2, 1"},
    {"1,2", "1\\text{ and }2"},
    {"1,2", "$1$ or $2$"},
    {"\\{1,2,3\\}", "\\{3, 2, 1\\}"},
    {"x=5", "5"},
    {"5", "x = 5"},
    {"x=0.5", "x=\\frac12"},
    {"[1,2]", "x \\in [1,2]"},
    {"\\text{Tuesday}", "tuesday"},
    {"\\text{(B)}", "B"},
    {"x^{2}+1", "x^2 + 1"},
    {"204_5", "204_{5}"},
    {"\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"},
    {"999999999999999999", "999999999999999999.0"},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
};

START_TEST(spellings_of_one_answer_are_equal) {
    ck_assert_msg(answer_is_equal(emend_str(equal[_i][0]), emend_str(equal[_i][1])), "'%s' is '%s'",
                  equal[_i][0], equal[_i][1]);
    ck_assert(answer_is_equal(emend_str(equal[_i][0]), emend_str(equal[_i][0])));
}
END_TEST

static const char *const different[][2] = {
    {"7", "8"},
    {"7", "-7"},
    {"7", ""},
    {"7", "$$"},
    {"7", "7 or 8"},
    {"7", "7x"},
    {"\\frac{1}{2}", "\\frac{2}{1}"},
    {"\\frac{1}{3}", "0.333333333"},
    {"\\frac{1}{2}", "\\frac{1}{0}"},
    {"\\frac{11}{2}", "1 1/2"},
    {"34", "3 4"},
    {"34", "$3$ $4$"},
    {"34", "3\\ 4"},
    {"50", "0.5"},
    {"10", "10\\%"},
    {"100000", "100001"},
    {"9007199254740993", "9007199254740992"},
    {"123456789012345678901234567891", "123456789012345678901234567890"},
    {"32,349", "32349"},
    {"3,4", "34"},
    {"(0,9)", "[0,9)"},
    {"[0,9)", "(0,9]"},
    {"(1,2)", "(2,1)"},
    {"(1,2)", "1,2"},
    {"(1,2)", "(1,2,3)"},
    {"1,2", "1,2,2"},
    {"1,1,2", "1,2,2"},
    {"-1,9", "-1,-9"},
    {"\\{1,2\\}", "(1,2)"},
    {"x<5", "x>5"},
    {"x=5", "y=5"},
    {"x+1", "x-1"},
    {"(a+5)(b+2)", "(a+5)(c+2)"},
    {"1112122_3", "1112112_3"},
    {"204_5", "204"},
    {"2^{10}", "2^10"},
    {"x", "X"},
    {"4", "4\\sqrt{2}"},
    {"12\\text{ cm}", "12\\text{ m}"},
    {"12\\text{ cm}", "12\\text{ cm}^2"},
    {"5", "5\\text{ million}"},
    {"5", "5\\text{ percent}"},
    {"6", "2\\cdot3"},
    {"23", "2\\cdot3"},
    {"23", "2\\times3"},
    {"\\frac{\\pi}{2}", "\\frac{2}{\\pi}"},
    {"\\frac{1+x}{2}", "1+x/2"},
    {"1", "1/2004!"},
    {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}12\\end{pmatrix}"},
    {"\\text{Monday}", "\\text{Tuesday}"},
    {"\\text{(A)}", "\\text{(B)}"},
};

START_TEST(different_answers_are_never_equal) {
    EmendStr a = emend_str(different[_i][0]), b = emend_str(different[_i][1]);
    ck_assert_msg(!answer_is_equal(a, b), "'%s' is not '%s'", a.ptr, b.ptr);
    ck_assert_msg(!answer_is_equal(b, a) || strcmp(a.ptr, "32,349") == 0, "'%s' is not '%s'", b.ptr,
                  a.ptr);
}
END_TEST

START_TEST(any_bytes_are_compared_in_bounded_time) {
    enum { N_BYTES = 1 << 20, N_TRIES = 20000 };
    static const char alphabet[] = "\\{}()[],$^_ 123/.-+=xfracsqrttextcupi\0\xFF\xC2\xB0%;";
    char *huge = malloc(N_BYTES), text[2][64];
    ck_assert_ptr_nonnull(huge);
    memset(huge, '1', N_BYTES);
    ck_assert(!answer_is_equal(emend_str("1"), (EmendStr){huge, N_BYTES}));
    ck_assert(answer_is_equal((EmendStr){huge, N_BYTES}, (EmendStr){huge, N_BYTES}));
    memset(huge, '{', N_BYTES);
    ck_assert(!answer_is_equal(emend_str("1"), (EmendStr){huge, 1000}));
    for (size_t i = 0; i < 1000; i++) {
        huge[i] = "\\frac{"[i % 6];
    }
    ck_assert(!answer_is_equal(emend_str("1"), (EmendStr){huge, 1000}));
    for (size_t i = 0; i < 1000; i++) {
        huge[i] = "(,"[i % 2];
    }
    ck_assert(!answer_is_equal(emend_str("(1,2)"), (EmendStr){huge, 1000}));
    free(huge);

    uint64_t state = 1; // Knuth's MMIX generator
    for (int try = 0; try < N_TRIES; try++) {
        EmendStr pair[2];
        for (int k = 0; k < 2; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            pair[k] = (EmendStr){text[k], (state >> 40) % sizeof text[k]};
            for (uint64_t i = 0; i < pair[k].len; i++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                text[k][i] = alphabet[(state >> 40) % (sizeof alphabet - 1)];
            }
        }
        EmendStr found;
        answer_find(pair[0], &found);
        ck_assert_msg(pair[0].len == 0 ||
                          answer_is_equal(pair[0], pair[1]) == answer_is_equal(pair[0], pair[1]),
                      "the same call gives the same verdict");
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("answers");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, last_marked_answer_is_found, 0,
                        sizeof responses / sizeof responses[0]);
    tcase_add_loop_test(tcase, spellings_of_one_answer_are_equal, 0,
                        sizeof equal / sizeof equal[0]);
    tcase_add_loop_test(tcase, different_answers_are_never_equal, 0,
                        sizeof different / sizeof different[0]);
    tcase_add_test(tcase, any_bytes_are_compared_in_bounded_time);
    Suite *suite = suite_create("answers");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
