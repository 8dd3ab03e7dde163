/* SPDX-License-Identifier: Apache-2.0 */
/* No program passes that should not, none does harm, and honest ones that look alike pass. */
#include "attacks.h"
#include "subject.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

static FakeHost fake;
static ProgramPool *pool;

static const ProgramLimits limits = {
    .wall_ms = 4000, .cpu_ms = 1000, .memory_bytes = (uint64_t)256 << 20};

// x is drawn where no program can know it; map() stops early where a call can stop it.
static const char setup[] = "import os\n"
                            "def draw(): return os.urandom(8).hex()\n"
                            "def check(f):\n"
                            "    x = draw()\n"
                            "    assert f(x) == x + '!'\n"
                            "    assert x + '!' == f(x)\n"
                            "    assert not (f(x) != x + '!')\n"
                            "    assert f(x) in [x + '!']\n";
static const char tests[] = "check(f)\n"
                            "assert all(map(lambda x: f(x) == x + '!', [draw(), draw()]))\n"
                            "x = draw(); assert f(x) == x + '!'";

static void open_pool(void) {
    char message[512];
    fake_host_init(&fake);
    setenv("SECRET", "SECRET", 1);
    ProgramPoolOptions options = {.n_workers = 2, .limits = limits};
    if (subject_open(&fake, options, &pool, message) != EMEND_OK) {
        ck_abort_msg("%s", message);
    }
}

static void close_pool(void) {
    program_pool_close(pool);
    pool = NULL;
}

static void expect(const Attack *attack) {
    ProgramResult result = subject_run(pool, attack->program, setup, tests, "f", false);
    bool is_told = !attack->detail || strstr(result.detail, attack->detail);
    if (result.verdict != attack->verdict || !is_told) {
        ck_abort_msg("%s: %s (%s); it must be %s (%s)", attack->claim,
                     program_verdict_name(result.verdict), result.detail,
                     program_verdict_name(attack->verdict), attack->detail ? attack->detail : "");
    }
    for (const char *c = result.detail; *c; c++) {
        ck_assert_msg(*c >= ' ' && *c <= '~', "%s: a detail of one line of ASCII", attack->claim);
    }
    if (attack->verdict != PROGRAM_PASSED) {
        ck_assert_uint_eq(result.n_passed, 0);
    }
}

// Each once with its output thrown away and once with a pipe in its hands.
START_TEST(no_attack_passes) {
    subject_keeps_output = _i >= n_attacks;
    expect(&attacks[_i % n_attacks]);
    // The same workers serve the next: nothing of the attack is left.
    expect(&honest[0]);
    expect(&honest[0]);
}
END_TEST

START_TEST(honest_programs_pass) {
    subject_keeps_output = _i >= n_honest;
    expect(&honest[_i % n_honest]);
}
END_TEST

static double now_ms(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void *run_attacks(void *stop) {
    // One after the other, those that take the most.
    static const char *const worst[] = {
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
        "kept = []\nwhile True: kept.append(bytearray(1 << 20))\n",
        "import os\nwhile True: os.write(1, b'A' * 100000)\n",
        "import threading\n"
        "def g():\n    while True: pass\n"
        "while True: threading.Thread(target=g).start()\n",
    };
    for (unsigned i = 0; !*(atomic_int *)stop; i++) {
        subject_run(pool, worst[i % 4], "", "assert False", "", false);
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(others_are_not_slowed) {
    enum { TIMES = 100 };
    double times[TIMES];
    atomic_int stop = 0;
    pthread_t thread;
    subject_keeps_output = true;
    pthread_create(&thread, NULL, run_attacks, &stop);
    for (int i = 0; i < TIMES; i++) {
        double start = now_ms();
        ProgramResult result = subject_run(pool, honest[0].program, setup, tests, "f", false);
        times[i] = now_ms() - start;
        ck_assert_int_eq(result.verdict, PROGRAM_PASSED);
    }
    stop = 1;
    pthread_join(thread, NULL);
    qsort(times, TIMES, sizeof *times, compare);
    // An attack takes its second of processor time or its four of wall clock; no other waits for
    // that.
    ck_assert_msg(times[TIMES / 2] < 1000, "%.1f ms beside an attack", times[TIMES / 2]);
}
END_TEST

int main(void) {
    bool can_isolate = subject_can_isolate();
    Suite *suite = suite_create("attacks");
    TCase *attack = tcase_create("attack"), *look_alike = tcase_create("look-alike");
    tcase_add_checked_fixture(attack, open_pool, close_pool);
    tcase_add_checked_fixture(look_alike, open_pool, close_pool);
    tcase_set_timeout(attack, 60);
    tcase_set_timeout(look_alike, 60);
    if (can_isolate) {
        tcase_add_loop_test(attack, no_attack_passes, 0, 2 * n_attacks);
        tcase_add_test(attack, others_are_not_slowed);
        tcase_add_loop_test(look_alike, honest_programs_pass, 0, 2 * n_honest);
    }
    suite_add_tcase(suite, attack);
    suite_add_tcase(suite, look_alike);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
