/* SPDX-License-Identifier: Apache-2.0 */
#include "check/algorithm/step.h"
#include "check/guard.h"
#include "check/random.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POISON = 0xA5, PROMPT_TOKENS = 2, MAX_TURN_TOKENS = 16 };

EmendTurn *step_turn(const Step *step, int episode, int turn) {
    return episode < step->n_episodes && turn < step->n_turns[episode]
               ? (EmendTurn *)(step->turns[episode] + (size_t)turn * step->turn_stride)
               : NULL;
}

int step_group_end(const Step *step, int episode) {
    int end = episode;
    while (end < step->n_episodes && step->group[end] == step->group[episode]) {
        end++;
    }
    return end;
}

uint64_t step_offset(const Step *step, int episode, int turn) {
    uint64_t offset = 0;
    for (int t = 0; t < turn; t++) {
        offset += step_turn(step, episode, t)->n_tokens;
    }
    return offset;
}

/* ---- making one ----------------------------------------------------------------------------- */

/* Growable structs with poison behind each. */
static char *structs(Kit *kit, const char *name, size_t n, uint32_t stride) {
    char *block = guard_take(kit, name, n * stride);
    memset(block, POISON, n * stride);
    return block;
}

/* Log-probs under another policy. */
static float *near_log_probs(const Step *step, int e, uint64_t begin, uint64_t n, const char *name,
                             uint64_t *random) {
    float *near = guard_take(step->kit, name, n * sizeof *near);
    for (uint64_t k = 0; k < n; k++) {
        float now = step->numbers[STEP_LOG_PROB][e][begin + k];
        near[k] = fminf(0.0f, now + 0.1f * (float)check_normal(random));
    }
    guard_seal(near, true);
    return near;
}

static void make_turns(Step *step, int e, const StepEpisode *from, uint64_t *random) {
    uint64_t begin = PROMPT_TOKENS, offset = 0;
    step->turns[e] = structs(step->kit, "turns", (size_t)from->n_turns, step->turn_stride);
    for (int t = 0; t < from->n_turns; t++) {
        const StepTurn *turn = &from->turns[t];
        const EmendTurn known = {
            .struct_size = step->turn_stride,
            .state = turn->state,
            .begin = begin,
            .n_tokens = turn->n_tokens,
            .sampler_log_probs = turn->has_sampler ? near_log_probs(step, e, offset, turn->n_tokens,
                                                                    "sampler_log_probs", random)
                                                   : NULL,
            .reward = turn->reward,
            .temperature = 1.0f};
        memcpy(step->turns[e] + (size_t)t * step->turn_stride, &known, sizeof known);
        begin += turn->n_tokens + 1;
        offset += turn->n_tokens;
    }
}

/* The numbers of one sort at an episode's tokens, and room for their coefficients. */
static void make_numbers(Step *step, int e, int number, uint64_t *random) {
    static const char *const names[][2] = {
        {"log_probs", "d_log_probs"}, {"entropies", "d_entropies"}, {"kls", "d_kls"}};
    static const uint32_t needs[] = {UINT32_MAX, EMEND_NEED_ENTROPY, EMEND_NEED_KL};
    size_t n_bytes = (size_t)step->n_tokens[e] * sizeof(float);
    if (!(step->plan.needs & needs[number]) && number != STEP_LOG_PROB) {
        return;
    }
    step->numbers[number][e] = guard_take(step->kit, names[number][0], n_bytes);
    step->coefficients[number][e] = guard_take(step->kit, names[number][1], n_bytes);
    for (uint64_t k = 0; k < step->n_tokens[e]; k++) {
        float x = 0.05f + fabsf((float)check_normal(random));
        step->numbers[number][e][k] = number == STEP_LOG_PROB ? -x : x;
    }
}

static int32_t *make_tokens(const Step *step, uint64_t n, uint64_t *random) {
    int32_t *tokens = guard_take(step->kit, "tokens", n * sizeof *tokens);
    for (uint64_t k = 0; k < n; k++) {
        tokens[k] = (int32_t)check_below(random, 30);
    }
    guard_seal(tokens, true);
    return tokens;
}

