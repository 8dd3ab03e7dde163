/* SPDX-License-Identifier: Apache-2.0 */
/* The day of a plugin's author, in one language: `emend new`, build, test, check, install, run. */
#include "sdk.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"reward",    "tokenizer", "task",
                                    "algorithm", "tracker",   "backend"};
/* The backend is in C alone. */
enum { IS_C = sizeof AUTHOR_LANGUAGE == sizeof "c", N_KINDS = IS_C ? 6 : 5 };

static void write_plugin(const char *kind, const char *dir) {
    sdk_do("emend new %s my_%s --lang " AUTHOR_LANGUAGE " --id org.my-lab.%s --dir %s", kind, kind,
           kind, dir);
}

START_TEST(a_new_plugin_builds_and_passes_with_cmake) {
    const char *kind = kinds[_i];
    char dir[64];
    snprintf(dir, sizeof dir, "%s-cmake", kind);
    write_plugin(kind, dir);
    Child child = sdk_shell("cd %s\n"
                            "cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=Debug\n"
                            "cmake --build build\n"
                            "ctest --test-dir build --output-on-failure\n"
                            "emend plugins list --plugin-path build/plugins\n",
                            dir);
    char line[64];
    child_expect(&child, 0);
    snprintf(line, sizeof line, "test_my_%s .", kind);
    child_says(child.out, line);
    snprintf(line, sizeof line, "my_%s.check .", kind);
    child_says(child.out, line);
    snprintf(line, sizeof line, " org.my-lab.%s ", kind);
    child_says(child.out, line);
    child_finish(&child);
    folder_drop(scratch("%s", dir));
}
END_TEST

START_TEST(a_new_plugin_builds_and_passes_with_make) {
    const char *kind = kinds[_i];
    char dir[64];
    snprintf(dir, sizeof dir, "%s-make", kind);
    write_plugin(kind, dir);
    Child child = sdk_shell("cd %s\n"
                            "make check\n"
                            "make install DESTDIR=$PWD/root PLUGINDIR=/plugins\n"
                            "emend plugins list --plugin-path $PWD/root/plugins\n",
                            dir);
    char line[64];
    child_expect(&child, 0);
    child_says(child.out, "100%: Checks: ");
    snprintf(line, sizeof line, "org.my-lab.%s conforms at level 9 ", kind);
    child_says(child.out, line);
    child_finish(&child);
    folder_drop(scratch("%s", dir));
}
END_TEST

/* In HOME, as the user's own. */
START_TEST(an_installed_plugin_is_found_without_a_word) {
    write_plugin("reward", "installed");
    Child child =
        sdk_shell("unset XDG_DATA_HOME\n"
                  "cmake -G Ninja -B installed/build installed\n"
                  "cmake --build installed/build --target install\n"
                  "test -f $HOME/.local/share/emend/plugins/org.my-lab.reward/my_reward.so\n"
                  "emend plugins show my_reward\n");
    child_expect(&child, 0);
    child_says(child.out, "max_tokens: 256");
    child_finish(&child);
    child = sdk_shell("cmake -B installed/build -DEMEND_PLUGIN_INSTALL_DIR=lib/plugins installed\n"
                      "cmake --install installed/build --prefix $PWD/elsewhere\n"
                      "emend plugins show my_reward --plugin-path elsewhere/lib/plugins\n");
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

/* In C alone, and of a reward alone: nothing of the SDK is in it. */
START_TEST(a_plain_function_is_a_reward) {
    sdk_do("emend new reward last_number --lang plain --dir plain");
    Child child = sdk_shell("cd plain\n"
                            "make check\n"
                            "rm -r build\n"
                            "cmake -G Ninja -B build\n"
                            "cmake --build build\n"
                            "ctest --test-dir build --output-on-failure\n"
                            "emend run %s --set stage[1].reward[0].use=last_number \\\n"
                            "    --plugin-path build/plugins --out run\n",
                            fixture("tiny.textproto"));
    child_expect(&child, 0);
    child_says(child.out, "test_last_number .");
    child_finish(&child);
}
END_TEST

static const char recipe[] =
    "name: \"mine\"\n"
    "backend { use: \"cpu\" }\n"
    "tokenizer { use: \"my_tokenizer\" }\n"
    "task { use: \"my_task\" config { max: 20 } }\n"
    "tracker { use: \"my_tracker\" }\n"
    "policy { fresh { hidden_size: 16 intermediate_size: 32 num_hidden_layers: 1\n"
    "                 num_attention_heads: 2 max_position_embeddings: 192 } }\n"
    "stage { name: \"base\" steps: 5 algorithm { use: \"sft\" }\n"
    "        rollout { prompts_per_step: 16 samples_per_prompt: 1 max_response_tokens: 8 } }\n"
    "stage { name: \"stage1\" steps: 2 algorithm { use: \"my_algorithm\" }\n"
    "        reward { use: \"my_reward\" }\n"
    "        rollout { prompts_per_step: 4 samples_per_prompt: 2 max_response_tokens: 8 } }\n"
    "evaluation { n_problems: 10 max_response_tokens: 8 }\n";

START_TEST(a_recipe_runs_with_one_of_each_kind) {
    // One project may hold several plugins, each as it stands alone.
    static const char project[] = "cmake_minimum_required(VERSION 3.25)\nproject(all)\n"
                                  "foreach(kind reward tokenizer task algorithm tracker)\n"
                                  "    add_subdirectory(${kind})\nendforeach()\n";
    sdk_do("mkdir all");
    for (int i = 0; i < 5; i++) {
        char dir[64];
        snprintf(dir, sizeof dir, "all/%s", kinds[i]);
        write_plugin(kinds[i], dir);
    }
    file_put(scratch("all/CMakeLists.txt"), project, strlen(project));
    file_put(scratch("all/mine.textproto"), recipe, strlen(recipe));
    Child child = sdk_shell("cd all\n"
                            "cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=Debug\n"
                            "cmake --build build\n"
                            "emend run mine.textproto --plugin-path build/plugins --out run\n"
                            "grep -q '\"stage1\",\"reward' run/metrics.csv\n");
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("author");
    TCase *tcase = tcase_create("author");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_loop_test(tcase, a_new_plugin_builds_and_passes_with_cmake, 0, N_KINDS);
    tcase_add_loop_test(tcase, a_new_plugin_builds_and_passes_with_make, 0, N_KINDS);
    tcase_add_test(tcase, an_installed_plugin_is_found_without_a_word);
    tcase_add_test(tcase, a_recipe_runs_with_one_of_each_kind);
    if (IS_C) {
        tcase_add_test(tcase, a_plain_function_is_a_reward);
    }
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
