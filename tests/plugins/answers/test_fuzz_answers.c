/* SPDX-License-Identifier: Apache-2.0 */
/* The fuzz target over its corpus: what it found once is found no more. */
#include <check.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_BYTES = 1 << 16, MIN_FILES = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

START_TEST(corpus_keeps_every_promise) {
    static const char folder[] = EMEND_SOURCE_DIR "/tests/plugins/answers/corpus";
    static uint8_t bytes[MAX_BYTES];
    DIR *dir = opendir(folder);
    int n_files = 0;
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file) {
            LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
            fclose(file);
            n_files++;
        }
    }
    closedir(dir);
    ck_assert_int_ge(n_files, MIN_FILES);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("corpus");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, corpus_keeps_every_promise);
    Suite *suite = suite_create("fuzz answers");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