static void make_episode(Step *step, int e, const StepEpisode *from, uint64_t *random) {
    step->n_turns[e] = from->n_turns;
    step->group[e] = from->group;
    for (int t = 0; t < from->n_turns; t++) {
        step->n_tokens[e] += from->turns[t].n_tokens;
    }
    for (int i = 0; i < STEP_NUMBERS; i++) {
        make_numbers(step, e, i, random);
    }
    step->old_log_probs[e] = near_log_probs(step, e, 0, step->n_tokens[e], "old_log_probs", random);
    if (step->plan.needs & EMEND_NEED_REFERENCE) {
        step->reference_log_probs[e] =
            near_log_probs(step, e, 0, step->n_tokens[e], "reference_log_probs", random);
    }
    make_turns(step, e, from, random);
    uint64_t n = PROMPT_TOKENS + step->n_tokens[e] + (uint64_t)from->n_turns;
    const EmendEpisode episode = {
        .struct_size = step->episode_stride,
        .n_turns = (uint32_t)from->n_turns,
        .group = from->group,
        .n_tokens = n,
        .tokens = make_tokens(step, n, random),
        .turns = emend_span(step->turns[e], (uint64_t)from->n_turns, step->turn_stride)};
    const EmendTokenTerms terms = {
        .struct_size = step->terms_stride,
        .episode = (EmendEpisode *)(step->episodes + (size_t)e * step->episode_stride),
        .n_tokens = step->n_tokens[e],
        .log_probs = step->numbers[STEP_LOG_PROB][e],
        .entropies = step->numbers[STEP_ENTROPY][e],
        .kls = step->numbers[STEP_KL][e],
        .d_log_probs = step->coefficients[STEP_LOG_PROB][e],
        .d_entropies = step->coefficients[STEP_ENTROPY][e],
        .d_kls = step->coefficients[STEP_KL][e],
        .old_log_probs = step->old_log_probs[e],
        .reference_log_probs = step->reference_log_probs[e]};
    memcpy(step->episodes + (size_t)e * step->episode_stride, &episode, sizeof episode);
    memcpy(step->terms + (size_t)e * step->terms_stride, &terms, sizeof terms);
    step->totals.n_tokens += step->n_tokens[e];
}

static void make_step(Step *step, const StepEpisode *episodes, int n, uint64_t random) {
    step->n_episodes = n;
    step->totals.n_episodes = (uint64_t)n;
    step->episodes = structs(step->kit, "episodes", (size_t)n, step->episode_stride);
    step->terms = structs(step->kit, "terms", (size_t)n, step->terms_stride);
    for (int e = 0; e < n; e++) {
        make_episode(step, e, &episodes[e], &random);
    }
}

/* ---- what is sampled ------------------------------------------------------------------------- */

/* Eight episodes in groups of 3, 3 and 2. The last one's first turn was given. */
static void fill_sampled(StepEpisode *episodes, bool is_rollout, uint64_t number) {
    static const double rewards[] = {1, 0, 0.25, -0.5, 1, 1, 0, 2, 0.75};
    enum { N_REWARDS = sizeof rewards / sizeof *rewards, GROUP = 3, TURNS = 2 };
    for (int e = 0; e < STEP_SAMPLED; e++) {
        episodes[e] = (StepEpisode){.group = 40 + (uint64_t)(e / GROUP), .n_turns = TURNS};
        for (int t = 0; t < TURNS; t++) {
            bool is_given = e == STEP_SAMPLED - 1 && t == 0;
            bool is_rewarded = is_rollout && !is_given;
            episodes[e].turns[t] = (StepTurn){
                .n_tokens = is_given ? 0 : 1 + (uint64_t)(e + 2 * t) % STEP_TOKENS,
                .state = is_rewarded ? EMEND_TURN_REWARDED : EMEND_TURN_UNREWARDED,
                .reward =
                    is_rewarded ? rewards[((uint64_t)(e * TURNS + t) + number) % N_REWARDS] : 0.0,
                .has_sampler = is_rollout};
        }
    }
}

static Step step_empty(Kit *kit, uint64_t number, uint32_t extra) {
    return (Step){.kit = kit,
                  .host = extra > 0 ? " of a newer host's episodes" : "",
                  .plan = {.struct_size = sizeof(EmendPlan), .n_updates = 1},
                  .totals = {.max_turn_tokens = MAX_TURN_TOKENS, .step = number},
                  .episode_stride = (uint32_t)sizeof(EmendEpisode) + extra,
                  .turn_stride = (uint32_t)sizeof(EmendTurn) + extra,
                  .terms_stride = (uint32_t)sizeof(EmendTokenTerms) + extra};
}

