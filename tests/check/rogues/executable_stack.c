/* SPDX-License-Identifier: Apache-2.0 */
/* Is linked with an executable stack. */
#include "rogue_reward.h"

EMEND_DECLARE_PLUGIN("test.rogues.executable_stack", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
