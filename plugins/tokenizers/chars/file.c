/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char file_name[] = "chars.json";
static const char file_format[] = "emend.chars/1";
enum { N_FIXED_SPECIALS = 4, MAX_FILE_BYTES = 1 << 24 };

static EmendStatus file_path(EmendStr dir, const char *suffix, char path[PATH_MAX],
                             EmendError *err) {
    int n = dir.len < PATH_MAX
                ? snprintf(path, PATH_MAX, "%.*s/%s%s", (int)dir.len, dir.ptr, file_name, suffix)
                : PATH_MAX;
    if (n < 0 || n >= PATH_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: the folder's path has %llu bytes; it must be shorter", file_name,
                          (unsigned long long)dir.len);
    }
    return EMEND_OK;
}

static EmendStatus read_json(const char *path, json_t **out, EmendError *err) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return emend_fail(err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
                          "%s: %s; a policy that was saved with the chars tokenizer has it", path,
                          strerror(errno));
    }
    EmendStatus status = EMEND_OK;
    json_error_t where;
    json_t *json = NULL;
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) > MAX_FILE_BYTES) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: is not a file of at most %d bytes", path,
                            MAX_FILE_BYTES);
        goto out;
    }
    rewind(file);
    json = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
    if (!json) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s:%d:%d: %s; the file must be JSON", path,
                            where.line, where.column, where.text);
        goto out;
    }
    *out = json;
out:
    fclose(file);
    return status;
}

// The strings of an array, borrowed from it; the array of pointers is the caller's to free.
static EmendStatus read_words(const json_t *json, const char *path, const char *field,
                              char ***words, size_t *n_words, EmendError *err) {
    json_t *array = json_object_get(json, field);
    if (!json_is_array(array)) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: %s is missing or not an array; it must be one",
                          path, field);
    }
    size_t n = json_array_size(array);
    char **list = calloc(n + 1, sizeof *list);
    if (!list) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for %zu strings", path, n);
    }
    for (size_t i = 0; i < n; i++) {
        // Only read from, whatever VocabSpec's type for protobuf's lists says.
        list[i] = (char *)(uintptr_t)json_string_value(json_array_get(array, i));
        if (!list[i]) {
            free(list);
            return emend_fail(err, EMEND_DATA_LOSS, "%s: %s[%zu] is not a string; it must be", path,
                              field, i);
        }
    }
    *words = list;
    *n_words = n;
    return EMEND_OK;
}

static EmendStatus read_spec(const json_t *json, const char *path, VocabSpec *spec,
                             EmendError *err) {
    const char *format = json_string_value(json_object_get(json, "format"));
    const char *mode = json_string_value(json_object_get(json, "mode"));
    if (!format || strcmp(format, file_format) != 0) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: format is '%s'; it must be '%s'", path,
                          format ? format : "", file_format);
    }
    if (!mode || (strcmp(mode, "CHARS") != 0 && strcmp(mode, "BYTES") != 0)) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: mode is '%s'; it must be CHARS or BYTES", path,
                          mode ? mode : "");
    }
    spec->is_bytes = strcmp(mode, "BYTES") == 0;
    spec->alphabet = json_string_value(json_object_get(json, "alphabet"));
    if (!spec->is_bytes && !spec->alphabet) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: alphabet is missing; it must be a string",
                          path);
    }
    return EMEND_OK;
}

EmendStatus file_load(const EmendHost *host, EmendStr dir, Vocab *out, EmendError *err) {
    char path[PATH_MAX];
    json_t *json = NULL;
    char **pieces = NULL, **extra_specials = NULL;
    VocabSpec spec = {0};
    char what[512];
    EmendError inner = emend_error_on(what, sizeof what);

    EmendStatus status = file_path(dir, "", path, err);
    if (status == EMEND_OK) {
        status = read_json(path, &json, err);
    }
    if (status == EMEND_OK) {
        status = read_spec(json, path, &spec, err);
    }
    if (status == EMEND_OK) {
        status = read_words(json, path, "piece", &pieces, &spec.n_pieces, err);
    }
    if (status == EMEND_OK) {
        status =
            read_words(json, path, "extra_special", &extra_specials, &spec.n_extra_specials, err);
    }
    if (status == EMEND_OK) {
        spec.pieces = pieces;
        spec.extra_specials = extra_specials;
        status = vocab_init(host, &spec, out, &inner);
        if (status != EMEND_OK) {
            emend_fail(err, status, "%s: %s", path, what);
        }
    }
    free(pieces);
    free(extra_specials);
    json_decref(json);
    return status;
}

static json_t *words_json(const Vocab *vocab, uint32_t first, uint32_t last) {
    json_t *array = json_array();
    for (uint32_t id = first; array && id < last; id++) {
        EmendStr token = vocab->tokens[id];
        json_array_append_new(array, json_stringn(token.ptr, token.len));
    }
    return array;
}

static json_t *vocab_json(const Vocab *vocab) {
    uint32_t first_unit = vocab->n_specials + vocab->n_pieces;
    json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "format", file_format, "mode",
                             vocab->is_bytes ? "BYTES" : "CHARS", "extra_special",
                             words_json(vocab, N_FIXED_SPECIALS, vocab->n_specials), "piece",
                             words_json(vocab, vocab->n_specials, first_unit));
    if (json && !vocab->is_bytes) {
        const EmendStr *begin = &vocab->tokens[first_unit];
        const EmendStr *last = &vocab->tokens[vocab->n_tokens - 1];
        size_t n_bytes = (size_t)(last->ptr - begin->ptr) + last->len;
        json_object_set_new(json, "alphabet", json_stringn(begin->ptr, n_bytes));
    }
    return json;
}

EmendStatus file_save(const Vocab *vocab, EmendStr dir, EmendError *err) {
    char path[PATH_MAX], aside[PATH_MAX];
    EmendStatus status = file_path(dir, "", path, err);
    if (status == EMEND_OK) {
        status = file_path(dir, ".part", aside, err);
    }
    if (status != EMEND_OK) {
        return status;
    }

    json_t *json = vocab_json(vocab);
    FILE *file = json ? fopen(aside, "we") : NULL;
    bool is_written = file && json_dumpf(json, file, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0 &&
                      fputc('\n', file) != EOF && fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    if (file) {
        fclose(file);
    }
    json_decref(json);
    if (is_written && rename(aside, path) != 0) {
        is_written = false;
        why = errno;
    }
    if (!is_written) {
        unlink(aside);
        return emend_fail(err, json ? EMEND_DENIED : EMEND_EXHAUSTED,
                          "%s: cannot be written: %s; the folder must be there and writable", path,
                          strerror(why));
    }
    return EMEND_OK;
}
