/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_TABLES_H
#define PLUGIN_GUARD_TABLES_H
/* The guarded functions of each kind, every member set. */
#include "emend/algorithm.h"
#include "emend/backend.h"
#include "emend/reward.h"
#include "emend/task.h"
#include "emend/tokenizer.h"
#include "emend/tracker.h"
#include "plugin/guard/guard.h"

extern const EmendBackend guarded_backend;
extern const EmendTokenizer guarded_tokenizer;
extern const EmendTask guarded_task;
extern const EmendReward guarded_reward;
extern const EmendAlgorithm guarded_algorithm;
extern const EmendTracker guarded_tracker;

#endif
