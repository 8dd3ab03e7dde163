/* SPDX-License-Identifier: Apache-2.0 */
/* Odd configs: what is called malformed no reader can take, and all else reads. */
#include "check/odd_configs.h"
#include "emend/recipe.pb-c.h"
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const MessageType *recipe_type(void) {
    return descriptor_pool_message(descriptor_pool_builtin(), "emend.Recipe");
}

typedef struct Seen {
    size_t n, n_malformed, n_unread;
    bool has_nested, has_enum;
} Seen;

static bool look(void *ctx, const OddConfig *odd) {
    Seen *seen = ctx;
    Emend__Recipe *recipe = emend__recipe__unpack(NULL, odd->bytes.len, odd->bytes.ptr);
    ck_assert_msg(!odd->is_malformed || !recipe, "%s was read", odd->what);
    ck_assert(!odd->field || strstr(odd->what, odd->field));
    seen->n++;
    seen->n_malformed += odd->is_malformed;
    seen->n_unread += !recipe;
    seen->has_nested |= odd->field && strcmp(odd->field, "learning_rate") == 0;
    seen->has_enum |= strstr(odd->what, "`schedule`: a number that is no value") != NULL;
    if (recipe) {
        emend__recipe__free_unpacked(recipe, NULL);
    }
    return true;
}

START_TEST(every_field_is_met_at_its_edges_in_nested_messages_too) {
    static const uint8_t base[] = {0x0A, 0x01, 'r'};
    Seen seen = {0};
    ck_assert(odd_configs_each(recipe_type(), (EmendBytes){base, sizeof base}, look, &seen));
    ck_assert_uint_gt(seen.n, 500);
    ck_assert_uint_gt(seen.n_malformed, 100);
    ck_assert_uint_lt(seen.n_unread, seen.n / 2);
    ck_assert(seen.has_nested);
    ck_assert(seen.has_enum);
}
END_TEST

static bool stop(void *ctx, const OddConfig *odd) {
    (void)odd;
    return ++*(int *)ctx < 7;
}

START_TEST(the_walk_ends_where_a_visit_says_so) {
    int n = 0;
    ck_assert(odd_configs_each(recipe_type(), (EmendBytes){NULL, 0}, stop, &n));
    ck_assert_int_eq(n, 7);
}
END_TEST

START_TEST(what_is_drawn_hangs_on_the_seed_alone) {
    static const uint8_t base[] = {0x0A, 0x01, 'r'};
    uint64_t first = 7, second = 7, other = 8;
    size_t n_different = 0;
    for (int i = 0; i < 200; i++) {
        size_t len = 0, len_again = 0, len_other = 0;
        const EmendBytes config = {base, sizeof base};
        uint8_t *bytes = odd_config_draw(recipe_type(), config, &first, &len);
        uint8_t *again = odd_config_draw(recipe_type(), config, &second, &len_again);
        uint8_t *else_ = odd_config_draw(recipe_type(), config, &other, &len_other);
        ck_assert_uint_eq(len, len_again);
        ck_assert_mem_eq(bytes, again, len);
        n_different += len != len_other || memcmp(bytes, else_, len) != 0;
        free(bytes);
        free(again);
        free(else_);
    }
    ck_assert_uint_gt(n_different, 150);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_odd_configs");
    TCase *tcase = tcase_create("odd_configs");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_field_is_met_at_its_edges_in_nested_messages_too);
    tcase_add_test(tcase, the_walk_ends_where_a_visit_says_so);
    tcase_add_test(tcase, what_is_drawn_hangs_on_the_seed_alone);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
