/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard/marks.h"
#include "emend/plugin.h"
#include "plugin/loader.h"

static atomic_bool is_checking;

void guard_check_marks(bool is_checked) {
    atomic_store(&is_checking, is_checked);
}

static bool misbehaves(const GuardedCall *call, EmendError *err, const char *how) {
    emend_fail(err, EMEND_INTERNAL,
               "host misbehaving: %s of %s \"%s\" %s; that is a defect of Emend, please report it",
               call->operation, call->who->kind, call->who->name, how);
    return false;
}

static bool enter_control(GuardedCall *call, EmendError *err) {
    if (plugin_thread_role() != EMEND_ROLE_CONTROL) {
        return misbehaves(call, err, "is a [control] call, made by another thread");
    }
    if (atomic_fetch_add(&call->who->plugin->n_control, 1) > 0) {
        atomic_fetch_sub(&call->who->plugin->n_control, 1);
        return misbehaves(call, err, "is made during another [control] call");
    }
    return true;
}

static bool enter_worker(GuardedCall *call, EmendError *err) {
    Guarded *who = call->who;
    if (plugin_thread_role() == EMEND_ROLE_UNKNOWN) {
        return misbehaves(call, err, "is a [worker] call, made by a thread without a role");
    }
    int of_instance = atomic_fetch_add(&who->n_worker, 1);
    int of_plugin = atomic_fetch_add(&who->plugin->n_worker, 1);
    bool is_too_many = (who->concurrency == EMEND_CONCURRENCY_SERIAL_INSTANCE && of_instance > 0) ||
                       (who->concurrency == EMEND_CONCURRENCY_SERIAL_PLUGIN && of_plugin > 0);
    if (is_too_many) {
        atomic_fetch_sub(&who->n_worker, 1);
        atomic_fetch_sub(&who->plugin->n_worker, 1);
        return misbehaves(call, err, "overlaps another, which its concurrency forbids");
    }
    return true;
}

bool marks_enter(GuardedCall *call, EmendError *err) {
    if (!atomic_load_explicit(&is_checking, memory_order_relaxed)) {
        call->mark = GUARD_ANY; // nothing to leave
    }
    switch (call->mark) {
    case GUARD_CONTROL:
        return enter_control(call, err);
    case GUARD_WORKER:
        return enter_worker(call, err);
    default:
        return true;
    }
}

void marks_leave(GuardedCall *call) {
    if (call->mark == GUARD_CONTROL) {
        atomic_fetch_sub(&call->who->plugin->n_control, 1);
    } else if (call->mark == GUARD_WORKER) {
        atomic_fetch_sub(&call->who->n_worker, 1);
        atomic_fetch_sub(&call->who->plugin->n_worker, 1);
    }
}
