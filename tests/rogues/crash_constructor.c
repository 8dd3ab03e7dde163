/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes when it is loaded, before anybody asked it anything. */
#include "rogue.h"

__attribute__((constructor)) static void crash(void) {
    rogue_crash();
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_constructor", ROGUE_VERSION, rogue_open, rogue_close,
                     rogue_factory);
