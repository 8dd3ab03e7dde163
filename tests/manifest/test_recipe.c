/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/recipe.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1024, MAX_ASSIGNMENTS = 3 };

static char folder[] = "/tmp/emend-recipe-XXXXXX";
static char path[128];

/* Lines are numbered in the tests below. */
static const char right[] = "name: \"try\"\n"
                            "backend { use: \"cpu\" }\n"
                            "tokenizer { use: \"chars\" }\n"
                            "task { use: \"arithmetic\" }\n"
                            "policy { fresh { hidden_size: 64 } }\n"
                            "stage {\n"
                            "  name: \"base\" steps: 10\n"
                            "  algorithm { use: \"sft\" }\n"
                            "}\n"
                            "stage {\n"
                            "  name: \"stage1\" steps: 5\n"
                            "  algorithm { use: \"reinforce\" }\n"
                            "  reward { use: \"correctness\" }\n"
                            "  rollout { n_turns: 2 }\n"
                            "  optimizer { learning_rate: 1e-3 }\n"
                            "  reference: \"base\"\n"
                            "}\n"
                            "evaluation { n_problems: 100 }\n"
                            "checkpoint { keep: 1 }\n"
                            "memory_budget { plugin: \"emend.backends.cpu\" bytes: 1000 }\n";

static void write_file(const char *text, size_t len) {
    FILE *file = fopen(path, "wb");
    ck_assert(file != NULL && fwrite(text, 1, len, file) == len && fclose(file) == 0);
}

static void setup(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/r.textproto", folder);
    write_file(right, sizeof right - 1);
}

static void teardown(void) {
    unlink(path);
    rmdir(folder);
}

static EmendStatus load(const char *const *assignments, size_t n, Recipe **out, char *message) {
    EmendError err = emend_error_on(message, MESSAGE_BYTES);
    *out = NULL;
    return recipe_load(path, assignments, n, NULL, out, &err);
}

START_TEST(a_right_recipe_is_read_with_its_defaults) {
    Recipe *recipe = NULL;
    char message[MESSAGE_BYTES] = "";
    char real[4096];
    ck_assert_msg(load(NULL, 0, &recipe, message) == EMEND_OK, "%s", message);
    ck_assert_str_eq(recipe->message->name, "try");
    ck_assert_uint_eq(recipe->message->seed, 1);
    ck_assert_uint_eq(recipe->message->n_stage, 2);
    ck_assert_double_eq(recipe->message->stage[1]->rollout->temperature, 1);
    ck_assert_str_eq(recipe->message->stage[0]->reference, "initial");
    ck_assert_str_eq(recipe->path, path);
    ck_assert_str_eq(recipe->dir, realpath(folder, real));
    recipe_destroy(recipe);
    recipe_destroy(NULL);
}
END_TEST

