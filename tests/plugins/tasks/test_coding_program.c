/* SPDX-License-Identifier: Apache-2.0 */
/* Whole programs out of pieces of code, and the names that tests take from them. */
#include "coding_host.h"
#include "problem.h"
#include "python.h"

#include <check.h>
#include <string.h>

#define PREFIX "import math\n\n\ndef helper(x):\n    return x\n\n\n"
#define HEAD "def f(x: int) -> int:\n    \"\"\" Doubles x.\n    def f(y):\n    \"\"\"\n"

static Problem humaneval(void) {
    static EmendStr names[] = {{"f", 1}};
    return (Problem){.sort = PROBLEM_HUMANEVAL,
                     .text = emend_str(PREFIX HEAD),
                     .entry_point = names[0],
                     .names = names,
                     .n_names = 1};
}

static const struct {
    const char *code, *program;
} programs[] = {
    // A body goes behind the prompt.
    {"    return 2 * x\n", PREFIX HEAD "    return 2 * x\n"},
    {"    return 2 * x", PREFIX HEAD "    return 2 * x\n"},
    {"\n    y = 2\n\n    return y * x\n", PREFIX HEAD "\n    y = 2\n\n    return y * x\n"},
    // With the indentation that the prompt has.
    {"return 2 * x\n", PREFIX HEAD "    return 2 * x\n"},
    {"y = 2\n    return y * x\n", PREFIX HEAD "    y = 2\n    return y * x\n"},
    {"y = 2\nreturn y * x\n", PREFIX HEAD "    y = 2\n    return y * x\n"},
    {"  y = 2\n  return y * x\n", PREFIX HEAD "    y = 2\n    return y * x\n"},
    {"   y = 2\n    return y * x\n", PREFIX HEAD "    y = 2\n    return y * x\n"},
    {"\tif x:\n\t\treturn 2\n\treturn 3\n",
     PREFIX HEAD "    if x:\n    \treturn 2\n    return 3\n"},
    {"if x:\n    return 2\nreturn 3\n", PREFIX HEAD "    if x:\n        return 2\n    return 3\n"},
    {"if x:\n        return 2\n    return 3\n",
     PREFIX HEAD "    if x:\n        return 2\n    return 3\n"},
    {"if x:\n        return 2\n", PREFIX HEAD "    if x:\n        return 2\n"},
    {"if x:\n    return 2\n", PREFIX HEAD "    if x:\n        return 2\n"},
    {"    s = '''\nmargin\n  '''\n    return s\n",
     PREFIX HEAD "    s = '''\nmargin\n  '''\n    return s\n"},
    {"y = [\n    1,\n]\nreturn y\n", PREFIX HEAD "    y = [\n    1,\n]\n    return y\n"},
    {"# twice\nreturn 2 * x\n", PREFIX HEAD "    # twice\n    return 2 * x\n"},
    // A function goes behind what stands before the prompt's own.
    {"def f(x):\n    return helper(2 * x)\n", PREFIX "def f(x):\n    return helper(2 * x)\n"},
    {"import re\n\ndef f(x):\n    return 2 * x\n",
     PREFIX "import re\n\ndef f(x):\n    return 2 * x\n"},
    {"f = lambda x: 2 * x\n", PREFIX "f = lambda x: 2 * x\n"},
    {"class f:\n    pass\n", PREFIX "class f:\n    pass\n"},
    // What must come first does.
    {"import re\nfrom __future__ import annotations\ndef f(x):\n    return 2 * x\n",
     "from __future__ import annotations\n" PREFIX "import re\ndef f(x):\n    return 2 * x\n"},
};

