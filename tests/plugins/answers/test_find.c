/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *text, *answer; // NULL: there is none
    uint32_t mark;             // by which it is found; 0: not checked
    uint32_t accept;           // 0: ANSWER_MARKED
} Case;

// A copy that ends where the text does, so that a read past its end is caught.
static char *exact_copy(const char *text, size_t n) {
    char *copy = malloc(n > 0 ? n : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, n);
    return copy;
}

static void check_case(const Case *expected) {
    FoundAnswer found;
    size_t n = strlen(expected->text);
    char *copy = exact_copy(expected->text, n);
    uint32_t accept = expected->accept ? expected->accept : ANSWER_MARKED;
    bool is_there = answer_find((EmendStr){copy, n}, accept, &found);
    ck_assert_msg(is_there == (expected->answer != NULL), "'%s' has '%.*s'", expected->text,
                  (int)found.text.len, found.text.len > 0 ? found.text.ptr : "");
    if (is_there) {
        ck_assert_msg(found.text.len == strlen(expected->answer) &&
                          memcmp(found.text.ptr, expected->answer, found.text.len) == 0,
                      "'%s' has '%.*s'", expected->text, (int)found.text.len, found.text.ptr);
        ck_assert_msg(expected->mark == 0 || found.mark == expected->mark, "'%s': mark %u",
                      expected->text, found.mark);
    } else {
        ck_assert_uint_eq(found.mark, 0);
        ck_assert_uint_eq(found.text.len, 0);
    }
    free(copy);
}

enum {
    BOX = ANSWER_IN_BOX,
    PHRASE = ANSWER_IN_PHRASE,
    HASHES = ANSWER_BEHIND_HASHES,
    END = ANSWER_AT_END,
    ANYWHERE = ANSWER_ANYWHERE
};

static const Case marks[] = {
    {"so \\boxed{7}", "7", BOX, 0},
    {"$\\fbox{7}$", "7", BOX, 0},
    {"$x = \\boxed 7$.", "7", BOX, 0},
    {"\\boxed{\\frac{1}{\\sqrt{2}}}", "\\frac{1}{\\sqrt{2}}", BOX, 0},
    {"\\boxed{\\{1,2\\}}", "\\{1,2\\}", BOX, 0},
    {"\\boxed{a \\boxed{b}}", "b", BOX, 0},
    {"The answer is 7.", "7", PHRASE, 0},
    {"Final Answer: The final answer is $7$. I hope it is correct.", "7", PHRASE, 0},
    {"FINAL ANSWER IS: **42**\n", "42", PHRASE, 0},
    {"#### 7", "7", HASHES, 0},
    {"#### 7\nand so on", "7", HASHES, 0},
    {"  #### 7", NULL, 0, 0},
    {"##### 7", NULL, 0, 0},
    {"see #### 7", NULL, 0, 0},
    {"#### 1,000 \n", "1,000", HASHES, 0},
    {"#### $18", "$18", HASHES, 0},
    {"#### Answer: 7", "7", PHRASE, 0},
    {"It is 7.", NULL, 0, 0},
    {"", NULL, 0, 0},
    {"\n \n", NULL, 0, 0},
};

