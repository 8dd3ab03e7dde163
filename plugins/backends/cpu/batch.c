/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"
#include "sampling.h"
#include <math.h>
#include <string.h>

/* Multiplications below which sharing a pass out does not pay. */
enum { TEAM_WORK_MIN = 1 << 21 };

/* Working memory of one group. */
typedef struct GroupRoom {
    Activations activations;
    float *hidden, *z;
} GroupRoom;

/* Some rows of logits to sample from. */
typedef struct Chunk {
    Batch *batch;
    const Output *outputs;
    float *z;
} Chunk;

static void sample(const Batch *batch, Request *request, float *z, SamplingRoom room) {
    const Kernels *kernels = batch->cpu->kernels;
    EmendSampling *s = request->sampling;
    size_t vocab = batch->model->shapes.vocab;
    RowStats stats = {0};
    kernels->row_stats(z, sampling_scale(s), vocab, 0, NULL, NULL, &stats);
    if (!isfinite(stats.max) || !isfinite(stats.log_sum)) {
        request->is_broken = true;
        return;
    }
    uint32_t token = sampling_choose(kernels, s, s->n_new_tokens, z, vocab, room);
    s->new_tokens[s->n_new_tokens] = (int32_t)token;
    s->log_probs[s->n_new_tokens] = row_log_prob(z, token, &stats);
    s->n_new_tokens++;
}

/* After the attention's room, each thread's scratch has this for sampling. */
static size_t sampling_floats(const EmendModel *model) {
    return 3 * scratch_round(model->shapes.vocab);
}

static float *thread_room(const EmendModel *model, size_t thread) {
    return model->cpu->scratch.threads[thread] +
           decoder_attention_floats(model->config.max_position_embeddings);
}

/* The last to sample from a row may overwrite it; the others take a copy. */
static void sample_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    const Chunk *chunk = ctx;
    size_t vocab = pass->model->shapes.vocab;
    size_t step = scratch_round(vocab);
    float *copy = thread_room(pass->model, thread);
    SamplingRoom room = {copy + step, (uint32_t *)(void *)(copy + 2 * step)};
    for (size_t i = begin; i < end; i++) {
        const Output *output = &chunk->outputs[i];
        Request **members = chunk->batch->members + output->first_member;
        float *z = chunk->z + i * vocab;
        for (uint32_t m = 0; m + 1 < output->n_members; m++) {
            memcpy(copy, z, vocab * sizeof(float));
            sample(chunk->batch, members[m], copy, room);
        }
        if (output->n_members > 0) {
            sample(chunk->batch, members[output->n_members - 1], z, room);
        }
    }
}

static void lay_out_group(Room *room, const Batch *batch, const Group *group, GroupRoom *out) {
    const Shapes *s = &batch->model->shapes;
    size_t chunk = batch->cpu->chunk_rows;
    decoder_take_activations(room, s, group->n_rows, &out->activations);
    out->hidden = room_take(room, group->n_outputs * s->hidden);
    out->z = room_take(room, (chunk < group->n_outputs ? chunk : group->n_outputs) * s->vocab);
}

void batch_read_rows(Batch *batch, Group *group, Threads *team, size_t thread, float *base) {
    const Shapes *s = &batch->model->shapes;
    size_t chunk_rows = batch->cpu->chunk_rows;
    Pass pass = {batch->model, team, thread, batch->rows + group->first_row, group->n_rows};
    Room room = {base, 0};
    GroupRoom at;
    lay_out_group(&room, batch, group, &at);
    decoder_run(&pass, &at.activations);
    decoder_final_norm(&pass, at.activations.x, batch->wanted + group->first_output,
                       group->n_outputs, group->first_row, at.hidden);
    for (size_t i = 0; i < group->n_outputs; i += chunk_rows) {
        size_t n = group->n_outputs - i;
        n = n < chunk_rows ? n : chunk_rows;
        Chunk chunk = {batch, batch->outputs + group->first_output + i, at.z};
        decoder_logits(&pass, at.hidden + i * s->hidden, n, at.z);
        pass_rows(&pass, n, sample_rows, &chunk);
    }
}

static void group_item(void *ctx, size_t item, size_t thread) {
    Batch *batch = ctx;
    float *base = thread_room(batch->model, thread) + sampling_floats(batch->model);
    batch->run_group(batch, &batch->groups[item], NULL, thread, base);
}

/* Whether a pass is too few groups to keep every thread busy, and large enough for that to matter.
 */
static bool is_for_team(const Batch *batch) {
    size_t n_threads = threads_count(batch->cpu->threads);
    return n_threads > 1 && batch->n_groups < n_threads &&
           batch->n_rows * batch->model->n_floats > TEAM_WORK_MIN;
}

EmendStatus batch_run_groups(Batch *batch, EmendError *err) {
    EmendModel *model = batch->model;
    Cpu *cpu = batch->cpu;
    bool is_team = is_for_team(batch);
    size_t largest = 0;
    if (is_team) {
        batch->groups[0] = (Group){0, batch->n_rows, 0, batch->n_outputs};
        batch->n_groups = 1;
    }
    for (size_t g = 0; g < batch->n_groups; g++) {
        Room room = {NULL, 0};
        GroupRoom at;
        lay_out_group(&room, batch, &batch->groups[g], &at);
        largest = room.used > largest ? room.used : largest;
    }
    size_t thread =
        decoder_attention_floats(model->config.max_position_embeddings) + sampling_floats(model);
    EmendStatus status = scratch_reserve(&cpu->scratch, cpu->host, is_team ? largest : 0,
                                         is_team ? thread : thread + largest, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (is_team) {
        batch->run_group(batch, &batch->groups[0], cpu->threads, 0, cpu->scratch.shared);
    } else {
        threads_run(cpu->threads, batch->n_groups, group_item, batch);
    }
    return EMEND_OK;
}
