/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/backend.h"
#include "plugin/guard/tables.h"
#include <string.h>

static const EmendBackend *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_model_open(void *self, const EmendModelSource *source, EmendModel **out,
                                      EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "model_open", err,
                 theirs(who)->model_open(who->self, source, out, err));
}

static EmendStatus guarded_model_clone(void *self, const EmendModel *model, uint32_t flags,
                                       EmendModel **out, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "model_clone", err,
                 theirs(who)->model_clone(who->self, model, flags, out, err));
}

static EmendStatus guarded_model_save(void *self, const EmendModel *model, EmendStr dir,
                                      uint32_t flags, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "model_save", err,
                 theirs(who)->model_save(who->self, model, dir, flags, err));
}

static EmendStatus guarded_model_info(void *self, const EmendModel *model, EmendModelInfo *out,
                                      EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "model_info", err,
                 theirs(who)->model_info(who->self, model, out, err));
}

static EmendStatus guarded_session_open(void *self, EmendModel *model, EmendSession **out,
                                        EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "session_open", err,
                 theirs(who)->session_open(who->self, model, out, err));
}

static EmendStatus guarded_generate(void *self, EmendSession *session, EmendSpan requests,
                                    const int32_t *stops, uint64_t n_stops, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "generate", err,
                 theirs(who)->generate(who->self, session, requests, stops, n_stops, err));
}

static EmendStatus guarded_forward(void *self, EmendModel *model, const EmendForwardArgs *args,
                                   EmendTape **tape, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "forward", err,
                 theirs(who)->forward(who->self, model, args, tape, err));
}

static EmendStatus guarded_backward(void *self, EmendTape *tape, EmendSpan coefficients,
                                    EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "backward", err,
                 theirs(who)->backward(who->self, tape, coefficients, err));
}

static EmendStatus guarded_optimizer_step(void *self, EmendModel *model,
                                          const EmendOptimizerStep *args, EmendOptimizerResult *out,
                                          EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "optimizer_step", err,
                 theirs(who)->optimizer_step(who->self, model, args, out, err));
}

static EmendStatus end_model_close(Guarded *who, EmendModel *model) {
    GUARD_RETURN(who, GUARD_CONTROL, "model_close", NULL,
                 (theirs(who)->model_close(who->self, model), EMEND_OK));
}

static void guarded_model_close(void *self, EmendModel *model) {
    end_model_close(self, model);
}

static EmendStatus end_session_close(Guarded *who, EmendSession *session) {
    GUARD_RETURN(who, GUARD_CONTROL, "session_close", NULL,
                 (theirs(who)->session_close(who->self, session), EMEND_OK));
}

static void guarded_session_close(void *self, EmendSession *session) {
    end_session_close(self, session);
}

static EmendStatus end_tape_release(Guarded *who, EmendTape *tape) {
    GUARD_RETURN(who, GUARD_CONTROL, "tape_release", NULL,
                 (theirs(who)->tape_release(who->self, tape), EMEND_OK));
}

static void guarded_tape_release(void *self, EmendTape *tape) {
    end_tape_release(self, tape);
}

static EmendStatus describe_into(Guarded *who, char *text, uint64_t capacity, uint64_t *n) {
    GUARD_RETURN(who, GUARD_ANY, "describe", NULL,
                 (*n = theirs(who)->describe(who->self, text, capacity), EMEND_OK));
}

static uint64_t guarded_describe(void *self, char *text, uint64_t capacity) {
    uint64_t n = 0;
    return describe_into(self, text, capacity, &n) == EMEND_OK ? n : 0;
}

/* ---- extensions ----------------------------------------------------------------------------- */

static EmendStatus find_extension(Guarded *who, const char *id, const void **out) {
    GUARD_RETURN(who, GUARD_ANY, "extension", NULL,
                 (*out = theirs(who)->extension(who->self, id), EMEND_OK));
}

static const EmendBackendGradients *their_gradients(Guarded *who) {
    const void *table = NULL;
    find_extension(who, EMEND_BACKEND_GRADIENTS, &table);
    return table;
}

static EmendStatus guarded_tensor(void *self, EmendModel *model, uint64_t i, const char **name,
                                  float **values, float **gradient, uint64_t *n, EmendError *err) {
    Guarded *who = self;
    const EmendBackendGradients *gradients = their_gradients(who);
    GUARD_RETURN(who, GUARD_CONTROL, "tensor", err,
                 gradients->tensor(who->self, model, i, name, values, gradient, n, err));
}

static EmendStatus guarded_values_changed(void *self, EmendModel *model, EmendError *err) {
    Guarded *who = self;
    const EmendBackendGradients *gradients = their_gradients(who);
    GUARD_RETURN(who, GUARD_CONTROL, "values_changed", err,
                 gradients->values_changed(who->self, model, err));
}

// An extension that is not known here cannot be called through a guard, so it is not there.
static const void *guarded_extension(void *self, const char *id) {
    static const EmendBackendGradients gradients = {.struct_size = sizeof gradients,
                                                    .tensor = guarded_tensor,
                                                    .values_changed = guarded_values_changed};
    bool is_known = strcmp(id, EMEND_BACKEND_GRADIENTS) == 0;
    return is_known && their_gradients(self) ? &gradients : NULL;
}

const EmendBackend guarded_backend = {
    .struct_size = sizeof(EmendBackend),
    .model_open = guarded_model_open,
    .model_clone = guarded_model_clone,
    .model_save = guarded_model_save,
    .model_info = guarded_model_info,
    .session_open = guarded_session_open,
    .generate = guarded_generate,
    .forward = guarded_forward,
    .backward = guarded_backward,
    .optimizer_step = guarded_optimizer_step,
    .describe = guarded_describe,
    .model_close = guarded_model_close,
    .session_close = guarded_session_close,
    .tape_release = guarded_tape_release,
    .extension = guarded_extension,
};
