/* SPDX-License-Identifier: Apache-2.0 */
/* What a turn's coefficients may depend on, and what not. */
#include "check/algorithm/step.h"
#include "check/algorithm/tests.h"
#include <math.h>
#include <string.h>

/* Of a component whose turns are meant to see each other's rewards. */
#define CROSS_TURN_CREDIT "cross-turn-credit"

/* Whether rewards reach the coefficients through advantages alone; else the test is skipped. */
static bool is_rewarded(const Step *step) {
    if (step->plan.episodes != EMEND_EPISODES_ROLLOUT) {
        kit_skip(step->kit, "it trains on demonstrations, which have no rewards");
    } else if (step->is_composed) {
        kit_skip(step->kit, "it composes its episodes by their rewards");
    }
    return !kit_is_over(step->kit);
}

/* Runs the step on an instance without a past. */
static bool run_afresh(Step *step, const Instance *learner, StepResult *out) {
    Instance other;
    if (!instance_twin(learner, &other)) {
        return false;
    }
    bool is_done = step_run(step, &other, out);
    instance_drop(&other);
    return is_done;
}

/* The first token of a turn at which two results differ, or -1. */
static int difference(const Step *step, int e, int t, const StepResult *a, const StepResult *b) {
    uint64_t begin = step_offset(step, e, t), n = step_turn(step, e, t)->n_tokens;
    for (uint64_t k = begin; k < begin + n; k++) {
        for (int i = 0; i < STEP_NUMBERS; i++) {
            if (memcmp(&a->coefficients[i][e][k], &b->coefficients[i][e][k], sizeof(float)) != 0) {
                return (int)(k - begin);
            }
        }
    }
    return -1;
}

/* The others are what a user may ask for; this is what comes unasked. */
static bool is_first_config(const Instance *learner) {
    return learner->config.ptr == kit_config(learner->kit).ptr;
}

/* ---- turns ---------------------------------------------------------------------------------- */

/* Other rewards on one turn must change no bit of the other turn's coefficients. */
static void check_turn(Kit *kit, Instance *learner, int changed) {
    Step step;
    StepResult before, after;
    int other = 1 - changed;
    if (!step_init(kit, learner, 0, 0, &step) || !is_rewarded(&step) ||
        !run_afresh(&step, learner, &before)) {
        return;
    }
    for (int e = 0; e < step.n_episodes; e++) {
        EmendTurn *turn = step_turn(&step, e, changed);
        if (turn->state == EMEND_TURN_REWARDED) {
            turn->reward = 3.0 - 2.0 * turn->reward + (e % 2 == 0 ? 5.0 : 0.0);
        }
    }
    if (!run_afresh(&step, learner, &after)) {
        return;
    }
    for (int e = 0; e < step.n_episodes && !kit_is_over(kit); e++) {
        int k = difference(&step, e, other, &before, &after);
        if (k < 0) {
            continue;
        }
        uint64_t at = step_offset(&step, e, other) + (uint64_t)k;
        double was = (double)before.coefficients[0][e][at],
               is = (double)after.coefficients[0][e][at];
        if (!is_first_config(learner)) {
            kit_warn(kit, "with the config of \"%s\" other rewards on turn %d change turn %d",
                     learner->example->about ? learner->example->about : "a golden example",
                     changed + 1, other + 1);
            return;
        }
        kit_fail(kit,
                 "make a turn's advantage from that turn's rewards alone, or declare the "
                 "capability \"" CROSS_TURN_CREDIT "\" in the manifest",
                 "other rewards on turn %d change the coefficient of token %d of turn %d of "
                 "episode %d from %.9g to %.9g; credit is local to a turn",
                 changed + 1, k, other + 1, e, was, is);
    }
}

static void check_earlier(Instance *learner) {
    Kit *kit = learner->kit;
    check_turn(kit, learner, 1);
}

static void check_later(Instance *learner) {
    Kit *kit = learner->kit;
    check_turn(kit, learner, 0);
}

static void unless_declared(Kit *kit, void (*test)(Instance *learner)) {
    if (instance_declares(kit, CROSS_TURN_CREDIT)) {
        kit_skip(kit, "its manifest declares the capability \"" CROSS_TURN_CREDIT "\"");
        return;
    }
    instance_each(kit, test);
}

void algorithm_test_earlier_turns(Kit *kit) {
    unless_declared(kit, check_earlier);
}

void algorithm_test_later_turns(Kit *kit) {
    unless_declared(kit, check_later);
}

/* ---- turns without a reward ------------------------------------------------------------------ */

static void check_state(Kit *kit, Instance *learner, uint32_t state, const char *name) {
    Step step;
    StepResult result;
    if (!step_init(kit, learner, 0, 0, &step) || !is_rewarded(&step)) {
        return;
    }
    EmendTurn *turn = step_turn(&step, 1, 1);
    turn->state = state;
    turn->reward = 0;
    if (!run_afresh(&step, learner, &result)) {
        return;
    }
    uint64_t begin = step_offset(&step, 1, 1);
    for (uint64_t k = begin; k < begin + turn->n_tokens && !kit_is_over(kit); k++) {
        float found = result.coefficients[STEP_LOG_PROB][1][k];
        if (!(found == 0.0f)) {
            kit_fail(kit, "let the policy gradient look at EmendTurn.state",
                     "a turn that is %s gets a coefficient of %g for its log-probs; it must get 0: "
                     "no policy gradient",
                     name, (double)found);
        }
    }
}

