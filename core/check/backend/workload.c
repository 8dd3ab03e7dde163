/* SPDX-License-Identifier: Apache-2.0 */
/* All a run does with a backend: with failing allocations, and against the clock. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---- memory

typedef struct Workload {
    Rig rig; /* of the subject of the round, whose calls may fail */
    KitFolder in, out;
} Workload;

static EmendStatus sample(Rig *rig) {
    Ask asks[2];
    EmendSession *session = NULL;
    EmendStatus status = rig->backend->session_open(rig->self, rig->policy, &session, rig_err(rig));
    for (uint64_t turn = 0; status == EMEND_OK && turn < 2; turn++) {
        for (uint64_t i = 0; i < 2; i++) {
            ask_init(&asks[i], rig->shape, i, turn == 0 ? EMEND_NO_SEQUENCE : i, turn, 3);
        }
        status = rig_try_generate(rig, session, asks, 2);
    }
    rig->backend->session_close(rig->self, session);
    return status;
}

static EmendStatus train(Rig *rig) {
    EmendTape *tape = NULL;
    const EmendOptimizerStep step = {
        .struct_size = sizeof step, .step = 1, .learning_rate = 0.01, .epsilon = 1e-8};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    const EmendForwardArgs args = {
        .struct_size = sizeof args,
        .sequences = emend_span(rig->batch.sequences, N_SEQUENCES, sizeof(EmendSequence)),
        .reference = rig->base};
    EmendStatus status = rig->backend->forward(rig->self, rig->policy, &args, &tape, rig_err(rig));
    if (status == EMEND_OK) {
        status = rig->backend->backward(
            rig->self, tape,
            emend_span(rig->batch.coefficients, N_SEQUENCES, sizeof(EmendCoefficients)),
            rig_err(rig));
        rig->backend->tape_release(rig->self, tape);
    }
    if (status == EMEND_OK) {
        status = rig->backend->optimizer_step(rig->self, rig->policy, &step, &result, rig_err(rig));
    }
    return status;
}

static EmendStatus run(Subject *subject, void *ctx) {
    Workload *workload = ctx;
    Rig *rig = &workload->rig;
    EmendModel *read = NULL;
    const EmendModelSource from = {.struct_size = sizeof from, .dir = emend_str(workload->in.dir)};
    const EmendModelSource back = {.struct_size = sizeof back,
                                   .flags = EMEND_MODEL_OPTIMIZER,
                                   .dir = emend_str(workload->out.dir)};
    const EmendBackend *backend = subject->table;
    rig->subject = subject;
    rig->backend = backend;
    rig->self = subject->self;
    rig->policy = rig->base = NULL;
    EmendStatus status = backend->model_open(rig->self, &from, &rig->policy, rig_err(rig));
    if (status == EMEND_OK) {
        status = backend->model_clone(rig->self, rig->policy, EMEND_MODEL_FROZEN, &rig->base,
                                      rig_err(rig));
    }
    status = status == EMEND_OK ? sample(rig) : status;
    status = status == EMEND_OK ? train(rig) : status;
    if (status == EMEND_OK) {
        status = backend->model_save(rig->self, rig->policy, emend_str(workload->out.dir),
                                     EMEND_MODEL_OPTIMIZER, rig_err(rig));
    }
    if (status == EMEND_OK) {
        status = backend->model_open(rig->self, &back, &read, rig_err(rig));
    }
    backend->model_close(rig->self, read);
    backend->model_close(rig->self, rig->base);
    backend->model_close(rig->self, rig->policy);
    return status;
}

void backend_test_memory(Kit *kit) {
    const Shape *shape = &model_shapes[SHAPE_ONE_KV_HEAD];
    Workload workload = {.rig = {.kit = kit, .shape = shape}};
    Reference *weights = reference_create(&shape->config);
    reference_fill(weights, 11);
    batch_fill(&workload.rig.batch, shape);
    if (kit_folder_init(kit, &workload.in) && kit_folder_init(kit, &workload.out) &&
        model_files_write(kit, &workload.in, weights)) {
        subject_each_allocation(kit, NULL, run, &workload);
    }
    reference_destroy(weights);
}

// ---- speed

