/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives the process, as bytes, little-endian: version u32, turns u32, and for each turn the
 * bits of its mean reward u64 and its steps u64. Version 2, of configs with adaptive KL weights,
 * has three more for each turn: the bits of its weight, the bits of the last step's sum of KLs, and
 * how many they were. */
#include "reinforce.h"
#include <math.h>
#include <string.h>

enum { HEADER_BYTES = 8, MAX_TURNS = 65536 };

static uint32_t version_of(const Reinforce *reinforce) {
    return reinforce_has_targets(reinforce->config) ? 2 : 1;
}

static uint64_t turn_bytes(const Reinforce *reinforce) {
    return reinforce_has_targets(reinforce->config) ? 40 : 16;
}

static unsigned char *put_number(unsigned char *to, uint64_t value, int n_bytes) {
    for (int i = 0; i < n_bytes; i++) {
        *to++ = (unsigned char)(value >> (8 * i));
    }
    return to;
}

static uint64_t get_number(const unsigned char *from, int n_bytes) {
    uint64_t value = 0;
    for (int i = 0; i < n_bytes; i++) {
        value |= (uint64_t)from[i] << (8 * i);
    }
    return value;
}

static unsigned char *put_double(unsigned char *to, double value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return put_number(to, bits, 8);
}

static double get_double(const unsigned char *from) {
    double value = 0;
    uint64_t bits = get_number(from, 8);
    memcpy(&value, &bits, sizeof value);
    return value;
}

EmendStatus reinforce_reserve(Reinforce *reinforce, uint32_t n_turns, EmendError *err) {
    EmendStatus status = objective_reserve(&reinforce->objective, n_turns, err);
    if (status != EMEND_OK || n_turns <= reinforce->n_moving) {
        return status;
    }
    MovingAverage *moving = algorithm_alloc(&reinforce->base, n_turns, sizeof *moving);
    if (!moving) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory for %u moving averages",
                          n_turns);
    }
    if (reinforce->n_moving > 0) {
        memcpy(moving, reinforce->moving, reinforce->n_moving * sizeof *moving);
    }
    algorithm_free(&reinforce->base, reinforce->moving);
    reinforce->moving = moving;
    reinforce->n_moving = n_turns;
    return EMEND_OK;
}

EmendStatus reinforce_save(void *self, const EmendSink *state, EmendError *err) {
    const Reinforce *reinforce = self;
    uint64_t n_bytes = HEADER_BYTES + reinforce->n_moving * turn_bytes(reinforce);
    unsigned char *bytes = algorithm_alloc(&reinforce->base, n_bytes, 1);
    if (!bytes) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory to save its state");
    }
    unsigned char *end = put_number(bytes, version_of(reinforce), 4);
    end = put_number(end, reinforce->n_moving, 4);
    for (uint32_t t = 0; t < reinforce->n_moving; t++) {
        end = put_double(end, reinforce->moving[t].mean);
        end = put_number(end, reinforce->moving[t].n_steps, 8);
        if (reinforce_has_targets(reinforce->config)) {
            end = put_double(end, reinforce->objective.turns[t].kl_weight);
            end = put_double(end, reinforce->objective.turns[t].kl_sum);
            end = put_number(end, reinforce->objective.turns[t].n_kls, 8);
        }
    }
    EmendStatus status = state->put(state->ctx, 0, bytes, n_bytes);
    algorithm_free(&reinforce->base, bytes);
    if (status != EMEND_OK) {
        return emend_fail(err, status, "reinforce: its state of %llu bytes was not taken",
                          (unsigned long long)n_bytes);
    }
    return EMEND_OK;
}

static EmendStatus header_check(const Reinforce *reinforce, EmendBytes state, EmendError *err) {
    const unsigned char *bytes = state.ptr;
    if (state.len < HEADER_BYTES) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "reinforce: its saved state has %llu bytes; it must have %d or more",
                          (unsigned long long)state.len, HEADER_BYTES);
    }
    uint64_t version = get_number(bytes, 4);
    uint64_t n_turns = get_number(bytes + 4, 4);
    if (version != version_of(reinforce)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "reinforce: its saved state is of version %u; it must be %u; resume with "
                          "the plugin and the config that wrote it",
                          (unsigned)version, version_of(reinforce));
    }
    uint64_t n_bytes = HEADER_BYTES + n_turns * turn_bytes(reinforce);
    if (n_turns > MAX_TURNS || state.len != n_bytes) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "reinforce: its saved state says %u turns and has %llu bytes; it must "
                          "have %llu",
                          (unsigned)n_turns, (unsigned long long)state.len,
                          (unsigned long long)n_bytes);
    }
    return EMEND_OK;
}

static EmendStatus turn_check(const Reinforce *reinforce, const unsigned char *bytes,
                              uint32_t number, EmendError *err) {
    if (!isfinite(get_double(bytes))) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "reinforce: the saved average of turn %u is not finite; it must be",
                          number);
    }
    if (!reinforce_has_targets(reinforce->config)) {
        return EMEND_OK;
    }
    double weight = get_double(bytes + 16);
    if (!(isfinite(weight) && weight >= 0 && isfinite(get_double(bytes + 24)))) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "reinforce: the saved KL weight of turn %u is %g; it must be finite and "
                          "0 or more",
                          number, weight);
    }
    return EMEND_OK;
}

static void turn_take(Reinforce *reinforce, const unsigned char *bytes, uint32_t t) {
    reinforce->moving[t] = (MovingAverage){get_double(bytes), get_number(bytes + 8, 8)};
    if (reinforce_has_targets(reinforce->config)) {
        TurnTotals *totals = &reinforce->objective.turns[t];
        totals->kl_weight = get_double(bytes + 16);
        totals->kl_sum = get_double(bytes + 24);
        totals->n_kls = get_number(bytes + 32, 8);
    }
}

/* As on the first step. */
static void forget(Reinforce *reinforce) {
    for (uint32_t t = 0; t < reinforce->n_moving; t++) {
        reinforce->moving[t] = (MovingAverage){0};
        reinforce->objective.turns[t] =
            (TurnTotals){.kl_weight = objective_kl_weight(&reinforce->objective, t + 1)};
    }
}

EmendStatus reinforce_restore(void *self, EmendBytes state, EmendError *err) {
    Reinforce *reinforce = self;
    EmendStatus status = header_check(reinforce, state, err);
    if (status != EMEND_OK) {
        return status;
    }
    const unsigned char *turns = (const unsigned char *)state.ptr + HEADER_BYTES;
    uint32_t n_turns = (uint32_t)get_number((const unsigned char *)state.ptr + 4, 4);
    for (uint32_t t = 0; status == EMEND_OK && t < n_turns; t++) {
        status = turn_check(reinforce, turns + t * turn_bytes(reinforce), t + 1, err);
    }
    if (status == EMEND_OK) {
        status = reinforce_reserve(reinforce, n_turns, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    forget(reinforce);
    for (uint32_t t = 0; t < n_turns; t++) {
        turn_take(reinforce, turns + t * turn_bytes(reinforce), t);
    }
    return EMEND_OK;
}