static const Case last_marks[] = {
    {"\\boxed{1} but the final answer is $2$.", "2", PHRASE, 0},
    {"The final answer is $1$. So \\boxed{2}.", "2", BOX, 0},
    {"The final answer is $1$. No: the final answer is $2$.", "2", PHRASE, 0},
    {"the answer is 12, the answer is 13", "13", PHRASE, 0},
    {"The answer is $\\boxed{7}$.", "7", BOX, 0},
    {"The answer is $\\boxed{7}$.", "7", PHRASE, PHRASE},
    {"#### \\boxed{7}", "7", HASHES, HASHES},
    {"#### 1\n\\boxed{2}", "2", BOX, 0},
    {"\\boxed{2}\n#### 1", "1", HASHES, 0},
    {"\\boxed{2}\n#### 1", "2", BOX, BOX | PHRASE},
    {"\\boxed{2}. The answer is 3.\n#### 1", "3", PHRASE, BOX | PHRASE},
    {"\\boxed{2}. The answer is 3.\n#### 1", NULL, 0, 0x100},
    {"\\boxed{\\text{the answer is }7}", "\\text{the answer is }7", BOX, 0},
    {"\\boxed{\\text{\n#### 7}}", "\\text{\n#### 7}", BOX, 0},
    // remarks are no answers
    {"\\boxed{1}, so our answer is correct.", "1", BOX, 0},
    {"\\boxed{1}. The answer is in lowest terms", "1", BOX, 0},
    {"\\boxed{1}. This answer is in the form $a+b$.", "1", BOX, 0},
    {"\\boxed{1}. No, the answer is undefined.", "1", BOX, 0},
    {"The answer is correct.", NULL, 0, 0},
    {"\\boxed{1}. No, the answer is Tuesday.", "1", BOX, 0},
    {"\\boxed{1}. Is it chance that the answer is 2?", "1", BOX, 0},
    {"\\boxed{1}. The final answer is a common one.", "1", BOX, 0},
    {"\\boxed{1}. No, the answer is x.", "x", PHRASE, 0},
    {"The answer is no solution.", "no solution", PHRASE, 0},
    // cut
    {"\\boxed{1} and then \\boxed{2", NULL, 0, 0},
    {"\\boxed{1} and then \\boxed", NULL, 0, 0},
    {"\\boxed{1} and the final answer is $2", NULL, 0, 0},
    {"\\boxed{1} and the final answer is", NULL, 0, 0},
    {"The final answer is $1$. So \\boxed{2", NULL, 0, 0},
    {"\\boxed{1 is never closed. The answer is 2.", "2", PHRASE, 0},
    // empty
    {"\\boxed{1}, \\boxed{}", NULL, 0, 0},
    {"\\boxed{1}. \\boxed{$ $}", NULL, 0, 0},
    {"\\boxed{1}. The final answer is .", NULL, 0, 0},
    {"\\boxed{1}\n####", NULL, 0, 0},
    {"\\boxed{}, \\boxed{2}", "2", BOX, 0},
};

static const Case phrases[] = {
    {"The answer is: 7", "7", 0, 0},
    {"The **answer** is 7", "7", 0, 0},
    {"The answer\nis 7", "7", 0, 0},
    {"**The answer is 7.** So there.", "7", 0, 0},
    {"The answer is **7.** So there.", "7", 0, 0},
    {"(so the answer is 7).", "7", 0, 0},
    {"\\textbf{The answer is 7.}", "7", 0, 0},
    {"The answers are $3$ and $4$.", "$3$ and $4$", 0, 0},
    {"The answer isn't 7.", NULL, 0, 0},
    {"The answer issued 7.", NULL, 0, 0},
    {"A nonanswer is 7.", NULL, 0, 0},
    {"the answer: 7", "7", 0, 0},
    {"Thus the answer: 7", NULL, 0, 0},
    {"Answer: 7", "7", 0, 0},
    {"ANSWER : 7", "7", 0, 0},
    {"so\n**Answer:** 7", "7", 0, 0},
    {"so\n**Answer**: 7", "7", 0, 0},
    {"**Final Answer: 73**", "73", 0, 0},
    {"\xE2\x9C\x85 Final Answer: **73**", "73", 0, 0},
    {"### My final answer:\n\n$$\nx = 7\n$$", "x = 7", 0, 0},
    {"**Final Answer**\n\n7", "7", 0, 0},
    {"3. **Answer:** 7", "7", 0, 0},
    {"> Answer: 7", "7", 0, 0},
    {"Answering: 7", NULL, 0, 0},
    {"Answer 7", NULL, 0, 0},
    {"The answer is\n\\[\nx = 7.\n\\]", "x = 7", 0, 0},
    {"The answer is:\n```\n7\n```", "7", 0, 0},
    {"The answer is:\n```python\n7\n```", "7", 0, 0},
    {"The answer is therefore $7$.", "7", 0, 0},
    {"The answer is `7`.", "7", 0, 0},
    // where the sentence ends
    {"The answer is 3.5. Then", "3.5", 0, 0},
    {"The answer is .5", ".5", 0, 0},
    {"The answer is 7.", "7", 0, 0},
    {"The answer is 7\nor 8", "7", 0, 0},
    {"The answer is 1, 2, 3, ...", "1, 2, 3, ...", 0, 0},
    {"The answer is $f. g$. Then", "f. g", 0, 0},
    {"The answer is $\\text{Dr. X}$ or Y. Then", "$\\text{Dr. X}$ or Y", 0, 0},
    {"The answer is $\\frac{1}{2}$ I hope it is correct.", "\\frac{1}{2}", 0, 0},
    {"The answer is 7, I hope it is correct.", "7", 0, 0},
    {"The answer is \\begin{pmatrix} 1 \\\\\n 2 \\end{pmatrix}.\nSo",
     "\\begin{pmatrix} 1 \\\\\n 2 \\end{pmatrix}", 0, 0},
    {"The answer is {1,\n2}.", "{1,\n2}", 0, 0},
    {"The answer is [0, 1). So", "[0, 1)", 0, 0},
    {"The answer is 12 apples.", "12 apples", 0, 0},
    // what is never closed
    {"The final answer is $7", NULL, 0, 0},
    {"The final answer is $7 + ", NULL, 0, 0},
    {"The final answer is $$7$", NULL, 0, 0},
    {"The final answer is \\(7", NULL, 0, 0},
    {"The final answer is \\[7\\)", NULL, 0, 0},
    {"The final answer is \\frac{1}{", NULL, 0, 0},
    {"The final answer is \\begin{pmatrix} 1", NULL, 0, 0},
};

