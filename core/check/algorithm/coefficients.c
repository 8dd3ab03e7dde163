/* SPDX-License-Identifier: Apache-2.0 */
/* What an algorithm makes of one step: its plan, advantages, and coefficients against its loss. */
#include "check/algorithm/step.h"
#include "check/algorithm/tests.h"
#include <math.h>
#include <string.h>

static const char *const number_names[STEP_NUMBERS] = {"log-prob", "entropy", "KL"};

/* ---- the plan ------------------------------------------------------------------------------- */

static void check_plan(Instance *learner) {
    Kit *kit = learner->kit;
    enum { N_STEPS = 4, MOST_UPDATES = 10000 };
    const uint32_t known_needs = EMEND_NEED_ENTROPY | EMEND_NEED_KL | EMEND_NEED_REFERENCE;
    for (uint64_t number = 0; number < N_STEPS && !kit_is_over(kit); number++) {
        EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1};
        kit_enter(kit, "plan");
        EmendStatus status =
            algorithm_of(learner)->plan(learner->self, number, &plan, instance_err(learner));
        if (!instance_ok(learner, "plan", status)) {
            return;
        }
        if (plan.struct_size != sizeof plan) {
            kit_fail(kit, "leave struct_size to the host",
                     "plan makes struct_size %u; it must stay %zu", plan.struct_size, sizeof plan);
        } else if (plan.episodes > EMEND_EPISODES_DEMONSTRATION) {
            kit_fail(kit, "plan EMEND_EPISODES_ROLLOUT or EMEND_EPISODES_DEMONSTRATION",
                     "plan of step %llu asks for episodes of sort %u; there are 0 and 1",
                     (unsigned long long)number, plan.episodes);
        } else if (plan.needs & ~known_needs) {
            kit_fail(kit, "set the bits EMEND_NEED_* and no other",
                     "plan of step %llu needs 0x%x; only 0x%x are known",
                     (unsigned long long)number, plan.needs, known_needs);
        } else if (plan.n_updates < 1 || plan.n_updates > MOST_UPDATES) {
            kit_fail(kit, "plan one update or more for each step",
                     "plan of step %llu makes %u updates; it must make 1 to %d",
                     (unsigned long long)number, plan.n_updates, MOST_UPDATES);
        }
    }
}

void algorithm_test_plan(Kit *kit) {
    instance_each(kit, check_plan);
}

/* ---- advantages ----------------------------------------------------------------------------- */

static void check_advantages(Instance *learner) {
    Kit *kit = learner->kit;
    Step step;
    EmendTurn before[STEP_EPISODES][STEP_TURNS];
    if (!step_init(kit, learner, 0, 0, &step)) {
        return;
    }
    for (int e = 0; e < step.n_episodes; e++) {
        for (int t = 0; t < step.n_turns[e]; t++) {
            before[e][t] = *step_turn(&step, e, t);
        }
    }
    if (!instance_ok(learner, "advantages", step_advantages(&step, learner, NULL))) {
        return;
    }
    for (int e = 0; e < step.n_episodes; e++) {
        for (int t = 0; t < step.n_turns[e] && !kit_is_over(kit); t++) {
            const EmendTurn *turn = step_turn(&step, e, t);
            before[e][t].advantage = turn->advantage;
            if (!isfinite(turn->advantage)) {
                kit_fail(kit, "set the advantage of every turn, 0 where it takes no part",
                         "the advantage of turn %d of episode %d is %g; it must be set and finite",
                         t + 1, e, turn->advantage);
            } else if (memcmp(&before[e][t], turn, sizeof *turn) != 0) {
                kit_fail(kit, "write to EmendTurn.advantage alone",
                         "turn %d of episode %d has another state, reward or span after "
                         "`advantages`; only its advantage may change",
                         t + 1, e);
            }
        }
    }
}

void algorithm_test_advantages(Kit *kit) {
    instance_each(kit, check_advantages);
}

/* ---- the loss ------------------------------------------------------------------------------- */

