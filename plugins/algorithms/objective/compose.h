/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_COMPOSE_H
#define OBJECTIVE_COMPOSE_H
/* Episodes made of attempts that were sampled: which are right, which of many are taken, and how
 * they are put. */
#include "emend/algorithm.h"
#include "emend/random.h"
#include "groups.h"
#include "instance.h"

/* What a sampled turn's reward says. */
typedef enum Verdict {
    VERDICT_NONE = 0, /* no reward: neither */
    VERDICT_WRONG,
    VERDICT_RIGHT
} Verdict;

/* Of turn t of episode i: right where its reward is above `right_above`. A turn that does not exist
 * has none. */
Verdict verdict_of(EmendSpan episodes, uint64_t i, uint32_t t, double right_above);

/* Draws for one group of a step. */
typedef struct Draws {
    EmendRandomKey key;
    uint32_t n; /* drawn so far */
} Draws;

Draws draws_for(uint64_t seed, uint32_t group);
/* Below bound > 0. */
uint32_t draw_below(Draws *draws, uint32_t bound);

/* Keeps at most `limit` of n indices, drawn without replacement, in their order. Returns how many.
 */
uint32_t draw_some(Draws *draws, uint32_t *indices, uint32_t n, uint32_t limit);

/* Hands one composed episode over. */
EmendStatus compose_put(const EmendSink *composed, const EmendSourceTurn *turns, uint32_t n_turns,
                        const char *algorithm, EmendError *err);

/* Two lists of attempts of a group, of room for all in it. Attempt `a` is turn a % n_turns (from 0)
 * of the group's episode a / n_turns. */
typedef struct Picks {
    uint32_t *of[2];
    uint32_t n[2];
    uint32_t n_turns; /* of the longest episode of the step */
} Picks;

/* Room for the largest group of the span; rewards must be finite. */
EmendStatus picks_init(Picks *picks, EmendSpan episodes, const AlgorithmBase *base,
                       EmendError *err);
void picks_finish(Picks *picks, const AlgorithmBase *base);

/* Refuses what cannot be right of the fields right_above, per_problem, updates_per_rollout and all
 * enums, naming the field. */
EmendStatus compose_config_check(const ProtobufCMessage *config, EmendError *err);

#endif
