/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"
#include "manifest/recipe.h"
#include "plugin/guard/guard.h"
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char text[TEXT_BYTES];
static EmendError err;
static const char *folder;
static Catalog *catalog;
static PluginHost *host;
static Component component;

static void setup(void) {
    folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
    component = (Component){0};
}

static void teardown(void) {
    component_destroy(&component);
    plugin_host_destroy(host);
    catalog_close(catalog);
    host = NULL;
    catalog = NULL;
    scratch_end();
}

static void open_host(const char *library, const char *functions) {
    foreign_package(library, functions);
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog};
    ck_assert_msg(plugin_host_create(&options, &host, &err) == EMEND_OK, "%s", text);
}

/* `config` as a recipe writes it, or NULL. */
static EmendStatus create(const char *name, const char *config) {
    WireBuffer wire = {0};
    TextTree *tree = NULL;
    if (config) {
        char full[64];
        snprintf(full, sizeof full, "emend.function.%s", name);
        const MessageType *type =
            descriptor_pool_message(scratch_package(catalog, "plain")->configs, full);
        ck_assert_ptr_nonnull(type);
        ck_assert_msg(text_tree_parse(emend_str(config), "config", &tree, &err) == EMEND_OK &&
                          text_tree_encode(tree, type, NULL, &wire, &err) == EMEND_OK,
                      "%s", text);
    }
    EmendStatus status = component_create(host, EMEND_KIND_REWARD, name,
                                          (EmendBytes){wire.bytes, wire.len}, &component, &err);
    text_tree_destroy(tree);
    free(wire.bytes);
    return status;
}

static void make(const char *name, const char *config) {
    component_destroy(&component);
    ck_assert_msg(create(name, config) == EMEND_OK, "%s", text);
}

static void expect_value(EmendScore score, double value) {
    ck_assert_msg(score.state == EMEND_SCORE_VALUE && score.value == value, "%u %g %s", score.state,
                  score.value, score.reason);
}

static void expect_reason(EmendScore score, uint32_t state, const char *reason) {
    ck_assert_msg(score.state == state && strcmp(score.reason, reason) == 0, "%u %g %s",
                  score.state, score.value, score.reason);
}

#define TEXTS "arg { type: CSTR role: RESPONSE } arg { type: CSTR role: REFERENCE }\n"
#define SAME_TEXT                                                                                  \
    FOREIGN("same_text", "returns { type: F64 role: SCORE }\n" TEXTS                               \
                         "example { response: \"a\" reference: \"a\" score: 1 }\n"                 \
                         "example { response: \"a\" reference: \"b\" score: 0.25 }\n"              \
                         "example { response: \"a\" reference: \"\" fails: true }")

START_TEST(a_function_is_a_reward_like_any_other) {
    EmendScore scores[2];
    const Turn turns[] = {RESPONSE("4"), RESPONSE("5")};
    open_host("plain", SAME_TEXT);
    make("org.example.plain/same_text", NULL);
    ck_assert_str_eq(component.name, "same_text");
    ck_assert_str_eq(component.plugin_id, "org.example.plain");
    foreign_score(&component, "4", turns, 2, scores);
    expect_value(scores[0], 1);
    expect_value(scores[1], 0.25);
}
END_TEST

START_TEST(nan_is_an_error_and_no_number) {
    open_host("plain", SAME_TEXT);
    make("same_text", NULL);
    EmendScore score = foreign_score_one(&component, "", (Turn)RESPONSE("4"));
    expect_reason(score, EMEND_SCORE_ERROR, "the function returned NaN");
}
END_TEST

START_TEST(a_text_with_a_nul_is_an_error_and_never_cut) {
    open_host("plain", SAME_TEXT);
    make("same_text", NULL);
    EmendScore score = foreign_score_one(&component, "ab", (Turn)RESPONSE("ab\0c"));
    expect_reason(score, EMEND_SCORE_ERROR,
                  "response has a NUL at byte 2, where a CSTR would be cut; take it as BYTES");
}
END_TEST

