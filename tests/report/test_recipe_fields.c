/* SPDX-License-Identifier: Apache-2.0 */
#include "report/recipe_fields.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static RecipeFields read_fields(const char *text) {
    RecipeFields fields = {0};
    ck_assert_int_eq(recipe_fields_read(text, &fields, NULL), EMEND_OK);
    return fields;
}

START_TEST(paths_are_those_of_set) {
    RecipeFields fields = read_fields("name: \"a: {b}\"\n"
                                      "stage {\n"
                                      "  algorithm {\n"
                                      "    config {\n"
                                      "      [type.example/emend.Config] {\n"
                                      "        kl {\n"
                                      "          weight: 0.1\n"
                                      "        }\n"
                                      "        kl {\n"
                                      "          turn: 1\n"
                                      "          weight: 0.3\n"
                                      "        }\n"
                                      "        piece: \"x\"\n"
                                      "        piece: \"y\"\n"
                                      "      }\n"
                                      "    }\n"
                                      "  }\n"
                                      "}\n"
                                      "stage {\n"
                                      "  steps: 5\n"
                                      "}\n");
    static const char *const expected[][2] = {
        {"name[0]", "\"a: {b}\""},
        {"stage[0].algorithm[0].config[0].kl[0].weight[0]", "0.1"},
        {"stage[0].algorithm[0].config[0].kl[1].turn[0]", "1"},
        {"stage[0].algorithm[0].config[0].kl[1].weight[0]", "0.3"},
        {"stage[0].algorithm[0].config[0].piece[0]", "\"x\""},
        {"stage[0].algorithm[0].config[0].piece[1]", "\"y\""},
        {"stage[1].steps[0]", "5"}};
    size_t n = sizeof expected / sizeof *expected;
    ck_assert_uint_eq(fields.n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(fields.items[i].path, expected[i][0]);
        ck_assert_str_eq(fields.items[i].value, expected[i][1]);
    }
    ck_assert_str_eq(recipe_fields_value(&fields, "stage[1].steps[0]"), "5");
    ck_assert_ptr_null(recipe_fields_value(&fields, "stage[2].steps[0]"));
    recipe_fields_finish(&fields);
}
END_TEST

// Damaged texts: read as far as they make sense, without harm.
static const char *const damaged[] = {
    "",
    "\n\n",
    "}",
    "} }\na: 1",
    "a",
    "a:",
    "a: ",
    ":",
    ": 1",
    "{",
    "[",
    "[x] {\na: 1\n}",
    "a {",
    "a { b: 1",
    "\xff\xfe: \xff",
    "a: 1\r\n",
    "# only a comment",
};

START_TEST(damaged_texts_do_no_harm) {
    RecipeFields fields = read_fields(damaged[_i]);
    recipe_fields_finish(&fields);
}
END_TEST

START_TEST(too_deep_and_too_long_is_cut) {
    enum { N = 5000 };
    char *text = calloc(N, 16), *at = text;
    for (int i = 0; i < N; i++) {
        at += sprintf(at, "message {\n");
    }
    sprintf(at, "a: 1\n");
    RecipeFields fields = read_fields(text);
    ck_assert_uint_eq(fields.n, 0);
    recipe_fields_finish(&fields);
    memset(text, 'n', 2000);
    sprintf(text + 2000, ": 1\nb: 2\n");
    fields = read_fields(text);
    ck_assert_uint_eq(fields.n, 1);
    ck_assert_str_eq(fields.items[0].path, "b[0]");
    recipe_fields_finish(&fields);
    free(text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recipe_fields");
    TCase *all = tcase_create("recipe_fields");
    tcase_add_test(all, paths_are_those_of_set);
    tcase_add_loop_test(all, damaged_texts_do_no_harm, 0, (int)(sizeof damaged / sizeof *damaged));
    tcase_add_test(all, too_deep_and_too_long_is_cut);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
