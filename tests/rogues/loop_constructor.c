/* SPDX-License-Identifier: Apache-2.0 */
/* Does not come back from being loaded. */
#include "rogue.h"

static volatile int is_over;

__attribute__((constructor)) static void loop(void) {
    while (!is_over) {
    }
}

EMEND_DECLARE_PLUGIN("test.rogues.loop_constructor", ROGUE_VERSION, rogue_open, rogue_close,
                     rogue_factory);
