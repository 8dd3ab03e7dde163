/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes when the process ends. */
#include "rogue.h"

__attribute__((destructor)) static void crash(void) {
    rogue_crash();
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_exit", ROGUE_VERSION, rogue_open, rogue_close,
                     rogue_factory);
