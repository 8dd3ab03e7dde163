/* SPDX-License-Identifier: Apache-2.0 */
#include "train/verdicts.h"
#include "train/folder.h"
#include <stdio.h>

static EmendStatus add_one(Verdicts *verdicts, const Trajectory *trajectory) {
    EmendStatus status = EMEND_OK;
    if (trajectory->sample == 0) {
        EmendStr id = problem_field(trajectory->problem, EMEND_PROBLEM_ID);
        status = buffer_append(&verdicts->problems, id.ptr, (size_t)id.len);
        status = status == EMEND_OK ? buffer_append(&verdicts->problems, "", 1) : status;
    }
    for (uint32_t t = 0; t < trajectory->n_turns && status == EMEND_OK; t++) {
        bool is_graded = trajectory->turns[t].grade.state == EMEND_SCORE_VALUE;
        const char *letter = !is_graded ? "-" : trajectory_is_right(trajectory, t) ? "1" : "0";
        status = buffer_append(&verdicts->turns[t], letter, 1);
    }
    return status;
}

EmendStatus verdicts_add(Verdicts *verdicts, const Trajectory *trajectories, size_t n,
                         EmendError *err) {
    for (size_t i = 0; i < n; i++) {
        if (trajectories[i].n_turns > verdicts->n_turns) {
            verdicts->n_turns = trajectories[i].n_turns;
        }
        if (add_one(verdicts, &trajectories[i]) != EMEND_OK) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory for the verdicts of an evaluation");
        }
    }
    return EMEND_OK;
}

EmendStatus verdicts_problems(const Verdicts *verdicts, char digits[17], EmendError *err) {
    uint8_t digest[32];
    EmendStr ids = buffer_str(&verdicts->problems);
    EmendStatus status = sha256(ids.ptr, (size_t)ids.len, digest, err);
    for (int i = 0; status == EMEND_OK && i < 8; i++) {
        snprintf(digits + 2 * i, 3, "%02x", digest[i]);
    }
    return status;
}

void verdicts_finish(Verdicts *verdicts) {
    for (uint32_t t = 0; t < MAX_TURNS; t++) {
        buffer_finish(&verdicts->turns[t]);
    }
    buffer_finish(&verdicts->problems);
    *verdicts = (Verdicts){0};
}