START_TEST(the_config_says_which_turns_and_what_a_score_is_worth) {
    EmendScore scores[3];
    const Turn turns[] = {RESPONSE("4"), RESPONSE("5"), RESPONSE("4")};
    open_host("plain", SAME_TEXT);
    make("same_text", "turn: [2, 3] weight: -2");
    foreign_score(&component, "4", turns, 3, scores);
    ck_assert_uint_eq(scores[0].state, EMEND_SCORE_NONE);
    expect_value(scores[1], -0.5);
    expect_value(scores[2], -2);
    component_destroy(&component);
    ck_assert_int_eq(create("same_text", "turn: 0"), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "turn: it is 0; turns are counted from 1"));
    ck_assert_int_eq(create("same_text", "weight: inf"), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "weight: it is inf; it must be finite"));
}
END_TEST

START_TEST(a_verdict_is_right_wrong_or_an_abstention) {
    open_host("plain", FOREIGN("judge", "returns { type: I32 role: VERDICT }\n" TEXTS
                                        "example { response: \"a\" reference: \"a\" score: 1 }\n"
                                        "example { response: \"a\" reference: \"?\" abstains: true "
                                        "reason: \"cannot tell\" }"));
    make("judge", NULL);
    Turn turn = RESPONSE("4");
    expect_value(foreign_score_one(&component, "4", turn), 1);
    expect_value(foreign_score_one(&component, "5", turn), 0);
    expect_reason(foreign_score_one(&component, "?", turn), EMEND_SCORE_ABSTAIN,
                  "the function cannot tell");
    expect_reason(foreign_score_one(&component, "7", turn), EMEND_SCORE_ERROR,
                  "the verdict is 7; it must be 1, 0 or -1");
}
END_TEST

START_TEST(a_status_ends_a_call_with_the_reason_that_was_written) {
    open_host("plain", FOREIGN("measure", "returns { type: I32 role: STATUS }\n"
                                          "arg { type: CSTR role: RESPONSE }\n"
                                          "arg { type: F64_OUT role: SCORE }\n"
                                          "arg { type: CHAR_OUT role: ERR_BUF }\n"
                                          "arg { type: SIZE role: ERR_CAP }\n"
                                          "example { response: \"abc\" score: 3 }\n"
                                          "example { response: \"\" fails: true }\n"
                                          "example { response: \"mute\" fails: true }"));
    make("measure", NULL);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("abcd")), 4);
    expect_reason(foreign_score_one(&component, "", (Turn)RESPONSE("")), EMEND_SCORE_ERROR,
                  "status 3: there is no response ?");
    expect_reason(foreign_score_one(&component, "", (Turn)RESPONSE("mute")), EMEND_SCORE_ERROR,
                  "the function wrote no score, or NaN");
}
END_TEST

START_TEST(what_a_function_does_not_write_is_no_verdict) {
    open_host("plain", FOREIGN("judge_out", "arg { type: CSTR role: RESPONSE }\n"
                                            "arg { type: I32_OUT role: VERDICT }\n"
                                            "example { response: \"yes\" score: 1 }"));
    make("judge_out", NULL);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("yes")), 1);
    expect_reason(foreign_score_one(&component, "", (Turn)RESPONSE("no")), EMEND_SCORE_ABSTAIN,
                  "the function cannot tell");
    expect_reason(foreign_score_one(&component, "", (Turn)RESPONSE("mute")), EMEND_SCORE_ERROR,
                  "the function wrote no verdict");
}
END_TEST

START_TEST(bytes_come_with_their_length_and_may_hold_anything) {
    open_host("plain", FOREIGN("weigh", "returns { type: F64 role: SCORE }\n"
                                        "arg { type: BYTES role: RESPONSE }\n"
                                        "arg { type: SIZE role: RESPONSE_LEN }\n"
                                        "example { response: \"abc\" score: 3 }\n"
                                        "example { response: \"\" score: 0 }"));
    make("weigh", NULL);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("a\0b\0")), 204);
    expect_value(foreign_score_one(&component, "", (Turn){.response = {NULL, 0}}), 0);
}
END_TEST

