/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/reward.h"
#include "emend/task.h"
#include "plugin/guard/guard.h"
#include "plugin/loader.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char message[1024];
static EmendError err;
static GuardedPlugin plugin;
static EmendTask task;
static EmendReward reward;
static Guarded who, other;
static EmendReward guarded;
static EmendTask guarded_tasks;
static volatile bool is_in, never;

static void setup(void) {
    guard_install();
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    err = emend_error_on(message, sizeof message);
    plugin = (GuardedPlugin){.id = "test.fake"};
    reward = (EmendReward){.struct_size = sizeof reward};
    who = (Guarded){.plugin = &plugin, .kind = "reward", .name = "fake", .table = &reward};
}

static EmendStatus call_with(EmendStatus (*score)(void *, EmendSpan, uint64_t, EmendError *)) {
    reward.score = score;
    guard_table(EMEND_KIND_REWARD, &who, &guarded);
    return guarded.score(&who, (EmendSpan){0}, 7, &err);
}

static EmendStatus works(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)samples;
    return emend_fail(error, EMEND_NOT_FOUND, "self %d, seed %d", self == NULL, (int)seed);
}

START_TEST(a_call_goes_through_with_the_plugins_self) {
    ck_assert_int_eq(call_with(works), EMEND_NOT_FOUND);
    ck_assert_str_eq(message, "self 1, seed 7");
}
END_TEST

START_TEST(a_member_that_the_plugin_lacks_is_not_there) {
    task = (EmendTask){.struct_size = 48, .flags = 5};
    who.table = &task;
    guard_table(EMEND_KIND_TASK, &who, &guarded_tasks);
    ck_assert_uint_eq(guarded_tasks.struct_size, 48);
    ck_assert_uint_eq(guarded_tasks.flags, 5);
    ck_assert(!guarded_tasks.grade && !guarded_tasks.grade_record);
}
END_TEST

static EmendStatus bad_memory(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)seed, (void)error;
    raise(SIGSEGV);
    return EMEND_OK;
}

START_TEST(a_broken_plugin_is_not_called_again_and_others_are) {
    GuardedPlugin sound = {.id = "test.sound"};
    ck_assert_int_eq(call_with(bad_memory), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "it crashed in score: SIGSEGV"));
    ck_assert_int_eq(call_with(works), EMEND_ABORTED);
    ck_assert_str_eq(message, "plugin test.fake crashed or hung before and is not called any more");
    who.plugin = &sound;
    ck_assert_int_eq(call_with(works), EMEND_NOT_FOUND);
}
END_TEST

static EmendStatus nested(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self;
    EmendStatus status = other.table
                             ? ((const EmendReward *)&guarded)->score(&other, samples, seed, error)
                             : EMEND_OK;
    return status == EMEND_ABORTED ? EMEND_DATA_LOSS : status;
}

START_TEST(a_call_within_a_call_is_caught_by_itself) {
    static EmendReward inner = {.struct_size = sizeof inner, .score = bad_memory};
    GuardedPlugin inner_plugin = {.id = "test.inner"};
    other = (Guarded){.plugin = &inner_plugin, .kind = "reward", .name = "in", .table = &inner};
    ck_assert_int_eq(call_with(nested), EMEND_DATA_LOSS);
    ck_assert(!atomic_load(&plugin.is_broken));
    ck_assert(atomic_load(&inner_plugin.is_broken));
    ck_assert_int_eq(call_with(works), EMEND_NOT_FOUND);
}
END_TEST

static EmendStatus hangs(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)seed, (void)error;
    is_in = true;
    while (!never) {
    }
    return EMEND_OK;
}

static void *call_from_elsewhere(void *arg) {
    plugin_thread_role_set(EMEND_ROLE_WORKER);
    *(EmendStatus *)arg = call_with(hangs);
    return NULL;
}

START_TEST(calls_of_any_thread_can_be_interrupted) {
    pthread_t thread;
    EmendStatus status = EMEND_OK;
    is_in = false;
    ck_assert(!guard_interrupt());
    ck_assert_int_eq(pthread_create(&thread, NULL, call_from_elsewhere, &status), 0);
    while (!is_in) {
        usleep(100);
    }
    ck_assert(guard_interrupt());
    pthread_join(thread, NULL);
    ck_assert_int_eq(status, EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "it was interrupted in score"));
    ck_assert(!guard_interrupt());
}
END_TEST

