/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CODING_SUBJECT_H
#define TESTS_CODING_SUBJECT_H
/* A task whose answers are programs, under test, with a folder of its own for files. */
#include "emend/task.h"
#include "subject.h"

#include <check.h>
#include <stdbool.h>

extern Subject subject;
extern char folder[64];

/* Opens the plugin emend.tasks.NAME; makes the folder. Undone by the other. */
void coding_open(const char *name);
void coding_close(void);

/* A path in the folder: static storage for 8 of them. */
char *path_of(const char *name);
char *write_text(const char *name, const char *text);
/* What a file of the folder holds; static storage. */
const char *read_text(const char *name);
/* $EMEND_SHARED/data/NAME, or NULL where there is none. Static storage for 8 of them. */
char *published(const char *name);

const EmendTask *task(void);
uint64_t open_ok(const char *name, uint32_t *split);
void assert_no_split(const char *name, const char *message);
void get_problem(const char *split, uint64_t index, Puts *puts);
void assert_prompt(const char *split, uint64_t index, const char *prompt);
/* The attempt the problem gives; NULL: none. */
void assert_attempt(const char *split, uint64_t index, const char *attempt);
void assert_instruction(const char *text);
void assert_message(const char *part);
/* What was logged: "<level> <text>\n" each. */
const char *logged(void);

/* Grades a response to a problem. */
EmendStatus grade(const char *split, uint64_t index, uint32_t turn, const char *response,
                  EmendScore *score, Puts *puts);
/* The same, which must give a value; *reason is static storage. */
double grade_ok(const char *split, uint64_t index, const char *response, const char **reason);

/* A record of two fields; both types are EMEND_RECORD_*. */
EmendStatus grade_record(const char *task_id, uint32_t id_type, const char *name, const char *value,
                         uint32_t type, Puts *puts);
/* A record with a task_id and a completion, both strings; its verdict, static storage. */
const char *verdict_of(const char *task_id, const char *completion);
const char *totals(void);

/* Runs a suite in a fixture; what main() returns. */
int run_suite(const char *name, TCase *tcase, void (*set_up)(void), void (*tear_down)(void));

#endif
