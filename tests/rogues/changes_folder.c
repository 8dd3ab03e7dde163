/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves the process in another working directory. */
#include "rogue.h"
#include <unistd.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    if (chdir("/") != 0) {
        return emend_fail(err, EMEND_UNAVAILABLE, "/: cannot go there");
    }
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.changes_folder", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
