/* SPDX-License-Identifier: Apache-2.0 */
/* Its version is not the manifest's. */
#include "rogue.h"

EMEND_DECLARE_PLUGIN("test.rogues.wrong_version", "9.9.9", rogue_open, rogue_close, rogue_factory);
