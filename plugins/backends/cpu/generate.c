/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"
#include "packed.h"
#include <stdlib.h>
#include <string.h>

enum {
    GROUP_ROWS = 64,        // fills the product kernels and stays in a core's cache
    GROUP_ROWS_MIN = 8,     // below which rows alone do not keep the kernels busy
    GROUP_ROWS_CACHED = 16, // kept even where GROUP_CACHE is exceeded
    GROUP_CACHE = 6 << 20,  // bytes of keys and values that the processor's cache keeps for a group
    STEPS = 8,              // tokens that a group samples before all groups meet, from that cache
    ROOM_AHEAD = 64         // positions of a fresh cache beyond the prompt
};

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
    batch->run_group = batch_read_rows;
    return status == EMEND_OK ? batch_run_groups(batch, err) : status;
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
        batch_read_rows(batch, group, team, thread, base);
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
    status = batch_run_groups(batch, err);
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

/* Orders the requests by prompt and takes what their passes need. */
static EmendStatus plan(Batch *batch, EmendError *err) {
    qsort(batch->order, batch->n_requests, sizeof(Request *), compare_prompts_stably);
    for (size_t i = 0; i < batch->n_requests; i = end_of_sharing(batch, i)) {
        batch->max_rows += unread_tokens(batch->order[i]);
    }
    size_t n = batch->max_rows > batch->n_requests ? batch->max_rows : batch->n_requests;
    EmendStatus status = batch_take_list(batch, n, sizeof(Row), &batch->rows, err);
    if (status == EMEND_OK) {
        status = batch_take_list(batch, batch->n_requests, sizeof(Output), &batch->outputs, err);
    }
    if (status == EMEND_OK) {
        status = batch_take_list(batch, batch->n_requests, sizeof(uint32_t), &batch->wanted, err);
    }
    if (status == EMEND_OK) {
        status = batch_take_list(batch, batch->n_requests + 1, sizeof(Group), &batch->groups, err);
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
        status = batch_take_requests(&batch, requests, err);
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
