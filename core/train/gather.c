/* SPDX-License-Identifier: Apache-2.0 */
#include "train/gather.h"
#include "train/clock.h"
#include "train/draw.h"
#include "train/score.h"
#include "train/settings.h"
#include "train/tally.h"
#include <stdlib.h>
#include <string.h>

/* Keys of first attempts by another policy, beside those of the policy's own episodes. */
#define FIRST_ATTEMPTS_EPISODE (1u << 31)

void gathered_finish(Gathered *gathered) {
    trajectories_destroy(gathered->trajectories, gathered->n);
    for (size_t i = 0; i < gathered->n_problems; i++) {
        problem_finish(&gathered->problems[i]);
    }
    free(gathered->problems);
    *gathered = (Gathered){0};
}

// Room for every round's problems: episodes point at them.
static EmendStatus problems_reserve(const Stage *stage, Gathered *out, EmendError *err) {
    const Emend__Rollout *rollout = stage_rollout(stage->recipe);
    size_t n = (size_t)rollout->prompts_per_step * rollout->dynamic_sampling_rounds;
    out->problems = calloc(n, sizeof *out->problems);
    return out->problems ? EMEND_OK
                         : emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu problems", n);
}

static EmendStatus draw(Stage *stage, size_t n, Gathered *out, uint64_t *n_too_long,
                        EmendError *err) {
    EmendStatus status = draw_problems(stage->engine, &stage->order, stage_rollout(stage->recipe),
                                       stage->max_positions, &out->cursor,
                                       out->problems + out->n_problems, n, n_too_long, err);
    out->n_problems += status == EMEND_OK ? n : 0;
    return status;
}

static RolloutSettings rollout_settings(const Stage *stage, const Emend__RunState *state) {
    const Emend__Rollout *rollout = stage_rollout(stage->recipe);
    return (RolloutSettings){.n_turns = rollout->n_turns,
                             .samples_per_prompt = rollout->samples_per_prompt,
                             .second_attempts = rollout->second_attempts,
                             .max_response_tokens = rollout->max_response_tokens,
                             .temperature = (float)rollout->temperature,
                             .top_p = (float)rollout->top_p,
                             .top_k = rollout->top_k,
                             .key = {.seed = stage->engine->recipe->message->seed,
                                     .step = (uint32_t)state->step,
                                     .purpose = EMEND_RANDOM_SAMPLING}};
}

/* One round of sampling. */
typedef struct Round {
    const Problem *problems;
    size_t n_problems;
    RolloutSettings settings;
    Trajectory *first_attempts; /* by another policy */
    Trajectory *trajectories;
    size_t n;
} Round;

static void round_finish(Round *round) {
    trajectories_destroy(round->first_attempts, round->settings.n_first_attempts);
    trajectories_destroy(round->trajectories, round->n);
    *round = (Round){0};
}

static EmendStatus sample_first_attempts(Stage *stage, Round *round, EmendError *err) {
    const Emend__FirstAttempts *given = stage_rollout(stage->recipe)->first_attempts;
    size_t n = given ? (size_t)(given->share * (double)round->n_problems) : 0;
    if (n == 0) {
        return EMEND_OK;
    }
    EmendModel *model = NULL;
    RolloutSettings settings = round->settings;
    settings.n_turns = settings.samples_per_prompt = settings.second_attempts = 1;
    settings.first_episode += FIRST_ATTEMPTS_EPISODE;
    settings.grading = NULL;
    EmendStatus status = stage_policy_of(stage, given->policy, &model, err);
    if (status == EMEND_OK) {
        round->settings.n_first_attempts = n;
        status = rollout_run(stage->engine, model, round->problems, n, &settings,
                             &round->first_attempts, err);
        round->settings.first_attempts = round->first_attempts;
    }
    return status;
}

static EmendStatus sample(Stage *stage, Round *round, EmendError *err) {
    const char *of = stage_rollout(stage->recipe)->policy;
    EmendModel *model = stage->policy;
    EmendStatus status = of ? stage_policy_of(stage, of, &model, err) : EMEND_OK;
    if (status == EMEND_OK) {
        status = sample_first_attempts(stage, round, err);
    }
    if (status == EMEND_OK) {
        round->n = rollout_n_episodes(&round->settings, round->n_problems);
        status = rollout_run(stage->engine, model, round->problems, round->n_problems,
                             &round->settings, &round->trajectories, err);
    }
    return status;
}

static EmendStatus reward(Stage *stage, const Emend__RunState *state, Round *round, Gathered *out,
                          EmendError *err) {
    EmendStatus status = grading_settle(round->settings.grading, &out->counts, err);
    if (status == EMEND_OK) {
        uint64_t seed = stage->engine->recipe->message->seed ^ (state->step << 20);
        status = score_reward(stage->rewards, stage->n_rewards, seed, round->trajectories, round->n,
                              &out->counts, err);
    }
    return status;
}

static EmendStatus run_round(Stage *stage, const Emend__RunState *state, Round *round,
                             Gathered *out, EmendError *err) {
    double at = seconds_now();
    RolloutSettings *settings = &round->settings;
    EmendStatus status =
        grading_open(stage->engine, rollout_n_episodes(settings, round->n_problems),
                     settings->n_turns, &settings->grading, err);
    if (status == EMEND_OK) {
        status = sample(stage, round, err);
    }
    out->rollout_seconds += seconds_now() - at;
    at = seconds_now();
    if (status == EMEND_OK) {
        status = reward(stage, state, round, out, err);
    }
    grading_close(settings->grading);
    out->reward_seconds += seconds_now() - at;
    return status;
}

