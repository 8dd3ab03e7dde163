/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_examples.h"
#include "plugin/foreign_call.h"
#include "plugin/foreign_example.h"
#include "plugin/foreign_library.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With as many digits as tell it from any other. */
static void describe_number(double number, char text[32]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            return;
        }
    }
}

/* A score in words: "0.5", "an abstention (it cannot tell)", "an error (status 3)". */
static void describe(const EmendScore *score, char text[192]) {
    if (score->state == EMEND_SCORE_VALUE) {
        describe_number(score->value, text);
    } else {
        snprintf(text, 192, "%s (%s)",
                 score->state == EMEND_SCORE_ABSTAIN ? "an abstention" : "an error", score->reason);
    }
}

static void describe_expected(const ForeignExample *example, char text[192]) {
    char reason[128] = "";
    if (example->reason) {
        snprintf(reason, sizeof reason, " whose reason has \"%.96s\"", example->reason);
    }
    if (example->expected_case != EMEND__FUNCTION__EXAMPLE__EXPECTED_SCORE) {
        snprintf(text, 192, "%s%s",
                 example->expected_case == EMEND__FUNCTION__EXAMPLE__EXPECTED_ABSTAINS
                     ? "an abstention"
                     : "an error",
                 reason);
        return;
    }
    char number[32];
    char tolerance[48] = "";
    describe_number(example->score, number);
    if (example->tolerance > 0) {
        snprintf(tolerance, sizeof tolerance, ", give or take %g", example->tolerance);
    }
    snprintf(text, 192, "%s%s", number, tolerance);
}

static bool is_expected(const ForeignExample *example, const EmendScore *score) {
    switch (example->expected_case) {
    case EMEND__FUNCTION__EXAMPLE__EXPECTED_SCORE:
        return score->state == EMEND_SCORE_VALUE &&
               fabs(score->value - example->score) <= example->tolerance;
    case EMEND__FUNCTION__EXAMPLE__EXPECTED_ABSTAINS:
        return score->state == EMEND_SCORE_ABSTAIN &&
               (!example->reason || strstr(score->reason, example->reason));
    default:
        return score->state == EMEND_SCORE_ERROR &&
               (!example->reason || strstr(score->reason, example->reason));
    }
}

static bool is_same(const EmendScore *a, const EmendScore *b) {
    return a->state == b->state && memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

/* The params as the example sets them. Texts of CSTRs lie in the memory of the manifest. */
static void read_params(const Emend__Function *function, const ForeignExample *example,
                        ForeignValue params[FOREIGN_ARGS_MAX]) {
    const char *must = NULL;
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Param *param = function->arg[a]->param;
        if (param) {
            const char *set = foreign_example_param(example, param->name);
            foreign_value_parse(function->arg[a]->type, set ? set : param->default_, &params[a],
                                &must);
        }
    }
}

static EmendStatus run_one(const ForeignCall *call, const ForeignExample *example, size_t e,
                           ForeignMemory *memory, EmendError *err) {
    ForeignInputs inputs = foreign_example_inputs(call->function, example);
    ForeignValue params[FOREIGN_ARGS_MAX] = {{.u64 = 0}};
    char got[192];
    char expected[192];
    EmendScore score, again;
    read_params(call->function, example, params);
    foreign_call(call, &inputs, params, memory, &score);
    if (!is_expected(example, &score)) {
        describe(&score, got);
        describe_expected(example, expected);
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "example[%zu] gave %s; it must give %s", e,
                          got, expected);
    }
    if (call->function->deterministic) {
        foreign_call(call, &inputs, params, memory, &again);
        if (!is_same(&score, &again)) {
            describe(&score, expected);
            describe(&again, got);
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "example[%zu] gave %s, and %s when it was run again; it must give "
                              "the same, or the function not be deterministic",
                              e, expected, got);
        }
    }
    return EMEND_OK;
}

EmendStatus foreign_examples_run(const Emend__Function *function, const char *path,
                                 volatile uint32_t *at, EmendError *err) {
    ForeignMemory memory = {.is_guarded = true};
    ForeignCall call;
    void (*code)(void) = NULL;
    *at = (uint32_t)function->n_example;
    EmendStatus status = foreign_library_open(path, function->symbol, &code, err);
    if (status == EMEND_OK) {
        status = foreign_call_init(&call, function, code, err);
    }
    for (size_t e = 0; status == EMEND_OK && e < function->n_example; e++) {
        *at = (uint32_t)e;
        status = run_one(&call, function->example[e], e, &memory, err);
    }
    if (status == EMEND_OK) {
        *at = (uint32_t)function->n_example;
    }
    foreign_memory_finish(&memory);
    return status;
}
