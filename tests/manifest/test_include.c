/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes that are variants of others. */
#include "manifest/recipe.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], message[2048];
static EmendError err;
static Recipe *recipe;

static const char base[] = "name: \"base\"\n"
                           "seed: 3\n"
                           "backend { use: \"cpu\" }\n"
                           "tokenizer { use: \"chars\" }\n"
                           "task { use: \"arithmetic\" }\n"
                           "policy { fresh { hidden_size: 64 num_hidden_layers: 3 } }\n"
                           "stage { name: \"one\" steps: 10 algorithm { use: \"sft\" } }\n"
                           "stage {\n"
                           "  name: \"two\" steps: 5 algorithm { use: \"reinforce\" }\n"
                           "  reward { use: \"correctness\" }\n"
                           "}\n";

static const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(in_folder(name), "w");
    ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void setup(void) {
    strcpy(folder, "/tmp/emend-include-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(mkdir(in_folder("sub"), 0755), 0);
    err = emend_error_on(message, sizeof message);
    put("base.textproto", base);
    recipe = NULL;
}

static void teardown(void) {
    char command[128];
    recipe_destroy(recipe);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static EmendStatus load(const char *name, const char *assignment) {
    const char *path = in_folder(name);
    return recipe_load(path, &assignment, assignment ? 1 : 0, NULL, &recipe, &err);
}

static void load_well(const char *name, const char *assignment) {
    ck_assert_msg(load(name, assignment) == EMEND_OK, "%s", message);
}

START_TEST(a_variant_shows_only_its_difference) {
    put("v.textproto", "include: \"base.textproto\"\n"
                       "name: \"variant\"\n"
                       "policy { fresh { hidden_size: 32 } }\n"
                       "set: \"stage[1].algorithm.use=grpo\"\n"
                       "set: \"stage[1].reward[1]={use: 'progress'}\"\n");
    load_well("v.textproto", NULL);
    const Emend__Recipe *r = recipe->message;
    ck_assert_str_eq(r->name, "variant");
    ck_assert_uint_eq(r->seed, 3);
    ck_assert_uint_eq(r->policy->fresh->hidden_size, 32);
    ck_assert_uint_eq(r->policy->fresh->num_hidden_layers, 4); // replaced as a whole: the default
    ck_assert_uint_eq(r->n_stage, 2);
    ck_assert_str_eq(r->stage[1]->algorithm->use, "grpo");
    ck_assert_uint_eq(r->stage[1]->n_reward, 2);
    ck_assert_str_eq(r->stage[1]->reward[1]->use, "progress");
}
END_TEST

START_TEST(the_resolved_recipe_stands_alone) {
    char *text = NULL;
    put("v.textproto", "include: \"base.textproto\" set: \"seed=9\"");
    load_well("v.textproto", NULL);
    ck_assert_int_eq(recipe_print(recipe, NULL, 0, &text, &err), EMEND_OK);
    ck_assert_ptr_nonnull(strstr(text, "seed: 9"));
    ck_assert_ptr_null(strstr(text, "include"));
    ck_assert_ptr_null(strstr(text, "set:"));
    free(text);
}
END_TEST

START_TEST(a_variant_of_a_variant_lies_on_top_and_the_command_line_above_all) {
    put("v.textproto", "include: \"base.textproto\" set: [\"seed=4\", \"stage[0].steps=11\"]");
    put("sub/w.textproto", "include: \"../v.textproto\" set: \"stage[0].steps=12\" name: \"w\"");
    load_well("sub/w.textproto", "stage[1].steps=6");
    ck_assert_str_eq(recipe->message->name, "w");
    ck_assert_uint_eq(recipe->message->seed, 4);
    ck_assert_uint_eq(recipe->message->stage[0]->steps, 12);
    ck_assert_uint_eq(recipe->message->stage[1]->steps, 6);
}
END_TEST

START_TEST(repeated_fields_are_replaced_together) {
    put("v.textproto", "include: \"base.textproto\"\n"
                       "stage { name: \"only\" steps: 1 algorithm { use: \"sft\" } }\n");
    load_well("v.textproto", NULL);
    ck_assert_uint_eq(recipe->message->n_stage, 1);
    ck_assert_str_eq(recipe->message->stage[0]->name, "only");
}
END_TEST

START_TEST(set_needs_no_include) {
    put("v.textproto", base);
    FILE *file = fopen(in_folder("v.textproto"), "a");
    fputs("set: \"stage[0].steps=7\"\n", file);
    fclose(file);
    load_well("v.textproto", NULL);
    ck_assert_uint_eq(recipe->message->stage[0]->steps, 7);
}
END_TEST

typedef struct Refusal {
    const char *text, *assignment, *place, *says;
} Refusal;

static const Refusal refusals[] = {
    {"include: \"none.textproto\"", NULL, "v.textproto:1:10: ", "cannot be opened: No such file"},
    {"include: \"v.textproto\"", NULL, "v.textproto:1:10: ", "comes back to a file that"},
    {"include: \"a\" include: \"b\"", NULL, "v.textproto:1:23: ", "is there twice"},
    {"include: 5", NULL, "v.textproto:1:10: ", "must be text in quotes"},
    {"include: \"base.textproto\"\nset: \"stage[0].stepz=1\"", NULL,
     "v.textproto: set: stage[0].stepz=1: ", "did you mean steps"},
    {"include: \"base.textproto\"\nset: \"stage[9].steps=1\"", NULL,
     "v.textproto: set: stage[9].steps=1: ", "out of range"},
    {"include: \"base.textproto\"\nset: \"stage[0].steps=0\"", NULL,
     "v.textproto: set: stage[0].steps=0: ", "must be 1 or more"},
    {"include: \"broken.textproto\"", NULL, "broken.textproto:2:1: ", ""},
    {"include: \"base.textproto\"", "include='x'", "--set include='x': ", "is for files"},
    {"include: \"base.textproto\"", "stage[1].steps=none", "--set stage[1].steps=none", ""},
};

START_TEST(what_is_wrong_is_told_at_its_place) {
    const Refusal *refusal = &refusals[_i];
    put("broken.textproto", "name: \"x\"\n}");
    put("v.textproto", refusal->text);
    ck_assert_int_ne(load("v.textproto", refusal->assignment), EMEND_OK);
    ck_assert_msg(strstr(message, refusal->place) != NULL, "%s", message);
    ck_assert_msg(strstr(message, refusal->says) != NULL, "%s", message);
}
END_TEST

START_TEST(a_chain_has_an_end) {
    char name[32], text[64];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "l%d.textproto", i);
        snprintf(text, sizeof text, "include: \"l%d.textproto\"", i + 1);
        put(name, text);
    }
    ck_assert_int_eq(load("l0.textproto", NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, "goes deeper than 16 files") != NULL, "%s", message);
}
END_TEST

