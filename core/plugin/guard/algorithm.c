/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/algorithm.h"
#include "plugin/guard/tables.h"

static const EmendAlgorithm *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_plan(void *self, uint64_t step, EmendPlan *plan, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "plan", err, theirs(who)->plan(who->self, step, plan, err));
}

static EmendStatus guarded_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                      const EmendMetrics *metrics, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "advantages", err,
                 theirs(who)->advantages(who->self, episodes, totals, metrics, err));
}

static EmendStatus guarded_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                        const EmendMetrics *metrics, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "coefficients", err,
                 theirs(who)->coefficients(who->self, terms, totals, metrics, err));
}

static EmendStatus guarded_save(void *self, const EmendSink *state, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "save", err, theirs(who)->save(who->self, state, err));
}

static EmendStatus guarded_restore(void *self, EmendBytes state, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "restore", err, theirs(who)->restore(who->self, state, err));
}

static EmendStatus guarded_compose(void *self, EmendSpan episodes, uint64_t seed,
                                   const EmendSink *composed, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "compose", err,
                 theirs(who)->compose(who->self, episodes, seed, composed, err));
}

const EmendAlgorithm guarded_algorithm = {
    .struct_size = sizeof(EmendAlgorithm),
    .plan = guarded_plan,
    .advantages = guarded_advantages,
    .coefficients = guarded_coefficients,
    .save = guarded_save,
    .restore = guarded_restore,
    .compose = guarded_compose,
};
