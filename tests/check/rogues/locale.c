/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the locale. */
#include "rogue_reward.h"
#include <locale.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    setlocale(LC_ALL, "C.UTF-8");
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("locale", open_plugin);