/* Results of other types than double, and a length that is an int. */
static const struct {
    const char *functions, *name;
    Turn turn;
    double value;
} narrow[] = {
    {FOREIGN("half", "returns { type: F32 role: SCORE } arg { type: CSTR role: RESPONSE }\n"
                     "example { response: \"abc\" score: 1.5 }"),
     "half", RESPONSE("abcde"), 2.5},
    {FOREIGN("large", "returns { type: I64 role: SCORE } arg { type: CSTR role: RESPONSE }\n"
                      "example { response: \"-\" score: -5e9 }"),
     "large", RESPONSE("+"), 5e9},
    {FOREIGN("is_short", "returns { type: BOOL role: VERDICT } arg { type: CSTR role: RESPONSE }\n"
                         "example { response: \"abc\" score: 1 }"),
     "is_short", RESPONSE("abcde"), 0},
    {FOREIGN("length_as_i32",
             "returns { type: F64 role: SCORE } arg { type: CSTR role: RESPONSE }\n"
             "arg { type: I32 role: RESPONSE_LEN } example { response: \"abc\" score: 3 }"),
     "length_as_i32", RESPONSE("abcde"), 5},
};

START_TEST(types_are_as_wide_as_they_say) {
    open_host("plain", narrow[_i].functions);
    make(narrow[_i].name, NULL);
    expect_value(foreign_score_one(&component, "", narrow[_i].turn), narrow[_i].value);
}
END_TEST

#define PARAM(type, name, value)                                                                   \
    "arg { type: " type " param { name: \"" name "\" default: \"" value "\" } }\n"
#define SETTLED                                                                                    \
    FOREIGN(                                                                                       \
        "settled",                                                                                 \
        "returns { type: F64 role: SCORE }\n" PARAM("CSTR", "mode", "length") PARAM(               \
            "F64", "factor",                                                                       \
            "0.5") PARAM("F32", "single",                                                          \
                         "0.25") PARAM("I32", "i", "-1") PARAM("I64", "l",                         \
                                                               "-5000000000") PARAM("U32", "u",    \
                                                                                    "4000000000")  \
            PARAM("U64", "v", "1") PARAM("SIZE", "size", "2") PARAM(                               \
                "BOOL", "flag",                                                                    \
                "true") "arg { type: CSTR role: RESPONSE }\n"                                      \
                        "example { response: \"abc\" score: -999999993.25 }\n"                     \
                        "example { response: \"abc\" set: \"mode=\" set: \"l=0\" set: \"u=0\" "    \
                        "score: 3.75 }")

START_TEST(params_are_fields_of_the_config) {
    open_host("plain", SETTLED);
    Turn turn = RESPONSE("abc");
    make("settled", NULL);
    expect_value(foreign_score_one(&component, "", turn), -999999993.25);
    make("settled", "mode: 'other' factor: 1.5 single: 2.5 i: -100 l: 5000000000 u: 7 v: 8 size: 9 "
                    "flag: false");
    expect_value(foreign_score_one(&component, "", turn), 4999999928.0);
    component_destroy(&component);
    ck_assert_int_eq(create("settled", "mode: 'a\\0b'"), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, "mode: it has a NUL byte inside") != NULL, "%s", text);
}
END_TEST

START_TEST(a_param_without_a_default_must_be_set) {
    open_host("plain", FOREIGN("half", "returns { type: F32 role: SCORE }\n"
                                       "arg { type: CSTR param { name: \"what\" } }\n"
                                       "example { set: \"what=abc\" score: 1.5 }"));
    ck_assert_int_eq(create("half", NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, "what: it is not set and has no default; it must be") != NULL, "%s",
                  text);
    make("half", "what: 'abcd'");
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("")), 2);
}
END_TEST

