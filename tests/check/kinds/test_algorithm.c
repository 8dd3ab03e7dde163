/* SPDX-License-Identifier: Apache-2.0 */
#include "kind_main.h"

static const Sound sound[] = {
    {EMEND_PLUGIN_DIR "/emend.algorithms.reinforce", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.sft", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.rloo", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.grpo", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.ppo", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.reinforce_pp", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.dpo", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.star", "algorithm.*"},
    {EMEND_PLUGIN_DIR "/emend.algorithms.pair_sft", "algorithm.*"},
    {SPOILED_DIR "/algorithm", "algorithm.*@sound"},
    {SPOILED_DIR "/algorithm", "algorithm.*@silent"},
    {SPOILED_DIR "/algorithm", "algorithm.*@composes"},
};

static const Caught defects[] = {
    {"algorithm.plan@plans_no_update", KIT_BEHAVIOUR, "makes 0 updates"},
    {"algorithm.advantages@one_turn", KIT_BEHAVIOUR, "the advantage of turn 2 of episode 0"},
    {"algorithm.advantages@clears_reward", KIT_BEHAVIOUR, "only its advantage may change"},
    {"algorithm.loss@half_the_slope", KIT_BEHAVIOUR, "the coefficient of the log-prob of token 0"},
    {"algorithm.loss@kl_sign", KIT_BEHAVIOUR, "the coefficient of the KL of token 0"},
    {"algorithm.loss@one_coefficient_more", KIT_BEHAVIOUR, "of `d_log_probs`"},
    {"algorithm.earlier_turns@credit_from_later", KIT_BEHAVIOUR,
     "other rewards on turn 2 change the coefficient of token 0 of turn 1"},
    {"algorithm.later_turns@credit_from_earlier", KIT_BEHAVIOUR,
     "other rewards on turn 1 change the coefficient of token 0 of turn 2"},
    {"algorithm.no_reward@blind_to_state", KIT_BEHAVIOUR, "a turn that is UNREWARDED"},
    {"algorithm.left_out@left_out_in_mean", KIT_BEHAVIOUR, "it must be in no baseline"},
    {"algorithm.micro_batches@mean_of_call", KIT_BEHAVIOUR, "with a call for each group"},
    {"algorithm.later_calls@counts_calls", KIT_BEHAVIOUR, "in the next, of the same numbers"},
    {"algorithm.extremes@weighs_by_log_prob", KIT_BEHAVIOUR, "a coefficient is not finite"},
    {"algorithm.newer_host@episodes_by_index", KIT_VERSIONS, "advantages of a newer host"},
    {"algorithm.instances@one_for_all", KIT_STATE, "two instances of one config"},
    {"algorithm.state@forgets", KIT_STATE, "it has no `save`"},
    {"algorithm.state@half_a_state", KIT_STATE, "after a save and a restore"},
    {"algorithm.compose@composes_at_will", KIT_STATE, "composed otherwise the second time"},
    {"algorithm.compose@composes_over_groups", KIT_STATE, "has turns of different groups"},
    {"algorithm.compose@composes_what_was_given", KIT_STATE, "a turn that nobody sampled"},
    {"algorithm.damaged_state@trusts_state", KIT_STATE, "of `state`, which has"},
    {"algorithm.memory@trusts_memory", KIT_MEMORY, ""},
};

KIND_TESTS("check algorithms", sound, SPOILED_DIR "/algorithm", defects)
