/* SPDX-License-Identifier: Apache-2.0 */
/* The cpu backend with one thing spoiled: each component of this package is named after its defect.
 * "sound" has none; "plain" is sound without the gradients extension, and "inexact" without the
 * promise of equal bits, which it does not keep. */
#include "emend/backend.h"
#include "emend/plugin.h"
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8192, NAME_BYTES = 32, LN2_INVERSE_PERCENT = 144, TIES_VOCABULARY = 48 };

struct EmendPlugin {
    const EmendHost *host;
    const EmendEntry *entry;
    EmendPlugin *inner;
    const EmendFactory *factory;
};

typedef struct Spoiled {
    EmendPlugin *plugin;
    char defect[NAME_BYTES];
    void *self;
    const EmendBackend *inner;
} Spoiled;

static bool has(const Spoiled *spoiled, const char *defect) {
    return strcmp(spoiled->defect, defect) == 0;
}

/* Says less than it should, where it fails. */
static EmendStatus mumble(const Spoiled *spoiled, const char *defect, EmendStatus status,
                          EmendError *err) {
    return status != EMEND_OK && has(spoiled, defect) ? emend_fail(err, status, "this did not work")
                                                      : status;
}

static const EmendBackendGradients *gradients_of(const Spoiled *spoiled) {
    return spoiled->inner->extension(spoiled->self, EMEND_BACKEND_GRADIENTS);
}

/* Calls `change` with each parameter tensor. */
static void each_tensor(const Spoiled *spoiled, EmendModel *model, double by,
                        void (*change)(const char *name, float *values, float *gradient, uint64_t n,
                                       double by)) {
    const EmendBackendGradients *gradients = gradients_of(spoiled);
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    for (uint64_t i = 0; gradients->tensor(spoiled->self, model, i, &name, &values, &gradient, &n,
                                           NULL) == EMEND_OK;
         i++) {
        change(name, values, gradient, n, by);
    }
    gradients->values_changed(spoiled->self, model, NULL);
}

static bool is_norm(const char *name) {
    return strstr(name, "norm") != NULL;
}

// ---- models

static EmendModel *last_clone, *stale; // of one test's process

static uint64_t describe(void *self, char *text, uint64_t capacity) {
    const Spoiled *spoiled = self;
    uint64_t n = spoiled->inner->describe(spoiled->self, text, capacity);
    if (has(spoiled, "unended_line") && capacity > 0 && capacity <= n) {
        text[capacity - 1] = 'x';
    }
    return n;
}

static EmendStatus model_open(void *self, const EmendModelSource *source, EmendModel **out,
                              EmendError *err) {
    const Spoiled *spoiled = self;
    EmendModelSource mine = *source;
    EmendModelConfig config = source->config ? *source->config : (EmendModelConfig){0};
    mine.config = source->config ? &config : NULL;
    if (has(spoiled, "one_seed")) {
        mine.seed = 1;
    }
    if (has(spoiled, "own_deviation")) {
        config.initializer_range = 0.02;
    }
    if (has(spoiled, "no_moments")) {
        mine.flags &= ~(uint32_t)EMEND_MODEL_OPTIMIZER;
    }
    EmendStatus status = spoiled->inner->model_open(spoiled->self, &mine, out, err);
    if (status != EMEND_OK && source->dir.len > 0 && has(spoiled, "crashes_on_damage")) {
        abort();
    }
    status = mumble(spoiled, "nameless_file", status, err);
    return mumble(spoiled, "nameless_field", status, err);
}

static EmendStatus model_clone(void *self, const EmendModel *model, uint32_t flags,
                               EmendModel **out, EmendError *err) {
    const Spoiled *spoiled = self;
    EmendStatus status = spoiled->inner->model_clone(spoiled->self, model, flags, out, err);
    last_clone = status == EMEND_OK ? *out : last_clone;
    return status;
}

static void round_to_bfloat16(const char *name, float *values, float *gradient, uint64_t n,
                              double by) {
    (void)name, (void)gradient, (void)by;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= 0xFFFF0000u;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

static EmendStatus model_save(void *self, const EmendModel *model, EmendStr dir, uint32_t flags,
                              EmendError *err) {
    const Spoiled *spoiled = self;
    if (has(spoiled, "rounds_on_save")) {
        each_tensor(spoiled, (EmendModel *)(uintptr_t)model, 0, round_to_bfloat16);
    }
    EmendStatus status = spoiled->inner->model_save(spoiled->self, model, dir, flags, err);
    return has(spoiled, "saves_nothing") ? EMEND_OK : status;
}

static EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out,
                              EmendError *err) {
    const Spoiled *spoiled = self;
    EmendModelInfo info = {.struct_size = sizeof info};
    if (has(spoiled, "info_past_end")) {
        EmendStatus status = spoiled->inner->model_info(spoiled->self, model, &info, err);
        *out = info;
        return status;
    }
    return spoiled->inner->model_info(spoiled->self, model, out, err);
}

