/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_REFERENCE_LOADED_H
#define CPU_REFERENCE_LOADED_H
/* A built backend, loaded as a host would load it and reached through its tables alone: the one
 * whose package and name this library was compiled with, LOADED_PACKAGE and LOADED_NAME. */
#include "emend/backend.h"
#include "emend/plugin.h"
#include <stdatomic.h>
#include <stdbool.h>

typedef struct Loaded {
    EmendHost host;
    const EmendEntry *entry;
    EmendPlugin *plugin;
    const EmendFactory *factory;
    void *self;
    const EmendBackend *backend;
    const EmendBackendGradients *gradients;
    atomic_long n_blocks; /* of the host's alloc, not yet freed */
    atomic_long
        n_until_out; /* when set: the n-th alloc from here, and all after it, find no memory */
    char message[1024];
    EmendError err; /* over message, for every call */
} Loaded;

/* Whether it is the cpu backend, whose own promises are tested too: threads, shards. */
bool loaded_is_cpu(void);
/* The cpu backend's config, threads and chunk_rows; none for a backend that has neither. */
EmendBytes loaded_config(EmendBytes config);

/* Opens the plugin with a config in wire bytes; none: its defaults. A failure is a failed test. */
Loaded *loaded_open(EmendBytes config);
/* Closes it; a block of the host's that is left is a failed test. */
void loaded_close(Loaded *loaded);

/* A fresh model; flags: EMEND_MODEL_FROZEN or 0. */
EmendModel *loaded_model(Loaded *loaded, const EmendModelConfig *config, uint32_t flags,
                         uint64_t seed);
/* A model from a folder; NULL where it is refused, with the reason in loaded->err. */
EmendModel *loaded_folder(Loaded *loaded, const char *dir, uint32_t flags);
/* The i-th tensor; 0 past the last. */
int loaded_tensor(Loaded *loaded, EmendModel *model, uint64_t i, const char **name, float **values,
                  float **gradient, uint64_t *n);

#endif
