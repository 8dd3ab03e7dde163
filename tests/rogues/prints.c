/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to the standard streams. */
#include "rogue.h"
#include <stdio.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    printf("hello from open\n");
    fflush(stdout);
    fprintf(stderr, "a complaint from open\n");
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.prints", ROGUE_VERSION, open_plugin, rogue_close, rogue_factory);
