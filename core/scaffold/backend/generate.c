/* Sampling. A session keeps the keys and values of every sequence it has seen; a call reads each
 * different prompt once, into one trace, and continues it for one request after another. */
#include "model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Its tokens are the n_cached whose keys and values are kept and, with has_pending, the last one
 * sampled, which was never read. */
typedef struct Sequence {
    uint64_t id;
    size_t n_cached;
    uint32_t pending;
    bool has_pending;
    float *kv; /* layers x n_cached x kv_dim */
} Sequence;

struct EmendSession {
    EmendModel *model;
    uint64_t version; /* of the weights it samples from */
    Sequence *sequences;
    size_t n_sequences;
};

/* A token that may be sampled. */
typedef struct Choice {
    float z; /* its scaled logit */
    uint32_t token;
    double weight;
} Choice;

typedef struct Request {
    EmendSampling *sampling;
    const Sequence *parent; /* NULL: none */
    size_t n_prompt;        /* tokens before the first sampled one, the parent's included */
    uint32_t limit;         /* new tokens at most */
    bool is_done;
    Sequence result;
} Request;

typedef struct Batch {
    EmendSession *session;
    const EmendModel *model;
    const int32_t *stops;
    uint64_t n_stops;
    size_t n_requests;
    Request *requests;
    Sequence *sequences; /* the session's list as it will be */
    Trace trace;
    Choice *choices;                          /* vocab */
    float *hidden, *prompt_z, *z, *log_probs; /* one block */
} Batch;

/* --- choosing a token --- */

/* Descending by logit, then ascending by id. */
static int compare_choices(const void *a, const void *b) {
    const Choice *x = a, *y = b;
    if (x->z != y->z) {
        return x->z > y->z ? -1 : 1;
    }
    return x->token < y->token ? -1 : 1;
}

static int compare_tokens(const void *a, const void *b) {
    const Choice *x = a, *y = b;
    return x->token < y->token ? -1 : 1;
}

static double total_weight(const Choice *choices, size_t n) {
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
        total += choices[i].weight;
    }
    return total;
}

/* How many of the best n top-p keeps: the fewest whose share reaches it. */
static size_t count_top_p(const Choice *choices, size_t n, double top_p) {
    double total = total_weight(choices, n), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += choices[i].weight;
        if (sum >= top_p * total) {
            return i + 1;
        }
    }
    return n;
}

/* The first token at which the sum of weights, in order of ids, passes the share `unit` of all. */
static uint32_t invert(const Choice *choices, size_t n, double unit) {
    double total = total_weight(choices, n), sum = 0.0;
    uint32_t last = choices[0].token;
    for (size_t i = 0; i < n; i++) {
        sum += choices[i].weight;
        if (sum > unit * total) {
            return choices[i].token;
        }
        last = choices[i].weight > 0.0 ? choices[i].token : last;
    }
    return last;
}

static uint32_t likeliest(const float *z, size_t vocab) {
    size_t best = 0;
    for (size_t v = 1; v < vocab; v++) {
        best = z[v] > z[best] ? v : best;
    }
    return (uint32_t)best;
}

/* The request's next token from finite logits: top-k, then top-p of what that leaves. */
static uint32_t choose(const EmendSampling *s, const float *z, Choice *choices, size_t vocab) {
    size_t n = vocab;
    if (s->temperature == 0.0f) {
        return likeliest(z, vocab);
    }
    float max = z[likeliest(z, vocab)] * (1.0f / s->temperature);
    for (size_t v = 0; v < vocab; v++) {
        float scaled = z[v] * (1.0f / s->temperature);
        choices[v] = (Choice){scaled, (uint32_t)v, (double)expf(scaled - max)};
    }
    if (s->top_p < 1.0f || (s->top_k > 0 && s->top_k < vocab)) {
        qsort(choices, vocab, sizeof *choices, compare_choices);
        n = s->top_k > 0 && s->top_k < vocab ? s->top_k : vocab;
        n = s->top_p < 1.0f ? count_top_p(choices, n, (double)s->top_p) : n;
        qsort(choices, n, sizeof *choices, compare_tokens);
    }
    return invert(choices, n, (double)emend_random_unit(&s->key, s->n_new_tokens));
}

/* --- what a request must be --- */

