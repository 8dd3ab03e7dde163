/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_SUBJECT_H
#define CHECK_SUBJECT_H
/* The plugin under test, loaded as a host would load it, over a host table that counts, refuses and
 * listens. The table cannot be written to and ends where a page ends: reading past its struct_size
 * is a crash. */
#include "check/kit.h"
#include <pthread.h>
#include <stdatomic.h>

typedef struct SubjectOptions {
    /* struct_size of the host table handed in; 0: that of this revision. What is above that is
     * poison, as if of a newer host. */
    uint32_t host_size;
    /* The n-th alloc from now on finds no memory, and all later ones; 0: never. */
    long n_until_no_memory;
    bool fails_once;            /* the n-th alone, no later one */
    const volatile int *cancel; /* what is_cancelled says; NULL: never */
} SubjectOptions;

struct SubjectBlock;
struct SubjectTable;
struct SubjectFunctions;

typedef struct Subject {
    const EmendHost *host; /* what the plugin was handed */
    Kit *kit;
    SubjectOptions options;
    atomic_long n_blocks, n_allocs; /* live; ever */
    atomic_long n_logged;
    pthread_mutex_t mutex; /* over the blocks */
    struct SubjectBlock *blocks;
    struct SubjectTable *tables;        /* copies that were made, to be freed */
    struct SubjectFunctions *functions; /* where the component is a plain function */

    EmendEntry entry; /* zero-extended copy */
    bool is_open;
    EmendPlugin *plugin;
    const EmendFactory *factory; /* of the kit's component; zero-extended copy */
    bool is_made;
    void *self;        /* the instance */
    const void *table; /* zero-extended copy of its table: const EmendBackend *, ... */

    char message[4096];
    EmendError err; /* over message, for every call: subject_err() clears it */
} Subject;

/* dlopen and entry, no more. False: the kit has been told why. */
bool subject_load(Kit *kit, const SubjectOptions *options, Subject *out);
/* subject_load, then open() and the factory of the kit's component. */
bool subject_open(Kit *kit, const SubjectOptions *options, Subject *out);
/* subject_open, then create() with the kit's config. A component that refuses its defaults and has
 * no golden example, or that the machine lacks something for, makes the test skipped. */
bool subject_create(Kit *kit, const SubjectOptions *options, Subject *out);
/* The same, for a plugin that may fail: the status of the first call that did, its message in
 * out->err. The kit is told only of what no plugin may do. Call subject_close() in any case. */
EmendStatus subject_try(Kit *kit, const SubjectOptions *options, Subject *out);
/* create() of another instance beside. EMEND_OK or the plugin's status, message in subject->err;
 * the kit is told only of what no plugin may do (a NULL table, a failure without a message). */
EmendStatus subject_instance(Subject *subject, EmendBytes config, void **self, const void **table);
void subject_destroy_instance(Subject *subject, void *self);
/* Undoes whatever was done; tells the kit of blocks left behind. A zeroed subject is allowed. */
void subject_close(Subject *subject);

/* Sets the calling thread's role, EMEND_ROLE_*, which the host's thread_role reports. That of the
 * thread a test runs on is CONTROL. */
void subject_role_set(uint32_t role);

/* The error to hand to a call, cleared. */
EmendError *subject_err(Subject *subject);
/* Whether the call went well; if not, the kit is told `operation` failed with its message, and
 * that it must succeed here. */
bool subject_ok(Subject *subject, const char *operation, EmendStatus status);
/* Whether the call failed as it must: a status other than EMEND_OK and a well-formed message (not
 * empty, valid UTF-8, NUL-terminated, one line, code equal to the status). Else the kit is told. */
bool subject_refused(Subject *subject, const char *operation, EmendStatus status);

/* Calls that a plugin must come through whatever allocation fails. Returns the status of the first
 * that failed, its message in subject->err; EMEND_OK where all went well. */
typedef EmendStatus (*SubjectWorkload)(Subject *subject, void *ctx);
/* Makes the component, does the workload (may be NULL) and closes, again and again: with the n-th
 * of the host's allocations failing, alone and with all later ones, for n from 1 until none fails.
 * Each failure must be EMEND_EXHAUSTED, or tell of memory in its message, and nothing may be left
 * behind. */
void subject_each_allocation(Kit *kit, const SubjectOptions *options, SubjectWorkload workload,
                             void *ctx);

#endif
