/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_RESULT_H
#define TRAIN_RESULT_H
/* An evaluation's result as JSON, the same wherever one is written. */
#include "emend/run.pb-c.h"
#include <jansson.h>

/* {"policy":"stage1","step":20,"n_problems":500,"n_left_out":0,"accuracy@t1":0.5,...,
 *  "kinds":{"algebra":{"n_problems":124,"accuracy@t1":0.6,...}},"levels":{"1":{...}}}
 *
 * The caller's; NULL when memory is gone. */
json_t *result_json(const Emend__EvaluationResult *result);

#endif
