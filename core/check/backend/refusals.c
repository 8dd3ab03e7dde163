/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that must fail, in words, and leave everything usable. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include <math.h>
#include <string.h>

/* Whether the call was refused with a message that holds `text`; NULL: any. */
static bool is_refused(Rig *rig, const char *what, EmendStatus status, const char *text) {
    if (!subject_refused(rig->subject, what, status)) {
        return false;
    }
    if (text && !strstr(rig->subject->message, text)) {
        kit_fail(rig->kit, "say in the message which one it was, so that it can be found",
                 "%s is refused with \"%s\"; the message must name \"%s\"", what,
                 rig->subject->message, text);
        return false;
    }
    return true;
}

// ---- generate

/* After a refusal the session must go on. */
static void check_still_works(Rig *rig, EmendSession *session) {
    Ask ask;
    ask_init(&ask, rig->shape, 90, EMEND_NO_SEQUENCE, 3, 4);
    rig_generate(rig, session, &ask, 1);
}

void backend_test_long_prompt(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        Ask asks[2];
        static int32_t long_prompt[ASK_TOKENS + 1];
        EmendSession *session = rig_session(&rig, rig.policy);
        ask_init(&asks[0], rig.shape, 1, EMEND_NO_SEQUENCE, 3, 4);
        ask_init(&asks[1], rig.shape, 2, EMEND_NO_SEQUENCE, 3, 4);
        for (int i = 0; i < 2; i++) {
            asks[i].sampling.tokens = asks[i].tokens;
            asks[i].sampling.new_tokens = asks[i].new_tokens;
            asks[i].sampling.log_probs = asks[i].log_probs;
        }
        asks[1].sampling.tokens = long_prompt;
        asks[1].sampling.n_tokens = rig.shape->config.max_position_embeddings + 1;
        kit_enter(kit, "generate with a prompt longer than the model's positions");
        EmendStatus status =
            session ? rig.backend->generate(rig.self, session, emend_span(asks, 2, sizeof asks[0]),
                                            NULL, 0, rig_err(&rig))
                    : EMEND_OK;
        if (session && is_refused(&rig,
                                  "a prompt of 33 tokens for a model of 32 positions, in "
                                  "request 1 of 2",
                                  status, "1")) {
            if (status != EMEND_OUT_OF_RANGE) {
                kit_fail(kit, "return EMEND_OUT_OF_RANGE",
                         "a prompt longer than the model's positions is %s; it must be "
                         "OUT_OF_RANGE",
                         emend_status_name(status));
            } else {
                check_still_works(&rig, session);
            }
        }
        rig.backend->session_close(rig.self, session);
    }
    rig_close(&rig);
}

typedef struct BadRequest {
    const char *what;
    void (*spoil)(Ask *ask, const Shape *shape);
} BadRequest;

static void token_too_high(Ask *ask, const Shape *shape) {
    ask->tokens[1] = (int32_t)shape->config.vocab_size;
}

static void token_negative(Ask *ask, const Shape *shape) {
    (void)shape;
    ask->tokens[1] = -1;
}

static void no_tokens(Ask *ask, const Shape *shape) {
    (void)shape;
    ask->sampling.n_tokens = 0;
}

static void no_parent(Ask *ask, const Shape *shape) {
    (void)shape;
    ask->sampling.parent = 4711;
}

static void cold(Ask *ask, const Shape *shape) {
    (void)shape;
    ask->sampling.temperature = -1.0f;
}

static void no_temperature(Ask *ask, const Shape *shape) {
    (void)shape;
    ask->sampling.temperature = NAN;
}

void backend_test_bad_requests(Kit *kit) {
    static const BadRequest requests[] = {
        {"request 1 of 2 with a token that is the vocabulary's size", token_too_high},
        {"request 1 of 2 with a token of -1", token_negative},
        {"request 1 of 2 without tokens", no_tokens},
        {"request 1 of 2 with a parent that the session does not have", no_parent},
        {"request 1 of 2 with a temperature of -1", cold},
        {"request 1 of 2 with a temperature that is no number", no_temperature},
    };
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        EmendSession *session = rig_session(&rig, rig.policy);
        for (size_t i = 0; session && i < sizeof requests / sizeof requests[0]; i++) {
            Ask asks[2];
            ask_init(&asks[0], rig.shape, 1, EMEND_NO_SEQUENCE, 3, 4);
            ask_init(&asks[1], rig.shape, 2, EMEND_NO_SEQUENCE, 3, 4);
            requests[i].spoil(&asks[1], rig.shape);
            if (!is_refused(&rig, requests[i].what, rig_try_generate(&rig, session, asks, 2),
                            "1")) {
                break;
            }
            check_still_works(&rig, session);
        }
        rig.backend->session_close(rig.self, session);
    }
    rig_close(&rig);
}

// ---- forward

typedef struct BadSequence {
    const char *what;
    uint32_t begin, end;
    float temperature;
    int32_t token;
} BadSequence;

