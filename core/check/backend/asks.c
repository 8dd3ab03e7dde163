/* SPDX-License-Identifier: Apache-2.0 */
#include "check/backend/asks.h"
#include "check/random.h"
#include <math.h>
#include <string.h>

void ask_init(Ask *ask, const Shape *shape, uint64_t id, uint64_t parent, uint64_t seed,
              uint32_t n) {
    uint64_t random = seed * 7919 + 3;
    memset(ask, 0, sizeof *ask);
    for (uint32_t i = 0; i < n; i++) {
        ask->tokens[i] = (int32_t)check_below(&random, shape->config.vocab_size);
    }
    ask->sampling = (EmendSampling){
        .struct_size = sizeof(EmendSampling),
        .max_new_tokens = ASK_NEW,
        .sequence = id,
        .parent = parent,
        .n_tokens = n,
        .key = {.seed = 77, .episode = (uint32_t)id, .purpose = EMEND_RANDOM_SAMPLING},
        .temperature = shape->temperature,
        .top_p = 1.0f};
}

EmendSession *rig_session(Rig *rig, EmendModel *model) {
    EmendSession *session = NULL;
    kit_enter(rig->kit, "session_open");
    EmendStatus status = rig->backend->session_open(rig->self, model, &session, rig_err(rig));
    return rig_ok(rig, "session_open", status) ? session : NULL;
}

static void point_inwards(Ask *asks, size_t n) {
    for (size_t i = 0; i < n; i++) {
        asks[i].sampling.tokens = asks[i].tokens;
        asks[i].sampling.new_tokens = asks[i].new_tokens;
        asks[i].sampling.log_probs = asks[i].log_probs;
    }
}

EmendStatus rig_try_generate(Rig *rig, EmendSession *session, Ask *asks, size_t n) {
    point_inwards(asks, n);
    kit_enter(rig->kit, "generate");
    return rig->backend->generate(rig->self, session, emend_span(asks, n, sizeof *asks), NULL, 0,
                                  rig_err(rig));
}

bool rig_generate(Rig *rig, EmendSession *session, Ask *asks, size_t n) {
    return rig_ok(rig, "generate", rig_try_generate(rig, session, asks, n));
}

bool rig_generate_until(Rig *rig, EmendSession *session, Ask *asks, size_t n, const int32_t *stops,
                        size_t n_stops) {
    point_inwards(asks, n);
    kit_enter(rig->kit, "generate");
    EmendStatus status = rig->backend->generate(
        rig->self, session, emend_span(asks, n, sizeof *asks), stops, n_stops, rig_err(rig));
    return rig_ok(rig, "generate", status);
}

// ---- conversations

void talks_init(Talk *talks, size_t n, const Shape *shape) {
    static const uint32_t n_first[] = {1, 7, 3, 7};
    static const float factors[] = {1.0f, 0.75f, 0.0f, 0.75f};
    memset(talks, 0, n * sizeof *talks);
    for (size_t i = 0; i < n; i++) {
        uint64_t prompt = i % 4 == 3 ? i - 2 : i;
        ask_init(&talks[i].turns[0], shape, 100 + i, EMEND_NO_SEQUENCE, prompt, n_first[i % 4]);
        ask_init(&talks[i].turns[1], shape, 100 + i, 100 + i, 50 + i, 1 + (uint32_t)i % 4);
        talks[i].turns[0].sampling.temperature = factors[i % 4] * shape->temperature;
        talks[i].turns[1].sampling.key.turn = 1;
    }
}

static void append(Talk *talk, int turn) {
    const Ask *ask = &talk->turns[turn];
    memcpy(talk->tokens + talk->n_tokens, ask->tokens, ask->sampling.n_tokens * sizeof(int32_t));
    talk->n_tokens += (uint32_t)ask->sampling.n_tokens;
    talk->begin[turn] = talk->n_tokens;
    memcpy(talk->tokens + talk->n_tokens, ask->new_tokens,
           ask->sampling.n_new_tokens * sizeof(int32_t));
    talk->n_tokens += ask->sampling.n_new_tokens;
}

/* Whether a turn has all tokens that were asked for, there being no stop; else the kit is told. */
static bool is_whole(Rig *rig, const Ask *ask) {
    if (ask->sampling.n_new_tokens == ASK_NEW && ask->sampling.finish == EMEND_FINISH_LENGTH) {
        return true;
    }
    kit_fail(rig->kit,
             "without stop tokens go on to max_new_tokens, and set n_new_tokens and finish",
             "model \"%s\": generate gives %u tokens and finish %u; there are no stops, so it must "
             "give %d and %d",
             rig->shape->name, ask->sampling.n_new_tokens, ask->sampling.finish, ASK_NEW,
             EMEND_FINISH_LENGTH);
    return false;
}

bool talks_run(Rig *rig, EmendModel *model, Talk *const *talks, size_t n) {
    enum { MOST = 8 };
    Ask asks[MOST];
    EmendSession *session = rig_session(rig, model);
    bool is_done = session != NULL;
    for (int turn = 0; is_done && turn < TALK_TURNS; turn++) {
        for (size_t i = 0; i < n; i++) {
            asks[i] = talks[i]->turns[turn];
        }
        is_done = rig_generate(rig, session, asks, n);
        for (size_t i = 0; is_done && i < n; i++) {
            is_done = is_whole(rig, &asks[i]);
            talks[i]->turns[turn] = asks[i];
            if (is_done) {
                append(talks[i], turn);
            }
        }
    }
    rig->backend->session_close(rig->self, session);
    return is_done;
}

// ---- comparing

bool asks_agree(Rig *rig, const Ask *first, const Ask *second, const char *remedy,
                const char *how) {
    double tolerance = rig_is_exact(rig) ? 0.0 : RIG_TOLERANCE;
    uint32_t n = first->sampling.n_new_tokens;
    if (n != second->sampling.n_new_tokens && tolerance <= 0) {
        kit_fail(rig->kit, remedy, "model \"%s\": sequence %llu has %u new tokens, and %u %s",
                 rig->shape->name, (unsigned long long)first->sampling.sequence, n,
                 second->sampling.n_new_tokens, how);
        return false;
    }
    for (uint32_t t = 0; t < n && t < second->sampling.n_new_tokens; t++) {
        double was = (double)first->log_probs[t], is = (double)second->log_probs[t];
        bool is_same_token = first->new_tokens[t] == second->new_tokens[t];
        if (!is_same_token && tolerance > 0) {
            return true; // a draw on the edge of two tokens: what follows is another text
        }
        if (!is_same_token || !(fabs(was - is) <= tolerance * fmax(1.0, fabs(was)))) {
            kit_fail(rig->kit, remedy,
                     "model \"%s\": new token %u of sequence %llu is %d with log-prob %a, and %d "
                     "with %a %s; %s",
                     rig->shape->name, t, (unsigned long long)first->sampling.sequence,
                     first->new_tokens[t], was, second->new_tokens[t], is, how,
                     tolerance > 0 ? "they must agree within the tolerance"
                                   : "they must be the same bits");
            return false;
        }
    }
    return true;
}
