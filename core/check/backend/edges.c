/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: nothing is written past its end, inputs stay as they are, arrays are walked by stride. */
#include "check/backend/asks.h"
#include "check/backend/tests.h"
#include "check/guard.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

// ---- describe and info

static void check_line(Kit *kit, const char *text, uint64_t needed, size_t capacity) {
    size_t len = strnlen(text, capacity);
    if (len == capacity) {
        kit_fail(kit, "end the text with a NUL inside the capacity, as snprintf does",
                 "describe writes no NUL into %zu bytes", capacity);
    } else if (needed >= capacity ? len != capacity - 1 : len != needed) {
        kit_fail(kit, "write as much as there is room for and return the whole length",
                 "describe writes %zu bytes into %zu and returns %llu; as snprintf, it must write "
                 "what fits and return the length of the whole text",
                 len, capacity, (unsigned long long)needed);
    } else if (needed < capacity &&
               (utf8_valid_len(text, len) != len || len == 0 || strchr(text, '\n'))) {
        kit_fail(kit, "say device, instruction set and threads in one line",
                 "describe gives \"%s\"; it must be one line of UTF-8", text);
    }
}

void backend_test_describe(Kit *kit) {
    Subject subject;
    if (subject_create(kit, NULL, &subject)) {
        static const size_t capacities[] = {512, 1, 5};
        const EmendBackend *backend = subject.table;
        uint64_t needed = backend->describe(subject.self, NULL, 0);
        for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
            char *text = guard_take(kit, "text", capacities[i]);
            memset(text, 'x', capacities[i]);
            uint64_t n = backend->describe(subject.self, text, capacities[i]);
            check_line(kit, text, n, capacities[i]);
            if (n != needed && !kit_is_over(kit)) {
                kit_fail(kit, "return the length of the whole text, whatever the capacity",
                         "describe needs %llu bytes, and %llu for a capacity of %zu; they must be "
                         "the same",
                         (unsigned long long)needed, (unsigned long long)n, capacities[i]);
            }
        }
    }
    subject_close(&subject);
}

static uint64_t parameters_of(const Reference *reference) {
    uint64_t n = 0;
    for (size_t i = 0; i < reference->n_tensors; i++) {
        n += reference->tensors[i].rows * reference->tensors[i].columns;
    }
    return n;
}

static bool is_same_config(const EmendModelConfig *a, const EmendModelConfig *b) {
    return memcmp(&a->flags, &b->flags, sizeof *a - offsetof(EmendModelConfig, flags)) == 0;
}

void backend_test_info(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig)) {
            // An older host knows nothing of what lies behind n_bytes.
            EmendModelInfo info = {.struct_size = sizeof info};
            const uint32_t known = offsetof(EmendModelInfo, config);
            EmendModelInfo *older = guard_take(kit, "info of an older host", known);
            older->struct_size = known;
            uint64_t expected = parameters_of(rig.policy_reference);
            kit_enter(kit, "model_info");
            bool is_told =
                rig_ok(&rig, "model_info",
                       rig.backend->model_info(rig.self, rig.policy, older, rig_err(&rig))) &&
                rig_ok(&rig, "model_info",
                       rig.backend->model_info(rig.self, rig.policy, &info, rig_err(&rig)));
            if (is_told && info.n_parameters != expected) {
                kit_fail(kit, "count every parameter, tied ones once",
                         "model \"%s\": n_parameters is %llu; it must be %llu", rig.shape->name,
                         (unsigned long long)info.n_parameters, (unsigned long long)expected);
            } else if (is_told && !is_same_config(&info.config, &rig.shape->config)) {
                kit_fail(kit, "keep every field of config.json",
                         "model \"%s\": model_info gives another config than that of the folder "
                         "the model was opened from",
                         rig.shape->name);
            } else if (is_told && info.n_bytes < info.n_parameters) {
                kit_warn(kit, "model \"%s\": n_bytes is %llu for %llu parameters", rig.shape->name,
                         (unsigned long long)info.n_bytes, (unsigned long long)info.n_parameters);
            }
        }
        rig_close(&rig);
    }
}

// ---- guard pages

/* The request with every array where it cannot be overstepped. */
static void guard_request(Kit *kit, const Ask *ask, EmendSampling *out) {
    *out = ask->sampling;
    out->tokens = guard_input(kit, "tokens", ask->tokens, out->n_tokens * sizeof(int32_t));
    out->new_tokens = guard_take(kit, "new_tokens", out->max_new_tokens * sizeof(int32_t));
    out->log_probs = guard_take(kit, "log_probs", out->max_new_tokens * sizeof(float));
}

