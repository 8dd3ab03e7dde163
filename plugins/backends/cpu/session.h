/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_SESSION_H
#define CPU_SESSION_H
/* The sequences a session remembers, with the keys and values of their tokens. */
#include "decoder.h"

/* Its tokens are the n_cached that were read and, with has_pending, the last one sampled. */
typedef struct Sequence {
    uint64_t id;
    KvCache cache; /* keys: the block of both */
    uint32_t n_cached, pending;
    bool has_pending, is_used; /* is_used: a slot of the table that holds one */
} Sequence;

struct EmendSession {
    EmendModel *model;
    uint64_t version; /* of the weights it samples from */
    Sequence *slots;  /* open addressing by id; n_slots is a power of two or 0 */
    size_t n_slots, n_sequences;
};

EmendStatus session_create(EmendModel *model, EmendSession **out, EmendError *err);
void session_destroy(EmendSession *session);
/* NULL where unknown. Valid until the next session_put. */
const Sequence *session_find(const EmendSession *session, uint64_t id);
/* Makes sure that n more sequences can be put without fail. */
EmendStatus session_reserve(EmendSession *session, size_t n, EmendError *err);
/* Puts a sequence, taking its cache; one of the same id is replaced. */
void session_put(EmendSession *session, const Sequence *sequence);

EmendStatus kv_cache_create(const EmendModel *model, size_t capacity, KvCache *out,
                            EmendError *err);
void kv_cache_destroy(KvCache *cache, const EmendHost *host);
/* Copies the first n positions of every layer. */
void kv_cache_copy(const EmendModel *model, const KvCache *from, KvCache *to, size_t n);
/* Makes room for `wanted` positions, keeping the first n. */
EmendStatus kv_cache_grow(const EmendModel *model, KvCache *cache, size_t n, size_t wanted,
                          EmendError *err);

/* The operation of the backend's table. */
EmendStatus generate_run(Cpu *cpu, EmendSession *session, EmendSpan requests, const int32_t *stops,
                         uint64_t n_stops, EmendError *err);

#endif
