/* SPDX-License-Identifier: Apache-2.0 */
#include "train/update.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// What a backend that cannot promise equal bits may differ by, in nats.
#define MAX_INEXACT_DIFFERENCE 0.05

void episode_batch_finish(EpisodeBatch *batch) {
    free(batch->episodes);
    free(batch->turns);
    free(batch->old_log_probs);
    free(batch->reference_log_probs);
    free(batch->offsets);
    *batch = (EpisodeBatch){0};
}

static void episode_fill(EpisodeBatch *batch, size_t i, const Trajectory *trajectory,
                         bool has_rollout) {
    EmendTurn *turns = batch->turns + i * MAX_TURNS;
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        const TrajectoryTurn *turn = &trajectory->turns[t];
        turns[t] = (EmendTurn){.struct_size = sizeof(EmendTurn),
                               .state = turn->state,
                               .begin = turn->begin,
                               .n_tokens = turn->n_tokens,
                               .sampler_log_probs =
                                   has_rollout ? trajectory->sampler_log_probs + turn->begin : NULL,
                               .reward = turn->reward,
                               .temperature = turn->temperature,
                               .is_truncated = turn->is_truncated};
        batch->totals.n_tokens += turn->n_tokens;
    }
    batch->episodes[i] =
        (EmendEpisode){.struct_size = sizeof(EmendEpisode),
                       .n_turns = trajectory->n_turns,
                       .group = trajectory->group,
                       .n_tokens = trajectory->n_tokens,
                       .tokens = trajectory->tokens,
                       .turns = emend_span(turns, trajectory->n_turns, sizeof(EmendTurn))};
}

EmendStatus episode_batch_init(EpisodeBatch *batch, const Trajectory *trajectories, size_t n,
                               bool has_rollout, uint32_t max_response_tokens, uint64_t step,
                               EmendError *err) {
    *batch = (EpisodeBatch){
        .episodes = calloc(n + 1, sizeof *batch->episodes),
        .turns = calloc(n * MAX_TURNS + 1, sizeof *batch->turns),
        .offsets = calloc(n + 1, sizeof *batch->offsets),
        .n = n,
        .totals = {.n_episodes = n, .max_turn_tokens = max_response_tokens, .step = step}};
    for (size_t i = 0; batch->episodes && batch->turns && batch->offsets && i < n; i++) {
        batch->offsets[i] = (size_t)batch->totals.n_tokens;
        episode_fill(batch, i, &trajectories[i], has_rollout);
    }
    size_t n_tokens = (size_t)batch->totals.n_tokens + 1;
    batch->old_log_probs = calloc(n_tokens, sizeof *batch->old_log_probs);
    batch->reference_log_probs = calloc(n_tokens, sizeof *batch->reference_log_probs);
    if (!batch->episodes || !batch->turns || !batch->offsets || !batch->old_log_probs ||
        !batch->reference_log_probs) {
        episode_batch_finish(batch);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for a batch of %zu episodes", n);
    }
    return EMEND_OK;
}

// Everything of one micro-batch, in blocks over its sampled tokens.
typedef struct MicroBatch {
    const EmendEpisode *episodes;
    size_t n, n_tokens;
    float *old_log_probs, *reference_log_probs; /* in the batch's */
    EmendSequence *sequences;
    EmendScoredRange *ranges;
    EmendTokenTerms *terms;
    EmendCoefficients *coefficients;
    float *block; /* log_probs, entropies, kls, and the derivatives by each: 6 x n_tokens */
} MicroBatch;

static uint64_t sampled_tokens(const EmendEpisode *episode) {
    uint64_t n = 0;
    for (uint32_t t = 0; t < episode->n_turns; t++) {
        n += ((const EmendTurn *)emend_span_at(episode->turns, t))->n_tokens;
    }
    return n;
}

static void micro_batch_finish(MicroBatch *micro) {
    free(micro->sequences);
    free(micro->ranges);
    free(micro->terms);
    free(micro->coefficients);
    free(micro->block);
}