static size_t group_end(const Round *round, size_t begin) {
    size_t end = begin + 1;
    while (end < round->n && round->trajectories[end].group == round->trajectories[begin].group) {
        end++;
    }
    return end;
}

// Whether a baseline over the group leaves something: rewards of one turn differ.
static bool differs(const Trajectory *group, size_t n) {
    for (uint32_t t = 0; t < group[0].n_turns; t++) {
        const TrajectoryTurn *first = NULL;
        for (size_t i = 0; i < n; i++) {
            const TrajectoryTurn *turn = &group[i].turns[t];
            if (turn->state != EMEND_TURN_REWARDED) {
                continue;
            }
            if (first && turn->reward != first->reward) {
                return true;
            }
            first = turn;
        }
    }
    return false;
}

// Moves groups of a round behind those there are, up to n_max, and numbers them anew; those that
// stay behind are dropped with the round.
static size_t take_groups(Round *round, Gathered *out, size_t n_max, bool must_differ) {
    size_t n_taken = 0;
    for (size_t begin = 0; begin < round->n && n_taken < n_max;) {
        size_t end = group_end(round, begin), n = end - begin;
        if (round->trajectories[begin].tokens &&
            (!must_differ || differs(&round->trajectories[begin], n))) {
            memcpy(out->trajectories + out->n, round->trajectories + begin,
                   n * sizeof *out->trajectories);
            memset(round->trajectories + begin, 0, n * sizeof *out->trajectories);
            for (size_t i = 0; i < n; i++) {
                out->trajectories[out->n++].group = out->n_groups;
            }
            out->n_groups++;
            n_taken++;
        }
        begin = end;
    }
    return n_taken;
}

// Draws and samples until enough groups differ or the rounds are over; the last round fills up.
static EmendStatus sample_until_enough(Stage *stage, const Emend__RunState *state, Gathered *out,
                                       uint64_t *n_too_long, MetricSet *metrics, EmendError *err) {
    const Emend__Rollout *rollout = stage_rollout(stage->recipe);
    uint32_t n_rounds = rollout->dynamic_sampling_rounds;
    size_t n_missing = rollout->prompts_per_step, n_differ = 0, n_sampled = 0;
    for (uint32_t i = 0; n_missing > 0 && i < n_rounds; i++) {
        Round round = {.problems = out->problems + out->n_problems, .n_problems = n_missing};
        round.settings = rollout_settings(stage, state);
        round.settings.first_group = (uint32_t)out->n_problems;
        round.settings.first_episode =
            (uint32_t)rollout_n_episodes(&round.settings, out->n_problems);
        EmendStatus status = draw(stage, n_missing, out, n_too_long, err);
        if (status == EMEND_OK) {
            status = run_round(stage, state, &round, out, err);
        }
        if (status == EMEND_OK) {
            n_sampled += n_missing;
            size_t n = n_rounds > 1 ? take_groups(&round, out, n_missing, true) : 0;
            n_differ += n;
            n_missing -= n;
            if (i + 1 == n_rounds) {
                n_missing -= take_groups(&round, out, n_missing, false);
            }
        }
        round_finish(&round);
        if (status != EMEND_OK) {
            return status;
        }
    }
    if (n_rounds > 1) {
        metrics_set(metrics, (double)n_sampled, "dynamic_sampling/n_groups");
        metrics_set(metrics, (double)n_differ / (double)n_sampled, "dynamic_sampling/pass_rate");
    }
    return EMEND_OK;
}

EmendStatus gather_rollouts(Stage *stage, const Emend__RunState *state, MetricSet *metrics,
                            Gathered *out, EmendError *err) {
    const Emend__Rollout *rollout = stage_rollout(stage->recipe);
    RolloutSettings settings = rollout_settings(stage, state);
    size_t n = rollout_n_episodes(&settings, rollout->prompts_per_step);
    uint64_t n_too_long = 0;
    *out = (Gathered){.cursor = state->problem_cursor};
    EmendStatus status = problems_reserve(stage, out, err);
    if (status == EMEND_OK) {
        out->trajectories = calloc(n, sizeof *out->trajectories);
        status = out->trajectories
                     ? sample_until_enough(stage, state, out, &n_too_long, metrics, err)
                     : emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu episodes", n);
    }
    metrics_set(metrics, (double)n_too_long, "prompts_too_long");
    return status;
}

EmendStatus gather_demonstrations(Stage *stage, const Emend__RunState *state, MetricSet *metrics,
                                  Gathered *out, EmendError *err) {
    const Emend__Rollout *rollout = stage_rollout(stage->recipe);
    uint64_t run_seed = stage->engine->recipe->message->seed, n_too_long = 0;
    double at = seconds_now();
    *out = (Gathered){.cursor = state->problem_cursor};
    EmendStatus status = problems_reserve(stage, out, err);
    if (status == EMEND_OK) {
        status = draw(stage, rollout->prompts_per_step, out, &n_too_long, err);
    }
    if (status == EMEND_OK) {
        uint64_t seed =
            (run_seed << 32 | run_seed >> 32) + state->problem_cursor * rollout->samples_per_prompt;
        status = draw_demonstrations(stage->engine, out->problems, rollout->prompts_per_step,
                                     rollout, seed, &out->trajectories, err);
    }
    if (status == EMEND_OK) {
        out->n = (size_t)rollout->prompts_per_step * rollout->samples_per_prompt;
    }
    out->rollout_seconds = seconds_now() - at;
    metrics_set(metrics, (double)n_too_long, "prompts_too_long");
    return status;
}