static const Case stripped[] = {
    {"\\boxed{ $7$ }", "7", 0, 0},
    {"\\boxed{$$7$$}", "7", 0, 0},
    {"\\boxed{\\(7\\)}", "7", 0, 0},
    {"\\boxed{\\[ 7 \\]}", "7", 0, 0},
    {"\\boxed{**7**}", "7", 0, 0},
    {"\\boxed{__`7`__}", "7", 0, 0},
    {"\\boxed{**$7$.**}", "7", 0, 0},
    {"\\boxed{7.}", "7", 0, 0},
    {"\\boxed{7,}", "7", 0, 0},
    {"\\boxed{7;}", "7", 0, 0},
    {"\\boxed{: 7}", "7", 0, 0},
    {"\\boxed{7\\,}", "7\\,", 0, 0},
    {"\\boxed{7\\ }", "7\\ ", 0, 0},
    {"\\boxed{.5}", ".5", 0, 0},
    {"\\boxed{\\mathbb{R}^*}", "\\mathbb{R}^*", 0, 0},
    {"The answer is $x = 7$ or $x = 8$.", "$x = 7$ or $x = 8$", 0, 0},
    {"The answer is **3** or **4**.", "**3** or **4**", 0, 0},
    {"The answer is \\(3\\) or \\(4\\).", "\\(3\\) or \\(4\\)", 0, 0},
    // money
    {"The answer is $18.", "$18", 0, 0},
    {"The answer is $18. Then $x$ is $2$.", "$18", 0, 0},
    {"The answer is $18.\nBob has $5.", "$18", 0, 0},
    {"The answer is $18.50 per hour.", "$18.50 per hour", 0, 0},
    {"The answer is $1,800, which is much.", "$1,800, which is much", 0, 0},
    {"The answer is **$18**.", "$18", 0, 0},
    {"The answer is \\$18.", "\\$18", 0, 0},
    {"The answer is $\\$18$.", "\\$18", 0, 0},
    {"The answer is $5, 6$.", "5, 6", 0, 0},
    {"The answer is $5 or $6.", "$5 or $6", 0, 0},
};

static const Case lists[] = {
    {"$\\boxed{1}$ and $\\boxed{2}$.", "1, 2", BOX, 0},
    {"\\boxed{1}, \\boxed{2}", "1, 2", BOX, 0},
    {"\\boxed{1} \\boxed{2}", "1, 2", BOX, 0},
    {"\\boxed{1}; \\fbox{2} or\n\\boxed{3}", "1, 2, 3", BOX, 0},
    {"\\boxed{1}\\text{ and }\\boxed{2}", "1, 2", BOX, 0},
    {"\\boxed{1},\\text{ or }\\boxed{2},\\quad\\boxed{3}\\,\\boxed{4}", "1, 2, 3, 4", BOX, 0},
    {"$x = \\boxed{1}$, $y = \\boxed{2}$", "1, 2", BOX, 0},
    {"\\(x_1 = \\boxed{1}\\) or \\(x_{12} = \\boxed{2}\\)", "1, 2", BOX, 0},
    {"\\boxed{1} \\\\ f(x) &= \\boxed{2}, \\theta' = \\boxed{3}", "1, 2, 3", BOX, 0},
    {"**\\boxed{1}** and **\\boxed{2}**", "1, 2", BOX, 0},
    {"\\boxed{x = 1} and \\boxed{y = 2}", "x = 1, y = 2", BOX, 0},
    {"\\boxed{1.}, \\boxed{$2$}.", "1, 2", BOX, 0},
    {"\\boxed{1}\n\n\\boxed{1}", "1", BOX, 0},
    {"\\boxed{1}, \\boxed{1} and \\boxed{2}", "1, 2", BOX, 0},
    {"\\boxed{0} so \\boxed{1} and \\boxed{2}", "1, 2", BOX, 0},
    {"\\boxed{1} and \\boxed{2}, then \\boxed{3}", "3", BOX, 0},
    {"\\boxed{1}. \\boxed{2}", "2", BOX, 0},
    {"\\boxed{1} = \\boxed{2}", "2", BOX, 0},
    {"\\boxed{1} then = \\boxed{2}", "2", BOX, 0},
    {"\\boxed{1} android \\boxed{2}", "2", BOX, 0},
    {"\\boxed{1}, \\boxed{2", NULL, 0, 0},
    {"\\boxed{1}<think></think>\\boxed{2}", "2", BOX, 0},
};

