/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROGUES_BY_HAND_H
#define ROGUES_BY_HAND_H
/* The two halves of EMEND_DECLARE_PLUGIN, for rogues that get one of them wrong. */
#include "rogue.h"

typedef struct RogueNote {
    uint32_t name_size, desc_size, type;
    char name[4];
    EmendNote desc;
} RogueNote;

#define ROGUE_NOTE(MAJOR, ID)                                                                      \
    __attribute__((used, aligned(4),                                                               \
                   section(".note.emend.plugin"))) static const RogueNote rogue_note = {           \
        4,                                                                                         \
        (uint32_t)sizeof(EmendNote),                                                               \
        EMEND_NOTE_TYPE,                                                                           \
        EMEND_NOTE_NAME,                                                                           \
        {MAJOR, EMEND_ABI_MINOR, 0, EMEND_PLATFORM_LP64_LE, ID}}

#define ROGUE_ENTRY(MAGIC, ID)                                                                     \
    extern __attribute__((visibility("default"))) const EmendEntry emend_plugin_entry;             \
    const EmendEntry emend_plugin_entry = {MAGIC,                                                  \
                                           (uint32_t)sizeof(EmendEntry),                           \
                                           EMEND_ABI_MAJOR,                                        \
                                           EMEND_ABI_MINOR,                                        \
                                           0,                                                      \
                                           EMEND_PLATFORM_LP64_LE,                                 \
                                           ID,                                                     \
                                           ROGUE_VERSION,                                          \
                                           rogue_open,                                             \
                                           rogue_close,                                            \
                                           rogue_factory}

#endif
