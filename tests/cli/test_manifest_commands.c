/* SPDX-License-Identifier: Apache-2.0 */
/* `emend manifest check` and `print`: places in messages, and a form that protoc reads too. */
#include "child.h"
#include "manifest/recipe.h"
#include "plugin/catalog.h"
#include <check.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The fixture with one text in place of another; static storage.
static const char *changed(const char *from, const char *to) {
    static char path[PATH_MAX];
    size_t len = 0;
    char *text = file_get(fixture("tiny.textproto"), &len);
    char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "the fixture has no %s", from);
    char *out = NULL;
    ck_assert_int_ge(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), 0);
    snprintf(path, sizeof path, "%s", scratch("changed.textproto"));
    file_put(path, out, strlen(out));
    free(out);
    free(text);
    return path;
}

// The line of a text in the fixture, from 1.
static int line_of(const char *wanted) {
    size_t len = 0;
    char *text = file_get(fixture("tiny.textproto"), &len), *at = strstr(text, wanted);
    int line = 1;
    for (char *c = text; c < at; c++) {
        line += *c == '\n';
    }
    free(text);
    return line;
}

START_TEST(a_recipe_that_is_fine_is_said_to_be) {
    Child child = emend("manifest", "check", fixture("tiny.textproto"));
    child_expect(&child, 0);
    child_says(child.out, "tiny.textproto: fine: 3 stages");
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
}
END_TEST

typedef struct Typo {
    const char *from, *to;
    int column;
    const char *text, *caret;
} Typo;

static const Typo typos[] = {
    {"steps: 20", "stepps: 20", 3, "emend.Stage has no field stepps; did you mean steps?",
     "\n  stepps: 20\n  ^"},
    {"steps: 20", "steps: \"20\"", 10, "steps", "\n  steps: \"20\"\n         ^"},
    {"schedule: COSINE", "schedule: COSINUS", 45, "did you mean COSINE?", "^"},
    {"momentum: 0.5", "momentumm: 0.5", 7, "did you mean momentum?", "^"},
    {"use: \"sft\"", "use: \"stf\"", 20, "did you mean \"sft\"?", "^"},
    {"steps: 20", "steps: 20 steps: 21", 13, "steps", "^"},
};

START_TEST(every_recipe_there_is_is_fine) {
    glob_t found = {0};
    glob(EMEND_SOURCE_DIR "/manifests/*.textproto", 0, NULL, &found);
    glob(EMEND_SOURCE_DIR "/manifests/ablations/*.textproto", GLOB_APPEND, NULL, &found);
    ck_assert_uint_gt(found.gl_pathc, 15);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *words[] = {"manifest", "check", found.gl_pathv[i], NULL};
        Child child = child_run(&(ChildArgs){.words = words});
        child_expect(&child, 0);
        child_finish(&child);
    }
    globfree(&found);
}
END_TEST

START_TEST(a_mistake_has_its_place_and_a_caret) {
    static const char *const commands[] = {"check", "print"};
    const Typo *typo = &typos[_i];
    char place[PATH_MAX + 32];
    const char *path = changed(typo->from, typo->to);
    snprintf(place, sizeof place, "emend: %s:%d:%d: ", path, line_of(typo->from), typo->column);
    for (int i = 0; i < 2; i++) {
        Child child = emend("manifest", commands[i], path);
        child_expect(&child, 2);
        child_has_one_error(&child);
        child_says(child.err, place);
        child_says(child.err, typo->text);
        child_says(child.err, typo->caret);
        ck_assert_str_eq(child.out, "");
        child_finish(&child);
    }
}
END_TEST

/* ---- the printed form ----------------------------------------------------------------------- */

// The wire bytes that the core reads a recipe to.
static void read_recipe(const char *path, char **bytes, size_t *len) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    Catalog *catalog = NULL;
    Recipe *recipe = NULL;
    ck_assert_msg(catalog_open(EMEND_BINARY_DIR "/plugins", &catalog, &err) == EMEND_OK, "%s",
                  message);
    AnyResolver resolver = catalog_resolver(catalog);
    ck_assert_msg(recipe_load(path, NULL, 0, &resolver, &recipe, &err) == EMEND_OK, "%s", message);
    *len = (size_t)recipe->wire.len;
    *bytes = malloc(*len);
    memcpy(*bytes, recipe->wire.ptr, *len);
    recipe_destroy(recipe);
    catalog_close(catalog);
}

