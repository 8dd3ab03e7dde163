/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK's helpers do for a plugin: the plugin here is this program, which declares one. */
#include "emend/component.h"
#include "emend/plugin.pb-c.h"
#include "emend/protobuf_c.h"
#include "emend/task.h"
#include "emend/testing.h"
#include <check.h>
#include <math.h>

/* A reward whose config is an emend.Abi. Its major of 7 is refused, so that create fails late. */
static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const int nothing;
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name;
    Emend__Abi *config = emend_config_unpack(host, &emend__abi__descriptor, bytes, &status, err);
    if (status == EMEND_OK && config->major == 7) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT, "major: it is 7; it must be another");
    }
    uint64_t *block = status == EMEND_OK ? emend_alloc(host, sizeof *block, &status, err) : NULL;
    if (status == EMEND_OK) {
        ck_assert_uint_eq(*block, 0);
        *instance = block;
        *table = &nothing;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    emend_plugin_host(plugin)->free(emend_plugin_host(plugin), instance);
}

static const EmendFactory factory = {
    .struct_size = sizeof factory, .create = create, .destroy = destroy};

EMEND_DECLARE_COMPONENT("org.example.helpers", "1.2.3", "emend.reward/1", factory);

static EmendStatus make(EmendTest *test, const void *bytes, uint64_t len) {
    return emend_test_create(test, "emend.reward/1", "helpers", (EmendBytes){bytes, len});
}

START_TEST(a_declared_component_opens_with_the_host_alone) {
    EmendTest test;
    ck_assert_str_eq(emend_plugin_entry.id, "org.example.helpers");
    ck_assert_int_eq(make(&test, NULL, 0), EMEND_OK);
    ck_assert_ptr_eq(emend_plugin_host(test.plugin), &test.host);
    ck_assert_uint_eq(test.n_blocks, 1);
    ck_assert_ptr_null(emend_plugin_entry.factory(test.plugin, "emend.task/1"));
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

START_TEST(a_config_that_is_no_message_is_refused) {
    EmendTest test;
    ck_assert_int_eq(make(&test, "\xff\xff\xff", 3), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(test.message, "config: its 3 bytes are no emend.Abi");
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
    ck_assert_int_eq(make(&test, "\x08\x07", 2), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(test.message, "major: it is 7; it must be another");
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

static void *refuse(const EmendHost *host, uint64_t size, uint64_t align) {
    (void)host;
    (void)size;
    (void)align;
    return NULL;
}

START_TEST(without_memory_the_status_says_so_with_and_without_an_error) {
    EmendTest test;
    ck_assert_int_eq(make(&test, NULL, 0), EMEND_OK);
    EmendHost host = test.host;
    host.alloc = refuse;
    EmendStatus status = EMEND_OK;
    ck_assert_ptr_null(
        emend_config_unpack(&host, &emend__abi__descriptor, (EmendBytes){0}, &status, &test.err));
    ck_assert_int_eq(status, EMEND_EXHAUSTED);
    ck_assert_int_eq(test.err.code, EMEND_EXHAUSTED);
    ck_assert_str_eq(test.message, "config: no memory for its 0 bytes");
    status = EMEND_OK;
    ck_assert_ptr_null(emend_alloc(&host, 40, &status, &test.err));
    ck_assert_int_eq(status, EMEND_EXHAUSTED);
    ck_assert_str_eq(test.message, "no memory: 40 bytes were refused");
    status = EMEND_OK;
    ck_assert_ptr_null(emend_alloc(&host, 40, &status, NULL));
    ck_assert_int_eq(status, EMEND_EXHAUSTED);
    emend_config_free(&host, NULL);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

START_TEST(a_score_that_is_not_finite_is_an_error) {
    ck_assert_uint_eq(emend_score(-0.5).state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(emend_score(-0.5).value, -0.5);
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        EmendScore score = emend_score(bad[i]);
        ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
        ck_assert_str_eq(score.reason, "the score is not finite");
    }
}
END_TEST

START_TEST(a_long_reason_is_cut) {
    char reason[400];
    memset(reason, 'x', sizeof reason);
    reason[399] = '\0';
    EmendScore score = emend_no_score(EMEND_SCORE_ABSTAIN, reason);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ABSTAIN);
    ck_assert_uint_eq(strlen(score.reason), sizeof score.reason - 1);
}
END_TEST

START_TEST(a_test_sink_keeps_what_is_put_by_field) {
    EmendTestSink kept;
    const EmendSink *sink = emend_test_sink(&kept);
    ck_assert_int_eq(emend_put(sink, 1, emend_str("one")), EMEND_OK);
    ck_assert_int_eq(emend_put(sink, 1, emend_str("two")), EMEND_OK);
    ck_assert_int_eq(emend_put(sink, 0, emend_str("")), EMEND_OK);
    ck_assert_str_eq(kept.text[1], "one\ntwo");
    ck_assert_uint_eq(kept.n_puts[0], 1);
    ck_assert_int_eq(emend_put(sink, 8, emend_str("x")), EMEND_OUT_OF_RANGE);
}
END_TEST

START_TEST(metrics_that_nobody_takes_are_dropped) {
    emend_metrics_add(NULL, "loss", 1, 1);
    EmendMetrics old = {.struct_size = 16};
    emend_metrics_add(&old, "loss", 1, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("helpers");
    TCase *tcase = tcase_create("helpers");
    tcase_add_test(tcase, a_declared_component_opens_with_the_host_alone);
    tcase_add_test(tcase, a_config_that_is_no_message_is_refused);
    tcase_add_test(tcase, without_memory_the_status_says_so_with_and_without_an_error);
    tcase_add_test(tcase, a_score_that_is_not_finite_is_an_error);
    tcase_add_test(tcase, a_long_reason_is_cut);
    tcase_add_test(tcase, a_test_sink_keeps_what_is_put_by_field);
    tcase_add_test(tcase, metrics_that_nobody_takes_are_dropped);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
