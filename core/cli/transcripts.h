/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TRANSCRIPTS_H
#define CLI_TRANSCRIPTS_H
/* Episodes of a run for people to read, from what the jsonl tracker wrote. */
#include <stddef.h>
#include <stdio.h>

/* Prints up to n transcripts of the last evaluation in RUN/metrics.jsonl, those first whose answer
 * changed. Prints nothing where there are none. */
void transcripts_print(FILE *out, const char *run_dir, size_t n);

#endif