// Returns how many: a turn without sampled tokens, such as a given one, has none.
static uint32_t ranges_fill(EmendScoredRange *ranges, const EmendEpisode *episode, uint32_t needs) {
    uint32_t n = 0;
    for (uint32_t t = 0; t < episode->n_turns; t++) {
        const EmendTurn *turn = emend_span_at(episode->turns, t);
        if (turn->n_tokens == 0) {
            continue;
        }
        ranges[n++] =
            (EmendScoredRange){.begin = (uint32_t)turn->begin,
                               .end = (uint32_t)(turn->begin + turn->n_tokens),
                               .temperature = turn->temperature,
                               .want = (needs & EMEND_NEED_ENTROPY ? EMEND_WANT_ENTROPY : 0) |
                                       (needs & EMEND_NEED_KL ? EMEND_WANT_KL : 0)};
    }
    return n;
}

static void episode_wire(MicroBatch *micro, size_t i, size_t offset, uint32_t needs) {
    const EmendEpisode *episode = &micro->episodes[i];
    size_t total = micro->n_tokens;
    float *log_probs = micro->block + offset, *entropies = NULL, *kls = NULL;
    float *d_log_probs = micro->block + 3 * total + offset, *d_entropies = NULL, *d_kls = NULL;
    if (needs & EMEND_NEED_ENTROPY) {
        entropies = micro->block + total + offset;
        d_entropies = micro->block + 4 * total + offset;
    }
    if (needs & EMEND_NEED_KL) {
        kls = micro->block + 2 * total + offset;
        d_kls = micro->block + 5 * total + offset;
    }
    const float *reference_log_probs =
        needs & EMEND_NEED_REFERENCE ? micro->reference_log_probs + offset : NULL;
    EmendScoredRange *ranges = micro->ranges + i * MAX_TURNS;
    uint32_t n_ranges = ranges_fill(ranges, episode, needs);
    micro->sequences[i] = (EmendSequence){.struct_size = sizeof(EmendSequence),
                                          .n_ranges = n_ranges,
                                          .tokens = episode->tokens,
                                          .n_tokens = episode->n_tokens,
                                          .ranges = ranges,
                                          .log_probs = log_probs,
                                          .entropies = entropies,
                                          .kls = kls};
    micro->terms[i] = (EmendTokenTerms){.struct_size = sizeof(EmendTokenTerms),
                                        .episode = episode,
                                        .n_tokens = sampled_tokens(episode),
                                        .log_probs = log_probs,
                                        .entropies = entropies,
                                        .kls = kls,
                                        .d_log_probs = d_log_probs,
                                        .d_entropies = d_entropies,
                                        .d_kls = d_kls,
                                        .old_log_probs = micro->old_log_probs + offset,
                                        .reference_log_probs = reference_log_probs};
    micro->coefficients[i] = (EmendCoefficients){.struct_size = sizeof(EmendCoefficients),
                                                 .d_log_probs = d_log_probs,
                                                 .d_entropies = d_entropies,
                                                 .d_kls = d_kls};
}

static EmendStatus micro_batch_init(MicroBatch *micro, const EpisodeBatch *batch, size_t begin,
                                    size_t n, uint32_t needs, EmendError *err) {
    *micro =
        (MicroBatch){.episodes = batch->episodes + begin,
                     .n = n,
                     .old_log_probs = batch->old_log_probs + batch->offsets[begin],
                     .reference_log_probs = batch->reference_log_probs + batch->offsets[begin]};
    for (size_t i = 0; i < n; i++) {
        micro->n_tokens += (size_t)sampled_tokens(&micro->episodes[i]);
    }
    micro->sequences = calloc(n, sizeof *micro->sequences);
    micro->ranges = calloc(n * MAX_TURNS, sizeof *micro->ranges);
    micro->terms = calloc(n, sizeof *micro->terms);
    micro->coefficients = calloc(n, sizeof *micro->coefficients);
    micro->block = calloc(6 * micro->n_tokens + 1, sizeof *micro->block);
    if (!micro->sequences || !micro->ranges || !micro->terms || !micro->coefficients ||
        !micro->block) {
        micro_batch_finish(micro);
        return emend_fail(err, EMEND_EXHAUSTED,
                          "no memory for a micro-batch of %zu tokens; lower microbatch_tokens",
                          micro->n_tokens);
    }
    size_t offset = 0;
    for (size_t i = 0; i < n; i++) {
        episode_wire(micro, i, offset, needs);
        offset += (size_t)micro->terms[i].n_tokens;
    }
    return EMEND_OK;
}

// The larger of the two, where a NaN is larger than any number and stays.
static double worse(double so_far, double value) {
    return isnan(so_far) || value <= so_far ? so_far : value;
}

