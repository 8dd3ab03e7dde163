/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a block behind when it is closed. */
#include "rogue.h"

static void *volatile left_behind; // leak checkers reach it: only the host is to notice

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    left_behind = host->alloc(host, 4096, 0);
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.leaky", ROGUE_VERSION, open_plugin, rogue_close, rogue_factory);
