/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"
#include "sampling.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

EmendStatus batch_take_list(const Batch *batch, size_t n, size_t size, void *out, EmendError *err) {
    void *block = NULL;
    EmendStatus status = host_take(batch->cpu->host, n * size, "a batch's lists", &block, err);
    memcpy(out, &block, sizeof(block));
    return status;
}

EmendStatus batch_take_requests(Batch *batch, EmendSpan requests, EmendError *err) {
    EmendStatus status =
        batch_take_list(batch, batch->n_requests, sizeof(Request), &batch->requests, err);
    if (status == EMEND_OK) {
        status = batch_take_list(batch, batch->n_requests, sizeof(Request *), &batch->order, err);
    }
    if (status == EMEND_OK) {
        status = batch_take_list(batch, batch->n_requests, sizeof(Request *), &batch->members, err);
    }
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK; i++) {
        Request *request = &batch->requests[i];
        // The span's elements are the caller's to read and ours to write.
        request->sampling = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        request->index = i;
        batch->order[i] = request;
        status = check_request(batch->session, request, err);
    }
    return status == EMEND_OK ? check_names(batch, err) : status;
}
