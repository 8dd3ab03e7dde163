/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"
#include "sampling.h"
#include "session.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUP_ROWS = 64,        // fills the product kernels and stays in a core's cache
    GROUP_ROWS_MIN = 8,     // below which rows alone do not keep the kernels busy
    GROUP_ROWS_CACHED = 16, // kept even where GROUP_CACHE is exceeded
    GROUP_CACHE = 6 << 20,  // bytes of keys and values that the processor's cache keeps for a group
    STEPS = 8,              // tokens that a group samples before all groups meet, from that cache
    TEAM_WORK_MIN = 1 << 21, // multiplications below which sharing a pass out does not pay
    ROOM_AHEAD = 64          // positions of a fresh cache beyond the prompt
};

/* One request while it is worked on. */
typedef struct Request {
    EmendSampling *sampling;
    const Sequence *parent; /* NULL: none */
    size_t index;           /* as the caller numbers it */
    size_t n_prompt;        /* tokens before the first sampled one, the parent's included */
    uint32_t limit;         /* new tokens at most */
    bool is_broken;         /* its logits are not finite */
    Sequence sequence;
} Request;

/* A row whose logits are wanted, and the requests that sample from it. */
typedef struct Output {
    uint32_t first_member, n_members; /* in Batch.members */
} Output;

typedef struct Group {
    size_t first_row, n_rows, first_output, n_outputs;
} Group;

typedef struct Batch {
    Cpu *cpu;
    EmendSession *session;
    EmendModel *model;
    const int32_t *stops;
    uint64_t n_stops;
    size_t n_requests;
    Request *requests;
    Request **order;   /* by prompt: those that share one reading follow one another */
    Request **members; /* of the pass at hand */
    /* The pass at hand: */
    size_t n_rows, n_outputs, n_groups;
    Row *rows; /* max_rows */
    size_t max_rows;
    Output *outputs;
    uint32_t *wanted; /* the outputs' rows */
    Group *groups;
    /* What is done with each group. */
    void (*run_group)(struct Batch *batch, Group *group, Threads *team, size_t thread, float *base);
} Batch;

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

/* --- checks --- */

static EmendStatus check_numbers(const EmendSampling *s, size_t i, EmendError *err) {
    float scale = sampling_scale(s);
    if (!(s->temperature >= 0.0f) || !isfinite(s->temperature) || !isfinite(scale)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: the temperature of request %zu is %g; it must be 0 or more", i,
                          (double)s->temperature);
    }
    if (!(s->top_p > 0.0f && s->top_p <= 1.0f)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: top_p of request %zu is %g; it must be above 0 and at most 1",
                          i, (double)s->top_p);
    }
    if (s->n_tokens == 0 || !s->tokens) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: request %zu has no tokens; it must append at least one", i);
    }
    if (s->max_new_tokens > 0 && (!s->new_tokens || !s->log_probs)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: request %zu lacks room for its new tokens or log_probs", i);
    }
    return EMEND_OK;
}

static EmendStatus check_tokens(const EmendModel *model, const EmendSampling *s, size_t i,
                                EmendError *err) {
    for (uint64_t t = 0; t < s->n_tokens; t++) {
        if (s->tokens[t] < 0 || (uint32_t)s->tokens[t] >= model->config.vocab_size) {
            return emend_fail(err, EMEND_OUT_OF_RANGE,
                              "generate: token %llu of request %zu is %d; ids are below the "
                              "vocabulary's size, %u",
                              (unsigned long long)t, i, s->tokens[t], model->config.vocab_size);
        }
    }
    return EMEND_OK;
}

static size_t sequence_tokens(const Sequence *sequence) {
    return sequence ? (size_t)sequence->n_cached + (sequence->has_pending ? 1 : 0) : 0;
}

