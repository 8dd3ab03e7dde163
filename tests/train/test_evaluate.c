/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluations whose every response is told by problem, sample and turn, as the random key has them.
 */
#include "fakes.h"
#include "train/evaluate.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of three samples of three problems, both attempts. 'a' is right, 'b' wrong, 'h' nearly right, 'x'
// not to be graded.
static const char responses[3][3][3] = {{"ba", "ba", "ba"}, {"ha", "aa", "ba"}, {"aa", "aa", "ab"}};
static const char ungradable[3][3][3] = {
    {"ba", "xa", "ba"}, {"ba", "aa", "ba"}, {"ax", "xx", "ax"}};

static Fake fake;
static EmendBackend backend;
static EmendTask task;
static EmendTracker tracker;
static Component tracked;
static Emend__Recipe recipe;
static Emend__Evaluation settings;
static const char (*script)[3][3];
static EmendRandomKey keys[64];
static size_t n_keys;
static uint64_t most_at_once;
static MetricSet metrics;
static uint32_t n_transcripts;
static char *evaluation; /* the last event of that name */
static char message[512];
static EmendError err;

static EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out,
                              EmendError *error) {
    (void)self;
    (void)model;
    (void)error;
    out->config.max_position_embeddings = 64;
    return EMEND_OK;
}

static EmendStatus generate(void *self, EmendSession *session, EmendSpan requests,
                            const int32_t *stops, uint64_t n_stops, EmendError *error) {
    (void)self;
    (void)session;
    (void)stops;
    (void)n_stops;
    (void)error;
    most_at_once = requests.count > most_at_once ? requests.count : most_at_once;
    for (uint64_t i = 0; i < requests.count; i++) {
        EmendSampling *request = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        const EmendRandomKey *key = &request->key;
        keys[n_keys++] = *key;
        request->new_tokens[0] = 5 + script[key->episode][key->step][key->turn - 1] - 'a';
        request->new_tokens[1] = FAKE_STOP;
        request->n_new_tokens = 2;
        request->finish = EMEND_FINISH_STOP;
    }
    return EMEND_OK;
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *error) {
    (void)self;
    (void)fields;
    (void)error;
    char letter = args->response.ptr[0];
    *score = (EmendScore){.state = letter == 'x' ? EMEND_SCORE_ABSTAIN : EMEND_SCORE_VALUE,
                          .value = letter == 'a'   ? 1
                                   : letter == 'h' ? 0.9
                                                   : 0};
    return EMEND_OK;
}

static EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage, EmendSpan all,
                           EmendError *error) {
    (void)self;
    (void)step;
    (void)phase;
    (void)stage;
    (void)error;
    for (uint64_t i = 0; i < all.count; i++) {
        const EmendScalar *scalar = emend_span_at(all, i);
        metrics_set(&metrics, scalar->value, "%.*s", (int)scalar->name.len, scalar->name.ptr);
    }
    return EMEND_OK;
}

static EmendStatus event(void *self, uint64_t step, EmendStr name, EmendStr json,
                         EmendError *error) {
    (void)self;
    (void)step;
    (void)error;
    n_transcripts += name.ptr[0] == 't';
    if (name.ptr[0] == 'e') {
        free(evaluation);
        evaluation = strndup(json.ptr, (size_t)json.len);
    }
    return EMEND_OK;
}

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    emend__recipe__init(&recipe);
    emend__evaluation__init(&settings);
    backend = *fake.engine.backend;
    backend.model_info = model_info;
    backend.generate = generate;
    task = *fake.engine.task;
    task.grade = grade;
    tracker = (EmendTracker){.struct_size = sizeof tracker, .scalars = scalars, .event = event};
    tracked = (Component){.table = &tracker, .name = "fake"};
    fake.engine.backend = &backend;
    fake.engine.task = &task;
    fake.engine.trackers = &tracked;
    fake.engine.n_trackers = 1;
    fake.recipe.message = &recipe;
    recipe.seed = 11;
    settings.n_problems = 3;
    settings.samples_per_problem = 3;
    settings.temperature = 0.7;
    settings.max_response_tokens = 4;
    script = responses;
    n_keys = 0;
    most_at_once = 0;
    n_transcripts = 0;
}

