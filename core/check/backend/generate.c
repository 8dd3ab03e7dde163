/* SPDX-License-Identifier: Apache-2.0 */
/* What generate reports: the same as forward, whatever the batch, the turns and the parents. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_TALKS = 4 };

/* Runs the talks in the order that `order` gives, n at a time. */
static bool run_all(Rig *rig, Talk *talks, const int *order, size_t n) {
    for (size_t begin = 0; begin < N_TALKS; begin += n) {
        Talk *some[N_TALKS];
        for (size_t i = 0; i < n; i++) {
            some[i] = &talks[order[begin + i]];
        }
        if (!talks_run(rig, rig->policy, some, n)) {
            return false;
        }
    }
    return true;
}

static const int in_order[N_TALKS] = {0, 1, 2, 3}, in_reverse[N_TALKS] = {3, 2, 1, 0};

// ---- generate and forward

static bool score(Rig *rig, const Talk *talk, float *log_probs) {
    EmendScoredRange ranges[TALK_TURNS];
    for (int turn = 0; turn < TALK_TURNS; turn++) {
        float temperature = talk->turns[turn].sampling.temperature;
        ranges[turn] =
            (EmendScoredRange){.begin = talk->begin[turn],
                               .end = talk->begin[turn] + talk->turns[turn].sampling.n_new_tokens,
                               .temperature = temperature > 0 ? temperature : 1.0f};
    }
    const EmendSequence sequence = {.struct_size = sizeof sequence,
                                    .n_ranges = TALK_TURNS,
                                    .tokens = talk->tokens,
                                    .n_tokens = talk->n_tokens,
                                    .ranges = ranges,
                                    .log_probs = log_probs};
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences = emend_span(&sequence, 1, sizeof sequence)};
    kit_enter(rig->kit, "forward");
    return rig_ok(rig, "forward",
                  rig->backend->forward(rig->self, rig->policy, &args, NULL, rig_err(rig)));
}

static void check_talk(Rig *rig, const Talk *talk) {
    float log_probs[TALK_TURNS * ASK_NEW];
    double tolerance = rig_is_exact(rig) ? 0.0 : RIG_TOLERANCE;
    if (!score(rig, talk, log_probs)) {
        return;
    }
    for (int i = 0; i < TALK_TURNS * ASK_NEW; i++) {
        int turn = i / ASK_NEW, t = i % ASK_NEW;
        double reported = (double)talk->turns[turn].log_probs[t], scored = (double)log_probs[i];
        if (!(fabs(reported - scored) <= tolerance * fmax(1.0, fabs(scored)))) {
            kit_fail(rig->kit,
                     "compute both by the same code, with sums in one order; without that, do not "
                     "declare EMEND_BACKEND_EXACT",
                     "model \"%s\": generate reports %a for new token %d of turn %d at temperature "
                     "%g, and forward computes %a; %s",
                     rig->shape->name, reported, t, turn + 1,
                     (double)talk->turns[turn].sampling.temperature, scored,
                     tolerance > 0 ? "they must agree within the tolerance"
                                   : "they must be the same bits");
            return;
        }
    }
}

void backend_test_generate_is_forward(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        Talk talks[N_TALKS];
        talks_init(talks, N_TALKS, &model_shapes[i]);
        if (rig_open(kit, &model_shapes[i], &rig) && run_all(&rig, talks, in_order, N_TALKS)) {
            for (int t = 0; t < N_TALKS && !kit_is_over(kit); t++) {
                check_talk(&rig, &talks[t]);
            }
        }
        rig_close(&rig);
    }
}

// ---- batches

void backend_test_generate_alone(Kit *kit) {
    static const char remedy[] = "a request's numbers must not depend on what else is in the batch";
    static const struct {
        const int *order;
        size_t n;
        const char *how;
    } others[] = {{in_order, 1, "alone"},
                  {in_reverse, N_TALKS, "in another order"},
                  {in_order, 2, "in batches of two"}};
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        Talk together[N_TALKS], talks[N_TALKS];
        talks_init(together, N_TALKS, &model_shapes[i]);
        bool is_run =
            rig_open(kit, &model_shapes[i], &rig) && run_all(&rig, together, in_order, N_TALKS);
        for (size_t o = 0; is_run && o < sizeof others / sizeof others[0]; o++) {
            talks_init(talks, N_TALKS, &model_shapes[i]);
            is_run = run_all(&rig, talks, others[o].order, others[o].n);
            for (int k = 0; is_run && k < N_TALKS * TALK_TURNS; k++) {
                is_run =
                    asks_agree(&rig, &together[k / TALK_TURNS].turns[k % TALK_TURNS],
                               &talks[k / TALK_TURNS].turns[k % TALK_TURNS], remedy, others[o].how);
            }
        }
        rig_close(&rig);
    }
}

