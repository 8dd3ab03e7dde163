/* SPDX-License-Identifier: Apache-2.0 */
/* Aborts the process in open, as a failed assert does. */
#include "rogue.h"
#include <stdlib.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)host, (void)dir, (void)out, (void)err;
    abort();
}

EMEND_DECLARE_PLUGIN("test.rogues.aborts", ROGUE_VERSION, open_plugin, rogue_close, rogue_factory);