static const Case visible[] = {
    {"<think>\\boxed{1}</think>\\boxed{2}", "2", BOX, 0},
    {"<think>\\boxed{1}</think> none", NULL, 0, 0},
    {"<think>\\boxed{1}", NULL, 0, 0},
    {"\\boxed{2}<think>\\boxed{1}", "2", BOX, 0},
    {"\\boxed{2}<think>\\boxed{1}</think>", "2", BOX, 0},
    {"\\boxed{1}</think> The answer is 3.", "3", PHRASE, 0},
    {"\\boxed{1}</think>", NULL, 0, 0},
    {"</think>Answer: 3", "3", PHRASE, 0},
    {"<thinking>\\boxed{1}</thinking>\\boxed{2}", "2", BOX, 0},
    {"<think>\\boxed{1}</thinking>\\boxed{2}", NULL, 0, 0},
    {"<thought>a</thought><reasoning>b</reasoning>\\boxed{2}", "2", BOX, 0},
    {"<think>a<think>b</think>\\boxed{1}</think>\\boxed{2}", "2", BOX, 0},
    {"<think\\boxed{2}", "2", BOX, 0},
    {"x < 3 \\boxed{2}", "2", BOX, 0},
    {"\\boxed{2}<|im_end|>\n<|im_start|>user\n\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}<|eot_id|>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}<|end|>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}<|endoftext|>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}</s>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}<end_of_turn>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2}<|start_header_id|>user<|end_header_id|>\\boxed{3}", "2", BOX, 0},
    {"\\boxed{2<|im_end|>}", NULL, 0, 0},
    {"<think>a<|im_end|></think>\\boxed{2}", NULL, 0, 0},
    {"```\n\\boxed{1}\n```\nno more", "1", BOX, 0},
    {"\\boxed{2}\n```latex\n\\boxed{1}\n```", "2", BOX, 0},
    {"~~~\n\\boxed{1}\n~~~\n\\boxed{2}", "2", BOX, 0},
    {"````\n```\n\\boxed{1}\n````\nThe answer is 2", "2", PHRASE, 0},
    {"The answer is 2\n```\n\\boxed{1}", "2", PHRASE, 0},
    {"```\\boxed{1}```", "1", BOX, 0},
    {"The answer is 2\n```\n#### 1\n```\n#### 3", "3", HASHES, 0},
};

