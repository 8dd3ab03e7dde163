/* SPDX-License-Identifier: Apache-2.0 */
/* Model folders, written and read by the built backend through its tables. */
#include "cases.h"
#include "check/random.h"
#include "hf_config.h"
#include "safetensors.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static Loaded *loaded;

static void setup(void) {
    strcpy(folder, "/tmp/emend_folder_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void setup_backend(void) {
    setup();
    loaded = loaded_open((EmendBytes){0});
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void teardown_backend(void) {
    loaded_close(loaded);
    remove_folder();
}

static const char *in_folder(const char *name) {
    static char paths[4][160];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static uint8_t *read_file(const char *name, size_t *n) {
    enum { MAX = 1 << 20 };
    FILE *file = fopen(in_folder(name), "rb");
    ck_assert_msg(file != NULL, "%s is not there", name);
    uint8_t *bytes = malloc(MAX);
    ck_assert_ptr_nonnull(bytes);
    *n = fread(bytes, 1, MAX, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *name, const void *bytes, size_t n) {
    FILE *file = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static void save(Loaded *backend, const EmendModel *model, uint32_t flags) {
    ck_assert_msg(backend->backend->model_save(backend->self, model, emend_str(folder), flags,
                                               &backend->err) == EMEND_OK,
                  "%s", backend->message);
}

static void check_same_weights(Loaded *backend, EmendModel *left, EmendModel *right) {
    const char *names[2] = {NULL, NULL};
    float *values[2] = {NULL, NULL}, *gradient = NULL;
    uint64_t n[2] = {0, 0}, i = 0;
    for (; loaded_tensor(backend, left, i, &names[0], &values[0], &gradient, &n[0]); i++) {
        ck_assert(loaded_tensor(backend, right, i, &names[1], &values[1], &gradient, &n[1]));
        ck_assert_str_eq(names[0], names[1]);
        ck_assert_uint_eq(n[0], n[1]);
        ck_assert_msg(memcmp(values[0], values[1], (size_t)n[0] * sizeof(float)) == 0,
                      "%s has other bits", names[0]);
    }
    ck_assert(!loaded_tensor(backend, right, i, &names[1], &values[1], &gradient, &n[1]));
}

// ---- there and back

START_TEST(a_saved_model_reads_back_with_its_bits) {
    Pair pair;
    EmendModelInfo before = {.struct_size = sizeof before}, after = {.struct_size = sizeof after};
    pair_open(&pair, &model_shapes[_i]);
    const EmendBackend *backend = pair.loaded->backend;
    save(pair.loaded, pair.policy, 0);

    EmendModel *read = loaded_folder(pair.loaded, folder, 0);

    ck_assert_msg(read != NULL, "%s: %s", model_shapes[_i].name, pair.loaded->message);
    check_same_weights(pair.loaded, pair.policy, read);
    ck_assert_int_eq(
        backend->model_info(pair.loaded->self, pair.policy, &before, &pair.loaded->err), EMEND_OK);
    ck_assert_int_eq(backend->model_info(pair.loaded->self, read, &after, &pair.loaded->err),
                     EMEND_OK);
    ck_assert_mem_eq(&before.config, &after.config, sizeof before.config);
    ck_assert_int_ne(access(in_folder("optimizer.safetensors"), F_OK), 0);
    backend->model_close(pair.loaded->self, read);
    pair_close(&pair);
}
END_TEST

static void train_a_step(Pair *pair, uint64_t step) {
    const EmendOptimizerStep args = {.struct_size = sizeof args,
                                     .step = step,
                                     .learning_rate = 1e-2,
                                     .beta1 = 0.9,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-8,
                                     .weight_decay = 0.1};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    pair_backward(pair, 0, N_SEQUENCES);
    ck_assert_int_eq(pair->loaded->backend->optimizer_step(pair->loaded->self, pair->policy, &args,
                                                           &result, &pair->loaded->err),
                     EMEND_OK);
}

START_TEST(a_checkpoint_goes_on_to_the_same_bits) {
    Pair pair;
    size_t n_first = 0, n_second = 0;
    pair_open(&pair, &model_shapes[_i]);
    train_a_step(&pair, 1);
    train_a_step(&pair, 2);
    save(pair.loaded, pair.policy, EMEND_MODEL_OPTIMIZER);
    uint8_t *first = read_file("optimizer.safetensors", &n_first);
    EmendModel *read = loaded_folder(pair.loaded, folder, EMEND_MODEL_OPTIMIZER);
    ck_assert_msg(read != NULL, "%s", pair.loaded->message);
    save(pair.loaded, read, EMEND_MODEL_OPTIMIZER);
    uint8_t *second = read_file("optimizer.safetensors", &n_second);

    ck_assert_uint_eq(n_first, n_second);
    ck_assert_msg(memcmp(first, second, n_first) == 0, "the moments have other bits");

    EmendModel *original = pair.policy;
    train_a_step(&pair, 3);
    pair.policy = read;
    train_a_step(&pair, 3);
    check_same_weights(pair.loaded, original, read);

    free(first);
    free(second);
    pair.loaded->backend->model_close(pair.loaded->self, original);
    pair_close(&pair);
}
END_TEST

START_TEST(moments_that_are_not_there_are_named) {
    EmendModel *model = loaded_model(loaded, &model_shapes[1].config, EMEND_MODEL_FROZEN, 1);
    EmendStatus status = loaded->backend->model_save(loaded->self, model, emend_str(folder),
                                                     EMEND_MODEL_OPTIMIZER, &loaded->err);
    ck_assert_int_eq(status, EMEND_PRECONDITION);
    ck_assert_msg(
        strstr(loaded->message, "frozen model is to be saved with the optimizer's moments"),
        "\"%s\"", loaded->message);
    save(loaded, model, 0);
    loaded->backend->model_close(loaded->self, model);

    ck_assert_ptr_null(loaded_folder(loaded, folder, EMEND_MODEL_OPTIMIZER));
    ck_assert_int_eq(loaded->err.code, EMEND_NOT_FOUND);
    ck_assert_msg(strstr(loaded->message, "/optimizer.safetensors: cannot be opened: No such file"),
                  "\"%s\"", loaded->message);
    ck_assert_ptr_null(loaded_folder(loaded, folder, EMEND_MODEL_OPTIMIZER | EMEND_MODEL_FROZEN));
    ck_assert_int_eq(loaded->err.code, EMEND_INVALID_ARGUMENT);
}
END_TEST

// ---- folders that do not fit together

static const EmendModelConfig small = {.struct_size = sizeof small,
                                       .vocab_size = 5,
                                       .hidden_size = 4,
                                       .intermediate_size = 6,
                                       .num_hidden_layers = 1,
                                       .num_attention_heads = 2,
                                       .num_key_value_heads = 1,
                                       .head_dim = 2,
                                       .max_position_embeddings = 8,
                                       .rope_theta = 10000.0,
                                       .rms_norm_eps = 1e-5,
                                       .initializer_range = 0.02};

enum { N_SMALL = 12, EMBEDDING = 0, Q_PROJ = 1, NORM = 10, HEAD = 11 };

static float small_values[256];

static const SafetensorsItem small_items[N_SMALL] = {
    {"model.embed_tokens.weight", 2, {5, 4}, small_values},
    {"model.layers.0.self_attn.q_proj.weight", 2, {4, 4}, small_values + 20},
    {"model.layers.0.self_attn.k_proj.weight", 2, {2, 4}, small_values + 36},
    {"model.layers.0.self_attn.v_proj.weight", 2, {2, 4}, small_values + 44},
    {"model.layers.0.self_attn.o_proj.weight", 2, {4, 4}, small_values + 52},
    {"model.layers.0.mlp.gate_proj.weight", 2, {6, 4}, small_values + 68},
    {"model.layers.0.mlp.up_proj.weight", 2, {6, 4}, small_values + 92},
    {"model.layers.0.mlp.down_proj.weight", 2, {4, 6}, small_values + 116},
    {"model.layers.0.input_layernorm.weight", 1, {4, 0}, small_values + 140},
    {"model.layers.0.post_attention_layernorm.weight", 1, {4, 0}, small_values + 144},
    {"model.norm.weight", 1, {4, 0}, small_values + 148},
    {"lm_head.weight", 2, {5, 4}, small_values + 152}};

static void write_items(const char *name, const SafetensorsItem *items, size_t n) {
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    for (size_t i = 0; i < sizeof small_values / sizeof small_values[0]; i++) {
        small_values[i] = (float)i / 64.0f;
    }
    ck_assert_msg(safetensors_write(in_folder(name), items, n, &err) == EMEND_OK, "%s", message);
}

static void write_config(const EmendModelConfig *config) {
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_msg(hf_config_write(in_folder("config.json"), config, &err) == EMEND_OK, "%s",
                  message);
}

static void check_opens(void) {
    EmendModel *model = loaded_folder(loaded, folder, 0);
    ck_assert_msg(model != NULL, "%s", loaded->message);
    loaded->backend->model_close(loaded->self, model);
}

static void check_refused(EmendStatus code, const char *says) {
    ck_assert_msg(loaded_folder(loaded, folder, 0) == NULL, "not refused: %s", says);
    ck_assert_msg(loaded->err.code == code, "%s: %s", emend_status_name(loaded->err.code),
                  loaded->message);
    ck_assert_msg(strncmp(loaded->message, folder, strlen(folder)) == 0, "no path in \"%s\"",
                  loaded->message);
    ck_assert_msg(strstr(loaded->message, says), "\"%s\" does not say \"%s\"", loaded->message,
                  says);
}

START_TEST(a_tensor_of_another_shape_is_refused_with_both) {
    SafetensorsItem items[N_SMALL];
    memcpy(items, small_items, sizeof items);
    write_config(&small);
    write_items("model.safetensors", items, N_SMALL);
    check_opens();

    items[Q_PROJ].shape[0] = 2;
    write_items("model.safetensors", items, N_SMALL);
    check_refused(EMEND_DATA_LOSS,
                  "/model.safetensors: tensor \"model.layers.0.self_attn.q_proj.weight\" has shape "
                  "[2,");
    check_refused(EMEND_DATA_LOSS,
                  "4]; config.json asks for [4, 4]: restore the config.json that belongs to");
    items[Q_PROJ].shape[0] = 4;
    items[NORM] = (SafetensorsItem){"model.norm.weight", 2, {1, 4}, small_values};
    write_items("model.safetensors", items, N_SMALL);
    check_refused(EMEND_DATA_LOSS, "4]; config.json asks for [4]: ");
}
END_TEST

START_TEST(each_tensor_that_is_missing_is_named) {
    SafetensorsItem items[N_SMALL];
    char says[128];
    memcpy(items, small_items, sizeof items);
    items[_i] = items[N_SMALL - 1];
    write_config(&small);
    write_items("model.safetensors", items, N_SMALL - 1);

    snprintf(says, sizeof says, "/model.safetensors: tensor \"%s\" is missing; restore",
             small_items[_i].name);
    check_refused(EMEND_DATA_LOSS, says);
    if (_i == HEAD) {
        check_refused(EMEND_DATA_LOSS, "set tie_word_embeddings to true");
    }
}
END_TEST

START_TEST(a_tensor_without_a_place_is_refused_unless_it_says_nothing) {
    SafetensorsItem items[N_SMALL + 1];
    EmendModelConfig tied = small;
    memcpy(items, small_items, sizeof small_items);
    write_config(&small);

    items[N_SMALL] =
        (SafetensorsItem){"model.layers.0.self_attn.q_proj.bias", 1, {4, 0}, small_values};
    write_items("model.safetensors", items, N_SMALL + 1);
    check_refused(EMEND_DATA_LOSS, "tensor \"model.layers.0.self_attn.q_proj.bias\" has no place");

    items[N_SMALL].name = "model.layers.0.self_attn.rotary_emb.inv_freq";
    write_items("model.safetensors", items, N_SMALL + 1);
    check_opens();

    tied.flags = EMEND_MODEL_TIED_EMBEDDINGS;
    write_config(&tied);
    check_opens();
}
END_TEST

START_TEST(a_config_that_cannot_be_run_is_refused_with_path_and_field) {
    EmendModelConfig config = small;
    write_items("model.safetensors", small_items, N_SMALL);
    check_refused(EMEND_NOT_FOUND, "/config.json: cannot be opened: No such file");
    config.num_key_value_heads = 3;
    write_config(&config);
    check_refused(EMEND_INVALID_ARGUMENT, "/config.json: ");
    check_refused(EMEND_INVALID_ARGUMENT, "num_key_value_heads");
    config = small;
    config.vocab_size = 1 << 24;
    config.hidden_size = 1 << 14;
    write_config(&config);
    check_refused(EMEND_DATA_LOSS, "config.json describes ");
}
END_TEST

START_TEST(a_folder_without_weights_says_what_is_looked_for) {
    write_config(&small);
    check_refused(EMEND_NOT_FOUND,
                  loaded_is_cpu()
                      ? "/model.safetensors: not found, nor model.safetensors.index.json "
                        "beside it; a model folder holds its weights in one of these"
                      : "/model.safetensors: cannot be opened: No such file or directory");
    write_file("model.safetensors", "", 0);
    check_refused(EMEND_DATA_LOSS, "/model.safetensors: it has 0 bytes");
}
END_TEST

/* Changes of a file of `small`: text of the header for as much other text, and bytes at the end. */
static const struct {
    const char *from, *to;
    int n_more; /* below 0: fewer */
} lies[] = {
    {"[480,512]", "[464,512]", 0}, // longer than its shape, and over another
    {"[480,512]", "[464,496]", 0}, // over another
    {"[480,512]", "[496,528]", 0}, // over another, and leaves a hole
    {"[480,512]", "[512,480]", 0}, // backwards
    {"[480,512]", "[-48,-16]", 0},
    {"[480,512]", "[4.8,5.1]", 0},
    {"[480,512]", "{\"a\": 51}", 0},
    {"[480,512]", "[480]    ", 0},
    {"\"F32\"", "\"F64\"", 0},
    {"\"F32\"", "12345", 0},
    {"[4,4]", "[2,8]", 0},
    {"[4,4]", "[4,9]", 0},
    {"[4,4]", "[4.4]", 0},
    {"[4,4]", "\"4,4\"", 0},
    {"shape", "sha_e", 0},
    {"dtype", "dty_e", 0},
    {"", "", 4},
    {"", "", -4},
    {"", "", -1000},
};
enum { N_LIES = sizeof lies / sizeof lies[0] };

START_TEST(weights_that_lie_about_their_places_are_refused) {
    size_t n = 0;
    write_config(&small);
    write_items("model.safetensors", small_items, N_SMALL);
    check_opens();
    uint8_t *bytes = read_file("model.safetensors", &n);
    char *at = memmem(bytes, n, lies[_i].from, strlen(lies[_i].from));
    ck_assert_msg(at != NULL, "%s is not in the header", lies[_i].from);
    memcpy(at, lies[_i].to, strlen(lies[_i].to));
    write_file("model.safetensors", bytes, n + (size_t)lies[_i].n_more);
    free(bytes);

    ck_assert_msg(loaded_folder(loaded, folder, 0) == NULL, "%s for %s is believed", lies[_i].to,
                  lies[_i].from);
    ck_assert_msg(strstr(loaded->message, "/model.safetensors: ") != NULL, "\"%s\"",
                  loaded->message);
}
END_TEST

// ---- shards

static const char index_text[] = "{\"metadata\":{\"total_size\":688},\"weight_map\":{"
                                 "\"model.embed_tokens.weight\":\"a.safetensors\","
                                 "\"model.layers.0.self_attn.q_proj.weight\":\"a.safetensors\","
                                 "\"model.layers.0.self_attn.k_proj.weight\":\"a.safetensors\","
                                 "\"lm_head.weight\":\"b.safetensors\"}}";

static void write_index(const char *text) {
    write_file("model.safetensors.index.json", text, strlen(text));
}

static void write_shards(void) {
    write_config(&small);
    write_items("a.safetensors", small_items, 3);
    write_items("b.safetensors", small_items + 3, N_SMALL - 3);
    write_index(index_text);
}

START_TEST(shards_are_read_as_one) {
    write_config(&small);
    write_items("model.safetensors", small_items, N_SMALL);
    EmendModel *whole = loaded_folder(loaded, folder, 0);
    ck_assert_msg(whole != NULL, "%s", loaded->message);
    ck_assert_int_eq(unlink(in_folder("model.safetensors")), 0);
    write_shards();

    EmendModel *sharded = loaded_folder(loaded, folder, 0);

    ck_assert_msg(sharded != NULL, "%s", loaded->message);
    check_same_weights(loaded, whole, sharded);
    loaded->backend->model_close(loaded->self, whole);
    loaded->backend->model_close(loaded->self, sharded);
}
END_TEST

START_TEST(shards_that_do_not_fit_their_index_are_refused) {
    static const struct {
        const char *index, *says;
    } indices[] = {
        {"{", "index.json: is not JSON with a weight_map"},
        {"{\"weight_map\":{}}", "index.json: is not JSON with a weight_map"},
        {"{\"weight_map\":{\"x\":1}}", "weight_map gives no file name for tensor \"x\""},
        {"{\"weight_map\":{\"x\":\"../a.safetensors\"}}", "no file name for tensor \"x\""},
        {"{\"weight_map\":{\"x\":\"..\"}}", "no file name for tensor \"x\""},
        {"{\"weight_map\":{\"x\":\"\"}}", "no file name for tensor \"x\""},
        {"{\"weight_map\":{\"x\":\"a.safetensors\"}}",
         "/a.safetensors: tensor \"x\" is not in the file; "},
        {"{\"weight_map\":{\"lm_head.weight\":\"a.safetensors\"}}",
         "/a.safetensors: tensor \"lm_head.weight\" is not in the file; "},
        {"{\"weight_map\":{\"model.embed_tokens.weight\":\"a.safetensors\"}}",
         "tensor \"model.layers.0.input_layernorm.weight\" is missing"},
    };
    write_shards();
    write_index(indices[_i].index);
    check_refused(EMEND_DATA_LOSS, indices[_i].says);
}
END_TEST

START_TEST(a_shard_that_is_missing_or_repeats_a_tensor_is_named) {
    write_shards();
    write_items("b.safetensors", small_items + 2, N_SMALL - 2);
    check_refused(EMEND_DATA_LOSS, "/b.safetensors: tensor "
                                   "\"model.layers.0.self_attn.k_proj.weight\" is also in ");
    ck_assert_int_eq(unlink(in_folder("b.safetensors")), 0);
    check_refused(EMEND_NOT_FOUND, "/b.safetensors: cannot be opened: No such file");
}
END_TEST

// ---- when things run out

START_TEST(a_full_disk_is_reported_for_each_file) {
    static const char *const names[] = {"config.json", "model.safetensors",
                                        "optimizer.safetensors"};
    if (access("/dev/full", W_OK) != 0) {
        return;
    }
    EmendModel *model = loaded_model(loaded, &small, 0, 1);
    for (int i = 0; i < 3; i++) {
        unlink(in_folder(names[i])); // of the round before
        ck_assert_int_eq(symlink("/dev/full", in_folder(names[i])), 0);
        EmendStatus status = loaded->backend->model_save(loaded->self, model, emend_str(folder),
                                                         EMEND_MODEL_OPTIMIZER, &loaded->err);
        ck_assert_int_eq(status, EMEND_EXHAUSTED);
        const char *path = in_folder(names[i]);
        ck_assert_msg(strncmp(loaded->message, path, strlen(path)) == 0, "\"%s\" does not begin %s",
                      loaded->message, path);
        ck_assert_msg(strstr(loaded->message, "No space left on device; free some space"), "\"%s\"",
                      loaded->message);
        unlink(path);
    }
    loaded->backend->model_close(loaded->self, model);
}
END_TEST

START_TEST(memory_that_runs_out_anywhere_is_a_status_and_leaves_nothing) {
    write_config(&small);
    write_items("model.safetensors", small_items, N_SMALL);
    long n_before = atomic_load(&loaded->n_blocks), n_failed = 0;
    EmendModel *model = NULL;
    while (!model) {
        atomic_store(&loaded->n_until_out, n_failed + 1);
        model = loaded_folder(loaded, folder, 0);
        atomic_store(&loaded->n_until_out, 0);
        if (!model) {
            ck_assert_msg(loaded->err.code == EMEND_EXHAUSTED, "%s", loaded->message);
            ck_assert_str_ne(loaded->message, "");
            ck_assert_int_eq(atomic_load(&loaded->n_blocks), n_before);
            n_failed++;
        }
    }
    ck_assert_int_gt(n_failed, 3);
    loaded->backend->model_close(loaded->self, model);
    ck_assert_int_eq(atomic_load(&loaded->n_blocks), n_before);
}
END_TEST

START_TEST(flipped_bits_in_a_folder_never_crash) {
    static const char *const names[] = {"config.json", "model.safetensors"};
    uint64_t random = (uint64_t)_i + 1;
    size_t n = 0;
    write_config(&small);
    write_items("model.safetensors", small_items, N_SMALL);
    uint8_t *bytes = read_file(names[_i], &n);
    for (int round = 0; round < 300; round++) {
        size_t at = check_below(&random, (uint32_t)n);
        uint8_t before = bytes[at];
        bytes[at] ^= (uint8_t)(1u << check_below(&random, 8));
        write_file(names[_i], bytes, n);
        EmendModel *model = loaded_folder(loaded, folder, 0);
        ck_assert(model != NULL || loaded->message[0] != '\0');
        loaded->backend->model_close(loaded->self, model);
        bytes[at] = before;
    }
    free(bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model folder");

    TCase *back = tcase_create("there and back");
    tcase_set_timeout(back, 30);
    tcase_add_checked_fixture(back, setup, remove_folder);
    tcase_add_loop_test(back, a_saved_model_reads_back_with_its_bits, 0, N_SHAPES);
    tcase_add_loop_test(back, a_checkpoint_goes_on_to_the_same_bits, 0, 4);
    suite_add_tcase(suite, back);

    TCase *refused = tcase_create("refused");
    tcase_set_timeout(refused, 30);
    tcase_add_checked_fixture(refused, setup_backend, teardown_backend);
    tcase_add_test(refused, moments_that_are_not_there_are_named);
    tcase_add_test(refused, a_tensor_of_another_shape_is_refused_with_both);
    tcase_add_loop_test(refused, each_tensor_that_is_missing_is_named, 0, N_SMALL);
    tcase_add_test(refused, a_tensor_without_a_place_is_refused_unless_it_says_nothing);
    tcase_add_test(refused, a_config_that_cannot_be_run_is_refused_with_path_and_field);
    tcase_add_test(refused, a_folder_without_weights_says_what_is_looked_for);
    tcase_add_loop_test(refused, weights_that_lie_about_their_places_are_refused, 0, N_LIES);
    if (loaded_is_cpu()) {
        tcase_add_test(refused, shards_are_read_as_one);
        tcase_add_loop_test(refused, shards_that_do_not_fit_their_index_are_refused, 0, 9);
        tcase_add_test(refused, a_shard_that_is_missing_or_repeats_a_tensor_is_named);
    }
    tcase_add_test(refused, a_full_disk_is_reported_for_each_file);
    tcase_add_test(refused, memory_that_runs_out_anywhere_is_a_status_and_leaves_nothing);
    tcase_add_loop_test(refused, flipped_bits_in_a_folder_never_crash, 0, 2);
    suite_add_tcase(suite, refused);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
