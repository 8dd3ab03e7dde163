/* SPDX-License-Identifier: Apache-2.0 */
/* What must be the same bits: sampling and scoring, any batch, any number of threads; and what is
 * left when memory runs out. */
#include "cases.h"
#include "check/random.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { N_PROMPTS = 4, N_TURNS = 2, N_NEW = 6, ROOM = 32 };

static Pair pair;

/* A conversation as it grows: everything read and sampled, and where the sampled tokens lie. */
typedef struct Talk {
    int32_t tokens[ROOM], prompt[N_TURNS][8];
    uint32_t n_prompt[N_TURNS], n_tokens, begin[N_TURNS], n_new[N_TURNS];
    int32_t sampled[N_TURNS][N_NEW];
    float log_probs[N_TURNS][N_NEW], temperature;
} Talk;

static void make_talks(Talk *talks, uint32_t vocab_size) {
    static const uint32_t n_first[N_PROMPTS] = {1, 7, 3, 7};
    static const float temperatures[N_PROMPTS] = {1.0f, 0.75f, 0.0f, 0.75f};
    uint64_t random = 99;
    memset(talks, 0, N_PROMPTS * sizeof *talks);
    for (int i = 0; i < N_PROMPTS; i++) {
        talks[i].temperature = temperatures[i];
        talks[i].n_prompt[0] = n_first[i];
        talks[i].n_prompt[1] = 1 + (uint32_t)i;
        for (int turn = 0; turn < N_TURNS; turn++) {
            for (uint32_t t = 0; t < talks[i].n_prompt[turn]; t++) {
                talks[i].prompt[turn][t] = (int32_t)check_below(&random, vocab_size);
            }
        }
    }
    // Two samples of one prompt.
    memcpy(talks[3].prompt[0], talks[1].prompt[0], sizeof talks[1].prompt[0]);
}

static EmendSampling request_of(Talk *talk, int i, int turn) {
    return (EmendSampling){.struct_size = sizeof(EmendSampling),
                           .max_new_tokens = N_NEW,
                           .sequence = (uint64_t)i + 100,
                           .parent = turn == 0 ? EMEND_NO_SEQUENCE : (uint64_t)i + 100,
                           .tokens = talk->prompt[turn],
                           .n_tokens = talk->n_prompt[turn],
                           .key = {.seed = 5,
                                   .episode = (uint32_t)i,
                                   .turn = (uint32_t)turn,
                                   .purpose = EMEND_RANDOM_SAMPLING},
                           .temperature = talk->temperature,
                           .top_p = 1.0f,
                           .new_tokens = talk->sampled[turn],
                           .log_probs = talk->log_probs[turn]};
}

static void append(Talk *talk, int turn, uint32_t n_new) {
    memcpy(talk->tokens + talk->n_tokens, talk->prompt[turn],
           talk->n_prompt[turn] * sizeof(int32_t));
    talk->n_tokens += talk->n_prompt[turn];
    talk->begin[turn] = talk->n_tokens;
    talk->n_new[turn] = n_new;
    memcpy(talk->tokens + talk->n_tokens, talk->sampled[turn], n_new * sizeof(int32_t));
    talk->n_tokens += n_new;
}

/* Samples every turn of the talks [begin, end) in one session, each turn as one batch. */
static void sample(Talk *talks, int begin, int end) {
    Loaded *loaded = pair.loaded;
    EmendSession *session = NULL;
    EmendSampling requests[N_PROMPTS];
    ck_assert_int_eq(
        loaded->backend->session_open(loaded->self, pair.policy, &session, &loaded->err), EMEND_OK);
    for (int turn = 0; turn < N_TURNS; turn++) {
        for (int i = begin; i < end; i++) {
            requests[i - begin] = request_of(&talks[i], i, turn);
        }
        EmendStatus status = loaded->backend->generate(
            loaded->self, session,
            emend_span(requests, (uint64_t)(end - begin), sizeof requests[0]), NULL, 0,
            &loaded->err);
        ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
        for (int i = begin; i < end; i++) {
            append(&talks[i], turn, requests[i - begin].n_new_tokens);
        }
    }
    loaded->backend->session_close(loaded->self, session);
}