static const Case ends[] = {
    {"So $x = 7$.", "x = 7", END, END},
    {"So $x = 7$.\n\n", "x = 7", END, ANYWHERE},
    {"So $x = 7$.", NULL, 0, 0},
    {"So **\\(x = 7\\)**", "x = 7", END, END},
    {"So \\[x = 7.\\]", "x = 7", END, END},
    {"We get\n\\[\nx = 7\n\\]", "x = 7", END, END},
    {"We get\n$$\nx = 7\n$$\n", "x = 7", END, END},
    {"So $x = 7$ or $x = 8$.", "$x = 7$ or $x = 8$", END, END},
    {"So $2x = 6$, $x = 3$.", "x = 3", END, END},
    {"$$2x = 6$$\n$$x = 3$$", "x = 3", END, END},
    {"It takes $12$ hours.", "$12$ hours", END, END},
    {"It is $12$ square units.", "$12$ square units", END, END},
    {"In round $3$ she loses.", NULL, 0, END},
    {"It is 12 cm$^2$.", NULL, 0, END},
    {"so $\\boxed{7}$", "7", END, END},
    {"x = 7", "x = 7", END, END},
    {"**x = 7**", "x = 7", END, END},
    {"x = 7 or x = 8", "x = 7 or x = 8", END, END},
    {"42", "42", END, END},
    {"= 12", "12", END, END},
    {"\\frac{1}{2}", "\\frac{1}{2}", END, END},
    {"x \xE2\x89\xA4 3", "x \xE2\x89\xA4 3", END, END},
    {"Thus the total is 42.", "42", END, END},
    {"Total: 42", "42", END, END},
    {"So the area = 42", "42", END, END},
    {"It is 10:30.", "10:30", END, END},
    {"The total is $18.", "$18", END, END},
    {"The roots are 3 and 4.", "3 and 4", END, END},
    {"In all that makes 1,250.", "1,250", END, END},
    {"It is then -3.", "-3", END, END},
    {"It is 42. I hope it is correct.", "42", END, END},
    {"The solutions are x = 7 or x = 8.", NULL, 0, END},
    {"The ratio is 3 : 5.", NULL, 0, END},
    {"It is (so, $144_{62}$)", NULL, 0, END},
    {"There are 12 apples in 3 baskets.", NULL, 0, END},
    {"It is 7 that we seek.", NULL, 0, END},
    {"OK", NULL, 0, END},
    {"---", NULL, 0, END},
    {"", NULL, 0, END},
    {"so $x = 7", NULL, 0, END},
    {"so \\[ x = 7", NULL, 0, END},
    {"It is 42.\n```\nx = 1\n```", NULL, 0, END},
    {"<think>It is 41.</think>\nIt is 42.", "42", END, END},
    {"It is 42.<think>It is 41.", "42", END, END},
    {"\\boxed{7}, so $x = 8$.", "7", BOX, ANYWHERE},
    {"The answer is .\nSo $x = 8$.", NULL, 0, ANYWHERE},
};

START_TEST(marks_are_found) {
    check_case(&marks[_i]);
}
END_TEST

START_TEST(last_mark_wins) {
    check_case(&last_marks[_i]);
}
END_TEST

START_TEST(phrase_takes_its_sentence) {
    check_case(&phrases[_i]);
}
END_TEST

START_TEST(what_only_surrounds_an_answer_is_stripped) {
    check_case(&stripped[_i]);
}
END_TEST

START_TEST(boxes_with_nothing_between_are_a_list) {
    check_case(&lists[_i]);
}
END_TEST

START_TEST(thoughts_other_turns_and_code_do_not_count) {
    check_case(&visible[_i]);
}
END_TEST

START_TEST(mathematics_at_the_end_is_the_last_resort) {
    check_case(&ends[_i]);
}
END_TEST

START_TEST(list_that_does_not_fit_stands_as_it_is) {
    FoundAnswer found;
    char text[2 * ANSWER_JOINED_BYTES] = "\\boxed{", *at = text + 7;
    // "1..1, 2" with one byte to spare, with none, and with one too many
    for (size_t n = ANSWER_JOINED_BYTES - 4; n <= ANSWER_JOINED_BYTES - 2; n++) {
        memset(at, '1', n);
        strcpy(at + n, "}, \\boxed{2}");
        ck_assert(answer_find(emend_str(text), ANSWER_MARKED, &found));
        bool fits = n + 3 <= ANSWER_JOINED_BYTES;
        ck_assert_uint_eq(found.text.len, fits ? n + 3 : strlen(text));
        ck_assert_int_eq(found.text.ptr == found.joined, fits);
        ck_assert_int_eq(found.text.ptr[found.text.len - 1], fits ? '2' : '}');
    }
}
END_TEST

START_TEST(zero_bytes_and_broken_utf8_are_bytes_like_others) {
    static const char text[] = "\xFF\0\xC3 answer\0 \xE2 The answer is \0\xE2\x82. \0";
    static const char end[] = "\0\xE2\n\0It is $\0\xC3$.\0";
    FoundAnswer found;
    ck_assert(answer_find((EmendStr){text, sizeof text - 1}, ANSWER_MARKED, &found));
    ck_assert_uint_eq(found.text.len, 3);
    ck_assert_mem_eq(found.text.ptr, "\0\xE2\x82", 3);
    ck_assert(answer_find((EmendStr){end, sizeof end - 2}, ANSWER_AT_END, &found));
    ck_assert_uint_eq(found.text.len, 2);
    ck_assert_mem_eq(found.text.ptr, "\0\xC3", 2);
    ck_assert(!answer_find((EmendStr){NULL, 0}, ANSWER_ANYWHERE, &found));
}
END_TEST

