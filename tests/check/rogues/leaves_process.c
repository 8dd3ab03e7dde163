/* SPDX-License-Identifier: Apache-2.0 */
/* Does not wait for a process it started. */
#include "rogue_reward.h"
#include <spawn.h>
#include <unistd.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    pid_t pid = 0;
    char *const words[] = {(char *)"true", NULL};
    posix_spawnp(&pid, "true", NULL, NULL, words, environ);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("leaves_process", open_plugin);
