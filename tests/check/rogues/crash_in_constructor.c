/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes when it is loaded, before any call. */
#include "rogue_reward.h"
#include <stdlib.h>

__attribute__((constructor)) static void crash(void) {
    abort();
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_in_constructor", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
