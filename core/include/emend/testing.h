/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_TESTING_H
#define EMEND_TESTING_H
/* A host for a plugin's own tests. `emend check` tries what every plugin must do; these tests say
 * what this one does. The program is linked with the plugin's objects, so a debugger sees all of
 * it:
 *
 *     EmendTest test;
 *     ck_assert_int_eq(emend_test_create(&test, EMEND_KIND_REWARD, "brief", config), EMEND_OK);
 *     const EmendReward *reward = test.table;
 *     ck_assert_int_eq(reward->score(test.self, samples, 1, &test.err), EMEND_OK);
 *     ck_assert_uint_eq(emend_test_destroy(&test), 0);
 *
 * Nothing here is part of the ABI, or belongs in a plugin.
 */
#include "emend/plugin.h"
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One component and the host it believes in. It must not be moved while it is open. */
typedef struct EmendTest {
    EmendHost host; /* first: the plugin is handed its address */
    uint64_t n_blocks;
    EmendPlugin *plugin;
    const EmendFactory *factory;
    void *self;        /* the component, for the first argument of every call */
    const void *table; /* the kind's: cast it to const EmendReward *, ... */
    EmendError err;    /* over `message`, for every call */
    char message[1024];
} EmendTest;

/* The plugin under test. */
EMEND_EXTERN_DATA const EmendEntry emend_plugin_entry;

static inline void *emend_test_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    EmendTest *test = (EmendTest *)(uintptr_t)host;
    uint64_t unit = align > 16 ? align : 16;
    void *block = aligned_alloc(unit, (size + unit - 1) / unit * unit + (size == 0) * unit);
    if (block) {
        memset(block, 0xA5, size); // what is not set is not 0 by luck
        __atomic_add_fetch(&test->n_blocks, 1, __ATOMIC_RELAXED);
    }
    return block;
}

static inline void emend_test_free(const EmendHost *host, void *block) {
    EmendTest *test = (EmendTest *)(uintptr_t)host;
    if (block) {
        __atomic_sub_fetch(&test->n_blocks, 1, __ATOMIC_RELAXED);
    }
    free(block);
}

static inline void emend_test_log(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    fprintf(stderr, "log %u: %.*s\n", level, (int)message.len, message.ptr);
}

static inline uint32_t emend_test_thread_role(const EmendHost *host) {
    (void)host;
    return EMEND_ROLE_CONTROL;
}

static inline int32_t emend_test_is_cancelled(const EmendHost *host) {
    (void)host;
    return 0;
}

static inline const void *emend_test_service(const EmendHost *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

/* Ends what emend_test_create began; returns how many blocks of the host are left, which must be 0.
 */
static inline uint64_t emend_test_destroy(EmendTest *test) {
    if (test->self) {
        test->factory->destroy(test->plugin, test->self);
    }
    if (test->plugin) {
        emend_plugin_entry.close(test->plugin);
    }
    test->self = NULL;
    test->plugin = NULL;
    return test->n_blocks;
}

/* Opens the plugin and makes a component with the wire bytes of its config; none: the defaults. The
 * status is the plugin's and test->message what it says. Destroy it also where it failed. */
static inline EmendStatus emend_test_create(EmendTest *test, const char *kind, const char *name,
                                            EmendBytes config) {
    memset(test, 0, sizeof *test);
    test->err = emend_error_on(test->message, (uint32_t)sizeof test->message);
    test->host.struct_size = (uint32_t)sizeof test->host;
    test->host.abi_major = EMEND_ABI_MAJOR;
    test->host.abi_minor = EMEND_ABI_MINOR;
    test->host.name = "emend/testing.h";
    test->host.version = "1";
    test->host.alloc = emend_test_alloc;
    test->host.free = emend_test_free;
    test->host.log = emend_test_log;
    test->host.thread_role = emend_test_thread_role;
    test->host.is_cancelled = emend_test_is_cancelled;
    test->host.service = emend_test_service;
    EmendStatus status =
        emend_plugin_entry.open(&test->host, emend_str("."), &test->plugin, &test->err);
    if (status != EMEND_OK) {
        return status;
    }
    test->factory = emend_plugin_entry.factory(test->plugin, kind);
    if (!test->factory) {
        return emend_fail(&test->err, EMEND_NOT_FOUND, "the plugin has no %s", kind);
    }
    return test->factory->create(test->plugin, emend_str(name), config, &test->self, &test->table,
                                 &test->err);
}

/* A sink that keeps what is put, as text by field (0 to 7); what one field is put several times is
 * joined by newlines. */
typedef struct EmendTestSink {
    EmendSink sink;
    uint32_t n_puts[8];
    char text[8][1024];
} EmendTestSink;

static inline int32_t emend_test_put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    EmendTestSink *sink = (EmendTestSink *)ctx;
    if (field >= 8) {
        return EMEND_OUT_OF_RANGE;
    }
    size_t at = strlen(sink->text[field]);
    if (len + 2 > sizeof sink->text[field] - at) {
        return EMEND_EXHAUSTED;
    }
    if (sink->n_puts[field]++ > 0) {
        sink->text[field][at++] = '\n';
    }
    if (len > 0) {
        memcpy(sink->text[field] + at, data, len);
    }
    sink->text[field][at + len] = '\0';
    return EMEND_OK;
}

/* Empties it, and gives what a plugin is handed. */
static inline const EmendSink *emend_test_sink(EmendTestSink *sink) {
    memset(sink, 0, sizeof *sink);
    sink->sink.struct_size = (uint32_t)sizeof sink->sink;
    sink->sink.ctx = sink;
    sink->sink.put = emend_test_put;
    return &sink->sink;
}

#ifdef __cplusplus
}
#endif
#endif
