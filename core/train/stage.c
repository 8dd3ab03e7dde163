/* SPDX-License-Identifier: Apache-2.0 */
#include "train/stage.h"
#include "train/buffer.h"
#include "train/clock.h"
#include "train/compose.h"
#include "train/folder.h"
#include "train/gather.h"
#include "train/settings.h"
#include "train/tally.h"
#include "train/update.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus open_rewards(Stage *stage, EmendError *err) {
    stage->rewards = calloc(stage->recipe->n_reward + 1, sizeof *stage->rewards);
    if (!stage->rewards) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu rewards",
                          stage->recipe->n_reward);
    }
    for (size_t i = 0; i < stage->recipe->n_reward; i++) {
        EmendStatus status = engine_component(stage->engine, EMEND_KIND_REWARD,
                                              stage->recipe->reward[i], &stage->rewards[i], err);
        if (status != EMEND_OK) {
            return status;
        }
        stage->n_rewards++;
    }
    return EMEND_OK;
}

static EmendStatus open_algorithm(Stage *stage, EmendBytes state, EmendError *err) {
    EmendStatus status = engine_component(stage->engine, EMEND_KIND_ALGORITHM,
                                          stage->recipe->algorithm, &stage->algorithm, err);
    const EmendAlgorithm *algorithm = stage->algorithm.table;
    if (status == EMEND_OK && algorithm->save && !algorithm->restore) {
        return emend_fail(err, EMEND_INTERNAL,
                          "algorithm \"%s\": it saves state and cannot restore it, so that no run "
                          "could be resumed; that is a bug of the plugin",
                          stage->algorithm.name);
    }
    if (status == EMEND_OK && state.len > 0) {
        if (!algorithm->restore) {
            return emend_fail(
                err, EMEND_PRECONDITION,
                "algorithm \"%s\": the checkpoint holds state for it and it cannot take "
                "it back; resume with the version that wrote the checkpoint",
                stage->algorithm.name);
        }
        status = algorithm->restore(stage->algorithm.self, state, err);
    }
    return status;
}

static EmendStatus open_parts(Stage *stage, EmendBytes algorithm_state, EmendError *err) {
    const Engine *engine = stage->engine;
    EmendStatus status = open_algorithm(stage, algorithm_state, err);
    if (status == EMEND_OK) {
        status = open_rewards(stage, err);
    }
    if (status == EMEND_OK) {
        status = problem_order_open(engine, stage_rollout(stage->recipe)->split,
                                    engine->recipe->message->seed, &stage->order, err);
    }
    return status;
}

EmendStatus stage_check(const Engine *engine, size_t index, EmendError *err) {
    Stage stage = {.engine = engine, .recipe = engine->recipe->message->stage[index]};
    EmendStatus status = open_parts(&stage, (EmendBytes){0}, err);
    stage_close(&stage);
    return status;
}

EmendStatus stage_open(Stage *stage, const Engine *engine, size_t index, const char *run_dir,
                       EmendModel *policy, EmendBytes algorithm_state, EmendError *err) {
    *stage = (Stage){.engine = engine,
                     .recipe = engine->recipe->message->stage[index],
                     .index = index,
                     .run_dir = run_dir,
                     .policy = policy};
    EmendModelInfo info = {.struct_size = sizeof info};
    EmendStatus status =
        engine->backend->model_info(engine->backend_component.self, policy, &info, err);
    stage->max_positions = info.config.max_position_embeddings;
    if (status == EMEND_OK) {
        status = open_parts(stage, algorithm_state, err);
    }
    if (status != EMEND_OK) {
        stage_close(stage);
    }
    return status;
}

void stage_close(Stage *stage) {
    for (size_t i = 0; i < stage->n_rewards; i++) {
        component_destroy(&stage->rewards[i]);
    }
    free(stage->rewards);
    component_destroy(&stage->algorithm);
    problem_order_finish(&stage->order);
    for (size_t i = 0; i < stage->n_others; i++) {
        stage->engine->backend->model_close(stage->engine->backend_component.self,
                                            stage->others[i].model);
    }
    *stage = (Stage){0};
}

static EmendStatus open_policy(const Stage *stage, const char *name, EmendModel **out,
                               EmendError *err) {
    char *dir = NULL;
    if (asprintf(&dir, "%s/stages/%s", stage->run_dir, name) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for a policy's name");
    }
    EmendModelSource source = {
        .struct_size = sizeof source, .flags = EMEND_MODEL_FROZEN, .dir = emend_str(dir)};
    EmendStatus status = folder_verify(dir, "config.json", err);
    if (status == EMEND_OK) {
        status = stage->engine->backend->model_open(stage->engine->backend_component.self, &source,
                                                    out, err);
        status = engine_said(&stage->engine->backend_component, "model_open", status, err);
    }
    free(dir);
    return status;
}