static EmendStatus check_numbers(const EmendSampling *s, size_t i, EmendError *err) {
    if (!(s->temperature >= 0.0f) || !isfinite(s->temperature) ||
        (s->temperature > 0.0f && !isfinite(1.0f / s->temperature))) {
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
    if (s->sequence == EMEND_NO_SEQUENCE) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: request %zu has no name for its sequence; give it one", i);
    }
    return EMEND_OK;
}

static const Sequence *find(const EmendSession *session, uint64_t id) {
    for (size_t i = 0; i < session->n_sequences; i++) {
        if (session->sequences[i].id == id) {
            return &session->sequences[i];
        }
    }
    return NULL;
}

static EmendStatus check_lengths(const EmendModel *model, Request *request, size_t i,
                                 EmendError *err) {
    const EmendSampling *s = request->sampling;
    const Sequence *parent = request->parent;
    uint64_t n_before = parent ? parent->n_cached + parent->has_pending : 0;
    uint64_t room = model->config.max_position_embeddings;
    if (s->n_tokens > room - n_before) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "generate: the prompt of request %zu has %llu tokens after its parent's "
                          "%llu; the model takes %llu in all (max_position_embeddings)",
                          i, (unsigned long long)s->n_tokens, (unsigned long long)n_before,
                          (unsigned long long)room);
    }
    request->n_prompt = (size_t)(n_before + s->n_tokens);
    uint64_t left = room - request->n_prompt;
    request->limit = s->max_new_tokens < left ? s->max_new_tokens : (uint32_t)left;
    return model_check_tokens(model, s->tokens, s->n_tokens, "generate", "request", i, err);
}

static EmendStatus check_request(const Batch *batch, size_t i, EmendError *err) {
    Request *request = &batch->requests[i];
    const EmendSampling *s = request->sampling;
    EmendStatus status = check_numbers(s, i, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t j = 0; j < i; j++) {
        if (batch->requests[j].sampling->sequence == s->sequence) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "generate: requests %zu and %zu are both sequence %llu; each must "
                              "have a name of its own",
                              j, i, (unsigned long long)s->sequence);
        }
    }
    request->parent = s->parent != EMEND_NO_SEQUENCE ? find(batch->session, s->parent) : NULL;
    if (s->parent != EMEND_NO_SEQUENCE && !request->parent) {
        return emend_fail(err, EMEND_NOT_FOUND,
                          "generate: the parent of request %zu is sequence %llu; this session "
                          "has none of that name",
                          i, (unsigned long long)s->parent);
    }
    return check_lengths(batch->model, request, i, err);
}

/* --- reading and sampling --- */

/* Copies the keys and values of the first n positions of every layer. */
static void copy_kv(const EmendModel *model, const float *from, size_t from_positions, float *to,
                    size_t to_positions, size_t n) {
    for (size_t l = 0; l < model->config.num_hidden_layers; l++) {
        memcpy(to + l * to_positions * model->kv_dim, from + l * from_positions * model->kv_dim,
               n * model->kv_dim * sizeof(float));
    }
}

static EmendStatus read_token(const Batch *batch, uint32_t token, size_t position,
                              EmendError *err) {
    const EmendHost *host = batch->model->backend->host;
    if (host->is_cancelled(host)) {
        return emend_fail(err, EMEND_CANCELLED, "generate: stopped as asked");
    }
    decoder_row(&batch->trace, token, position);
    return EMEND_OK;
}

/* The logits that follow the token read last. */
static void next_logits(const Batch *batch, size_t position, float *z) {
    decoder_final_norm(&batch->trace, position, batch->hidden);
    decoder_logits(batch->model, batch->hidden, z);
}

static EmendStatus sample(const Batch *batch, Request *request, EmendError *err) {
    EmendSampling *s = request->sampling;
    size_t vocab = batch->model->vocab;
    float scale = s->temperature > 0.0f ? 1.0f / s->temperature : 1.0f;
    if (!log_softmax(batch->z, scale, batch->log_probs, vocab)) {
        return emend_fail(err, EMEND_ABORTED,
                          "generate: the logits of request %zu are not finite; the model's weights "
                          "are broken: go back to an earlier checkpoint",
                          (size_t)(request - batch->requests));
    }
    uint32_t token = choose(s, batch->z, batch->choices, vocab);
    s->log_probs[s->n_new_tokens] = batch->log_probs[token];
    s->new_tokens[s->n_new_tokens++] = (int32_t)token;
    request->result.pending = token;
    request->result.has_pending = true;
    for (uint64_t i = 0; i < batch->n_stops; i++) {
        if (batch->stops[i] == (int32_t)token) {
            s->finish = EMEND_FINISH_STOP;
        }
    }
    return EMEND_OK;
}

