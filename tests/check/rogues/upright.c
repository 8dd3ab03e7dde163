/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps every promise. */
#include "rogue_reward.h"

EMEND_DECLARE_PLUGIN("test.rogues.upright", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