EmendStatus stage_policy_of(Stage *stage, const char *name, EmendModel **out, EmendError *err) {
    for (size_t i = 0; i < stage->n_others; i++) {
        if (strcmp(stage->others[i].name, name) == 0) {
            *out = stage->others[i].model;
            return EMEND_OK;
        }
    }
    EmendStatus status = open_policy(stage, name, out, err);
    if (status == EMEND_OK) {
        stage->others[stage->n_others++] = (StagePolicy){name, *out};
    }
    return status;
}

const char *stage_start(const Engine *engine, size_t index) {
    Emend__Stage *const *stages = engine->recipe->message->stage;
    if (stages[index]->start) {
        return stages[index]->start;
    }
    return index == 0 ? "initial" : stages[index - 1]->name;
}

// The policy starts the stage as its own reference.
static bool starts_at_reference(const Stage *stage) {
    return strcmp(stage->recipe->reference, stage_start(stage->engine, stage->index)) == 0;
}

// One step on its way.
typedef struct Step {
    Stage *stage;
    Emend__RunState *state;
    MetricSet *metrics;
    const Emend__Rollout *rollout;
    EmendPlan plan;
    Gathered gathered;
    EpisodeBatch batch;
    Trajectory *composed; /* what is learned from, where the algorithm composes */
    size_t n_composed;
    uint32_t n_updates; /* made */
    uint64_t n_tokens;  /* sampled or demonstrated */
} Step;

static void step_finish(Step *step) {
    episode_batch_finish(&step->batch);
    trajectories_destroy(step->composed, step->n_composed);
    gathered_finish(&step->gathered);
}

static EmendStatus plan_check(const EmendPlan *plan, const char *algorithm, EmendError *err) {
    if (plan->n_updates == 0) {
        return emend_fail(err, EMEND_INTERNAL,
                          "algorithm \"%s\": it planned 0 updates; at least 1 is needed",
                          algorithm);
    }
    if (plan->episodes > EMEND_EPISODES_DEMONSTRATION ||
        (plan->needs & ~(uint32_t)(EMEND_NEED_ENTROPY | EMEND_NEED_KL | EMEND_NEED_REFERENCE))) {
        return emend_fail(err, EMEND_UNIMPLEMENTED,
                          "algorithm \"%s\": it planned episodes of sort %u and needs %#x, which "
                          "this version does not know; get a newer Emend",
                          algorithm, plan->episodes, plan->needs);
    }
    return EMEND_OK;
}

static EmendStatus make_plan(Step *step, EmendError *err) {
    Stage *stage = step->stage;
    const EmendAlgorithm *algorithm = stage->algorithm.table;
    step->plan = (EmendPlan){.struct_size = sizeof step->plan, .n_updates = 1};
    EmendStatus status =
        algorithm->plan(stage->algorithm.self, step->state->stage_step, &step->plan, err);
    status = engine_said(&stage->algorithm, "plan", status, err);
    if (status == EMEND_OK) {
        status = plan_check(&step->plan, stage->algorithm.name, err);
    }
    bool needs_reference = step->plan.needs & (EMEND_NEED_KL | EMEND_NEED_REFERENCE);
    if (status == EMEND_OK && needs_reference && !stage->reference) {
        status = stage_policy_of(stage, stage->recipe->reference, &stage->reference, err);
    }
    return status;
}

static EmendStatus check_error_budget(const Step *step, EmendError *err) {
    const ScoreCounts *counts = &step->gathered.counts;
    double allowed = step->stage->engine->recipe->message->max_error_fraction;
    if (counts->n_scores == 0 || (double)counts->n_errors <= allowed * (double)counts->n_scores) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_ABORTED,
                      "%llu of %llu scores of this step are errors; max_error_fraction is %g; the "
                      "first: %s",
                      (unsigned long long)counts->n_errors, (unsigned long long)counts->n_scores,
                      allowed, counts->first_error);
}

static bool has_rollout(const Step *step) {
    return step->plan.episodes == EMEND_EPISODES_ROLLOUT;
}

static EmendStatus gather(Step *step, EmendError *err) {
    if (!has_rollout(step)) {
        return gather_demonstrations(step->stage, step->state, step->metrics, &step->gathered, err);
    }
    EmendStatus status =
        gather_rollouts(step->stage, step->state, step->metrics, &step->gathered, err);
    return status == EMEND_OK ? check_error_budget(step, err) : status;
}