static EmendStatus check_lengths(const EmendModel *model, Request *request, EmendError *err) {
    const EmendSampling *s = request->sampling;
    uint64_t n_before = sequence_tokens(request->parent);
    uint64_t room = model->config.max_position_embeddings;
    if (s->n_tokens > room - n_before) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "generate: the prompt of request %zu has %llu tokens after its parent's "
                          "%llu; the model takes %llu in all (max_position_embeddings)",
                          request->index, (unsigned long long)s->n_tokens,
                          (unsigned long long)n_before, (unsigned long long)room);
    }
    request->n_prompt = (size_t)(n_before + s->n_tokens);
    uint64_t left = room - request->n_prompt;
    request->limit = s->max_new_tokens < left ? s->max_new_tokens : (uint32_t)left;
    return EMEND_OK;
}

static EmendStatus check_request(const EmendSession *session, Request *request, EmendError *err) {
    const EmendSampling *s = request->sampling;
    EmendStatus status = check_numbers(s, request->index, err);
    if (status == EMEND_OK && s->sequence == EMEND_NO_SEQUENCE) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "generate: request %zu has no name for its sequence", request->index);
    }
    if (status == EMEND_OK && s->parent != EMEND_NO_SEQUENCE) {
        request->parent = session_find(session, s->parent);
        if (!request->parent) {
            status =
                emend_fail(err, EMEND_NOT_FOUND,
                           "generate: the parent of request %zu is sequence %llu; this session "
                           "has none of that name",
                           request->index, (unsigned long long)s->parent);
        }
    }
    if (status == EMEND_OK) {
        status = check_lengths(session->model, request, err);
    }
    return status == EMEND_OK ? check_tokens(session->model, s, request->index, err) : status;
}

static int compare_names(const void *a, const void *b) {
    const Request *x = *(Request *const *)a, *y = *(Request *const *)b;
    if (x->sampling->sequence != y->sampling->sequence) {
        return x->sampling->sequence < y->sampling->sequence ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static EmendStatus check_names(Batch *batch, EmendError *err) {
    qsort(batch->order, batch->n_requests, sizeof(Request *), compare_names);
    for (size_t i = 1; i < batch->n_requests; i++) {
        const Request *a = batch->order[i - 1], *b = batch->order[i];
        if (a->sampling->sequence == b->sampling->sequence) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "generate: requests %zu and %zu are both sequence %llu; each must "
                              "have a name of its own",
                              a->index, b->index, (unsigned long long)a->sampling->sequence);
        }
    }
    return EMEND_OK;
}

/* --- one pass: read rows, sample at outputs --- */

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

