/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/memory.h"
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static PluginMemory *memory;

static void open_memory(uint64_t budget) {
    char text[256];
    EmendError err = emend_error_on(text, sizeof text);
    ck_assert_msg(plugin_memory_create(budget, &memory, &err) == EMEND_OK, "%s", text);
}

static void setup(void) {
    open_memory(0);
}

static void teardown(void) {
    plugin_memory_destroy(memory);
    memory = NULL;
}

START_TEST(a_block_is_aligned_as_asked_and_writable) {
    static const uint64_t aligns[] = {0, 1, 8, 16, 32, 64, 256, 1024, 4096};
    static const uint64_t sizes[] = {0, 1, 15, 64, 4097, 70000, 1u << 20};
    uint64_t align = aligns[_i];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *block = plugin_memory_alloc(memory, sizes[i], align);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % (align < 16 ? 16 : align), 0);
        memset(block, 0xA5, sizes[i]);
        plugin_memory_free(memory, block);
    }
    ck_assert_uint_eq(plugin_memory_stats(memory).n_blocks, 0);
}
END_TEST

START_TEST(an_alignment_that_is_no_power_of_two_or_above_a_page_gives_null) {
    ck_assert_ptr_null(plugin_memory_alloc(memory, 64, 24));
    ck_assert_ptr_null(plugin_memory_alloc(memory, 64, 8192));
    ck_assert_ptr_null(plugin_memory_alloc(memory, 64, UINT64_MAX));
    ck_assert_uint_eq(plugin_memory_stats(memory).n_blocks, 0);
}
END_TEST

START_TEST(a_size_no_machine_has_gives_null_and_is_not_counted) {
    ck_assert_ptr_null(plugin_memory_alloc(memory, UINT64_MAX, 0));
    ck_assert_ptr_null(plugin_memory_alloc(memory, UINT64_MAX - 4095, 4096));
    ck_assert_ptr_null(plugin_memory_alloc(memory, INT64_MAX, 16));
    PluginMemoryStats stats = plugin_memory_stats(memory);
    ck_assert_uint_eq(stats.n_blocks, 0);
    ck_assert_uint_eq(stats.allocated, 0);
}
END_TEST

START_TEST(freeing_null_does_nothing) {
    plugin_memory_free(memory, NULL);
    ck_assert_uint_eq(plugin_memory_stats(memory).n_blocks, 0);
}
END_TEST

START_TEST(stats_count_live_blocks_their_bytes_and_the_peak) {
    void *small = plugin_memory_alloc(memory, 1000, 0);
    void *large = plugin_memory_alloc(memory, 200000, 64);
    PluginMemoryStats both = plugin_memory_stats(memory);
    ck_assert_uint_eq(both.n_blocks, 2);
    ck_assert_uint_ge(both.allocated, 201000);
    ck_assert_uint_lt(both.allocated, 300000);
    ck_assert_uint_eq(both.peak, both.allocated);

    plugin_memory_free(memory, large);
    PluginMemoryStats one = plugin_memory_stats(memory);
    ck_assert_uint_eq(one.n_blocks, 1);
    ck_assert_uint_lt(one.allocated, 2000);
    ck_assert_msg(one.peak == both.peak, "the peak stays");

    plugin_memory_free(memory, small);
    ck_assert_uint_eq(plugin_memory_stats(memory).allocated, 0);
}
END_TEST

START_TEST(two_plugins_are_counted_apart) {
    PluginMemory *first = memory;
    open_memory(0);
    PluginMemory *second = memory;
    memory = first;
    void *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = plugin_memory_alloc(i % 2 ? second : first, 64, 0);
    }
    for (size_t i = 0; i < 200; i += 2) {
        plugin_memory_free(first, blocks[i]);
    }
    // What the first plugin gave back must not be handed to the second.
    for (size_t i = 0; i < 200; i += 2) {
        blocks[i] = plugin_memory_alloc(second, 64, 0);
    }
    ck_assert_uint_eq(plugin_memory_stats(first).n_blocks, 0);
    ck_assert_uint_eq(plugin_memory_stats(first).allocated, 0);
    ck_assert_uint_eq(plugin_memory_stats(second).n_blocks, 200);
    ck_assert_uint_ge(plugin_memory_stats(second).allocated, 200 * 64);
    for (size_t i = 0; i < 200; i++) {
        plugin_memory_free(second, blocks[i]);
    }
    ck_assert_uint_eq(plugin_memory_stats(second).allocated, 0);
    plugin_memory_destroy(second);
}
END_TEST

