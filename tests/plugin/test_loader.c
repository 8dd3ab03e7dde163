/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"
#include "scratch.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The lines that plugins and the loader logged, with their level in front. */
typedef struct Log {
    char text[16384];
    uint32_t highest;
} Log;

static char text[TEXT_BYTES];
static EmendError err;
static const char *folder;
static Log logged;
static Catalog *catalog;
static PluginHost *host;
static volatile int cancel;

static void take_line(void *ctx, const char *plugin_id, uint32_t level, EmendStr message) {
    Log *log = ctx;
    size_t len = strlen(log->text);
    snprintf(log->text + len, sizeof log->text - len, "%s: %.*s\n", plugin_id, (int)message.len,
             message.ptr);
    log->highest = level > log->highest ? level : log->highest;
}

static void open_host(const Emend__MemoryBudget *const *budgets, size_t n_budgets) {
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog,
                                 .log = take_line,
                                 .log_ctx = &logged,
                                 .cancel = &cancel,
                                 .budgets = budgets,
                                 .n_budgets = n_budgets};
    ck_assert_msg(plugin_host_create(&options, &host, &err) == EMEND_OK, "%s", text);
}

static void close_host(void) {
    plugin_host_destroy(host);
    catalog_close(catalog);
    host = NULL;
    catalog = NULL;
}

static void setup(void) {
    folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
    logged = (Log){0};
    cancel = 0;
    plugin_thread_role_set(EMEND_ROLE_UNKNOWN); // plugin_host_create changes that
}

static void teardown(void) {
    close_host();
    scratch_end();
}

static EmendStatus create(const char *kind, const char *use, Component *out) {
    return component_create(host, kind, use, (EmendBytes){NULL, 0}, out, &err);
}

START_TEST(a_good_plugin_loads_works_and_leaves_nothing) {
    Component first = {0}, second = {0};
    scratch_copy_rogue("good");
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_REWARD, "good", &first) == EMEND_OK, "%s", text);
    ck_assert_msg(create(EMEND_KIND_REWARD, "test.rogues.good/good", &second) == EMEND_OK, "%s",
                  text);
    ck_assert_str_eq(first.name, "good");
    ck_assert_str_eq(first.plugin_id, "test.rogues.good");
    ck_assert_ptr_ne(first.self, second.self);
    ck_assert_msg(first.plugin == second.plugin, "the plugin is opened once");

    const EmendReward *reward = first.table;
    EmendSpan none = emend_span(NULL, 0, 0);
    ck_assert_int_eq(reward->score(first.self, none, 0, &err), EMEND_OK);

    PluginMemoryStats stats;
    ck_assert_str_eq(plugin_host_memory(host, 0, &stats), "test.rogues.good");
    ck_assert_msg(stats.n_blocks == 3, "its state and two instances, not %lu",
                  (unsigned long)stats.n_blocks);
    ck_assert_ptr_null(plugin_host_memory(host, 1, &stats));

    component_destroy(&first);
    component_destroy(&second);
    component_destroy(&second); // a zeroed one is allowed
    close_host();
    ck_assert_str_eq(logged.text, "test.rogues.good: good\ntest.rogues.good: good\n");
    ck_assert_uint_eq(logged.highest, EMEND_LOG_INFO);
}
END_TEST

/* A rogue, and what the message must begin with and say. */
typedef struct Refusal {
    const char *rogue;
    EmendStatus status;
    const char *step; /* that finds it; NULL: loading is over */
    const char *says;
} Refusal;

