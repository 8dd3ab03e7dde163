/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a descriptor open when it is closed. */
#include "rogue.h"
#include <fcntl.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    if (open("/dev/zero", O_RDONLY) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "/dev/zero cannot be opened");
    }
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.leaves_descriptor", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
