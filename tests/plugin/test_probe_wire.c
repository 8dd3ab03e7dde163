/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_wire.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char heard[16384];

static void setup(void) {
    ck_assert_int_eq(pipe(ends), 0);
    heard[0] = '\0';
}

static void teardown(void) {
    close(ends[0]);
}

static void take(void *ctx, ProbeWord word, const char *text) {
    size_t len = strlen(heard);
    (void)ctx;
    snprintf(heard + len, sizeof heard - len, "%d %.40s\n", (int)word, text);
}

/* Reads to the end; what probe_read said last. */
static int hear_all(void) {
    ProbeReader reader = {0};
    int more = 1;
    close(ends[1]);
    while (more == 1) {
        more = probe_read(&reader, ends[0], take, NULL);
    }
    return more;
}

/* A frame by hand. */
static void put(uint32_t magic, uint16_t protocol, uint16_t word, uint32_t bytes, size_t n_sent) {
    uint8_t frame[4096] = {0};
    memcpy(frame, &magic, 4);
    memcpy(frame + 4, &protocol, 2);
    memcpy(frame + 6, &word, 2);
    memcpy(frame + 8, &bytes, 4);
    ck_assert_int_eq(write(ends[1], frame, 12 + n_sent), (ssize_t)(12 + n_sent));
}

#define MAGIC 0x42525045u

START_TEST(words_arrive_in_order) {
    probe_say(ends[1], PROBE_PLACE, "open");
    probe_say(ends[1], PROBE_WARNING, "it whistles");
    probe_say(ends[1], PROBE_DONE, "");
    ck_assert_int_eq(hear_all(), 0);
    ck_assert_str_eq(heard, "1 open\n2 it whistles\n5 \n");
}
END_TEST

START_TEST(a_long_text_is_cut) {
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    probe_say(ends[1], PROBE_HARM, text);
    probe_say(ends[1], PROBE_DONE, "");
    ck_assert_int_eq(hear_all(), 0);
    ck_assert_ptr_nonnull(strstr(heard, "\n5 \n"));
}
END_TEST

START_TEST(a_frame_that_is_none_ends_it) {
    switch (_i) {
    case 0:
        put(MAGIC + 1, PROBE_PROTOCOL, 1, 0, 0);
        break;
    case 1:
        put(MAGIC, PROBE_PROTOCOL + 1, 1, 0, 0);
        break;
    case 2:
        put(MAGIC, PROBE_PROTOCOL, 0, 0, 0);
        break;
    case 3:
        put(MAGIC, PROBE_PROTOCOL, PROBE_DONE + 1, 0, 0);
        break;
    case 4:
        put(MAGIC, PROBE_PROTOCOL, 1, PROBE_TEXT_MAX + 1, 2000);
        break;
    default:
        put(MAGIC, PROBE_PROTOCOL, 1, UINT32_MAX, 2000);
    }
    ck_assert_int_eq(hear_all(), -1);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(half_a_frame_is_no_word) {
    put(MAGIC, PROBE_PROTOCOL, PROBE_DONE, 8, 4);
    ck_assert_int_eq(hear_all(), 0);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(too_many_words_end_it) {
    for (int i = 0; i <= PROBE_WORDS_MAX; i++) {
        probe_say(ends[1], PROBE_WARNING, "again");
    }
    ck_assert_int_eq(hear_all(), -1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("probe_wire");
    TCase *tcase = tcase_create("probe_wire");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, words_arrive_in_order);
    tcase_add_test(tcase, a_long_text_is_cut);
    tcase_add_loop_test(tcase, a_frame_that_is_none_ends_it, 0, 6);
    tcase_add_test(tcase, half_a_frame_is_no_word);
    tcase_add_test(tcase, too_many_words_end_it);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
