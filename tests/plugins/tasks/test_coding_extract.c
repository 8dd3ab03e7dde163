/* SPDX-License-Identifier: Apache-2.0 */
/* Code in responses: fences, marks, bodies, programs among prose. */
#include "coding_host.h"
#include "extract.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { BODY = 1, WHOLE = 0 }; // what was asked for: a body (HumanEval) or a program (MBPP)

#define DEF "def f(x):\n    return x\n"
#define OTHER "def g(x):\n    return 2\n"

static const struct {
    int asked;
    const char *response, *code; // NULL: nothing is found
} cases[] = {
    // Fences and their names.
    {BODY, "```python\n" DEF "```", DEF},
    {BODY, "```py\n" DEF "```", DEF},
    {BODY, "```python3\n" DEF "```\n", DEF},
    {BODY, "```Python\n" DEF "```", DEF},
    {BODY, "```\n" DEF "```", DEF},
    {BODY, "~~~python\n" DEF "~~~", DEF},
    {BODY, "~~~\n" DEF "~~~", DEF},
    {BODY, "````python\n" DEF "````", DEF},
    {BODY, "``` python\n" DEF "```", DEF},
    {BODY, "```{python}\n" DEF "```", DEF},
    {BODY, "```python title=\"a.py\"\n" DEF "```", DEF},
    {BODY, "```python:a.py\n" DEF "```", DEF},
    {WHOLE, "```python\n" DEF "```", DEF},
    {WHOLE, "```python\r\ndef f(x):\r\n    return x\r\n```\r\n", DEF},
    // Prose around them.
    {BODY, "Here it is:\n\n```python\n" DEF "```\n\nIt returns `x`.", DEF},
    {BODY, "It's simple. Don't worry (really:\n```python\n" DEF "```", DEF},
    {WHOLE, "1. First:\n\n   ```python\n   def f(x):\n       return x\n   ```\n", DEF},
    {BODY, "- so:\n  ```python\n  def f(x):\n\n      return x\n  ```",
     "def f(x):\n\n    return x\n"},
    // Fences that are not closed, or closed in odd places.
    {BODY, "```python\n" DEF, DEF},
    {BODY, "```python\ndef f(x):\n    return x", DEF},
    {BODY, "```python\ndef f(x):\n    return x```", DEF},
    {BODY, "```python\ndef f(x):\n    return x```\nThat is all.", DEF},
    {BODY, "```python\n" OTHER "```python\n" DEF "```", DEF},
    {BODY, "```python\n", NULL},
    {BODY, "```python\n```", NULL},
    {WHOLE, "```\n\n```\n", NULL},
    {BODY, "```python\n" DEF "~~~\n```", DEF "~~~\n"},
    {BODY, "````python\n" DEF "```\n````", DEF "```\n"},
    // Several blocks.
    {BODY, "```python\n" OTHER "```\n```python\n" DEF "```", DEF},
    {BODY, "```python\n" DEF "```\n```python\nprint(f(1))\n```", DEF},
    {BODY, "```python\ndef f(x):\n    pass\n```\nBetter:\n```python\n" DEF "```", DEF},
    {WHOLE, "```python\ndef f(x):\n    pass\n```\n```\n" DEF "```", DEF},
    {WHOLE, "```bash\npip install x\n```\n```python\nx = 1\n```", "x = 1\n"},
    {WHOLE, "```text\na\n```\n```\nb\n```", "b\n"},
    {WHOLE, "```python\na = 1\n```\n```python\nb = 1\n```", "a = 1\n"},
    {WHOLE, "```\na = 1\n```\n```python\nb = 1\n```", "b = 1\n"},
    {BODY, "```python\n    return x\n```\n```python\nf(1)\n```", "    return x\n"},
    {BODY, "```python\nf(1)\n```\n```python\n    return x\n```", "    return x\n"},
    {BODY, DEF "\n```\n>>> f(1)\n1\n```\n", DEF "\n"},
    {BODY, "So:\n" DEF "Use it so:\n```python\nf(1)\n```", DEF},
    {WHOLE, "```python\nf = lambda x: x\n```\n```python\ny = f(1)\n```", "f = lambda x: x\n"},
    {WHOLE, "```python\nasync def f(x):\n    return x\n```\n```python\ny = 1\n```",
     "async def f(x):\n    return x\n"},
    // A name that is only used, or only said, defines nothing.
    {WHOLE, "```python\n" DEF "```\n```python\nff = 1\nx = f(2)\n```", DEF},
    {WHOLE, "```python\n" DEF "```\n```python\ns = '''\ndef f(x): pass\n'''\n```", DEF},
    {WHOLE, "```python\n" DEF "```\n```python\nclass A:\n    def f(x):\n        pass\n```", DEF},
    // Bodies, as base models go on with the prompt.
    {BODY, "    return x\n", "    return x\n"},
    {BODY, "    return x", "    return x"},
    {BODY, "\n\n    return x\n", "\n\n    return x\n"},
    {BODY, "    y = x\n    return y\n\n\ndef g(x):\n    return 2\n",
     "    y = x\n    return y\n\n\n"},
    {BODY, "    return x\n\n\ndef f(x):\n    return 2\n", "    return x\n\n\n"},
    {BODY, "    return x\nclass A:\n    pass\n", "    return x\n"},
    {BODY, "    return x\n# Test\n    y = 1\n", "    return x\n"},
    {BODY, "    return x\nif __name__ == '__main__':\n    f(1)\n", "    return x\n"},
    {BODY, "    return x\nprint(f(1))\n", "    return x\n"},
    {BODY, "    return x\n\nThis returns x.\n", "    return x\n\n"},
    {BODY, "    return x\n```\nThat is it.", "    return x\n"},
    {BODY, "    return x\n```\n```python\n" OTHER "```", "    return x\n"},
    {BODY, "    s = '''\nat the margin\n'''\n    return s\n",
     "    s = '''\nat the margin\n'''\n    return s\n"},
    {BODY, "    y = [\n1,\n    ]\n    return y\n", "    y = [\n1,\n    ]\n    return y\n"},
    {BODY, "\treturn x\n", "\treturn x\n"},
    // Bodies that lost their indentation.
    {BODY, "return x\n", "return x\n"},
    {BODY, "return x\n\n\ndef g(x):\n    return 2\n", "return x\n\n\n"},
    {BODY, "y = x\n    return y\n", "y = x\n    return y\n"},
    {BODY, "for y in x:\n    if y:\n        return y\nreturn 0\n",
     "for y in x:\n    if y:\n        return y\nreturn 0\n"},
    {BODY, "for y in x:\n        if y:\n            return y\n    return 0\nprint(f(1))\n",
     "for y in x:\n        if y:\n            return y\n    return 0\n"},
    // Programs without fences.
    {BODY, DEF, DEF},
    {WHOLE, DEF, DEF},
    {BODY, "import math\n\n\n" DEF, "import math\n\n\n" DEF},
    {BODY, "from typing import List\n" DEF, "from typing import List\n" DEF},
    {BODY, "Here is the function:\n\n" DEF "\nThis function returns x.\n", DEF "\n"},
    {WHOLE, "Sure! From the tests (see above:\n" DEF "Note: it is fast.\n", DEF},
    {WHOLE, "@cache\n" DEF "\n\nassert f(1) == 1\n", "@cache\n" DEF "\n\nassert f(1) == 1\n"},
    {WHOLE, "N = 3\n\n" DEF "for i in range(3):\n    f(i)\nFor example, f(1) is 1.\n",
     "N = 3\n\n" DEF "for i in range(3):\n    f(i)\n"},
    {WHOLE, "class f:\n    def __init__(self):\n        pass\n",
     "class f:\n    def __init__(self):\n        pass\n"},
    {WHOLE, OTHER "That is not it.", OTHER},
    {WHOLE, "I do not know.", "I do not know."},
    {BODY, "def f(x):\n    '''It's\nat the margin\n'''\n    return x\nDone.\n",
     "def f(x):\n    '''It's\nat the margin\n'''\n    return x\n"},
    // Marks of the MBPP prompt.
    {WHOLE, DEF "[DONE]", DEF},
    {WHOLE, DEF "[DONE]\n\nYou are an expert Python programmer\n[BEGIN]\n" OTHER "[DONE]", DEF},
    {WHOLE, "[BEGIN]\n" DEF "[DONE]\n", DEF},
    {WHOLE, "[BEGIN]\n" DEF, DEF},
    {WHOLE, "Corrected:\n[BEGIN]\n" DEF "[DONE]", DEF},
    {WHOLE, "[BEGIN]\n```python\n" DEF "```\n[DONE]", DEF},
    {WHOLE, DEF "\nYou are an expert Python programmer, and here is your task: ", DEF "\n"},
    {BODY, "[BEGIN]\n" DEF "[DONE]", DEF},
    {WHOLE, "[DONE]", NULL},
    // Special tokens and thoughts.
    {WHOLE, DEF "<|im_end|>\n<|im_start|>user\nThanks", DEF},
    {BODY, "    return x<|endoftext|>def g(x):", "    return x"},
    {BODY, "<|assistant|>\n```python\n" DEF "```", DEF},
    {WHOLE, DEF "</s>", DEF},
    {WHOLE,
     DEF "<\xEF\xBD\x9C"
         "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
     DEF},
    {WHOLE, "def f(x):\n    return x <y> 1\n", "def f(x):\n    return x <y> 1\n"},
    {WHOLE, "def f(x):\n    return '<||>'\n", "def f(x):\n    return '<||>'\n"},
    {BODY, "<think>\n```python\n" OTHER "```\n</think>\n```python\n" DEF "```", DEF},
    // Nothing.
    {BODY, "", NULL},
    {WHOLE, "", NULL},
    {WHOLE, " \n\t\n", NULL},
    {BODY, "<|im_end|>", NULL},
};
enum { N_CASES = sizeof cases / sizeof cases[0] };