static void teardown(void) {
    metrics_finish(&metrics);
    free(evaluation);
    evaluation = NULL;
}

static Emend__EvaluationResult *run(void) {
    EvaluateArgs args = {.engine = &fake.engine, .settings = &settings, .label = "x"};
    Emend__EvaluationResult *result = NULL;
    ck_assert_msg(evaluate(&args, &result, &err) == EMEND_OK, "%s", message);
    return result;
}

static void is_near(double value, double expected) {
    ck_assert_msg(fabs(value - expected) < 1e-12, "%.17g, not %.17g", value, expected);
}

START_TEST(pass_at_k_is_told_of_every_turn) {
    // Right of three: 0, 1, 3 at turn 1; 3, 3, 2 at turn 2.
    static const double expected[3][2] = {{4.0 / 9, 8.0 / 9}, {(2.0 / 3 + 1) / 3, 1}, {2.0 / 3, 1}};
    Emend__EvaluationResult *result = run();
    ck_assert_uint_eq(result->n_pass, 3);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(result->pass[i]->k, i + 1);
        ck_assert_uint_eq(result->pass[i]->n_problems, 3);
        ck_assert_uint_eq(result->pass[i]->n_pass, 2);
        for (uint32_t t = 0; t < 2; t++) {
            char name[32];
            snprintf(name, sizeof name, "pass@%u@t%u", i + 1, t + 1);
            is_near(result->pass[i]->pass[t], expected[i][t]);
            is_near(metrics_get(&metrics, name), expected[i][t]);
        }
    }
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(accuracies_are_means_over_all_samples) {
    Emend__EvaluationResult *result = run();
    // A grade of 0.9 is right for an accuracy, as ever; it is no pass.
    is_near(result->accuracy[0], 5.0 / 9);
    is_near(result->accuracy[1], 8.0 / 9);
    is_near(result->delta_i_to_c, 4.0 / 9);
    is_near(result->delta_c_to_i, 1.0 / 9);
    is_near(metrics_get(&metrics, "accuracy@t1"), 5.0 / 9);
    is_near(metrics_get(&metrics, "n_problems"), 3);
    ck_assert_uint_eq(result->n_problems, 3);
    ck_assert_uint_eq(result->n_left_out, 0);
    ck_assert_uint_eq(result->n_kind, 1);
    ck_assert_uint_eq(result->kind[0]->n_problems, 3);
    is_near(result->kind[0]->accuracy[0], 5.0 / 9);
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(samples_that_cannot_be_graded_count_nowhere) {
    script = ungradable;
    Emend__EvaluationResult *result = run();
    // Two gradable of the first, of which none right; three of the second, one right; none of the
    // third, whose samples each have a turn without a grade.
    ck_assert_uint_eq(result->n_problems, 2);
    ck_assert_uint_eq(result->n_left_out, 4);
    is_near(result->accuracy[0], 1.0 / 5);
    ck_assert_uint_eq(result->n_pass, 3);
    ck_assert_uint_eq(result->pass[1]->n_problems, 2);
    is_near(result->pass[0]->pass[0], 1.0 / 3 / 2);
    is_near(result->pass[1]->pass[0], 2.0 / 3 / 2);
    ck_assert_uint_eq(result->pass[2]->n_problems, 1);
    is_near(result->pass[2]->pass[0], 1);
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(a_k_that_no_problem_has_samples_for_is_left_out) {
    script = ungradable;
    settings.n_problems = 1;
    Emend__EvaluationResult *result = run();
    ck_assert_uint_eq(result->n_pass, 2);
    ck_assert_uint_eq(result->pass[1]->k, 2);
    ck_assert(isnan(metrics_get(&metrics, "pass@3@t1")));
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

static size_t packed(uint8_t bytes[1024]) {
    Emend__EvaluationResult *result = run();
    ck_assert_uint_lt(emend__evaluation_result__get_packed_size(result), 1024);
    size_t len = emend__evaluation_result__pack(result, bytes);
    emend__evaluation_result__free_unpacked(result, NULL);
    return len;
}

// From parts of one problem's samples to several problems at once.
static const uint32_t batches[] = {1, 2, 3, 4, 5, 6, 7, 9, 100};

START_TEST(any_batch_of_episodes_gives_the_same_result) {
    uint8_t usual[1024], other[1024];
    size_t len = packed(usual);
    ck_assert_uint_eq(n_keys, 18);
    n_keys = n_transcripts = 0;
    most_at_once = 0;
    settings.batch = batches[_i];
    ck_assert_uint_eq(packed(other), len);
    ck_assert_mem_eq(usual, other, len);
    ck_assert_uint_eq(n_keys, 18);
    ck_assert_uint_eq(n_transcripts, 3);
    ck_assert_msg(most_at_once <= batches[_i], "%u at once", (unsigned)most_at_once);
}
END_TEST

START_TEST(every_turn_of_every_sample_has_a_stream_of_its_own) {
    emend__evaluation_result__free_unpacked(run(), NULL);
    ck_assert_uint_eq(n_keys, 18);
    for (size_t i = 0; i < n_keys; i++) {
        ck_assert_uint_eq(keys[i].seed, 11);
        ck_assert_uint_eq(keys[i].purpose, EMEND_RANDOM_EVALUATION);
        for (size_t j = 0; j < i; j++) {
            ck_assert(memcmp(&keys[i], &keys[j], sizeof keys[i]) != 0);
        }
    }
}
END_TEST

START_TEST(one_sample_is_drawn_and_told_as_ever) {
    settings.samples_per_problem = 1;
    Emend__EvaluationResult *result = run();
    ck_assert_uint_eq(n_keys, 6);
    for (uint32_t i = 0; i < n_keys; i++) {
        EmendRandomKey expected = {
            .seed = 11, .episode = i % 3, .turn = 1 + i / 3, .purpose = EMEND_RANDOM_EVALUATION};
        ck_assert_mem_eq(&keys[i], &expected, sizeof expected);
    }
    ck_assert_uint_eq(result->n_problems, 3);
    ck_assert_uint_eq(result->n_pass, 0);
    ck_assert_uint_eq(metrics.n, 9);
    for (size_t i = 0; i < metrics.n; i++) {
        ck_assert_ptr_null(strstr(metrics.items[i].name, "pass@"));
        ck_assert_ptr_null(strstr(metrics.items[i].name, "maj@"));
    }
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(what_became_of_every_problem_is_recorded) {
    script = ungradable;
    emend__evaluation_result__free_unpacked(run(), NULL);
    ck_assert_ptr_nonnull(strstr(evaluation, "\"samples_per_problem\":3"));
    ck_assert_ptr_nonnull(
        strstr(evaluation, "\"verdicts\":{\"t1\":\"0-00101-1\",\"t2\":\"111111---\"}"));
}
END_TEST

START_TEST(verdicts_of_other_problems_have_another_digest) {
    char first[64], *at = NULL;
    emend__evaluation_result__free_unpacked(run(), NULL);
    at = strstr(evaluation, "\"problems\":");
    ck_assert_ptr_nonnull(at);
    snprintf(first, sizeof first, "%.30s", at);
    emend__evaluation_result__free_unpacked(run(), NULL);
    ck_assert_ptr_nonnull(strstr(evaluation, first));
    settings.n_problems = 2;
    emend__evaluation_result__free_unpacked(run(), NULL);
    ck_assert_ptr_null(strstr(evaluation, first));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("evaluate");
    TCase *cases = tcase_create("evaluate");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, pass_at_k_is_told_of_every_turn);
    tcase_add_test(cases, accuracies_are_means_over_all_samples);
    tcase_add_test(cases, samples_that_cannot_be_graded_count_nowhere);
    tcase_add_test(cases, a_k_that_no_problem_has_samples_for_is_left_out);
    tcase_add_loop_test(cases, any_batch_of_episodes_gives_the_same_result, 0,
                        (int)(sizeof batches / sizeof batches[0]));
    tcase_add_test(cases, every_turn_of_every_sample_has_a_stream_of_its_own);
    tcase_add_test(cases, one_sample_is_drawn_and_told_as_ever);
    tcase_add_test(cases, what_became_of_every_problem_is_recorded);
    tcase_add_test(cases, verdicts_of_other_problems_have_another_digest);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
