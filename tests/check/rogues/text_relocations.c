/* SPDX-License-Identifier: Apache-2.0 */
/* Has an address in its code that must be written when it is loaded. */
#include "rogue_reward.h"

__asm__(".pushsection .text\n"
        ".balign 8\n"
        ".quad emend_plugin_entry\n"
        ".popsection\n");

EMEND_DECLARE_PLUGIN("test.rogues.text_relocations", ROGUE_VERSION, rogue_open, rogue_close,
                     upright_factory);
