/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_INSTANCE_H
#define OBJECTIVE_INSTANCE_H
/* The life of an algorithm's plugin and of its instances: what is the same in all of them. A plugin
 * with one algorithm says what it is in an AlgorithmType and ends with
 *
 *     static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
 *                                    EmendError *err) {
 *         return algorithm_open(host, &type, dir, out, err);
 *     }
 *     EMEND_DECLARE_PLUGIN("...", "...", plugin_open, algorithm_close, algorithm_factory);
 */
#include "emend/algorithm.h"
#include "emend/plugin.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

typedef struct AlgorithmType {
    const char *name; /* in messages */
    const ProtobufCMessageDescriptor *config;
    const EmendAlgorithm *table;
    size_t self_bytes; /* of an instance, whose first member is an AlgorithmBase */
    /* Makes a zeroed instance with its base filled ready, or refuses its config naming the field.
     */
    EmendStatus (*init)(void *self, EmendError *err);
    /* Frees what init and the calls after it took; also after a failed init. (optional) */
    void (*finish)(void *self);
} AlgorithmType;

typedef struct AlgorithmBase {
    const AlgorithmType *type;
    const EmendHost *host;
    ProtobufCMessage *config; /* of type->config, with the defaults filled in */
} AlgorithmBase;

EmendStatus algorithm_open(const EmendHost *host, const AlgorithmType *type, EmendStr dir,
                           EmendPlugin **out, EmendError *err);
void algorithm_close(EmendPlugin *plugin);
const EmendFactory *algorithm_factory(EmendPlugin *plugin, const char *kind);

/* n > 0 elements of `bytes`, zeroed, or NULL. */
void *algorithm_alloc(const AlgorithmBase *base, uint64_t n, uint64_t bytes);
void algorithm_free(const AlgorithmBase *base, void *block);
/* Tells the user, unless *has_warned; `warning` fits 240 bytes. */
void warn_once(const AlgorithmBase *base, bool *has_warned, const char *warning);

#endif
