/* SPDX-License-Identifier: Apache-2.0 */
#include "kind_main.h"

static const Sound sound[] = {
    {EMEND_PLUGIN_DIR "/emend.tasks.arithmetic", "task.*"},
    {EMEND_PLUGIN_DIR "/emend.tasks.math", "task.*"},
    {EMEND_PLUGIN_DIR "/emend.tasks.humaneval", "task.*"},
    {EMEND_PLUGIN_DIR "/emend.tasks.mbpp", "task.*"},
    {SPOILED_DIR "/task", "task.*@sound"},
};

static const Caught defects[] = {
    {"task.unknown_split@keeps_splits_to_itself", KIT_BEHAVIOUR, "the message must name \"train\""},
    {"task.unknown_split@opens_any_split", KIT_BEHAVIOUR, "split_open of an unknown split"},
    {"task.problems@has_no_ids", KIT_BEHAVIOUR, "puts ID 0 times"},
    {"task.problems@drifts", KIT_BEHAVIOUR, "has other bytes the second time"},
    {"task.past_the_end@has_no_end", KIT_BEHAVIOUR, "past the end of a split"},
    {"task.disjoint@one_set_of_problems", KIT_BEHAVIOUR, "have the same prompt"},
    {"task.disjoint@one_set_of_ids", KIT_BEHAVIOUR, "ids are unique within a task"},
    {"task.turn_prompt@tells_right_from_wrong", KIT_BEHAVIOUR, "it must not tell which it was"},
    {"task.demonstrations@shows_one_turn", KIT_BEHAVIOUR, "of 2 turns puts 1 responses"},
    {"task.demonstrations@shows_wrong_answers", KIT_BEHAVIOUR, "none is right"},
    {"task.demonstrations@shows_what_it_likes", KIT_BEHAVIOUR, "with the same seed"},
    {"task.odd_responses@nests_without_end", KIT_BEHAVIOUR, "grade"},
    {"task.odd_responses@takes_nothing_as_right", KIT_BEHAVIOUR,
     "an empty response is graded right"},
    {"task.odd_references@gives_no_reason", KIT_BEHAVIOUR, "no reason for having no value"},
    {"task.demonstrations@grades_above_1", KIT_BEHAVIOUR, "a value that is not between 0 and 1"},
    {"task.records@grades_undeclared", KIT_BEHAVIOUR, "does not declare the capability \"grade\""},
    {"task.newer_host@attempts_by_index", KIT_VERSIONS, "after a newer host's attempts"},
    {"task.same_bytes@differs_by_instance", KIT_STATE, "in another instance"},
    {"task.repeatable@moody", KIT_STATE, "grading is deterministic"},
    {"task.workers@knows_one_thread", KIT_THREADS, "while 4 threads grade"},
    {"task.memory@trusts_memory", KIT_MEMORY, ""},
};

KIND_TESTS("check tasks", sound, SPOILED_DIR "/task", defects)
