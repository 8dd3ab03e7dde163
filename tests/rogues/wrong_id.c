/* SPDX-License-Identifier: Apache-2.0 */
/* Its id is not the manifest's. */
#include "rogue.h"

EMEND_DECLARE_PLUGIN("test.rogues.somebody_else", ROGUE_VERSION, rogue_open, rogue_close,
                     rogue_factory);
