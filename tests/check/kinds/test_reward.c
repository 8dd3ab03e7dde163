/* SPDX-License-Identifier: Apache-2.0 */
#include "kind_main.h"

static const Sound sound[] = {
    {EMEND_PLUGIN_DIR "/emend.rewards.correctness", "reward.*"},
    {EMEND_PLUGIN_DIR "/emend.rewards.progress", "reward.*"},
    {SPOILED_DIR "/reward", "reward.*@sound"},
};

static const Caught defects[] = {
    {"reward.scores@no_reason", KIT_BEHAVIOUR, "no reason for having no value"},
    {"reward.scores@one_score_more", KIT_BEHAVIOUR, "of `scores`, which has 128 bytes"},
    {"reward.scores@takes_reward", KIT_BEHAVIOUR, "of `attempts`, an input"},
    {"reward.scores@trusts_grade", KIT_BEHAVIOUR, ""},
    {"reward.scores@reads_past_text", KIT_BEHAVIOUR, "of `response`"},
    {"reward.empty@refuses_none", KIT_BEHAVIOUR, "there are none"},
    {"reward.odd_texts@has_room_for_64k", KIT_BEHAVIOUR, "score"},
    {"reward.odd_numbers@no_bound", KIT_BEHAVIOUR, "a grade of 1e+308"},
    {"reward.passed_on@error_is_0", KIT_BEHAVIOUR, "an ERROR must be passed on"},
    {"reward.newer_host@attempts_by_index", KIT_VERSIONS, "score of a newer host"},
    {"reward.deterministic@counts_calls", KIT_STATE, "the second time, with the same seed"},
    {"reward.memory@trusts_memory", KIT_MEMORY, ""},
};

KIND_TESTS("check rewards", sound, SPOILED_DIR "/reward", defects)
