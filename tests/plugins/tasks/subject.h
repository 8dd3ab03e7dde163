/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUBJECT_H
#define TESTS_SUBJECT_H
/* A built plugin under test, opened as a host would open it, and what its calls put out. */
#include "emend/plugin.h"
#include "emend/task.h"

/* A host that counts its blocks, and can run out of them. */
typedef struct FakeHost {
    EmendHost host;
    int64_t n_live; /* blocks not freed yet */
    int64_t n_left; /* allocations until alloc fails; negative: never */
} FakeHost;

typedef struct Subject {
    FakeHost host;
    const EmendEntry *entry;
    EmendPlugin *plugin;
    const EmendFactory *factory;
    void *self;
    const void *table;
    char message[1024];
    EmendError err;
} Subject;

/* Opens the plugin `id` (its library `name`.so) for a kind; fails the test where it cannot. */
void subject_open(Subject *subject, const char *id, const char *name, const char *kind);
/* Destroys the instance there is and creates one from a config's wire bytes. */
EmendStatus subject_create(Subject *subject, const void *config, size_t n_bytes);
/* Destroys, closes, and fails the test where a block is left. */
void subject_close(Subject *subject);

/* Everything that was put, each with its field; texts are NUL-terminated. Zero-initialise. */
typedef struct Puts {
    struct {
        uint32_t field;
        size_t len;
        char *text;
    } items[16];
    int n;
} Puts;

EmendSink puts_sink(Puts *puts);
/* The first text under a field; NULL where there is none. */
const char *puts_text(const Puts *puts, uint32_t field);
void puts_clear(Puts *puts);

#endif
