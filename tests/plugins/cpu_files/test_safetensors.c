/* SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char message[1024];

static EmendError fresh_error(void) {
    message[0] = '\0';
    return emend_error_on(message, sizeof message);
}

/* A file in memory: the header's length, the header, `n_data` bytes counting up from 0. */
static size_t build(uint8_t *file, const char *header, size_t n_data) {
    size_t n_header = strlen(header);
    for (size_t i = 0; i < 8; i++) {
        file[i] = (uint8_t)(n_header >> (8 * i));
    }
    memcpy(file + 8, header, n_header);
    for (size_t i = 0; i < n_data; i++) {
        file[8 + n_header + i] = (uint8_t)i;
    }
    return 8 + n_header + n_data;
}

/* Opens a copy that ends where its allocation ends, so that a sanitizer sees a step too far. */
static EmendStatus open_copy(const uint8_t *bytes, size_t n, uint8_t **copy, Safetensors **file) {
    EmendError err = fresh_error();
    *copy = malloc(n > 0 ? n : 1);
    ck_assert_ptr_nonnull(*copy);
    memcpy(*copy, bytes, n);
    return safetensors_open_bytes(*copy, n, "x.safetensors", file, &err);
}

static void read_everything(const Safetensors *file) {
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const SafetensorsTensor *tensor = safetensors_at(file, i);
        EmendError err = fresh_error();
        float *values = malloc((size_t)tensor->n_values * sizeof *values + 1);
        ck_assert_ptr_nonnull(values);
        EmendStatus status = safetensors_read(file, tensor, values, &err);
        ck_assert(status == EMEND_OK || status == EMEND_UNIMPLEMENTED);
        ck_assert_ptr_eq(safetensors_find(file, tensor->name), tensor);
        free(values);
    }
}

// ---- what is refused, and with which words

typedef struct Hostile {
    const char *header;
    size_t n_data;
    const char *says;
} Hostile;

#define T(NAME, TYPE, SHAPE, OFFSETS)                                                              \
    "\"" NAME "\":{\"dtype\":\"" TYPE "\",\"shape\":" SHAPE ",\"data_offsets\":" OFFSETS "}"

