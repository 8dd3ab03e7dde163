/* SPDX-License-Identifier: Apache-2.0 */
/* Logs a last line when the process ends, after it was closed. */
#include "rogue_reward.h"

static const EmendHost *kept;

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    kept = host;
    return rogue_open(host, dir, out, err);
}

__attribute__((destructor)) static void say_farewell(void) {
    if (kept) {
        kept->log(kept, EMEND_LOG_INFO, emend_str("farewell"));
    }
}

ROGUE_WITH_OPEN("calls_after_close", open_plugin);
