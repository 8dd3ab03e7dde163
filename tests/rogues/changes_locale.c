/* SPDX-License-Identifier: Apache-2.0 */
/* Takes over the user's locale. */
#include "rogue.h"
#include <locale.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    setlocale(LC_ALL, "");
    return rogue_open(host, dir, out, err);
}

EMEND_DECLARE_PLUGIN("test.rogues.changes_locale", ROGUE_VERSION, open_plugin, rogue_close,
                     rogue_factory);
