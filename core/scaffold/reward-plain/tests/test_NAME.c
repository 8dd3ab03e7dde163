/* The function by itself, as it is. That plugin.textproto describes it rightly is what the examples
 * there are for. */
#include "@NAME@.h"
#include <check.h>
#include <stdlib.h>

static const struct {
    const char *response, *reference;
    int32_t verdict;
} cases[] = {
    {"42", "42", 1},         {"6*7=42", "42", 1},  {"41, no: 42.", "42", 1},
    {"4.2e1", "42", 1},      {"-42", "42", 0},     {"41", "42", 0},
    {"", "42", 0},           {"nothing", "42", 0}, {"42", "", -1},
    {"42", "forty-two", -1},
};

START_TEST(the_last_number_is_judged) {
    int32_t verdict = @NAME@_judge(cases[_i].response, cases[_i].reference, 1e-6);
    ck_assert_msg(verdict == cases[_i].verdict, "\"%s\" against \"%s\" is %d; it must be %d",
                  cases[_i].response, cases[_i].reference, verdict, cases[_i].verdict);
}
END_TEST

START_TEST(the_tolerance_is_relative) {
    ck_assert_int_eq(@NAME@_judge("1010", "1000", 0.011), 1);
    ck_assert_int_eq(@NAME@_judge("1010", "1000", 0.009), 0);
    ck_assert_int_eq(@NAME@_judge("0.5", "0", 0.6), 1);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_loop_test(tcase, the_last_number_is_judged, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, the_tolerance_is_relative);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