static void model_close(void *self, EmendModel *model) {
    const Spoiled *spoiled = self;
    spoiled->inner->model_close(spoiled->self, stale);
    stale = NULL;
    last_clone = last_clone == model ? NULL : last_clone;
    spoiled->inner->model_close(spoiled->self, model);
}

// ---- sessions

static EmendStatus session_open(void *self, EmendModel *model, EmendSession **out,
                                EmendError *err) {
    const Spoiled *spoiled = self;
    const EmendHost *host = spoiled->plugin->host;
    if (has(spoiled, "trusts_memory")) {
        char *block = host->alloc(host, 64, 0);
        block[0] = 1;
        host->free(host, block);
    }
    EmendStatus status = spoiled->inner->session_open(spoiled->self, model, out, err);
    if (status != EMEND_OK && has(spoiled, "leaks_on_failure")) {
        host->alloc(host, 64, 0);
    }
    return status;
}

static void session_close(void *self, EmendSession *session) {
    const Spoiled *spoiled = self;
    spoiled->inner->session_close(spoiled->self, session);
}

/* What is asked of the inner backend in place of what was asked. */
static void spoil_request(const Spoiled *spoiled, uint64_t i, EmendSampling *request) {
    static int32_t longer[MOST], fixed[MOST];
    if (has(spoiled, "draws_by_place")) {
        request->key.episode += (uint32_t)i;
    }
    if (has(spoiled, "deaf_to_purpose")) {
        request->key.purpose = EMEND_RANDOM_SAMPLING;
    }
    if (has(spoiled, "warm_zero") && !(request->temperature > 0)) {
        request->temperature = 1.0f;
    }
    if (has(spoiled, "no_top_k")) {
        request->top_k = 0;
    }
    if (has(spoiled, "no_top_p")) {
        request->top_p = 1.0f;
    }
    if (has(spoiled, "hotter")) {
        request->temperature *= 1.03f;
    }
    if (has(spoiled, "continues_late") && request->parent != EMEND_NO_SEQUENCE) {
        memcpy(longer + 1, request->tokens, request->n_tokens * sizeof longer[0]);
        request->tokens = longer;
        request->n_tokens++;
    }
    if (has(spoiled, "one_answer_for_siblings") && i > 0 && request->parent != EMEND_NO_SEQUENCE) {
        request->key.episode = 10;
    }
    if (has(spoiled, "takes_any_token")) {
        for (uint64_t t = 0; t < request->n_tokens && t < MOST; t++) {
            int32_t token = request->tokens[t];
            fixed[t] = token < 0 || token > 47 ? 0 : token;
        }
        request->tokens = fixed;
    }
}

/* What is given back in place of what the inner backend gave. */
static void spoil_result(const Spoiled *spoiled, EmendSampling *request) {
    bool is_elsewhere = has(spoiled, "log_probs_elsewhere") || has(spoiled, "inexact");
    for (uint32_t t = 0; t < request->n_new_tokens && is_elsewhere; t++) {
        request->log_probs[t] = nextafterf(request->log_probs[t], -INFINITY);
    }
    bool is_greedy = !(request->temperature > 0);
    if (is_greedy && has(spoiled, "breaks_ties_upwards") &&
        fabsf(request->log_probs[0] + logf(TIES_VOCABULARY)) < 1e-5f) {
        request->new_tokens[0] = TIES_VOCABULARY - 1;
    }
    if (has(spoiled, "leaves_a_position") && request->n_new_tokens < request->max_new_tokens &&
        request->finish == EMEND_FINISH_LENGTH) {
        request->n_new_tokens--;
    }
    if (has(spoiled, "drops_the_stop") && request->finish == EMEND_FINISH_STOP) {
        request->n_new_tokens--;
    }
    if (has(spoiled, "one_token_more")) {
        request->new_tokens[request->max_new_tokens] = 0;
    }
}

