/* SPDX-License-Identifier: Apache-2.0 */
/* Model folders that are not there, damaged, or cannot be written. */
#include "check/backend/rig.h"
#include "check/backend/tests.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, NESTING = 200000 };

/* Opens the folder, which must be refused with its path in the message. */
static void check_refused(Rig *rig, KitFolder *folder, const char *what) {
    EmendModel *model = NULL;
    const EmendModelSource source = {.struct_size = sizeof source, .dir = emend_str(folder->dir)};
    kit_enter(rig->kit, what);
    EmendStatus status = rig->backend->model_open(rig->self, &source, &model, rig_err(rig));
    if (subject_refused(rig->subject, what, status) &&
        !strstr(rig->subject->message, folder->dir)) {
        kit_fail(rig->kit, "put the path of the file at the front of the message",
                 "%s is refused with \"%s\"; the message must hold the path", what,
                 rig->subject->message);
    }
}

void backend_test_missing_folder(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        KitFolder none = rig.folder;
        strcat(none.dir, "-not-there");
        check_refused(&rig, &none, "a folder that is not there");
        if (!kit_is_over(kit) && kit_folder_init(kit, &none)) {
            check_refused(&rig, &none, "an empty folder");
        }
    }
    rig_close(&rig);
}

// ---- model.safetensors

/* A file in two parts. */
typedef struct Weights {
    char *header;
    size_t n_header;
    const uint8_t *data;
    size_t n_data;
} Weights;

/* Writes the file with a header length that may be a lie. */
static bool write_weights(Rig *rig, const Weights *weights, uint64_t n_header) {
    size_t n = LENGTH_BYTES + weights->n_header + weights->n_data;
    uint8_t *bytes = malloc(n);
    if (!bytes) {
        abort();
    }
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        bytes[i] = (uint8_t)(n_header >> (8 * i));
    }
    memcpy(bytes + LENGTH_BYTES, weights->header, weights->n_header);
    memcpy(bytes + LENGTH_BYTES + weights->n_header, weights->data, weights->n_data);
    bool is_written = kit_folder_write(rig->kit, &rig->folder, "model.safetensors", bytes, n);
    free(bytes);
    return is_written;
}

static void check_truncated(Rig *rig, const uint8_t *bytes, size_t n, size_t n_header) {
    const size_t lengths[] = {0,
                              4,
                              LENGTH_BYTES,
                              LENGTH_BYTES + n_header / 2,
                              LENGTH_BYTES + n_header,
                              (LENGTH_BYTES + n_header + n) / 2,
                              n - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !kit_is_over(rig->kit); i++) {
        char what[96];
        snprintf(what, sizeof what, "a model.safetensors cut to %zu of its %zu bytes", lengths[i],
                 n);
        if (kit_folder_write(rig->kit, &rig->folder, "model.safetensors", bytes, lengths[i])) {
            check_refused(rig, &rig->folder, what);
        }
    }
}

static void check_lengths(Rig *rig, const Weights *weights) {
    static const uint64_t lengths[] = {0,         1,          100000001,     (uint64_t)1 << 40,
                                       INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !kit_is_over(rig->kit); i++) {
        char what[96];
        snprintf(what, sizeof what, "a model.safetensors with a header length of %llu",
                 (unsigned long long)lengths[i]);
        if (write_weights(rig, weights, lengths[i])) {
            check_refused(rig, &rig->folder, what);
        }
    }
}

static void check_header(Rig *rig, const Weights *weights, char *header, const char *what) {
    Weights damaged = *weights;
    damaged.header = header;
    damaged.n_header = strlen(header);
    if (!kit_is_over(rig->kit) && write_weights(rig, &damaged, damaged.n_header)) {
        check_refused(rig, &rig->folder, what);
    }
}

/* Spoils one entry of a good header: `field` becomes `value`, a JSON text; NULL: the entry goes. */
typedef struct Damage {
    const char *what, *tensor, *field, *value;
} Damage;

static void check_damage(Rig *rig, const Weights *weights, const Damage *damage) {
    json_t *header = json_loadb(weights->header, weights->n_header, 0, NULL);
    if (damage->field) {
        json_object_set_new(json_object_get(header, damage->tensor), damage->field,
                            json_loads(damage->value, JSON_DECODE_ANY, NULL));
    } else {
        json_object_del(header, damage->tensor);
    }
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (!text) {
        abort();
    }
    check_header(rig, weights, text, damage->what);
    free(text);
}

#define Q_PROJ "model.layers.0.self_attn.q_proj.weight"
#define NORM "model.norm.weight"

static const Damage damages[] = {
    {"a tensor of an unknown type", Q_PROJ, "dtype", "\"F99\""},
    {"a tensor whose type is no text", Q_PROJ, "dtype", "17"},
    {"a tensor of another shape", Q_PROJ, "shape", "[64, 33]"},
    {"a tensor of a shape that overflows", Q_PROJ, "shape",
     "[4611686018427387905, 4611686018427387904]"},
    {"a tensor of a negative shape", Q_PROJ, "shape", "[-64, -32]"},
    {"a tensor whose shape is no list", Q_PROJ, "shape", "{}"},
    {"a tensor whose offsets are behind the file's end", Q_PROJ, "data_offsets",
     "[4611686018427379712, 4611686018427387904]"},
    {"a tensor that ends before it begins", Q_PROJ, "data_offsets", "[8192, 0]"},
    {"a tensor with a negative offset", Q_PROJ, "data_offsets", "[-8192, 0]"},
    {"a tensor over the bytes of another", NORM, "data_offsets", "[0, 128]"},
    {"a tensor with one offset", Q_PROJ, "data_offsets", "[0]"},
    {"a file without a tensor that the model has", NORM, NULL, NULL},
};

