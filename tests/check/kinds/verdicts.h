/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CHECK_KINDS_VERDICTS_H
#define TESTS_CHECK_KINDS_VERDICTS_H
/* What the kit says of a package, as assertions. */

/* Runs the tests that `only` names ("reward.*@good") on the package in `dir`; every one must pass
 * or not apply. */
void assert_passes(const char *dir, const char *only);

typedef struct Caught {
    const char *only; /* "backend.forward@kl_backwards": one test, one component */
    unsigned level;
    const char *text; /* in what was found */
} Caught;

/* Runs the test, which must fail, at its level, with the text in what was found and a remedy. */
void assert_caught(const char *dir, const Caught *caught);

#endif
