/* SPDX-License-Identifier: Apache-2.0 */
/* Does not come back from open, and does nothing. */
#include "rogue.h"
#include <unistd.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    while (pause() != 0) {
    }
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.sleep_open", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
