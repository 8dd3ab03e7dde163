/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_REQUEST_H
#define PROGRAMS_REQUEST_H
/* A test as it goes to the runner. */
#include "programs.h"

/* True where a program is refused unseen: it is larger than any answer. The result then says so. */
bool request_refuses(const ProgramTest *test, ProgramResult *result);
/* The tests as checker.py reads them: count_all, counts, then texts, each after its length: setup,
 * parted, tests, names. Until request_free(). */
EmendStatus request_pack(const EmendHost *host, const ProgramTest *test, EmendBytes *out,
                         EmendError *err);
void request_free(const EmendHost *host, EmendBytes tests);

#endif
