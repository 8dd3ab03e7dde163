/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROBE_VERDICT_H
#define PLUGIN_PROBE_VERDICT_H
/* What a plugin's file did in a process of its own, and where that is kept until the file changes:
 * $XDG_CACHE_HOME/emend/probe, else ~/.cache/emend/probe, one file a library. The cache is a help,
 * no more: where it cannot be read or written, plugins are probed again.
 */
#include "plugin/catalog.h"
#include <limits.h>
#include <stdbool.h>

typedef enum ProbeState {
    PROBED_UNKNOWN, /* it could not be tried: reason says why */
    PROBED_GOOD,
    PROBED_BAD /* reason says what it did */
} ProbeState;

typedef struct ProbeVerdict {
    ProbeState state;
    bool is_kept;        /* in the cache, or to be put there; false: it may differ the next time */
    bool is_from_cache;  /* not of this process */
    int signal;          /* that ended it, or 0 */
    int64_t time;        /* when, in seconds since 1970 */
    char reason[1024];   /* one line */
    char warnings[2048]; /* lines: what it must not do and did, of no consequence for results */
    char said[1024];     /* the last lines it wrote to standard error */
} ProbeVerdict;

/* All that a verdict depends on, as a line of text. */
typedef struct ProbeKey {
    char library[PATH_MAX];
    char text[2 * PATH_MAX];
} ProbeKey;

/* program: what probes. False where the library cannot be found. */
bool probe_key(const Package *package, const char *program, ProbeKey *out);
/* False where the cache has none for this key. */
bool probe_verdict_load(const ProbeKey *key, ProbeVerdict *out);
void probe_verdict_store(const ProbeKey *key, const ProbeVerdict *verdict);
void probe_verdict_drop(const ProbeKey *key);
/* "2026-08-12 14:03 UTC" */
void probe_verdict_date(const ProbeVerdict *verdict, char text[32]);

#endif
