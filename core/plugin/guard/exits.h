/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_EXITS_H
#define PLUGIN_GUARD_EXITS_H

/* Does not return where the calling thread is in a guarded call. */
void guard_exit_called(int code);

#endif