static const char *const long_responses[] = {
    "<think>\nLet $x = \\boxed{3}$.\n</think>\n\n**Step 1.** We have \\(2x = 14\\), so \\[\nx = "
    "7.\n\\]\n"
    "```python\nprint(7) # The answer is 8\n```\n#### 9\n\nThe price is $18.50, not $20.\n"
    "$x = \\boxed{7}$,\\quad and\\ $y_{1} = \\fbox{\\frac{1}{2}}$.\n\n**Final Answer:** the final "
    "answer is $\\begin{pmatrix} 1 \\\\ \\{2\\} \\end{pmatrix}$. I hope it is correct.<|im_end|>\n"
    "<|im_start|>user\nNo.",
    "We look for $$a_1 + \\text{ so } b,$$ where a < 3.\n1) Answer:\n~~~\n__7__\n~~~\n\\boxed 5$ "
    "or\n"
    "The **answers** are `$18`, \\$5 ... and {x : x > 3}.\n\nSo $x=1$, or $x=2$ square units.\n"
    "Thus the ratio = 3:5 \xE2\x89\xA4 \xC3\x97 \\",
};

START_TEST(every_prefix_is_read_within_its_bytes) {
    FoundAnswer found;
    size_t n = strlen(long_responses[_i]);
    for (size_t begin = 0; begin < n; begin += 7) {
        for (size_t end = begin; end <= n; end++) {
            char *copy = exact_copy(long_responses[_i] + begin, end - begin);
            for (uint32_t accept = 1; accept <= ANSWER_ANYWHERE; accept++) {
                bool is_there = answer_find((EmendStr){copy, end - begin}, accept, &found);
                ck_assert_int_eq(is_there, found.mark != 0);
                ck_assert_int_eq(is_there, found.text.len > 0);
                ck_assert_uint_eq(found.mark & ~accept, 0);
            }
            free(copy);
        }
    }
}
END_TEST

START_TEST(any_bytes_have_an_answer_or_none) {
    enum { N_TRIES = 100000, MAX_BYTES = 48 };
    static const char *const words[] = {
        "\\boxed",  "{",    "}",       "$",        "$$",      "\\(",  "\\)", "\\[",   "\\]",
        "answer",   " is ", "Answer:", "\n",       "#### ",   "**",   "`",   "```\n", "~~~\n",
        ".",        " ",    "7",       "x",        "=",       " or ", ",",   "\\",    "<think>",
        "</think>", "</s>", "\0",      "\xE2\x88", "\\text{", "_"};
    uint64_t state = 1; // Knuth's MMIX generator
    for (int try = 0; try < N_TRIES; try++) {
        char text[MAX_BYTES * 8];
        size_t n = 0;
        FoundAnswer found;
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (uint64_t i = (state >> 40) % MAX_BYTES; i > 0; i--) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const char *word = words[(state >> 40) % (sizeof words / sizeof words[0])];
            size_t n_bytes = word[0] == '\0' ? 1 : strlen(word);
            memcpy(text + n, word, n_bytes);
            n += n_bytes;
        }
        char *copy = exact_copy(text, n);
        for (uint32_t accept = 1; accept <= ANSWER_ANYWHERE; accept += 7) {
            bool is_there = answer_find((EmendStr){copy, n}, accept, &found);
            ck_assert_int_eq(is_there, found.text.len > 0);
            ck_assert_uint_le(found.text.len, n + ANSWER_JOINED_BYTES);
        }
        free(copy);
    }
}
END_TEST

// Each is repeated to some megabytes. What is not linear takes hours.
static const char *const hostile[] = {
    "\\boxed{",
    "\\boxed ",
    "\\boxed{}",
    "\\boxed{}, ",
    "\\boxed{1}, x = ",
    "answer is",
    "answer is ",
    "answer ",
    "answer: ",
    "Answer:\n",
    "answer is $5 ",
    "answer is (",
    "the final ",
    "**",
    "_",
    "* _ ",
    "```",
    "``` ",
    "```\n",
    "#### ",
    "####\n",
    "$",
    "$$",
    "$5 ",
    "$5 a ",
    "\\(",
    "\\[ ",
    "\\( \\[ $ ",
    "$x$ or ",
    "$x$, ",
    ".,",
    " ",
    "\n",
    "\\",
    "{",
    "}",
    "<",
    "<think>",
    "</think>",
    "<think></think>",
    "</think><think>",
    "=",
    "x = 7 or ",
    ": ",
    "is ",
    ", and ",
    "\\text{ ",
    "7 ",
    "x",
    "\0",
    "\xE2\x88",
};

