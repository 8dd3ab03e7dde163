/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing of a pool outlives it, however it ends; and it says so where it cannot begin. */
#include "subject.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool can_isolate;

// A runner answers before it has put its own things away; it is looked at after a rest.
enum { MAX_FOUND = 256, WAIT_MS = 20000, REST_US = 200000 };

/* The parent of a process, or 0. */
static pid_t parent_of(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) {
        return 0;
    }
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    const char *after = strrchr(text, ')');
    int parent = 0;
    return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* All processes below `root`, in `found`; how many. */
static int descendants(pid_t root, pid_t found[MAX_FOUND]) {
    int n = 0, before = -1;
    while (n != before) { // children may be listed before their parents
        before = n;
        DIR *proc = opendir("/proc");
        for (struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
            pid_t pid = (pid_t)atoi(entry->d_name), parent = pid > 0 ? parent_of(pid) : 0;
            bool is_known = false, is_below = parent == root;
            for (int i = 0; i < n; i++) {
                is_known = is_known || found[i] == pid;
                is_below = is_below || found[i] == parent;
            }
            if (parent > 0 && is_below && !is_known && n < MAX_FOUND) {
                found[n++] = pid;
            }
        }
        closedir(proc);
    }
    return n;
}

/* How many of these still are, zombies included. Numbers are not used again so soon. */
static int still_there(const pid_t *pids, int n) {
    int n_left = 0;
    for (int i = 0; i < n; i++) {
        n_left += kill(pids[i], 0) == 0 || errno == EPERM;
    }
    return n_left;
}

/* Orphans come to the machine's first process, which may take its time to bury them. */
static bool is_running(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        return false;
    }
    bool is_read = read(fd, text, sizeof text - 1) > 0;
    close(fd);
    const char *after = strrchr(text, ')');
    return is_read && after && after[2] != 'Z' && after[2] != 'X';
}

static int wait_for_end(const pid_t *pids, int n) {
    int n_left = n;
    for (int i = 0; i < WAIT_MS / 10 && n_left > 0; i++) {
        n_left = 0;
        for (int k = 0; k < n; k++) {
            n_left += is_running(pids[k]);
        }
        usleep(n_left > 0 ? 10000 : 0);
    }
    return n_left;
}

static int count_lines(const char *path) {
    int n = 0;
    FILE *file = fopen(path, "r");
    for (int c = file ? fgetc(file) : EOF; c != EOF; c = fgetc(file)) {
        n += c == '\n';
    }
    if (file) {
        fclose(file);
    }
    return n;
}

static int count_files(const char *path) {
    int n = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        n++;
    }
    if (folder) {
        closedir(folder);
    }
    return n;
}

static void open_pool(FakeHost *fake, ProgramPool **pool, uint32_t n_workers) {
    char message[512];
    fake_host_init(fake);
    ProgramPoolOptions options = {.n_workers = n_workers, .is_unsafe = !can_isolate};
    if (subject_open(fake, options, pool, message) != EMEND_OK) {
        fprintf(stderr, "%s\n", message);
        abort();
    }
}

/* In a process of its own: a pool in the middle of a program that has threads and files. */
static void hold_pool(int ready) {
    static const char program[] = "import threading, time, os\n"
                                  "for i in range(4):\n"
                                  "    if os.getpid() == 1:\n"
                                  "        open('/tmp/programs-left%d' % i, 'w').write('x')\n"
                                  "    threading.Thread(target=time.sleep, args=(99,)).start()\n"
                                  "time.sleep(99)\n";
    FakeHost fake;
    ProgramPool *pool = NULL;
    open_pool(&fake, &pool, 2);
    if (write(ready, "r", 1) == 1) {
        subject_run(pool, program, "", "pass", "", false);
    }
    _exit(0);
}

START_TEST(nothing_is_left_after_kill_9) {
    int pair[2], mounts = count_lines("/proc/self/mountinfo");
    pid_t found[MAX_FOUND];
    char letter = 0;
    ck_assert_int_eq(pipe(pair), 0);
    pid_t holder = fork();
    if (holder == 0) {
        hold_pool(pair[1]);
    }
    ck_assert_int_eq(read(pair[0], &letter, 1), 1);
    usleep(500000);
    int n = descendants(holder, found);
    // Two runners with two interpreters each, a program and its tests.
    ck_assert_msg(n == 8, "%d processes below the holder; they must be 8", n);
    kill(holder, SIGKILL);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
    ck_assert_int_eq(wait_for_end(found, n), 0);
    ck_assert_int_eq(count_lines("/proc/self/mountinfo"), mounts);
    if (can_isolate) {
        ck_assert_int_ne(access("/tmp/programs-left0", F_OK), 0);
    }
}
END_TEST

START_TEST(nothing_is_left_after_close) {
    FakeHost fake;
    ProgramPool *pool = NULL;
    pid_t found[MAX_FOUND];
    int n_open = count_files("/proc/self/fd");
    open_pool(&fake, &pool, 2);
    int n = descendants(getpid(), found);
    ck_assert_int_ge(n, 6);
    subject_run(pool, "def f(): pass\n", "", "f()", "f", false);
    program_pool_close(pool);
    ck_assert_int_eq(wait_for_end(found, n), 0);
    ck_assert_int_eq(still_there(found, 2), 0); // our own children are buried, too
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(count_files("/proc/self/fd"), n_open);
    ck_assert_int_eq(fake.n_live, 0);
}
END_TEST

static int is_runner(pid_t pid) {
    return parent_of(pid) == getpid();
}

