/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_MARKS_H
#define PLUGIN_GUARD_MARKS_H
/* The checked mode: whether the host makes each call as its mark in the SDK says. */
#include "plugin/guard/guard.h"

/* False with the reason in err where the host must not make this call now. */
bool marks_enter(GuardedCall *call, EmendError *err);
void marks_leave(GuardedCall *call);

#endif
