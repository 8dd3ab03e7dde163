/* SPDX-License-Identifier: Apache-2.0 */
/* jansson decides what is JSON and what a string says; values are then found in the text, where a
 * number still has all its digits. */
#include "cli/record.h"
#include <stdlib.h>
#include <string.h>

// Numbers are taken from the text, so that those too long for an integer need not be one.
#define FLAGS (JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL)

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
        at++;
    }
    return at;
}

// The scanners below are given what is known to be JSON.
static const char *skip_string(const char *at) {
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
    }
    return at + 1;
}

static const char *skip_value(const char *at) {
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (*at == ',' || *at == ':' || skip_blanks(at) != at) {
            at++;
        } else {
            at += strcspn(at, ",:}] \t\r\n");
        }
    } while (depth > 0);
    return at;
}

// Finds the next member's value, from the bracket or comma in front of it.
static EmendStr next_value(const char **at) {
    const char *name = skip_blanks(*at + 1);
    const char *value = skip_blanks(skip_blanks(skip_string(name)) + 1);
    const char *end = skip_value(value);
    *at = skip_blanks(end);
    return (EmendStr){value, (uint64_t)(end - value)};
}

static EmendRecordField field_of(const char *name, const json_t *value, EmendStr text) {
    EmendRecordField field = {.name = emend_str(name), .value = text, .type = EMEND_RECORD_OTHER};
    if (json_is_string(value)) {
        field.type = EMEND_RECORD_STRING;
        field.value = (EmendStr){json_string_value(value), json_string_length(value)};
    } else if (json_is_number(value)) {
        field.type = EMEND_RECORD_NUMBER;
    }
    return field;
}

EmendStatus record_read(Record *record, const char *text, size_t len, EmendError *err) {
    json_error_t error;
    const char *at = skip_blanks(text);
    if (*at != '{') {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "column %zu: the line is not a JSON object; it must begin with {",
                          (size_t)(at - text) + 1);
    }
    record->object = json_loadb(text, len, FLAGS, &error);
    if (!record->object) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "column %d: the line is not JSON: %s",
                          error.column, error.text);
    }
    size_t n = json_object_size(record->object);
    record->fields = calloc(n + 1, sizeof *record->fields);
    record->values = calloc(n + 1, sizeof *record->values);
    if (!record->fields || !record->values) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the line's fields");
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(record->object, name, value) {
        EmendStr written = next_value(&at);
        record->values[record->n] = written;
        record->fields[record->n++] = field_of(name, value, written);
    }
    return EMEND_OK;
}

void record_finish(Record *record) {
    json_decref(record->object);
    free(record->fields);
    free(record->values);
    *record = (Record){0};
}