static void read_rows(Batch *batch, Group *group, Threads *team, size_t thread, float *base) {
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

/* Closes the last group at the rows and outputs there are so far. */
static void close_group(Batch *batch) {
    Group *group = &batch->groups[batch->n_groups];
    group->n_rows = batch->n_rows - group->first_row;
    group->n_outputs = batch->n_outputs - group->first_output;
    batch->n_groups++;
}

static void open_group(Batch *batch) {
    batch->groups[batch->n_groups] =
        (Group){.first_row = batch->n_rows, .first_output = batch->n_outputs};
}

/* Whether a pass is too few groups to keep every thread busy, and large enough for that to matter.
 */
static bool is_for_team(const Batch *batch) {
    size_t n_threads = threads_count(batch->cpu->threads);
    return n_threads > 1 && batch->n_groups < n_threads &&
           batch->n_rows * batch->model->n_floats > TEAM_WORK_MIN;
}

static EmendStatus run_groups(Batch *batch, EmendError *err) {
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

/* --- prompts --- */

static int compare_prompts(const void *a, const void *b) {
    const Request *x = *(Request *const *)a, *y = *(Request *const *)b;
    const EmendSampling *s = x->sampling, *t = y->sampling;
    if (s->parent != t->parent) {
        return s->parent < t->parent ? -1 : 1;
    }
    if (s->n_tokens != t->n_tokens) {
        return s->n_tokens < t->n_tokens ? -1 : 1;
    }
    return memcmp(s->tokens, t->tokens, s->n_tokens * sizeof(int32_t));
}

static int compare_prompts_stably(const void *a, const void *b) {
    int order = compare_prompts(a, b);
    if (order != 0) {
        return order;
    }
    return (*(Request *const *)a)->index < (*(Request *const *)b)->index ? -1 : 1;
}

/* The request after the last in `order` that shares its prompt with `first`. */
static size_t end_of_sharing(const Batch *batch, size_t first) {
    size_t end = first + 1;
    while (end < batch->n_requests &&
           compare_prompts(&batch->order[first], &batch->order[end]) == 0) {
        end++;
    }
    return end;
}

/* Tokens that a prompt's reading takes: the parent's last sampled one, if any, and its own. */
static size_t unread_tokens(const Request *request) {
    size_t pending = request->parent && request->parent->has_pending ? 1 : 0;
    return pending + (size_t)request->sampling->n_tokens;
}

static EmendStatus take_cache(const Batch *batch, Request *request, EmendError *err) {
    size_t ahead = request->limit < ROOM_AHEAD ? request->limit : ROOM_AHEAD;
    return kv_cache_create(batch->model, request->n_prompt + ahead, &request->sequence.cache, err);
}

/* Adds the rows that read a prompt into the request's own cache. */
static void add_prompt(Batch *batch, Request *request) {
    const EmendSampling *s = request->sampling;
    Sequence *sequence = &request->sequence;
    if (request->parent) {
        sequence->n_cached = request->parent->n_cached;
        kv_cache_copy(batch->model, &request->parent->cache, &sequence->cache, sequence->n_cached);
        if (request->parent->has_pending) {
            batch->rows[batch->n_rows++] =
                (Row){request->parent->pending, sequence->n_cached++, &sequence->cache};
        }
    }
    for (uint64_t t = 0; t < s->n_tokens; t++) {
        batch->rows[batch->n_rows++] =
            (Row){(uint32_t)s->tokens[t], sequence->n_cached++, &sequence->cache};
    }
}

/* Adds an output at the last row, for the members in order[first, end) that want a token. */
static void add_output(Batch *batch, size_t first, size_t end, size_t *n_members) {
    Output output = {.first_member = (uint32_t)*n_members};
    for (size_t i = first; i < end; i++) {
        if (batch->order[i]->limit > 0) {
            batch->members[(*n_members)++] = batch->order[i];
            output.n_members++;
        }
    }
    if (output.n_members > 0) {
        batch->wanted[batch->n_outputs] = (uint32_t)(batch->n_rows - 1);
        batch->outputs[batch->n_outputs++] = output;
    }
}

static size_t group_target(const Batch *batch, size_t n_rows) {
    size_t n_threads = threads_count(batch->cpu->threads);
    size_t share = (n_rows + n_threads - 1) / n_threads;
    share = share < GROUP_ROWS ? share : GROUP_ROWS;
    return share > GROUP_ROWS_MIN ? share : GROUP_ROWS_MIN;
}

/* Reads each different prompt once and samples every request's first token. */
static EmendStatus read_prompts(Batch *batch, EmendError *err) {
    size_t n_members = 0;
    size_t target = group_target(batch, batch->max_rows);
    EmendStatus status = EMEND_OK;
    batch->n_rows = batch->n_outputs = batch->n_groups = 0;
    open_group(batch);
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK;) {
        size_t end = end_of_sharing(batch, i);
        status = take_cache(batch, batch->order[i], err);
        if (status == EMEND_OK) {
            add_prompt(batch, batch->order[i]);
            add_output(batch, i, end, &n_members);
        }
        i = end;
        if (batch->n_rows - batch->groups[batch->n_groups].first_row >= target ||
            i == batch->n_requests) {
            close_group(batch);
            open_group(batch);
        }
    }
    batch->run_group = read_rows;
    return status == EMEND_OK ? run_groups(batch, err) : status;
}

static void copy_prompt(void *ctx, size_t item, size_t thread) {
    (void)thread;
    Batch *batch = ctx;
    Request *request = batch->members[item];
    const Request *reader = batch->requests + request->sequence.id;
    kv_cache_copy(batch->model, &reader->sequence.cache, &request->sequence.cache,
                  reader->sequence.n_cached);
    request->sequence.n_cached = reader->sequence.n_cached;
}

/* Gives those that shared another's reading a cache of their own. */
static EmendStatus share_prompts(Batch *batch, EmendError *err) {
    size_t n = 0;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK;) {
        size_t end = end_of_sharing(batch, i);
        for (size_t j = i + 1; j < end && status == EMEND_OK; j++) {
            status = take_cache(batch, batch->order[j], err);
            // Until it is kept under its name, a sequence notes whose reading it shares.
            batch->order[j]->sequence.id = batch->order[i]->index;
            batch->members[n++] = batch->order[j];
        }
        i = end;
    }
    if (status == EMEND_OK) {
        threads_run(batch->cpu->threads, n, copy_prompt, batch);
    }
    return status;
}