static EmendStatus extract(int asked, EmendStr response, Text *out) {
    static const EmendStr names[] = {{"f", 1}};
    ExtractRules rules = {names, 1, asked == BODY};
    return extract_code(response, &rules, out, NULL);
}

START_TEST(response_gives_its_code) {
    Text text = {.host = &coding_host};
    ck_assert_int_eq(extract(cases[_i].asked, emend_str(cases[_i].response), &text), EMEND_OK);
    ck_assert_msg((text.len > 0) == (cases[_i].code != NULL), "of '%s'", cases[_i].response);
    const char *code = coding_take(&text);
    ck_assert_msg(strcmp(code, cases[_i].code ? cases[_i].code : "") == 0, "of '%s': '%s'",
                  cases[_i].response, code);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

START_TEST(any_beginning_of_a_response_is_read) {
    // In a block of its own size, so that a step over the end is seen.
    size_t n = strlen(cases[_i].response);
    for (size_t len = 0; len <= n; len++) {
        char *copy = malloc(len > 0 ? len : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, cases[_i].response, len);
        Text text = {.host = &coding_host};
        ck_assert_int_eq(extract(cases[_i].asked, (EmendStr){copy, len}, &text), EMEND_OK);
        text_finish(&text);
        free(copy);
    }
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

START_TEST(lack_of_memory_is_told) {
    for (long n = 1; n < 4; n++) {
        Text text = {.host = &coding_host};
        coding_fail_at(n);
        EmendStatus status = extract(WHOLE, emend_str(" ```\n " DEF " ```"), &text);
        coding_fail_at(0);
        ck_assert(status == EMEND_EXHAUSTED || n > 1);
        text_finish(&text);
        ck_assert_int_eq(coding_n_live(), 0);
    }
}
END_TEST

static const struct {
    const char *completion;
    bool is_needed;
} completions[] = {{"    return x\n", false},
                   {"    return x\n```\nprose", false}, // as the harness would run it
                   {DEF, false},
                   {"", false},
                   {"```python\n" DEF "```", true},
                   {"It is:\n```\n" DEF "```", true},
                   {DEF "[DONE]", true},
                   {"    '''\n    ```\n    '''\n    return x\n", false}};

START_TEST(completions_that_are_code_are_let_be) {
    ck_assert(extract_is_needed(emend_str(completions[_i].completion)) ==
              completions[_i].is_needed);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("coding extract");
    TCase *tcase = tcase_create("extract");
    tcase_add_loop_test(tcase, response_gives_its_code, 0, N_CASES);
    tcase_add_loop_test(tcase, any_beginning_of_a_response_is_read, 0, N_CASES);
    tcase_add_test(tcase, lack_of_memory_is_told);
    tcase_add_loop_test(tcase, completions_that_are_code_are_let_be, 0,
                        sizeof completions / sizeof completions[0]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