static const Refusal refusals[] = {
    {"wrong_abi", EMEND_INVALID_ARGUMENT, "[L07 abi]",
     "wrong_abi.so: built for ABI 2.0; this host speaks 1.0: get a build of the plugin for ABI 1"},
    {"wrong_magic", EMEND_INVALID_ARGUMENT, "[L10 entry]",
     "wrong_magic.so: the entry's magic is 0x12345678; it must be 0x31444d45"},
    {"wrong_id", EMEND_INVALID_ARGUMENT, "[L07 abi]",
     "wrong_id.so: the note says id \"test.rogues.somebody_else\", the manifest "
     "\"test.rogues.wrong_id\"; they must be equal"},
    {"wrong_entry_id", EMEND_INVALID_ARGUMENT, "[L10 entry]",
     "wrong_entry_id.so: the entry says id \"test.rogues.somebody_else\", the manifest "
     "\"test.rogues.wrong_entry_id\"; they must be equal"},
    {"wrong_version", EMEND_INVALID_ARGUMENT, "[L10 entry]",
     "wrong_version.so: the entry says version \"9.9.9\", the manifest \"0.1.0\"; they must be"},
    {"no_note", EMEND_INVALID_ARGUMENT, "[L06 elf]",
     "no_note.so: the library has no Emend note; it must be a plugin, made with EMEND_DECLARE_PL"},
    {"no_entry", EMEND_INVALID_ARGUMENT, "[L06 elf]",
     "no_entry.so: the library does not export the data symbol emend_plugin_entry; build it with"},
    {"undefined_symbols", EMEND_UNAVAILABLE, "[L06 elf]",
     "undefined_symbols.so: nothing provides the symbols emend_rogue_neither, emend_rogue_nowhere; "
     "link the plugin with"},
    {"missing_library", EMEND_UNAVAILABLE, "[L06 elf]",
     "missing_library.so: it needs libraries that are not found: libemend_gone.so; install them or "
     "add their folder to LD_LIBRARY_PATH; the libraries that are found do not have the symbols "
     "emend_rogue_gone"},
    {"null_member", EMEND_INVALID_ARGUMENT, "[L12 register]",
     "create: the member 'score' of emend.reward/1 is NULL; it must be set"},
    {"silent", EMEND_INTERNAL, NULL,
     "create: it failed with INTERNAL and gave no message, which is a bug of the plugin; report"},
    {"picky", EMEND_INVALID_ARGUMENT, NULL, "create: alpha is -1; it must be 0 or more"},
    {"closed", EMEND_UNKNOWN, "[L11 open]", "open: the door is locked"},
    {"no_factory", EMEND_INVALID_ARGUMENT, "[L12 register]",
     "factory: the plugin has none for emend.reward/1, which its manifest lists"},
};

START_TEST(a_rogue_is_refused_in_words) {
    const Refusal *refusal = &refusals[_i];
    Component component = {0};
    char prefix[256];
    scratch_copy_rogue(refusal->rogue);
    open_host(NULL, 0);
    EmendStatus status = create(EMEND_KIND_REWARD, refusal->rogue, &component);
    ck_assert_msg(status == refusal->status, "%s: %s", emend_status_name(status), text);
    ck_assert_int_eq(err.code, status);
    snprintf(prefix, sizeof prefix, "reward \"%s\" (test.rogues.%s 0.1.0): ", refusal->rogue,
             refusal->rogue);
    ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0, "%s\nmust begin: %s", text, prefix);
    ck_assert_msg(strstr(text, refusal->says) != NULL, "%s\nmust say: %s", text, refusal->says);
    const char *step = refusal->step;
    ck_assert_msg(step ? strstr(text, step) != NULL : !strstr(text, " [L"), "%s\nstep: %s", text,
                  step ? step : "none");
    ck_assert_msg(component.self == NULL && component.table == NULL, "out is untouched");

    char again[TEXT_BYTES];
    strcpy(again, text);
    ck_assert_msg(create(EMEND_KIND_REWARD, refusal->rogue, &component) == status &&
                      strcmp(again, text) == 0,
                  "asked again, it says the same");
}
END_TEST

START_TEST(a_failure_without_a_message_is_logged_as_the_plugins_bug) {
    Component component = {0};
    scratch_copy_rogue("silent");
    open_host(NULL, 0);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "silent", &component), EMEND_INTERNAL);
    ck_assert_ptr_nonnull(strstr(logged.text, "test.rogues.silent: plugin bug: create failed with "
                                              "INTERNAL and gave no message"));
    ck_assert_uint_eq(logged.highest, EMEND_LOG_ERROR);
}
END_TEST

START_TEST(a_status_there_is_not_is_logged_as_the_plugins_bug) {
    Component component = {0};
    scratch_copy_rogue("closed");
    open_host(NULL, 0);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "closed", &component), EMEND_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(logged.text, "plugin bug: open returned the status 4711"));
}
END_TEST

START_TEST(exports_beside_the_entry_are_a_warning_that_lists_them) {
    Component component = {0};
    scratch_copy_rogue("extra_exports");
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_REWARD, "extra_exports", &component) == EMEND_OK, "%s", text);
    ck_assert_ptr_nonnull(strstr(logged.text, "symbols beside emend_plugin_entry: "));
    ck_assert_ptr_nonnull(strstr(logged.text, "compute"));
    ck_assert_ptr_nonnull(strstr(logged.text, "helper"));
    ck_assert_uint_eq(logged.highest, EMEND_LOG_WARNING);
    component_destroy(&component);
}
END_TEST

