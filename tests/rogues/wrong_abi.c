/* SPDX-License-Identifier: Apache-2.0 */
/* Its note says an ABI major this host does not speak. */
#include "by_hand.h"

ROGUE_NOTE(2, "test.rogues.wrong_abi");
ROGUE_ENTRY(EMEND_ENTRY_MAGIC, "test.rogues.wrong_abi");
