/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a descriptor open. */
#include "rogue_reward.h"
#include <fcntl.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    if (open("/dev/null", O_RDONLY) < 0) {
        return emend_fail(err, EMEND_NOT_FOUND, "/dev/null: not there");
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("leaves_file", open_plugin);
