/* SPDX-License-Identifier: Apache-2.0 */
/* Takes over the signal by which a run is stopped. */
#include "rogue.h"
#include <signal.h>

static void on_signal(int number) {
    (void)number;
}

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    signal(SIGINT, on_signal);
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.takes_signal", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