static void repeat(char *text, size_t n_bytes, const char *part) {
    size_t n = part[0] == '\0' ? 1 : strlen(part);
    for (size_t i = 0; i < n_bytes; i++) {
        text[i] = part[i % n];
    }
}

START_TEST(huge_text_is_read_in_linear_time) {
    enum { N_BYTES = 1 << 24, N_SHORT = 1 << 19 };
    static const char *const around[][2] = {{"The answer is $", ""},
                                            {"#### **", "**"},
                                            {"\\boxed{1} ", "."},
                                            {"\\(", "\\)"},
                                            {"is ", "$"}};
    FoundAnswer found;
    bool is_huge = _i < 6; // the marks themselves
    size_t n = is_huge ? N_BYTES : N_SHORT;
    char *text = malloc(n);
    ck_assert_ptr_nonnull(text);
    repeat(text, n, hostile[_i]);
    answer_find((EmendStr){text, n}, ANSWER_ANYWHERE, &found);
    answer_find((EmendStr){text, n}, ANSWER_AT_END, &found);
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        repeat(text, N_SHORT, hostile[_i]);
        memcpy(text, around[i][0], strlen(around[i][0]));
        memcpy(text + N_SHORT - strlen(around[i][1]), around[i][1], strlen(around[i][1]));
        answer_find((EmendStr){text, N_SHORT}, ANSWER_ANYWHERE, &found);
        answer_find((EmendStr){text, N_SHORT}, ANSWER_AT_END, &found);
    }
    free(text);
}
END_TEST

START_TEST(one_hostile_half_after_another_takes_linear_time) {
    enum { N_BYTES = 1 << 18, N_PARTS = sizeof hostile / sizeof hostile[0] };
    FoundAnswer found;
    char *text = malloc(N_BYTES);
    ck_assert_ptr_nonnull(text);
    repeat(text, N_BYTES / 2, hostile[_i]);
    for (size_t i = 0; i < N_PARTS; i += 5) {
        repeat(text + N_BYTES / 2, N_BYTES / 2, hostile[i]);
        answer_find((EmendStr){text, N_BYTES}, ANSWER_ANYWHERE, &found);
    }
    free(text);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("find");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, marks_are_found, 0, sizeof marks / sizeof marks[0]);
    tcase_add_loop_test(tcase, last_mark_wins, 0, sizeof last_marks / sizeof last_marks[0]);
    tcase_add_loop_test(tcase, phrase_takes_its_sentence, 0, sizeof phrases / sizeof phrases[0]);
    tcase_add_loop_test(tcase, what_only_surrounds_an_answer_is_stripped, 0,
                        sizeof stripped / sizeof stripped[0]);
    tcase_add_loop_test(tcase, boxes_with_nothing_between_are_a_list, 0,
                        sizeof lists / sizeof lists[0]);
    tcase_add_loop_test(tcase, thoughts_other_turns_and_code_do_not_count, 0,
                        sizeof visible / sizeof visible[0]);
    tcase_add_loop_test(tcase, mathematics_at_the_end_is_the_last_resort, 0,
                        sizeof ends / sizeof ends[0]);
    tcase_add_test(tcase, list_that_does_not_fit_stands_as_it_is);
    tcase_add_test(tcase, zero_bytes_and_broken_utf8_are_bytes_like_others);
    tcase_add_loop_test(tcase, every_prefix_is_read_within_its_bytes, 0,
                        sizeof long_responses / sizeof long_responses[0]);
    tcase_add_test(tcase, any_bytes_have_an_answer_or_none);
    tcase_add_loop_test(tcase, huge_text_is_read_in_linear_time, 0,
                        sizeof hostile / sizeof hostile[0]);
    tcase_add_loop_test(tcase, one_hostile_half_after_another_takes_linear_time, 0,
                        sizeof hostile / sizeof hostile[0]);
    Suite *suite = suite_create("find");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
