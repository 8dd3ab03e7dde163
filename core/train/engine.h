/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_ENGINE_H
#define TRAIN_ENGINE_H
/* The components of a run that live as long as it does: backend, tokenizer, task, trackers. */
#include "manifest/recipe.h"
#include "plugin/loader.h"

/* The template as tokens. */
typedef struct TemplateTokens {
    int32_t *begin, *user_prefix, *user_suffix, *assistant_prefix, *assistant_suffix;
    size_t n_begin, n_user_prefix, n_user_suffix, n_assistant_prefix, n_assistant_suffix;
} TemplateTokens;

typedef struct Engine {
    const Recipe *recipe;
    const AnyResolver *resolver;
    PluginHost *plugins;
    Component backend_component, tokenizer_component, task_component;
    const EmendBackend *backend;
    const EmendTokenizer *tokenizer;
    const EmendTask *task;
    Component *trackers;
    size_t n_trackers;
    uint64_t *n_records; /* counts what the trackers get; the run's. NULL: nobody asks */
    TemplateTokens template;
} Engine;

/* Makes the components a recipe names. `model_dir`, where not NULL, is the folder the tokenizer
 * loads from. On failure nothing is left to free. */
EmendStatus engine_init(Engine *engine, const Recipe *recipe, const AnyResolver *resolver,
                        PluginHost *plugins, const char *model_dir, EmendError *err);
void engine_finish(Engine *engine);

/* Passes a component's status on; where it failed, with the component and the operation in front of
 * its message, and with a message where it gave none. */
EmendStatus engine_said(const Component *component, const char *operation, EmendStatus status,
                        EmendError *err);
/* Text to tokens, malloc'd, with room for one more behind them; flags: EMEND_ENCODE_*. */
EmendStatus engine_encode(const Engine *engine, EmendStr text, uint32_t flags, int32_t **ids,
                          size_t *n, EmendError *err);
/* Makes a component of a stage. */
EmendStatus engine_component(const Engine *engine, const char *kind,
                             const Emend__Component *component, Component *out, EmendError *err);
/* The recipe's path, taken from its folder where relative; malloc'd, NULL when memory is gone. */
char *engine_path(const Engine *engine, const char *path);

#endif
