/* SPDX-License-Identifier: Apache-2.0 */
/* Does not come back from open, and keeps a processor busy. */
#include "rogue.h"

static volatile int is_over;

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    while (!is_over) {
    }
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.loop_open", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
