/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ARITHMETIC_SUBJECT_H
#define TESTS_ARITHMETIC_SUBJECT_H
/* The arithmetic task under test: its calls, each of which fails the test where the task refuses,
 * and what its default texts mean, worked out again. */
#include "arithmetic/config.pb-c.h"
#include "emend/task.h"
#include "subject.h"

#include <stdbool.h>
#include <stdint.h>

typedef Emend__Tasks__Arithmetic__Config Config;
typedef Emend__Tasks__Arithmetic__Family Family;
#define CONFIG_INIT EMEND__TASKS__ARITHMETIC__CONFIG__INIT
#define FAMILY_INIT EMEND__TASKS__ARITHMETIC__FAMILY__INIT

enum { N_KINDS = 4 };

void arithmetic_open(Subject *subject);
/* The task's table; borrowed. */
const EmendTask *arithmetic_task(const Subject *subject);

/* A config with one family, which it borrows through `list`. */
Config arithmetic_config_of(Family *family, Family **list);
/* May be refused: the subject's message says why. */
EmendStatus arithmetic_create(Subject *subject, const Config *config);
void arithmetic_create_ok(Subject *subject, const Config *config);

/* Opens a split, which has to be endless, by name. */
uint32_t arithmetic_split(Subject *subject, const char *name);
/* Adds a problem's texts to `puts`, where id, prompt and reference have to be. */
void arithmetic_problem(Subject *subject, uint32_t split, uint64_t index, Puts *puts);
/* Adds one text a turn to `puts`. */
void arithmetic_demonstration(Subject *subject, uint32_t split, uint64_t index, uint64_t seed,
                              uint32_t n_turns, Puts *puts);

EmendScore arithmetic_grade_args(Subject *subject, const char *reference, EmendStr response,
                                 bool is_truncated, Puts *puts);
/* The value of a whole response that can be graded. */
double arithmetic_grade(Subject *subject, const char *reference, const char *response);

/* Reads the numbers of a text, with any of `between` after each; returns how many. */
int arithmetic_numbers(const char *text, const char *between, int64_t *numbers, int capacity);
/* An attempt answers its prompt; both are in a default text. */
bool arithmetic_means_right(const char *prompt, const char *attempt);

#endif
