/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_SUBJECT_H
#define CHECK_SUBJECT_H
/* The plugin under test, loaded as a host would load it, over a host table that counts, refuses and
 * listens. */
#include "check/kit.h"
#include <stdatomic.h>

typedef struct SubjectOptions {
    uint32_t host_size; /* struct_size of the host table handed in; 0: all of it */
    long
        n_until_no_memory; /* the n-th alloc from now on, and all later ones, find none; 0: never */
    bool has_no_services;
    const volatile int *cancel; /* what is_cancelled says; NULL: never */
} SubjectOptions;

typedef struct Subject {
    EmendHost host; /* first */
    Kit *kit;
    SubjectOptions options;
    atomic_long n_blocks, n_allocs; /* live; ever */
    atomic_long n_logged;

    EmendEntry entry; /* zero-extended copy */
    EmendPlugin *plugin;
    const EmendFactory *factory; /* of the kit's component; zero-extended copy */
    void *self;                  /* the instance */
    const void *table;           /* zero-extended copy of its table: const EmendBackend *, ... */
    void *owned_factory, *owned_table;

    char message[4096];
    EmendError err; /* over message, for every call: subject_err() clears it */
} Subject;

/* dlopen and entry, no more. False: the kit has been told why. */
bool subject_load(Kit *kit, const SubjectOptions *options, Subject *out);
/* subject_load, then open() and the factory of the kit's component. */
bool subject_open(Kit *kit, const SubjectOptions *options, Subject *out);
/* subject_open, then create() with the kit's config. */
bool subject_create(Kit *kit, const SubjectOptions *options, Subject *out);
/* create() of another instance beside. EMEND_OK or the plugin's status, message in subject->err;
 * the kit is told only of what no plugin may do (a NULL table, a failure without a message). */
EmendStatus subject_instance(Subject *subject, EmendBytes config, void **self, const void **table);
/* Undoes whatever was done; tells the kit of blocks left behind. A zeroed subject is allowed. */
void subject_close(Subject *subject);

/* The error to hand to a call, cleared. */
EmendError *subject_err(Subject *subject);
/* Whether the call went well; if not, the kit is told `operation` failed with its message, and
 * that it must succeed here. */
bool subject_ok(Subject *subject, const char *operation, EmendStatus status);
/* Whether the call failed as it must: a status other than EMEND_OK and a well-formed message (not
 * empty, valid UTF-8, NUL-terminated, one line, code equal to the status). Else the kit is told. */
bool subject_refused(Subject *subject, const char *operation, EmendStatus status);

#endif