// A turn that was left out is in no mean: what has no reward never counts as 0.
static void rollout_metrics(const Step *step) {
    MetricSet *metrics = step->metrics;
    for (size_t i = 0; i < step->gathered.n; i++) {
        const Trajectory *trajectory = &step->gathered.trajectories[i];
        bool is_whole = true;
        double total = 0;
        for (uint32_t t = 0; t < trajectory->n_turns; t++) {
            const TrajectoryTurn *turn = &trajectory->turns[t];
            if (turn->is_given) {
                continue;
            }
            if (turn->state == EMEND_TURN_LEFT_OUT) {
                is_whole = false;
            } else {
                metrics_set(metrics, turn->reward, "reward/t%u", t + 1);
            }
            metrics_set(metrics, (double)turn->n_tokens, "response_length/t%u", t + 1);
            metrics_set(metrics, turn->is_truncated ? 1 : 0, "response_length/clip_ratio");
            total += turn->reward;
        }
        if (is_whole) {
            metrics_set(metrics, total, "reward/mean");
        }
    }
}

static EmendStatus grade_metrics(const Step *step, EmendError *err) {
    Tally tally = {0};
    EmendStatus status = tally_add(&tally, step->gathered.trajectories, step->gathered.n, err);
    if (status == EMEND_OK) {
        tally_metrics(&tally, step->metrics);
        metrics_set(step->metrics, (double)step->gathered.counts.n_errors, "reward/n_errors");
        metrics_set(step->metrics, (double)step->gathered.counts.n_abstained, "reward/n_abstained");
    }
    tally_finish(&tally);
    return status;
}

static EmendOptimizerStep optimizer_step(const Step *step, uint64_t done) {
    const Emend__Optimizer *optimizer = stage_optimizer(step->stage->recipe);
    uint64_t n_updates = step->stage->recipe->steps * step->plan.n_updates;
    return (EmendOptimizerStep){.struct_size = sizeof(EmendOptimizerStep),
                                .step = done + 1,
                                .learning_rate = learning_rate_at(optimizer, done, n_updates),
                                .beta1 = optimizer->beta1,
                                .beta2 = optimizer->beta2,
                                .epsilon = optimizer->epsilon,
                                .weight_decay = optimizer->weight_decay,
                                .max_grad_norm = optimizer->max_grad_norm};
}

static EmendStatus update_policy(Step *step, EmendError *err) {
    Stage *stage = step->stage;
    bool is_on_policy = has_rollout(step) && !step->composed && !step->rollout->policy;
    for (uint32_t u = 0; u < step->plan.n_updates; u++) {
        bool is_first = step->state->stage_step == 0 && u == 0;
        UpdateArgs args = {.engine = stage->engine,
                           .algorithm = stage->algorithm.table,
                           .algorithm_self = stage->algorithm.self,
                           .algorithm_name = stage->algorithm.name,
                           .policy = stage->policy,
                           .reference = stage->reference,
                           .needs = step->plan.needs,
                           .microbatch_tokens = stage->recipe->microbatch_tokens,
                           .is_first_of_step = u == 0,
                           .must_agree_with_sampler = is_first && is_on_policy,
                           .must_equal_reference =
                               is_first && stage->reference && starts_at_reference(stage),
                           .optimizer = optimizer_step(step, step->state->stage_updates + u)};
        bool is_last = u + 1 == step->plan.n_updates;
        EmendStatus status = update_run(&args, &step->batch, is_last ? step->metrics : NULL, err);
        if (status != EMEND_OK) {
            return status;
        }
        stage->is_ahead = true;
        step->n_updates++;
    }
    return EMEND_OK;
}

static EmendStatus fill_batch(Step *step, const Trajectory *trajectories, size_t n,
                              bool has_rollout, EmendError *err) {
    episode_batch_finish(&step->batch);
    return episode_batch_init(&step->batch, trajectories, n, has_rollout,
                              step->rollout->max_response_tokens, step->state->stage_step, err);
}

static EmendStatus compose_episodes(Step *step, EmendError *err) {
    Stage *stage = step->stage;
    const EmendAlgorithm *algorithm = stage->algorithm.table;
    if (!algorithm->compose || !has_rollout(step)) {
        return EMEND_OK;
    }
    uint64_t seed = (stage->engine->recipe->message->seed << 32) + step->state->step;
    size_t n_too_long = 0;
    EmendStatus status = compose_run(stage->engine, &stage->algorithm, &step->batch,
                                     step->gathered.trajectories, seed, stage->max_positions,
                                     &step->composed, &step->n_composed, &n_too_long, err);
    metrics_set(step->metrics, (double)step->n_composed, "composed/n_episodes");
    metrics_set(step->metrics, (double)n_too_long, "composed/n_too_long");
    return status == EMEND_OK ? fill_batch(step, step->composed, step->n_composed, false, err)
                              : status;
}