/* ---- cycles --------------------------------------------------------------------------------- */

START_TEST(rounds_are_written_out_as_stages) {
    char *text = NULL;
    put("v.textproto", "include: \"base.textproto\" cycle { first: \"two\" n_cycles: 3 }\n"
                       "set: \"stage[2]={name: 'end' steps: 1 algorithm { use: 'sft' }}\"\n"
                       "set: \"cycle.last=two\"");
    load_well("v.textproto", NULL);
    static const char *const names[] = {"one", "two", "two.2", "two.3", "end"};
    const Emend__Recipe *r = recipe->message;
    ck_assert_uint_eq(r->n_stage, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(r->stage[i]->name, names[i]);
    }
    ck_assert_uint_eq(r->stage[3]->steps, 5);
    ck_assert_str_eq(r->stage[3]->reward[0]->use, "correctness");
    ck_assert_int_eq(recipe_print(recipe, NULL, 0, &text, &err), EMEND_OK);
    ck_assert_ptr_nonnull(strstr(text, "name: \"two.3\""));
    ck_assert_ptr_null(strstr(text, "cycle"));
    free(text);
}
END_TEST

START_TEST(a_cycle_repeats_everything_unless_it_is_told_what) {
    put("v.textproto", "include: \"base.textproto\" cycle { n_cycles: 2 }");
    load_well("v.textproto", NULL);
    ck_assert_uint_eq(recipe->message->n_stage, 4);
    ck_assert_str_eq(recipe->message->stage[2]->name, "one.2");
}
END_TEST

static const char *const bad_cycles[][2] = {
    {"cycle { first: \"three\" }", "first is \"three\"; it must be the name of a stage"},
    {"cycle { first: \"two\" last: \"one\" }", "last is \"one\", which comes before first"},
    {"cycle { n_cycles: 0 }", "n_cycles is 0; it must be 1 to 1000"},
};

START_TEST(a_cycle_that_cannot_be_is_told_at_its_place) {
    char text[256];
    snprintf(text, sizeof text, "include: \"base.textproto\" %s", bad_cycles[_i][0]);
    put("v.textproto", text);
    ck_assert_int_eq(load("v.textproto", NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, "v.textproto:1:") != NULL, "%s", message);
    ck_assert_msg(strstr(message, bad_cycles[_i][1]) != NULL, "%s", message);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("include");
    TCase *cases = tcase_create("include");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_variant_shows_only_its_difference);
    tcase_add_test(cases, the_resolved_recipe_stands_alone);
    tcase_add_test(cases, a_variant_of_a_variant_lies_on_top_and_the_command_line_above_all);
    tcase_add_test(cases, repeated_fields_are_replaced_together);
    tcase_add_test(cases, set_needs_no_include);
    tcase_add_loop_test(cases, what_is_wrong_is_told_at_its_place, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(cases, a_chain_has_an_end);
    tcase_add_test(cases, rounds_are_written_out_as_stages);
    tcase_add_test(cases, a_cycle_repeats_everything_unless_it_is_told_what);
    tcase_add_loop_test(cases, a_cycle_that_cannot_be_is_told_at_its_place, 0,
                        sizeof bad_cycles / sizeof *bad_cycles);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
