/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that must fail, in words, and leave everything as it was. */
#include "setup.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Loaded *loaded;
static Setup setup;
static EmendModel *model, *base;
static Scoring *scoring;

static void open_all(void) {
    EmendModelConfig config = setup_config(1, 0);
    loaded = setup_plugin();
    setup = setup_open(loaded, 2, 64);
    model = setup_model(&setup, &config, 3);
    base = setup_model(&setup, &config, 4);
    scoring = calloc(2, sizeof *scoring);
    ck_assert_ptr_nonnull(scoring);
    scoring_init(&scoring[0], 1, 20, EMEND_WANT_KL);
    scoring_init(&scoring[1], 2, 30, EMEND_WANT_KL);
}

static void close_all(void) {
    free(scoring);
    setup.backend->model_close(setup.self, base);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}

static void assert_failed(EmendStatus status, EmendStatus wanted, const char *message) {
    ck_assert_int_eq(status, wanted);
    ck_assert_int_eq(loaded->err.code, wanted);
    ck_assert_msg(strstr(loaded->message, message) != NULL, "\"%s\" lacks \"%s\"", loaded->message,
                  message);
}

static void assert_forward_refused(EmendStatus wanted, const char *message) {
    assert_failed(setup_forward(&setup, model, base, scoring, 2, NULL), wanted, message);
}

START_TEST(batches_that_cannot_be_right_are_refused_in_words) {
    EmendScoredRange good = scoring[1].range;
    scoring[1].range.begin = 0;
    assert_forward_refused(EMEND_OUT_OF_RANGE, "range 0 of sequence 1 is [0, 30)");
    scoring[1].range.begin = 30;
    assert_forward_refused(EMEND_OUT_OF_RANGE, "range 0 of sequence 1 is [30, 30)");
    scoring[1].range = good;
    scoring[1].range.end = 31;
    assert_forward_refused(EMEND_OUT_OF_RANGE, "and end by 30");
    scoring[1].range = good;
    scoring[1].range.temperature = 0.0f;
    assert_forward_refused(EMEND_INVALID_ARGUMENT, "the temperature of range 0 of sequence 1 is 0");
    scoring[1].range = good;
    scoring[1].tokens[29] = VOCAB;
    assert_forward_refused(EMEND_OUT_OF_RANGE, "token 29 of sequence 1 is 50");
    scoring[1].tokens[29] = 0;
    scoring[1].sequence.n_tokens = POSITIONS + 1;
    assert_forward_refused(EMEND_OUT_OF_RANGE, "sequence 1 has 161 tokens; the model takes 160");
    scoring[1].sequence.n_tokens = 30;
    scoring[1].sequence.kls = NULL;
    assert_forward_refused(EMEND_INVALID_ARGUMENT, "range 0 of sequence 1 wants KL");
}
END_TEST

START_TEST(a_reference_of_another_vocabulary_is_refused) {
    EmendModelConfig config = setup_config(0, 0);
    config.vocab_size = VOCAB + 1;
    EmendModel *other = setup_model(&setup, &config, 3);
    assert_failed(setup_forward(&setup, model, other, scoring, 2, NULL), EMEND_INVALID_ARGUMENT,
                  "the reference has 51 tokens in its vocabulary; the model has 50");
    setup.backend->model_close(setup.self, other);
}
END_TEST

START_TEST(a_tape_is_for_one_backward_on_unchanged_weights) {
    EmendTape *tape = NULL;
    ck_assert_int_eq(setup_forward(&setup, model, base, scoring, 2, &tape), EMEND_OK);
    assert_failed(setup_backward(&setup, tape, scoring, 1), EMEND_INVALID_ARGUMENT,
                  "1 coefficients; there must be one for each of the 2 sequences");
    ck_assert_int_eq(setup_backward(&setup, tape, scoring, 2), EMEND_OK);
    assert_failed(setup_backward(&setup, tape, scoring, 2), EMEND_PRECONDITION,
                  "this tape was used");
    setup.backend->tape_release(setup.self, tape);

    ck_assert_int_eq(setup_forward(&setup, model, base, scoring, 2, &tape), EMEND_OK);
    ck_assert_int_eq(setup_step(&setup, model, 1, 0.01), EMEND_OK);
    assert_failed(setup_backward(&setup, tape, scoring, 2), EMEND_PRECONDITION, "weights changed");
    setup.backend->tape_release(setup.self, tape);

    scoring[0].range.want = 0;
    ck_assert_int_eq(setup_forward(&setup, model, base, scoring, 2, &tape), EMEND_OK);
    assert_failed(setup_backward(&setup, tape, scoring, 2), EMEND_INVALID_ARGUMENT,
                  "sequence 0 has a coefficient for its KL");
    setup.backend->tape_release(setup.self, tape);
    setup.backend->tape_release(setup.self, NULL);
}
END_TEST

