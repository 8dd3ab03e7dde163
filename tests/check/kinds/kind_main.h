/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CHECK_KINDS_KIND_MAIN_H
#define TESTS_CHECK_KINDS_KIND_MAIN_H
/* The suite of a kind: sound plugins pass, and a table of defects is caught. */
#include "check/kit.h"
#include "verdicts.h"
#include <check.h>
#include <stdlib.h>

#define N_OF(table) ((int)(sizeof(table) / sizeof *(table)))

typedef struct Sound {
    const char *dir, *only;
} Sound;

static inline int kind_run(const char *name, const TTest *passes, int n_sound, const TTest *caught,
                           int n_caught) {
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, passes, 0, n_sound);
    tcase_add_loop_test(tests, caught, 0, n_caught);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The program of a kind: SOUND is a table of Sound, DEFECTS one of Caught in the package DIR. */
#define KIND_TESTS(NAME, SOUND, DIR, DEFECTS)                                                      \
    START_TEST(sound_plugins_pass) {                                                               \
        assert_passes((SOUND)[_i].dir, (SOUND)[_i].only);                                          \
    }                                                                                              \
    END_TEST                                                                                       \
    START_TEST(a_defect_is_caught_by_the_test_of_what_it_breaks) {                                 \
        assert_caught(DIR, &(DEFECTS)[_i]);                                                        \
    }                                                                                              \
    END_TEST                                                                                       \
    int main(void) {                                                                               \
        return kind_run(NAME, sound_plugins_pass, N_OF(SOUND),                                     \
                        a_defect_is_caught_by_the_test_of_what_it_breaks, N_OF(DEFECTS));          \
    }

#endif