EmendStatus step_sample(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out) {
    StepEpisode episodes[STEP_SAMPLED];
    *out = step_empty(kit, number, extra);
    kit_enter(kit, "plan");
    EmendStatus status =
        algorithm_of(learner)->plan(learner->self, number, &out->plan, instance_err(learner));
    if (status == EMEND_OK) {
        fill_sampled(episodes, out->plan.episodes == EMEND_EPISODES_ROLLOUT, number);
        make_step(out, episodes, STEP_SAMPLED, kit_seed(kit) * 77 + number);
    }
    return status;
}

/* ---- what is composed ------------------------------------------------------------------------ */

static int32_t put_composed(void *ctx, uint32_t field, const void *data, uint64_t len) {
    StepComposed *composed = ctx;
    uint64_t n = len / sizeof(EmendSourceTurn);
    if (field != 0 || len % sizeof(EmendSourceTurn) != 0 || n == 0) {
        kit_fail(composed->kit, "put each episode as one array of EmendSourceTurn under field 0",
                 "compose puts %llu bytes under field %u; they must be a whole number of turns, of "
                 "%zu bytes each, one or more",
                 (unsigned long long)len, field, sizeof(EmendSourceTurn));
        return EMEND_INVALID_ARGUMENT;
    }
    if (composed->n_episodes == STEP_EPISODES || n > STEP_TURNS) {
        return EMEND_OK; // more than is looked at here
    }
    memcpy(composed->turns[composed->n_episodes], data, len);
    composed->n_turns[composed->n_episodes++] = (int)n;
    return EMEND_OK;
}

/* What is wrong with a composed episode, or NULL. */
static const char *wrong_with(const Step *sampled, const EmendSourceTurn *turns, int n,
                              uint64_t group_before) {
    bool is_learned = false;
    for (int t = 0; t < n; t++) {
        const EmendTurn *source =
            turns[t].episode < STEP_SAMPLED && turns[t].turn < STEP_TURNS
                ? step_turn(sampled, (int)turns[t].episode, (int)turns[t].turn)
                : NULL;
        if (!source) {
            return "names an episode or a turn that is not there";
        }
        if (sampled->group[turns[t].episode] != sampled->group[turns[0].episode]) {
            return "has turns of different groups";
        }
        if (!turns[t].is_context && source->n_tokens == 0) {
            return "would learn a turn that nobody sampled";
        }
        is_learned |= !turns[t].is_context;
    }
    if (sampled->group[turns[0].episode] < group_before) {
        return "is of a group that comes before that of the episode put before it";
    }
    return is_learned ? NULL : "has only context to learn from";
}

EmendStatus step_compose(const Step *sampled, Instance *learner, uint64_t seed, StepComposed *out) {
    Kit *kit = sampled->kit;
    uint64_t group = 0;
    const EmendSink sink = {.struct_size = sizeof sink, .ctx = out, .put = put_composed};
    *out = (StepComposed){.kit = kit};
    kit_enter(kit, "compose");
    EmendStatus status = algorithm_of(learner)->compose(
        learner->self, emend_span(sampled->episodes, STEP_SAMPLED, sampled->episode_stride), seed,
        &sink, instance_err(learner));
    for (int e = 0; e < out->n_episodes && status == EMEND_OK && !kit_is_over(kit); e++) {
        const char *wrong = wrong_with(sampled, out->turns[e], out->n_turns[e], group);
        if (wrong) {
            kit_fail(kit, "compose sampled turns of one group, groups in the order they have",
                     "composed episode %d %s", e, wrong);
        } else {
            group = sampled->group[out->turns[e][0].episode];
        }
    }
    return status;
}

/* The step of what is composed, of the same plan and strides. */
static void make_composed(Step *step, const Step *sampled, const StepComposed *composed) {
    StepEpisode episodes[STEP_EPISODES];
    for (int e = 0; e < composed->n_episodes; e++) {
        const EmendSourceTurn *sources = composed->turns[e];
        episodes[e] = (StepEpisode){.group = sampled->group[sources[0].episode],
                                    .n_turns = composed->n_turns[e]};
        for (int t = 0; t < composed->n_turns[e]; t++) {
            const EmendTurn *from =
                step_turn(sampled, (int)sources[t].episode, (int)sources[t].turn);
            episodes[e].turns[t] =
                (StepTurn){.n_tokens = sources[t].is_context ? 0 : from->n_tokens,
                           .state = from->state,
                           .reward = from->reward};
        }
    }
    make_step(step, episodes, composed->n_episodes, kit_seed(step->kit) * 77 + 7);
}

