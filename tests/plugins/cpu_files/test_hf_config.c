/* SPDX-License-Identifier: Apache-2.0 */
#include "hf_config.h"
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char message[1024];
static char path[64];

static EmendError fresh_error(void) {
    message[0] = '\0';
    return emend_error_on(message, sizeof message);
}

static void make_path(void) {
    strcpy(path, "/tmp/emend_config_XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_path(void) {
    unlink(path);
}

static void write_text(const char *text, size_t n) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static EmendStatus read_text(const char *text, EmendModelConfig *config) {
    EmendError err = fresh_error();
    write_text(text, strlen(text));
    return hf_config_read(path, config, &err);
}

static const char whole[] =
    "{\"model_type\": \"llama\", \"vocab_size\": 512, \"hidden_size\": 64, \"intermediate_size\": "
    "172,"
    " \"num_hidden_layers\": 5, \"num_attention_heads\": 8, \"num_key_value_heads\": 4,"
    " \"head_dim\": 16, \"max_position_embeddings\": 256, \"rope_theta\": 500000.0,"
    " \"rms_norm_eps\": 1e-05, \"initializer_range\": 0.05, \"tie_word_embeddings\": true,"
    " \"hidden_act\": \"silu\", \"attention_bias\": false, \"mlp_bias\": false,"
    " \"rope_scaling\": null, \"torch_dtype\": \"float16\"}";

/* `whole` with the text of one field's value replaced. */
static void with_field(const char *field, const char *value, char *text, size_t capacity) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", field);
    const char *at = strstr(whole, key);
    if (!at) {
        snprintf(text, capacity, "{%s%s, %s", key, value, whole + 1);
        return;
    }
    const char *rest = at + strcspn(at, ",}");
    snprintf(text, capacity, "%.*s%s%s%s", (int)(at - whole), whole, key, value, rest);
}