/* --- decoding --- */

static bool is_stop(const Batch *batch, int32_t token) {
    for (uint64_t i = 0; i < batch->n_stops; i++) {
        if (batch->stops[i] == token) {
            return true;
        }
    }
    return false;
}

/* Takes note of what was just sampled; whether the request goes on. */
static bool advance(const Batch *batch, Request *request) {
    EmendSampling *s = request->sampling;
    if (request->is_broken) {
        return false;
    }
    if (s->n_new_tokens > 0) {
        int32_t token = s->new_tokens[s->n_new_tokens - 1];
        request->sequence.pending = (uint32_t)token;
        request->sequence.has_pending = true;
        if (is_stop(batch, token)) {
            s->finish = EMEND_FINISH_STOP;
            return false;
        }
    }
    if (s->n_new_tokens >= request->limit) {
        s->finish = EMEND_FINISH_LENGTH;
        return false;
    }
    return true;
}

/* Moves those among n requests that go on to the front of `to`, in order; returns how many. */
static size_t keep_active(const Batch *batch, Request *const *from, size_t n, Request **to) {
    size_t n_active = 0;
    for (size_t i = 0; i < n; i++) {
        if (advance(batch, from[i])) {
            to[n_active++] = from[i];
        }
    }
    return n_active;
}

/* Makes room for the positions that the next steps read. */
static EmendStatus make_room(const Batch *batch, Request *request, EmendError *err) {
    Sequence *sequence = &request->sequence;
    size_t most = request->n_prompt + request->limit;
    size_t needed = sequence->n_cached + STEPS;
    needed = needed < most ? needed : most;
    if (needed <= sequence->cache.capacity) {
        return EMEND_OK;
    }
    size_t wanted = 2 * sequence->cache.capacity;
    wanted = wanted > needed ? wanted : needed;
    return kv_cache_grow(batch->model, &sequence->cache, sequence->n_cached,
                         wanted < most ? wanted : most, err);
}

/* Rows of a group whose keys and values should stay in a processor's cache. */
static size_t rows_at_once(const Batch *batch, size_t n) {
    const Shapes *s = &batch->model->shapes;
    size_t n_cached = 0;
    for (size_t i = 0; i < n; i++) {
        n_cached += batch->members[i]->sequence.n_cached;
    }
    size_t bytes = n_cached / n * s->layers * s->kv_dim * 2 * sizeof(float);
    size_t rows = bytes > 0 ? GROUP_CACHE / bytes : GROUP_ROWS;
    rows = rows > GROUP_ROWS_CACHED ? rows : GROUP_ROWS_CACHED;
    return rows < GROUP_ROWS ? rows : GROUP_ROWS;
}