START_TEST(a_request_over_the_budget_gives_null_and_is_counted) {
    teardown();
    open_memory(100000);
    void *first = plugin_memory_alloc(memory, 60000, 0);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(plugin_memory_alloc(memory, 60000, 0));
    ck_assert_ptr_null(plugin_memory_alloc(memory, 1u << 30, 0));
    ck_assert_uint_eq(plugin_memory_stats(memory).n_refused, 2);

    plugin_memory_free(memory, first);
    void *second = plugin_memory_alloc(memory, 60000, 0);
    ck_assert_msg(second != NULL, "what was freed can be had again");
    plugin_memory_free(memory, second);
}
END_TEST

typedef struct Exchange {
    pthread_barrier_t barrier;
    void *blocks[2][500];
} Exchange;

static Exchange exchange;

/* Allocates a row, waits, then frees the other thread's. */
static void *swap_blocks(void *argument) {
    size_t me = (size_t)(uintptr_t)argument;
    for (size_t i = 0; i < 500; i++) {
        exchange.blocks[me][i] = plugin_memory_alloc(memory, 32 + i, 0);
        memset(exchange.blocks[me][i], (int)me, 32 + i);
    }
    pthread_barrier_wait(&exchange.barrier);
    for (size_t i = 0; i < 500; i++) {
        plugin_memory_free(memory, exchange.blocks[1 - me][i]);
    }
    return NULL;
}

START_TEST(a_block_may_be_freed_by_another_thread) {
    pthread_t threads[2];
    pthread_barrier_init(&exchange.barrier, NULL, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, swap_blocks, (void *)(uintptr_t)i), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&exchange.barrier);
    PluginMemoryStats stats = plugin_memory_stats(memory);
    ck_assert_uint_eq(stats.n_blocks, 0);
    ck_assert_uint_eq(stats.allocated, 0);
    ck_assert_msg(stats.cached == 0, "threads that ended keep no cache, yet %lu bytes are cached",
                  (unsigned long)stats.cached);
}
END_TEST

START_TEST(a_thread_outlives_the_memory_it_used) {
    void *block = plugin_memory_alloc(memory, 100, 0);
    plugin_memory_free(memory, block);
    // This thread still has a cache of each; the next memory must not be given a dead one.
    for (size_t i = 0; i < 20; i++) {
        teardown();
        open_memory(0);
        block = plugin_memory_alloc(memory, 100, 0);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq(plugin_memory_stats(memory).n_blocks, 1);
        plugin_memory_free(memory, block);
    }
}
END_TEST

START_TEST(blocks_left_behind_stay_valid_after_destroy) {
    static char *left;
    left = plugin_memory_alloc(memory, 300, 0);
    memset(left, 7, 300);
    teardown();
    for (size_t i = 0; i < 300; i++) {
        ck_assert_int_eq(left[i], 7);
    }
}
END_TEST

START_TEST(what_caches_hold_is_told_apart_from_what_is_live) {
    void *blocks[100];
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = plugin_memory_alloc(memory, 512, 0);
    }
    for (size_t i = 0; i < 100; i++) {
        plugin_memory_free(memory, blocks[i]);
    }
    PluginMemoryStats stats = plugin_memory_stats(memory);
    ck_assert_uint_eq(stats.allocated, 0);
    ck_assert_uint_gt(stats.cached, 0);
    ck_assert_uint_gt(stats.resident, 0);
}
END_TEST

START_TEST(destroying_nothing_is_allowed) {
    plugin_memory_destroy(NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_block_is_aligned_as_asked_and_writable, 0, 9);
    tcase_add_test(tcase, an_alignment_that_is_no_power_of_two_or_above_a_page_gives_null);
    tcase_add_test(tcase, a_size_no_machine_has_gives_null_and_is_not_counted);
    tcase_add_test(tcase, freeing_null_does_nothing);
    tcase_add_test(tcase, stats_count_live_blocks_their_bytes_and_the_peak);
    tcase_add_test(tcase, two_plugins_are_counted_apart);
    tcase_add_test(tcase, a_request_over_the_budget_gives_null_and_is_counted);
    tcase_add_test(tcase, a_block_may_be_freed_by_another_thread);
    tcase_add_test(tcase, a_thread_outlives_the_memory_it_used);
    tcase_add_test(tcase, blocks_left_behind_stay_valid_after_destroy);
    tcase_add_test(tcase, destroying_nothing_is_allowed);
    if (EMEND_MEMORY_HAS_ARENAS) {
        tcase_add_test(tcase, what_caches_hold_is_told_apart_from_what_is_live);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
