/* SPDX-License-Identifier: Apache-2.0 */
/* Every plugin of this build, through the same door as anyone's. */
#include "plugin/elf.h"
#include "plugin/loader.h"
#include "scratch.h"
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static char text[TEXT_BYTES];
static EmendError err;
static char logged[16384];
static Catalog *catalog;

static void take_line(void *ctx, const char *plugin_id, uint32_t level, EmendStr message) {
    size_t len = strlen(logged);
    (void)ctx;
    if (level >= EMEND_LOG_WARNING) {
        snprintf(logged + len, sizeof logged - len, "%s: %.*s\n", plugin_id, (int)message.len,
                 message.ptr);
    }
}

static void setup(void) {
    scratch_begin();
    err = emend_error_on(text, sizeof text);
    logged[0] = '\0';
    catalog = scratch_catalog(EMEND_PLUGIN_DIR);
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
}

static void teardown(void) {
    catalog_close(catalog);
    scratch_end();
}

START_TEST(every_package_can_be_used) {
    ck_assert_uint_gt(catalog_n_packages(catalog), 0);
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Package *package = catalog_package(catalog, i);
        ck_assert_msg(!package->problem, "%s", package->problem);
        ck_assert_msg(!package->hidden_by, "%s is hidden by %s", package->manifest_path,
                      package->hidden_by);
    }
}
END_TEST

START_TEST(every_library_has_its_note_and_exports_the_entry_alone) {
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Package *package = catalog_package(catalog, i);
        char path[PATH_MAX];
        ElfFacts facts;
        snprintf(path, sizeof path, "%s/%s", package->dir, package->library->path);
        ck_assert_msg(elf_read(path, &facts, &err) == EMEND_OK, "%s", text);
        ck_assert_msg(facts.has_note && facts.exports_entry, "%s has no note or no entry", path);
        ck_assert_str_eq(facts.note.id, package->manifest->id);
        ck_assert_msg(facts.n_exports == 0, "%s exports %s", path, facts.exports);
        ck_assert_msg(facts.undefined[0] == '\0', "%s lacks %s", path, facts.undefined);
    }
}
END_TEST

/* With an empty config a component is made, or it says which field it misses. */
static void make_one(PluginHost *host, const Emend__ComponentInfo *info) {
    Component component = {0};
    text[0] = '\0';
    EmendStatus status =
        component_create(host, info->kind, info->name, (EmendBytes){NULL, 0}, &component, &err);
    ck_assert_msg(status == EMEND_OK || status == EMEND_INVALID_ARGUMENT ||
                      status == EMEND_UNAVAILABLE,
                  "%s: %s", emend_status_name(status), text);
    ck_assert_msg(status == EMEND_OK || strlen(text) > 40, "%s", text);
    ck_assert_msg(!strstr(text, "bug of the plugin"), "%s", text);
    component_destroy(&component);
}

START_TEST(every_component_is_made_or_says_why_not_and_leaves_nothing) {
    PluginHost *host = NULL;
    PluginHostOptions options = {.catalog = catalog, .log = take_line};
    ck_assert_int_eq(plugin_host_create(&options, &host, &err), EMEND_OK);
    for (size_t i = 0; i < catalog_n_packages(catalog); i++) {
        const Emend__PluginManifest *manifest = catalog_package(catalog, i)->manifest;
        for (size_t j = 0; j < manifest->n_component; j++) {
            make_one(host, manifest->component[j]);
        }
    }
    plugin_host_destroy(host);
    ck_assert_msg(logged[0] == '\0', "%s", logged);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bundled");
    TCase *tcase = tcase_create("bundled");
    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_package_can_be_used);
    tcase_add_test(tcase, every_library_has_its_note_and_exports_the_entry_alone);
    tcase_add_test(tcase, every_component_is_made_or_says_why_not_and_leaves_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
