/* SPDX-License-Identifier: Apache-2.0 */
/* Throws out of a call. */
#include "emend/plugin.h"
#include "emend/reward.h"
#include <stdexcept>

static EmendStatus open_plugin(const EmendHost *, EmendStr, EmendPlugin **, EmendError *) {
    throw std::runtime_error("no model is loaded");
}

static void close_plugin(EmendPlugin *) {
}

static const EmendFactory *factory(EmendPlugin *, const char *) {
    return nullptr;
}

EMEND_DECLARE_PLUGIN("test.rogues.throws", "0.1.0", open_plugin, close_plugin, factory);
