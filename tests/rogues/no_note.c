/* SPDX-License-Identifier: Apache-2.0 */
/* Has an entry and no note. */
#include "by_hand.h"

ROGUE_ENTRY(EMEND_ENTRY_MAGIC, "test.rogues.no_note");
