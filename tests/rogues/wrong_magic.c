/* SPDX-License-Identifier: Apache-2.0 */
/* Its entry does not begin with the magic number. */
#include "by_hand.h"

ROGUE_NOTE(EMEND_ABI_MAJOR, "test.rogues.wrong_magic");
ROGUE_ENTRY(0x12345678u, "test.rogues.wrong_magic");
