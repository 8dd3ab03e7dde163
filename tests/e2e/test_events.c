/* SPDX-License-Identifier: Apache-2.0 */
/* The event file of a run that is killed at any moment and resumed is that of an unbroken one. */
#include "events.h"
#include "runs.h"
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static char unbroken[4096];

static void run_to(const char *dir, const char *moment, bool is_resumed) {
    const char *words[] = {"--set", "tracker[1].use=tensorboard", is_resumed ? "--resume" : NULL,
                           NULL};
    Child child = run_recipe(fixture("tiny.textproto"), dir, moment, words);
    ck_assert_msg(child.code == 0 || (moment && child.signal == SIGKILL), "%s", child.err);
    child_finish(&child);
}

static void setup(void) {
    scratch_begin();
    snprintf(unbroken, sizeof unbroken, "%s", scratch("unbroken"));
    run_to(unbroken, NULL, false);
}

static bool is_of_time(const char *tag) {
    return strstr(tag, "/timing_s/") || strstr(tag, "/perf/");
}

static void compare_events(const Event *a, const Event *b) {
    ck_assert_int_eq(a->step, b->step);
    ck_assert_int_eq(!a->summary, !b->summary);
    for (size_t i = 0; a->summary && i < a->summary->n_value; i++) {
        ck_assert_uint_eq(a->summary->n_value, b->summary->n_value);
        const char *tag = a->summary->value[i]->tag;
        ck_assert_str_eq(tag, b->summary->value[i]->tag);
        float value_a = a->summary->value[i]->simple_value;
        float value_b = b->summary->value[i]->simple_value;
        ck_assert_msg(is_of_time(tag) || memcmp(&value_a, &value_b, sizeof value_a) == 0,
                      "%s at step %d: %g and %g", tag, (int)a->step, (double)value_a,
                      (double)value_b);
    }
}

START_TEST(a_killed_run_has_every_event_once) {
    char moment[64];
    const char *dir = scratch("killed");
    snprintf(moment, sizeof moment, "write,fsync,rename:%d:KILL", 10 + 29 * _i);
    run_to(dir, moment, false);
    run_to(dir, NULL, true);
    Events whole = events_read(scratch("unbroken/events.out.tfevents.emend"));
    Events broken = events_read(scratch("killed/events.out.tfevents.emend"));
    ck_assert(!whole.is_torn && !broken.is_torn);
    ck_assert_uint_gt(whole.n, 20);
    ck_assert_uint_eq(whole.n, broken.n);
    for (size_t i = 0; i < whole.n; i++) {
        compare_events(whole.items[i], broken.items[i]);
    }
    events_finish(&whole);
    events_finish(&broken);
    folder_drop(dir);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("events");
    TCase *cases = tcase_create("events");
    tcase_set_timeout(cases, 200);
    tcase_add_unchecked_fixture(cases, setup, scratch_end);
    tcase_add_loop_test(cases, a_killed_run_has_every_event_once, 0, 10);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
