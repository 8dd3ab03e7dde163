/* SPDX-License-Identifier: Apache-2.0 */
/* `emend plugins` and `doctor`: what there is, and why what cannot be used cannot. */
#include "child.h"
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const bundled[][2] = {
    {"emend.backend/1", "cpu"},     {"emend.tokenizer/1", "chars"},
    {"emend.task/1", "arithmetic"}, {"emend.task/1", "math"},
    {"emend.reward/1", "progress"}, {"emend.reward/1", "correctness"},
    {"emend.algorithm/1", "sft"},   {"emend.algorithm/1", "reinforce"},
    {"emend.tracker/1", "jsonl"},
};

static json_t *find_component(const json_t *packages, const char *kind, const char *name) {
    size_t i = 0, c = 0;
    json_t *package = NULL, *component = NULL;
    json_array_foreach(packages, i, package) {
        json_array_foreach(json_object_get(package, "components"), c, component) {
            if (strcmp(json_string_value(json_object_get(component, "kind")), kind) == 0 &&
                strcmp(json_string_value(json_object_get(component, "name")), name) == 0) {
                return package;
            }
        }
    }
    return NULL;
}

START_TEST(the_bundled_components_are_listed_for_people_and_machines) {
    Child text = emend("plugins", "list"), child = emend("plugins", "list", "--json");
    child_expect(&text, 0);
    child_expect(&child, 0);
    ck_assert_str_eq(text.err, "");
    json_t *packages = child_json(&child);
    for (size_t i = 0; i < sizeof bundled / sizeof *bundled; i++) {
        char line[64];
        json_t *package = find_component(packages, bundled[i][0], bundled[i][1]);
        ck_assert_msg(package != NULL, "no %s %s", bundled[i][0], bundled[i][1]);
        ck_assert(json_is_null(json_object_get(package, "problem")));
        snprintf(line, sizeof line, "\n%-20s %-14s ", bundled[i][0], bundled[i][1]);
        child_says(text.out, line);
    }
    json_decref(packages);
    child_finish(&text);
    child_finish(&child);
}
END_TEST

START_TEST(a_component_is_shown_with_every_field_of_its_config) {
    static const char *const names[] = {"reinforce", "emend.algorithms.reinforce",
                                        "emend.algorithms.reinforce/reinforce"};
    Child child = emend("plugins", "show", names[_i]);
    child_expect(&child, 0);
    child_says(child.out, "emend.algorithm/1 \"reinforce\": ");
    child_says(child.out, "Apache-2.0");
    child_says(child.out, "config {  # emend.algorithms.reinforce.Config\n  # REINFORCE");
    child_says(child.out, "\n  baseline: LEAVE_ONE_OUT  # enum\n");
    child_says(child.out, "\n  #   MOVING_AVERAGE\n  #       A moving average");
    child_says(child.out, "\n  momentum: 0.9  # double\n");
    child_says(child.out, "\n  kl {  # repeated\n");
    child_says(child.out, "\n    weight: ...  # double, no default\n");
    child_finish(&child);
}
END_TEST

static void take_rogue(const char *name, char folder[PATH_MAX]) {
    char from[PATH_MAX];
    snprintf(from, sizeof from, EMEND_ROGUE_DIR "/%s", name);
    snprintf(folder, PATH_MAX, "%s", scratch("%s-taken", name));
    folder_copy(from, folder);
}

static void expect_unusable(const char *folder, const char *setting, const char *text) {
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", folder, "--set", setting,
                        "--out", scratch("unusable"));
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, text);
    child_finish(&child);
    ck_assert(!file_is(scratch("unusable")));
}