/* A model of a quarter million parameters, as the quickstart's. */
static const Shape small = {.name = "speed",
                            .config = {.struct_size = sizeof small.config,
                                       .flags = EMEND_MODEL_TIED_EMBEDDINGS,
                                       .vocab_size = 100,
                                       .hidden_size = 96,
                                       .intermediate_size = 256,
                                       .num_hidden_layers = 3,
                                       .num_attention_heads = 4,
                                       .num_key_value_heads = 4,
                                       .head_dim = 24,
                                       .max_position_embeddings = 32,
                                       .rope_theta = 10000.0,
                                       .rms_norm_eps = 1e-5,
                                       .initializer_range = 0.02},
                            .temperature = 1.0f};

static double now(void) {
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

enum { N_REQUESTS = 256, N_ROUNDS = 4, N_PROMPT = 4, N_NEW = 28 };

static void time_generate(Rig *rig, Ask *asks) {
    EmendSession *session = rig_session(rig, rig->policy);
    double begin = now(), n = 0.0;
    for (uint64_t round = 0; session && round < N_ROUNDS; round++) {
        for (uint64_t i = 0; i < N_REQUESTS; i++) {
            ask_init(&asks[i], rig->shape, i, EMEND_NO_SEQUENCE, i + 1000 * round, N_PROMPT);
            asks[i].sampling.max_new_tokens = N_NEW;
        }
        if (!rig_generate(rig, session, asks, N_REQUESTS)) {
            break;
        }
        n += N_REQUESTS * N_NEW;
    }
    kit_figure(rig->kit, "generate", n / (now() - begin), "tokens/s");
    rig->backend->session_close(rig->self, session);
}

/* The sampled sequences, one range each, as a step. */
static bool step(Rig *rig, const Ask *asks, uint64_t number) {
    static int32_t tokens[N_REQUESTS][N_PROMPT + N_NEW];
    static float log_probs[N_REQUESTS][N_NEW], d_log_probs[N_NEW];
    static EmendSequence sequences[N_REQUESTS];
    static EmendCoefficients coefficients[N_REQUESTS];
    static const EmendScoredRange range = {N_PROMPT, N_PROMPT + N_NEW, 1.0f, 0};
    const EmendOptimizerStep args = {
        .struct_size = sizeof args, .step = number, .learning_rate = 1e-4, .epsilon = 1e-8};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    EmendTape *tape = NULL;
    for (int i = 0; i < N_REQUESTS; i++) {
        memcpy(tokens[i], asks[i].tokens, N_PROMPT * sizeof(int32_t));
        memcpy(tokens[i] + N_PROMPT, asks[i].new_tokens, N_NEW * sizeof(int32_t));
        sequences[i] = (EmendSequence){.struct_size = sizeof sequences[i],
                                       .n_ranges = 1,
                                       .tokens = tokens[i],
                                       .n_tokens = N_PROMPT + N_NEW,
                                       .ranges = &range,
                                       .log_probs = log_probs[i]};
        coefficients[i] =
            (EmendCoefficients){.struct_size = sizeof coefficients[i], .d_log_probs = d_log_probs};
    }
    for (int t = 0; t < N_NEW; t++) {
        d_log_probs[t] = -1.0f / N_REQUESTS;
    }
    const EmendForwardArgs forward = {.struct_size = sizeof forward,
                                      .sequences =
                                          emend_span(sequences, N_REQUESTS, sizeof sequences[0])};
    EmendStatus status =
        rig->backend->forward(rig->self, rig->policy, &forward, &tape, rig_err(rig));
    if (!rig_ok(rig, "forward", status)) {
        return false;
    }
    status = rig->backend->backward(rig->self, tape,
                                    emend_span(coefficients, N_REQUESTS, sizeof coefficients[0]),
                                    rig_err(rig));
    rig->backend->tape_release(rig->self, tape);
    return rig_ok(rig, "backward", status) && rig_step(rig, rig->policy, &args, &result);
}

static void time_training(Rig *rig, const Ask *asks) {
    double begin = now(), n = 0.0;
    for (uint64_t number = 1; number <= N_ROUNDS && step(rig, asks, number); number++) {
        n += N_REQUESTS * (N_PROMPT + N_NEW);
    }
    kit_figure(rig->kit, "training", n / (now() - begin), "tokens/s");
}

void backend_test_speed(Kit *kit) {
    Rig rig = {0};
    Ask *asks = calloc(N_REQUESTS, sizeof *asks);
    if (asks && rig_open(kit, &small, &rig)) {
        time_generate(&rig, asks);
        time_training(&rig, asks);
    }
    rig_close(&rig);
    free(asks);
}