// What protoc makes of it, with the descriptor sets that lie with the build.
static void protoc_encode(const char *path, const char *out) {
    char sets[16384] = EMEND_BINARY_DIR "/proto/emend.desc", *command = NULL;
    glob_t found;
    ck_assert_int_eq(glob(EMEND_BINARY_DIR "/plugins/*/config.desc", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t len = strlen(sets);
        snprintf(sets + len, sizeof sets - len, ":%s", found.gl_pathv[i]);
    }
    globfree(&found);
    ck_assert_int_ge(asprintf(&command,
                              "protoc --descriptor_set_in=%s --deterministic_output"
                              " --encode=emend.Recipe emend/recipe.proto < %s > %s",
                              sets, path, out),
                     0);
    const char *const words[] = {"-c", command, NULL};
    Child child = child_run(&(ChildArgs){.program = "sh", .words = words});
    child_expect(&child, 0);
    child_finish(&child);
    free(command);
}

static const char *const recipes[] = {"tests/fixtures/recipes/tiny.textproto",
                                      "manifests/score-arithmetic.textproto",
                                      "manifests/score-math.textproto"};

START_TEST(the_printed_recipe_reads_back_to_the_same_bytes_here_and_in_protoc) {
    char path[PATH_MAX];
    const char *text = scratch("printed-%d.textproto", _i), *encoded = scratch("encoded-%d", _i);
    char *before = NULL, *after = NULL;
    size_t n_before = 0, n_after = 0, n_theirs = 0;
    snprintf(path, sizeof path, EMEND_SOURCE_DIR "/%s", recipes[_i]);
    Child child = emend("manifest", "print", path);
    child_expect(&child, 0);
    file_put(text, child.out, strlen(child.out));
    read_recipe(path, &before, &n_before);
    read_recipe(text, &after, &n_after);
    ck_assert_msg(n_before == n_after && memcmp(before, after, n_before) == 0,
                  "%s: printed, it reads back to other bytes", recipes[_i]);
    protoc_encode(text, encoded);
    char *theirs = file_get(encoded, &n_theirs);
    ck_assert_msg(n_before == n_theirs && memcmp(before, theirs, n_before) == 0,
                  "%s: printed, protoc makes other bytes of it", recipes[_i]);
    Child again = emend("manifest", "print", text);
    ck_assert_str_eq(child.out, again.out);
    free(before);
    free(after);
    free(theirs);
    child_finish(&child);
    child_finish(&again);
}
END_TEST

START_TEST(defaults_are_shown_as_comments_that_change_nothing) {
    Child child = emend("manifest", "print", fixture("tiny.textproto"), "--defaults");
    Child plain = emend("manifest", "print", fixture("tiny.textproto"));
    const char *text = scratch("defaults.textproto");
    child_expect(&child, 0);
    child_says(child.out, "# weight_decay: 0");
    file_put(text, child.out, strlen(child.out));
    Child again = emend("manifest", "print", text);
    child_expect(&again, 0);
    ck_assert_str_eq(again.out, plain.out);
    child_finish(&child);
    child_finish(&plain);
    child_finish(&again);
}
END_TEST

START_TEST(overrides_are_printed_applied) {
    Child child = emend("manifest", "print", fixture("tiny.textproto"), "--set", "seed=99", "--set",
                        "stage[1].algorithm.config.momentum=0.25", "--set",
                        "stage[2].reward[1].config.alpha=5");
    child_expect(&child, 0);
    child_says(child.out, "\nseed: 99\n");
    child_says(child.out, "momentum: 0.25\n");
    child_says(child.out, "alpha: 5\n");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("manifest_commands");
    TCase *tcase = tcase_create("manifest_commands");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, a_recipe_that_is_fine_is_said_to_be);
    tcase_add_test(tcase, every_recipe_there_is_is_fine);
    tcase_add_loop_test(tcase, a_mistake_has_its_place_and_a_caret, 0,
                        sizeof typos / sizeof *typos);
    tcase_add_loop_test(tcase, the_printed_recipe_reads_back_to_the_same_bytes_here_and_in_protoc,
                        0, 3);
    tcase_add_test(tcase, defaults_are_shown_as_comments_that_change_nothing);
    tcase_add_test(tcase, overrides_are_printed_applied);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