// ---- parents

/* The second turn of a talk once more, as a request that reads all of its tokens afresh. */
static void check_afresh(Rig *rig, const Talk *talk) {
    Ask afresh = talk->turns[1];
    EmendSession *session = rig_session(rig, rig->policy);
    memcpy(afresh.tokens, talk->tokens, talk->begin[1] * sizeof(int32_t));
    memset(afresh.new_tokens, 0, sizeof afresh.new_tokens);
    afresh.sampling.n_tokens = talk->begin[1];
    afresh.sampling.parent = EMEND_NO_SEQUENCE;
    if (session && rig_generate(rig, session, &afresh, 1)) {
        asks_agree(
            rig, &talk->turns[1], &afresh,
            "go on at the position after the parent's last token, the one sampled last included",
            "where its parent's tokens are read afresh");
    }
    rig->backend->session_close(rig->self, session);
}

void backend_test_parents(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        Talk talks[N_TALKS];
        talks_init(talks, N_TALKS, &model_shapes[i]);
        if (rig_open(kit, &model_shapes[i], &rig) && run_all(&rig, talks, in_order, N_TALKS)) {
            for (int t = 0; t < N_TALKS && !kit_is_over(kit); t++) {
                check_afresh(&rig, &talks[t]);
            }
        }
        rig_close(&rig);
    }
}

/* Two samples of one parent and the same tokens, and one whose tokens differ in the last. */
static void siblings_init(Ask *siblings, const Shape *shape) {
    for (uint64_t i = 0; i < 3; i++) {
        ask_init(&siblings[i], shape, 10 + i, 1, 4, 3);
    }
    siblings[2].tokens[2] = (siblings[2].tokens[2] + 1) % (int32_t)shape->config.vocab_size;
}

static void check_siblings(Rig *rig) {
    Ask parent, together[3], alone[3];
    EmendSession *session = rig_session(rig, rig->policy);
    ask_init(&parent, rig->shape, 1, EMEND_NO_SEQUENCE, 9, 5);
    siblings_init(together, rig->shape);
    siblings_init(alone, rig->shape);
    bool is_run = session && rig_generate(rig, session, &parent, 1) &&
                  rig_generate(rig, session, together, 3);
    for (int i = 0; is_run && i < 3; i++) {
        is_run = rig_generate(rig, session, &alone[i], 1) &&
                 asks_agree(rig, &together[i], &alone[i],
                            "let requests share the reading of a prompt, and nothing after it; "
                            "leave the parent as it was",
                            "once more, alone, of the same parent");
    }
    // A known name is replaced, and continued as what it is now.
    if (is_run) {
        Ask again, next, expected;
        ask_init(&again, rig->shape, 1, EMEND_NO_SEQUENCE, 12, 4);
        ask_init(&next, rig->shape, 20, 1, 4, 3);
        ask_init(&expected, rig->shape, 20, 2, 4, 3);
        is_run = rig_generate(rig, session, &again, 1) && rig_generate(rig, session, &next, 1);
        again.sampling.sequence = 2;
        if (is_run && rig_generate(rig, session, &again, 1) &&
            rig_generate(rig, session, &expected, 1)) {
            asks_agree(rig, &expected, &next,
                       "let a sequence asked for under a known name replace it",
                       "after a parent whose name was known before");
        }
    }
    rig->backend->session_close(rig->self, session);
}

void backend_test_siblings(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            check_siblings(&rig);
        }
        rig_close(&rig);
    }
}

// ---- the random stream

enum { N_STREAMS = 7 };

/* One prompt under keys that differ in one part each; the last is the first under another name, in
 * another place, and shorter. */