#define NUMBERS                                                                                    \
    FOREIGN("numbers", "returns { type: F64 role: SCORE } arg { type: I32 role: TURN }\n"          \
                       "arg { type: U32 role: N_TURNS } arg { type: U64 role: N_TOKENS }\n"        \
                       "arg { type: BOOL role: IS_TRUNCATED } arg { type: F64 role: GRADE }\n"     \
                       "arg { type: F32 role: PREVIOUS_GRADE } arg { type: F64 role: REWARD }\n"   \
                       "arg { type: F64 role: PREVIOUS_REWARD }\n"                                 \
                       "example { grade: 1 previous_grade: 0 reward: 2 previous_reward: 3 "        \
                       "score: 32010022 }")

START_TEST(numbers_of_the_turn_and_the_one_before_are_handed_over) {
    EmendScore scores[3];
    const EmendScore right = {.state = EMEND_SCORE_VALUE, .value = 1};
    Turn turns[3] = {{.grade = {.state = EMEND_SCORE_VALUE}, .reward = 5},
                     {.grade = right, .reward = 6, .n_tokens = 7, .is_truncated = 1},
                     {.grade = {.state = EMEND_SCORE_ABSTAIN, .reason = "no idea"}}};
    open_host("plain", NUMBERS);
    make("numbers", NULL);
    foreign_score(&component, "", turns, 3, scores);
    ck_assert_msg(scores[0].state == EMEND_SCORE_NONE, "there is no turn before the first");
    expect_value(scores[1], 2 + 30 + 700 + 1000 + 10000 + 0 + 6e6 + 5e7);
    expect_reason(scores[2], EMEND_SCORE_ABSTAIN, "no idea");
}
END_TEST

START_TEST(a_response_is_compared_with_the_one_before) {
    EmendScore scores[3];
    const Turn turns[] = {RESPONSE("same"), RESPONSE("same"), RESPONSE("else")};
    open_host("plain", FOREIGN("change", "returns { type: F64 role: SCORE }\n"
                                         "arg { type: BYTES role: RESPONSE }\n"
                                         "arg { type: SIZE role: RESPONSE_LEN }\n"
                                         "arg { type: BYTES role: PREVIOUS_RESPONSE }\n"
                                         "arg { type: SIZE role: PREVIOUS_RESPONSE_LEN }\n"
                                         "example { response: \"a\" previous_response: \"b\" "
                                         "score: 1 }"));
    make("change", NULL);
    foreign_score(&component, "", turns, 3, scores);
    ck_assert_uint_eq(scores[0].state, EMEND_SCORE_NONE);
    expect_value(scores[1], -1);
    expect_value(scores[2], 1);
}
END_TEST

START_TEST(each_turn_has_a_seed_of_its_own_and_the_same_again) {
    EmendScore scores[2], again[2];
    const Turn turns[] = {RESPONSE(""), RESPONSE("")};
    open_host("plain", FOREIGN("draw", "returns { type: F64 role: SCORE }\n"
                                       "arg { type: U64 role: SEED } example { score: 1 }\n"
                                       "example { seed: 1007 score: 8 }"));
    make("draw", NULL);
    foreign_score(&component, "", turns, 2, scores);
    foreign_score(&component, "", turns, 2, again);
    ck_assert_mem_eq(scores, again, sizeof scores);
    ck_assert_msg(scores[0].value != scores[1].value, "both are %g", scores[0].value);
}
END_TEST

START_TEST(sixteen_arguments_keep_their_order) {
    char functions[4096] = "returns { type: F64 role: SCORE }\n";
    for (int i = 0; i < 16; i++) {
        size_t len = strlen(functions);
        snprintf(functions + len, sizeof functions - len,
                 "arg { type: I32 param { name: \"p%d\" default: \"%d\" } }\n", i, 1 << i);
    }
    char all[8192];
    snprintf(all, sizeof all, FOREIGN("sixteen", "%s example { score: 98303 }"), functions);
    open_host("plain", all);
    make("sixteen", "p15: -1");
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("")), 32765);
}
END_TEST

