/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TRACK_H
#define TRAIN_TRACK_H
/* One caller for each slot of the trackers. */
#include "emend/run.pb-c.h"
#include "train/engine.h"
#include "train/metrics.h"
#include "train/trajectory.h"
#include "train/verdicts.h"

/* state: what the run goes on from. */
EmendStatus track_begin(const Engine *engine, const char *run_dir, bool is_resumed,
                        const Emend__RunState *state, EmendError *err);
EmendStatus track_scalars(const Engine *engine, uint64_t step, const char *phase, const char *stage,
                          const MetricSet *metrics, EmendError *err);
/* An episode as a "transcript" event: problem, every turn's prompt and response, answers, grades.
 */
EmendStatus track_transcript(const Engine *engine, uint64_t step, const char *label,
                             const Trajectory *trajectory, EmendError *err);
/* An evaluation's result as an "evaluation" event: what result_json() says, and in
 * "samples_per_problem", "problems" and "verdicts" what became of every problem. */
EmendStatus track_evaluation(const Engine *engine, const Emend__EvaluationResult *result,
                             uint32_t samples_per_problem, const Verdicts *verdicts,
                             EmendError *err);
EmendStatus track_flush(const Engine *engine, EmendError *err);

#endif
