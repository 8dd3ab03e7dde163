/* Task "@NAME@": sums of two numbers up to a largest one. The last number of a response is its
 * answer. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/random.h"
#include "emend/task.h"
#include <inttypes.h>
#include <stdbool.h>

typedef @C_TYPE@__Config Config;

enum { SPLIT_TRAIN = 1, SPLIT_TEST = 2, N_SPLITS = 2, MAX_NUMBER = 9999 };

static const char *const split_names[] = {[SPLIT_TRAIN] = "train", [SPLIT_TEST] = "test"};

typedef struct Sums {
    Config *config;
} Sums;

typedef struct Sum {
    uint64_t a, b;
} Sum;

static bool is_equal(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ---- problems -------------------------------------------------------------------------------- */

/* All sums are numbered, a * (max + 1) + b; those at a multiple of 5 are the test's. */
static uint64_t split_count(const Sums *sums, uint32_t split) {
    uint64_t n_all = ((uint64_t)sums->config->max + 1) * ((uint64_t)sums->config->max + 1);
    uint64_t n_test = (n_all + 4) / 5;
    return split == SPLIT_TEST ? n_test : n_all - n_test;
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    for (uint32_t i = 1; i <= N_SPLITS; i++) {
        if (is_equal(name, emend_str(split_names[i]))) {
            *split = i;
            *count = split_count(self, i);
            return EMEND_OK;
        }
    }
    return emend_fail(err, EMEND_NOT_FOUND, "split: there is no \"%.*s\"; there are train and test",
                      (int)(name.len < 64 ? name.len : 64), name.ptr);
}

static EmendStatus sum_at(const Sums *sums, uint32_t split, uint64_t index, Sum *sum,
                          EmendError *err) {
    if (split < 1 || split > N_SPLITS || index >= split_count(sums, split)) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "index: it is %" PRIu64
                          " of split %u; it must be below the split's count",
                          index, split);
    }
    uint64_t number = split == SPLIT_TEST ? 5 * index : index + index / 4 + 1;
    uint64_t n_numbers = (uint64_t)sums->config->max + 1;
    *sum = (Sum){number / n_numbers, number % n_numbers};
    return EMEND_OK;
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    Sum sum = {0};
    EmendStatus status = sum_at(self, split, index, &sum, err);
    if (status != EMEND_OK) {
        return status;
    }
    char id[48], prompt[48], reference[24];
    snprintf(id, sizeof id, "%s-%" PRIu64, split_names[split], index);
    snprintf(prompt, sizeof prompt, "%" PRIu64 "+%" PRIu64 "=", sum.a, sum.b);
    snprintf(reference, sizeof reference, "%" PRIu64, sum.a + sum.b);
    status = emend_put(fields, EMEND_PROBLEM_ID, emend_str(id));
    if (status == EMEND_OK) {
        status = emend_put(fields, EMEND_PROBLEM_PROMPT, emend_str(prompt));
    }
    if (status == EMEND_OK) {
        status = emend_put(fields, EMEND_PROBLEM_REFERENCE, emend_str(reference));
    }
    return status == EMEND_OK ? emend_put(fields, EMEND_PROBLEM_KIND, emend_str("sum")) : status;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    const Sums *sums = self;
    (void)history; // the same whatever the attempts were, so it cannot tell how good they are
    (void)err;
    return emend_put(text, 0, emend_str(sums->config->instruction));
}

/* ---- grading --------------------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The last run of digits; empty where there is none. */
static EmendStr last_number(EmendStr text) {
    uint64_t end = text.len;
    while (end > 0 && !is_digit(text.ptr[end - 1])) {
        end--;
    }
    uint64_t begin = end;
    while (begin > 0 && is_digit(text.ptr[begin - 1])) {
        begin--;
    }
    return (EmendStr){text.ptr + begin, end - begin};
}

static EmendStr without_zeros(EmendStr number) {
    while (number.len > 1 && number.ptr[0] == '0') {
        number.ptr++;
        number.len--;
    }
    return number;
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    (void)self;
    (void)err;
    EmendStr answer = last_number(args->response);
    bool is_right = answer.len > 0 && is_equal(without_zeros(answer), args->reference);
    *score = emend_score(is_right ? 1 : 0);
    return answer.len > 0 ? emend_put(fields, EMEND_GRADE_EXTRACTED, answer) : EMEND_OK;
}

/* ---- demonstrations -------------------------------------------------------------------------- */

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    const Sums *sums = self;
    Sum sum = {0};
    EmendStatus status = sum_at(sums, split, index, &sum, err);
    EmendRandomKey key = {
        .seed = seed, .step = split, .episode = (uint32_t)index, .purpose = EMEND_RANDOM_PROBLEM};
    for (uint32_t turn = 1; status == EMEND_OK && turn <= n_turns; turn++) {
        bool is_right = turn > 1 || emend_random_unit(&key, 0) < sums->config->p_right;
        uint64_t slip = is_right ? 0 : 1 + emend_random_below(&key, 1, 9);
        char response[24];
        snprintf(response, sizeof response, "%" PRIu64, sum.a + sum.b + slip);
        status = emend_put(fields, EMEND_DEMONSTRATION_RESPONSE, emend_str(response));
    }
    return status;
}

/* ---- the plugin ------------------------------------------------------------------------------ */

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus config_check(const Config *config, EmendError *err) {
    if (config->max < 1 || config->max > MAX_NUMBER) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "max: it is %u; it must be 1 to %d",
                          config->max, MAX_NUMBER);
    }
    if (!(config->p_right >= 0 && config->p_right <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "p_right: it is %g; it must be 0 to 1",
                          config->p_right);
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    Sums *sums = instance;
    emend_config_free(host, sums->config);
    host->free(host, sums);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendTask task = {.struct_size = sizeof task,
                                   .split_open = split_open,
                                   .problem = problem,
                                   .turn_prompt = turn_prompt,
                                   .grade = grade,
                                   .demonstrate = demonstrate};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name; // the plugin has one component

    Sums *sums = emend_alloc(host, sizeof *sums, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    sums->config =
        emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(sums->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, sums);
        return status;
    }
    *instance = sums;
    *table = &task;
    return EMEND_OK;
}

/* PARALLEL: an instance is only read, so any number of threads may use it. */
static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TASK, factory);
