/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"
#include "train/run_parts.h"
#include <stdlib.h>

EmendStatus run_open_folder(Run *run, const char *dir, uint32_t flags, EmendError *err) {
    const EmendBackend *backend = run->engine.backend;
    void *self = run->engine.backend_component.self;
    EmendModelSource source = {.struct_size = sizeof source, .flags = flags, .dir = emend_str(dir)};
    EmendModel *opened = NULL;
    EmendStatus status = backend->model_open(self, &source, &opened, err);
    status = engine_said(&run->engine.backend_component, "model_open", status, err);
    if (status == EMEND_OK) {
        backend->model_close(self, run->policy);
        run->policy = opened;
    }
    return status;
}

EmendStatus run_open_fresh(Run *run, const Emend__FreshModel *fresh, EmendError *err) {
    const EmendTokenizer *tokenizer = run->engine.tokenizer;
    EmendModelConfig config = {
        .struct_size = sizeof config,
        .flags = fresh->tie_word_embeddings ? EMEND_MODEL_TIED_EMBEDDINGS : 0,
        .vocab_size = tokenizer->vocab_size(run->engine.tokenizer_component.self),
        .hidden_size = fresh->hidden_size,
        .intermediate_size = fresh->intermediate_size,
        .num_hidden_layers = fresh->num_hidden_layers,
        .num_attention_heads = fresh->num_attention_heads,
        .num_key_value_heads = fresh->num_key_value_heads,
        .head_dim = fresh->head_dim,
        .max_position_embeddings = fresh->max_position_embeddings,
        .rope_theta = fresh->rope_theta,
        .rms_norm_eps = fresh->rms_norm_eps,
        .initializer_range = fresh->initializer_range};
    EmendModelSource source = {
        .struct_size = sizeof source, .config = &config, .seed = run->recipe->seed};
    EmendStatus status = run->engine.backend->model_open(run->engine.backend_component.self,
                                                         &source, &run->policy, err);
    return engine_said(&run->engine.backend_component, "model_open", status, err);
}

EmendStatus run_check_vocabulary(const Run *run, EmendError *err) {
    EmendModelInfo info = {.struct_size = sizeof info};
    EmendStatus status = run->engine.backend->model_info(run->engine.backend_component.self,
                                                         run->policy, &info, err);
    uint32_t n = run->engine.tokenizer->vocab_size(run->engine.tokenizer_component.self);
    if (status == EMEND_OK && n > info.config.vocab_size) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "tokenizer \"%s\" has %u ids and the model's vocabulary %u; the model must "
            "have as many; use the tokenizer it was trained with",
            run->engine.tokenizer_component.name, n, info.config.vocab_size);
    }
    if (status == EMEND_OK && run->args->events.started) {
        char text[160] = "";
        run->engine.backend->describe(run->engine.backend_component.self, text, sizeof text);
        run->args->events.started(run->args->events.ctx, text, info.n_parameters, info.n_bytes);
    }
    return status;
}

char *run_stage_dir(const Run *run, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/stages/%s", run->args->run_dir, name) < 0 ? NULL : path;
}

EmendStatus run_write_policy(Run *run, const char *name, EmendError *err) {
    char *path = run_stage_dir(run, name);
    if (!path) {
        return run_no_memory(err);
    }
    EmendStatus status = policy_write(&run->engine, run->policy, path, err);
    free(path);
    return status;
}
