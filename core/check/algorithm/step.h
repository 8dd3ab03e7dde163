/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_ALGORITHM_STEP_H
#define CHECK_ALGORITHM_STEP_H
/* One optimizer step as an algorithm sees it: eight sampled episodes of two turns in three groups,
 * or what the algorithm composes of them, with numbers of their own at every token. Inputs lie in
 * memory that cannot be written to, outputs in memory that ends where they end. */
#include "check/instance.h"
#include "emend/algorithm.h"

enum {
    STEP_SAMPLED = 8,   /* episodes */
    STEP_EPISODES = 32, /* at most, composed */
    STEP_TURNS = 4,     /* at most, composed */
    STEP_TOKENS = 4,    /* sampled in a turn, at most */
    STEP_FLOATS = STEP_TURNS * STEP_TOKENS
};

/* The numbers of a token, and the coefficients that go with them. */
enum { STEP_LOG_PROB, STEP_ENTROPY, STEP_KL, STEP_NUMBERS };

/* A turn before it is made. */
typedef struct StepTurn {
    uint64_t n_tokens; /* 0: it was given, not sampled */
    uint32_t state;
    double reward;
    bool has_sampler;
} StepTurn;

typedef struct StepEpisode {
    uint64_t group;
    int n_turns;
    StepTurn turns[STEP_TURNS];
} StepEpisode;

typedef struct Step {
    Kit *kit;
    const char *host; /* whose structs these are, for reports: "", " of a newer host" */
    EmendPlan plan;
    EmendTotals totals;
    bool is_composed;
    int n_episodes, n_turns[STEP_EPISODES];
    uint64_t group[STEP_EPISODES];
    char *episodes, *turns[STEP_EPISODES], *terms; /* growable structs, at their strides */
    uint32_t episode_stride, turn_stride, terms_stride;
    float *numbers[STEP_NUMBERS][STEP_EPISODES];      /* NULL where the plan has no need of it */
    float *coefficients[STEP_NUMBERS][STEP_EPISODES]; /* the same */
    float *old_log_probs[STEP_EPISODES];              /* a little off the log-probs now */
    float *reference_log_probs[STEP_EPISODES];        /* NULL unless planned */
    uint64_t n_tokens[STEP_EPISODES];                 /* of all turns */
} Step;

static inline const EmendAlgorithm *algorithm_of(const Instance *learner) {
    return learner->table;
}

/* What came of a step. */
typedef struct StepResult {
    double advantages[STEP_EPISODES][STEP_TURNS];
    float coefficients[STEP_NUMBERS][STEP_EPISODES][STEP_FLOATS];
} StepResult;

/* The step that the learner plans, its `number` (from 0) and rewards that follow from it. `extra`
 * bytes of poison behind each growable struct: of a newer host. A learner that composes its
 * episodes may make none. False: the kit was told. Memory lives as long as the process. */
bool step_init(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out);
/* NULL: the episode has no such turn. */
EmendTurn *step_turn(const Step *step, int episode, int turn);
/* The end of the group that begins with an episode. */
int step_group_end(const Step *step, int episode);
/* Where a turn's numbers begin among an episode's. */
uint64_t step_offset(const Step *step, int episode, int turn);

/* The same, where a call may fail: its status. */
EmendStatus step_try(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out);

/* What a learner composes of the sampled episodes: sources of n_turns[i] turns each. */
typedef struct StepComposed {
    Kit *kit;
    int n_episodes, n_turns[STEP_EPISODES];
    EmendSourceTurn turns[STEP_EPISODES][STEP_TURNS];
} StepComposed;
/* The kit is told of what is not as it must be. */
EmendStatus step_compose(const Step *sampled, Instance *learner, uint64_t seed, StepComposed *out);
/* The step before anything is composed. */
EmendStatus step_sample(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out);

/* The calls, with everything that is input sealed. `metrics` may be NULL. */
EmendStatus step_advantages(Step *step, Instance *learner, const EmendMetrics *metrics);
/* Of episodes [begin, end), whole groups; the coefficients are zeroed before. */
EmendStatus step_coefficients(Step *step, Instance *learner, int begin, int end,
                              const EmendMetrics *metrics);
/* Both, for all episodes in one call. False: the kit was told. */
bool step_run(Step *step, Instance *learner, StepResult *out);
StepResult step_result(const Step *step);

/* Takes what is reported as EMEND_METRIC_LOSS; ctx is a StepLoss. */
typedef struct StepLoss {
    double sum, weight;
} StepLoss;
EmendMetrics step_loss_metrics(StepLoss *loss);

#endif
