/* The tracker as a run calls it, in a folder of its own. */
#include "config.pb-c.h"
#include "emend/testing.h"
#include "emend/tracker.h"
#include <check.h>
#include <unistd.h>

static char folder[] = "test-XXXXXX";
static char path[64];
static EmendTest test;
static const EmendTracker *tracker;

static void make_folder(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/metrics.csv", folder);
}

static void remove_folder(void) {
    unlink(path);
    rmdir(folder);
}

static EmendStatus begin(uint32_t is_resumed, uint64_t resume_records) {
    EmendStatus status = emend_test_create(&test, EMEND_KIND_TRACKER, "@NAME@", (EmendBytes){0});
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    tracker = test.table;
    EmendRunInfo info = {.struct_size = sizeof info,
                         .is_resumed = is_resumed,
                         .run_dir = emend_str(folder),
                         .name = emend_str("a run"),
                         .resume_records = resume_records};
    return tracker->begin(test.self, &info, &test.err);
}

static void record(uint64_t step, const char *name, double value) {
    EmendScalar scalar = {.struct_size = sizeof scalar, .name = emend_str(name), .value = value};
    EmendStatus status = tracker->scalars(test.self, step, emend_str("train"), emend_str("stage1"),
                                          emend_span(&scalar, 1, sizeof scalar), &test.err);
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
}

static void end(void) {
    ck_assert_int_eq(tracker->flush(test.self, &test.err), EMEND_OK);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}

static void expect_file(const char *wanted) {
    static char text[4096];
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, wanted);
}

START_TEST(a_number_is_a_row) {
    ck_assert_int_eq(begin(0, 0), EMEND_OK);
    record(1, "reward", 0.5);
    record(2, "delta(t1,t2)", -1e-3);
    end();
    expect_file("record,step,phase,stage,name,value\n"
                "0,1,\"train\",\"stage1\",\"reward\",0.5\n"
                "1,2,\"train\",\"stage1\",\"delta(t1,t2)\",-0.001\n");
}
END_TEST

START_TEST(a_resumed_run_drops_what_it_writes_once_more) {
    ck_assert_int_eq(begin(0, 0), EMEND_OK);
    record(1, "reward", 1);
    ck_assert_int_eq(tracker->event(test.self, 1, emend_str("stage"), emend_str("{}"), &test.err),
                     EMEND_OK);
    record(2, "reward", 2);
    record(3, "reward", 3);
    end();
    ck_assert_int_eq(begin(1, 3), EMEND_OK);
    record(3, "reward", 4);
    end();
    expect_file("record,step,phase,stage,name,value\n"
                "0,1,\"train\",\"stage1\",\"reward\",1\n"
                "2,2,\"train\",\"stage1\",\"reward\",2\n"
                "3,3,\"train\",\"stage1\",\"reward\",4\n");
}
END_TEST

START_TEST(a_new_run_writes_over_no_other) {
    ck_assert_int_eq(begin(0, 0), EMEND_OK);
    end();
    ck_assert_int_ne(begin(0, 0), EMEND_OK);
    ck_assert_ptr_nonnull(strstr(test.message, "metrics.csv: it cannot be made: File exists"));
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

START_TEST(nothing_is_recorded_before_the_run_begins) {
    ck_assert_int_eq(emend_test_create(&test, EMEND_KIND_TRACKER, "@NAME@", (EmendBytes){0}),
                     EMEND_OK);
    tracker = test.table;
    ck_assert_int_eq(tracker->flush(test.self, &test.err), EMEND_PRECONDITION);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_number_is_a_row);
    tcase_add_test(tcase, a_resumed_run_drops_what_it_writes_once_more);
    tcase_add_test(tcase, a_new_run_writes_over_no_other);
    tcase_add_test(tcase, nothing_is_recorded_before_the_run_begins);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
