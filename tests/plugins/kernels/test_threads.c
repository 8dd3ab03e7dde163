/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ITEMS = 2000 };

typedef struct Counts {
    atomic_int of_item[MAX_ITEMS];
    atomic_size_t highest_thread;
    atomic_int n_signals_open;
    int pause_every; /* items after which the one who has it sleeps a little; 0: never */
} Counts;

static void count(void *ctx, size_t item, size_t thread) {
    Counts *counts = ctx;
    size_t highest = atomic_load(&counts->highest_thread);
    atomic_fetch_add(&counts->of_item[item], 1);
    while (thread > highest &&
           !atomic_compare_exchange_weak(&counts->highest_thread, &highest, thread)) {
    }
    if (counts->pause_every > 0 && item % (size_t)counts->pause_every == 0) {
        usleep(200);
    }
}

static void run_and_check(Threads *threads, Counts *counts, size_t n_items) {
    memset(counts->of_item, 0, sizeof counts->of_item);
    threads_run(threads, n_items, count, counts);
    for (size_t i = 0; i < MAX_ITEMS; i++) {
        const int wanted = i < n_items ? 1 : 0;
        ck_assert_msg(atomic_load(&counts->of_item[i]) == wanted, "item %zu of %zu ran %d times", i,
                      n_items, atomic_load(&counts->of_item[i]));
    }
    ck_assert_uint_lt(atomic_load(&counts->highest_thread), threads_count(threads));
}

START_TEST(every_item_runs_exactly_once_in_every_run) {
    static const size_t sizes[] = {0, 1, 2, 3, 7, 8, 100, MAX_ITEMS};
    static Counts counts;
    Threads *threads = pool((size_t)_i);
    ck_assert_uint_eq(threads_count(threads), (size_t)_i);
    for (int round = 0; round < 100; round++) {
        run_and_check(threads, &counts, sizes[round % 8]);
    }
    threads_destroy(threads);
    ck_assert_int_eq(n_blocks, 0);
}
END_TEST

START_TEST(runs_are_whole_after_the_threads_fell_asleep_and_while_some_are_slow) {
    static Counts counts;
    Threads *threads = pool(4);
    for (int round = 0; round < 30; round++) {
        counts.pause_every = round % 3 == 0 ? 0 : 5;
        run_and_check(threads, &counts, (size_t)(round % 40));
        if (round % 2 == 0) {
            usleep(500); // longer than they spin
        }
    }
    threads_destroy(threads);
}
END_TEST

START_TEST(pools_come_and_go_without_leaving_anything) {
    static Counts counts;
    for (size_t n = 1; n <= 8; n++) {
        for (int round = 0; round < 10; round++) {
            Threads *threads = pool(n);
            if (round % 2 == 0) {
                run_and_check(threads, &counts, 16);
            }
            threads_destroy(threads);
            ck_assert_int_eq(n_blocks, 0);
        }
    }
    threads_destroy(NULL);
}
END_TEST

START_TEST(the_default_keeps_to_the_processors_it_may_use) {
    cpu_set_t one;
    cpu_set_t before;
    ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
    Threads *threads = pool(0);
    ck_assert_uint_ge(threads_count(threads), 1);
    ck_assert_uint_le(threads_count(threads), (size_t)CPU_COUNT(&before));
    threads_destroy(threads);
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    threads = pool(0);
    ck_assert_uint_eq(threads_count(threads), 1);
    threads_destroy(threads);
}
END_TEST

static void count_open_signals(void *ctx, size_t item, size_t thread) {
    Counts *counts = ctx;
    sigset_t blocked;
    (void)item;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    if (thread > 0 && !(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM))) {
        atomic_fetch_add(&counts->n_signals_open, 1);
    }
    atomic_fetch_add(&counts->highest_thread, thread > 0 ? 1u : 0u);
    usleep(1000); // so that others take some
}

START_TEST(workers_take_no_signals_and_the_caller_still_does) {
    static Counts counts;
    sigset_t blocked;
    Threads *threads = pool(3);
    threads_run(threads, 60, count_open_signals, &counts);
    threads_destroy(threads);
    ck_assert_uint_gt(atomic_load(&counts.highest_thread), 0);
    ck_assert_int_eq(atomic_load(&counts.n_signals_open), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert_int_eq(sigismember(&blocked, SIGINT), 0);
}
END_TEST

START_TEST(too_many_threads_are_refused_in_words) {
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    Threads *threads = NULL;
    ck_assert_int_eq(threads_create(&HOST, 100000, &threads, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message,
                     "threads: 100000 are asked for; at most 1024 are possible; give 0 for "
                     "one on each processor");
    ck_assert_ptr_null(threads);
    ck_assert_int_eq(n_blocks, 0);
}
END_TEST

START_TEST(a_pool_without_memory_is_refused_and_leaves_nothing) {
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    Threads *threads = NULL;
    blocks_left = _i;
    ck_assert_int_eq(threads_create(&HOST, 3, &threads, &err), EMEND_EXHAUSTED);
    ck_assert_str_eq(message, "threads: no memory for a pool of 3");
    ck_assert_ptr_null(threads);
    ck_assert_int_eq(n_blocks, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("threads");
    TCase *tc = tcase_create("pool");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_item_runs_exactly_once_in_every_run, 1, 9);
    tcase_add_test(tc, runs_are_whole_after_the_threads_fell_asleep_and_while_some_are_slow);
    tcase_add_test(tc, pools_come_and_go_without_leaving_anything);
    tcase_add_test(tc, the_default_keeps_to_the_processors_it_may_use);
    tcase_add_test(tc, workers_take_no_signals_and_the_caller_still_does);
    tcase_add_test(tc, too_many_threads_are_refused_in_words);
    tcase_add_loop_test(tc, a_pool_without_memory_is_refused_and_leaves_nothing, 0, 2);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
