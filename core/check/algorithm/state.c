/* SPDX-License-Identifier: Apache-2.0 */
/* What an algorithm carries from step to step. */
#include "check/algorithm/step.h"
#include "check/algorithm/tests.h"
#include "check/guard.h"
#include <stdlib.h>
#include <string.h>

enum { N_STEPS = 3, STATE_MAX = 1 << 20 };

/* Runs steps [begin, end); the last one's result. */
static bool run_steps(Kit *kit, Instance *learner, uint64_t begin, uint64_t end, StepResult *out) {
    for (uint64_t number = begin; number < end; number++) {
        Step step;
        if (!step_init(kit, learner, number, 0, &step) || !step_run(&step, learner, out)) {
            return false;
        }
    }
    return true;
}

static void check_instances(Instance *learner) {
    Kit *kit = learner->kit;
    StepResult first, second;
    Instance other;
    if (!instance_twin(learner, &other)) {
        return;
    }
    if (run_steps(kit, learner, 0, N_STEPS, &first) &&
        run_steps(kit, &other, 0, N_STEPS, &second) && memcmp(&first, &second, sizeof first) != 0) {
        kit_fail(kit, "keep all state in the instance, and draw nothing at random",
                 "two instances of one config come to different coefficients in %d equal steps; "
                 "they must come to the same bits",
                 N_STEPS);
    }
    instance_drop(&other);
}

void algorithm_test_instances(Kit *kit) {
    instance_each(kit, check_instances);
}

/* ---- save and restore ------------------------------------------------------------------------ */

typedef struct Saved {
    uint8_t *bytes;
    uint64_t len;
    int n_puts;
} Saved;

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Saved *saved = ctx;
    if (field != 0 || saved->n_puts++ > 0 || len > STATE_MAX) {
        return EMEND_INVALID_ARGUMENT;
    }
    saved->bytes = malloc(len + 1);
    if (!saved->bytes) {
        return EMEND_EXHAUSTED;
    }
    memcpy(saved->bytes, data, len);
    saved->len = len;
    return EMEND_OK;
}

static EmendStatus save(Instance *learner, Saved *out) {
    const EmendSink sink = {.struct_size = sizeof sink, .ctx = out, .put = put};
    *out = (Saved){0};
    kit_enter(learner->subject->kit, "save");
    return algorithm_of(learner)->save(learner->self, &sink, instance_err(learner));
}

static EmendStatus restore(Kit *kit, Instance *learner, const uint8_t *bytes, uint64_t len) {
    const EmendBytes state = {guard_input(kit, "state", bytes, len), len};
    kit_enter(kit, "restore");
    return algorithm_of(learner)->restore(learner->self, state, instance_err(learner));
}

/* Without `save` nothing may outlive a step: the next comes out as if it were the first. */
static void check_stateless(Kit *kit, Instance *learner, Instance *fresh) {
    StepResult first, second;
    if (run_steps(kit, learner, 0, N_STEPS, &first) &&
        run_steps(kit, fresh, N_STEPS - 1, N_STEPS, &second) &&
        memcmp(&first, &second, sizeof first) != 0) {
        kit_fail(kit, "set `save` and `restore` where anything outlives a step",
                 "it has no `save`, and step %d comes out another after the steps before it than "
                 "alone; a resumed run would go on to other bits",
                 N_STEPS);
    }
}

static void check_resumed(Kit *kit, Instance *learner, Instance *fresh) {
    StepResult first, second;
    Saved saved = {0}, again = {0};
    if (!algorithm_of(learner)->restore) {
        kit_fail(kit, "set `restore` where `save` is set", "it has a `save` and no `restore`");
    }
    if (!kit_is_over(kit) && run_steps(kit, learner, 0, N_STEPS - 1, &first) &&
        instance_ok(learner, "save", save(learner, &saved)) &&
        instance_ok(fresh, "restore", restore(kit, fresh, saved.bytes, saved.len)) &&
        instance_ok(fresh, "save", save(fresh, &again))) {
        if (saved.len != again.len || memcmp(saved.bytes, again.bytes, saved.len) != 0) {
            kit_fail(kit, "put the same bytes for the same state",
                     "what was restored is saved as %llu other bytes; it must be the %llu it came "
                     "from",
                     (unsigned long long)again.len, (unsigned long long)saved.len);
        } else if (run_steps(kit, learner, N_STEPS - 1, N_STEPS, &first) &&
                   run_steps(kit, fresh, N_STEPS - 1, N_STEPS, &second) &&
                   memcmp(&first, &second, sizeof first) != 0) {
            kit_fail(kit, "put in `save` all that later steps depend on, and take all of it back",
                     "step %d comes out another after a save and a restore; it must be the same "
                     "bits as without a stop",
                     N_STEPS);
        }
    }
    free(saved.bytes);
    free(again.bytes);
}