static bool guarded_generate(Rig *rig) {
    enum { N = 2 };
    Ask plain[N], found[N];
    Kit *kit = rig->kit;
    EmendSession *session = rig_session(rig, rig->policy);
    EmendSampling *requests = guard_take(kit, "requests", N * sizeof *requests);
    const int32_t stop = 1;
    for (uint64_t i = 0; i < N; i++) {
        ask_init(&plain[i], rig->shape, i, EMEND_NO_SEQUENCE, i, 3 + (uint32_t)i);
        guard_request(kit, &plain[i], &requests[i]);
        found[i] = plain[i];
    }
    bool is_done = session && rig_generate_until(rig, session, plain, N, &stop, 1);
    if (is_done) {
        kit_enter(kit, "generate with guard pages around its arguments");
        EmendStatus status =
            rig->backend->generate(rig->self, session, emend_span(requests, N, sizeof *requests),
                                   guard_input(kit, "stops", &stop, sizeof stop), 1, rig_err(rig));
        is_done = rig_ok(rig, "generate", status);
    }
    for (int i = 0; is_done && i < N; i++) {
        found[i].sampling = requests[i];
        memcpy(found[i].new_tokens, requests[i].new_tokens, requests[i].n_new_tokens * 4);
        memcpy(found[i].log_probs, requests[i].log_probs, requests[i].n_new_tokens * 4);
        is_done = asks_agree(rig, &plain[i], &found[i], "read and write by the lengths given",
                             "between guard pages");
    }
    rig->backend->session_close(rig->self, session);
    return is_done;
}

static float *guard_output(Kit *kit, const char *name, const float *plain, size_t n) {
    return plain ? guard_take(kit, name, n * sizeof(float)) : NULL;
}

static const float *guard_floats(Kit *kit, const char *name, const float *plain, size_t n) {
    return plain ? guard_input(kit, name, plain, n * sizeof(float)) : NULL;
}

static void guard_sequence(Kit *kit, const EmendSequence *plain, EmendSequence *out) {
    uint32_t n = batch_outputs(plain);
    *out = *plain;
    out->tokens = guard_input(kit, "tokens", plain->tokens, plain->n_tokens * sizeof(int32_t));
    out->ranges =
        guard_input(kit, "ranges", plain->ranges, plain->n_ranges * sizeof(EmendScoredRange));
    out->log_probs = guard_output(kit, "log_probs", plain->log_probs, n);
    out->entropies = guard_output(kit, "entropies", plain->entropies, n);
    out->kls = guard_output(kit, "kls", plain->kls, n);
}

static void guard_coefficients(Kit *kit, const EmendCoefficients *plain, uint32_t n,
                               EmendCoefficients *out) {
    *out = *plain;
    out->d_log_probs = guard_floats(kit, "d_log_probs", plain->d_log_probs, n);
    out->d_entropies = guard_floats(kit, "d_entropies", plain->d_entropies, n);
    out->d_kls = guard_floats(kit, "d_kls", plain->d_kls, n);
}

/* Forward and backward of the batch with everything guarded; the numbers land in the batch. */
static bool guarded_step(Rig *rig) {
    Kit *kit = rig->kit;
    EmendTape *tape = NULL;
    EmendSequence sequences[N_SEQUENCES];
    EmendCoefficients coefficients[N_SEQUENCES];
    for (int s = 0; s < N_SEQUENCES; s++) {
        guard_sequence(kit, &rig->batch.sequences[s], &sequences[s]);
        guard_coefficients(kit, &rig->batch.coefficients[s], batch_outputs(&sequences[s]),
                           &coefficients[s]);
    }
    const EmendForwardArgs args = {
        .struct_size = sizeof args,
        .sequences = emend_span(guard_input(kit, "sequences", sequences, sizeof sequences),
                                N_SEQUENCES, sizeof sequences[0]),
        .reference = rig->base};
    kit_enter(kit, "forward with guard pages around its arguments");
    if (!rig_ok(rig, "forward",
                rig->backend->forward(rig->self, rig->policy,
                                      guard_input(kit, "args", &args, sizeof args), &tape,
                                      rig_err(rig)))) {
        return false;
    }
    kit_enter(kit, "backward with guard pages around its arguments");
    EmendStatus status = rig->backend->backward(
        rig->self, tape,
        emend_span(guard_input(kit, "coefficients", coefficients, sizeof coefficients), N_SEQUENCES,
                   sizeof coefficients[0]),
        rig_err(rig));
    bool is_done = rig_ok(rig, "backward", status);
    rig->backend->tape_release(rig->self, tape);
    for (int s = 0; is_done && s < N_SEQUENCES; s++) {
        const float *const outputs[] = {sequences[s].log_probs, sequences[s].entropies,
                                        sequences[s].kls};
        for (int kind = 0; kind < 3; kind++) {
            if (outputs[kind]) {
                memcpy(rig->batch.outputs[s][kind], outputs[kind],
                       batch_outputs(&sequences[s]) * sizeof(float));
            }
        }
    }
    return is_done;
}

void backend_test_guards(Kit *kit) {
    for (int i = 0; i < N_SHAPES && !kit_is_over(kit); i++) {
        Rig rig;
        if (rig_open(kit, &model_shapes[i], &rig) && guarded_generate(&rig)) {
            guarded_step(&rig);
        }
        rig_close(&rig);
    }
}