START_TEST(a_plugin_that_everyone_may_write_to_is_not_used_and_says_why) {
    char folder[PATH_MAX], library[PATH_MAX + 16], remedy[PATH_MAX + 64];
    take_rogue("good", folder);
    snprintf(library, sizeof library, "%s/good.so", folder);
    snprintf(remedy, sizeof remedy, "`chmod o-w %s`", library);
    ck_assert_int_eq(chmod(library, 0777), 0);
    Child list = emend("plugins", "list", "--plugin-path", folder);
    Child doctor = emend("doctor", "--plugin-path", folder);
    child_says(list.out, "!  test.rogues.good: ");
    child_says(list.out, "everyone may write to it");
    child_says(doctor.out, "warning  plugin ");
    child_says(doctor.out, remedy);
    child_finish(&list);
    child_finish(&doctor);
    expect_unusable(folder, "stage[1].reward[0]={use: \"good\"}", "everyone may write to it");
}
END_TEST

START_TEST(a_plugin_of_another_abi_is_not_used_and_says_why) {
    expect_unusable(EMEND_ROGUE_DIR "/wrong_abi", "stage[1].reward[0]={use: \"wrong_abi\"}",
                    "built for ABI 2.0; this host speaks 1.0");
}
END_TEST

START_TEST(a_plugin_of_this_abi_is_used_from_where_the_user_says) {
    char path[PATH_MAX + 64];
    const char *setting = "stage[1].reward[1]={use: \"test.rogues.good/good\"}";
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", EMEND_ROGUE_DIR "/good",
                        "--set", setting, "--out", scratch("by-option"));
    child_expect(&child, 0);
    child_finish(&child);
    snprintf(path, sizeof path, "EMEND_PLUGIN_PATH=%s", EMEND_ROGUE_DIR "/good");
    const char *const env[] = {path, NULL};
    const char *const words[] = {"run",   fixture("tiny.textproto"), "--set", setting,
                                 "--out", scratch("by-variable"),    NULL};
    child = child_run(&(ChildArgs){.words = words, .env = env});
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

/* examples/reward-foreign, built. */
#define CLOSENESS EMEND_FOREIGN_DIR "/reward-foreign"

START_TEST(a_function_is_listed_and_shown_with_its_prototype) {
    Child list = emend("plugins", "list", "--plugin-path", CLOSENESS);
    Child json = emend("plugins", "list", "--json", "--plugin-path", CLOSENESS);
    Child show = emend("plugins", "show", "closeness", "--plugin-path", CLOSENESS);
    child_expect(&show, 0);
    child_says(list.out, "emend.reward/1       closeness      org.example.closeness");
    child_says(json.out, "\"function\":\"int32_t closeness(const char *response, const char *refe");
    child_says(show.out, "calls:   int32_t closeness(const char *response, const char *reference, "
                         "double reach, double *score, char *err_buf, size_t err_cap)\n");
    child_says(show.out, "of libcloseness.so, on many threads at once; 5 examples first\n");
    child_says(show.out, "config {  # emend.function.closeness\n  # Turns to reward");
    child_says(show.out, "  # How far off an answer is worth nothing.\n  reach: 10  # double\n");
    child_finish(&list);
    child_finish(&json);
    child_finish(&show);
}
END_TEST

START_TEST(a_run_is_rewarded_by_a_function_and_its_recipe_reads_back) {
    const char *setting = "stage[1].reward[0]={use: \"closeness\" config {turn: 2 reach: 5}}";
    const char *out = scratch("by-function");
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", CLOSENESS, "--set",
                        setting, "--out", out);
    child_expect(&child, 0);
    child_finish(&child);
    size_t len = 0;
    char *metrics = file_get(scratch("by-function/metrics.jsonl"), &len);
    child_says(metrics, "\"reward/n_errors\":0");
    free(metrics);
    child = emend("manifest", "check", scratch("by-function/recipe.textproto"), "--plugin-path",
                  CLOSENESS);
    child_expect(&child, 0);
    child_finish(&child);
}
END_TEST

/* ---- quarantine ----------------------------------------------------------------------------- */

#define CRASH_OPEN EMEND_ROGUE_DIR "/crash_open"

