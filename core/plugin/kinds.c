/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/kinds.h"
#include "emend/algorithm.h"
#include "emend/backend.h"
#include "emend/reward.h"
#include "emend/task.h"
#include "emend/tokenizer.h"
#include "emend/tracker.h"
#include "plugin/catalog.h"
#include <string.h>

static const KindMember backend_members[] = {
    {"describe", offsetof(EmendBackend, describe)},
    {"model_open", offsetof(EmendBackend, model_open)},
    {"model_clone", offsetof(EmendBackend, model_clone)},
    {"model_save", offsetof(EmendBackend, model_save)},
    {"model_info", offsetof(EmendBackend, model_info)},
    {"model_close", offsetof(EmendBackend, model_close)},
    {"session_open", offsetof(EmendBackend, session_open)},
    {"session_close", offsetof(EmendBackend, session_close)},
    {"generate", offsetof(EmendBackend, generate)},
    {"forward", offsetof(EmendBackend, forward)},
    {"backward", offsetof(EmendBackend, backward)},
    {"tape_release", offsetof(EmendBackend, tape_release)},
    {"optimizer_step", offsetof(EmendBackend, optimizer_step)},
    {"extension", offsetof(EmendBackend, extension)},
};

static const KindMember tokenizer_members[] = {
    {"vocab_size", offsetof(EmendTokenizer, vocab_size)},
    {"encode", offsetof(EmendTokenizer, encode)},
    {"decode", offsetof(EmendTokenizer, decode)},
};

static const KindMember task_members[] = {
    {"split_open", offsetof(EmendTask, split_open)},
    {"problem", offsetof(EmendTask, problem)},
    {"turn_prompt", offsetof(EmendTask, turn_prompt)},
    {"grade", offsetof(EmendTask, grade)},
};

static const KindMember reward_members[] = {
    {"score", offsetof(EmendReward, score)},
};

static const KindMember algorithm_members[] = {
    {"plan", offsetof(EmendAlgorithm, plan)},
    {"advantages", offsetof(EmendAlgorithm, advantages)},
    {"coefficients", offsetof(EmendAlgorithm, coefficients)},
};

static const KindMember tracker_members[] = {
    {"begin", offsetof(EmendTracker, begin)},
    {"scalars", offsetof(EmendTracker, scalars)},
};

static const Kind kinds[] = {
    {EMEND_KIND_BACKEND, "backend", sizeof(EmendBackend), backend_members,
     sizeof backend_members / sizeof *backend_members},
    {EMEND_KIND_TOKENIZER, "tokenizer", sizeof(EmendTokenizer), tokenizer_members,
     sizeof tokenizer_members / sizeof *tokenizer_members},
    {EMEND_KIND_TASK, "task", sizeof(EmendTask), task_members,
     sizeof task_members / sizeof *task_members},
    {EMEND_KIND_REWARD, "reward", sizeof(EmendReward), reward_members,
     sizeof reward_members / sizeof *reward_members},
    {EMEND_KIND_ALGORITHM, "algorithm", sizeof(EmendAlgorithm), algorithm_members,
     sizeof algorithm_members / sizeof *algorithm_members},
    {EMEND_KIND_TRACKER, "tracker", sizeof(EmendTracker), tracker_members,
     sizeof tracker_members / sizeof *tracker_members},
};

_Static_assert(sizeof kinds / sizeof *kinds == KIND_COUNT, "one row for each kind");

const Kind *kind_at(size_t i) {
    return i < KIND_COUNT ? &kinds[i] : NULL;
}

size_t kind_index(const Kind *kind) {
    return (size_t)(kind - kinds);
}

const Kind *kind_find(const char *id) {
    for (size_t i = 0; id && i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].id, id) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

const char *kind_of_field(const char *field) {
    for (size_t i = 0; field && i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].field, field) == 0) {
            return kinds[i].id;
        }
    }
    return NULL;
}