static char *nested(void) {
    char *text = malloc(NESTING + 1);
    if (!text) {
        abort();
    }
    memset(text, '[', NESTING);
    text[NESTING] = '\0';
    return text;
}

static void check_headers(Rig *rig, const Weights *weights) {
    static const struct {
        char text[40];
        const char *what;
    } headers[] = {{"", "a header of nothing"},
                   {"{\"a\":", "a header that is half a JSON object"},
                   {"[]", "a header that is a JSON array"},
                   {"{}", "a header without tensors"},
                   {"{\"model.norm.weight\":7}", "a tensor that is a number"},
                   {"\xff\xfe{}", "a header that is not UTF-8"}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[sizeof headers[0].text];
        memcpy(text, headers[i].text, sizeof text);
        check_header(rig, weights, text, headers[i].what);
    }
    char *deep = nested();
    check_header(rig, weights, deep, "a header nested 200000 deep");
    free(deep);
}

void backend_test_damaged_weights(Kit *kit) {
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        size_t n = 0, n_header = 0;
        uint8_t *bytes = model_files_weights(rig.policy_reference, &n);
        memcpy(&n_header, bytes, sizeof n_header);
        const Weights weights = {.header = (char *)bytes + LENGTH_BYTES,
                                 .n_header = n_header,
                                 .data = bytes + LENGTH_BYTES + n_header,
                                 .n_data = n - LENGTH_BYTES - n_header};
        check_truncated(&rig, bytes, n, n_header);
        check_lengths(&rig, &weights);
        check_headers(&rig, &weights);
        for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
            check_damage(&rig, &weights, &damages[i]);
        }
        // After all that the same instance opens a good one.
        if (!kit_is_over(kit)) {
            rig_drop(&rig, rig_model(&rig, rig.policy_reference, EMEND_MODEL_FROZEN));
        }
        free(bytes);
    }
    rig_close(&rig);
}

// ---- config.json

static void check_config(Rig *rig, const char *text, size_t n, const char *what) {
    if (!kit_is_over(rig->kit) &&
        kit_folder_write(rig->kit, &rig->folder, "config.json", text, n)) {
        check_refused(rig, &rig->folder, what);
    }
}

/* The good config with one field set to a JSON text; NULL: without it. */
static void check_field(Rig *rig, const char *good, const char *field, const char *value) {
    char what[128];
    json_t *config = json_loads(good, 0, NULL);
    if (value) {
        json_object_set_new(config, field, json_loads(value, JSON_DECODE_ANY, NULL));
        snprintf(what, sizeof what, "a config.json with %s %s", field, value);
    } else {
        json_object_del(config, field);
        snprintf(what, sizeof what, "a config.json without %s", field);
    }
    char *text = json_dumps(config, 0);
    json_decref(config);
    if (!text) {
        abort();
    }
    check_config(rig, text, strlen(text), what);
    free(text);
}

void backend_test_damaged_config(Kit *kit) {
    static const char *const fields[][2] = {
        {"model_type", "\"a-model-nobody-made\""},
        {"hidden_size", NULL},
        {"hidden_size", "\"32\""},
        {"hidden_size", "-32"},
        {"hidden_size", "1e300"},
        {"hidden_size", "64"}, // not that of the weights
        {"vocab_size", "0"},
        {"num_hidden_layers", "3"}, // the file has two
        {"num_hidden_layers", "4000000000"},
        {"num_attention_heads", "[]"},
        {"rope_theta", "0"},
        {"rms_norm_eps", "-1"},
    };
    Rig rig;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig)) {
        size_t n = 0;
        uint8_t *bytes = kit_folder_read(&rig.folder, "config.json", &n);
        char *good = bytes ? (char *)bytes : NULL, *deep = nested();
        if (good) {
            good[n] = '\0';
        }
        check_config(&rig, "", 0, "an empty config.json");
        check_config(&rig, "{\"hidden_size\":", 15, "half a config.json");
        check_config(&rig, "[1, 2]", 6, "a config.json that is a JSON array");
        check_config(&rig, "\xff\xfe{}", 4, "a config.json that is not UTF-8");
        check_config(&rig, deep, NESTING, "a config.json nested 200000 deep");
        for (size_t i = 0; good && i < sizeof fields / sizeof fields[0]; i++) {
            check_field(&rig, good, fields[i][0], fields[i][1]);
        }
        free(deep);
        free(bytes);
    }
    rig_close(&rig);
}

// ---- saving

static void check_save_fails(Rig *rig, const char *dir, const char *what) {
    kit_enter(rig->kit, what);
    EmendStatus status =
        rig->backend->model_save(rig->self, rig->policy, emend_str(dir), 0, rig_err(rig));
    subject_refused(rig->subject, what, status);
}

void backend_test_unwritable_folder(Kit *kit) {
    Rig rig;
    KitFolder full;
    if (rig_open(kit, &model_shapes[SHAPE_GROUPED], &rig) && kit_folder_init(kit, &full)) {
        KitFolder none = full;
        strcat(none.dir, "-not-there");
        check_save_fails(&rig, none.dir, "a model_save into a folder that is not there");
        if (!kit_is_over(kit)) {
            check_save_fails(&rig, kit_folder_path(&rig.folder, "config.json"),
                             "a model_save into a file");
        }
        if (!kit_is_over(kit)) {
            kit_disk_full(true);
            check_save_fails(&rig, full.dir, "a model_save onto a full disk");
            kit_disk_full(false);
        }
        // The model itself is as it was.
        reference_destroy(kit_is_over(kit) ? NULL : rig_weights(&rig, rig.policy));
    }
    rig_close(&rig);
}
