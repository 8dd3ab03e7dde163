/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/uses.h"
#include "plugin/catalog.h"
#include <stdlib.h>

typedef struct UseList {
    Use *uses;
    size_t n;
} UseList;

static void add(UseList *list, const char *field, const Emend__Component *component) {
    if (component && component->use) {
        list->uses[list->n++] = (Use){kind_find(kind_of_field(field)), component};
    }
}

EmendStatus uses_list(const Emend__Recipe *recipe, Use **out, size_t *n, EmendError *err) {
    size_t capacity = 3 + recipe->n_tracker;
    for (size_t i = 0; i < recipe->n_stage; i++) {
        capacity += 1 + recipe->stage[i]->n_reward;
    }
    UseList list = {calloc(capacity, sizeof *list.uses), 0};
    if (!list.uses) {
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to load them");
    }
    add(&list, "tokenizer", recipe->tokenizer);
    add(&list, "backend", recipe->backend);
    add(&list, "task", recipe->task);
    for (size_t i = 0; i < recipe->n_tracker; i++) {
        add(&list, "tracker", recipe->tracker[i]);
    }
    for (size_t i = 0; i < recipe->n_stage; i++) {
        const Emend__Stage *stage = recipe->stage[i];
        add(&list, "algorithm", stage->algorithm);
        for (size_t r = 0; r < stage->n_reward; r++) {
            add(&list, "reward", stage->reward[r]);
        }
    }
    *out = list.uses;
    *n = list.n;
    return EMEND_OK;
}
