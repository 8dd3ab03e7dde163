/* SPDX-License-Identifier: Apache-2.0 */
/* `emend new`: what it writes and what it refuses. Whether that builds is tests/sdk's to say. */
#include "child.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {"backend", "tokenizer", "task",
                                    "reward",  "algorithm", "tracker"};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

START_TEST(a_plugin_of_each_kind_is_written) {
    static const char *const files[] = {"mine.c",           "config.proto",      "plugin.textproto",
                                        "golden.textproto", "tests/test_mine.c", "CMakeLists.txt",
                                        "Makefile",         ".gitignore",        "README.md"};
    const char *dir = scratch("%s-c", kinds[_i]);
    Child child = emend("new", kinds[_i], "mine", "--dir", dir);
    child_expect(&child, 0);
    child_says(child.out, "cmake -B build");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        size_t len = 0;
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        ck_assert_msg(file_is(path), "%s is not there", path);
        char *text = file_get(path, &len);
        ck_assert_msg(len > 0, "%s is empty", path);
        ck_assert_msg(!strstr(text, "@NAME@") && !strstr(text, "@ID@") &&
                          !strstr(text, "@PACKAGE@") && !strstr(text, "@VERSION@") &&
                          !strstr(text, "@C_") && !strstr(text, "@KIND@"),
                      "%s has a placeholder left", path);
        free(text);
    }
    child_finish(&child);
}
END_TEST

START_TEST(in_cpp_the_source_is_cpp) {
    const char *dir = scratch("%s-cpp", kinds[_i]);
    Child child = emend("new", kinds[_i], "mine", "--lang", "c++", "--dir", dir);
    if (strcmp(kinds[_i], "backend") == 0) {
        child_expect(&child, 2);
        child_says(child.err, "--lang, of a backend: it is \"c++\"; it must be c");
        ck_assert(!file_is(dir));
    } else {
        child_expect(&child, 0);
        ck_assert(file_is(scratch("%s-cpp/mine.cc", kinds[_i])));
        ck_assert(!file_is(scratch("%s-cpp/mine.c", kinds[_i])));
    }
    child_finish(&child);
}
END_TEST

START_TEST(a_plain_library_includes_nothing_of_ours) {
    const char *dir = scratch("plain");
    size_t len = 0;
    Child child = emend("new", "reward", "mine", "--lang", "plain", "--dir", dir);
    child_expect(&child, 0);
    char *source = file_get(scratch("plain/mine.c"), &len);
    ck_assert(!strstr(source, "emend/"));
    ck_assert(!file_is(scratch("plain/config.proto")));
    ck_assert(file_is(scratch("plain/.gitignore")));
    free(source);
    child_finish(&child);
}
END_TEST

START_TEST(names_are_spelled_as_each_file_needs_them) {
    const char *dir = scratch("spelled");
    size_t len = 0;
    Child child =
        emend("new", "reward", "my_reward2", "--id", "org.my-lab.x1.my_reward2", "--dir", dir);
    child_expect(&child, 0);
    char *manifest = file_get(scratch("spelled/plugin.textproto"), &len);
    char *config = file_get(scratch("spelled/config.proto"), &len);
    char *source = file_get(scratch("spelled/my_reward2.c"), &len);
    child_says(manifest, "\nid: \"org.my-lab.x1.my_reward2\"\n");
    child_says(manifest, "config: \"org.my_lab.x1.my_reward2.Config\"");
    child_says(config, "\npackage org.my_lab.x1.my_reward2;\n");
    child_says(source, "typedef Org__MyLab__X1__MyReward2__Config Config;");
    child_says(source, "&org__my_lab__x1__my_reward2__config__descriptor");
    child_says(source, "EMEND_DECLARE_COMPONENT(\"org.my-lab.x1.my_reward2\", ");
    free(manifest);
    free(config);
    free(source);
    child_finish(&child);
}
END_TEST

typedef struct Mistake {
    const char *kind, *name, *option, *value, *text;
} Mistake;

