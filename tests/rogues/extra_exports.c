/* SPDX-License-Identifier: Apache-2.0 */
/* Exports functions that another library may have too. */
#include "rogue.h"

__attribute__((visibility("default"))) void compute(void);
void compute(void) {
}

__attribute__((visibility("default"))) void helper(void);
void helper(void) {
}

EMEND_DECLARE_PLUGIN("test.rogues.extra_exports", ROGUE_VERSION, rogue_open, rogue_close,
                     rogue_factory);
