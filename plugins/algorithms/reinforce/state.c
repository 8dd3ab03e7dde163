/* SPDX-License-Identifier: Apache-2.0 */
/* The moving averages as bytes, little-endian: version u32, turns u32, and for each turn the bits
 * of its mean u64 and its steps u64. */
#include "reinforce.h"
#include <math.h>
#include <string.h>

enum { STATE_VERSION = 1, STATE_HEADER_BYTES = 8, STATE_TURN_BYTES = 16, STATE_MAX_TURNS = 65536 };

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

EmendStatus reinforce_reserve(Reinforce *reinforce, uint32_t n_turns, EmendError *err) {
    const EmendHost *host = reinforce->host;
    if (n_turns <= reinforce->n_moving) {
        return EMEND_OK;
    }
    if (n_turns > STATE_MAX_TURNS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "episodes: one has %u turns; there must be %d or fewer", n_turns,
                          STATE_MAX_TURNS);
    }
    MovingAverage *moving = host->alloc(host, n_turns * sizeof *moving, 0);
    if (!moving) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory for %u moving averages",
                          n_turns);
    }
    memset(moving, 0, n_turns * sizeof *moving);
    if (reinforce->n_moving > 0) {
        memcpy(moving, reinforce->moving, reinforce->n_moving * sizeof *moving);
    }
    host->free(host, reinforce->moving);
    reinforce->moving = moving;
    reinforce->n_moving = n_turns;
    return EMEND_OK;
}

EmendStatus reinforce_save(void *self, const EmendSink *state, EmendError *err) {
    const Reinforce *reinforce = self;
    const EmendHost *host = reinforce->host;
    uint64_t n_bytes = STATE_HEADER_BYTES + (uint64_t)reinforce->n_moving * STATE_TURN_BYTES;
    unsigned char *bytes = host->alloc(host, n_bytes, 0);
    if (!bytes) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory to save its state");
    }
    unsigned char *end = put_number(bytes, STATE_VERSION, 4);
    end = put_number(end, reinforce->n_moving, 4);
    for (uint32_t t = 0; t < reinforce->n_moving; t++) {
        uint64_t bits = 0;
        memcpy(&bits, &reinforce->moving[t].mean, sizeof bits);
        end = put_number(end, bits, 8);
        end = put_number(end, reinforce->moving[t].n_steps, 8);
    }
    EmendStatus status = state->put(state->ctx, 0, bytes, n_bytes);
    host->free(host, bytes);
    if (status != EMEND_OK) {
        return emend_fail(err, status, "reinforce: its state of %llu bytes was not taken",
                          (unsigned long long)n_bytes);
    }
    return EMEND_OK;
}

static EmendStatus state_check(EmendBytes state, EmendError *err) {
    const unsigned char *bytes = state.ptr;
    if (state.len < STATE_HEADER_BYTES) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "reinforce: its saved state has %llu bytes; it must have %d or more",
                          (unsigned long long)state.len, STATE_HEADER_BYTES);
    }
    uint64_t version = get_number(bytes, 4);
    uint64_t n_turns = get_number(bytes + 4, 4);
    if (version != STATE_VERSION) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "reinforce: its saved state is of version %u; it must be %d; resume with "
                          "the plugin that wrote it",
                          (unsigned)version, STATE_VERSION);
    }
    if (n_turns > STATE_MAX_TURNS || state.len != STATE_HEADER_BYTES + n_turns * STATE_TURN_BYTES) {
        return emend_fail(
            err, EMEND_DATA_LOSS,
            "reinforce: its saved state says %u turns and has %llu bytes; it must have "
            "%llu",
            (unsigned)n_turns, (unsigned long long)state.len,
            (unsigned long long)(STATE_HEADER_BYTES + n_turns * STATE_TURN_BYTES));
    }
    return EMEND_OK;
}

static MovingAverage get_moving(const unsigned char *from) {
    MovingAverage moving = {0};
    uint64_t bits = get_number(from, 8);
    memcpy(&moving.mean, &bits, sizeof bits);
    moving.n_steps = get_number(from + 8, 8);
    return moving;
}

EmendStatus reinforce_restore(void *self, EmendBytes state, EmendError *err) {
    Reinforce *reinforce = self;
    EmendStatus status = state_check(state, err);
    if (status != EMEND_OK) {
        return status;
    }
    const unsigned char *turns = (const unsigned char *)state.ptr + STATE_HEADER_BYTES;
    uint32_t n_turns = (uint32_t)get_number((const unsigned char *)state.ptr + 4, 4);
    for (uint32_t t = 0; t < n_turns; t++) {
        if (!isfinite(get_moving(turns + (size_t)t * STATE_TURN_BYTES).mean)) {
            return emend_fail(err, EMEND_DATA_LOSS,
                              "reinforce: the saved average of turn %u is not finite; it must be",
                              t + 1);
        }
    }
    status = reinforce_reserve(reinforce, n_turns, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (reinforce->n_moving > 0) {
        memset(reinforce->moving, 0, reinforce->n_moving * sizeof *reinforce->moving);
    }
    for (uint32_t t = 0; t < n_turns; t++) {
        reinforce->moving[t] = get_moving(turns + (size_t)t * STATE_TURN_BYTES);
    }
    return EMEND_OK;
}
