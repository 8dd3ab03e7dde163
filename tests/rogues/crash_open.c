/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes in open. */
#include "rogue.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    rogue_crash();
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_open", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