// Returns the sum of the tokens' differences.
static double episode_agreement(const EmendTokenTerms *terms, Agreement *agreement) {
    double sum = 0;
    size_t at = 0;
    for (uint32_t t = 0; t < terms->episode->n_turns; t++) {
        const EmendTurn *turn = emend_span_at(terms->episode->turns, t);
        for (size_t i = 0; i < turn->n_tokens; i++, at++) {
            if (turn->sampler_log_probs) {
                double difference =
                    fabs((double)terms->log_probs[at] - (double)turn->sampler_log_probs[i]);
                sum += difference;
                agreement->max_log_prob_difference =
                    worse(agreement->max_log_prob_difference, difference);
            }
            if (terms->kls) {
                agreement->max_kl = worse(agreement->max_kl, fabs((double)terms->kls[at]));
            }
        }
    }
    return sum;
}

static EmendStatus agreement_check(const UpdateArgs *args, const Agreement *agreement,
                                   EmendError *err) {
    bool is_exact = args->engine->backend->flags & EMEND_BACKEND_EXACT;
    double limit = is_exact ? 0 : MAX_INEXACT_DIFFERENCE;
    const char *backend = args->engine->backend_component.name;
    if (args->must_agree_with_sampler && !(agreement->max_log_prob_difference <= limit)) {
        return emend_fail(
            err, EMEND_ABORTED,
            "backend \"%s\": before the first update, generate and forward differ by %g "
            "nats on a sampled token; at most %g is allowed, since the importance ratio "
            "must start at 1; this is a defect of the backend",
            backend, agreement->max_log_prob_difference, limit);
    }
    if (args->must_equal_reference && !(agreement->max_kl <= (is_exact ? 0 : 1e-3))) {
        return emend_fail(
            err, EMEND_ABORTED,
            "backend \"%s\": before the first update, the policy is its own reference "
            "and yet KL(policy || reference) is %g nats on a token; it must be 0; this "
            "is a defect of the backend",
            backend, agreement->max_kl);
    }
    return EMEND_OK;
}

static EmendStatus coefficients_check(const MicroBatch *micro, const char *algorithm,
                                      EmendError *err) {
    for (size_t i = 3 * micro->n_tokens; i < 6 * micro->n_tokens; i++) {
        if (!isfinite(micro->block[i])) {
            return emend_fail(
                err, EMEND_ABORTED,
                "algorithm \"%s\": a coefficient is not finite; the policy was left as "
                "it was; lower the learning rate, or look at the rewards of this step",
                algorithm);
        }
    }
    return EMEND_OK;
}

// The reference's log-probs of the sampled tokens, for all updates of the step.
static EmendStatus score_by_reference(const UpdateArgs *args, const MicroBatch *micro,
                                      EmendError *err) {
    EmendSequence *sequences = calloc(micro->n, sizeof *sequences);
    EmendScoredRange *ranges = calloc(micro->n * MAX_TURNS, sizeof *ranges);
    EmendStatus status = EMEND_OK;
    if (!sequences || !ranges) {
        status = emend_fail(err, EMEND_EXHAUSTED, "no memory to score by the reference");
    }
    size_t offset = 0;
    for (size_t i = 0; status == EMEND_OK && i < micro->n; i++) {
        const EmendEpisode *episode = &micro->episodes[i];
        EmendScoredRange *own = ranges + i * MAX_TURNS;
        sequences[i] = (EmendSequence){.struct_size = sizeof(EmendSequence),
                                       .n_ranges = ranges_fill(own, episode, 0),
                                       .tokens = episode->tokens,
                                       .n_tokens = episode->n_tokens,
                                       .ranges = own,
                                       .log_probs = micro->reference_log_probs + offset};
        offset += (size_t)sampled_tokens(episode);
    }
    if (status == EMEND_OK) {
        EmendForwardArgs forward = {.struct_size = sizeof forward,
                                    .sequences =
                                        emend_span(sequences, micro->n, sizeof(EmendSequence))};
        status = args->engine->backend->forward(args->engine->backend_component.self,
                                                args->reference, &forward, NULL, err);
        status = engine_said(&args->engine->backend_component, "forward", status, err);
    }
    free(sequences);
    free(ranges);
    return status;
}

// What the step's first update finds of all later ones' terms.
static EmendStatus keep_first(const UpdateArgs *args, const MicroBatch *micro, EmendError *err) {
    memcpy(micro->old_log_probs, micro->block, micro->n_tokens * sizeof(float));
    return args->needs & EMEND_NEED_REFERENCE ? score_by_reference(args, micro, err) : EMEND_OK;
}