void backend_test_bad_sequences(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        const BadSequence bad[] = {
            {"sequence 1 of 2 with a range from 0, before which there is no token", 0, 4, 1.0f, 0},
            {"sequence 1 of 2 with a range past its end", 1, 7, 1.0f, 0},
            {"sequence 1 of 2 with a temperature of 0", 1, 4, 0.0f, 0},
            {"sequence 1 of 2 with a token of -1", 1, 4, 1.0f, -1},
            {"sequence 1 of 2 with a token that is the vocabulary's size", 1, 4, 1.0f,
             (int32_t)rig.shape->config.vocab_size},
        };
        for (size_t i = 0; i < sizeof bad / sizeof bad[0] && !kit_is_over(kit); i++) {
            float log_probs[16];
            const int32_t tokens[6] = {0, 1, 2, bad[i].token, 1, 0}, fine[6] = {0};
            const EmendScoredRange range = {bad[i].begin, bad[i].end, bad[i].temperature, 0};
            const EmendScoredRange whole = {1, 6, 1.0f, 0};
            const EmendSequence sequences[] = {{.struct_size = sizeof(EmendSequence),
                                                .n_ranges = 1,
                                                .tokens = fine,
                                                .n_tokens = 6,
                                                .ranges = &whole,
                                                .log_probs = log_probs},
                                               {.struct_size = sizeof(EmendSequence),
                                                .n_ranges = 1,
                                                .tokens = tokens,
                                                .n_tokens = 6,
                                                .ranges = &range,
                                                .log_probs = log_probs + 8}};
            const EmendForwardArgs args = {.struct_size = sizeof args,
                                           .sequences =
                                               emend_span(sequences, 2, sizeof sequences[0])};
            kit_enter(kit, bad[i].what);
            is_refused(&rig, bad[i].what,
                       rig.backend->forward(rig.self, rig.policy, &args, NULL, rig_err(&rig)), "1");
        }
        if (!kit_is_over(kit)) {
            rig_forward(&rig, rig.policy, 0, N_SEQUENCES, NULL);
        }
    }
    rig_close(&rig);
}

// ---- models

typedef struct BadModel {
    const char *field;
    size_t offset;
    uint32_t size;
    double number; /* where `is_number` */
    bool is_number;
} BadModel;

#define SIZE(FIELD, VALUE)                                                                         \
    { #FIELD, offsetof(EmendModelConfig, FIELD), (VALUE), 0.0, false }
#define NUMBER(FIELD, VALUE)                                                                       \
    { #FIELD, offsetof(EmendModelConfig, FIELD), 0, (VALUE), true }

void backend_test_bad_model(Kit *kit) {
    static const BadModel bad[] = {
        SIZE(vocab_size, 0),
        SIZE(hidden_size, 0),
        SIZE(intermediate_size, 0),
        SIZE(num_hidden_layers, 0),
        SIZE(num_attention_heads, 0),
        SIZE(num_key_value_heads, 3), // of 4 heads
        SIZE(head_dim, 7),            // not even: it has no half to rotate
        SIZE(max_position_embeddings, 0),
        NUMBER(rope_theta, 0.0),
        NUMBER(rope_theta, (double)NAN),
        NUMBER(rms_norm_eps, -1.0),
        NUMBER(rms_norm_eps, (double)NAN),
        NUMBER(initializer_range, -0.1),
        NUMBER(initializer_range, (double)INFINITY),
    };
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0] && !kit_is_over(kit); i++) {
            EmendModelConfig config = rig.shape->config;
            EmendModel *model = NULL;
            char what[96];
            memcpy((char *)&config + bad[i].offset,
                   bad[i].is_number ? (const void *)&bad[i].number : (const void *)&bad[i].size,
                   bad[i].is_number ? sizeof bad[i].number : sizeof bad[i].size);
            snprintf(what, sizeof what, "a config with %s %g", bad[i].field,
                     bad[i].is_number ? bad[i].number : bad[i].size);
            kit_enter(kit, what);
            const EmendModelSource source = {.struct_size = sizeof source, .config = &config};
            EmendStatus status = rig.backend->model_open(rig.self, &source, &model, rig_err(&rig));
            is_refused(&rig, what, status, bad[i].field);
        }
    }
    rig_close(&rig);
}

void backend_test_frozen(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        EmendTape *tape = NULL;
        const EmendSpan coefficients =
            emend_span(rig.batch.coefficients, N_SEQUENCES, sizeof(EmendCoefficients));
        const EmendForwardArgs args = {
            .struct_size = sizeof args,
            .sequences = emend_span(rig.batch.sequences, N_SEQUENCES, sizeof(EmendSequence)),
            .reference = rig.base};
        kit_enter(kit, "training of a frozen model");
        EmendStatus status = rig.backend->forward(rig.self, rig.base, &args, &tape, rig_err(&rig));
        if (status == EMEND_OK) {
            status = rig.backend->backward(rig.self, tape, coefficients, rig_err(&rig));
            rig.backend->tape_release(rig.self, tape);
        }
        if (is_refused(&rig, "a forward with a tape, and a backward, of a frozen model", status,
                       NULL)) {
            const EmendOptimizerStep step = {
                .struct_size = sizeof step, .step = 1, .learning_rate = 0.1, .epsilon = 1e-8};
            EmendOptimizerResult result = {.struct_size = sizeof result};
            is_refused(
                &rig, "an optimizer_step of a frozen model",
                rig.backend->optimizer_step(rig.self, rig.base, &step, &result, rig_err(&rig)),
                NULL);
        }
    }
    rig_close(&rig);
}