START_TEST(a_block_left_at_close_is_logged_under_the_plugins_name) {
    Component component = {0};
    scratch_copy_rogue("leaky");
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_REWARD, "leaky", &component) == EMEND_OK, "%s", text);
    component_destroy(&component);
    close_host();
    ck_assert_str_eq(logged.text,
                     "test.rogues.leaky: plugin bug: close left 1 block of 4096 bytes behind; what "
                     "was taken from the host must be freed before close returns\n");
}
END_TEST

/* A rogue, and what is said of it when it is closed. */
static const char *const leftovers[][2] = {
    {"leaves_thread", "close left 1 thread (rogue-sleeper) behind; threads must be joined and"},
    {"leaves_descriptor", "close left 1 descriptor (/dev/zero) behind; threads must be joined and"},
};

START_TEST(a_thread_or_descriptor_left_at_close_is_logged_too) {
    Component component = {0};
    scratch_copy_rogue(leftovers[_i][0]);
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_REWARD, leftovers[_i][0], &component) == EMEND_OK, "%s", text);
    component_destroy(&component);
    ck_assert_str_eq(logged.text, "");
    plugin_host_close(host);
    ck_assert_msg(strstr(logged.text, leftovers[_i][1]) != NULL, "%s", logged.text);
    ck_assert_uint_eq(logged.highest, EMEND_LOG_WARNING);
    logged = (Log){0};
    close_host();
    ck_assert_msg(logged.text[0] == '\0', "it is said once");
}
END_TEST

START_TEST(what_was_left_is_counted_after_the_close) {
    Component component = {0};
    PluginMemoryStats stats;
    scratch_copy_rogue("leaky");
    open_host(NULL, 0);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "leaky", &component), EMEND_OK);
    component_destroy(&component);
    plugin_host_close(host);
    ck_assert_str_eq(plugin_host_memory(host, 0, &stats), "test.rogues.leaky");
    ck_assert_uint_eq(stats.n_blocks, 1);
    ck_assert_uint_eq(stats.allocated, 4096);
}
END_TEST

START_TEST(members_an_older_table_did_not_have_are_null) {
    Component component = {0};
    scratch_copy_rogue("older");
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_TASK, "older", &component) == EMEND_OK, "%s", text);
    const EmendTask *task = component.table;
    ck_assert_uint_eq(task->struct_size, offsetof(EmendTask, demonstrate));
    ck_assert_msg(task->demonstrate == NULL, "what lies behind the plugin's table is not its");
    uint32_t split = 1;
    uint64_t count = 0;
    ck_assert_int_eq(task->split_open(component.self, emend_str("train"), &split, &count, &err),
                     EMEND_OK);
    ck_assert_uint_eq(count, 7);
    component_destroy(&component);
}
END_TEST

START_TEST(what_a_newer_table_has_beyond_ours_is_left_alone) {
    Component component = {0};
    scratch_copy_rogue("newer");
    open_host(NULL, 0);
    ck_assert_msg(create(EMEND_KIND_REWARD, "newer", &component) == EMEND_OK, "%s", text);
    const EmendReward *reward = component.table;
    ck_assert_uint_eq(reward->struct_size, sizeof(EmendReward));
    ck_assert_uint_eq(component.factory->struct_size, sizeof(EmendFactory));
    EmendSpan none = emend_span(NULL, 0, 0);
    ck_assert_int_eq(reward->score(component.self, none, 0, &err), EMEND_OK);
    component_destroy(&component);
}
END_TEST

START_TEST(a_library_that_is_not_elf_or_cut_is_refused) {
    Component component = {0};
    size_t len = 0;
    scratch_copy_rogue("good");
    uint8_t *bytes = scratch_read(scratch_path("good/good.so"), &len);
    open_host(NULL, 0);

    scratch_write(scratch_path("good/good.so"),
                  "#!/bin/sh\nexit 0\n# and so on, and so on, until "
                  "it is longer than an ELF header\n",
                  80);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(
        strstr(text, "good.so: the file is not an ELF file; it must be a shared"));

    scratch_write(scratch_path("good/good.so"), bytes, 1000);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "outside the file; the file is truncated or damaged"));
    free(bytes);
}
END_TEST

START_TEST(a_library_made_writable_after_the_scan_is_refused) {
    Component component = {0};
    scratch_copy_rogue("good");
    open_host(NULL, 0);
    ck_assert_int_eq(chmod(scratch_path("good/good.so"), 0666), 0);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_DENIED);
    ck_assert_ptr_nonnull(strstr(text, "good.so: everyone may write to it"));
    ck_assert_msg(logged.text[0] == '\0', "no code of it has run, yet: %s", logged.text);
}
END_TEST

