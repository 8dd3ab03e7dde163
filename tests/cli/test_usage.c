/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says of its own use, and the codes it ends with. */
#include "child.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 8

typedef struct Case {
    const char *words[MAX_WORDS];
    const char *text; /* in the message */
} Case;

#define TINY EMEND_SOURCE_DIR "/tests/fixtures/recipes/tiny.textproto"

static const Case mistakes[] = {
    {{"frobnicate"}, "\"frobnicate\" is not a command; `emend --help` lists them"},
    {{"runn"}, "\"runn\" is not a command; did you mean \"run\""},
    {{"docter"}, "did you mean \"doctor\""},
    {{"plugins"}, "plugins: which of these?\n  emend plugins list "},
    {{"manifest"}, "manifest: which of these?\n  emend manifest check "},
    {{"manifest", "chekc"}, "manifest: which of these?"},
    {{"run"}, "run: an argument is missing; usage: emend run RECIPE"},
    {{"run", TINY, "more"}, "run: \"more\" is one argument too many; usage: emend run RECIPE"},
    {{"run", TINY, "--jsn"}, "run: it takes no option \"--jsn\"; did you mean \"--json\""},
    {{"run", TINY, "--xyzzy"}, "run: it takes no option \"--xyzzy\"; `emend run --help` lists"},
    {{"run", TINY, "--json=yes"}, "run: option --json takes no value"},
    {{"run", TINY, "--unsafe-no-sandbox=no"}, "run: option --unsafe-no-sandbox takes no value"},
    {{"run", TINY, "--unsafe"}, "run: it takes no option \"--unsafe\""},
    {{"run", TINY, "--out"}, "run: option --out needs a value: --out DIR"},
    {{"eval", TINY, "--resume"}, "eval: it takes no option \"--resume\""},
    {{"grade"}, "grade: an argument is missing; usage: emend grade TASK [FILE]"},
    {{"grade", "math", "a", "b"}, "grade: \"b\" is one argument too many"},
    {{"completion", "tcsh"}, "\"tcsh\" is not a shell it knows; it must be bash, zsh or fish"},
    {{"plugins", "show", "nobody"},
     "no plugin or component is named \"nobody\"; `emend plugins list`"},
    {{"run", "none.textproto"}, "none.textproto: there is no such file"},
    {{"eval", "none.textproto"}, "none.textproto: there is no such file"},
    {{"manifest", "check", "none.textproto"}, "none.textproto: there is no such file"},
    {{"manifest", "print", "/"}, "/: "},
    {{"run", TINY, "--set", "seeed=3"},
     "--set seeed=3: emend.Recipe has no field seeed; did you mean seed?"},
    {{"run", TINY, "--set", "seed=x"}, "--set seed=x: seed takes a whole number"},
    {{"run", TINY, "--set", "seed"}, "--set seed"},
    {{"run", TINY, "--set", "stage[9].steps=1"}, "stage[9] is out of range; there are 3"},
    {{"run", TINY, "--set", "stage[0].steps=0"}, "steps is 0; it must be 1 or more"},
    {{"run", TINY, "--set", "stage[0].rollout.top_p=0.5"}, "top_p is 0.5; it must be 1: "},
    {{"run", TINY, "--set", "tokenizer.use=char"},
     "tokenizer \"char\": no plugin has it; did you mean \"chars\"? the tokenizers there are: "
     "chars"},
    {{"run", TINY, "--set", "stage[1].algorithm.use=renforce"}, "did you mean \"reinforce\"?"},
    {{"eval", TINY, "--set", "task.use=sums"},
     "task \"sums\": no plugin has it; the tasks there are: "},
    {{"run", TINY, "--set", "tokenizer.config.alphabt=\"a\""}, "did you mean alphabet?"},
};

START_TEST(a_mistake_in_use_is_one_message_and_code_2) {
    const Case *mistake = &mistakes[_i];
    Child child = child_run(&(ChildArgs){.words = mistake->words});
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, mistake->text);
    ck_assert_str_eq(child.out, "");
    child_finish(&child);
}
END_TEST

START_TEST(nothing_to_do_shows_the_help_with_code_2) {
    Child child = emend(NULL), help = emend("--help");
    child_expect(&child, 2);
    child_expect(&help, 0);
    ck_assert_str_eq(child.out, help.out);
    child_says(help.out, "Exit status: 0 done, 1 failed, 2 usage or manifest error, 3 interrupted");
    child_finish(&child);
    child_finish(&help);
}
END_TEST