static void score(const Talk *talk, float *log_probs) {
    Loaded *loaded = pair.loaded;
    EmendScoredRange ranges[N_TURNS];
    for (int turn = 0; turn < N_TURNS; turn++) {
        float temperature = talk->temperature > 0 ? talk->temperature : 1.0f;
        ranges[turn] = (EmendScoredRange){talk->begin[turn], talk->begin[turn] + talk->n_new[turn],
                                          temperature, 0};
    }
    const EmendSequence sequence = {.struct_size = sizeof sequence,
                                    .n_ranges = N_TURNS,
                                    .tokens = talk->tokens,
                                    .n_tokens = talk->n_tokens,
                                    .ranges = ranges,
                                    .log_probs = log_probs};
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences = emend_span(&sequence, 1, sizeof sequence)};
    ck_assert_msg(loaded->backend->forward(loaded->self, pair.policy, &args, NULL, &loaded->err) ==
                      EMEND_OK,
                  "%s", loaded->message);
}

START_TEST(what_generate_reports_forward_computes_to_the_bit) {
    Talk talks[N_PROMPTS];
    float log_probs[N_TURNS * N_NEW];
    pair_open(&pair, &model_shapes[_i]);
    ck_assert(pair.loaded->backend->flags & EMEND_BACKEND_EXACT);
    make_talks(talks, model_shapes[_i].config.vocab_size);
    sample(talks, 0, N_PROMPTS);
    for (int i = 0; i < N_PROMPTS; i++) {
        score(&talks[i], log_probs);
        const float *at = log_probs;
        for (int turn = 0; turn < N_TURNS; turn++) {
            ck_assert_uint_eq(talks[i].n_new[turn], N_NEW);
            for (int t = 0; t < N_NEW; t++, at++) {
                ck_assert_msg(memcmp(at, &talks[i].log_probs[turn][t], sizeof *at) == 0,
                              "%s: talk %d, turn %d, token %d: %a was reported, %a is scored",
                              model_shapes[_i].name, i, turn, t,
                              (double)talks[i].log_probs[turn][t], (double)*at);
            }
        }
    }
    pair_close(&pair);
}
END_TEST

/* threads and chunk_rows, fields 1 and 2, as wire bytes. */
static const uint8_t configs[][4] = {{8, 1, 16, 1}, {8, 2, 16, 3}, {8, 7, 16, 64}, {8, 16, 16, 5}};
enum { N_CONFIGS = sizeof configs / sizeof configs[0] };

START_TEST(batch_and_threads_change_no_sampled_token) {
    Talk together[N_PROMPTS], alone[N_PROMPTS];
    const Shape *shape = &model_shapes[_i];
    pair_open(&pair, shape);
    make_talks(together, shape->config.vocab_size);
    sample(together, 0, N_PROMPTS);
    pair_close(&pair);

    pair_open_with(&pair, shape, (EmendBytes){configs[_i % N_CONFIGS], sizeof configs[0]});
    make_talks(alone, shape->config.vocab_size);
    for (int i = 0; i < N_PROMPTS; i++) {
        sample(alone, i, i + 1);
    }
    pair_close(&pair);

    for (int i = 0; i < N_PROMPTS; i++) {
        ck_assert_msg(memcmp(&together[i], &alone[i], sizeof alone[i]) == 0, "%s: talk %d differs",
                      shape->name, i);
    }
}
END_TEST

START_TEST(threads_and_chunks_change_no_bit_of_a_step) {
    size_t n = 0;
    const Shape *shape = &model_shapes[_i];
    pair_open(&pair, shape);
    pair_backward(&pair, 0, N_SEQUENCES);
    Batch first = pair.batch;
    float *first_gradient = pair_gradients(&pair, &n);
    pair_close(&pair);

    for (size_t c = 0; c < N_CONFIGS; c++) {
        pair_open_with(&pair, shape, (EmendBytes){configs[c], sizeof configs[0]});
        pair_backward(&pair, 0, N_SEQUENCES);
        float *gradient = pair_gradients(&pair, &n);
        ck_assert_msg(memcmp(first.outputs, pair.batch.outputs, sizeof first.outputs) == 0,
                      "%s: %u threads, %u rows: the outputs differ", shape->name, configs[c][1],
                      configs[c][3]);
        ck_assert_msg(memcmp(first_gradient, gradient, n * sizeof *gradient) == 0,
                      "%s: %u threads, %u rows: the gradient differs", shape->name, configs[c][1],
                      configs[c][3]);
        free(gradient);
        pair_close(&pair);
    }
    free(first_gradient);
}
END_TEST