START_TEST(every_field_is_read) {
    EmendModelConfig config = {0};
    ck_assert_msg(read_text(whole, &config) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(config.struct_size, sizeof config);
    ck_assert_uint_eq(config.flags, EMEND_MODEL_TIED_EMBEDDINGS);
    ck_assert_uint_eq(config.vocab_size, 512);
    ck_assert_uint_eq(config.hidden_size, 64);
    ck_assert_uint_eq(config.intermediate_size, 172);
    ck_assert_uint_eq(config.num_hidden_layers, 5);
    ck_assert_uint_eq(config.num_attention_heads, 8);
    ck_assert_uint_eq(config.num_key_value_heads, 4);
    ck_assert_uint_eq(config.head_dim, 16);
    ck_assert_uint_eq(config.max_position_embeddings, 256);
    ck_assert(config.rope_theta == 500000.0);
    ck_assert(config.rms_norm_eps == 1e-5);
    ck_assert(config.initializer_range == 0.05);
}
END_TEST

START_TEST(what_is_left_out_is_as_transformers_has_it) {
    EmendModelConfig config = {0};
    const char *text = "{\"model_type\": \"llama\", \"vocab_size\": 512, \"hidden_size\": 64, "
                       "\"intermediate_size\": 172, \"num_hidden_layers\": 5, "
                       "\"num_attention_heads\": 8, \"head_dim\": null}";
    ck_assert_msg(read_text(text, &config) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(config.flags, 0);
    ck_assert_uint_eq(config.num_key_value_heads, 0);
    ck_assert_uint_eq(config.head_dim, 0);
    ck_assert_uint_eq(config.max_position_embeddings, 2048);
    ck_assert(config.rope_theta == 10000.0 && config.rms_norm_eps == 1e-6);
    ck_assert(config.initializer_range == 0.02);
}
END_TEST

START_TEST(newer_rope_parameters_are_read) {
    EmendModelConfig config = {0};
    char text[2048];
    with_field("rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 20000}", text,
               sizeof text);
    ck_assert_msg(read_text(text, &config) == EMEND_OK, "%s", message);
    ck_assert(config.rope_theta == 20000.0);
}
END_TEST

typedef struct Refused {
    const char *field, *value;
    EmendStatus status;
    const char *says; /* after "<path>: " */
} Refused;

static const Refused refused[] = {
    {"model_type", "\"qwen2\"", EMEND_UNIMPLEMENTED,
     "model_type is \"qwen2\"; this backend runs \"llama\""},
    {"model_type", "null", EMEND_INVALID_ARGUMENT, "model_type is missing"},
    {"hidden_act", "\"gelu\"", EMEND_UNIMPLEMENTED,
     "hidden_act is \"gelu\"; this backend computes"},
    {"attention_bias", "true", EMEND_UNIMPLEMENTED, "attention_bias is true; this backend has no"},
    {"attention_bias", "0", EMEND_INVALID_ARGUMENT,
     "attention_bias is 0; it must be true or false"},
    {"mlp_bias", "true", EMEND_UNIMPLEMENTED, "mlp_bias is true; this backend has no"},
    {"rope_scaling", "{\"rope_type\":\"llama3\"}", EMEND_UNIMPLEMENTED,
     "rope_scaling is {\"rope_type\":\"llama3\"}; this backend rotates without"},
    {"rope_scaling", "2", EMEND_UNIMPLEMENTED, "rope_scaling is 2; "},
    {"rope_parameters", "{\"rope_type\":\"yarn\"}", EMEND_UNIMPLEMENTED,
     "rope_parameters is {\"rope_type\":\"yarn\"}; "},
    {"quantization_config", "{}", EMEND_UNIMPLEMENTED, "quantization_config is {}; "},
    {"vocab_size", "null", EMEND_INVALID_ARGUMENT, "vocab_size is missing; it must give"},
    {"vocab_size", "0", EMEND_INVALID_ARGUMENT,
     "vocab_size is 0; it must be a whole number from 1"},
    {"hidden_size", "-64", EMEND_INVALID_ARGUMENT, "hidden_size is -64; it must be a whole number"},
    {"intermediate_size", "1.5", EMEND_INVALID_ARGUMENT, "intermediate_size is 1.5; it must be"},
    {"num_hidden_layers", "4294967297", EMEND_INVALID_ARGUMENT,
     "num_hidden_layers is 4294967297; it must be a whole number from 1 to 2147483647"},
    {"num_attention_heads", "\"8\"", EMEND_INVALID_ARGUMENT, "num_attention_heads is \"8\"; "},
    {"num_key_value_heads", "[4]", EMEND_INVALID_ARGUMENT, "num_key_value_heads is [4"},
    {"head_dim", "0", EMEND_INVALID_ARGUMENT, "head_dim is 0; "},
    {"rope_theta", "0", EMEND_INVALID_ARGUMENT, "rope_theta is 0; it must be a number above 0"},
    {"rms_norm_eps", "-1e-6", EMEND_INVALID_ARGUMENT, "rms_norm_eps is -"},
    {"initializer_range", "\"x\"", EMEND_INVALID_ARGUMENT,
     "initializer_range is \"x\"; it must be a number of 0 or more"},
    {"tie_word_embeddings", "\"yes\"", EMEND_INVALID_ARGUMENT,
     "tie_word_embeddings is \"yes\"; it must be true or false"},
};

START_TEST(a_value_that_cannot_be_run_is_refused_with_its_field) {
    EmendModelConfig config = {.vocab_size = 77};
    char text[2048], says[256];
    with_field(refused[_i].field, refused[_i].value, text, sizeof text);

    ck_assert_int_eq(read_text(text, &config), refused[_i].status);
    snprintf(says, sizeof says, "%s: %s", path, refused[_i].says);
    ck_assert_msg(strncmp(message, says, strlen(says)) == 0, "\"%s\" does not begin with \"%s\"",
                  message, says);
    ck_assert_msg(config.vocab_size == 77, "a refused config leaves the output as it was");
}
END_TEST

START_TEST(what_is_not_a_json_object_is_refused_with_its_place) {
    static const struct {
        const char *text, *says;
    } texts[] = {{"", ":1:0: "},
                 {"[]", ":1:1: is another kind of value; it must be one JSON object"},
                 {"{\"a\": 1,\n \"a\": 2}", ":2:"},
                 {"{\"a\": nul}", ":1:9: "},
                 {"{} {}", "; it must be one JSON object: restore the model's config"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        EmendModelConfig config = {0};
        ck_assert_int_eq(read_text(texts[i].text, &config), EMEND_DATA_LOSS);
        ck_assert_msg(strstr(message, texts[i].says), "\"%s\" does not say \"%s\"", message,
                      texts[i].says);
        ck_assert_ptr_null(strchr(message, '\n'));
    }
}
END_TEST

START_TEST(a_config_cut_short_anywhere_is_refused) {
    for (size_t cut = 0; cut + 1 < sizeof whole - 1; cut += 7) {
        EmendError err = fresh_error();
        EmendModelConfig config = {0};
        write_text(whole, cut);
        ck_assert_int_eq(hf_config_read(path, &config, &err), EMEND_DATA_LOSS);
    }
}
END_TEST

START_TEST(flipped_bits_never_crash_the_reader) {
    uint64_t state = 12345;
    char text[sizeof whole];
    for (int round = 0; round < 500; round++) {
        EmendError err = fresh_error();
        EmendModelConfig config = {0};
        memcpy(text, whole, sizeof whole);
        for (int flips = 0; flips < 2; flips++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            text[(state >> 33) % (sizeof whole - 1)] ^= (char)(1 << (state >> 29 & 7));
        }
        write_text(text, sizeof whole - 1);
        EmendStatus status = hf_config_read(path, &config, &err);
        ck_assert_msg(status == EMEND_OK || message[0] != '\0', "refused without a word: %s", text);
    }
}
END_TEST

static const EmendModelConfig odd_config = {
    .struct_size = sizeof odd_config,
    .flags = EMEND_MODEL_TIED_EMBEDDINGS,
    .vocab_size = 37,
    .hidden_size = 24,
    .intermediate_size = 40,
    .num_hidden_layers = 3,
    .num_attention_heads = 6,
    .num_key_value_heads = 2,
    .head_dim = 10,
    .max_position_embeddings = 99,
    .rope_theta = 12345.678901234567,
    .rms_norm_eps = 1.0 / 3.0,
    .initializer_range = 0.0,
};

START_TEST(a_written_config_reads_back_equal) {
    EmendError err = fresh_error();
    for (uint32_t flags = 0; flags <= EMEND_MODEL_TIED_EMBEDDINGS; flags++) {
        EmendModelConfig written = odd_config, read = {0};
        written.flags = flags;
        ck_assert_int_eq(hf_config_write(path, &written, &err), EMEND_OK);
        ck_assert_msg(hf_config_read(path, &read, &err) == EMEND_OK, "%s", message);
        ck_assert_mem_eq(&read, &written, sizeof read);
    }
}
END_TEST

START_TEST(a_written_config_is_a_float32_llama_for_transformers) {
    EmendError err = fresh_error();
    ck_assert_int_eq(hf_config_write(path, &odd_config, &err), EMEND_OK);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    static const char *const texts[][2] = {
        {"model_type", "llama"}, {"torch_dtype", "float32"}, {"hidden_act", "silu"}};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(json_string_value(json_object_get(json, texts[i][0])), texts[i][1]);
    }
    const json_t *classes = json_object_get(json, "architectures");
    ck_assert_uint_eq(json_array_size(classes), 1);
    ck_assert_str_eq(json_string_value(json_array_get(classes, 0)), "LlamaForCausalLM");
    ck_assert(json_is_false(json_object_get(json, "attention_bias")));
    ck_assert(json_is_false(json_object_get(json, "mlp_bias")));
    ck_assert(json_is_null(json_object_get(json, "rope_scaling")));
    ck_assert_msg(json_is_null(json_object_get(json, "eos_token_id")),
                  "the ids of special tokens are not the backend's to give");
    json_decref(json);
}
END_TEST

START_TEST(a_full_disk_is_reported_with_the_path) {
    EmendError err = fresh_error();
    if (access("/dev/full", W_OK) != 0) {
        return;
    }
    unlink(path);
    ck_assert_int_eq(symlink("/dev/full", path), 0);
    ck_assert_int_eq(hf_config_write(path, &odd_config, &err), EMEND_EXHAUSTED);
    ck_assert_msg(strncmp(message, path, strlen(path)) == 0, "no path in \"%s\"", message);
    ck_assert_msg(strstr(message, "No space left on device"), "\"%s\"", message);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("hf_config");
    TCase *tests = tcase_create("config");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, make_path, remove_path);
    tcase_add_test(tests, every_field_is_read);
    tcase_add_test(tests, what_is_left_out_is_as_transformers_has_it);
    tcase_add_test(tests, newer_rope_parameters_are_read);
    tcase_add_loop_test(tests, a_value_that_cannot_be_run_is_refused_with_its_field, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, what_is_not_a_json_object_is_refused_with_its_place);
    tcase_add_test(tests, a_config_cut_short_anywhere_is_refused);
    tcase_add_test(tests, flipped_bits_never_crash_the_reader);
    tcase_add_test(tests, a_written_config_reads_back_equal);
    tcase_add_test(tests, a_written_config_is_a_float32_llama_for_transformers);
    tcase_add_test(tests, a_full_disk_is_reported_with_the_path);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