static void on_user(int number) {
    (void)number;
    guard_interrupt();
}

static EmendStatus raises(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)seed, (void)error;
    raise(SIGUSR1);
    return EMEND_OK;
}

// As Ctrl-C does, by a handler that the jump leaves: the signal must come through once more.
START_TEST(a_handler_that_interrupts_leaves_no_signal_blocked) {
    struct sigaction action = {.sa_handler = on_user};
    sigset_t blocked;
    sigaction(SIGUSR1, &action, NULL);
    ck_assert_int_eq(call_with(raises), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "it was interrupted in score"));
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert(!sigismember(&blocked, SIGUSR1));
}
END_TEST

START_TEST(a_call_that_hangs_has_its_time) {
    who.seconds = 1;
    ck_assert_int_eq(call_with(hangs), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "it did not return from score within 1 s"));
}
END_TEST

static EmendStatus takes_its_time(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)seed, (void)error;
    usleep(2500000); // the watch looks once a second
    return EMEND_OK;
}

/* Who waits in a debugger is not sent a signal that nothing handles. */
START_TEST(a_call_that_is_not_guarded_has_all_the_time_there_is) {
    setenv("EMEND_NO_GUARD", "1", 1);
    setup();
    who.seconds = 1;
    ck_assert_int_eq(call_with(takes_its_time), EMEND_OK);
    ck_assert(!guard_interrupt());
}
END_TEST

// What a plugin forks ends by itself, and is not a second host.
static EmendStatus forks(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)error;
    pid_t child = fork();
    if (child == 0) {
        if (seed == 7) {
            _exit(9);
        }
        exit(9);
    }
    int how = 0;
    waitpid(child, &how, 0);
    return WIFEXITED(how) && WEXITSTATUS(how) == 9 ? EMEND_OK : EMEND_INTERNAL;
}

START_TEST(a_process_that_a_plugin_forks_may_exit) {
    ck_assert_int_eq(call_with(forks), EMEND_OK);
    ck_assert(!atomic_load(&plugin.is_broken));
}
END_TEST

static EmendStatus leaves(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self, (void)samples, (void)seed, (void)error;
    _exit(3);
}

START_TEST(a_plugin_may_not_exit_however_it_does) {
    ck_assert_int_eq(call_with(leaves), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "it called exit(3) in score"));
}
END_TEST

static EmendStatus calls_itself(void *self, EmendSpan samples, uint64_t seed, EmendError *error) {
    (void)self;
    return seed == 7 ? guarded.score(&who, samples, 8, error) : EMEND_OK;
}

START_TEST(in_checked_mode_the_host_keeps_to_the_marks) {
    guard_check_marks(true);
    ck_assert_int_eq(call_with(calls_itself), EMEND_OK);
    who.concurrency = EMEND_CONCURRENCY_SERIAL_INSTANCE;
    ck_assert_int_eq(call_with(calls_itself), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "host misbehaving: score of reward \"fake\" overlaps"));
    ck_assert_int_eq(atomic_load(&who.n_worker), 0);
    plugin_thread_role_set(EMEND_ROLE_UNKNOWN);
    ck_assert_int_eq(call_with(works), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "made by a thread without a role"));
    guard_check_marks(false);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("guard");
    TCase *cases = tcase_create("guard");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, a_call_goes_through_with_the_plugins_self);
    tcase_add_test(cases, a_member_that_the_plugin_lacks_is_not_there);
    tcase_add_test(cases, a_broken_plugin_is_not_called_again_and_others_are);
    tcase_add_test(cases, a_call_within_a_call_is_caught_by_itself);
    tcase_add_test(cases, calls_of_any_thread_can_be_interrupted);
    tcase_add_test(cases, a_handler_that_interrupts_leaves_no_signal_blocked);
    tcase_add_test(cases, a_call_that_hangs_has_its_time);
    tcase_add_test(cases, a_process_that_a_plugin_forks_may_exit);
    tcase_add_test(cases, a_plugin_may_not_exit_however_it_does);
    tcase_add_test(cases, in_checked_mode_the_host_keeps_to_the_marks);
    suite_add_tcase(suite, cases);
    TCase *unguarded = tcase_create("unguarded");
    tcase_set_timeout(unguarded, 60);
    tcase_add_test(unguarded, a_call_that_is_not_guarded_has_all_the_time_there_is);
    suite_add_tcase(suite, unguarded);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