/* Samples a request whose prompt was just read, and keeps its keys and values. */
static EmendStatus continue_request(const Batch *batch, Request *request, EmendError *err) {
    const EmendModel *model = batch->model;
    EmendSampling *s = request->sampling;
    size_t n_cached = request->n_prompt;
    void *kv = NULL;
    EmendStatus status = EMEND_OK;
    memcpy(batch->z, batch->prompt_z, model->vocab * sizeof(float));
    while (s->n_new_tokens < request->limit && s->finish == 0 && status == EMEND_OK) {
        if (s->n_new_tokens > 0) {
            status = read_token(batch, request->result.pending, n_cached, err);
            if (status != EMEND_OK) {
                return status;
            }
            next_logits(batch, n_cached++, batch->z);
        }
        status = sample(batch, request, err);
    }
    if (status == EMEND_OK) {
        status =
            backend_take(model->backend, model->config.num_hidden_layers * n_cached * model->kv_dim,
                         sizeof(float), "a sequence's keys and values", &kv, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    s->finish = s->finish != 0 ? s->finish : EMEND_FINISH_LENGTH;
    copy_kv(model, batch->trace.kv, batch->trace.n_positions, kv, n_cached, n_cached);
    request->result.id = s->sequence;
    request->result.n_cached = n_cached;
    request->result.kv = kv;
    request->is_done = true;
    return EMEND_OK;
}

static EmendStatus read_prompt(const Batch *batch, const Request *request, EmendError *err) {
    const Sequence *parent = request->parent;
    const EmendSampling *s = request->sampling;
    EmendStatus status = EMEND_OK;
    size_t n = 0;
    if (parent) {
        n = parent->n_cached;
        copy_kv(batch->model, parent->kv, n, batch->trace.kv, batch->trace.n_positions, n);
        if (parent->has_pending) {
            status = read_token(batch, parent->pending, n++, err);
        }
    }
    for (uint64_t t = 0; t < s->n_tokens && status == EMEND_OK; t++) {
        status = read_token(batch, (uint32_t)s->tokens[t], n++, err);
    }
    if (status == EMEND_OK) {
        next_logits(batch, n - 1, batch->prompt_z);
    }
    return status;
}

static bool share_prompt(const EmendSampling *a, const EmendSampling *b) {
    return a->parent == b->parent && a->n_tokens == b->n_tokens &&
           memcmp(a->tokens, b->tokens, a->n_tokens * sizeof(int32_t)) == 0;
}

static EmendStatus run_batch(const Batch *batch, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK; i++) {
        Request *first = &batch->requests[i];
        if (first->is_done) {
            continue;
        }
        status = read_prompt(batch, first, err);
        for (size_t j = i; j < batch->n_requests && status == EMEND_OK; j++) {
            Request *request = &batch->requests[j];
            if (!request->is_done && share_prompt(first->sampling, request->sampling)) {
                status = continue_request(batch, request, err);
            }
        }
    }
    return status;
}

/* --- the whole --- */

static EmendStatus take_requests(Batch *batch, EmendSpan requests, EmendError *err) {
    const Backend *backend = batch->model->backend;
    size_t n_before = batch->session->n_sequences;
    void *list = NULL, *sequences = NULL;
    EmendStatus status =
        backend_take(backend, batch->n_requests, sizeof(Request), "requests", &list, err);
    batch->requests = list;
    if (status == EMEND_OK) {
        status = backend_take(backend, n_before + batch->n_requests, sizeof(Sequence),
                              "a session's list", &sequences, err);
        batch->sequences = sequences;
    }
    for (size_t i = 0; i < batch->n_requests && status == EMEND_OK; i++) {
        // The span's elements are the caller's to read and ours to write.
        batch->requests[i].sampling = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        status = check_request(batch, i, err);
    }
    return status;
}

static EmendStatus take_room(Batch *batch, EmendError *err) {
    const EmendModel *model = batch->model;
    const Part parts[] = {{&batch->hidden, model->hidden},
                          {&batch->prompt_z, model->vocab},
                          {&batch->z, model->vocab},
                          {&batch->log_probs, model->vocab}};
    size_t n_positions = 0;
    void *choices = NULL;
    for (size_t i = 0; i < batch->n_requests; i++) {
        size_t n = batch->requests[i].n_prompt + batch->requests[i].limit;
        n_positions = n > n_positions ? n : n_positions;
    }
    EmendStatus status = trace_init(&batch->trace, model, n_positions, false, err);
    if (status == EMEND_OK) {
        status = backend_take_parts(model->backend, parts, 4, "a row of logits", err);
    }
    if (status == EMEND_OK) {
        status = backend_take(model->backend, model->vocab, sizeof(Choice), "a choice of tokens",
                              &choices, err);
        batch->choices = choices;
    }
    return status;
}

/* Cannot fail: room for the list was taken before anything was sampled. */
static void keep_sequences(Batch *batch) {
    EmendSession *session = batch->session;
    const EmendHost *host = batch->model->backend->host;
    size_t n = session->n_sequences;
    if (n > 0) {
        memcpy(batch->sequences, session->sequences, n * sizeof(Sequence));
    }
    for (size_t i = 0; i < batch->n_requests; i++) {
        Sequence *result = &batch->requests[i].result;
        const Sequence *known = find(session, result->id);
        size_t at = known ? (size_t)(known - session->sequences) : n++;
        host->free(host, batch->sequences[at].kv);
        batch->sequences[at] = *result;
        result->kv = NULL; // given away
    }
    host->free(host, session->sequences);
    session->sequences = batch->sequences;
    session->n_sequences = n;
    batch->sequences = NULL; // given away
}

static void batch_finish(Batch *batch) {
    const EmendHost *host = batch->model->backend->host;
    for (size_t i = 0; batch->requests && i < batch->n_requests; i++) {
        host->free(host, batch->requests[i].result.kv);
    }
    trace_finish(&batch->trace);
    host->free(host, batch->choices);
    host->free(host, batch->hidden);
    host->free(host, batch->sequences);
    host->free(host, batch->requests);
}

EmendStatus generate(void *self, EmendSession *session, EmendSpan requests, const int32_t *stops,
                     uint64_t n_stops, EmendError *err) {
    (void)self;
    Batch batch = {.session = session,
                   .model = session->model,
                   .stops = stops,
                   .n_stops = n_stops,
                   .n_requests = (size_t)requests.count};
    if ((requests.count > 0 && !requests.ptr) || (n_stops > 0 && !stops)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "generate: there are no requests or no stops where %llu and %llu are "
                          "announced; pass them",
                          (unsigned long long)requests.count, (unsigned long long)n_stops);
    }
    if (session->version != session->model->version) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "generate: the model's weights changed while this session was open; open "
                          "a new one");
    }
    EmendStatus status = take_requests(&batch, requests, err);
    if (status == EMEND_OK) {
        status = take_room(&batch, err);
    }
    for (size_t i = 0; i < batch.n_requests && status == EMEND_OK; i++) {
        batch.requests[i].sampling->n_new_tokens = 0;
        batch.requests[i].sampling->finish = 0;
    }
    if (status == EMEND_OK) {
        status = run_batch(&batch, err);
    }
    if (status == EMEND_OK) {
        keep_sequences(&batch);
    }
    batch_finish(&batch);
    return status;
}

EmendStatus session_open(void *self, EmendModel *model, EmendSession **out, EmendError *err) {
    (void)self;
    void *block = NULL;
    EmendStatus status =
        backend_take(model->backend, 1, sizeof(EmendSession), "a session", &block, err);
    if (status == EMEND_OK) {
        EmendSession *session = block;
        session->model = model;
        session->version = model->version;
        *out = session;
    }
    return status;
}

void session_close(void *self, EmendSession *session) {
    (void)self;
    if (!session) {
        return;
    }
    const EmendHost *host = session->model->backend->host;
    for (size_t i = 0; i < session->n_sequences; i++) {
        host->free(host, session->sequences[i].kv);
    }
    host->free(host, session->sequences);
    host->free(host, session);
}
