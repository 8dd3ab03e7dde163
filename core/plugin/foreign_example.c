/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_example.h"
#include <string.h>

bool foreign_example_gives(const ForeignExample *example, const ForeignRoleFacts *role) {
    const bool texts[FOREIGN_TEXTS] = {example->prompt != NULL, example->reference != NULL,
                                       example->response != NULL, example->extracted != NULL,
                                       example->previous_response != NULL};
    const bool wholes[FOREIGN_WHOLES] = {example->has_turn, example->has_n_turns,
                                         example->has_n_tokens, example->has_is_truncated,
                                         example->has_seed};
    const bool reals[FOREIGN_REALS] = {example->has_grade, example->has_previous_grade,
                                       example->has_reward, example->has_previous_reward};
    switch (role->kind) {
    case FOREIGN_CLASS_TEXT:
        return texts[role->index];
    case FOREIGN_CLASS_WHOLE:
        return wholes[role->index];
    case FOREIGN_CLASS_REAL:
        return reals[role->index];
    default:
        return false;
    }
}

ForeignInputs foreign_example_inputs(const Emend__Function *function,
                                     const ForeignExample *example) {
    uint32_t first = foreign_takes_turn_before(function) ? 2 : 1;
    uint32_t turn = example->has_turn ? example->turn : first;
    return (ForeignInputs){
        .texts = {emend_str(example->prompt), emend_str(example->reference),
                  emend_str(example->response), emend_str(example->extracted),
                  emend_str(example->previous_response)},
        .wholes = {turn, example->has_n_turns ? example->n_turns : (turn > 2 ? turn : 2),
                   example->n_tokens, (uint64_t)(example->is_truncated != 0), example->seed},
        .reals = {example->grade, example->previous_grade, example->reward,
                  example->previous_reward}};
}

const char *foreign_example_param(const ForeignExample *example, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < example->n_set; i++) {
        const char *set = example->set[i];
        if (strncmp(set, name, len) == 0 && set[len] == '=') {
            return set + len + 1;
        }
    }
    return NULL;
}
