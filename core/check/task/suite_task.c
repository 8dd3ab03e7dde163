/* SPDX-License-Identifier: Apache-2.0 */
/* What a task promises. */
#include "check/suites.h"
#include "check/task/tests.h"
#include "emend/task.h"

static const KitTest tests[] = {
    {"task.unknown_split", "an unknown split is NOT_FOUND, and the message lists those there are",
     KIT_BEHAVIOUR, 0, task_test_unknown_split},
    {"task.problems", "problems have an id, a prompt and a reference, the same every time",
     KIT_BEHAVIOUR, 60, task_test_problems},
    {"task.past_the_end", "an index past the end of a split is refused", KIT_BEHAVIOUR, 0,
     task_test_past_the_end},
    {"task.disjoint", "no id comes twice, and no problem is in an evaluation's split and another",
     KIT_BEHAVIOUR, 60, task_test_disjoint},
    {"task.turn_prompt", "the prompt of a later turn does not tell whether an attempt was right",
     KIT_BEHAVIOUR, 120, task_test_turn_prompt},
    {"task.demonstrations", "demonstrations come one for each turn, by seed, and some are right",
     KIT_BEHAVIOUR, 120, task_test_demonstrations},
    {"task.odd_responses", "whatever a model writes gets a grade, or why it has none",
     KIT_BEHAVIOUR, 120, task_test_odd_responses},
    {"task.odd_references", "a reference of no split does no harm", KIT_BEHAVIOUR, 120,
     task_test_odd_references},
    {"task.records", "records that cannot be graded are refused in words", KIT_BEHAVIOUR, 60,
     task_test_records},
    {"task.newer_host", "arrays of a newer host's larger structs are walked by their stride",
     KIT_VERSIONS, 0, task_test_newer_host},
    {"task.same_bytes", "a problem has the same bytes in any instance", KIT_STATE, 60,
     task_test_same_bytes},
    {"task.repeatable", "a response is graded alike every time", KIT_STATE, 120,
     task_test_repeatable},
    {"task.workers", "threads that grade at once, as declared, grade alike", KIT_THREADS, 120,
     task_test_workers},
    {"task.memory", "any allocation may fail, in every call", KIT_MEMORY, 300, task_test_memory},
};

const KitSuite suite_task = {EMEND_KIND_TASK, tests, sizeof tests / sizeof *tests};