static EmendStatus generate(void *self, EmendSession *session, EmendSpan requests,
                            const int32_t *stops, uint64_t n_stops, EmendError *err) {
    static EmendSampling mine[MOST];
    const Spoiled *spoiled = self;
    if (has(spoiled, "requests_by_index")) {
        requests.stride = sizeof(EmendSampling);
    }
    for (uint64_t i = 0; i < requests.count && i < MOST; i++) {
        mine[i] = *(const EmendSampling *)emend_span_at(requests, i);
        spoil_request(spoiled, i, &mine[i]);
    }
    EmendStatus status = spoiled->inner->generate(spoiled->self, session,
                                                  emend_span(mine, requests.count, sizeof mine[0]),
                                                  stops, n_stops, err);
    for (uint64_t i = 0; i < requests.count && status == EMEND_OK; i++) {
        EmendSampling *request = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        request->n_new_tokens = mine[i].n_new_tokens;
        request->finish = mine[i].finish;
        spoil_result(spoiled, request);
    }
    if (status == EMEND_CANCELLED && has(spoiled, "breaks_off")) {
        return emend_fail(err, EMEND_INTERNAL, "broken off");
    }
    return mumble(spoiled, "numberless_request", status, err);
}

// ---- passes

static void spoil_ranges(const Spoiled *spoiled, EmendSequence *sequence,
                         EmendScoredRange ranges[8]) {
    for (uint32_t i = 0; i < sequence->n_ranges && i < 8; i++) {
        ranges[i] = sequence->ranges[i];
        if (has(spoiled, "no_temperature")) {
            ranges[i].temperature = 1.0f;
        }
    }
    sequence->ranges = ranges;
}

static uint32_t outputs_of(const EmendSequence *sequence) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        n += sequence->ranges[i].end - sequence->ranges[i].begin;
    }
    return n;
}

static void spoil_outputs(const Spoiled *spoiled, uint64_t i, const EmendSequence *sequence) {
    uint32_t n = outputs_of(sequence);
    for (uint32_t k = 0; k < n; k++) {
        if ((has(spoiled, "batch_noise") || has(spoiled, "inexact")) && i > 0) {
            sequence->log_probs[k] = nextafterf(sequence->log_probs[k], 0.0f);
        }
        if (has(spoiled, "entropy_in_bits") && sequence->entropies) {
            sequence->entropies[k] *= (float)LN2_INVERSE_PERCENT / 100.0f;
        }
        if (has(spoiled, "kl_backwards") && sequence->kls) {
            sequence->kls[k] = -sequence->kls[k];
        }
        if (has(spoiled, "kl_never_0") && sequence->kls) {
            sequence->kls[k] += 1e-6f;
        }
    }
    if (has(spoiled, "one_output_more")) {
        sequence->log_probs[n] = 0.0f;
    }
    if (has(spoiled, "writes_tokens")) {
        *(volatile int32_t *)(uintptr_t)sequence->tokens = sequence->tokens[0];
    }
}

static EmendModel *trained; // by the last tape, for what is done to its gradient

static EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args,
                           EmendTape **tape, EmendError *err) {
    static EmendSequence mine[MOST];
    static EmendScoredRange ranges[MOST][8];
    const Spoiled *spoiled = self;
    EmendForwardArgs inner = *args;
    EmendSpan sequences = args->sequences;
    trained = tape ? model : trained;
    if (has(spoiled, "sequences_by_index")) {
        sequences.stride = sizeof(EmendSequence);
    }
    for (uint64_t i = 0; i < sequences.count && i < MOST; i++) {
        mine[i] = *(const EmendSequence *)emend_span_at(sequences, i);
        spoil_ranges(spoiled, &mine[i], ranges[i]);
    }
    inner.sequences = emend_span(mine, sequences.count, sizeof mine[0]);
    EmendStatus status =
        spoiled->inner->forward(spoiled->self, stale ? stale : model, &inner, tape, err);
    for (uint64_t i = 0; i < sequences.count && status == EMEND_OK; i++) {
        spoil_outputs(spoiled, i, emend_span_at(sequences, i));
    }
    status = has(spoiled, "trains_frozen") ? EMEND_OK : status;
    return mumble(spoiled, "numberless_sequence", status, err);
}

static void zero_norms(const char *name, float *values, float *gradient, uint64_t n, double by) {
    (void)values, (void)by;
    if (is_norm(name)) {
        memset(gradient, 0, n * sizeof *gradient);
    }
}

static void nudge(const char *name, float *values, float *gradient, uint64_t n, double by) {
    (void)name, (void)values, (void)by;
    gradient[n / 2] = nextafterf(gradient[n / 2], INFINITY);
}