static void *score_many(void *worst) {
    Turn turn = RESPONSE("twenty yields and more");
    for (int i = 0; i < 50; i++) {
        EmendScore score = foreign_score_one(&component, "", turn);
        double *most = worst;
        *most = score.value > *most ? score.value : *most;
    }
    return NULL;
}

START_TEST(a_function_that_is_not_thread_safe_is_called_by_one_at_a_time) {
    pthread_t threads[4];
    double most[4] = {0};
    open_host("plain", FOREIGN("alone", "returns { type: F64 role: SCORE }\n"
                                        "arg { type: CSTR role: RESPONSE }\n"
                                        "example { response: \"a\" score: 1 }"));
    make("alone", NULL);
    ck_assert_uint_eq(component.factory->concurrency, EMEND_CONCURRENCY_SERIAL_PLUGIN);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, score_many, &most[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_msg(most[i] == 1, "%g calls were inside at once", most[i]);
    }
}
END_TEST

#define CRASHES                                                                                    \
    FOREIGN("crashes", "returns { type: F64 role: SCORE }\n"                                       \
                       "arg { type: CSTR role: RESPONSE }\n"                                       \
                       "example { response: \"a\" score: 1 }")

/* What a caught call held is never freed; a leak checker is not to count it. */
__attribute__((weak)) void __lsan_disable(void);

static void expect_leaks(void) {
    if (__lsan_disable) {
        __lsan_disable();
    }
}

static EmendStatus score_crash(EmendError *why) {
    expect_leaks();
    Turn turn = RESPONSE("!");
    EmendScore score = {0};
    EmendGradedAttempt attempt = {
        .struct_size = sizeof attempt, .response = turn.response, .grade = &turn.grade};
    EmendSample sample = {.struct_size = sizeof sample,
                          .n_turns = 1,
                          .attempts = emend_span(&attempt, 1, sizeof attempt),
                          .scores = &score};
    const EmendReward *reward = component.table;
    return reward->score(component.self, emend_span(&sample, 1, sizeof sample), 0, why);
}

static void *score_into_the_crash(void *status) {
    *(EmendStatus *)status = score_crash(NULL);
    return NULL;
}

START_TEST(a_function_that_crashes_in_a_run_fails_alone) {
    open_host("plain", CRASHES);
    guard_install();
    expect_leaks();
    make("crashes", NULL);
    ck_assert_int_eq(score_crash(&err), EMEND_ABORTED);
    ck_assert_msg(strstr(text, "it crashed in score: SIGSEGV in lib.so+0x") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "plugin org.example.plain is not called any more") != NULL, "%s",
                  text);
    ck_assert(component_is_broken(&component));
    ck_assert_int_eq(score_crash(&err), EMEND_ABORTED);
}
END_TEST

START_TEST(who_waits_for_a_function_that_crashed_does_not_wait_for_ever) {
    pthread_t threads[4];
    EmendStatus statuses[4] = {0};
    open_host("plain", CRASHES);
    guard_install();
    expect_leaks();
    make("crashes", NULL);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, score_into_the_crash, &statuses[i]), 0);
    }
    int n_aborted = 0;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        n_aborted += statuses[i] == EMEND_ABORTED;
    }
    ck_assert_int_ge(n_aborted, 1);
}
END_TEST

START_TEST(a_function_in_cxx_behind_extern_c_is_a_reward) {
    open_host("cxx", FOREIGN("longest_word", "returns { type: F64 role: SCORE }\n"
                                             "arg { type: CSTR role: RESPONSE }\n"
                                             "thread_safe: true\n"
                                             "example { response: \"a bcd e\" score: 3 }"));
    make("longest_word", NULL);
    ck_assert_uint_eq(component.factory->concurrency, EMEND_CONCURRENCY_PARALLEL);
    expect_value(foreign_score_one(&component, "", (Turn)RESPONSE("to be or nought")), 6);
}
END_TEST

