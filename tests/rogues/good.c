/* SPDX-License-Identifier: Apache-2.0 */
/* Behaves: takes from the host what there is to take, and tells what it found in its log. */
#include "rogue.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = plugin->host;
    host->log(host, EMEND_LOG_INFO, name);
    if (host->service(host, "emend.no_such_service/1")) {
        return emend_fail(err, EMEND_INTERNAL, "the host has a service that nobody made");
    }
    if (host->thread_role(host) != EMEND_ROLE_CONTROL) {
        return emend_fail(err, EMEND_PRECONDITION, "create was called off the control thread");
    }
    if (host->is_cancelled(host)) {
        return emend_fail(err, EMEND_CANCELLED, "cancelled by the user");
    }
    *instance = host->alloc(host, 1000 + config.len, 64);
    if (!*instance) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the instance");
    }
    *table = &rogue_table;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    plugin->host->free(plugin->host, instance);
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.good", ROGUE_VERSION, rogue_open, rogue_close, factory);