static const Mistake mistakes[] = {
    {"rewrad", "x", NULL, NULL,
     "kind: it is \"rewrad\"; it must be backend, tokenizer, task, reward, "
     "algorithm or tracker; did you mean \"reward\""},
    {"reward", "My", NULL, NULL, "name: it is \"My\"; it must begin with a small letter and have"},
    {"reward", "1st", NULL, NULL, "name: it is \"1st\"; it must begin with a small letter"},
    {"reward", "my-reward", NULL, NULL, "nothing but small letters, digits and '_'"},
    {"reward", "../x", NULL, NULL, "name: it is \"../x\"; it must begin"},
    {"reward", "", NULL, NULL, "name: it is \"\"; it must begin"},
    {"reward", "abcdefghijklmnopqrstuvwxyz_abcdefghijk", NULL, NULL, "it must have 31 or fewer"},
    {"reward", "x", "--lang", "rust",
     "--lang, of a reward: it is \"rust\"; it must be c, c++ or plain"},
    {"task", "x", "--lang", "plain", "--lang, of a task: it is \"plain\"; it must be c or c++"},
    {"reward", "x", "--id", "mine", "--id: it is \"mine\"; it must be parts of small letters"},
    {"reward", "x", "--id", "org..x", "--id: it is \"org..x\"; each of its parts must begin"},
    {"reward", "x", "--id", "org.1x", "each of its parts must begin with a small letter"},
    {"reward", "x", "--id", "Org.x", "each of its parts must begin with a small letter"},
    {"reward", "x", "--id", "org.x.", "--id: it is \"org.x.\"; it must be parts of small letters"},
    {"reward", "x", "--id", "org.a/b", "--id: it is \"org.a/b\"; it must be parts"},
    {"reward", "x", "--id", "emend.rewards.x", "emend.* are Emend's own"},
    {"reward", "x", "--id",
     "org.example.abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdefg",
     "it must have 63 or fewer"},
    {"reward", "x", "--dir", "", "--dir: its path is empty"},
};

START_TEST(what_cannot_be_a_plugin_is_refused_and_nothing_written) {
    const Mistake *mistake = &mistakes[_i];
    ck_assert_int_eq(chdir(scratch(".")), 0);
    Child child = emend("new", mistake->kind, mistake->name, mistake->option, mistake->value);
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, mistake->text);
    ck_assert_str_eq(child.out, "");
    ck_assert(!file_is(scratch("x")));
    child_finish(&child);
}
END_TEST

START_TEST(a_folder_that_exists_is_left_as_it_is) {
    const char *dir = scratch("full"), *mine = scratch("full/mine.c");
    size_t len = 0;
    ck_assert_int_eq(mkdir(dir, 0777), 0);
    file_put(mine, "mine", 4);
    Child child = emend("new", "reward", "mine", "--dir", dir);
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err,
               "/full: it is there already; a plugin is written into a folder of its own; "
               "give another name, or --dir");
    char *text = file_get(mine, &len);
    ck_assert_str_eq(text, "mine");
    ck_assert(!file_is(scratch("full/README.md")));
    free(text);
    child_finish(&child);
}
END_TEST

START_TEST(where_nothing_can_be_written_nothing_is_left) {
    const char *const words[] = {"new", "task", "mine", "--dir", scratch("cut"), NULL};
    Child child = child_run(&(ChildArgs){.words = words, .max_file_bytes = 2000});
    child_expect(&child, 1);
    child_says(child.err, "it cannot be written: File too large");
    ck_assert(!file_is(scratch("cut")));
    child_finish(&child);
    child = emend("new", "task", "mine", "--dir", scratch("none/mine"));
    child_expect(&child, 1);
    child_says(child.err, "/none/mine: it cannot be made: No such file or directory");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("new");
    TCase *tcase = tcase_create("new");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_loop_test(tcase, a_plugin_of_each_kind_is_written, 0, N_KINDS);
    tcase_add_loop_test(tcase, in_cpp_the_source_is_cpp, 0, N_KINDS);
    tcase_add_test(tcase, a_plain_library_includes_nothing_of_ours);
    tcase_add_test(tcase, names_are_spelled_as_each_file_needs_them);
    tcase_add_loop_test(tcase, what_cannot_be_a_plugin_is_refused_and_nothing_written, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tcase, a_folder_that_exists_is_left_as_it_is);
    tcase_add_test(tcase, where_nothing_can_be_written_nothing_is_left);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