static void streams_init(Ask *asks, const Shape *shape) {
    for (size_t i = 0; i < N_STREAMS; i++) {
        ask_init(&asks[i], shape, 30 + i, EMEND_NO_SEQUENCE, 3, 4);
        asks[i].sampling.key = asks[0].sampling.key;
        asks[i].sampling.temperature = 2.0f;
    }
    asks[1].sampling.key.seed += 1;
    asks[2].sampling.key.step += 1;
    asks[3].sampling.key.episode += 1;
    asks[4].sampling.key.turn += 1;
    asks[5].sampling.key.purpose = EMEND_RANDOM_EVALUATION;
    asks[6].sampling.max_new_tokens = ASK_NEW - 2;
}

void backend_test_streams(Kit *kit) {
    static const char *const parts[] = {"", "seed", "step", "episode", "turn", "purpose"};
    static const char remedy[] =
        "draw the i-th new token with emend_random_unit(&key, i) and nothing else";
    Rig rig;
    Ask asks[N_STREAMS];
    EmendSession *session = NULL;
    streams_init(asks, &model_shapes[SHAPE_GROUPED]);
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        session = rig_session(&rig, rig.policy);
    }
    if (session && rig_generate(&rig, session, asks, N_STREAMS)) {
        for (int i = 1; i < 6 && !kit_is_over(kit); i++) {
            if (memcmp(asks[0].new_tokens, asks[i].new_tokens, ASK_NEW * sizeof(int32_t)) == 0) {
                kit_fail(kit, remedy,
                         "a key with another %s gives the same %d tokens; it must give a stream of "
                         "its own",
                         parts[i], ASK_NEW);
            }
        }
        asks[6].sampling.n_new_tokens = asks[0].sampling.n_new_tokens = ASK_NEW - 2;
        if (!kit_is_over(kit)) {
            asks_agree(&rig, &asks[0], &asks[6], remedy,
                       "with the same key under another name and a lower max_new_tokens");
        }
    }
    if (session) {
        rig.backend->session_close(rig.self, session);
    }
    rig_close(&rig);
}

// ---- how sequences end

static void check_ending(Rig *rig, const Ask *ask, uint32_t n, uint32_t finish, const char *why) {
    if (ask->sampling.n_new_tokens != n || ask->sampling.finish != finish) {
        kit_fail(rig->kit,
                 "end at the first stop token, which is the last new one, at max_new_tokens, or "
                 "where the model's positions are full",
                 "%s: %u new tokens and finish %u; there must be %u and %u", why,
                 ask->sampling.n_new_tokens, ask->sampling.finish, n, finish);
    }
}

static void check_stops(Rig *rig, EmendSession *session) {
    Ask whole, stopped;
    ask_init(&whole, rig->shape, 1, EMEND_NO_SEQUENCE, 3, 4);
    whole.sampling.temperature = 2.0f;
    stopped = whole;
    if (!rig_generate(rig, session, &whole, 1)) {
        return;
    }
    int32_t vocab = (int32_t)rig->shape->config.vocab_size;
    const int32_t stops[] = {vocab - 1, whole.new_tokens[3]};
    uint32_t n = 0;
    while (n < ASK_NEW && whole.new_tokens[n] != stops[0] && whole.new_tokens[n] != stops[1]) {
        n++;
    }
    if (rig_generate_until(rig, session, &stopped, 1, stops, 2)) {
        check_ending(rig, &stopped, n + 1, EMEND_FINISH_STOP, "a stop token was sampled");
        if (!kit_is_over(rig->kit)) {
            whole.sampling.n_new_tokens = n + 1;
            asks_agree(rig, &whole, &stopped, "let stops end a sequence and change nothing before",
                       "with stops");
        }
    }
}

static void check_positions(Rig *rig, EmendSession *session) {
    Ask ask;
    uint32_t positions = rig->shape->config.max_position_embeddings, n_prompt = positions - 4;
    ask_init(&ask, rig->shape, 2, EMEND_NO_SEQUENCE, 3, n_prompt);
    ask.sampling.max_new_tokens = 20;
    if (rig_generate(rig, session, &ask, 1)) {
        check_ending(rig, &ask, positions - n_prompt, EMEND_FINISH_LENGTH,
                     "a prompt 4 tokens shorter than the model's positions");
    }
}

void backend_test_endings(Kit *kit) {
    Rig rig;
    EmendSession *session = NULL;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        session = rig_session(&rig, rig.policy);
    }
    if (session) {
        check_stops(&rig, session);
        if (!kit_is_over(kit)) {
            check_positions(&rig, session);
        }
        rig.backend->session_close(rig.self, session);
    }
    rig_close(&rig);
}