// ---- strides

/* Structs of a newer host, which knows of more than these headers say. */
typedef struct NewerSampling {
    EmendSampling known;
    uint8_t unknown[40];
} NewerSampling;

typedef struct NewerSequence {
    EmendSequence known;
    uint8_t unknown[40];
} NewerSequence;

typedef struct NewerCoefficients {
    EmendCoefficients known;
    uint8_t unknown[40];
} NewerCoefficients;

static void newer_generate(Rig *rig) {
    enum { N = 3 };
    Ask plain[N], found[N];
    NewerSampling requests[N];
    EmendSession *session = rig_session(rig, rig->policy);
    for (uint64_t i = 0; i < N; i++) {
        ask_init(&plain[i], rig->shape, i, EMEND_NO_SEQUENCE, i, 3 + (uint32_t)i);
        found[i] = plain[i];
        memset(&requests[i], 0xA5, sizeof requests[i]);
        requests[i].known = plain[i].sampling;
        requests[i].known.struct_size = sizeof requests[i];
        requests[i].known.tokens = found[i].tokens;
        requests[i].known.new_tokens = found[i].new_tokens;
        requests[i].known.log_probs = found[i].log_probs;
    }
    bool is_done = session && rig_generate(rig, session, plain, N);
    if (is_done) {
        kit_enter(rig->kit, "generate of requests of a newer host");
        is_done = rig_ok(rig, "generate of requests of a newer host",
                         rig->backend->generate(rig->self, session,
                                                emend_span(requests, N, sizeof requests[0]), NULL,
                                                0, rig_err(rig)));
    }
    for (int i = 0; is_done && i < N; i++) {
        found[i].sampling = requests[i].known;
        is_done = asks_agree(rig, &plain[i], &found[i],
                             "walk `requests` with emend_span_at, never with p[i]",
                             "where the requests lie further apart");
    }
    rig->backend->session_close(rig->self, session);
}

/* Scores the batch and adds its gradient through structs of a newer host. */
static bool newer_step(Rig *rig, EmendModel *model) {
    EmendTape *tape = NULL;
    NewerSequence sequences[N_SEQUENCES];
    NewerCoefficients coefficients[N_SEQUENCES];
    memset(sequences, 0xA5, sizeof sequences);
    memset(coefficients, 0xA5, sizeof coefficients);
    for (int s = 0; s < N_SEQUENCES; s++) {
        sequences[s].known = rig->batch.sequences[s];
        coefficients[s].known = rig->batch.coefficients[s];
        sequences[s].known.struct_size = sizeof sequences[s];
        coefficients[s].known.struct_size = sizeof coefficients[s];
    }
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences =
                                       emend_span(sequences, N_SEQUENCES, sizeof sequences[0]),
                                   .reference = rig->base};
    kit_enter(rig->kit, "forward of sequences of a newer host");
    if (!rig_ok(rig, "forward of sequences of a newer host",
                rig->backend->forward(rig->self, model, &args, &tape, rig_err(rig)))) {
        return false;
    }
    kit_enter(rig->kit, "backward of coefficients of a newer host");
    EmendStatus status = rig->backend->backward(
        rig->self, tape, emend_span(coefficients, N_SEQUENCES, sizeof coefficients[0]),
        rig_err(rig));
    rig->backend->tape_release(rig->self, tape);
    return rig_ok(rig, "backward of coefficients of a newer host", status);
}

/* Two steps from one set of weights, through plain structs and newer ones, must save the same. */
static void check_newer_step(Rig *rig) {
    const EmendOptimizerStep args = {
        .struct_size = sizeof args, .step = 1, .learning_rate = 0.1, .epsilon = 1.0};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    Reference *plain = NULL, *newer = NULL;
    EmendModel *other = rig_clone(rig, rig->policy, 0);
    if (other && rig_backward(rig, rig->policy, 0, N_SEQUENCES) &&
        rig_step(rig, rig->policy, &args, &result)) {
        plain = rig_weights(rig, rig->policy);
    }
    if (plain && newer_step(rig, other) && rig_step(rig, other, &args, &result)) {
        newer = rig_weights(rig, other);
    }
    for (size_t i = 0; newer && i < newer->n_tensors && !kit_is_over(rig->kit); i++) {
        const ReferenceTensor *a = &plain->tensors[i], *b = &newer->tensors[i];
        if (memcmp(a->values, b->values, a->rows * a->columns * sizeof(double)) != 0) {
            kit_fail(rig->kit,
                     "walk `sequences` and `coefficients` with emend_span_at, never with p[i]",
                     "a step through structs of a newer host gives %s other values; it must be "
                     "the same step",
                     a->name);
        }
    }
    reference_destroy(plain);
    reference_destroy(newer);
    rig_drop(rig, other);
}

void backend_test_strides(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        newer_generate(&rig);
        if (!kit_is_over(kit)) {
            check_newer_step(&rig);
        }
    }
    rig_close(&rig);
}
