/* SPDX-License-Identifier: Apache-2.0 */
#include "train/tally.h"
#include <stdlib.h>
#include <string.h>

static double share(uint64_t part, uint64_t all) {
    return all > 0 ? (double)part / (double)all : 0;
}

static double *accuracies(const KindTally *tally, uint32_t n_turns) {
    double *values = calloc(n_turns + 1, sizeof *values);
    for (uint32_t t = 0; values && t < n_turns; t++) {
        values[t] = share(tally->n_right[t], tally->n);
    }
    return values;
}

static Emend__KindResult *kind_result(const KindTally *tally, uint32_t n_turns) {
    Emend__KindResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__kind_result__init(result);
    result->kind = strdup(tally->kind);
    result->has_n_problems = result->has_delta_i_to_c = result->has_delta_c_to_i = 1;
    result->n_problems = tally->n_problems;
    result->delta_i_to_c = share(tally->n_i_to_c, tally->n);
    result->delta_c_to_i = share(tally->n_c_to_i, tally->n);
    result->accuracy = accuracies(tally, n_turns);
    result->n_accuracy = result->accuracy ? n_turns : 0;
    if (!result->kind || !result->accuracy) {
        emend__kind_result__free_unpacked(result, NULL);
        return NULL;
    }
    return result;
}

static int by_level(const void *a, const void *b) {
    const KindTally *const *left = a, *const *right = b;
    return strverscmp((*left)->kind, (*right)->kind);
}

// In their order, or by level.
static bool add_groups(const TallyGroups *groups, uint32_t n_turns, bool is_sorted,
                       Emend__KindResult ***out, size_t *n_out) {
    const KindTally **order = malloc((groups->n + 1) * sizeof(KindTally *));
    *out = calloc(groups->n + 1, sizeof(Emend__KindResult *));
    bool is_done = order && *out;
    for (size_t i = 0; is_done && i < groups->n; i++) {
        order[i] = &groups->items[i];
    }
    if (is_done && is_sorted) {
        qsort(order, groups->n, sizeof(KindTally *), by_level);
    }
    for (size_t i = 0; is_done && i < groups->n; i++) {
        (*out)[i] = kind_result(order[i], n_turns);
        is_done = (*out)[i] != NULL;
        *n_out += is_done;
    }
    free(order);
    return is_done;
}

static Emend__PassResult *pass_result(const Tally *tally, uint32_t k) {
    Emend__PassResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__pass_result__init(result);
    result->has_k = result->has_n_problems = 1;
    result->k = k;
    result->pass = calloc(tally->n_turns + 1, sizeof *result->pass);
    if (!result->pass) {
        emend__pass_result__free_unpacked(result, NULL);
        return NULL;
    }
    result->n_pass = tally->n_turns;
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        double sum = passes_sum(&tally->passes, t, k, &result->n_problems);
        result->pass[t] = result->n_problems > 0 ? sum / (double)result->n_problems : 0;
    }
    return result;
}

static Emend__VoteResult *vote_result(const VoteCount *votes, uint32_t n_turns) {
    Emend__VoteResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__vote_result__init(result);
    result->has_k = result->has_n_problems = 1;
    result->k = votes->k;
    result->n_problems = votes->n_problems;
    result->maj = calloc(n_turns + 1, sizeof *result->maj);
    if (!result->maj) {
        emend__vote_result__free_unpacked(result, NULL);
        return NULL;
    }
    result->n_maj = n_turns;
    for (uint32_t t = 0; t < n_turns; t++) {
        result->maj[t] = votes->n_right[t] / (double)votes->n_problems;
    }
    return result;
}

// pass@k and maj@k. A k that no problem has samples for is left out, and so are the greater ones.
static bool add_samples(Emend__EvaluationResult *result, const Tally *tally) {
    const Votes *votes = &tally->votes;
    if (votes->n_counts == 0) {
        return true;
    }
    result->pass = calloc(votes->n_counts, sizeof(Emend__PassResult *));
    result->vote = calloc(votes->n_counts, sizeof(Emend__VoteResult *));
    bool is_done = result->pass && result->vote;
    for (size_t i = 0; is_done && i < votes->n_counts && votes->counts[i].n_problems > 0; i++) {
        Emend__PassResult *pass = pass_result(tally, votes->counts[i].k);
        if (pass) {
            result->pass[result->n_pass++] = pass;
        }
        Emend__VoteResult *vote = vote_result(&votes->counts[i], tally->n_turns);
        if (vote) {
            result->vote[result->n_vote++] = vote;
        }
        is_done = pass && vote;
    }
    return is_done;
}

Emend__EvaluationResult *tally_result(const Tally *tally, const char *label, uint64_t step) {
    Emend__EvaluationResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__evaluation_result__init(result);
    const KindTally *total = &tally->total;
    result->label = strdup(label);
    result->has_step = result->has_n_problems = result->has_delta_i_to_c = 1;
    result->has_delta_c_to_i = result->has_answer_changed = result->has_n_left_out = 1;
    result->step = step;
    result->n_problems = total->n_problems;
    result->delta_i_to_c = share(total->n_i_to_c, total->n);
    result->delta_c_to_i = share(total->n_c_to_i, total->n);
    result->answer_changed = share(tally->n_changed, total->n);
    if (tally->n_turns > 1 && total->n > 0) {
        result->has_edit_distance_ratio = 1;
        result->edit_distance_ratio = tally->edit_ratios / (double)total->n;
    }
    result->n_left_out = tally->n_left_out;
    result->accuracy = accuracies(total, tally->n_turns);
    result->n_accuracy = result->accuracy ? tally->n_turns : 0;
    if (!result->label || !result->accuracy ||
        !add_groups(&tally->kinds, tally->n_turns, false, &result->kind, &result->n_kind) ||
        !add_groups(&tally->levels, tally->n_turns, true, &result->level, &result->n_level) ||
        !add_samples(result, tally)) {
        emend__evaluation_result__free_unpacked(result, NULL);
        return NULL;
    }
    return result;
}