START_TEST(a_frozen_model_is_not_trained) {
    EmendModel *frozen = NULL;
    EmendTape *tape = NULL;
    ck_assert_int_eq(
        setup.backend->model_clone(setup.self, model, EMEND_MODEL_FROZEN, &frozen, &loaded->err),
        EMEND_OK);
    assert_failed(setup_forward(&setup, frozen, base, scoring, 2, &tape), EMEND_PRECONDITION,
                  "the model is frozen");
    assert_failed(setup_step(&setup, frozen, 1, 0.01), EMEND_PRECONDITION, "the model is frozen");
    setup.backend->model_close(setup.self, frozen);
}
END_TEST

START_TEST(a_gradient_that_is_not_finite_leaves_the_weights) {
    EmendTape *tape = NULL;
    size_t n = 0;
    float *before = setup_values(&setup, model, &n);
    scoring[1].d_log_probs[3] = NAN;
    ck_assert_int_eq(setup_forward(&setup, model, base, scoring, 2, &tape), EMEND_OK);
    ck_assert_int_eq(setup_backward(&setup, tape, scoring, 2), EMEND_OK);
    setup.backend->tape_release(setup.self, tape);
    assert_failed(setup_step(&setup, model, 1, 0.01), EMEND_ABORTED,
                  "the gradient of model.embed_tokens.weight is not finite");
    float *after = setup_values(&setup, model, &n), *gradient = setup_gradient(&setup, model, &n);
    ck_assert_mem_eq(before, after, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(gradient[i] == 0.0f, "the gradient was not zeroed");
    }
    // And training goes on: nothing of the bad batch is left anywhere.
    scoring[1].d_log_probs[3] = 0.0f;
    ck_assert_int_eq(setup_forward(&setup, model, base, scoring, 2, &tape), EMEND_OK);
    ck_assert_int_eq(setup_backward(&setup, tape, scoring, 2), EMEND_OK);
    setup.backend->tape_release(setup.self, tape);
    ck_assert_msg(setup_step(&setup, model, 1, 0.01) == EMEND_OK, "%s", loaded->message);
    free(before);
    free(after);
    free(gradient);
}
END_TEST

START_TEST(configs_that_cannot_run_name_field_and_value) {
    const struct {
        size_t offset;
        uint32_t value;
        const char *message;
    } fields[] = {
        {offsetof(EmendModelConfig, vocab_size), 0, "vocab_size is 0"},
        {offsetof(EmendModelConfig, hidden_size), 70000, "hidden_size is 70000"},
        {offsetof(EmendModelConfig, intermediate_size), 0, "intermediate_size is 0"},
        {offsetof(EmendModelConfig, num_hidden_layers), 0, "num_hidden_layers is 0"},
        {offsetof(EmendModelConfig, num_key_value_heads), 3, "num_key_value_heads is 3"},
        {offsetof(EmendModelConfig, head_dim), 7, "head_dim is 7"},
        {offsetof(EmendModelConfig, max_position_embeddings), 0, "max_position_embeddings is 0"},
        {offsetof(EmendModelConfig, max_position_embeddings), 1 << 24,
         "max_position_embeddings is 16777216"},
        {offsetof(EmendModelConfig, flags), 2, "flags are 0x2"},
    };
    EmendModelConfig config = setup_config(0, 0);
    memcpy((char *)&config + fields[_i].offset, &fields[_i].value, sizeof(uint32_t));
    const EmendModelSource source = {.struct_size = sizeof source, .config = &config};
    EmendModel *refused = NULL;
    assert_failed(setup.backend->model_open(setup.self, &source, &refused, &loaded->err),
                  EMEND_INVALID_ARGUMENT, fields[_i].message);
    ck_assert_ptr_null(refused);
}
END_TEST