static const Hostile hostiles[] = {
    {"", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"{", 0, "the header is not JSON"},
    {"{}x", 0, "the header is not JSON"},
    {"{\"a\xff\":1}", 0, "the header is not JSON"},
    {"{" T("a", "F32", "[1]", "[0,4]") "," T("a", "F32", "[1]", "[4,8]") "}", 8, "duplicate"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "duplicate"},
    {"{\"a\\u0000b\":1}", 0, "the header is not JSON"},
    {"{\"a\":3}", 0, "tensor \"a\": its header entry is not an object"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor \"a\": dtype is not a text"},
    {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is not a text"},
    {"{" T("a", "F33", "[1]", "[0,4]") "}", 4, "tensor \"a\": dtype \"F33\" is not known"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape is not a list of sizes"},
    {"{" T("a", "F32", "{}", "[0,4]") "}", 4, "shape is not a list of sizes"},
    {"{" T("a", "F32", "[-1]", "[0,4]") "}", 4, "dimension 0 of shape is not a whole number"},
    {"{" T("a", "F32", "[1,1.0]", "[0,4]") "}", 4, "dimension 1 of shape is not a whole number"},
    {"{" T("a", "F32", "[\"1\"]", "[0,4]") "}", 4, "dimension 0 of shape is not a whole number"},
    {"{" T("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "has 9 dimensions; at most 8"},
    {"{" T("a", "F32", "[4294967296,4294967296]", "[0,0]") "}", 0, "more values than fit 64 bits"},
    {"{" T("a", "F32", "[4611686018427387904]", "[0,0]") "}", 0, "needs another size"},
    {"{" T("a", "F32", "[99999999999999999999]", "[0,0]") "}", 0, "the header is not JSON"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets is not two whole numbers"},
    {"{" T("a", "F32", "[1]", "[0]") "}", 4, "data_offsets is not two whole numbers"},
    {"{" T("a", "F32", "[1]", "[0,4,8]") "}", 4, "data_offsets is not two whole numbers"},
    {"{" T("a", "F32", "[1]", "[0,4.5]") "}", 4, "data_offsets is not two whole numbers"},
    {"{" T("a", "F32", "[1]", "[-4,0]") "}", 4, "data_offsets is not two whole numbers"},
    {"{" T("a", "F32", "[1]", "[4,0]") "}", 4, "data_offsets are [4, 0]"},
    {"{" T("a", "F32", "[2]", "[0,8]") "}", 4,
     "data_offsets are [0, 8]; the file has 4 bytes of data"},
    {"{" T("a", "F32", "[1]", "[9223372036854775803,9223372036854775807]") "}", 4,
     "data_offsets are [9223372036854775803, 9223372036854775807]"},
    {"{" T("a", "F32", "[2,1]", "[0,4]") "}", 4,
     "data_offsets hold 4 bytes; F32 of shape [2, 1] needs another size"},
    {"{" T("a", "BF16", "[1]", "[0,4]") "}", 4, "BF16 of shape [1] needs another size"},
    {"{" T("a", "F32", "[2]", "[0,8]") "," T("b", "F32", "[2]", "[4,12]") "}", 12,
     "tensor \"b\": its bytes begin at 4, inside those of \"a\""},
    {"{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[0,4]") "}", 4,
     "its bytes begin at 0, inside those of"},
    {"{" T("a", "F32", "[1]", "[0,4]") "," T("b", "F32", "[1]", "[8,12]") "}", 12,
     "tensor \"b\": the bytes [4, 8) before it belong to no tensor"},
    {"{" T("a", "F32", "[1]", "[4,8]") "}", 8, "the bytes [0, 4) before it belong to no tensor"},
    {"{" T("a", "F32", "[1]", "[0,4]") "}", 9, "5 bytes follow the last tensor"},
    {"{}", 1, "1 bytes follow the last tensor"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__ \"k\" is not a text"},
    {"{\"a\\nb\":3}", 0, "tensor \"a?b\":"},
};

START_TEST(a_file_that_breaks_a_rule_is_refused_in_words) {
    const Hostile *hostile = &hostiles[_i];
    uint8_t bytes[1024], *copy = NULL;
    Safetensors *file = NULL;
    size_t n = build(bytes, hostile->header, hostile->n_data);

    EmendStatus status = open_copy(bytes, n, &copy, &file);

    ck_assert_msg(status == EMEND_DATA_LOSS, "%s is taken for a safetensors file", hostile->header);
    ck_assert_msg(strstr(message, hostile->says), "\"%s\" does not say \"%s\"", message,
                  hostile->says);
    ck_assert_msg(strncmp(message, "x.safetensors: ", 15) == 0, "no path in \"%s\"", message);
    ck_assert_msg(strstr(message, "fetch or export it again"), "no remedy in \"%s\"", message);
    ck_assert_ptr_null(strchr(message, '\n'));
    ck_assert_ptr_null(file);
    free(copy);
}
END_TEST

START_TEST(a_header_length_past_the_file_or_the_limit_is_refused) {
    static const struct {
        uint64_t length;
        const char *says;
    } lengths[] = {{3, "is given as 3; the file ends after 2"},
                   {SAFETENSORS_MAX_HEADER, "the file ends after 2"},
                   {SAFETENSORS_MAX_HEADER + 1, "is given as 100000001; at most 100000000"},
                   {UINT64_MAX, "is given as 18446744073709551615; at most"},
                   {UINT64_MAX - 7, "at most 100000000"},
                   {0, "does not begin with '{'"}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t bytes[10] = {0, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, *copy = NULL;
        Safetensors *file = NULL;
        for (size_t b = 0; b < 8; b++) {
            bytes[b] = (uint8_t)(lengths[i].length >> (8 * b));
        }
        ck_assert_int_eq(open_copy(bytes, sizeof bytes, &copy, &file), EMEND_DATA_LOSS);
        ck_assert_msg(strstr(message, lengths[i].says), "\"%s\" does not say \"%s\"", message,
                      lengths[i].says);
        free(copy);
    }
}
END_TEST

static const char whole_header[] =
    "{\"__metadata__\":{\"format\":\"pt\"}," T("w", "F32", "[2,3]", "[0,24]") "," T(
        "h", "F16", "[3]", "[24,30]") "," T("b", "BF16", "[]",
                                            "[30,32]") "," T("i", "I64", "[1]",
                                                             "[32,40]") "," T("e", "F32", "[0,7]",
                                                                              "[40,40]") "}";

START_TEST(a_file_cut_short_anywhere_is_refused) {
    uint8_t bytes[1024], *copy = NULL;
    Safetensors *file = NULL;
    size_t n = build(bytes, whole_header, 40);

    for (size_t cut = 0; cut < n; cut++) {
        ck_assert_msg(open_copy(bytes, cut, &copy, &file) == EMEND_DATA_LOSS,
                      "%zu of %zu bytes pass for the whole", cut, n);
        ck_assert_ptr_null(file);
        free(copy);
    }
    ck_assert_int_eq(open_copy(bytes, n, &copy, &file), EMEND_OK);
    read_everything(file);
    safetensors_close(file);
    free(copy);
}
END_TEST

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

START_TEST(flipped_bits_never_crash_the_reader) {
    uint8_t whole[1024], bytes[1024], *copy = NULL;
    uint64_t state = (uint64_t)_i + 1;
    size_t n = build(whole, whole_header, 40), n_refused = 0;

    for (int round = 0; round < 2000; round++) {
        Safetensors *file = NULL;
        memcpy(bytes, whole, n);
        for (uint32_t flips = 1 + next_random(&state) % 4; flips > 0; flips--) {
            bytes[next_random(&state) % n] ^= (uint8_t)(1u << (next_random(&state) % 8));
        }
        EmendStatus status = open_copy(bytes, n, &copy, &file);
        if (status == EMEND_OK) {
            read_everything(file);
        } else {
            ck_assert_int_eq(status, EMEND_DATA_LOSS);
            ck_assert_str_ne(message, "");
            n_refused++;
        }
        safetensors_close(file);
        free(copy);
    }
    ck_assert_uint_gt(n_refused, 1000);
}
END_TEST

// ---- what is read

START_TEST(tensors_in_any_order_and_of_any_alignment_are_read) {
    // The data begins at an odd offset, and "z" lies before "a".
    const char *header = "{" T("a", "F32", "[1]", "[4,8]") "," T("z", "F32", "[1]", "[0,4]") "}  ";
    const float first = 1.5f, second = -0.0f;
    uint8_t bytes[256], *copy = NULL;
    Safetensors *file = NULL;
    float value = 0.0f;
    EmendError err = fresh_error();
    size_t n = build(bytes, header, 8);
    memcpy(bytes + n - 8, &first, 4);
    memcpy(bytes + n - 4, &second, 4);

    ck_assert_uint_eq((n - 8) % 4, 1);
    ck_assert_int_eq(open_copy(bytes, n, &copy, &file), EMEND_OK);
    ck_assert_int_eq(safetensors_read(file, safetensors_find(file, "z"), &value, &err), EMEND_OK);
    ck_assert(value == 1.5f);
    ck_assert_int_eq(safetensors_read(file, safetensors_find(file, "a"), &value, &err), EMEND_OK);
    ck_assert(value == 0.0f && signbit(value));
    ck_assert_ptr_null(safetensors_find(file, "b"));
    safetensors_close(file);
    free(copy);
}
END_TEST

START_TEST(a_type_that_is_not_read_is_refused_by_name) {
    uint8_t bytes[1024], *copy = NULL;
    Safetensors *file = NULL;
    float value = 0.0f;
    size_t n = build(bytes, whole_header, 40);
    ck_assert_int_eq(open_copy(bytes, n, &copy, &file), EMEND_OK);

    EmendError err = fresh_error();
    EmendStatus status = safetensors_read(file, safetensors_find(file, "i"), &value, &err);

    ck_assert_int_eq(status, EMEND_UNIMPLEMENTED);
    ck_assert_str_eq(message, "x.safetensors: tensor \"i\" is of type I64; F32, F16 and BF16 are "
                              "read: export it as one of these");
    safetensors_close(file);
    free(copy);
}
END_TEST

/* The value of a float of `n_exponent` and `n_fraction` bits, by the definition of IEEE 754. */
static double value_of(uint32_t bits, int n_exponent, int n_fraction) {
    int bias = (1 << (n_exponent - 1)) - 1;
    int exponent = (int)(bits >> n_fraction) & ((1 << n_exponent) - 1);
    double fraction = (double)(bits & ((1u << n_fraction) - 1));
    double sign = bits >> (n_exponent + n_fraction) ? -1.0 : 1.0;
    if (exponent == (1 << n_exponent) - 1) {
        return fraction > 0 ? NAN : sign * INFINITY;
    }
    if (exponent == 0) {
        return sign * ldexp(fraction, 1 - bias - n_fraction);
    }
    return sign * ldexp(1.0 + ldexp(fraction, -n_fraction), exponent - bias);
}

/* Reads all 65536 patterns of a 16-bit type at once. */
static float *read_all_patterns(const char *type) {
    enum { N = 1 << 16 };
    char header[128];
    Safetensors *file = NULL;
    EmendError err = fresh_error();
    snprintf(header, sizeof header,
             "{\"a\":{\"dtype\":\"%s\",\"shape\":[65536],\"data_offsets\":[0,131072]}}", type);
    uint8_t *bytes = malloc(8 + strlen(header) + 2 * N);
    float *values = malloc(N * sizeof *values);
    ck_assert(bytes && values);
    size_t n = build(bytes, header, 2 * N);
    for (size_t i = 0; i < N; i++) {
        bytes[n - 2 * N + 2 * i] = (uint8_t)i;
        bytes[n - 2 * N + 2 * i + 1] = (uint8_t)(i >> 8);
    }
    ck_assert_int_eq(safetensors_open_bytes(bytes, n, "x", &file, &err), EMEND_OK);
    ck_assert_int_eq(safetensors_read(file, safetensors_at(file, 0), values, &err), EMEND_OK);
    safetensors_close(file);
    free(bytes);
    return values;
}

START_TEST(sixteen_bit_values_become_the_very_floats_they_stand_for) {
    static const struct {
        const char *type;
        int n_exponent, n_fraction;
    } types[] = {{"F16", 5, 10}, {"BF16", 8, 7}};
    float *values = read_all_patterns(types[_i].type);

    for (uint32_t bits = 0; bits < 1u << 16; bits++) {
        double expected = value_of(bits, types[_i].n_exponent, types[_i].n_fraction);
        if (isnan(expected)) {
            ck_assert_msg(isnan(values[bits]), "%s 0x%04" PRIx32 " is not NaN", types[_i].type,
                          bits);
        } else {
            ck_assert_msg((double)values[bits] == expected &&
                              !signbit(values[bits]) == !signbit(expected),
                          "%s 0x%04" PRIx32 " is %a, not %a", types[_i].type, bits,
                          (double)values[bits], expected);
        }
    }
    free(values);
}
END_TEST

// ---- what is written

static char folder[64];

static void make_folder(void) {
    strcpy(folder, "/tmp/emend_safetensors_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *path_in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static uint8_t *read_file(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    uint8_t *bytes = malloc(1 << 16);
    ck_assert_ptr_nonnull(bytes);
    *n = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    return bytes;
}

static uint32_t odd_bits[] = {0x00000001u, 0x80000000u, 0x7F800000u,
                              0xFFC01234u, 0x3F800001u, 0x7F7FFFFFu};

static SafetensorsItem two_items[2];

static void make_items(void) {
    static float values[6];
    memcpy(values, odd_bits, sizeof values);
    two_items[0] = (SafetensorsItem){"b.\"quoted\".weight", 2, {2, 3}, values};
    two_items[1] = (SafetensorsItem){"a.weight", 1, {2, 0}, values + 1};
}

START_TEST(written_tensors_read_back_with_their_bits) {
    Safetensors *file = NULL;
    EmendError err = fresh_error();
    float values[6];
    const char *path = path_in_folder("x.safetensors");
    ck_assert_int_eq(safetensors_write(path, two_items, 2, &err), EMEND_OK);
    ck_assert_int_eq(safetensors_open(path, &file, &err), EMEND_OK);

    ck_assert_uint_eq(safetensors_count(file), 2);
    const SafetensorsTensor *matrix = safetensors_find(file, "b.\"quoted\".weight");
    ck_assert_ptr_nonnull(matrix);
    ck_assert(matrix->n_dimensions == 2 && matrix->shape[0] == 2 && matrix->shape[1] == 3);
    ck_assert_int_eq(safetensors_read(file, matrix, values, &err), EMEND_OK);
    ck_assert_mem_eq(values, odd_bits, sizeof values);
    const SafetensorsTensor *vector = safetensors_find(file, "a.weight");
    ck_assert_ptr_nonnull(vector);
    ck_assert(vector->n_dimensions == 1 && vector->shape[0] == 2);
    ck_assert_int_eq(safetensors_read(file, vector, values, &err), EMEND_OK);
    ck_assert_mem_eq(values, odd_bits + 1, 8);
    safetensors_close(file);
}
END_TEST

START_TEST(a_written_file_depends_on_the_tensors_not_on_their_order) {
    const SafetensorsItem swapped[2] = {two_items[1], two_items[0]};
    EmendError err = fresh_error();
    size_t n_first = 0, n_second = 0;
    ck_assert_int_eq(safetensors_write(path_in_folder("1"), two_items, 2, &err), EMEND_OK);
    ck_assert_int_eq(safetensors_write(path_in_folder("2"), swapped, 2, &err), EMEND_OK);
    uint8_t *first = read_file(path_in_folder("1"), &n_first);
    uint8_t *second = read_file(path_in_folder("2"), &n_second);

    ck_assert_uint_eq(n_first, n_second);
    ck_assert_mem_eq(first, second, n_first);
    const char start[] = "{\"__metadata__\":{\"format\":\"pt\"},\"a.weight\":{\"dtype\":\"F32\","
                         "\"shape\":[2],\"data_offsets\":[0,8]},";
    ck_assert_mem_eq(first + 8, start, sizeof start - 1);
    ck_assert_msg(first[0] % 8 == 0, "the data begins at a multiple of 8");
    free(first);
    free(second);
}
END_TEST

START_TEST(a_full_disk_is_reported_with_the_path_and_leaves_no_file) {
    EmendError err = fresh_error();
    const char *path = path_in_folder("x.safetensors");
    if (access("/dev/full", W_OK) != 0) {
        return;
    }
    ck_assert_int_eq(symlink("/dev/full", path), 0);

    ck_assert_int_eq(safetensors_write(path, two_items, 2, &err), EMEND_EXHAUSTED);
    ck_assert_msg(strncmp(message, path, strlen(path)) == 0, "no path in \"%s\"", message);
    ck_assert_msg(strstr(message, "writing stopped after 0 bytes: No space left on device; free "),
                  "\"%s\"", message);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_file_that_cannot_grow_to_its_end_is_reported_and_removed) {
    static const rlim_t limits[] = {0, 7, 8, 100, 190};
    EmendError err = fresh_error();
    const char *path = path_in_folder("x.safetensors");
    struct rlimit limit = {0};
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);

    // No assertion while the limit holds: Check reports through a file.
    limit.rlim_cur = limits[_i];
    int is_limited = setrlimit(RLIMIT_FSIZE, &limit) == 0;
    EmendStatus status = safetensors_write(path, two_items, 2, &err);
    limit.rlim_cur = limit.rlim_max;
    int is_lifted = setrlimit(RLIMIT_FSIZE, &limit) == 0;

    ck_assert(is_limited && is_lifted);
    ck_assert_int_eq(status, EMEND_EXHAUSTED);
    char says[64];
    snprintf(says, sizeof says, "writing stopped after %d bytes", (int)limits[_i]);
    ck_assert_msg(strstr(message, says), "\"%s\" does not say \"%s\"", message, says);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_without_waiting) {
    Safetensors *file = NULL;
    EmendError err = fresh_error();
    const char *path = path_in_folder("pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);

    ck_assert_int_eq(safetensors_open(path, &file, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strstr(message, "pipe: is not a regular file"), "\"%s\"", message);
    ck_assert_int_eq(safetensors_open(folder, &file, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_int_eq(safetensors_open(path_in_folder("none"), &file, &err), EMEND_NOT_FOUND);
    ck_assert_msg(strstr(message, "none: cannot be opened: No such file"), "\"%s\"", message);
    ck_assert_int_eq(safetensors_write(path_in_folder("none/x"), two_items, 2, &err),
                     EMEND_NOT_FOUND);
    ck_assert_msg(strstr(message, "none/x: cannot be written: No such file"), "\"%s\"", message);
}
END_TEST

START_TEST(an_empty_file_is_refused) {
    Safetensors *file = NULL;
    EmendError err = fresh_error();
    const char *path = path_in_folder("empty");
    fclose(fopen(path, "wb"));

    ck_assert_int_eq(safetensors_open(path, &file, &err), EMEND_DATA_LOSS);
    ck_assert_msg(strstr(message, "empty: it has 0 bytes"), "\"%s\"", message);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("safetensors");

    TCase *hostile = tcase_create("hostile");
    tcase_set_timeout(hostile, 30);
    tcase_add_loop_test(hostile, a_file_that_breaks_a_rule_is_refused_in_words, 0,
                        sizeof hostiles / sizeof hostiles[0]);
    tcase_add_test(hostile, a_header_length_past_the_file_or_the_limit_is_refused);
    tcase_add_test(hostile, a_file_cut_short_anywhere_is_refused);
    tcase_add_loop_test(hostile, flipped_bits_never_crash_the_reader, 0, 5);
    suite_add_tcase(suite, hostile);

    TCase *values = tcase_create("values");
    tcase_set_timeout(values, 30);
    tcase_add_test(values, tensors_in_any_order_and_of_any_alignment_are_read);
    tcase_add_test(values, a_type_that_is_not_read_is_refused_by_name);
    tcase_add_loop_test(values, sixteen_bit_values_become_the_very_floats_they_stand_for, 0, 2);
    suite_add_tcase(suite, values);

    TCase *disk = tcase_create("disk");
    tcase_add_checked_fixture(disk, make_folder, remove_folder);
    tcase_add_checked_fixture(disk, make_items, NULL);
    tcase_add_test(disk, written_tensors_read_back_with_their_bits);
    tcase_add_test(disk, a_written_file_depends_on_the_tensors_not_on_their_order);
    tcase_add_test(disk, a_full_disk_is_reported_with_the_path_and_leaves_no_file);
    tcase_add_loop_test(disk, a_file_that_cannot_grow_to_its_end_is_reported_and_removed, 0, 5);
    tcase_add_test(disk, what_is_no_regular_file_is_refused_without_waiting);
    tcase_add_test(disk, an_empty_file_is_refused);
    suite_add_tcase(suite, disk);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
