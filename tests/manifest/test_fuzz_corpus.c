/* SPDX-License-Identifier: Apache-2.0 */
/* Replays the fuzzer's corpus, in which every input that once broke something stays. */
#include "fuzz_text.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void replay(const char *path) {
    enum { MAX_BYTES = 1 << 20 };
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    uint8_t *bytes = malloc(MAX_BYTES);
    size_t len = fread(bytes, 1, MAX_BYTES, file);
    fclose(file);
    // In a block of its very size, so that reading past the end is seen.
    uint8_t *input = realloc(bytes, len > 0 ? len : 1);
    LLVMFuzzerTestOneInput(input, len);
    free(input);
}

START_TEST(no_input_of_the_corpus_breaks_anything) {
    DIR *folder = opendir(EMEND_SOURCE_DIR "/tests/manifest/corpus");
    ck_assert(folder != NULL);
    int n = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[4096];
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", EMEND_SOURCE_DIR "/tests/manifest/corpus",
                     entry->d_name);
            replay(path);
            n++;
        }
    }
    closedir(folder);
    ck_assert_msg(n > 20, "the corpus has %d inputs", n);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fuzz corpus");
    TCase *tcase = tcase_create("corpus");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, no_input_of_the_corpus_breaks_anything);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
