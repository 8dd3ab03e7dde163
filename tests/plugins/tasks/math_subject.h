/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MATH_SUBJECT_H
#define TESTS_MATH_SUBJECT_H
/* The task "math" under test, with a folder of its own for files, and what it says. */
#include "emend/task.h"
#include "math/config.pb-c.h"
#include "subject.h"

#include <check.h>
#include <stdbool.h>

typedef Emend__Tasks__Math__Config Config;
#define CONFIG_INIT EMEND__TASKS__MATH__CONFIG__INIT

extern Subject subject;
/* The folder, and the paths train.jsonl and test.jsonl in it. */
extern char folder[64], train_path[128], test_path[128];

/* A fixture: the plugin opened, and two files of our own problems; all gone afterwards. */
void math_set_up(void);
void math_tear_down(void);

/* Writes a file in the folder, and the folders on its way. The path is static storage. */
const char *write_bytes(const char *name, const char *bytes, size_t n);
const char *write_text(const char *name, const char *text);

EmendStatus create(const Config *config);
void create_ok(const Config *config);
Config both_files(void);
/* Two files with these texts. */
Config files_of(const char *train, const char *test);

const EmendTask *task(void);
EmendStatus open_split(const char *name, uint32_t *split, uint64_t *count);
uint64_t open_ok(const char *name, uint32_t *split);
void get_problem(uint32_t split, uint64_t index, Puts *puts);
void get_demonstration(uint32_t split, uint64_t index, uint32_t n_turns, Puts *puts);
/* The references of a split's problems, or another field, each with a space behind it. Static
 * storage, until the next call. */
const char *field_of_all(const char *name, uint32_t field);

/* Grades; puts may be NULL. */
EmendScore grade_with(const EmendGradeArgs *args, Puts *puts);
EmendScore grade(EmendStr reference, EmendStr response, bool is_truncated, Puts *puts);
double grade_text(const char *reference, const char *response, bool is_truncated);

/* Fails the test unless the last error says this, in one line. */
void assert_message(const char *part);
/* What was logged since the log was cleared: "<level> <text>\n" each. */
const char *logged(void);
void log_clear(void);
void assert_logged(const char *part);

/* Runs a suite of test cases in this fixture; what main() returns. */
int run_suite(const char *name, TCase *const *tcases, int n);

#endif