/* Everything once: clone, two turns, a step. Stops at the first failure. */
static EmendStatus live(void) {
    EmendModel *clone = NULL;
    EmendSession *session = NULL;
    EmendTape *tape = NULL;
    Continuation c[2];
    EmendStatus status = setup.backend->model_clone(setup.self, model, 0, &clone, &loaded->err);
    if (status == EMEND_OK) {
        status = setup.backend->session_open(setup.self, clone, &session, &loaded->err);
    }
    for (uint64_t turn = 0; turn < 2 && status == EMEND_OK; turn++) {
        continuation_init(&c[0], 1, turn > 0 ? 1 : EMEND_NO_SEQUENCE, 4, 50);
        continuation_init(&c[1], 2, turn > 0 ? 1 : EMEND_NO_SEQUENCE, 4, 50);
        status = setup_generate(&setup, session, c, 2, NULL, 0);
    }
    setup.backend->session_close(setup.self, session);
    if (status == EMEND_OK) {
        status = setup_forward(&setup, clone, base, scoring, 2, &tape);
    }
    if (status == EMEND_OK) {
        status = setup_backward(&setup, tape, scoring, 2);
    }
    setup.backend->tape_release(setup.self, tape);
    if (status == EMEND_OK) {
        status = setup_step(&setup, clone, 1, 0.01);
    }
    setup.backend->model_close(setup.self, clone);
    return status;
}

START_TEST(every_allocation_may_fail_and_nothing_leaks) {
    int n_failed = 0;
    EmendStatus status = EMEND_UNKNOWN;
    while (status != EMEND_OK) {
        ck_assert_msg(n_failed < 1000, "it never ends");
        // A fresh instance each time, so that its working memory grows under the failures as well.
        EmendModelConfig config = setup_config(1, 0);
        setup.backend->model_close(setup.self, base);
        setup.backend->model_close(setup.self, model);
        setup_close(&setup);
        setup = setup_open(loaded, 2, 64);
        model = setup_model(&setup, &config, 3);
        base = setup_model(&setup, &config, 4);
        atomic_store(&loaded->n_until_out, n_failed + 1);
        status = live();
        atomic_store(&loaded->n_until_out, 0);
        if (status != EMEND_OK) {
            assert_failed(status, EMEND_EXHAUSTED, " bytes for ");
            ck_assert_msg(live() == EMEND_OK, "after failure %d: %s", n_failed, loaded->message);
            n_failed++;
        }
    }
    ck_assert_msg(n_failed > 20, "only %d allocations were made to fail", n_failed);
}
END_TEST

START_TEST(backend_configs_out_of_range_name_the_field) {
    const struct {
        uint8_t bytes[4];
        size_t n;
        const char *message;
    } configs[] = {{{0x08, 0x81, 0x08}, 3, "threads: it is 1025; it must be at most 1024"},
                   {{0x10, 0x00}, 2, "chunk_rows: it is 0; it must be from 1 to 65536"},
                   {{0xFF}, 1, "are no emend.backends.cpu.Config"}};
    void *self = NULL;
    const void *table = NULL;
    EmendBytes bytes = {configs[_i].bytes, configs[_i].n};
    assert_failed(loaded->factory->create(loaded->plugin, emend_str("cpu"), bytes, &self, &table,
                                          &loaded->err),
                  EMEND_INVALID_ARGUMENT, configs[_i].message);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu failures");
    TCase *tests = tcase_create("failures");
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, batches_that_cannot_be_right_are_refused_in_words);
    tcase_add_test(tests, a_reference_of_another_vocabulary_is_refused);
    tcase_add_test(tests, a_tape_is_for_one_backward_on_unchanged_weights);
    tcase_add_test(tests, a_frozen_model_is_not_trained);
    tcase_add_test(tests, a_gradient_that_is_not_finite_leaves_the_weights);
    tcase_add_loop_test(tests, configs_that_cannot_run_name_field_and_value, 0, 9);
    tcase_add_test(tests, every_allocation_may_fail_and_nothing_leaks);
    if (loaded_is_cpu()) {
        tcase_add_loop_test(tests, backend_configs_out_of_range_name_the_field, 0, 3);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