/* A sequence's coefficients with their sign changed. */
static const float *negated(const float *coefficients, uint64_t i) {
    enum { SEQUENCES = 8, OUTPUTS = 24 };
    static float floats[SEQUENCES][OUTPUTS];
    for (uint64_t k = 0; i < SEQUENCES && k < OUTPUTS; k++) {
        floats[i][k] = -coefficients[k];
    }
    return i < SEQUENCES ? floats[i] : coefficients;
}

static EmendStatus backward(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err) {
    static EmendCoefficients mine[MOST];
    const Spoiled *spoiled = self;
    if (!tape && has(spoiled, "trains_frozen")) {
        return EMEND_OK;
    }
    if (has(spoiled, "coefficients_by_index")) {
        coefficients.stride = sizeof(EmendCoefficients);
    }
    for (uint64_t i = 0; i < coefficients.count && i < MOST; i++) {
        mine[i] = *(const EmendCoefficients *)emend_span_at(coefficients, i);
        if (has(spoiled, "log_prob_gradient_sign") && mine[i].d_log_probs) {
            mine[i].d_log_probs = negated(mine[i].d_log_probs, i);
        }
        if (has(spoiled, "no_entropy_gradient")) {
            mine[i].d_entropies = NULL;
        }
        if (has(spoiled, "kl_gradient_sign") && mine[i].d_kls) {
            mine[i].d_kls = negated(mine[i].d_kls, i);
        }
    }
    EmendStatus status = spoiled->inner->backward(
        spoiled->self, tape, emend_span(mine, coefficients.count, sizeof mine[0]), err);
    if (status == EMEND_OK && has(spoiled, "no_norm_gradient")) {
        each_tensor(spoiled, trained, 0, zero_norms);
    }
    bool is_nudged =
        has(spoiled, "adds_a_little") || (has(spoiled, "sums_by_batch") && coefficients.count > 1);
    if (status == EMEND_OK && is_nudged) {
        each_tensor(spoiled, trained, 0, nudge);
    }
    return status;
}

static void tape_release(void *self, EmendTape *tape) {
    const Spoiled *spoiled = self;
    spoiled->inner->tape_release(spoiled->self, tape);
}

static void decay_norms(const char *name, float *values, float *gradient, uint64_t n, double by) {
    (void)gradient;
    for (uint64_t i = 0; i < n && is_norm(name); i++) {
        values[i] *= (float)(1.0 - by);
    }
}

static void shift(const char *name, float *values, float *gradient, uint64_t n, double by) {
    (void)name, (void)gradient, (void)n;
    values[0] += (float)by;
}

/* Copies a model's values into another of its shape. */
static void copy_values(const Spoiled *spoiled, EmendModel *from, EmendModel *to) {
    const EmendBackendGradients *gradients = gradients_of(spoiled);
    const char *name = NULL;
    float *source = NULL, *target = NULL, *gradient = NULL;
    uint64_t n = 0;
    for (uint64_t i = 0;
         gradients->tensor(spoiled->self, from, i, &name, &source, &gradient, &n, NULL) == EMEND_OK;
         i++) {
        if (gradients->tensor(spoiled->self, to, i, &name, &target, &gradient, &n, NULL) ==
            EMEND_OK) {
            memcpy(target, source, n * sizeof *target);
        }
    }
    gradients->values_changed(spoiled->self, to, NULL);
}

static void leave_gradient(const char *name, float *values, float *gradient, uint64_t n,
                           double by) {
    (void)name, (void)values;
    for (uint64_t i = 0; i < n; i++) {
        gradient[i] = (float)by;
    }
}

static EmendStatus optimizer_step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                                  EmendOptimizerResult *out, EmendError *err) {
    const Spoiled *spoiled = self;
    EmendOptimizerStep mine = *args;
    if (has(spoiled, "no_clipping")) {
        mine.max_grad_norm = 0;
    }
    if (has(spoiled, "no_bias_correction")) {
        mine.step = 1000000;
    }
    if (has(spoiled, "packs_once") && !stale) {
        spoiled->inner->model_clone(spoiled->self, model, EMEND_MODEL_FROZEN, &stale, NULL);
    }
    EmendStatus status = spoiled->inner->optimizer_step(spoiled->self, model, &mine, out, err);
    if (status == EMEND_OK && has(spoiled, "clones_in_part") && last_clone && last_clone != model) {
        copy_values(spoiled, model, last_clone);
    }
    if (status == EMEND_OK && has(spoiled, "keeps_gradient")) {
        each_tensor(spoiled, model, 0.01, leave_gradient);
    }
    if (status == EMEND_OK && has(spoiled, "no_clipping")) {
        out->is_clipped = args->max_grad_norm > 0 && out->grad_norm > args->max_grad_norm;
    }
    if (status == EMEND_OK && has(spoiled, "decays_norms")) {
        each_tensor(spoiled, model, args->learning_rate * args->weight_decay, decay_norms);
    }
    if (status == EMEND_ABORTED && has(spoiled, "steps_on_nan")) {
        each_tensor(spoiled, model, 0.1, shift);
    }
    return mumble(spoiled, "nameless_nan", status, err);
}

