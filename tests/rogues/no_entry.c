/* SPDX-License-Identifier: Apache-2.0 */
/* Has a note and no entry. */
#include "by_hand.h"

ROGUE_NOTE(EMEND_ABI_MAJOR, "test.rogues.no_entry");