START_TEST(a_recipe_without_a_folder_in_its_name_is_in_the_working_folder) {
    Recipe *recipe = NULL;
    char message[MESSAGE_BYTES] = "", real[4096];
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_msg(recipe_load("r.textproto", NULL, 0, NULL, &recipe, &err) == EMEND_OK, "%s",
                  message);
    ck_assert_str_eq(recipe->dir, realpath(folder, real));
    recipe_destroy(recipe);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(the_same_recipe_in_another_order_has_the_same_bytes) {
    static const char *const moved[] = {"stage[1].optimizer={}",
                                        "stage[1].optimizer.learning_rate=0.001", "name=try"};
    Recipe *recipe = NULL, *other = NULL;
    char message[MESSAGE_BYTES] = "";
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_OK);
    ck_assert_msg(load(moved, 3, &other, message) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(recipe->wire.len, other->wire.len);
    ck_assert_mem_eq(recipe->wire.ptr, other->wire.ptr, other->wire.len);
    recipe_destroy(recipe);
    recipe_destroy(other);
}
END_TEST

START_TEST(the_printed_recipe_reads_back_to_the_same_bytes) {
    Recipe *recipe = NULL, *again = NULL;
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_OK);
    ck_assert_int_eq(recipe_print(recipe, NULL, TEXT_PRINT_DEFAULTS, &printed, NULL), EMEND_OK);
    ck_assert_msg(strstr(printed, "\n  # microbatch_tokens: 8192\n") != NULL, "%s", printed);
    write_file(printed, strlen(printed));
    ck_assert_msg(load(NULL, 0, &again, message) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(recipe->wire.len, again->wire.len);
    ck_assert_mem_eq(recipe->wire.ptr, again->wire.ptr, again->wire.len);
    free(printed);
    recipe_destroy(recipe);
    recipe_destroy(again);
}
END_TEST

/* -- what is wrong ------------------------------------------------------------------------------
 */

typedef struct Case {
    const char *assignments[MAX_ASSIGNMENTS];
    const char *message; /* behind `--set ASSIGNMENT: ` of the last; NULL: it is right */
} Case;

static const Case cases[] = {
    {{"name=a/b"},
     "name is \"a/b\"; it names a folder and must be 1 to 63 of a-z A-Z 0-9 . _ -,"
     " with no . in front"},
    {{"name="},
     "name is \"\"; it names a folder and must be 1 to 63 of a-z A-Z 0-9 . _ -, with"
     " no . in front"},
    {{"name=..x"},
     "name is \"..x\"; it names a folder and must be 1 to 63 of a-z A-Z 0-9 . _ -,"
     " with no . in front"},
    {{"backend={}"},
     "backend names no component; write use: \"...\" in it; `emend plugins list`"
     " shows what there is"},
    {{"task.use="},
     "task names no component; write use: \"...\" in it; `emend plugins list` shows"
     " what there is"},
    {{"tracker={}"},
     "tracker[0] names no component; write use: \"...\" in it; `emend plugins"
     " list` shows what there is"},
    {{"max_error_fraction=1.5"}, "max_error_fraction is 1.5; it must be from 0 to 1"},
    {{"max_error_fraction=nan"}, "max_error_fraction is nan; it must be from 0 to 1"},
    {{"max_error_fraction=1"}, NULL},
    {{"policy={}"},
     "the policy is missing; write policy { model: \"FOLDER\" } or policy { fresh {"
     " ... } }"},
    {{"policy={model: \"\"}"}, "model is empty; it must not be"},
    {{"policy={model: \"x\"}"}, NULL},
    {{"policy.fresh.hidden_size=0"}, "hidden_size is 0; it must be 1 or more"},
    {{"policy.fresh.rope_theta=0"}, "rope_theta is 0; it must be above 0"},
    {{"policy.fresh.rms_norm_eps=inf"}, "rms_norm_eps is inf; it must be above 0"},
    {{"policy.fresh.num_key_value_heads=3"},
     "num_key_value_heads is 3; it must divide"
     " num_attention_heads, 4, or be 0 for as many"},
    {{"policy.fresh.num_key_value_heads=8"},
     "num_key_value_heads is 8; it must divide"
     " num_attention_heads, 4, or be 0 for as many"},
    {{"policy.fresh.num_attention_heads=7"},
     "hidden_size is 64 and num_attention_heads 7; the"
     " first must be a multiple of the second, or head_dim"
     " be given"},
    {{"policy.fresh.head_dim=15"},
     "the heads have 15 dimensions; rotary embedding takes an even"
     " number"},
    {{"stage[0].name=Base"}, "the stage's name is \"Base\"; it must be 1 to 63 of a-z 0-9 _ -"},
    {{"stage[0].name=initial"},
     "the stage's name is \"initial\", which stands for the policy"
     " before the first stage; choose another"},
    {{"stage[1].name=base"}, "the stage's name is \"base\", as is stage[0]'s; they must differ"},
    {{"stage[2]={steps: 1}"}, "stage[2] has no name; write name: \"...\", for folders and tables"},
    {{"stage[2]={name: \"x\"}"}, "stage[2].steps is missing; write steps: 1 or more"},
    {{"stage[2]={name: \"x\" steps: 1}"},
     "stage[2].algorithm is missing; add algorithm { use:"
     " \"...\" }; `emend plugins list` shows what there is"},
    {{"stage[0].steps=0"}, "steps is 0; it must be 1 or more"},
    {{"stage[0].microbatch_tokens=0"}, "microbatch_tokens is 0; it must be 1 or more"},
    {{"stage[0].reward={}"},
     "stage[0].reward[0] names no component; write use: \"...\" in it;"
     " `emend plugins list` shows what there is"},
    {{"stage[0].reference=base"},
     "reference is \"base\"; it must be \"initial\" or the name of an"
     " earlier stage"},
    {{"stage[1].reference=bas"},
     "reference is \"bas\"; it must be \"initial\" or the name of an"
     " earlier stage; did you mean \"base\"?"},
    {{"stage[1].reference=initial"}, NULL},
    {{"stage[1].rollout.prompts_per_step=0"}, "prompts_per_step is 0; it must be from 1 to 100000"},
    {{"stage[1].rollout.samples_per_prompt=0"},
     "samples_per_prompt is 0; it must be from 1 to 100000"},
    {{"stage[1].rollout.n_turns=0"}, "n_turns is 0; it must be from 1 to 16"},
    {{"stage[1].rollout.n_turns=17"}, "n_turns is 17; it must be from 1 to 16"},
    {{"stage[1].rollout.n_turns=16"}, NULL},
    {{"stage[1].rollout.temperature=0"},
     "temperature is 0; it must be above 0: greedy samples"
     " teach nothing; evaluation.temperature may be 0"},
    {{"stage[1].rollout.temperature=nan"},
     "temperature is nan; it must be above 0: greedy samples"
     " teach nothing; evaluation.temperature may be 0"},
    {{"stage[1].rollout.top_p=0.9"},
     "top_p is 0.9; it must be 1: with a filter, log-probs would"
     " not be the sampler's; evaluation.top_p may be less"},
    {{"stage[1].rollout.top_k=50"},
     "top_k is 50; it must be 0: with a filter, log-probs would not"
     " be the sampler's; evaluation.top_k may be more"},
    {{"stage[1].rollout.max_response_tokens=0"},
     "max_response_tokens is 0; it must be from 1 to 100000"},
    {{"stage[1].rollout.split="}, "split is empty; it must not be"},
    {{"stage[1].optimizer.learning_rate=-1"}, "learning_rate is -1; it must be 0 or more"},
    {{"stage[1].optimizer.learning_rate=inf"}, "learning_rate is inf; it must be 0 or more"},
    {{"stage[1].optimizer.learning_rate=0"}, NULL},
    {{"stage[1].optimizer.final_ratio=2"}, "final_ratio is 2; it must be from 0 to 1"},
    {{"stage[1].optimizer.beta1=1"}, "beta1 is 1; it must be from 0 to below 1"},
    {{"stage[1].optimizer.beta2=-0.1"}, "beta2 is -0.1; it must be from 0 to below 1"},
    {{"stage[1].optimizer.epsilon=0"}, "epsilon is 0; it must be above 0"},
    {{"stage[1].optimizer.weight_decay=-1"}, "weight_decay is -1; it must be 0 or more"},
    {{"stage[1].optimizer.max_grad_norm=-1"},
     "max_grad_norm is -1; it must be 0 or more: 0 turns"
     " clipping off"},
    {{"evaluation.n_turns=0"}, "n_turns is 0; it must be from 1 to 16"},
    {{"evaluation.temperature=-1"}, "temperature is -1; it must be 0 or more: 0 is greedy"},
    {{"evaluation.top_p=0"},
     "top_p is 0; it must be above 0 and at most 1: 1 turns the filter"
     " off"},
    {{"evaluation.top_p=0.9"}, NULL},
    {{"evaluation.samples_per_problem=0"}, "samples_per_problem is 0; it must be from 1 to 100000"},
    {{"evaluation.samples_per_problem=4"},
     "samples_per_problem is 4 and temperature 0; above 1 sample, temperature must be above 0:"
     " greedy samples are all the same"},
    {{"evaluation.temperature=0.7", "evaluation.samples_per_problem=4"}, NULL},
    {{"evaluation.samples_per_problem=1"}, NULL},
    {{"evaluation.batch=0"}, "batch is 0; it must be from 1 to 100000"},
    {{"evaluation.split="}, "split is empty; it must not be"},
    {{"checkpoint.every_steps=0"}, "every_steps is 0; it must be 1 or more"},
    {{"checkpoint.keep=0"}, "keep is 0; it must be 1 or more"},
    {{"template.assistant_suffix="}, "assistant_suffix is empty; it must not be"},
    {{"memory_budget[0].bytes=0"}, "bytes is 0; it must be 1 or more"},
    {{"memory_budget[1]={plugin: \"x\"}"},
     "memory_budget[1].bytes is missing; write bytes: 1 or"
     " more"},
    {{"memory_budget[1]={bytes: 1}"},
     "memory_budget[1] names no plugin; write plugin: \"...\","
     " its id"},
    {{"memory_budget[1]={plugin: \"emend.backends.cpu\" bytes: 1}"},
     "emend.backends.cpu has a budget already, memory_budget[0]; keep one"},
    {{"stage=[]"}, NULL},
    {{"stage[0].optimizer.schedule=COSINE", "stage[0].rollout={}"}, NULL},
    {{"stage[0].optimizer.schedule=COSIN"},
     "schedule takes one of CONSTANT, LINEAR, COSINE, not"
     " COSIN; did you mean COSINE?"},
};

START_TEST(what_may_not_be_is_told_with_place_and_remedy) {
    const Case *tried = &cases[_i];
    size_t n = 0;
    Recipe *recipe = NULL;
    char message[MESSAGE_BYTES] = "", expected[MESSAGE_BYTES] = "";
    while (n < MAX_ASSIGNMENTS && tried->assignments[n]) {
        n++;
    }
    EmendStatus status = load(tried->assignments, n, &recipe, message);
    if (tried->message) {
        snprintf(expected, sizeof expected, "--set %s: %s", tried->assignments[n - 1],
                 tried->message);
    }
    ck_assert_str_eq(message, expected);
    ck_assert_int_eq(status, tried->message ? EMEND_INVALID_ARGUMENT : EMEND_OK);
    ck_assert_msg((recipe != NULL) == (status == EMEND_OK), "a failure gives no recipe");
    recipe_destroy(recipe);
}
END_TEST

/* Replaces `old` in the right recipe, and loads it. */
static void check_edited(const char *old, const char *new, const char *expected) {
    char text[2048] = "", message[MESSAGE_BYTES] = "", whole[MESSAGE_BYTES] = "";
    Recipe *recipe = NULL;
    const char *at = strstr(right, old);
    ck_assert_msg(at != NULL, "%s", old);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - right), right, new, at + strlen(old));
    write_file(text, strlen(text));
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    snprintf(whole, sizeof whole, "%s%s", path, expected);
    ck_assert_str_eq(message, whole);
}