START_TEST(a_plugin_that_crashes_is_refused_before_the_run_begins) {
    const char *setting = "stage[1].reward[0]={use: \"crash_open\"}";
    Child child = emend("run", fixture("tiny.textproto"), "--plugin-path", CRASH_OPEN, "--set",
                        setting, "--out", scratch("crashing"));
    child_expect(&child, 1);
    child_has_one_error(&child);
    child_says(child.err, "reward \"crash_open\" (test.rogues.crash_open 0.1.0): ");
    child_says(child.err, "it crashed with SIGSEGV (Segmentation fault) in open; ");
    child_says(child.err, "`emend plugins retry test.rogues.crash_open` [L08 probe]");
    child_finish(&child);
    ck_assert(!file_is(scratch("crashing")));
}
END_TEST

START_TEST(the_list_and_the_doctor_tell_of_the_quarantined_and_the_rest_works) {
    char paths[2 * PATH_MAX];
    snprintf(paths, sizeof paths, "%s:%s", CRASH_OPEN, EMEND_ROGUE_DIR "/good");
    Child try = emend("plugins", "retry", "crash_open", "--plugin-path", paths);
    Child list = emend("plugins", "list", "--plugin-path", paths);
    Child json = emend("plugins", "list", "--json", "--plugin-path", paths);
    Child doctor = emend("doctor", "--plugin-path", paths);
    Child run = emend("run", fixture("tiny.textproto"), "--plugin-path", paths, "--set",
                      "stage[1].reward[1]={use: \"good\"}", "--out", scratch("beside"));
    child_expect(&try, 1);
    child_says(list.out, "\n!  test.rogues.crash_open: quarantined: it crashed with SIGSEGV "
                         "(Segmentation fault) in open; `emend plugins why test.rogues.crash_open` "
                         "tells more [L08 probe]\n");
    child_says(json.out,
               "\"quarantined\":\"it crashed with SIGSEGV (Segmentation fault) in open\"");
    child_says(doctor.out, "test.rogues.crash_open is quarantined: it crashed");
    child_expect(&doctor, 0);
    child_expect(&run, 0);
    Child *const children[] = {&try, &list, &json, &doctor, &run};
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        child_finish(children[i]);
    }
}
END_TEST

/* The state of the step with that code. */
static const char *state_of(const json_t *plugin, const char *code) {
    size_t i = 0;
    json_t *step = NULL;
    json_array_foreach(json_object_get(plugin, "steps"), i, step) {
        if (strcmp(json_string_value(json_object_get(step, "code")), code) == 0) {
            return json_string_value(json_object_get(step, "state"));
        }
    }
    return "no such step";
}

/* A rogue, the step it fails at, and a word of why. */
static const char *const failures[][3] = {
    {"no_note", "L06", "has no Emend note"},    {"wrong_abi", "L07", "built for ABI 2.0"},
    {"crash_open", "L08", "SIGSEGV"},           {"wrong_magic", "L10", "magic is 0x12345678"},
    {"closed", "L11", "the door is locked"},    {"no_factory", "L12", "has none for emend.reward"},
    {"missing_library", "L06", "emend_gone.so"}};

