/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_ASKS_H
#define CHECK_BACKEND_ASKS_H
/* Requests for generate, each with room for what comes of it, and conversations made of them. */
#include "check/backend/rig.h"

enum { ASK_TOKENS = 32, ASK_NEW = 6 };

typedef struct Ask {
    EmendSampling sampling; /* points into the rest once it is asked */
    int32_t tokens[ASK_TOKENS];
    int32_t new_tokens[ASK_TOKENS];
    float log_probs[ASK_TOKENS];
} Ask;

/* Sequence `id` after `parent`: n tokens that follow from `seed`, ASK_NEW new ones at the shape's
 * temperature, from a stream that follows from the id. */
void ask_init(Ask *ask, const Shape *shape, uint64_t id, uint64_t parent, uint64_t seed,
              uint32_t n);

EmendSession *rig_session(Rig *rig, EmendModel *model);
EmendStatus rig_try_generate(Rig *rig, EmendSession *session, Ask *asks, size_t n);
bool rig_generate(Rig *rig, EmendSession *session, Ask *asks, size_t n);
/* The same with ids that end a sequence. */
bool rig_generate_until(Rig *rig, EmendSession *session, Ask *asks, size_t n, const int32_t *stops,
                        size_t n_stops);

enum { TALK_TURNS = 2 };

/* A conversation as it grows: every token read and sampled. */
typedef struct Talk {
    Ask turns[TALK_TURNS];
    int32_t tokens[ASK_TOKENS];
    uint32_t n_tokens, begin[TALK_TURNS];
} Talk;

/* n talks of different lengths and temperatures; 1 and 3 share their first prompt. */
void talks_init(Talk *talks, size_t n, const Shape *shape);
/* Samples every turn of n talks, each turn as one batch in the order given, in one session. */
bool talks_run(Rig *rig, EmendModel *model, Talk *const *talks, size_t n);

/* Whether two samplings of one request came out alike: bits where the backend is exact. Else the
 * kit is told, and `how` the second was had. */
bool asks_agree(Rig *rig, const Ask *first, const Ask *second, const char *remedy, const char *how);

#endif