START_TEST(a_fault_in_the_file_has_its_line) {
    check_edited("learning_rate: 1e-3", "learning_rate: -1",
                 ":15:30: learning_rate is -1; it must be 0 or more\n"
                 "  optimizer { learning_rate: -1 }\n                             ^");
    check_edited("steps: 5", "",
                 ":10:1: stage[1].steps is missing; write steps: 1 or more\n"
                 "stage {\n^");
    check_edited("backend { use: \"cpu\" }\n", "",
                 ": backend is missing; add backend { use: \"...\" }; `emend plugins list` shows"
                 " what there is");
    check_edited("fresh { hidden_size: 64 }", "fresh {} model: \"x\"",
                 ":5:10: policy has both model and fresh; keep one (on the command line, --set"
                 " 'policy={model: \"FOLDER\"}' replaces both)\n"
                 "policy { fresh {} model: \"x\" }\n         ^");
    check_edited("optimizer", "optimiser",
                 ":15:3: emend.Stage has no field optimiser; did you mean optimizer?\n"
                 "  optimiser { learning_rate: 1e-3 }\n  ^");
}
END_TEST

START_TEST(a_recipe_with_nothing_to_do_is_refused) {
    static const char text[] = "backend { use: 'cpu' } tokenizer { use: 'x' } task { use: 'x' }"
                               " policy { model: 'x' }";
    Recipe *recipe = NULL;
    char message[MESSAGE_BYTES] = "";
    write_file(text, sizeof text - 1);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, ": the recipe has nothing to do; add a stage { ... } or an"
                                  " evaluation { ... }") != NULL,
                  "%s", message);
    write_file("", 0);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, ": backend is missing") != NULL, "%s", message);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told) {
    Recipe *recipe = NULL;
    char message[MESSAGE_BYTES] = "", expected[MESSAGE_BYTES] = "";
    unlink(path);
    snprintf(expected, sizeof expected, "%s: there is no such file", path);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_NOT_FOUND);
    ck_assert_str_eq(message, expected);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(expected, sizeof expected, "%s: is a folder; it must be a file", path);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, expected);
    rmdir(path);

    write_file("name: \"\xFF\"", 9);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, ":1:8: the text is not UTF-8; save it as UTF-8") != NULL, "%s",
                  message);

    ck_assert_int_eq(truncate(path, (16 << 20) + 1), 0);
    snprintf(expected, sizeof expected, "%s: is larger than 16 MiB, the most that is read", path);
    ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, expected);

    if (geteuid() != 0) { // whom permissions do not stop
        ck_assert_int_eq(chmod(path, 0), 0);
        snprintf(expected, sizeof expected, "%s: may not be read; it must be readable by you",
                 path);
        ck_assert_int_eq(load(NULL, 0, &recipe, message), EMEND_DENIED);
        ck_assert_str_eq(message, expected);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recipes");
    TCase *tcase = tcase_create("recipe");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_right_recipe_is_read_with_its_defaults);
    tcase_add_test(tcase, a_recipe_without_a_folder_in_its_name_is_in_the_working_folder);
    tcase_add_test(tcase, the_same_recipe_in_another_order_has_the_same_bytes);
    tcase_add_test(tcase, the_printed_recipe_reads_back_to_the_same_bytes);
    tcase_add_loop_test(tcase, what_may_not_be_is_told_with_place_and_remedy, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, a_fault_in_the_file_has_its_line);
    tcase_add_test(tcase, a_recipe_with_nothing_to_do_is_refused);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_told);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