START_TEST(program_has_the_prompt_and_the_code) {
    Problem problem = humaneval();
    Text text = {.host = &coding_host};
    ck_assert_int_eq(problem_program(&problem, emend_str(programs[_i].code), &text, NULL),
                     EMEND_OK);
    ck_assert_str_eq(coding_take(&text), programs[_i].program);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

START_TEST(completion_is_taken_to_the_byte) {
    static const char *const completions[] = {"", "  return\t2 ", "def f(x):\r\n  return 2\r\n"};
    Problem problem = humaneval();
    for (size_t i = 0; i < 3; i++) {
        char expected[512];
        Text text = {.host = &coding_host};
        snprintf(expected, sizeof expected, "%s%s", PREFIX HEAD, completions[i]);
        ck_assert_int_eq(problem_completed(&problem, emend_str(completions[i]), &text, NULL),
                         EMEND_OK);
        ck_assert_str_eq(coding_take(&text), expected);
    }
}
END_TEST

START_TEST(program_of_mbpp_has_the_imports_of_its_tests) {
    Problem problem = {.sort = PROBLEM_MBPP, .imports = emend_str("import math\n")};
    Text text = {.host = &coding_host};
    ck_assert_int_eq(
        problem_program(&problem,
                        emend_str("from __future__ import annotations\ndef f():\n  return 1"),
                        &text, NULL),
        EMEND_OK);
    ck_assert_str_eq(coding_take(&text), "from __future__ import annotations\nimport math\n"
                                         "def f():\n  return 1\n");
}
END_TEST

/* ---- names ---------------------------------------------------------------------------------- */

START_TEST(code_is_scanned_for_names) {
    EmendStr rest =
        emend_str("assert set(f.g(x1, 'n(', \"\"\"m(\n\"\"\")) == 1e5 + a .b (0x1F) # c(\n"
                  "rb'q(' rr (y)");
    static const struct {
        const char *name;
        bool is_attribute, is_called, is_owner;
    } expected[] = {
        {"assert", false, false, false}, {"set", false, true, false}, {"f", false, false, true},
        {"g", true, true, false},        {"x1", false, false, false}, {"a", false, false, true},
        {"b", true, true, false},        {"rr", false, true, false},  {"y", false, false, false}};
    PyName name;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert(py_name(&rest, &name));
        ck_assert_msg(str_is(name.text, expected[i].name), "'%.*s' for '%s'", (int)name.text.len,
                      name.text.ptr, expected[i].name);
        ck_assert(name.is_attribute == expected[i].is_attribute);
        ck_assert(name.is_called == expected[i].is_called);
        ck_assert(name.is_owner == expected[i].is_owner);
    }
    ck_assert(!py_name(&rest, &name));
}
END_TEST

static const struct {
    const char *code;
    bool is_defined;
} definitions[] = {{"def f(x): pass", true},
                   {"async def f (x): pass", true},
                   {"class f: pass", true},
                   {"class f(g): pass", true},
                   {"f = 1", true},
                   {"f=1", true},
                   {"f: int = 1", true},
                   {"f == 1", false},
                   {"f(1)", false},
                   {"def ff(x): pass", false},
                   {"deff(x)", false},
                   {"    def f(x): pass", false},
                   {"x = '''\ndef f(): pass\n'''", false},
                   {"x = '''\n'''\ndef f(): pass\n", true},
                   {"x = (\nf = 1\n)", false},
                   {"x = 'it\\'s'\ndef f(): pass", true},
                   {"x = 1 + \\\nf = 1", false},
                   {"# it's (\ndef f(): pass", true},
                   {"x = '('\ndef f(): pass", true},
                   {"x = 'open\ndef f(): pass", true},
                   {"def f of x", false}};

START_TEST(definitions_are_at_the_top_level) {
    ck_assert_msg(py_defines(emend_str(definitions[_i].code), emend_str("f")) ==
                      definitions[_i].is_defined,
                  "%s", definitions[_i].code);
}
END_TEST

START_TEST(tests_take_what_they_name_and_the_program_defines) {
    EmendStr names[8], wanted[] = {emend_str("g")};
    EmendStr tests[] = {emend_str("assert g(A, len(B), math.pi) == K"), emend_str("assert g(h)")};
    Problem problem = {.sort = PROBLEM_MBPP,
                       .setup = emend_str("n = Node(1)\n"),
                       .tests = tests,
                       .n_tests = 1,
                       .n_challenge = 1,
                       .names = wanted,
                       .n_names = 1};
    EmendStr program = emend_str("K = 1\nmath = 2\ndef len(x): pass\nclass Node: pass\nh = 3\n");
    uint64_t n = problem_names(&problem, program, names, 8);
    static const char *const expected[] = {"g", "Node", "K", "h"}; // not len, not math
    ck_assert_uint_eq(n, 4);
    for (uint64_t i = 0; i < n; i++) {
        ck_assert(str_is(names[i], expected[i]));
    }
    ck_assert_uint_eq(problem_names(&problem, program, names, 2), 2);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("coding program");
    TCase *tcase = tcase_create("program");
    tcase_add_loop_test(tcase, program_has_the_prompt_and_the_code, 0,
                        sizeof programs / sizeof programs[0]);
    tcase_add_test(tcase, completion_is_taken_to_the_byte);
    tcase_add_test(tcase, program_of_mbpp_has_the_imports_of_its_tests);
    tcase_add_test(tcase, code_is_scanned_for_names);
    tcase_add_loop_test(tcase, definitions_are_at_the_top_level, 0,
                        sizeof definitions / sizeof definitions[0]);
    tcase_add_test(tcase, tests_take_what_they_name_and_the_program_defines);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
