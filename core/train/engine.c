/* SPDX-License-Identifier: Apache-2.0 */
#include "train/engine.h"
#include <stdlib.h>
#include <string.h>

char *engine_path(const Engine *engine, const char *path) {
    if (path[0] == '/') {
        return strdup(path);
    }
    char *joined = NULL;
    return asprintf(&joined, "%s/%s", engine->recipe->dir, path) < 0 ? NULL : joined;
}

EmendStatus engine_component(const Engine *engine, const char *kind,
                             const Emend__Component *component, Component *out, EmendError *err) {
    EmendBytes config = {0};
    if (component->config) {
        config = (EmendBytes){component->config->value.data, component->config->value.len};
    }
    return component_create(engine->plugins, kind, component->use, config, out, err);
}

EmendStatus engine_said(const Component *component, const char *operation, EmendStatus status,
                        EmendError *err) {
    if (status == EMEND_OK || status == EMEND_CANCELLED || !err || !err->message) {
        return status;
    }
    char *said = strdup(err->message);
    EmendStatus known = status > EMEND_OK && status <= EMEND_DATA_LOSS ? status : EMEND_INTERNAL;
    const char *id = component->plugin_id;
    emend_fail(err, known, "\"%s\"%s%s%s: %s: %s", component->name, id ? " (" : "", id ? id : "",
               id ? ")" : "", operation,
               said && said[0] ? said : "it failed and does not say why; tell the plugin's author");
    free(said);
    return known;
}

EmendStatus engine_encode(const Engine *engine, EmendStr text, uint32_t flags, int32_t **ids,
                          size_t *n, EmendError *err) {
    void *self = engine->tokenizer_component.self;
    uint64_t capacity = text.len + 8;
    int32_t *out = NULL;
    for (;;) {
        bool is_absurd = capacity >= SIZE_MAX / sizeof *out;
        int32_t *grown = is_absurd ? NULL : realloc(out, (capacity + 1) * sizeof *out);
        if (!grown) {
            free(out);
            return emend_fail(err, EMEND_EXHAUSTED, "tokenizer: no memory for %llu tokens",
                              (unsigned long long)capacity);
        }
        out = grown;
        uint64_t needed = 0;
        EmendStatus status =
            engine->tokenizer->encode(self, text, flags, out, capacity, &needed, err);
        if (status != EMEND_OK) {
            free(out);
            return engine_said(&engine->tokenizer_component, "encode", status, err);
        }
        if (needed <= capacity) {
            *ids = out;
            *n = (size_t)needed;
            return EMEND_OK;
        }
        capacity = needed;
    }
}

static EmendStatus encode_part(Engine *engine, const char *field, const char *text, int32_t **ids,
                               size_t *n, EmendError *err) {
    EmendStatus status = engine_encode(engine, emend_str(text), EMEND_ENCODE_SPECIAL, ids, n, err);
    if (status != EMEND_OK) {
        char why[512];
        snprintf(why, sizeof why, "%s", err && err->message ? err->message : "");
        return text_tree_fail(engine->recipe->tree, "template", err,
                              "template.%s \"%s\" cannot be encoded: %s; change the template or "
                              "the tokenizer's alphabet",
                              field, text, why);
    }
    return EMEND_OK;
}

static EmendStatus encode_template(Engine *engine, EmendError *err) {
    Emend__Template defaults = EMEND__TEMPLATE__INIT;
    const Emend__Template *t =
        engine->recipe->message->template_ ? engine->recipe->message->template_ : &defaults;
    TemplateTokens *out = &engine->template;
    const struct {
        const char *field, *text;
        int32_t **ids;
        size_t *n;
    } parts[] = {
        {"begin", t->begin, &out->begin, &out->n_begin},
        {"user_prefix", t->user_prefix, &out->user_prefix, &out->n_user_prefix},
        {"user_suffix", t->user_suffix, &out->user_suffix, &out->n_user_suffix},
        {"assistant_prefix", t->assistant_prefix, &out->assistant_prefix, &out->n_assistant_prefix},
        {"assistant_suffix", t->assistant_suffix, &out->assistant_suffix, &out->n_assistant_suffix},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        EmendStatus status =
            encode_part(engine, parts[i].field, parts[i].text, parts[i].ids, parts[i].n, err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    if (out->n_assistant_suffix == 0) {
        return text_tree_fail(
            engine->recipe->tree, "template", err,
            "template.assistant_suffix is empty; its first token ends a response, "
            "so it must have one");
    }
    return EMEND_OK;
}

static EmendStatus create_trackers(Engine *engine, EmendError *err) {
    const Emend__Recipe *recipe = engine->recipe->message;
    engine->trackers = calloc(recipe->n_tracker + 1, sizeof *engine->trackers);
    if (!engine->trackers) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu trackers", recipe->n_tracker);
    }
    for (size_t i = 0; i < recipe->n_tracker; i++) {
        EmendStatus status = engine_component(engine, EMEND_KIND_TRACKER, recipe->tracker[i],
                                              &engine->trackers[i], err);
        if (status != EMEND_OK) {
            return status;
        }
        engine->n_trackers++;
    }
    return EMEND_OK;
}

static EmendStatus create_components(Engine *engine, const char *model_dir, EmendError *err) {
    const Emend__Recipe *recipe = engine->recipe->message;
    EmendStatus status = engine_component(engine, EMEND_KIND_TOKENIZER, recipe->tokenizer,
                                          &engine->tokenizer_component, err);
    if (status != EMEND_OK) {
        return status;
    }
    engine->tokenizer = engine->tokenizer_component.table;
    if (model_dir && engine->tokenizer->load) {
        status =
            engine->tokenizer->load(engine->tokenizer_component.self, emend_str(model_dir), err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    status = engine_component(engine, EMEND_KIND_TASK, recipe->task, &engine->task_component, err);
    if (status != EMEND_OK) {
        return status;
    }
    engine->task = engine->task_component.table;
    status = engine_component(engine, EMEND_KIND_BACKEND, recipe->backend,
                              &engine->backend_component, err);
    if (status != EMEND_OK) {
        return status;
    }
    engine->backend = engine->backend_component.table;
    return create_trackers(engine, err);
}

EmendStatus engine_init(Engine *engine, const Recipe *recipe, const AnyResolver *resolver,
                        PluginHost *plugins, const char *model_dir, EmendError *err) {
    *engine = (Engine){.recipe = recipe, .resolver = resolver, .plugins = plugins};
    EmendStatus status = create_components(engine, model_dir, err);
    if (status == EMEND_OK) {
        status = encode_template(engine, err);
    }
    if (status != EMEND_OK) {
        engine_finish(engine);
    }
    return status;
}

void engine_finish(Engine *engine) {
    for (size_t i = 0; i < engine->n_trackers; i++) {
        component_destroy(&engine->trackers[i]);
    }
    free(engine->trackers);
    component_destroy(&engine->backend_component);
    component_destroy(&engine->task_component);
    component_destroy(&engine->tokenizer_component);
    free(engine->template.begin);
    free(engine->template.user_prefix);
    free(engine->template.user_suffix);
    free(engine->template.assistant_prefix);
    free(engine->template.assistant_suffix);
    *engine = (Engine){0};
}
