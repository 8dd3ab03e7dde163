/* SPDX-License-Identifier: Apache-2.0 */
/* Is linked with a run path out of the package. */
#include "rogue_reward.h"

EMEND_DECLARE_PLUGIN("test.rogues.run_path", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
