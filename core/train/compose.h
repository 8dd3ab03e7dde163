/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_COMPOSE_H
#define TRAIN_COMPOSE_H
/* New episodes out of the turns of sampled ones, as an algorithm asks for them (EmendAlgorithm
 * .compose). Sampled tokens are copied, never decoded and encoded again. */
#include "train/update.h"

/* Asks the algorithm, which has the member.
 *
 * batch          over the n trajectories
 * max_positions  of the model: a longer episode is dropped, and counted in *n_too_long
 * *out           malloc'd, *n_out of them, pointing at the same problems; NULL where none came */
EmendStatus compose_run(const Engine *engine, const Component *algorithm, const EpisodeBatch *batch,
                        const Trajectory *trajectories, uint64_t seed, uint32_t max_positions,
                        Trajectory **out, size_t *n_out, size_t *n_too_long, EmendError *err);

#endif
