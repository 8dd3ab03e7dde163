/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_RIG_H
#define CHECK_BACKEND_RIG_H
/* The backend under test with a policy and a base of one shape, each twice: on the backend and,
 * with the same weights, in the reference. Weights go in and come out through model folders;
 * gradients through the extension emend.backend.gradients/1 where there is one, else through what
 * one step of the optimizer does to the weights.
 *
 * Whatever cannot be had, the kit was told why. */
#include "check/backend/model_files.h"
#include "check/backend/shapes.h"
#include "check/subject.h"

typedef struct Rig {
    Kit *kit;
    Subject *subject, own_subject;
    const EmendBackend *backend;
    void *self;
    const Shape *shape;
    KitFolder folder;
    Reference *policy_reference, *base_reference;
    EmendModel *policy, *base;
    Batch batch;
} Rig;

/* Of single precision, and how far its sums may stray from the reference's: relative to the number
 * where that is above 1. */
#define RIG_TOLERANCE 1e-4

bool rig_open(Kit *kit, const Shape *shape, Rig *out);
/* Undoes whatever was done; a zeroed rig is allowed. */
void rig_close(Rig *rig);

/* The error to hand to a call, cleared; and whether the call went well. */
EmendError *rig_err(Rig *rig);
bool rig_ok(Rig *rig, const char *operation, EmendStatus status);
bool rig_is_exact(const Rig *rig);

/* A model with these weights; flags: EMEND_MODEL_FROZEN or 0. */
EmendModel *rig_model(Rig *rig, const Reference *weights, uint32_t flags);
/* A model of the shape's config with weights from a seed. */
EmendModel *rig_fresh(Rig *rig, const EmendModelConfig *config, uint64_t seed);
/* A copy, trainable or frozen. */
EmendModel *rig_clone(Rig *rig, const EmendModel *model, uint32_t flags);
void rig_drop(Rig *rig, EmendModel *model);
/* The weights of a model of the rig's shape as it saves them, until reference_destroy(). */
Reference *rig_weights(Rig *rig, const EmendModel *model);

/* Scores sequences [begin, end) of the batch; with `tape`, for backward. */
bool rig_forward(Rig *rig, EmendModel *model, int begin, int end, EmendTape **tape);
/* Adds their gradient. */
bool rig_backward(Rig *rig, EmendModel *model, int begin, int end);
/* The batch's gradient at the policy's weights, which stay as they are; `cut` sequences in each
 * forward and backward. As a reference whose weights are the gradient. */
Reference *rig_gradient(Rig *rig, int cut);
/* One optimizer step of a model with the gradient it has. */
bool rig_step(Rig *rig, EmendModel *model, const EmendOptimizerStep *args,
              EmendOptimizerResult *result);

/* The extension, or NULL. */
const EmendBackendGradients *rig_extension(const Rig *rig);

#endif
