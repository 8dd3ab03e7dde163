/* SPDX-License-Identifier: Apache-2.0 */
/* No exception gets past emend::guard, and each becomes a status with a message. */
#include "emend/guard.hpp"
#include <check.h>
#include <cstdlib>
#include <string>

static char message[128];

template <typename Body> static EmendStatus guarded(Body body) {
    EmendError err = emend_error_on(message, sizeof message);
    EmendStatus status = emend::guard(&err, body);
    ck_assert_int_eq(err.code, status);
    return status;
}

START_TEST(what_is_thrown_becomes_a_status_and_a_message) {
    ck_assert_int_eq(guarded([] { return EMEND_OK; }), EMEND_OK);
    ck_assert_int_eq(guarded([]() -> EmendStatus {
                         throw emend::Failure(EMEND_NOT_FOUND, "line ", 3, ": no ", 0.5);
                     }),
                     EMEND_NOT_FOUND);
    ck_assert_str_eq(message, "line 3: no 0.5");
    ck_assert_int_eq(guarded([]() -> EmendStatus { throw std::bad_alloc(); }), EMEND_EXHAUSTED);
    ck_assert_int_eq(guarded([]() -> EmendStatus { throw std::out_of_range("beyond"); }),
                     EMEND_INTERNAL);
    ck_assert_str_eq(message, "beyond");
    ck_assert_int_eq(guarded([]() -> EmendStatus { throw 7; }), EMEND_INTERNAL);
    ck_assert_int_eq(emend::guard(nullptr, []() -> EmendStatus { throw 7; }), EMEND_INTERNAL);
}
END_TEST

START_TEST(texts_cross_both_ways) {
    const std::string text = "text";
    ck_assert(emend::view(emend::str(text)) == "text");
    ck_assert(emend::view(EmendStr{nullptr, 0}).empty());
}
END_TEST

int main() {
    Suite *suite = suite_create("exceptions");
    TCase *tcase = tcase_create("exceptions");
    tcase_add_test(tcase, what_is_thrown_becomes_a_status_and_a_message);
    tcase_add_test(tcase, texts_cross_both_ways);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