static void check_no_reward(Instance *learner) {
    Kit *kit = learner->kit;
    check_state(kit, learner, EMEND_TURN_UNREWARDED, "UNREWARDED");
    if (!kit_is_over(kit)) {
        check_state(kit, learner, EMEND_TURN_LEFT_OUT, "LEFT_OUT");
    }
}

void algorithm_test_no_reward(Kit *kit) {
    instance_each(kit, check_no_reward);
}

/* The number that stands beside LEFT_OUT means nothing: others must not see it. */
static void check_left_out(Instance *learner) {
    Kit *kit = learner->kit;
    Step step;
    StepResult before, after;
    if (!step_init(kit, learner, 0, 0, &step) || !is_rewarded(&step)) {
        return;
    }
    step_turn(&step, 1, 1)->state = EMEND_TURN_LEFT_OUT;
    step_turn(&step, 1, 1)->reward = 0;
    if (!run_afresh(&step, learner, &before)) {
        return;
    }
    step_turn(&step, 1, 1)->reward = 1000;
    if (!run_afresh(&step, learner, &after)) {
        return;
    }
    for (int i = 0; i < STEP_EPISODES * STEP_TURNS && !kit_is_over(kit); i++) {
        int e = i / STEP_TURNS, t = i % STEP_TURNS;
        if (step_turn(&step, e, t) && difference(&step, e, t, &before, &after) >= 0) {
            kit_fail(kit, "take means and deviations over REWARDED turns alone",
                     "the reward of a turn that is LEFT_OUT changes the coefficients of turn %d of "
                     "episode %d; it must be in no baseline",
                     t + 1, e);
        }
    }
}

void algorithm_test_left_out(Kit *kit) {
    instance_each(kit, check_left_out);
}

/* ---- cuts ----------------------------------------------------------------------------------- */

static void compare_cut(Kit *kit, const Step *step, const StepResult *whole,
                        const StepResult *other, const char *how) {
    for (int i = 0; i < STEP_EPISODES * STEP_TURNS && !kit_is_over(kit); i++) {
        int e = i / STEP_TURNS, t = i % STEP_TURNS;
        int k = step_turn(step, e, t) ? difference(step, e, t, whole, other) : -1;
        if (k >= 0) {
            uint64_t at = step_offset(step, e, t) + (uint64_t)k;
            kit_fail(kit,
                     "fix advantages and the normaliser in `advantages`, and look at nothing else "
                     "in a micro-batch but the episode's group",
                     "token %d of turn %d of episode %d has the coefficient %a in one call and %a "
                     "%s; it must be the same bits",
                     k, t + 1, e, (double)whole->coefficients[0][e][at],
                     (double)other->coefficients[0][e][at], how);
        }
    }
}

/* The groups one after another, from the last or from the first. */
static bool run_groups(Step *step, Instance *learner, bool is_reversed) {
    int begins[STEP_EPISODES], n = 0;
    for (int e = 0; e < step->n_episodes; e = step_group_end(step, e)) {
        begins[n++] = e;
    }
    for (int i = 0; i < n; i++) {
        int begin = begins[is_reversed ? n - 1 - i : i];
        if (!instance_ok(
                learner, "coefficients",
                step_coefficients(step, learner, begin, step_group_end(step, begin), NULL))) {
            return false;
        }
    }
    return true;
}

static void check_cuts(Instance *learner) {
    Kit *kit = learner->kit;
    Step step;
    StepResult whole, cut;
    if (!step_init(kit, learner, 0, 0, &step) || !step_run(&step, learner, &whole)) {
        return;
    }
    for (int i = 0; i < 2 && !kit_is_over(kit) && run_groups(&step, learner, i == 1); i++) {
        cut = step_result(&step);
        compare_cut(kit, &step, &whole, &cut,
                    i == 0 ? "with a call for each group"
                           : "with a call for each group, the last "
                             "group first");
    }
}

void algorithm_test_micro_batches(Kit *kit) {
    instance_each(kit, check_cuts);
}

static void check_later_calls(Instance *learner) {
    Kit *kit = learner->kit;
    Step step;
    StepResult first, second;
    if (step_init(kit, learner, 0, 0, &step) && step_run(&step, learner, &first) &&
        instance_ok(learner, "coefficients",
                    step_coefficients(&step, learner, 0, step.n_episodes, NULL))) {
        second = step_result(&step);
        compare_cut(kit, &step, &first, &second, "in the next, of the same numbers");
    }
}

void algorithm_test_later_calls(Kit *kit) {
    instance_each(kit, check_later_calls);
}

/* ---- figures -------------------------------------------------------------------------------- */

static void measure_equal_rewards(Instance *learner) {
    Kit *kit = learner->kit;
    Step step;
    StepResult result;
    double most = 0.0;
    if (!is_first_config(learner)) {
        return; // one figure
    }
    if (!step_init(kit, learner, 0, 0, &step) || !is_rewarded(&step)) {
        return;
    }
    for (int e = 0; e < step.n_episodes; e++) {
        for (int t = 0; t < step.n_turns[e]; t++) {
            EmendTurn *turn = step_turn(&step, e, t);
            turn->reward = turn->state == EMEND_TURN_REWARDED ? 1 : 0;
        }
    }
    if (run_afresh(&step, learner, &result)) {
        for (int i = 0; i < STEP_EPISODES * STEP_TURNS; i++) {
            most = fmax(most, fabs(result.advantages[i / STEP_TURNS][i % STEP_TURNS]));
        }
        kit_figure(kit, "advantage at equal rewards of 1", most, "");
    }
}

void algorithm_test_equal_rewards(Kit *kit) {
    instance_each(kit, measure_equal_rewards);
}
