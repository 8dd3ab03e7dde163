/* SPDX-License-Identifier: Apache-2.0 */
/* Every plugin of this build, at every level the kit has. */
#include "check/check.h"
#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACKAGES_MAX = 64 };

static char folders[PACKAGES_MAX][512];
static int n_folders;

static void find_packages(void) {
    DIR *dir = opendir(EMEND_PLUGIN_DIR);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char manifest[1024];
        snprintf(manifest, sizeof manifest, EMEND_PLUGIN_DIR "/%s/plugin.textproto", entry->d_name);
        if (entry->d_name[0] != '.' && n_folders < PACKAGES_MAX && access(manifest, F_OK) == 0) {
            snprintf(folders[n_folders++], sizeof folders[0], EMEND_PLUGIN_DIR "/%.200s",
                     entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

START_TEST(a_bundled_plugin_conforms_at_every_level_and_has_examples) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    const CheckOptions options = {.seed = 1, .seconds = 300};
    CheckReport report = {0};
    ck_assert_msg(check_package(folders[_i], &options, &report, &err) == EMEND_OK, "%s", message);
    for (size_t i = 0; i < report.n_rows; i++) {
        const CheckRow *row = &report.rows[i];
        ck_assert_msg(row->result.verdict != RESULT_FAILED, "%s: %s: %s", folders[_i],
                      row->test->name, row->result.found);
        ck_assert_msg(strcmp(row->test->name, "static.golden") != 0 || row->result.n_warnings == 0,
                      "%s: %s", folders[_i], row->result.warnings[0]);
    }
    ck_assert_uint_eq(report.conforms, KIT_SPEED);
    check_report_finish(&report);
}
END_TEST

int main(void) {
    find_packages();
    if (n_folders == 0) {
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("bundled_conformance");
    TCase *tcase = tcase_create("bundled");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, a_bundled_plugin_conforms_at_every_level_and_has_examples, 0,
                        n_folders);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
