/* SPDX-License-Identifier: Apache-2.0 */
#include "split.h"

static bool is_prompt(const Problem *problem) {
    return problem->number <= 10;
}

static bool is_test(const Problem *problem) {
    return problem->number >= 11 && problem->number <= 510;
}

static bool is_validation(const Problem *problem) {
    return problem->number >= 511 && problem->number <= 600;
}

static bool is_train(const Problem *problem) {
    return problem->number >= 601;
}

static bool is_no_prompt(const Problem *problem) {
    return !is_prompt(problem);
}

EmendStatus mbpp_add_splits(Coding *coding, bool train_on_all, uint64_t n_most, EmendError *err) {
    static const struct {
        const char *name;
        bool (*takes)(const Problem *problem);
        bool is_of_all; // there where train_on_all is set; otherwise where it is not
    } splits[] = {{"train", is_train, false},           {"train", is_no_prompt, true},
                  {"validation", is_validation, false}, {"test", is_test, false},
                  {"prompt", is_prompt, false},         {"prompt", is_prompt, true}};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < sizeof splits / sizeof splits[0] && status == EMEND_OK; i++) {
        if (splits[i].is_of_all == train_on_all) {
            status = coding_add_split(coding, splits[i].name, &coding->problems, splits[i].takes,
                                      n_most, err);
        }
    }
    return status;
}

EmendStatus mbpp_find_shots(const ProblemSet *set, const char *path, uint64_t n, Prompts *prompts,
                            EmendError *err) {
    static const char *const ids[MAX_SHOTS] = {"2", "3", "4"};
    if (n > MAX_SHOTS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "n_shots: is %llu; it must be 0 to %d",
                          (unsigned long long)n, MAX_SHOTS);
    }
    for (prompts->n_shots = 0; prompts->n_shots < n; prompts->n_shots++) {
        const Problem *shot = problem_find(set, emend_str(ids[prompts->n_shots]));
        if (!shot) {
            return emend_fail(
                err, EMEND_INVALID_ARGUMENT,
                "n_shots: task %s, which is to stand in the prompt, is not in %s; set "
                "n_shots to %llu, or take a file that has it",
                ids[prompts->n_shots], path, (unsigned long long)prompts->n_shots);
        }
        prompts->shots[prompts->n_shots] = shot;
    }
    return EMEND_OK;
}
