/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"
#include <string.h>

EmendStatus kv_cache_create(const EmendModel *model, size_t capacity, KvCache *out,
                            EmendError *err) {
    size_t n = model->shapes.layers * capacity * model->shapes.kv_dim;
    void *block = NULL;
    EmendStatus status = host_take_raw(model->cpu->host, 2 * n * sizeof(float),
                                       "a sequence's keys and values", &block, err);
    if (status == EMEND_OK) {
        *out = (KvCache){block, (float *)block + n, capacity};
    }
    return status;
}

void kv_cache_destroy(KvCache *cache, const EmendHost *host) {
    host->free(host, cache->keys);
    *cache = (KvCache){0};
}

void kv_cache_copy(const EmendModel *model, const KvCache *from, KvCache *to, size_t n) {
    const Shapes *s = &model->shapes;
    size_t bytes = n * s->head_dim * sizeof(float);
    for (size_t i = 0; i < s->layers * s->kv_heads; i++) {
        size_t from_at = kv_cache_at(s, from, 0, i), to_at = kv_cache_at(s, to, 0, i);
        memcpy(to->keys + to_at, from->keys + from_at, bytes);
        memcpy(to->values + to_at, from->values + from_at, bytes);
    }
}

EmendStatus kv_cache_grow(const EmendModel *model, KvCache *cache, size_t n, size_t wanted,
                          EmendError *err) {
    KvCache larger = {0};
    EmendStatus status = kv_cache_create(model, wanted, &larger, err);
    if (status == EMEND_OK) {
        kv_cache_copy(model, cache, &larger, n);
        kv_cache_destroy(cache, model->cpu->host);
        *cache = larger;
    }
    return status;
}

EmendStatus session_create(EmendModel *model, EmendSession **out, EmendError *err) {
    void *block = NULL;
    EmendStatus status =
        host_take(model->cpu->host, sizeof(EmendSession), "a session", &block, err);
    if (status == EMEND_OK) {
        EmendSession *session = block;
        session->model = model;
        session->version = model->version;
        *out = session;
    }
    return status;
}

void session_destroy(EmendSession *session) {
    if (!session) {
        return;
    }
    const EmendHost *host = session->model->cpu->host;
    for (size_t i = 0; i < session->n_slots; i++) {
        kv_cache_destroy(&session->slots[i].cache, host);
    }
    host->free(host, session->slots);
    host->free(host, session);
}

/* The slot that holds the id, or the empty one where it belongs. */
static Sequence *slot_of(Sequence *slots, size_t n_slots, uint64_t id) {
    size_t i = (size_t)((id * 0x9E3779B97F4A7C15u) >> 20) & (n_slots - 1);
    while (slots[i].is_used && slots[i].id != id) {
        i = (i + 1) & (n_slots - 1);
    }
    return &slots[i];
}

const Sequence *session_find(const EmendSession *session, uint64_t id) {
    if (session->n_slots == 0) {
        return NULL;
    }
    const Sequence *slot = slot_of(session->slots, session->n_slots, id);
    return slot->is_used ? slot : NULL;
}

EmendStatus session_reserve(EmendSession *session, size_t n, EmendError *err) {
    size_t n_slots = session->n_slots > 0 ? session->n_slots : 64;
    while (n_slots < 2 * (session->n_sequences + n)) {
        n_slots *= 2;
    }
    if (n_slots == session->n_slots) {
        return EMEND_OK;
    }
    const EmendHost *host = session->model->cpu->host;
    void *block = NULL;
    EmendStatus status =
        host_take(host, n_slots * sizeof(Sequence), "a session's list", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t i = 0; i < session->n_slots; i++) {
        if (session->slots[i].is_used) {
            *slot_of(block, n_slots, session->slots[i].id) = session->slots[i];
        }
    }
    host->free(host, session->slots);
    session->slots = block;
    session->n_slots = n_slots;
    return EMEND_OK;
}

void session_put(EmendSession *session, const Sequence *sequence) {
    Sequence *slot = slot_of(session->slots, session->n_slots, sequence->id);
    if (slot->is_used) {
        kv_cache_destroy(&slot->cache, session->model->cpu->host);
    } else {
        session->n_sequences++;
    }
    *slot = *sequence;
    slot->is_used = true;
}