/* One forward and backward of the whole batch; the first failure's status. */
static EmendStatus try_step(void) {
    Loaded *loaded = pair.loaded;
    EmendTape *tape = NULL;
    const EmendForwardArgs args = {
        .struct_size = sizeof args,
        .sequences = emend_span(pair.batch.sequences, N_SEQUENCES, sizeof(EmendSequence)),
        .reference = pair.base};
    EmendStatus status =
        loaded->backend->forward(loaded->self, pair.policy, &args, &tape, &loaded->err);
    if (status != EMEND_OK) {
        ck_assert_msg(tape == NULL, "a failed forward gives no tape");
        return status;
    }
    status = loaded->backend->backward(
        loaded->self, tape,
        emend_span(pair.batch.coefficients, N_SEQUENCES, sizeof(EmendCoefficients)), &loaded->err);
    loaded->backend->tape_release(loaded->self, tape);
    return status;
}

START_TEST(a_step_without_memory_fails_and_the_next_one_is_whole) {
    size_t n = 0;
    long n_failed = 0;
    EmendStatus status = EMEND_EXHAUSTED;
    pair_open(&pair, &model_shapes[_i]);
    pair_backward(&pair, 0, N_SEQUENCES);
    float *expected = pair_gradients(&pair, &n);
    pair_close(&pair);

    pair_open(&pair, &model_shapes[_i]);
    while (status != EMEND_OK) {
        atomic_store(&pair.loaded->n_until_out, n_failed + 1);
        status = try_step();
        atomic_store(&pair.loaded->n_until_out, 0);
        ck_assert_msg(status == EMEND_OK || status == EMEND_EXHAUSTED, "%s", pair.loaded->message);
        n_failed += status != EMEND_OK;
        ck_assert_int_lt(n_failed, 1000);
    }
    float *gradient = pair_gradients(&pair, &n);
    ck_assert_int_gt(n_failed, 0);
    ck_assert_msg(memcmp(expected, gradient, n * sizeof *gradient) == 0,
                  "%s: a failed step leaves something in the gradient", model_shapes[_i].name);
    free(expected);
    free(gradient);
    pair_close(&pair);
}
END_TEST

START_TEST(sampling_without_memory_fails_and_the_next_try_is_whole) {
    Talk expected[N_PROMPTS], talks[N_PROMPTS];
    EmendSampling requests[N_PROMPTS];
    EmendSession *session = NULL;
    EmendStatus status = EMEND_EXHAUSTED;
    long n_failed = 0;
    pair_open(&pair, &model_shapes[_i]);
    Loaded *loaded = pair.loaded;
    make_talks(expected, model_shapes[_i].config.vocab_size);
    make_talks(talks, model_shapes[_i].config.vocab_size);
    sample(expected, 0, N_PROMPTS);
    ck_assert_int_eq(
        loaded->backend->session_open(loaded->self, pair.policy, &session, &loaded->err), EMEND_OK);
    while (status != EMEND_OK) {
        for (int i = 0; i < N_PROMPTS; i++) {
            requests[i] = request_of(&talks[i], i, 0);
        }
        atomic_store(&loaded->n_until_out, n_failed + 1);
        status = loaded->backend->generate(loaded->self, session,
                                           emend_span(requests, N_PROMPTS, sizeof requests[0]),
                                           NULL, 0, &loaded->err);
        atomic_store(&loaded->n_until_out, 0);
        ck_assert_msg(status == EMEND_OK || status == EMEND_EXHAUSTED, "%s", loaded->message);
        n_failed += status != EMEND_OK;
        ck_assert_int_lt(n_failed, 1000);
    }
    ck_assert_int_gt(n_failed, 0);
    for (int i = 0; i < N_PROMPTS; i++) {
        ck_assert_mem_eq(talks[i].sampled[0], expected[i].sampled[0], sizeof talks[i].sampled[0]);
    }
    loaded->backend->session_close(loaded->self, session);
    pair_close(&pair);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu exact");
    TCase *tests = tcase_create("bits");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_generate_reports_forward_computes_to_the_bit, 0, N_SHAPES);
    tcase_add_loop_test(tests, batch_and_threads_change_no_sampled_token, 0, N_SHAPES);
    tcase_add_loop_test(tests, threads_and_chunks_change_no_bit_of_a_step, 0, N_SHAPES);
    tcase_add_loop_test(tests, a_step_without_memory_fails_and_the_next_one_is_whole, 0, 4);
    tcase_add_loop_test(tests, sampling_without_memory_fails_and_the_next_try_is_whole, 0, 2);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