static const Case helps[] = {
    {{"run"}, "--resume"},
    {{"compare"}, "--seeds"},
    {{"eval"}, "--model DIR"},
    {{"report"}, "--out FILE"},
    {{"grade"}, "\"verdict\":\"equal\""},
    {{"plugins", "list"}, "--json"},
    {{"plugins", "show"}, "--plugin-path DIRS"},
    {{"plugins", "why"}, "L01 to L12"},
    {{"plugins", "retry"}, "quarantined"},
    {{"plugins", "stat"}, "memory_budget"},
    {{"manifest", "check"}, "--set FIELD=VALUE"},
    {{"manifest", "print"}, "--defaults"},
    {{"check"}, "--in-process"},
    {{"doctor"}, "--json"},
    {{"new"}, "--id ID"},
    {{"completion"}, "bash"},
    {{"manual"}, "man -l"},
};

START_TEST(every_command_tells_of_itself_and_is_in_the_help) {
    const Case *help = &helps[_i];
    const char *words[MAX_WORDS + 1] = {0};
    char name[64] = "", usage[96];
    size_t n = 0;
    for (; help->words[n]; n++) {
        words[n] = help->words[n];
        snprintf(name + strlen(name), sizeof name - strlen(name), "%s%s", n ? " " : "", words[n]);
    }
    words[n] = _i % 2 ? "--help" : "-h";
    Child child = child_run(&(ChildArgs){.words = words}), all = emend("--help");
    child_expect(&child, 0);
    snprintf(usage, sizeof usage, "Usage: emend %s", name);
    child_says(child.out, usage);
    child_says(child.out, help->text);
    ck_assert_str_eq(child.err, "");
    snprintf(usage, sizeof usage, "\n  %s ", name);
    child_says(all.out, usage);
    child_finish(&child);
    child_finish(&all);
}
END_TEST

START_TEST(the_help_lists_no_command_that_is_not_tested_here) {
    Child all = emend("--help");
    size_t n = 0;
    const char *end = strstr(all.out, "\n\n`emend COMMAND");
    for (const char *at = strstr(all.out, "Commands:\n"); at && at < end; n++) {
        at = strchr(at + 1, '\n');
    }
    ck_assert_uint_eq(n - 1, sizeof helps / sizeof *helps);
    child_finish(&all);
}
END_TEST

START_TEST(the_manual_has_the_help_of_every_command) {
    Child manual = emend("manual"), help = emend("doctor", "--help");
    child_expect(&manual, 0);
    child_says(manual.out, ".TH EMEND 1 ");
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        char heading[64] = "\n.SS ";
        for (size_t n = 0; helps[i].words[n]; n++) {
            snprintf(heading + strlen(heading), sizeof heading - strlen(heading), "%s%s",
                     n ? " " : "", helps[i].words[n]);
        }
        child_says(manual.out, heading);
    }
    child_says(help.out, "loads the cpu backend.");
    child_says(manual.out, "loads the cpu backend.");
    child_says(manual.out, "\\fBEMEND_PLUGIN_PATH\\fR");
    child_finish(&manual);
    child_finish(&help);
}
END_TEST

START_TEST(the_version_names_the_abi) {
    Child child = emend("--version");
    child_expect(&child, 0);
    unsigned major = 0, minor = 0, patch = 0, abi[2] = {0};
    int end = 0;
    int n = sscanf(child.out, "emend %u.%u.%u (ABI %u.%u)\n%n", &major, &minor, &patch, &abi[0],
                   &abi[1], &end);
    ck_assert_msg(n == 5 && child.out[end] == '\0' && abi[0] >= 1, "%s", child.out);
    child_finish(&child);
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure) {
    const char *const words[] = {"-c", EMEND_PROGRAM " --help > /dev/full", NULL};
    Child child = child_run(&(ChildArgs){.program = "sh", .words = words});
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, "standard output could not be written");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("usage");
    TCase *tcase = tcase_create("usage");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_loop_test(tcase, a_mistake_in_use_is_one_message_and_code_2, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tcase, nothing_to_do_shows_the_help_with_code_2);
    tcase_add_loop_test(tcase, every_command_tells_of_itself_and_is_in_the_help, 0,
                        sizeof helps / sizeof *helps);
    tcase_add_test(tcase, the_help_lists_no_command_that_is_not_tested_here);
    tcase_add_test(tcase, the_manual_has_the_help_of_every_command);
    tcase_add_test(tcase, the_version_names_the_abi);
    tcase_add_test(tcase, output_that_cannot_be_written_is_a_failure);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
