/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves the rounding mode changed. */
#include "rogue.h"
#include <fenv.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    fesetround(FE_UPWARD);
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.changes_rounding", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
