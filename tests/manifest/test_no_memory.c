/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation in turn fails: a status, never a crash or a leak. Our own calls of malloc, calloc
 * and realloc are linked to those below (see CMakeLists.txt). */
#include "oracle.h"
#include "random_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);

static size_t n_left = SIZE_MAX; /* allocations that still succeed */

static bool may_allocate(void) {
    if (n_left == SIZE_MAX) {
        return true;
    }
    if (n_left == 0) {
        return false;
    }
    n_left--;
    return true;
}

void *__wrap_malloc(size_t size) {
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size) {
    return may_allocate() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size) {
    return may_allocate() ? __real_realloc(block, size) : NULL;
}

/* Parses, overrides, encodes and prints, with `n` allocations granted. */
static EmendStatus work(const char *text, size_t n) {
    TextTree *tree = NULL;
    WireBuffer wire = {0};
    char *printed = NULL;
    const MessageType *type = rich_type("rich.Everything");
    n_left = n;
    EmendStatus status = text_tree_parse(emend_str(text), "t", &tree, NULL);
    if (status == EMEND_OK) {
        status = text_tree_set(tree, "child.child.strings[0]=a b", NULL);
    }
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, type, NULL, &wire, NULL);
    }
    if (status == EMEND_OK) {
        status = text_print((EmendBytes){wire.bytes, wire.len}, type, NULL, 0, &printed, NULL);
    }
    n_left = SIZE_MAX;
    text_tree_destroy(tree);
    free(wire.bytes);
    free(printed);
    return status;
}

START_TEST(text_without_memory_is_a_status) {
    static const char text[] =
        "an_int32: 1 early: 2 a_double: 3 strings: ['x', \"y\" 'z'] ages { key: 'a' } ages {}"
        " needies { key: 3 value { must: 1 } } any { [a.b/rich.Config] { size: 5 } } "
        "child { children: [{}, { Single { inside: 1 } }] sint64s: [1, 2] }";
    size_t n = 0;
    while (work(text, n) != EMEND_OK) {
        ck_assert_msg(work(text, n) == EMEND_EXHAUSTED, "allocation %zu", n);
        n++;
    }
    ck_assert_msg(n > 15, "the failures were real: %zu", n);
}
END_TEST

START_TEST(much_text_without_memory_is_a_status) {
    RandomText random = {.state = 5, .next_key = 1};
    for (int i = 0; i < 20; i++) {
        random_put(&random, "children {");
        random_fields(&random, rich_type("rich.Everything"), 2);
        random_put(&random, "}\n");
    }
    for (size_t n = 0;; n += 1 + n / 8) {
        EmendStatus status = work(random.text, n);
        if (status == EMEND_OK) {
            break;
        }
        ck_assert_msg(status == EMEND_EXHAUSTED, "allocation %zu", n);
    }
    free(random.text);
}
END_TEST

START_TEST(descriptors_without_memory_are_a_status) {
    EmendStatus status = EMEND_UNKNOWN;
    size_t n = 0;
    for (; status != EMEND_OK; n++) {
        DescriptorPool *pool = NULL;
        n_left = n;
        status = descriptor_pool_load(RICH_DESC, &pool, NULL);
        n_left = SIZE_MAX;
        ck_assert_msg(status == EMEND_OK || status == EMEND_EXHAUSTED, "allocation %zu", n);
        descriptor_pool_destroy(pool);
    }
    ck_assert_msg(n > 5, "the failures were real: %zu", n);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("no memory");
    TCase *tcase = tcase_create("failing allocations");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, text_without_memory_is_a_status);
    tcase_add_test(tcase, much_text_without_memory_is_a_status);
    tcase_add_test(tcase, descriptors_without_memory_are_a_status);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