START_TEST(a_function_may_lie_in_a_library_of_its_own) {
    size_t len = 0;
    foreign_package("cxx", FOREIGN("same_text", "library: \"other.so\"\n"
                                                "returns { type: F64 role: SCORE }\n" TEXTS
                                                "example { response: \"a\" reference: \"a\" "
                                                "score: 1 }"));
    uint8_t *bytes = scratch_read(EMEND_FOREIGN_DIR "/plain.so", &len);
    scratch_write(scratch_path("plain/other.so"), bytes, len);
    free(bytes);
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog};
    ck_assert_int_eq(plugin_host_create(&options, &host, &err), EMEND_OK);
    make("same_text", NULL);
}
END_TEST

START_TEST(a_recipe_configures_a_function_as_any_reward) {
    const char *sets[] = {"stage[1].reward[0]={use: \"settled\" config {turn: 2 mode: \"x\"}}"};
    Recipe *recipe = NULL;
    char *printed = NULL;
    open_host("plain", SETTLED);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s:%s", folder, EMEND_PLUGIN_DIR);
    Catalog *all = scratch_catalog(path);
    AnyResolver resolver = catalog_resolver(all);
    const char *tiny = EMEND_SOURCE_DIR "/tests/fixtures/recipes/tiny.textproto";
    ck_assert_msg(recipe_load(tiny, sets, 1, &resolver, &recipe, &err) == EMEND_OK, "%s", text);
    ck_assert_int_eq(recipe_print(recipe, &resolver, 0, &printed, &err), EMEND_OK);
    ck_assert_ptr_nonnull(strstr(printed, "[type.googleapis.com/emend.function.settled] {"));
    free(printed);
    recipe_destroy(recipe);
    recipe = NULL;
    sets[0] = "stage[1].reward[0]={use: \"settled\" config {mod: \"x\"}}";
    ck_assert_int_eq(recipe_load(tiny, sets, 1, &resolver, &recipe, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(text, "has no field mod; did you mean mode?") != NULL, "%s", text);
    catalog_close(all);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("foreign");
    TCase *tcase = tcase_create("foreign");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_function_is_a_reward_like_any_other);
    tcase_add_test(tcase, nan_is_an_error_and_no_number);
    tcase_add_test(tcase, a_text_with_a_nul_is_an_error_and_never_cut);
    tcase_add_test(tcase, the_config_says_which_turns_and_what_a_score_is_worth);
    tcase_add_test(tcase, a_verdict_is_right_wrong_or_an_abstention);
    tcase_add_test(tcase, a_status_ends_a_call_with_the_reason_that_was_written);
    tcase_add_test(tcase, what_a_function_does_not_write_is_no_verdict);
    tcase_add_test(tcase, bytes_come_with_their_length_and_may_hold_anything);
    tcase_add_loop_test(tcase, types_are_as_wide_as_they_say, 0, sizeof narrow / sizeof *narrow);
    tcase_add_test(tcase, params_are_fields_of_the_config);
    tcase_add_test(tcase, a_param_without_a_default_must_be_set);
    tcase_add_test(tcase, numbers_of_the_turn_and_the_one_before_are_handed_over);
    tcase_add_test(tcase, a_response_is_compared_with_the_one_before);
    tcase_add_test(tcase, each_turn_has_a_seed_of_its_own_and_the_same_again);
    tcase_add_test(tcase, sixteen_arguments_keep_their_order);
    tcase_add_test(tcase, a_function_that_is_not_thread_safe_is_called_by_one_at_a_time);
    tcase_add_test(tcase, a_function_that_crashes_in_a_run_fails_alone);
    tcase_add_test(tcase, who_waits_for_a_function_that_crashed_does_not_wait_for_ever);
    tcase_add_test(tcase, a_function_in_cxx_behind_extern_c_is_a_reward);
    tcase_add_test(tcase, a_function_may_lie_in_a_library_of_its_own);
    tcase_add_test(tcase, a_recipe_configures_a_function_as_any_reward);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