START_TEST(why_tells_of_every_step_to_the_one_that_failed) {
    const char *const *failure = failures[_i];
    char path[PATH_MAX], line[64];
    snprintf(path, sizeof path, EMEND_ROGUE_DIR "/%s", failure[0]);
    Child text = emend("plugins", "why", failure[0], "--plugin-path", path);
    Child child = emend("plugins", "why", failure[0], "--json", "--plugin-path", path);
    child_expect(&text, 1);
    child_expect(&child, 1);
    json_t *plugins = child_json(&child);
    ck_assert_uint_eq(json_array_size(plugins), 1);
    json_t *plugin = json_array_get(plugins, 0), *step = NULL;
    ck_assert(json_is_false(json_object_get(plugin, "is_usable")));
    size_t i = 0;
    json_array_foreach(json_object_get(plugin, "steps"), i, step) {
        const char *code = json_string_value(json_object_get(step, "code"));
        int order = strcmp(code, failure[1]);
        const char *state = order < 0 ? "ok" : order == 0 ? "failed" : "not reached";
        ck_assert_str_eq(state_of(plugin, code), state);
        snprintf(line, sizeof line, "\n  %s %-9s %-12s ", code,
                 json_string_value(json_object_get(step, "name")), state);
        child_says(text.out, line);
        if (order == 0) {
            child_says(json_string_value(json_object_get(step, "text")), failure[2]);
        }
    }
    ck_assert_uint_eq(i, 12);
    child_says(text.out, failure[2]);
    json_decref(plugins);
    child_finish(&text);
    child_finish(&child);
}
END_TEST

START_TEST(why_of_a_bundled_plugin_is_that_all_is_well) {
    Child child = emend("plugins", "why", "reinforce");
    child_expect(&child, 0);
    child_says(child.out, "\n  L01 find      ok           /");
    child_says(child.out, "\n  L08 probe     ok           behaved on 2");
    child_says(child.out, "\n  L12 register  ok           1 component\n");
    child_finish(&child);
    child = emend("plugins", "why", "reinfroce");
    child_expect(&child, 2);
    child_says(child.err,
               "no plugin or component is named \"reinfroce\"; did you mean \"reinforce\"?");
    child_finish(&child);
}
END_TEST

START_TEST(why_of_a_function_tells_of_its_examples) {
    Child child = emend("plugins", "why", "closeness", "--plugin-path", CLOSENESS);
    child_expect(&child, 0);
    child_says(child.out,
               "\n  L08 probe     ok           closeness gives what its 5 examples say\n");
    child_says(child.out, "\n  L12 register  ok           1 function\n");
    child_finish(&child);
}
END_TEST

START_TEST(why_of_a_manifest_that_cannot_be_read_says_where) {
    char folder[PATH_MAX], manifest[PATH_MAX + 32];
    take_rogue("good", folder);
    snprintf(manifest, sizeof manifest, "%s/plugin.textproto", folder);
    file_put(manifest, "format: 1\nidd: 2\n", 17);
    Child child = emend("plugins", "why", folder, "--plugin-path", folder);
    child_expect(&child, 1);
    child_says(child.out, "\n  L01 find      ok ");
    child_says(child.out, "\n  L02 manifest  failed       ");
    child_says(child.out, "plugin.textproto:2:1: ");
    child_finish(&child);
}
END_TEST

START_TEST(what_a_plugin_said_before_it_ended_the_process_is_kept) {
    Child child =
        emend("plugins", "why", "calls_exit", "--plugin-path", EMEND_ROGUE_DIR "/calls_exit");
    child_expect(&child, 1);
    child_says(child.out, "it ended the process with exit code 3 in open; it said \"no licence");
    child_says(child.out, "\n    no licence was found\n    for this machine\n");
    child_finish(&child);
}
END_TEST

START_TEST(the_probe_can_be_turned_off_and_its_setting_is_checked) {
    const char *const words[] = {"plugins", "why", "good", "--plugin-path", EMEND_ROGUE_DIR "/good",
                                 NULL};
    const char *const off[] = {"EMEND_PROBE=off", NULL};
    const char *const wrong[] = {"EMEND_PROBE=never", NULL};
    Child child = child_run(&(ChildArgs){.words = words, .env = off});
    child_expect(&child, 0);
    child_says(child.out, "L08 probe     ok           probing is off\n");
    child_finish(&child);
    child = child_run(&(ChildArgs){.words = words, .env = wrong});
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, "EMEND_PROBE is \"never\"; it must be \"off\", or the seconds from");
    child_finish(&child);
}
END_TEST

