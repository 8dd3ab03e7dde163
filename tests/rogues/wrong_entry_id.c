/* SPDX-License-Identifier: Apache-2.0 */
/* Its note tells the manifest's id and its entry another. */
#include "by_hand.h"

ROGUE_NOTE(EMEND_ABI_MAJOR, "test.rogues.wrong_entry_id");
ROGUE_ENTRY(EMEND_ENTRY_MAGIC, "test.rogues.somebody_else");
