/* SPDX-License-Identifier: Apache-2.0 */
/* The completion script, used by a bash as at its prompt. */
#include "child.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Child bash(const char *script) {
    const char *const words[] = {"--norc", "-c", script, NULL};
    return child_run(&(ChildArgs){.program = "bash", .words = words});
}

// Completes the last of the words; what comes is in `out`, joined by spaces and ended by one.
static Child complete(const char *words) {
    char script[1024];
    snprintf(script, sizeof script,
             "compopt() { :; }\n" // outside a prompt there is nothing to set
             "eval \"$(" EMEND_PROGRAM " completion bash)\"\n"
             "COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
             "_emend; printf '%%s ' \"${COMPREPLY[@]}\"",
             words);
    Child child = bash(script);
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    return child;
}

START_TEST(the_script_is_bash_and_says_what_it_completes) {
    Child script = bash("bash -n <(" EMEND_PROGRAM " completion bash)");
    child_expect(&script, 0);
    ck_assert_str_eq(script.err, "");
    child_finish(&script);
    script = bash("eval \"$(" EMEND_PROGRAM " completion bash)\"; complete -p emend");
    child_expect(&script, 0);
    child_says(script.out, "-F _emend emend");
    child_finish(&script);
}
END_TEST

static const char *const shells[] = {"bash", "zsh", "fish"};

START_TEST(a_shell_that_is_here_reads_its_script) {
    char script[512];
    snprintf(script, sizeof script,
             "command -v %s >/dev/null || exit 0; " EMEND_PROGRAM " completion %s | %s -n",
             shells[_i], shells[_i], shells[_i]);
    Child child = bash(script);
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
}
END_TEST

typedef struct Case {
    const char *words, *reply;
} Case;

static const Case cases[] = {
    {"emend ''",
     "run compare eval report grade plugins manifest new check doctor completion manual --help "
     "--version "},
    {"emend r", "run report "},
    {"emend pl", "plugins "},
    {"emend plugins ''", "list show why retry stat "},
    {"emend manifest c", "check "},
    {"emend run --re", "--resume "},
    {"emend run x.textproto --se", "--set "},
    {"emend manifest print --de", "--defaults "},
    {"emend plugins show --", "--help --plugin-path --safe "},
    {"emend grade --su", "--summary "},
    {"emend run --uns", "--unsafe-no-sandbox "},
    {"emend eval --un", "--unsafe-no-sandbox "},
    {"emend grade --un", "--unsafe-no-sandbox "},
    {"emend manifest check --un", " "},
    {"emend new to", "tokenizer "},
    {"emend completion ''", "bash zsh fish "},
    {EMEND_PROGRAM " grade arith", "arithmetic "},
    {EMEND_PROGRAM " grade chars", " "},
    {EMEND_PROGRAM " grade math " EMEND_SOURCE_DIR "/tests/fixtures/recipes/ti",
     EMEND_SOURCE_DIR "/tests/fixtures/recipes/tiny.textproto "},
    {"emend run " EMEND_SOURCE_DIR "/tests/fixtures/recipes/ti",
     EMEND_SOURCE_DIR "/tests/fixtures/recipes/tiny.textproto "},
};

START_TEST(words_are_completed) {
    Child child = complete(cases[_i].words);
    ck_assert_msg(strcmp(child.out, cases[_i].reply) == 0, "%s: \"%s\"; it must be \"%s\"",
                  cases[_i].words, child.out, cases[_i].reply);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("completion");
    TCase *tcase = tcase_create("completion");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, the_script_is_bash_and_says_what_it_completes);
    tcase_add_loop_test(tcase, a_shell_that_is_here_reads_its_script, 0, 3);
    tcase_add_loop_test(tcase, words_are_completed, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
