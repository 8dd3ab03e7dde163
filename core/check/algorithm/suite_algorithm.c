/* SPDX-License-Identifier: Apache-2.0 */
/* What an algorithm promises. */
#include "check/algorithm/tests.h"
#include "check/suites.h"
#include "emend/algorithm.h"

static const KitTest tests[] = {
    {"algorithm.plan", "plans are made of what there is to plan", KIT_BEHAVIOUR, 0,
     algorithm_test_plan},
    {"algorithm.advantages", "every turn gets a finite advantage, and nothing else is written to",
     KIT_BEHAVIOUR, 0, algorithm_test_advantages},
    {"algorithm.loss", "coefficients are the derivatives of the loss it reports, by differences",
     KIT_BEHAVIOUR, 60, algorithm_test_loss},
    {"algorithm.earlier_turns", "a turn's coefficients do not see the rewards of later turns",
     KIT_BEHAVIOUR, 0, algorithm_test_earlier_turns},
    {"algorithm.later_turns", "a turn's coefficients do not see the rewards of earlier turns",
     KIT_BEHAVIOUR, 0, algorithm_test_later_turns},
    {"algorithm.no_reward", "turns without a reward have no policy gradient", KIT_BEHAVIOUR, 0,
     algorithm_test_no_reward},
    {"algorithm.left_out", "turns that are left out are in no baseline", KIT_BEHAVIOUR, 0,
     algorithm_test_left_out},
    {"algorithm.micro_batches", "how groups are cut into calls changes no bit", KIT_BEHAVIOUR, 0,
     algorithm_test_micro_batches},
    {"algorithm.later_calls", "a call changes nothing of what the next returns", KIT_BEHAVIOUR, 0,
     algorithm_test_later_calls},
    {"algorithm.extremes", "extreme numbers give finite coefficients or a failure in words",
     KIT_BEHAVIOUR, 0, algorithm_test_extremes},
    {"algorithm.newer_host", "arrays of a newer host's larger structs are walked by their stride",
     KIT_VERSIONS, 0, algorithm_test_newer_host},
    {"algorithm.instances", "two instances of one config come to the same bits", KIT_STATE, 0,
     algorithm_test_instances},
    {"algorithm.state", "a run resumed from what was saved goes on to the same bits", KIT_STATE, 0,
     algorithm_test_state},
    {"algorithm.compose", "the same episodes and seed compose the same, of one group each",
     KIT_STATE, 0, algorithm_test_compose},
    {"algorithm.damaged_state", "a damaged state is refused, and does no harm", KIT_STATE, 0,
     algorithm_test_damaged_state},
    {"algorithm.memory", "any allocation may fail, in a step, in saving and in restoring",
     KIT_MEMORY, 60, algorithm_test_memory},
    {"algorithm.equal_rewards", "the advantage where all rewards are the same, for information",
     KIT_SPEED, 0, algorithm_test_equal_rewards},
};

const KitSuite suite_algorithm = {EMEND_KIND_ALGORITHM, tests, sizeof tests / sizeof *tests};