START_TEST(a_budget_makes_the_plugins_requests_fail) {
    Component component = {0};
    char id[] = "test.rogues.good";
    Emend__MemoryBudget budget = EMEND__MEMORY_BUDGET__INIT;
    budget.plugin = id;
    budget.has_bytes = 1;
    budget.bytes = 512;
    const Emend__MemoryBudget *budgets[] = {&budget};
    scratch_copy_rogue("good");
    open_host(budgets, 1);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_EXHAUSTED);
    ck_assert_ptr_nonnull(strstr(text, "create: no memory is left for the instance; its budget is "
                                       "512 bytes, of which "));
    ck_assert_ptr_nonnull(strstr(text, " are in use: raise memory_budget in the recipe"));
    PluginMemoryStats stats;
    ck_assert_ptr_nonnull(plugin_host_memory(host, 0, &stats));
    ck_assert_uint_eq(stats.n_refused, 1);
}
END_TEST

START_TEST(plugins_see_the_threads_role_and_the_users_cancel) {
    Component component = {0};
    scratch_copy_rogue("good");
    open_host(NULL, 0);
    plugin_thread_role_set(EMEND_ROLE_WORKER);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_PRECONDITION);
    ck_assert_ptr_nonnull(strstr(text, "create was called off the control thread"));
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    cancel = 1;
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "good", &component), EMEND_CANCELLED);
}
END_TEST

START_TEST(an_unknown_component_or_kind_is_an_error_in_words) {
    Component component = {0};
    scratch_copy_rogue("good");
    open_host(NULL, 0);
    ck_assert_int_eq(create(EMEND_KIND_REWARD, "goood", &component), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(
        strstr(text, "reward \"goood\": no plugin has it; did you mean \"good\"?"));
    ck_assert_int_eq(create("emend.oven/1", "good", &component), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(text, "emend.oven/1: not a kind of component this host knows");
}
END_TEST

START_TEST(a_host_without_log_or_errors_works) {
    Component component = {0};
    scratch_copy_rogue("silent");
    catalog = scratch_catalog(folder);
    PluginHostOptions options = {.catalog = catalog};
    ck_assert_int_eq(plugin_host_create(&options, &host, NULL), EMEND_OK);
    ck_assert_int_eq(component_create(host, EMEND_KIND_REWARD, "silent", (EmendBytes){NULL, 0},
                                      &component, NULL),
                     EMEND_INTERNAL);
}
END_TEST

START_TEST(a_plugin_may_be_opened_again_after_it_was_closed) {
    scratch_copy_rogue("good");
    for (int i = 0; i < 3; i++) {
        Component component = {0};
        open_host(NULL, 0);
        ck_assert_msg(create(EMEND_KIND_REWARD, "good", &component) == EMEND_OK, "%s", text);
        component_destroy(&component);
        close_host();
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loader");
    TCase *tcase = tcase_create("loader");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_good_plugin_loads_works_and_leaves_nothing);
    tcase_add_loop_test(tcase, a_rogue_is_refused_in_words, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tcase, a_failure_without_a_message_is_logged_as_the_plugins_bug);
    tcase_add_test(tcase, a_status_there_is_not_is_logged_as_the_plugins_bug);
    tcase_add_test(tcase, exports_beside_the_entry_are_a_warning_that_lists_them);
    tcase_add_test(tcase, a_block_left_at_close_is_logged_under_the_plugins_name);
    tcase_add_loop_test(tcase, a_thread_or_descriptor_left_at_close_is_logged_too, 0, 2);
    tcase_add_test(tcase, what_was_left_is_counted_after_the_close);
    tcase_add_test(tcase, members_an_older_table_did_not_have_are_null);
    tcase_add_test(tcase, what_a_newer_table_has_beyond_ours_is_left_alone);
    tcase_add_test(tcase, a_library_that_is_not_elf_or_cut_is_refused);
    tcase_add_test(tcase, a_library_made_writable_after_the_scan_is_refused);
    tcase_add_test(tcase, a_budget_makes_the_plugins_requests_fail);
    tcase_add_test(tcase, plugins_see_the_threads_role_and_the_users_cancel);
    tcase_add_test(tcase, an_unknown_component_or_kind_is_an_error_in_words);
    tcase_add_test(tcase, a_host_without_log_or_errors_works);
    tcase_add_test(tcase, a_plugin_may_be_opened_again_after_it_was_closed);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
