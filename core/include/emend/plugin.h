/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_PLUGIN_H
#define EMEND_PLUGIN_H
/* The one symbol a plugin exports, and what hangs on it. Start reading here.
 *
 * A plugin is a shared library with one exported data symbol, `emend_plugin_entry`, and an ELF note
 * that repeats its numbers, so that the host can refuse a library before any of its code runs. Both
 * come from EMEND_DECLARE_PLUGIN at the end of the plugin's main file:
 *
 *     EMEND_DECLARE_PLUGIN("org.example.length", "0.1.0", plugin_open, plugin_close,
 *                          plugin_factory);
 *
 * A plugin of one kind that keeps nothing beside its components is declared in fewer words by
 * emend/component.h.
 *
 * Life, in this order:
 *
 *   dlopen     after the checks of the file; the library is never unloaded
 *   open       under 100 ms, no device and no network
 *   factory    for each kind that is wanted
 *   instances  `create`, calls, `destroy`: any number, also none, in any order; `create` may take
 *              its time, and may touch a device
 *   close      perhaps followed by another `open`
 *
 * A plugin links nothing of Emend: everything it may call comes in the EmendHost table.
 *
 * Versions, three numbers with three owners:
 *
 *   EMEND_ABI_MAJOR  a frozen rule was broken; older plugins are refused, both numbers shown
 *   EMEND_ABI_MINOR  EmendEntry, EmendHost or EmendFactory grew at the end
 *   the kind's id    "emend.reward/1": its revision rises when a member changes its meaning or goes
 *
 * A kind's table that only grows moves no number: struct_size says it. The host copies
 * min(theirs, ours) bytes of a table into a zeroed one, once, and calls the copy.
 */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_ABI_MAJOR 1u
#define EMEND_ABI_MINOR 0u
#define EMEND_ENTRY_MAGIC 0x31444D45u /* bytes 'E' 'M' 'D' '1' */
#define EMEND_PLATFORM_LP64_LE 0x1u
#define EMEND_NOTE_NAME "EMD"
#define EMEND_NOTE_TYPE 1u

/* How many [worker] calls the host may have in flight. */
enum {
    EMEND_CONCURRENCY_PARALLEL = 0,        /* any number, on any instances */
    EMEND_CONCURRENCY_SERIAL_INSTANCE = 1, /* one for each instance */
    EMEND_CONCURRENCY_SERIAL_PLUGIN = 2    /* one for the whole plugin */
};

typedef struct EmendPlugin EmendPlugin; /* the plugin's own state, opaque to the host */

/* Makes and unmakes instances of one kind. Growable. */
typedef struct EmendFactory {
    uint32_t struct_size;
    uint32_t concurrency; /* EMEND_CONCURRENCY_* */

    /* Makes the component `name` of this kind, as the manifest lists it.
     *
     * config    wire bytes of the component's config message, checked by the host against the
     *           plugin's descriptor set; empty where the recipe gives none: the defaults
     * instance  out: handed back as `self` in every call of the table
     * table     out: the kind's table (EmendReward, ...), static for the life of the process
     *
     * A config that cannot be right is EMEND_INVALID_ARGUMENT with a message naming the field.
     * [control] */
    EmendStatus (*create)(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err);
    /* Frees an instance, joins its threads. [control] */
    void (*destroy)(EmendPlugin *plugin, void *instance);
} EmendFactory;

/* The exported table. Its first 16 bytes never move, in any major. Growable. */
typedef struct EmendEntry {
    uint32_t magic; /* EMEND_ENTRY_MAGIC */
    uint32_t struct_size;
    uint16_t abi_major, abi_minor; /* of the headers it was built with */
    uint16_t host_minor_min;       /* the oldest host minor it can run on */
    uint16_t platform;             /* EMEND_PLATFORM_* */
    const char *id, *version;      /* equal to the manifest's */

    /* Begins the plugin's life. `host` lives until close() returns; `dir` is the package folder.
     * [control] */
    EmendStatus (*open)(const EmendHost *host, EmendStr dir, EmendPlugin **out, EmendError *err);
    /* Ends it: no thread, no host block and no descriptor is left. [control] */
    void (*close)(EmendPlugin *plugin);
    /* The factory of a kind ("emend.reward/1"), or NULL: this plugin has none. Static. [any] */
    const EmendFactory *(*factory)(EmendPlugin *plugin, const char *kind);
} EmendEntry;

/* The descriptor of the ELF note, section ".note.emend.plugin", name "EMD", type 1. Frozen. */
typedef struct EmendNote {
    uint16_t abi_major, abi_minor, host_minor_min, platform;
    char id[64];
} EmendNote;

EMEND_STATIC_ASSERT(offsetof(EmendEntry, id) == 16, "the prefix is frozen");
EMEND_STATIC_ASSERT(sizeof(EmendEntry) == 56 &&
                        sizeof(EmendEntry) == EMEND_END_OF(EmendEntry, factory),
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendFactory) == 24 && sizeof(EmendNote) == 72, "no tail padding");

#ifdef __cplusplus
#define EMEND_EXTERN_DATA extern "C"
#else
#define EMEND_EXTERN_DATA extern
#endif

/* Defines emend_plugin_entry and the note. ID and VERSION are string literals; ID is reverse-DNS,
 * at most 63 bytes, and both equal the manifest's. */
#define EMEND_DECLARE_PLUGIN(ID, VERSION, OPEN, CLOSE, FACTORY)                                    \
    EMEND_EXTERN_DATA __attribute__((visibility("default"))) const EmendEntry emend_plugin_entry;  \
    const EmendEntry emend_plugin_entry = {EMEND_ENTRY_MAGIC,                                      \
                                           (uint32_t)sizeof(EmendEntry),                           \
                                           EMEND_ABI_MAJOR,                                        \
                                           EMEND_ABI_MINOR,                                        \
                                           0,                                                      \
                                           EMEND_PLATFORM_LP64_LE,                                 \
                                           ID,                                                     \
                                           VERSION,                                                \
                                           OPEN,                                                   \
                                           CLOSE,                                                  \
                                           FACTORY};                                               \
    __attribute__((used, aligned(4), section(".note.emend.plugin"))) static const struct {         \
        uint32_t name_size, desc_size, type;                                                       \
        char name[4];                                                                              \
        EmendNote desc;                                                                            \
    } emend_plugin_note = {4,                                                                      \
                           (uint32_t)sizeof(EmendNote),                                            \
                           EMEND_NOTE_TYPE,                                                        \
                           EMEND_NOTE_NAME,                                                        \
                           {EMEND_ABI_MAJOR, EMEND_ABI_MINOR, 0, EMEND_PLATFORM_LP64_LE, ID}}

#ifdef __cplusplus
}
#endif
#endif
