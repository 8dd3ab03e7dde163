/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_E2E_RUNS_H
#define TESTS_E2E_RUNS_H
/* Run folders: made with the moment of a kill chosen, and compared bit for bit. */
#include "child.h"

/* Runs `emend run RECIPE --out DIR WORD...`; the extra words end with NULL. moment: see moment.c;
 * NULL: nothing happens. */
Child run_recipe(const char *recipe, const char *dir, const char *moment, const char *const *words);
/* Runs the fixture "tiny" (to its end, where no moment is given). */
Child run_tiny(const char *dir, const char *moment, bool is_resumed);
/* How many of the calls a whole run of "tiny" makes. */
long count_moments(const char *calls);

/* Two finished runs hold the same: policies, optimizers, state, and metrics, but for times. what:
 * names the case in a failure. */
void runs_are_equal(const char *a, const char *b, const char *what);
/* Every policy in stages/ has the same bytes. */
bool policies_are_equal(const char *a, const char *b);
/* metrics.jsonl of both hold the same records, but for times. */
void metrics_are_equal(const char *a, const char *b, const char *what);
/* The files of a policy have the same bytes. */
bool files_are_equal(const char *a, const char *b);
/* The newest checkpoint's folder name, static storage; NULL where there is none. */
const char *newest_checkpoint(const char *dir);

#endif