/* Cuts the n rows, one output each, into even groups for the threads. */
static void group_rows(Batch *batch, size_t n) {
    size_t n_threads = threads_count(batch->cpu->threads);
    size_t at_once = rows_at_once(batch, n);
    size_t n_groups = (n + at_once - 1) / at_once;
    n_groups = (n_groups + n_threads - 1) / n_threads * n_threads;
    size_t most = (n + GROUP_ROWS_MIN - 1) / GROUP_ROWS_MIN;
    n_groups = n_groups < most ? n_groups : most;
    for (size_t g = 0; g < n_groups; g++) {
        size_t first = g * n / n_groups, end = (g + 1) * n / n_groups;
        batch->groups[g] = (Group){first, end - first, first, end - first};
    }
    batch->n_groups = n_groups;
    batch->n_rows = batch->n_outputs = n;
}

/* Up to STEPS more tokens for each member of a group; leaves those that go on at its front. */
static void decode_group(Batch *batch, Group *group, Threads *team, size_t thread, float *base) {
    Request **members = batch->members + group->first_row;
    for (size_t step = 0; step < STEPS && group->n_rows > 0; step++) {
        for (size_t i = 0; i < group->n_rows; i++) {
            Sequence *sequence = &members[i]->sequence;
            size_t at = group->first_row + i;
            batch->rows[at] = (Row){sequence->pending, sequence->n_cached++, &sequence->cache};
            batch->outputs[at] = (Output){(uint32_t)at, 1};
            batch->wanted[at] = (uint32_t)at;
        }
        read_rows(batch, group, team, thread, base);
        group->n_rows = keep_active(batch, members, group->n_rows, members);
        group->n_outputs = group->n_rows;
    }
}

/* Some steps for each of the first *n members; leaves those that go on, *n of them, in front. */
static EmendStatus decode_steps(Batch *batch, size_t *n, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < *n && status == EMEND_OK; i++) {
        status = make_room(batch, batch->members[i], err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    group_rows(batch, *n);
    batch->run_group = decode_group;
    status = run_groups(batch, err);
    *n = 0;
    for (size_t g = 0; g < batch->n_groups; g++) {
        const Group *group = &batch->groups[g];
        memmove(batch->members + *n, batch->members + group->first_row,
                group->n_rows * sizeof(Request *));
        *n += group->n_rows;
    }
    return status;
}

static EmendStatus check_outcome(const Batch *batch, EmendError *err) {
    for (size_t i = 0; i < batch->n_requests; i++) {
        if (batch->requests[i].is_broken) {
            return emend_fail(err, EMEND_ABORTED,
                              "generate: the logits of request %zu are not finite; the model's "
                              "weights are broken: go back to an earlier checkpoint",
                              i);
        }
    }
    if (batch->cpu->host->is_cancelled(batch->cpu->host)) {
        return emend_fail(err, EMEND_CANCELLED, "generate: stopped as asked");
    }
    return EMEND_OK;
}

static EmendStatus decode(Batch *batch, EmendError *err) {
    EmendStatus status = check_outcome(batch, err);
    size_t n = keep_active(batch, batch->order, batch->n_requests, batch->members);
    while (n > 0 && status == EMEND_OK) {
        status = decode_steps(batch, &n, err);
        if (status == EMEND_OK) {
            status = check_outcome(batch, err);
        }
    }
    return status;
}

/* --- the whole --- */

static EmendStatus take_list(const Batch *batch, size_t n, size_t size, void *out,
                             EmendError *err) {
    void *block = NULL;
    EmendStatus status = host_take(batch->cpu->host, n * size, "a batch's lists", &block, err);
    memcpy(out, &block, sizeof(block));
    return status;
}

static EmendStatus take_requests(Batch *batch, EmendSpan requests, EmendError *err) {
    EmendStatus status =
        take_list(batch, batch->n_requests, sizeof(Request), &batch->requests, err);
    if (status == EMEND_OK) {
        status = take_list(batch, batch->n_requests, sizeof(Request *), &batch->order, err);
    }
    if (status == EMEND_OK) {
        status = take_list(batch, batch->n_requests, sizeof(Request *), &batch->members, err);
    }
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK; i++) {
        Request *request = &batch->requests[i];
        // The span's elements are the caller's to read and ours to write.
        request->sampling = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        request->index = i;
        batch->order[i] = request;
        status = check_request(batch->session, request, err);
    }
    return status;
}

