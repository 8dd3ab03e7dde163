/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H
/* RUN/checkpoints/step-00000123: policy/ (a HuggingFace folder with the optimizer's moments),
 * state.pb (emend.RunState), SHA256SUMS. Everything a run needs to go on to the same bits. */
#include "emend/run.pb-c.h"
#include "train/engine.h"

EmendStatus checkpoint_write(const Engine *engine, const char *run_dir, const EmendModel *policy,
                             const Emend__RunState *state, EmendError *err);
/* Writes a checkpoint at `path` with another state and the policy of one that is there. */
EmendStatus checkpoint_write_copy(const char *policy_dir, const Emend__RunState *state,
                                  const char *path, EmendError *err);
/* Removes all but the newest `keep` of those up to `step`. Later ones go too: a run that writes the
 * checkpoint of `step` passed over them, since they are damaged. */
EmendStatus checkpoint_prune(const char *run_dir, uint64_t step, uint32_t keep, EmendError *err);
/* The newest checkpoint that is whole. *path is malloc'd, *state freed with
 * emend__run_state__free_unpacked. A damaged one is passed over and named in `skipped` (may be
 * NULL). EMEND_NOT_FOUND where there is none; any other failure: it cannot be known. */
EmendStatus checkpoint_find(const char *run_dir, char **path, Emend__RunState **state,
                            char *skipped, size_t skipped_capacity, EmendError *err);
/* Reads and checks one checkpoint. */
EmendStatus checkpoint_read(const char *path, Emend__RunState **state, EmendError *err);

/* Saves a policy as a HuggingFace folder with its tokenizer, whole or not at all.
 */
EmendStatus policy_write(const Engine *engine, const EmendModel *policy, const char *path,
                         EmendError *err);

#endif