static void check_state(Instance *learner) {
    Kit *kit = learner->kit;
    Instance fresh;
    if (instance_twin(learner, &fresh)) {
        (algorithm_of(learner)->save ? check_resumed : check_stateless)(kit, learner, &fresh);
        instance_drop(&fresh);
    }
}

void algorithm_test_state(Kit *kit) {
    instance_each(kit, check_state);
}

/* A damaged state is refused in words, or taken; after either the algorithm works. */
static void try_state(Kit *kit, Instance *learner, const uint8_t *bytes, uint64_t len) {
    StepResult result;
    EmendStatus status = restore(kit, learner, bytes, len);
    if (status != EMEND_OK) {
        subject_refused(learner->subject, "restore of a damaged state", status);
    }
    if (!kit_is_over(kit)) {
        run_steps(kit, learner, 0, 1, &result);
    }
}

static void check_damaged(Instance *learner) {
    Kit *kit = learner->kit;
    StepResult result;
    Saved saved = {0};
    if (!algorithm_of(learner)->save || !algorithm_of(learner)->restore) {
        kit_skip(kit, "it has no state to save");
        return;
    }
    if (run_steps(kit, learner, 0, 2, &result) &&
        instance_ok(learner, "save", save(learner, &saved))) {
        for (uint64_t len = 0; len < saved.len && !kit_is_over(kit); len += 1 + len / 8) {
            try_state(kit, learner, saved.bytes, len);
        }
        for (uint64_t i = 0; i < saved.len && i < 64 && !kit_is_over(kit); i++) {
            saved.bytes[i] ^= 0xFF;
            try_state(kit, learner, saved.bytes, saved.len);
            saved.bytes[i] ^= 0xFF;
        }
    }
    free(saved.bytes);
}

void algorithm_test_damaged_state(Kit *kit) {
    instance_each(kit, check_damaged);
}

/* ---- composing ------------------------------------------------------------------------------ */

/* The same episodes and seed compose the same, in structs of either size. */
static void check_compose(Instance *learner) {
    enum { EXTRA = 40 };
    Kit *kit = learner->kit;
    Step plain, newer;
    StepComposed first, again, other;
    if (!EMEND_HAS(EmendAlgorithm, algorithm_of(learner), compose)) {
        kit_skip(kit, "it learns from every episode as it was sampled");
        return;
    }
    if (!instance_ok(learner, "plan", step_sample(kit, learner, 0, 0, &plain)) ||
        !instance_ok(learner, "plan", step_sample(kit, learner, 0, EXTRA, &newer)) ||
        !instance_ok(learner, "compose", step_compose(&plain, learner, 5, &first)) ||
        !instance_ok(learner, "compose", step_compose(&plain, learner, 5, &again)) ||
        !instance_ok(learner, "compose", step_compose(&newer, learner, 5, &other)) ||
        kit_is_over(kit)) {
        return;
    }
    if (memcmp(&first, &again, sizeof first) != 0) {
        kit_fail(kit, "draw at random from `seed` alone",
                 "the same episodes and seed are composed otherwise the second time");
    } else if (memcmp(&first, &other, sizeof first) != 0) {
        kit_fail(kit, "walk episodes and turns with emend_span_at, never with p[i]",
                 "episodes of a newer host are composed otherwise; they must be alike");
    } else if (first.n_episodes == 0) {
        kit_warn(kit, "it composes no episode of the eight that the kit has");
    }
}

void algorithm_test_compose(Kit *kit) {
    instance_each(kit, check_compose);
}

/* ---- memory --------------------------------------------------------------------------------- */

static EmendStatus work(Subject *subject, void *ctx) {
    Saved saved = {0};
    Step step;
    Instance learner = {
        .subject = subject, .kit = subject->kit, .self = subject->self, .table = subject->table};
    (void)ctx;
    EmendStatus status = step_try(subject->kit, &learner, 0, 0, &step);
    if (status != EMEND_OK || kit_is_over(subject->kit)) {
        return status;
    }
    status = step_advantages(&step, &learner, NULL);
    if (status == EMEND_OK) {
        status = step_coefficients(&step, &learner, 0, step.n_episodes, NULL);
    }
    if (status == EMEND_OK && algorithm_of(&learner)->save && algorithm_of(&learner)->restore) {
        status = save(&learner, &saved);
        if (status == EMEND_OK) {
            status = restore(subject->kit, &learner, saved.bytes, saved.len);
        }
    }
    free(saved.bytes);
    return status;
}

void algorithm_test_memory(Kit *kit) {
    subject_each_allocation(kit, NULL, work, NULL);
}