EmendStatus step_try(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out) {
    StepComposed composed;
    EmendStatus status = step_sample(kit, learner, number, extra, out);
    if (status != EMEND_OK || !EMEND_HAS(EmendAlgorithm, algorithm_of(learner), compose) ||
        out->plan.episodes != EMEND_EPISODES_ROLLOUT) {
        return status;
    }
    Step sampled = *out;
    status = step_compose(&sampled, learner, number, &composed);
    if (status == EMEND_OK && !kit_is_over(kit)) {
        *out = step_empty(kit, number, extra);
        out->plan = sampled.plan;
        out->is_composed = true;
        make_composed(out, &sampled, &composed);
    }
    return status;
}

bool step_init(Kit *kit, Instance *learner, uint64_t number, uint32_t extra, Step *out) {
    return instance_ok(learner, "plan or compose", step_try(kit, learner, number, extra, out)) &&
           !kit_is_over(kit);
}

/* ---- running one ---------------------------------------------------------------------------- */

static void seal(Step *step, bool is_sealed, bool with_turns) {
    guard_seal(step->episodes, is_sealed);
    guard_seal(step->terms, is_sealed);
    for (int e = 0; e < step->n_episodes; e++) {
        guard_seal(step->turns[e], is_sealed && with_turns);
        for (int i = 0; i < STEP_NUMBERS; i++) {
            if (step->numbers[i][e]) {
                guard_seal(step->numbers[i][e], is_sealed);
            }
        }
    }
}

static void enter(const Step *step, const char *call) {
    char operation[96];
    snprintf(operation, sizeof operation, "%s%s", call, step->host);
    kit_enter(step->kit, operation);
}

EmendStatus step_advantages(Step *step, Instance *learner, const EmendMetrics *metrics) {
    for (int e = 0; e < step->n_episodes; e++) {
        for (int t = 0; t < step->n_turns[e]; t++) {
            step_turn(step, e, t)->advantage = (double)NAN;
        }
    }
    if (step->n_episodes == 0) {
        return EMEND_OK; // nothing was composed: the step changes nothing
    }
    enter(step, "advantages");
    seal(step, true, false);
    EmendStatus status = algorithm_of(learner)->advantages(
        learner->self, emend_span(step->episodes, (uint64_t)step->n_episodes, step->episode_stride),
        &step->totals, metrics, instance_err(learner));
    seal(step, false, false);
    return status;
}

EmendStatus step_coefficients(Step *step, Instance *learner, int begin, int end,
                              const EmendMetrics *metrics) {
    for (int e = begin; e < end; e++) {
        for (int i = 0; i < STEP_NUMBERS; i++) {
            if (step->coefficients[i][e]) {
                memset(step->coefficients[i][e], 0, step->n_tokens[e] * sizeof(float));
            }
        }
    }
    if (begin == end) {
        return EMEND_OK;
    }
    enter(step, "coefficients");
    seal(step, true, true);
    EmendStatus status = algorithm_of(learner)->coefficients(
        learner->self,
        emend_span(step->terms + (size_t)begin * step->terms_stride, (uint64_t)(end - begin),
                   step->terms_stride),
        &step->totals, metrics, instance_err(learner));
    seal(step, false, true);
    return status;
}

StepResult step_result(const Step *step) {
    StepResult result;
    memset(&result, 0, sizeof result);
    for (int e = 0; e < step->n_episodes; e++) {
        for (int t = 0; t < step->n_turns[e]; t++) {
            result.advantages[e][t] = step_turn(step, e, t)->advantage;
        }
        for (int i = 0; i < STEP_NUMBERS; i++) {
            if (step->coefficients[i][e]) {
                memcpy(result.coefficients[i][e], step->coefficients[i][e],
                       step->n_tokens[e] * sizeof(float));
            }
        }
    }
    return result;
}

bool step_run(Step *step, Instance *learner, StepResult *out) {
    bool is_done = instance_ok(learner, "advantages", step_advantages(step, learner, NULL)) &&
                   instance_ok(learner, "coefficients",
                               step_coefficients(step, learner, 0, step->n_episodes, NULL));
    *out = step_result(step);
    return is_done;
}

static void add_loss(void *ctx, const char *name, double sum, double weight) {
    StepLoss *loss = ctx;
    if (strncmp(name, EMEND_METRIC_LOSS, 63) == 0) {
        loss->sum += sum;
        loss->weight += weight;
    }
}

EmendMetrics step_loss_metrics(StepLoss *loss) {
    return (EmendMetrics){.struct_size = sizeof(EmendMetrics), .ctx = loss, .add = add_loss};
}
