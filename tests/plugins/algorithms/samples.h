/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H
/* Hand-made samples of a few prompts, for algorithms that compose their episodes of them, and what
 * comes out, as a line of text. */
#include "emend/algorithm.h"
#include "subject.h"

enum { SAMPLES_MAX = 12, SAMPLES_TURNS = 3 };

typedef struct Samples {
    EmendTurn turns[SAMPLES_MAX][SAMPLES_TURNS];
    EmendEpisode episodes[SAMPLES_MAX];
    int n;
} Samples;

/* One word a sample, one letter a turn: r right (reward 1), w wrong (0), u without a reward, x left
 * out, g given; a digit is a reward of its own. `|` begins another prompt: "wr rr | ww". Two tokens
 * a sampled turn. */
Samples samples_of(const char *text);
EmendSpan samples_span(const Samples *samples);

/* What `compose` makes of them: "0:1c 2:2;" is an episode of turn 1 of sample 0 as context and turn
 * 2 of sample 2. Holds until the next call. */
const char *samples_compose(const Samples *samples, Subject *algorithm, uint64_t seed);

#endif
