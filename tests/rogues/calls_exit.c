/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process in open, with a word on standard error. */
#include "rogue.h"
#include <stdio.h>
#include <stdlib.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)host, (void)dir, (void)out, (void)err;
    fputs("no licence was found\nfor this machine\n", stderr);
    exit(3);
}

EMEND_DECLARE_PLUGIN("test.rogues.calls_exit", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
