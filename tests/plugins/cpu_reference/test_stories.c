/* SPDX-License-Identifier: Apache-2.0 */
/* A small trained model against numbers that other programs computed: greedy texts of llama2.c, and
 * log-probs, logits and gradients in double (the folder's README). Skipped where EMEND_SHARED does
 * not name the folder of shared data. */
#include "check/backend/reference.h"
#include "loaded.h"
#include "safetensors.h"
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TOKENS = 512 };

static char folder[1024];
static json_t *expected;

static bool find_folder(void) {
    const char *shared = getenv("EMEND_SHARED");
    snprintf(folder, sizeof folder, "%s/data/models/stories260K-hf", shared ? shared : "");
    return shared && access(folder, R_OK) == 0;
}

static const char *in_folder(const char *name) {
    static char path[1100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void load_expected(void) {
    expected = json_load_file(in_folder("expected.json"), 0, NULL);
    ck_assert_ptr_nonnull(expected);
}

static void drop_expected(void) {
    json_decref(expected);
}

static size_t read_ids(const json_t *array, int32_t *ids) {
    size_t n = json_array_size(array);
    ck_assert(n > 0 && n <= MAX_TOKENS);
    for (size_t i = 0; i < n; i++) {
        ids[i] = (int32_t)json_integer_value(json_array_get(array, i));
    }
    return n;
}

static float *read_tensor(Safetensors *file, const char *name, size_t *n) {
    EmendError err = {.struct_size = sizeof err};
    const SafetensorsTensor *tensor = safetensors_find(file, name);
    ck_assert_msg(tensor != NULL, "%s has no tensor %s", safetensors_path(file), name);
    float *values = malloc((size_t)tensor->n_values * sizeof *values);
    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(safetensors_read(file, tensor, values, &err), EMEND_OK);
    *n = (size_t)tensor->n_values;
    return values;
}

static Safetensors *open_file(const char *name) {
    Safetensors *file = NULL;
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_msg(safetensors_open(in_folder(name), &file, &err) == EMEND_OK, "%s", message);
    return file;
}

/* The reference with the model's weights. */
static Reference *open_reference(void) {
    const EmendModelConfig config = {.struct_size = sizeof config,
                                     .flags = EMEND_MODEL_TIED_EMBEDDINGS,
                                     .vocab_size = 512,
                                     .hidden_size = 64,
                                     .intermediate_size = 172,
                                     .num_hidden_layers = 5,
                                     .num_attention_heads = 8,
                                     .num_key_value_heads = 4,
                                     .head_dim = 8,
                                     .max_position_embeddings = 512,
                                     .rope_theta = 10000.0,
                                     .rms_norm_eps = 1e-5};
    Reference *reference = reference_create(&config);
    Safetensors *file = open_file("model.safetensors");
    for (size_t i = 0; i < reference->n_tensors; i++) {
        size_t n = 0;
        float *values = read_tensor(file, reference->tensors[i].name, &n);
        for (size_t j = 0; j < n; j++) {
            reference->tensors[i].values[j] = (double)values[j];
        }
        free(values);
    }
    safetensors_close(file);
    return reference;
}

START_TEST(the_reference_gives_the_logits_of_an_independent_program) {
    int32_t ids[MAX_TOKENS];
    size_t n_logits = 0;
    size_t n = read_ids(json_object_get(json_object_get(expected, "text"), "ids"), ids);
    Safetensors *file = open_file("expected.safetensors");
    float *logits = read_tensor(file, "logits", &n_logits);
    Reference *reference = open_reference();
    ck_assert_uint_eq(n_logits, n * 512);
    double *found = reference_logits(reference, ids, n);

    for (size_t i = 0; i < n_logits; i++) {
        // The file holds floats: half a unit in the last place is lost.
        ck_assert_msg(fabs(found[i] - (double)logits[i]) <= 1e-6 * fmax(1.0, fabs(found[i])),
                      "logit %zu is %.9g, not %.9g", i, found[i], (double)logits[i]);
    }
    free(found);
    free(logits);
    reference_destroy(reference);
    safetensors_close(file);
}
END_TEST

static EmendModel *open_model(Loaded *loaded, uint32_t flags) {
    EmendModel *model = loaded_folder(loaded, folder, flags);
    ck_assert_msg(model != NULL, "%s", loaded->message);
    return model;
}

/* Forward over ids, all but the first scored; backward of the mean negative log-prob. */
static void forward_backward(Loaded *loaded, EmendModel *model, const int32_t *ids, size_t n,
                             float *log_probs) {
    float factors[MAX_TOKENS];
    for (size_t i = 0; i + 1 < n; i++) {
        factors[i] = (float)(-1.0 / (double)(n - 1));
    }
    const EmendScoredRange range = {.begin = 1, .end = (uint32_t)n, .temperature = 1.0f};
    const EmendSequence sequence = {.struct_size = sizeof sequence,
                                    .n_ranges = 1,
                                    .tokens = ids,
                                    .n_tokens = n,
                                    .ranges = &range,
                                    .log_probs = log_probs};
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences = emend_span(&sequence, 1, sizeof sequence)};
    const EmendCoefficients coefficients = {.struct_size = sizeof coefficients,
                                            .d_log_probs = factors};
    EmendTape *tape = NULL;
    ck_assert_msg(loaded->backend->forward(loaded->self, model, &args, &tape, &loaded->err) ==
                      EMEND_OK,
                  "%s", loaded->message);
    ck_assert_msg(loaded->backend->backward(loaded->self, tape,
                                            emend_span(&coefficients, 1, sizeof coefficients),
                                            &loaded->err) == EMEND_OK,
                  "%s", loaded->message);
    loaded->backend->tape_release(loaded->self, tape);
}

static void check_gradient(Safetensors *file, const char *name, const float *gradient, uint64_t n) {
    char key[96];
    size_t n_expected = 0;
    double difference = 0.0, length = 0.0;
    snprintf(key, sizeof key, "grad.%s", name);
    float *wanted = read_tensor(file, key, &n_expected);
    ck_assert_uint_eq(n_expected, n);
    for (size_t i = 0; i < n_expected; i++) {
        double error = (double)gradient[i] - (double)wanted[i];
        difference += error * error;
        length += (double)wanted[i] * (double)wanted[i];
    }
    ck_assert_msg(sqrt(difference) <= 1e-4 * sqrt(length), "%s is off by %g of its length", name,
                  sqrt(difference / length));
    free(wanted);
}

START_TEST(log_probs_and_gradients_are_those_of_an_independent_program) {
    int32_t ids[MAX_TOKENS];
    float log_probs[MAX_TOKENS];
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n_values = 0, i = 0;
    const json_t *text = json_object_get(expected, "text");
    const json_t *wanted = json_object_get(text, "token_logprobs");
    size_t n = read_ids(json_object_get(text, "ids"), ids);
    Loaded *loaded = loaded_open((EmendBytes){0});
    EmendModel *model = open_model(loaded, 0);
    Safetensors *file = open_file("expected.safetensors");

    forward_backward(loaded, model, ids, n, log_probs);

    for (size_t t = 0; t + 1 < n; t++) {
        double log_prob = json_number_value(json_array_get(wanted, t));
        ck_assert_msg(fabs((double)log_probs[t] - log_prob) < 2e-5,
                      "log-prob %zu is %.9g, not %.9g", t, (double)log_probs[t], log_prob);
    }
    for (; loaded_tensor(loaded, model, i, &name, &values, &gradient, &n_values); i++) {
        check_gradient(file, name, gradient, n_values);
    }
    ck_assert_uint_eq(i, 47);
    safetensors_close(file);
    loaded->backend->model_close(loaded->self, model);
    loaded_close(loaded);
}
END_TEST

START_TEST(the_likeliest_tokens_are_the_known_story) {
    int32_t prompt[MAX_TOKENS], ids[MAX_TOKENS], found[MAX_TOKENS];
    float log_probs[MAX_TOKENS];
    const json_t *story = json_array_get(json_object_get(expected, "greedy"), (size_t)_i);
    const json_t *wanted = json_object_get(story, "token_logprobs");
    size_t n_prompt = read_ids(json_object_get(story, "prompt_ids"), prompt);
    size_t n = read_ids(json_object_get(story, "ids"), ids);
    Loaded *loaded = loaded_open((EmendBytes){0});
    EmendModel *model = open_model(loaded, EMEND_MODEL_FROZEN);
    EmendSession *session = NULL;
    EmendSampling request = {.struct_size = sizeof request,
                             .max_new_tokens = (uint32_t)(n - n_prompt),
                             .parent = EMEND_NO_SEQUENCE,
                             .tokens = prompt,
                             .n_tokens = n_prompt,
                             .temperature = 0.0f,
                             .top_p = 1.0f,
                             .new_tokens = found,
                             .log_probs = log_probs};
    ck_assert_int_eq(loaded->backend->session_open(loaded->self, model, &session, &loaded->err),
                     EMEND_OK);
    ck_assert_msg(loaded->backend->generate(loaded->self, session,
                                            emend_span(&request, 1, sizeof request), NULL, 0,
                                            &loaded->err) == EMEND_OK,
                  "%s", loaded->message);

    ck_assert_uint_eq(request.n_new_tokens, n - n_prompt);
    ck_assert_uint_eq(request.finish, EMEND_FINISH_LENGTH);
    size_t n_skipped = json_array_size(wanted) - (n - n_prompt); // of the prompt, where given
    for (size_t i = 0; i < n - n_prompt; i++) {
        double log_prob = json_number_value(json_array_get(wanted, n_skipped + i));
        ck_assert_msg(found[i] == ids[n_prompt + i], "token %zu is %d, not %d", i, found[i],
                      ids[n_prompt + i]);
        ck_assert_msg(fabs((double)log_probs[i] - log_prob) < 5e-5,
                      "log-prob %zu is %.9g, not %.9g", i, (double)log_probs[i], log_prob);
    }
    loaded->backend->session_close(loaded->self, session);
    loaded->backend->model_close(loaded->self, model);
    loaded_close(loaded);
}
END_TEST

START_TEST(a_family_that_is_not_run_is_refused_by_its_feature) {
    static const struct {
        const char *folder, *says;
    } others[] = {{"llama3", "rope_scaling is {"},
                  {"qwen2", "model_type is \"qwen2\""},
                  {"gemma2", "model_type is \"gemma2\""}};
    char path[1200];
    Loaded *loaded = loaded_open((EmendBytes){0});
    snprintf(path, sizeof path, "%s/../tiny-random/%s", folder, others[_i].folder);

    ck_assert_ptr_null(loaded_folder(loaded, path, 0));
    ck_assert_int_eq(loaded->err.code, EMEND_UNIMPLEMENTED);
    ck_assert_msg(strstr(loaded->message, others[_i].says), "\"%s\"", loaded->message);
    loaded_close(loaded);
}
END_TEST

int main(void) {
    if (!find_folder()) {
        puts("skipped: EMEND_SHARED names no folder with data/models/stories260K-hf");
        return 0;
    }
    Suite *suite = suite_create("cpu stories");
    TCase *tests = tcase_create("stories260K");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, load_expected, drop_expected);
    tcase_add_test(tests, the_reference_gives_the_logits_of_an_independent_program);
    tcase_add_test(tests, log_probs_and_gradients_are_those_of_an_independent_program);
    tcase_add_loop_test(tests, the_likeliest_tokens_are_the_known_story, 0, 3);
    tcase_add_loop_test(tests, a_family_that_is_not_run_is_refused_by_its_feature, 0, 3);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