static EmendStatus learn(Step *step, EmendError *err) {
    Stage *stage = step->stage;
    const EmendAlgorithm *algorithm = stage->algorithm.table;
    EmendStatus status =
        fill_batch(step, step->gathered.trajectories, step->gathered.n, has_rollout(step), err);
    step->n_tokens = step->batch.totals.n_tokens;
    if (status == EMEND_OK) {
        status = compose_episodes(step, err);
    }
    if (status == EMEND_OK && step->batch.totals.n_tokens == 0) {
        return EMEND_OK; // nothing to learn from
    }
    if (status == EMEND_OK) {
        EmendMetrics sink = metrics_sink(step->metrics);
        status = algorithm->advantages(
            stage->algorithm.self,
            emend_span(step->batch.episodes, step->batch.n, sizeof(EmendEpisode)),
            &step->batch.totals, &sink, err);
        status = engine_said(&stage->algorithm, "advantages", status, err);
    }
    return status == EMEND_OK ? update_policy(step, err) : status;
}

// What the algorithm remembers of the steps before the next, which a stopped run goes on with.
static EmendStatus keep_algorithm_state(const Step *step, EmendError *err) {
    const Stage *stage = step->stage;
    const EmendAlgorithm *algorithm = stage->algorithm.table;
    Buffer saved = {0};
    if (!algorithm->save) {
        return EMEND_OK;
    }
    EmendSink sink = buffer_sink(&saved);
    EmendStatus status = algorithm->save(stage->algorithm.self, &sink, err);
    if (status != EMEND_OK) {
        buffer_finish(&saved);
        return status;
    }
    free(step->state->algorithm_state.data);
    step->state->has_algorithm_state = saved.data != NULL;
    step->state->algorithm_state = (ProtobufCBinaryData){saved.len, (uint8_t *)saved.data};
    return EMEND_OK;
}

static void move_state(const Step *step) {
    Emend__RunState *state = step->state;
    state->has_problem_cursor = state->has_stage_step = state->has_step = 1;
    state->has_n_episodes = state->has_n_tokens = state->has_stage_updates = 1;
    state->has_n_scores = state->has_n_score_errors = 1;
    state->problem_cursor = step->gathered.cursor;
    state->stage_step++;
    state->step++;
    state->stage_updates += step->n_updates;
    state->n_episodes += step->gathered.n;
    state->n_tokens += step->n_tokens;
    state->n_scores += step->gathered.counts.n_scores;
    state->n_score_errors += step->gathered.counts.n_errors;
}

static void timing_metrics(const Step *step, double update_seconds, double step_seconds) {
    metrics_set(step->metrics, step->gathered.rollout_seconds, "timing_s/rollout");
    metrics_set(step->metrics, step->gathered.reward_seconds, "timing_s/reward");
    metrics_set(step->metrics, update_seconds, "timing_s/update");
    metrics_set(step->metrics, step_seconds, "timing_s/step");
    uint64_t n_tokens = 0;
    for (size_t i = 0; i < step->gathered.n; i++) {
        n_tokens += step->gathered.trajectories[i].n_tokens;
    }
    metrics_set(step->metrics, (double)n_tokens / (step_seconds + 1e-9), "perf/tokens_per_second");
}

EmendStatus stage_step(Stage *stage, Emend__RunState *state, MetricSet *metrics, EmendError *err) {
    Step step = {.stage = stage,
                 .state = state,
                 .metrics = metrics,
                 .rollout = stage_rollout(stage->recipe)};
    double began = seconds_now(), update_began = 0;
    metrics_clear(metrics);
    EmendStatus status = make_plan(&step, err);
    if (status == EMEND_OK) {
        status = gather(&step, err);
    }
    if (status == EMEND_OK && has_rollout(&step)) {
        rollout_metrics(&step);
        status = grade_metrics(&step, err);
    }
    update_began = seconds_now();
    if (status == EMEND_OK) {
        status = learn(&step, err);
    }
    double ended = seconds_now();
    if (status == EMEND_OK) {
        status = keep_algorithm_state(&step, err);
    }
    if (status == EMEND_OK) {
        move_state(&step);
        stage->is_ahead = false;
        timing_metrics(&step, ended - update_began, ended - began);
    }
    step_finish(&step);
    return status;
}
