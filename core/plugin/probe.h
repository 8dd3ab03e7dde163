/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROBE_H
#define PLUGIN_PROBE_H
/* Tries a plugin's file in a process of its own before it is loaded in ours: constructors, open, a
 * factory for each kind, close. One that crashes, hangs, ends the process or changes what results
 * depend on is quarantined until its file changes.
 */
#include "plugin/probe_verdict.h"

typedef struct ProbeOptions {
    const char *program;        /* emend, which has PROBE_COMMAND; NULL: nothing is probed */
    uint32_t limit_ms;          /* what each of a plugin's calls may take; 0: PROBE_LIMIT_MS */
    uint32_t cpu_seconds;       /* of processor time for all of them; 0: PROBE_CPU_SECONDS */
    const volatile int *cancel; /* NULL: never */
} ProbeOptions;

#define PROBE_LIMIT_MS 5000u
#define PROBE_CPU_SECONDS 5u

typedef struct Prober Prober;

/* options are copied. */
EmendStatus prober_create(const ProbeOptions *options, Prober **out, EmendError *err);
/* NULL is allowed. */
void prober_destroy(Prober *prober);

/* Takes care that there is a verdict on each package, all at once where they are to be tried.
 * Packages are borrowed until prober_destroy. EMEND_CANCELLED is the one failure beside
 * EMEND_EXHAUSTED. */
EmendStatus prober_ask(Prober *prober, const Package *const *packages, size_t n, EmendError *err);
/* The verdict prober_ask found, or NULL. */
const ProbeVerdict *prober_verdict(const Prober *prober, const Package *package);

/* What the cache has on a package, for lists; false where it has nothing. */
bool probe_remembers(const ProbeOptions *options, const Package *package, ProbeVerdict *out);
/* Has the cache forget it. */
void probe_forget(const ProbeOptions *options, const Package *package);

/* Tries the packages in `jobs`, none of whose verdicts is known. */
typedef struct ProbeJob {
    const Package *package;
    ProbeVerdict *verdict; /* out */
} ProbeJob;
EmendStatus probe_run(const ProbeOptions *options, const ProbeJob *jobs, size_t n, EmendError *err);

#endif