/* L at the step's numbers; false where the kit was told. */
static bool loss_of(Step *step, Instance *learner, double *out) {
    StepLoss loss = {0};
    const EmendMetrics metrics = step_loss_metrics(&loss);
    EmendStatus status = step_coefficients(step, learner, 0, step->n_episodes, &metrics);
    if (!instance_ok(learner, "coefficients", status)) {
        return false;
    }
    if (loss.weight == 0) {
        kit_skip(step->kit,
                 "it reports no metric " EMEND_METRIC_LOSS
                 ", so there is no loss to hold its coefficients to; report sum and weight of L");
        return false;
    }
    *out = loss.sum / loss.weight;
    return true;
}

static float largest(const StepResult *result) {
    float most = 0.0f;
    const float *all = &result->coefficients[0][0][0];
    for (size_t i = 0; i < sizeof result->coefficients / sizeof *all; i++) {
        most = fmaxf(most, fabsf(all[i]));
    }
    return most;
}

/* Slopes of L along one number: to the right, to the left, and between the two. */
typedef struct Slopes {
    double right, left, between;
} Slopes;

/* By differences of what a float can hold. */
static bool slopes_of(Step *step, Instance *learner, double loss, float *number, Slopes *out) {
    const float kept = *number, reach = 1.0f / 2048;
    double losses[2] = {0}, at[2] = {0};
    bool is_known = true;
    for (int side = 0; side < 2 && is_known; side++) {
        *number = kept + (side == 0 ? reach : -reach);
        at[side] = (double)*number;
        is_known = loss_of(step, learner, &losses[side]);
    }
    *number = kept;
    *out = (Slopes){.right = (losses[0] - loss) / (at[0] - (double)kept),
                    .left = (loss - losses[1]) / ((double)kept - at[1]),
                    .between = (losses[0] - losses[1]) / (at[0] - at[1])};
    return is_known;
}

/* Where a loss has a kink within reach, a clip's say, the slope of one side is right. */
static bool is_slope(const Slopes *slopes, double found, double tolerance) {
    return fabs(found - slopes->between) <= tolerance || fabs(found - slopes->left) <= tolerance ||
           fabs(found - slopes->right) <= tolerance;
}

static void check_loss(Instance *learner) {
    Kit *kit = learner->kit;
    enum { PARTS = 1000 };
    Step step;
    StepResult result;
    if (!step_init(kit, learner, 0, 0, &step)) {
        return;
    }
    if (step.n_episodes == 0) {
        kit_skip(kit, "it composes no episode of those that the kit has");
        return;
    }
    if (step.plan.episodes == EMEND_EPISODES_ROLLOUT && !step.is_composed) {
        // One turn without a reward; its KL and entropy still count.
        step_turn(&step, 1, 0)->state = EMEND_TURN_UNREWARDED;
        step_turn(&step, 1, 0)->reward = 0;
    }
    if (!step_run(&step, learner, &result)) {
        return;
    }
    double loss = 0.0, tolerance = (double)largest(&result) / PARTS + 1e-9;
    if (!loss_of(&step, learner, &loss)) {
        return;
    }
    for (int i = 0; i < STEP_NUMBERS * STEP_EPISODES * STEP_FLOATS && !kit_is_over(kit); i++) {
        int number = i / (STEP_EPISODES * STEP_FLOATS), e = i / STEP_FLOATS % STEP_EPISODES;
        uint64_t k = (uint64_t)(i % STEP_FLOATS);
        Slopes slopes;
        if (!step.numbers[number][e] || k >= step.n_tokens[e]) {
            continue;
        }
        double found = (double)result.coefficients[number][e][k];
        if (slopes_of(&step, learner, loss, &step.numbers[number][e][k], &slopes) &&
            !is_slope(&slopes, found, tolerance)) {
            kit_fail(
                kit,
                "the coefficients are the derivatives of the loss that is reported, with "
                "advantages held fixed; mend whichever of the two is not what you meant",
                "the coefficient of the %s of token %llu of episode %d is %.9g; by differences "
                "of " EMEND_METRIC_LOSS " it must be %.9g within %.2g",
                number_names[number], (unsigned long long)k, e, found, slopes.between, tolerance);
        }
    }
}