/* Kills what `which` says among all that a pool runs; the next program must not notice. */
static void kill_some(int (*which)(pid_t)) {
    FakeHost fake;
    ProgramPool *pool = NULL;
    pid_t found[MAX_FOUND];
    open_pool(&fake, &pool, 1);
    int n = descendants(getpid(), found);
    for (int i = 0; i < n; i++) {
        if (which(found[i])) {
            kill(found[i], SIGKILL);
        }
    }
    usleep(50000);
    for (int i = 0; i < 3; i++) {
        ProgramResult result =
            subject_run(pool, "def f(): return 1\n", "", "assert f() == 1", "f", false);
        ck_assert_msg(result.verdict == PROGRAM_PASSED, "%s", result.detail);
    }
    ck_assert_int_eq(wait_for_end(found, n), 0);
    program_pool_close(pool);
}

START_TEST(a_runner_that_was_killed_is_started_again) {
    kill_some(is_runner);
}
END_TEST

static int is_interpreter(pid_t pid) {
    return parent_of(pid) != getpid();
}

START_TEST(an_interpreter_that_was_killed_is_started_again) {
    kill_some(is_interpreter);
}
END_TEST

START_TEST(a_thousand_programs_leave_nothing) {
    FakeHost fake;
    ProgramPool *pool = NULL;
    pid_t before[MAX_FOUND], after[MAX_FOUND];
    open_pool(&fake, &pool, 1);
    subject_run(pool, "def f(): pass\n", "", "f()", "f", false);
    usleep(REST_US);
    int n = descendants(getpid(), before), n_files = 0;
    for (int i = 0; i < n; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd", before[i]);
        n_files += count_files(path);
    }
    for (int i = 0; i < 1000; i++) {
        subject_run(pool, "open('/tmp/a', 'w').write('x' * 10000)\ndef f(): pass\n", "", "f()", "f",
                    false);
    }
    usleep(REST_US);
    for (int i = 0; i < WAIT_MS / 10 && descendants(getpid(), after) != n; i++) {
        usleep(10000); // on a busy machine the last one is still going
    }
    ck_assert_int_eq(descendants(getpid(), after), n);
    int n_files_after = 0;
    for (int i = 0; i < n; i++) {
        char path[64];
        ck_assert_int_eq(before[i], after[i]);
        snprintf(path, sizeof path, "/proc/%d/fd", before[i]);
        n_files_after += count_files(path);
    }
    ck_assert_int_eq(n_files_after, n_files);
    program_pool_close(pool);
}
END_TEST

static void expect_refusal(ProgramPoolOptions options, EmendStatus status,
                           const char *const words[]) {
    FakeHost fake;
    ProgramPool *pool = NULL;
    char message[512] = "";
    fake_host_init(&fake);
    options.n_workers = 2;
    EmendStatus got = subject_open(&fake, options, &pool, message);
    ck_assert_msg(got == status, "%d: %s", got, message);
    for (int i = 0; words[i]; i++) {
        ck_assert_msg(strstr(message, words[i]), "'%s' must have '%s'", message, words[i]);
    }
    ck_assert_ptr_null(pool);
    ck_assert_int_eq(fake.n_live, 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

START_TEST(a_missing_python_is_named) {
    const char *const words[] = {"/nowhere/python3: there is no such Python", "install it", NULL};
    expect_refusal((ProgramPoolOptions){.python = "/nowhere/python3"}, EMEND_NOT_FOUND, words);
}
END_TEST

START_TEST(a_python_that_is_none_is_named) {
    const char *const words[] = {"/bin/true: it does not run as Python", NULL};
    expect_refusal((ProgramPoolOptions){.python = "/bin/true"}, EMEND_NOT_FOUND, words);
}
END_TEST

START_TEST(a_missing_runner_is_named) {
    const char *const words[] = {"/nowhere/programs-runner: it cannot be started", NULL};
    expect_refusal((ProgramPoolOptions){.helper_dir = "/nowhere"}, EMEND_NOT_FOUND, words);
}
END_TEST

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return is_written;
}

/* This test's process goes where the kernel allows no further user namespace. */
START_TEST(missing_isolation_is_refused) {
    if (unshare(CLONE_NEWUSER) == 0 && !write_text("/proc/sys/user/max_user_namespaces", "0")) {
        ck_assert_msg(!can_isolate, "the limit of namespaces cannot be set");
    }
    const char *const words[] = {"namespaces", "untrusted programs run only where", "sysctl",
                                 "no sandbox in so many words", NULL};
    expect_refusal((ProgramPoolOptions){0}, EMEND_UNAVAILABLE, words);
    // And it is not made up for in silence: only the user's word does without.
    FakeHost fake;
    ProgramPool *pool = NULL;
    char message[512];
    fake_host_init(&fake);
    ck_assert_int_eq(subject_open(&fake, (ProgramPoolOptions){.is_unsafe = true, .n_workers = 1},
                                  &pool, message),
                     EMEND_OK);
    program_pool_close(pool);
}
END_TEST

int main(void) {
    can_isolate = subject_can_isolate();
    Suite *suite = suite_create("lifetime");
    TCase *life = tcase_create("life"), *refusal = tcase_create("refusal");
    tcase_set_timeout(life, 120);
    tcase_add_test(life, nothing_is_left_after_kill_9);
    tcase_add_test(life, nothing_is_left_after_close);
    tcase_add_test(life, a_runner_that_was_killed_is_started_again);
    tcase_add_test(life, an_interpreter_that_was_killed_is_started_again);
    tcase_add_test(life, a_thousand_programs_leave_nothing);
    tcase_add_test(refusal, a_missing_python_is_named);
    tcase_add_test(refusal, a_python_that_is_none_is_named);
    tcase_add_test(refusal, a_missing_runner_is_named);
    tcase_add_test(refusal, missing_isolation_is_refused);
    suite_add_tcase(suite, life);
    suite_add_tcase(suite, refusal);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
