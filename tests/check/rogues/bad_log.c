/* SPDX-License-Identifier: Apache-2.0 */
/* Logs two lines at once. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    host->log(host, EMEND_LOG_INFO, emend_str("one\ntwo"));
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("bad_log", open_plugin);