/* Orders the requests by prompt and takes what their passes need. */
static EmendStatus plan(Batch *batch, EmendError *err) {
    qsort(batch->order, batch->n_requests, sizeof(Request *), compare_prompts_stably);
    for (size_t i = 0; i < batch->n_requests; i = end_of_sharing(batch, i)) {
        batch->max_rows += unread_tokens(batch->order[i]);
    }
    size_t n = batch->max_rows > batch->n_requests ? batch->max_rows : batch->n_requests;
    EmendStatus status = take_list(batch, n, sizeof(Row), &batch->rows, err);
    if (status == EMEND_OK) {
        status = take_list(batch, batch->n_requests, sizeof(Output), &batch->outputs, err);
    }
    if (status == EMEND_OK) {
        status = take_list(batch, batch->n_requests, sizeof(uint32_t), &batch->wanted, err);
    }
    if (status == EMEND_OK) {
        status = take_list(batch, batch->n_requests + 1, sizeof(Group), &batch->groups, err);
    }
    return status;
}

static void batch_finish(Batch *batch) {
    const EmendHost *host = batch->cpu->host;
    for (size_t i = 0; batch->requests && i < batch->n_requests; i++) {
        kv_cache_destroy(&batch->requests[i].sequence.cache, host);
    }
    host->free(host, batch->groups);
    host->free(host, batch->wanted);
    host->free(host, batch->outputs);
    host->free(host, batch->rows);
    host->free(host, batch->members);
    host->free(host, batch->order);
    host->free(host, batch->requests);
}

static void keep_sequences(Batch *batch) {
    for (size_t i = 0; i < batch->n_requests; i++) {
        Sequence *sequence = &batch->requests[i].sequence;
        sequence->id = batch->requests[i].sampling->sequence;
        session_put(batch->session, sequence);
        sequence->cache = (KvCache){0}; // given away
    }
}

static EmendStatus check_call(const EmendSession *session, EmendSpan requests, const int32_t *stops,
                              uint64_t n_stops, EmendError *err) {
    if (session->version != session->model->version) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "generate: the model's weights changed while this session was open; open "
                          "a new one");
    }
    if (requests.count > UINT32_MAX || (requests.count > 0 && !requests.ptr) ||
        (n_stops > 0 && !stops)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: %llu requests are too many, or a list is missing",
                          (unsigned long long)requests.count);
    }
    return EMEND_OK;
}

EmendStatus generate_run(Cpu *cpu, EmendSession *session, EmendSpan requests, const int32_t *stops,
                         uint64_t n_stops, EmendError *err) {
    EmendStatus status = check_call(session, requests, stops, n_stops, err);
    if (status != EMEND_OK || requests.count == 0) {
        return status;
    }
    Batch batch = {.cpu = cpu,
                   .session = session,
                   .model = session->model,
                   .stops = stops,
                   .n_stops = n_stops,
                   .n_requests = (size_t)requests.count};
    // First: it moves the sequences that requests are about to point to.
    status = session_reserve(session, batch.n_requests, err);
    if (status == EMEND_OK) {
        status = take_requests(&batch, requests, err);
    }
    if (status == EMEND_OK) {
        status = check_names(&batch, err);
    }
    if (status == EMEND_OK) {
        status = plan(&batch, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    for (size_t i = 0; i < batch.n_requests; i++) {
        batch.requests[i].sampling->n_new_tokens = 0;
        batch.requests[i].sampling->finish = 0;
    }
    packed_refresh(batch.model);
    status = read_prompts(&batch, err);
    if (status == EMEND_OK) {
        status = share_prompts(&batch, err);
    }
    if (status == EMEND_OK) {
        status = decode(&batch, err);
    }
    if (status == EMEND_OK) {
        keep_sequences(&batch);
    }
out:
    batch_finish(&batch);
    return status;
}