START_TEST(safe_takes_the_installations_own_plugins_alone) {
    const char *const words[] = {"plugins", "list", "--safe", NULL};
    const char *const env[] = {"EMEND_PLUGIN_PATH=" EMEND_ROGUE_DIR, NULL};
    char user[PATH_MAX];
    snprintf(user, sizeof user, "%s", scratch("emend"));
    ck_assert_int_eq(mkdir(user, 0755), 0);
    folder_copy(EMEND_ROGUE_DIR, scratch("emend/plugins"));
    Child child = child_run(&(ChildArgs){.words = words, .env = env});
    child_expect(&child, 0);
    child_says(child.out, "emend.backends.cpu");
    ck_assert_ptr_null(strstr(child.out, "test.rogues"));
    child_finish(&child);
    child = emend("plugins", "list");
    child_says(child.out, "test.rogues.good");
    child_finish(&child);
    child = emend("run", fixture("tiny.textproto"), "--safe", "--out", scratch("safe"));
    child_expect(&child, 0);
    child_finish(&child);
    child = emend("doctor", "--safe", "--plugin-path", EMEND_ROGUE_DIR);
    child_expect(&child, 2);
    child_says(child.err, "--safe takes the installation's plugins alone and --plugin-path names");
    child_finish(&child);
    folder_drop(user);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------- */

/* A number of a plugin's account. */
static json_int_t number_of(const json_t *accounts, const char *plugin, const char *name) {
    size_t i = 0;
    json_t *account = NULL;
    json_array_foreach(accounts, i, account) {
        if (strcmp(json_string_value(json_object_get(account, "plugin")), plugin) == 0) {
            ck_assert(json_is_integer(json_object_get(account, name)));
            return json_integer_value(json_object_get(account, name));
        }
    }
    ck_abort_msg("no account of %s", plugin);
    return -1;
}

START_TEST(what_a_run_took_and_left_is_in_its_folder_by_plugin) {
    const char *dir = scratch("accounted");
    Child run = emend("run", fixture("tiny.textproto"), "--plugin-path", EMEND_ROGUE_DIR "/leaky",
                      "--set", "stage[1].reward[1]={use: \"leaky\"}", "--out", dir);
    Child json = emend("plugins", "stat", dir, "--json"), text = emend("plugins", "stat", dir);
    child_expect(&run, 0);
    child_says(run.err, "warning: test.rogues.leaky: plugin bug: close left 1 block of 4096 bytes");
    child_expect(&json, 0);
    json_t *accounts = child_json(&json);
    ck_assert_int_ge(number_of(accounts, "test.rogues.leaky", "left_bytes"), 4096);
    ck_assert_int_eq(number_of(accounts, "emend.backends.cpu", "left_bytes"), 0);
    ck_assert_int_gt(number_of(accounts, "emend.backends.cpu", "peak_bytes"), 0);
    ck_assert_int_ge(number_of(accounts, "emend.backends.cpu", "peak_bytes"),
                     number_of(accounts, "emend.backends.cpu", "live_bytes"));
    child_says(text.out, "PLUGIN ");
    child_says(text.out, "\ntest.rogues.leaky  ");
    json_decref(accounts);
    child_finish(&run);
    child_finish(&json);
    child_finish(&text);
}
END_TEST

START_TEST(what_a_recipes_components_take_is_told_without_a_run) {
    Child child = emend("plugins", "stat", fixture("tiny.textproto"), "--json", "--set",
                        "memory_budget={plugin: \"emend.tasks.arithmetic\" bytes: 1000000}");
    child_expect(&child, 0);
    json_t *accounts = child_json(&child);
    ck_assert_int_eq(number_of(accounts, "emend.tasks.arithmetic", "budget_bytes"), 1000000);
    ck_assert_int_gt(number_of(accounts, "emend.tasks.arithmetic", "peak_bytes"), 0);
    ck_assert_int_eq(number_of(accounts, "emend.tasks.arithmetic", "left_bytes"), 0);
    json_decref(accounts);
    child_finish(&child);
    child = emend("plugins", "stat", scratch("."));
    child_expect(&child, 2);
    child_says(child.err,
               "memory.jsonl: No such file or directory; a run has it once it has ended");
    child_finish(&child);
}
END_TEST

START_TEST(a_component_over_its_budget_fails_in_words) {
    Child child =
        emend("run", fixture("tiny.textproto"), "--plugin-path", EMEND_ROGUE_DIR "/good", "--set",
              "stage[1].reward[1]={use: \"good\"}", "--set",
              "memory_budget={plugin: \"test.rogues.good\" bytes: 512}", "--out", scratch("poor"));
    child_expect(&child, 1);
    child_says(child.err, "reward \"good\" (test.rogues.good 0.1.0): create: no memory is left for "
                          "the instance; its budget is 512 bytes, of which ");
    child_says(child.err, " are in use: raise memory_budget in the recipe");
    child_finish(&child);
}
END_TEST

START_TEST(the_doctor_finds_this_machine_fit) {
    Child text = emend("doctor"), child = emend("doctor", "--json");
    child_expect(&text, 0);
    child_expect(&child, 0);
    child_says(text.out, "ok       backend    cpu: ");
    json_t *findings = child_json(&child), *finding = NULL;
    size_t i = 0;
    json_array_foreach(findings, i, finding) {
        ck_assert_str_ne(json_string_value(json_object_get(finding, "verdict")), "broken");
        ck_assert_ptr_nonnull(json_string_value(json_object_get(finding, "what")));
        ck_assert_ptr_nonnull(json_string_value(json_object_get(finding, "text")));
    }
    ck_assert_uint_ge(i, 10);
    json_decref(findings);
    child_finish(&text);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("plugin_commands");
    TCase *tcase = tcase_create("plugin_commands");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, the_bundled_components_are_listed_for_people_and_machines);
    tcase_add_loop_test(tcase, a_component_is_shown_with_every_field_of_its_config, 0, 3);
    tcase_add_test(tcase, a_plugin_that_everyone_may_write_to_is_not_used_and_says_why);
    tcase_add_test(tcase, a_plugin_of_another_abi_is_not_used_and_says_why);
    tcase_add_test(tcase, a_plugin_of_this_abi_is_used_from_where_the_user_says);
    tcase_add_test(tcase, a_function_is_listed_and_shown_with_its_prototype);
    tcase_add_test(tcase, a_run_is_rewarded_by_a_function_and_its_recipe_reads_back);
    tcase_add_test(tcase, a_plugin_that_crashes_is_refused_before_the_run_begins);
    tcase_add_test(tcase, the_list_and_the_doctor_tell_of_the_quarantined_and_the_rest_works);
    tcase_add_loop_test(tcase, why_tells_of_every_step_to_the_one_that_failed, 0,
                        sizeof failures / sizeof *failures);
    tcase_add_test(tcase, why_of_a_bundled_plugin_is_that_all_is_well);
    tcase_add_test(tcase, why_of_a_function_tells_of_its_examples);
    tcase_add_test(tcase, why_of_a_manifest_that_cannot_be_read_says_where);
    tcase_add_test(tcase, what_a_plugin_said_before_it_ended_the_process_is_kept);
    tcase_add_test(tcase, the_probe_can_be_turned_off_and_its_setting_is_checked);
    tcase_add_test(tcase, safe_takes_the_installations_own_plugins_alone);
    tcase_add_test(tcase, what_a_run_took_and_left_is_in_its_folder_by_plugin);
    tcase_add_test(tcase, what_a_recipes_components_take_is_told_without_a_run);
    tcase_add_test(tcase, a_component_over_its_budget_fails_in_words);
    tcase_add_test(tcase, the_doctor_finds_this_machine_fit);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