static EmendStatus inner_tensor(void *self, EmendModel *model, uint64_t i, const char **name,
                                float **values, float **gradient, uint64_t *n, EmendError *err) {
    const Spoiled *spoiled = self;
    return gradients_of(spoiled)->tensor(spoiled->self, model, i, name, values, gradient, n, err);
}

static EmendStatus inner_values_changed(void *self, EmendModel *model, EmendError *err) {
    const Spoiled *spoiled = self;
    return gradients_of(spoiled)->values_changed(spoiled->self, model, err);
}

static const void *extension(void *self, const char *id) {
    static const EmendBackendGradients gradients = {.struct_size = sizeof gradients,
                                                    .tensor = inner_tensor,
                                                    .values_changed = inner_values_changed};
    const Spoiled *spoiled = self;
    bool is_known = spoiled->inner->extension(spoiled->self, id) != NULL;
    return is_known && !has(spoiled, "plain") ? &gradients : NULL;
}

static const EmendBackend backend = {.struct_size = sizeof(EmendBackend),
                                     .flags = EMEND_BACKEND_EXACT,
                                     .describe = describe,
                                     .model_open = model_open,
                                     .model_clone = model_clone,
                                     .model_save = model_save,
                                     .model_info = model_info,
                                     .model_close = model_close,
                                     .session_open = session_open,
                                     .session_close = session_close,
                                     .generate = generate,
                                     .forward = forward,
                                     .backward = backward,
                                     .tape_release = tape_release,
                                     .optimizer_step = optimizer_step,
                                     .extension = extension};

// ---- the plugin

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = plugin->host;
    const void *inner = NULL;
    Spoiled *spoiled = host->alloc(host, sizeof *spoiled, 0);
    if (!spoiled || name.len >= NAME_BYTES) {
        host->free(host, spoiled);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for an instance");
    }
    *spoiled = (Spoiled){.plugin = plugin};
    memcpy(spoiled->defect, name.ptr, name.len);
    EmendStatus status = plugin->factory->create(plugin->inner, emend_str("cpu"), config,
                                                 &spoiled->self, &inner, err);
    if (status != EMEND_OK) {
        host->free(host, spoiled);
        return status;
    }
    static EmendBackend inexact;
    inexact = backend;
    inexact.flags = 0;
    spoiled->inner = inner;
    *instance = spoiled;
    *table = has(spoiled, "inexact") ? &inexact : &backend;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Spoiled *spoiled = instance;
    plugin->factory->destroy(plugin->inner, spoiled->self);
    plugin->host->free(plugin->host, spoiled);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    void *library = dlopen(SPOILED_CPU, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const EmendEntry *entry = library ? dlsym(library, "emend_plugin_entry") : NULL;
    EmendPlugin *plugin = entry ? host->alloc(host, sizeof *plugin, 0) : NULL;
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the plugin");
    }
    *plugin = (EmendPlugin){.host = host, .entry = entry};
    EmendStatus status = entry->open(host, dir, &plugin->inner, err);
    if (status != EMEND_OK) {
        host->free(host, plugin);
        return status;
    }
    plugin->factory = entry->factory(plugin->inner, EMEND_KIND_BACKEND);
    *out = plugin;
    return EMEND_OK;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->entry->close(plugin->inner);
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {.struct_size = sizeof(EmendFactory),
                                         .concurrency = EMEND_CONCURRENCY_SERIAL_PLUGIN,
                                         .create = create,
                                         .destroy = destroy};
    (void)plugin;
    return strcmp(kind, EMEND_KIND_BACKEND) == 0 ? &factory : NULL;
}

EMEND_DECLARE_PLUGIN("test.spoiled.backend", "0.1.0", plugin_open, plugin_close, plugin_factory);
