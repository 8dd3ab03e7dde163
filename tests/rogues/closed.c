/* SPDX-License-Identifier: Apache-2.0 */
/* Does not open, and returns a status there is not. */
#include "rogue.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)host;
    (void)dir;
    (void)out;
    emend_fail(err, EMEND_INTERNAL, "the door is locked");
    return 4711;
}

EMEND_DECLARE_PLUGIN("test.rogues.closed", ROGUE_VERSION, open_plugin, rogue_close, rogue_factory);
