/* The backend as a run calls it: what it samples it scores at the same bits, and it learns. */
#include "config.pb-c.h"
#include "emend/backend.h"
#include "emend/testing.h"
#include <check.h>

typedef @C_TYPE@__Config Config;

enum { VOCAB = 20, N_PROMPT = 4, N_NEW = 8, N = N_PROMPT + N_NEW };

static const EmendModelConfig tiny = {.struct_size = sizeof tiny,
                                      .vocab_size = VOCAB,
                                      .hidden_size = 16,
                                      .intermediate_size = 24,
                                      .num_hidden_layers = 2,
                                      .num_attention_heads = 4,
                                      .num_key_value_heads = 2,
                                      .head_dim = 4,
                                      .max_position_embeddings = 32,
                                      .rope_theta = 10000,
                                      .rms_norm_eps = 1e-5,
                                      .initializer_range = 0.5};

static EmendTest test;
static const EmendBackend *backend;
static EmendModel *model;

#define ASSERT_OK(CALL) ck_assert_msg((CALL) == EMEND_OK, "%s", test.message)

static void setup(void) {
    const EmendModelSource source = {.struct_size = sizeof source, .config = &tiny, .seed = 1};
    ASSERT_OK(emend_test_create(&test, EMEND_KIND_BACKEND, "@NAME@", (EmendBytes){NULL, 0}));
    backend = test.table;
    ASSERT_OK(backend->model_open(test.self, &source, &model, &test.err));
}

static void teardown(void) {
    backend->model_close(test.self, model);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}

/* Samples N_NEW tokens behind the first N_PROMPT of `tokens`. */
static void sample(int32_t tokens[N], float temperature, float log_probs[N_NEW]) {
    EmendSession *session = NULL;
    EmendSampling sampling = {.struct_size = sizeof sampling,
                              .max_new_tokens = N_NEW,
                              .sequence = 1,
                              .parent = EMEND_NO_SEQUENCE,
                              .tokens = tokens,
                              .n_tokens = N_PROMPT,
                              .key = {.seed = 7, .purpose = EMEND_RANDOM_SAMPLING},
                              .temperature = temperature,
                              .top_p = 1,
                              .new_tokens = tokens + N_PROMPT,
                              .log_probs = log_probs};
    ASSERT_OK(backend->session_open(test.self, model, &session, &test.err));
    ASSERT_OK(backend->generate(test.self, session, emend_span(&sampling, 1, sizeof sampling), NULL,
                                0, &test.err));
    ck_assert_uint_eq(sampling.n_new_tokens, N_NEW);
    backend->session_close(test.self, session);
}

/* Scores all but the prompt; with `tape`, for backward. */
static void score(const int32_t tokens[N], float temperature, float log_probs[N_NEW],
                  EmendTape **tape) {
    const EmendScoredRange range = {N_PROMPT, N, temperature, 0};
    const EmendSequence sequence = {.struct_size = sizeof sequence,
                                    .n_ranges = 1,
                                    .tokens = tokens,
                                    .n_tokens = N,
                                    .ranges = &range,
                                    .log_probs = log_probs};
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences = emend_span(&sequence, 1, sizeof sequence)};
    ASSERT_OK(backend->forward(test.self, model, &args, tape, &test.err));
}

START_TEST(what_was_sampled_is_scored_at_the_same_bits) {
    int32_t tokens[N] = {3, 1, 4, 1};
    float sampled[N_NEW], scored[N_NEW];
    sample(tokens, 0.7f, sampled);
    score(tokens, 0.7f, scored, NULL);
    ck_assert_mem_eq(sampled, scored, sizeof sampled);
}
END_TEST

START_TEST(a_few_steps_teach_a_sequence) {
    const int32_t lesson[N] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
    int32_t tokens[N] = {3, 1, 4, 1};
    float log_probs[N_NEW], towards[N_NEW];
    for (int i = 0; i < N_NEW; i++) {
        towards[i] = -1.0f / N_NEW; // of the loss: the mean of -log_prob
    }
    const EmendCoefficients coefficients = {.struct_size = sizeof coefficients,
                                            .d_log_probs = towards};
    for (uint64_t step = 1; step <= 40; step++) {
        const EmendOptimizerStep args = {.struct_size = sizeof args,
                                         .step = step,
                                         .learning_rate = 0.02,
                                         .beta1 = 0.9,
                                         .beta2 = 0.99,
                                         .epsilon = 1e-8,
                                         .max_grad_norm = 1};
        EmendOptimizerResult result = {.struct_size = sizeof result};
        EmendTape *tape = NULL;
        score(lesson, 1, log_probs, &tape);
        ASSERT_OK(backend->backward(test.self, tape,
                                    emend_span(&coefficients, 1, sizeof coefficients), &test.err));
        backend->tape_release(test.self, tape);
        ASSERT_OK(backend->optimizer_step(test.self, model, &args, &result, &test.err));
    }
    sample(tokens, 0, log_probs);
    ck_assert_mem_eq(tokens, lesson, sizeof tokens);
}
END_TEST

START_TEST(a_scale_below_0_is_refused_by_its_field) {
    Config config;
    uint8_t bytes[16];
    EmendTest other;
    @C_NAME@__config__init(&config);
    config.has_init_scale = 1;
    config.init_scale = -1;
    EmendBytes packed = {bytes, protobuf_c_message_pack(&config.base, bytes)};
    ck_assert_int_eq(emend_test_create(&other, EMEND_KIND_BACKEND, "@NAME@", packed),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(other.message, "init_scale: it is -1; it must be 0 or more");
    ck_assert_uint_eq(emend_test_destroy(&other), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_sampled_is_scored_at_the_same_bits);
    tcase_add_test(tcase, a_few_steps_teach_a_sequence);
    tcase_add_test(tcase, a_scale_below_0_is_refused_by_its_field);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
