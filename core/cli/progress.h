/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H
/* Shows a run as it happens: one live line a stage on a terminal, plain lines elsewhere, JSON lines
 * where asked for. */
#include "train/train.h"
#include <stdbool.h>

typedef struct Progress {
    bool is_json, is_live;
    bool has_live_line; /* the cursor stands behind one */
    double shown_at;    /* when the last line was shown, in seconds */
    double stage_started_at;
    uint64_t stage_first_step;
} Progress;

void progress_init(Progress *progress, bool is_json);
RunEvents progress_events(Progress *progress);
/* Ends the live line, so that other output starts on a fresh one. */
void progress_end_line(Progress *progress);

#endif
