/* SPDX-License-Identifier: Apache-2.0 */
/* Sets a resource limit. */
#include "rogue_reward.h"
#include <sys/resource.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur--;
    setrlimit(RLIMIT_NOFILE, &limit);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("limits", open_plugin);
