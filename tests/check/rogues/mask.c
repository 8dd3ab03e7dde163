/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the mask of new files. */
#include "rogue_reward.h"
#include <sys/stat.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    umask(0077);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("mask", open_plugin);
