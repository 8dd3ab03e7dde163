/* SPDX-License-Identifier: Apache-2.0 */
/* Wants all calls on the thread that opened it. */
#include "rogue_reward.h"
#include <pthread.h>

static pthread_t home;

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    home = pthread_self();
    return rogue_open(host, dir, out, err);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (!pthread_equal(pthread_self(), home)) {
        return emend_fail(err, EMEND_PRECONDITION, "it was called on another thread");
    }
    return upright_create(plugin, name, config, instance, table, err);
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.one_thread", ROGUE_VERSION, open_plugin, rogue_close, factory);