void algorithm_test_loss(Kit *kit) {
    instance_each(kit, check_loss);
}

/* ---- extremes ------------------------------------------------------------------------------- */

typedef struct Extreme {
    const char *what;
    double reward;
    float log_prob, entropy, kl;
} Extreme;

static bool is_finite_result(const StepResult *result) {
    const float *all = &result->coefficients[0][0][0];
    for (size_t i = 0; i < sizeof result->coefficients / sizeof *all; i++) {
        if (!isfinite(all[i])) {
            return false;
        }
    }
    return true;
}

static void check_extreme(Kit *kit, Instance *learner, const Extreme *extreme) {
    Step step;
    if (!step_init(kit, learner, 0, 0, &step)) {
        return;
    }
    for (int e = 0; e < step.n_episodes; e++) {
        const float values[STEP_NUMBERS] = {extreme->log_prob, extreme->entropy, extreme->kl};
        for (int i = 0; i < STEP_NUMBERS; i++) {
            for (uint64_t k = 0; step.numbers[i][e] && k < step.n_tokens[e]; k++) {
                step.numbers[i][e][k] = k % 2 == 0 ? values[i] : step.numbers[i][e][k];
            }
        }
        for (int t = 0; t < step.n_turns[e]; t++) {
            EmendTurn *turn = step_turn(&step, e, t);
            turn->reward =
                turn->state == EMEND_TURN_REWARDED && e % 2 == 0 ? extreme->reward : turn->reward;
        }
    }
    EmendStatus status = step_advantages(&step, learner, NULL);
    if (status == EMEND_OK) {
        status = step_coefficients(&step, learner, 0, step.n_episodes, NULL);
    }
    StepResult result = step_result(&step);
    if (status != EMEND_OK) {
        subject_refused(learner->subject, extreme->what, status);
    } else if (!is_finite_result(&result)) {
        kit_fail(kit, "bound what can grow without end, or fail with EMEND_ABORTED and say where",
                 "with %s a coefficient is not finite; it must be, or the step must fail",
                 extreme->what);
    }
}

static void check_extremes(Instance *learner) {
    Kit *kit = learner->kit;
    static const Extreme extremes[] = {
        {"rewards of 1e30", 1e30, -1.0f, 1.0f, 0.1f},
        {"rewards of -1e300", -1e300, -1.0f, 1.0f, 0.1f},
        {"log-probs of 0", 1, 0.0f, 0.0f, 0.0f},
        {"log-probs of -1e4", 1, -1e4f, 1.0f, 0.1f},
        {"log-probs of -3e38", 1, -3e38f, 1.0f, 0.1f},
        {"KLs of 1e30", 1, -1.0f, 1.0f, 1e30f},
        {"log-probs that are NaN", 1, NAN, 1.0f, 0.1f},
        {"log-probs that are -inf", 1, -INFINITY, 1.0f, 0.1f},
        {"KLs that are inf", 1, -1.0f, 1.0f, INFINITY},
        {"entropies that are NaN", 1, -1.0f, NAN, 0.1f},
    };
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes && !kit_is_over(kit); i++) {
        check_extreme(kit, learner, &extremes[i]);
    }
}

void algorithm_test_extremes(Kit *kit) {
    instance_each(kit, check_extremes);
}

/* ---- newer hosts ---------------------------------------------------------------------------- */

static void check_newer(Instance *learner) {
    Kit *kit = learner->kit;
    enum { EXTRA = 40 };
    Step plain, newer;
    StepResult expected, found;
    Instance other;
    if (!instance_twin(learner, &other)) {
        return;
    }
    if (step_init(kit, learner, 0, 0, &plain) && step_run(&plain, learner, &expected) &&
        step_init(kit, &other, 0, EXTRA, &newer) && step_run(&newer, &other, &found) &&
        memcmp(&expected, &found, sizeof expected) != 0) {
        kit_fail(kit, "walk episodes, turns and terms with emend_span_at, never with p[i]",
                 "in structs of a newer host a step comes out another; it must be the same bits");
    }
    instance_drop(&other);
}

void algorithm_test_newer_host(Kit *kit) {
    instance_each(kit, check_newer);
}