static EmendStatus micro_batch_run(const UpdateArgs *args, const EpisodeBatch *batch,
                                   MicroBatch *micro, MetricSet *metrics, Agreement *agreement,
                                   EmendError *err) {
    const EmendBackend *backend = args->engine->backend;
    void *self = args->engine->backend_component.self;
    EmendTape *tape = NULL;
    EmendForwardArgs forward = {.struct_size = sizeof forward,
                                .sequences =
                                    emend_span(micro->sequences, micro->n, sizeof(EmendSequence)),
                                .reference = args->needs & EMEND_NEED_KL ? args->reference : NULL};
    EmendStatus status = backend->forward(self, args->policy, &forward, &tape, err);
    status = engine_said(&args->engine->backend_component, "forward", status, err);
    if (status == EMEND_OK) {
        for (size_t i = 0; i < micro->n; i++) {
            double sum = episode_agreement(&micro->terms[i], agreement);
            // By episode, so that the cut into micro-batches does not change the order of the sum.
            if (metrics) {
                metrics_add(metrics, "rollout_corr/mean_abs_diff", sum,
                            (double)micro->terms[i].n_tokens);
            }
        }
        status = agreement_check(args, agreement, err);
    }
    if (status == EMEND_OK && args->is_first_of_step) {
        status = keep_first(args, micro, err);
    }
    if (status == EMEND_OK) {
        MetricSet discarded = {0};
        EmendMetrics sink = metrics_sink(metrics ? metrics : &discarded);
        status = args->algorithm->coefficients(
            args->algorithm_self, emend_span(micro->terms, micro->n, sizeof(EmendTokenTerms)),
            &batch->totals, &sink, err);
        status =
            engine_said(&(Component){.name = args->algorithm_name}, "coefficients", status, err);
        metrics_finish(&discarded);
    }
    if (status == EMEND_OK) {
        status = coefficients_check(micro, args->algorithm_name, err);
    }
    if (status == EMEND_OK) {
        status = backend->backward(
            self, tape, emend_span(micro->coefficients, micro->n, sizeof(EmendCoefficients)), err);
        status = engine_said(&args->engine->backend_component, "backward", status, err);
    }
    backend->tape_release(self, tape);
    return status;
}

// The episodes from `begin` on that fit: whole groups, at least one.
static size_t micro_batch_end(const EpisodeBatch *batch, size_t begin, uint32_t max_tokens) {
    size_t end = begin;
    uint64_t n_tokens = 0;
    while (end < batch->n) {
        size_t next = end;
        uint64_t group = batch->episodes[end].group, n = 0;
        while (next < batch->n && batch->episodes[next].group == group) {
            n += batch->episodes[next++].n_tokens;
        }
        if (end > begin && n_tokens + n > max_tokens) {
            break;
        }
        n_tokens += n;
        end = next;
    }
    return end;
}

EmendStatus update_run(const UpdateArgs *args, EpisodeBatch *batch, MetricSet *metrics,
                       EmendError *err) {
    const EmendBackend *backend = args->engine->backend;
    Agreement agreement = {0};
    EmendStatus status = EMEND_OK;
    for (size_t begin = 0; status == EMEND_OK && begin < batch->n;) {
        size_t end = micro_batch_end(batch, begin, args->microbatch_tokens);
        MicroBatch micro;
        status = micro_batch_init(&micro, batch, begin, end - begin, args->needs, err);
        if (status == EMEND_OK) {
            status = micro_batch_run(args, batch, &micro, metrics, &agreement, err);
            micro_batch_finish(&micro);
        }
        begin = end;
    }
    EmendOptimizerResult result = {.struct_size = sizeof result};
    if (status == EMEND_OK) {
        status = backend->optimizer_step(args->engine->backend_component.self, args->policy,
                                         &args->optimizer, &result, err);
        status = engine_said(&args->engine->backend_component, "optimizer_step", status, err);
    }
    if (status == EMEND_OK && metrics) {
        metrics_set(metrics, agreement.max_log_prob_difference, "rollout_corr/max_abs_diff");
        metrics_set(metrics, result.grad_norm, "actor/grad_norm");
        metrics_set(metrics, result.is_clipped ? 1 : 0, "actor/grad_clipped");
        metrics_set(metrics, args->optimizer.learning_rate, "actor/lr");
    }
    return status;
}
