/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verdict.h"
#include "manifest/utf8.h"
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" // U+FFFD

/* ---- JSON ----------------------------------------------------------------------------------- */

static bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\';
}

static EmendStatus append_escaped(Buffer *out, unsigned char c) {
    switch (c) {
    case '"':
        return buffer_append(out, "\\\"", 2);
    case '\\':
        return buffer_append(out, "\\\\", 2);
    case '\n':
        return buffer_append(out, "\\n", 2);
    case '\t':
        return buffer_append(out, "\\t", 2);
    default:
        return buffer_print(out, "\\u%04x", c);
    }
}

// Appends valid UTF-8 as the inside of a JSON string.
static EmendStatus append_valid(Buffer *out, const char *text, size_t len) {
    EmendStatus status = EMEND_OK;
    for (size_t at = 0; at < len && status == EMEND_OK;) {
        size_t n = 0;
        while (at + n < len && is_plain((unsigned char)text[at + n])) {
            n++;
        }
        status = buffer_append(out, text + at, n);
        at += n;
        if (at < len && status == EMEND_OK) {
            status = append_escaped(out, (unsigned char)text[at++]);
        }
    }
    return status;
}

static EmendStatus append_string(Buffer *out, const char *text, size_t len) {
    EmendStatus status = buffer_append(out, "\"", 1);
    for (size_t at = 0; at < len && status == EMEND_OK;) {
        size_t n = utf8_valid_len(text + at, len - at);
        status = append_valid(out, text + at, n);
        at += n;
        if (at < len && status == EMEND_OK) {
            status = buffer_append(out, REPLACEMENT, 3);
            at++;
        }
    }
    return status == EMEND_OK ? buffer_append(out, "\"", 1) : status;
}

// Appends `,"name":`, or what begins the object.
static EmendStatus append_name(Buffer *out, size_t begin, const char *name) {
    EmendStatus status = buffer_append(out, out->len == begin ? "{\"" : ",\"", 2);
    status = status == EMEND_OK ? buffer_append(out, name, strlen(name)) : status;
    return status == EMEND_OK ? buffer_append(out, "\":", 2) : status;
}

static EmendStatus append_raw(Buffer *out, size_t begin, const char *name, EmendStr json) {
    EmendStatus status = append_name(out, begin, name);
    return status == EMEND_OK ? buffer_append(out, json.ptr, json.len) : status;
}

static EmendStatus append_text(Buffer *out, size_t begin, const char *name, EmendStr text) {
    EmendStatus status = append_name(out, begin, name);
    return status == EMEND_OK ? append_string(out, text.ptr, text.len) : status;
}

static bool is_id(EmendStr name) {
    return (name.len == 2 && memcmp(name.ptr, "id", 2) == 0) ||
           (name.len == 7 && memcmp(name.ptr, "task_id", 7) == 0);
}

static EmendStatus append_ids(Buffer *out, size_t begin, const Record *record) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < record->n && status == EMEND_OK; i++) {
        if (is_id(record->fields[i].name)) {
            status = append_raw(out, begin, record->fields[i].name.ptr, record->values[i]);
        }
    }
    return status;
}

/* ---- lines ---------------------------------------------------------------------------------- */

EmendStatus verdict_write(const Verdict *verdict, const Record *record, Buffer *out) {
    const bool *is_put = verdict->is_put;
    const Buffer *texts = verdict->texts;
    size_t begin = out->len;
    EmendStatus status = append_ids(out, begin, record);
    if (status == EMEND_OK) {
        status = append_text(out, begin, "verdict", buffer_str(&texts[EMEND_VERDICT_NAME]));
    }
    if (is_put[EMEND_VERDICT_EXTRACTED] || is_put[EMEND_VERDICT_REASON]) {
        EmendStr extracted = buffer_str(&texts[EMEND_VERDICT_EXTRACTED]);
        if (status == EMEND_OK) {
            status = is_put[EMEND_VERDICT_EXTRACTED]
                         ? append_text(out, begin, "extracted", extracted)
                         : append_raw(out, begin, "extracted", emend_str("null"));
        }
        if (status == EMEND_OK) {
            status = append_text(out, begin, "reason", buffer_str(&texts[EMEND_VERDICT_REASON]));
        }
    }
    if (is_put[EMEND_VERDICT_DETAIL] && status == EMEND_OK) {
        status = append_text(out, begin, "detail", buffer_str(&texts[EMEND_VERDICT_DETAIL]));
    }
    if (is_put[EMEND_VERDICT_OUTPUT] && status == EMEND_OK) {
        status = append_text(out, begin, "output", buffer_str(&texts[EMEND_VERDICT_OUTPUT]));
    }
    return status == EMEND_OK ? buffer_append(out, "}\n", 2) : status;
}

EmendStatus verdict_write_error(const Record *record, uint64_t line, const char *reason,
                                Buffer *out) {
    size_t begin = out->len;
    EmendStatus status = append_ids(out, begin, record);
    if (status == EMEND_OK) {
        status = append_text(out, begin, "verdict", emend_str("error"));
    }
    if (status == EMEND_OK) {
        status = buffer_print(out, ",\"line\":%llu", (unsigned long long)line);
    }
    if (status == EMEND_OK) {
        status = append_text(out, begin, "reason", emend_str(reason));
    }
    return status == EMEND_OK ? buffer_append(out, "}\n", 2) : status;
}

/* ---- what is put ---------------------------------------------------------------------------- */

static EmendStatus refuse(Verdict *verdict, EmendStatus status, const char *fault) {
    verdict->fault = verdict->fault ? verdict->fault : fault;
    return status;
}

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Verdict *verdict = ctx;
    if (field < EMEND_VERDICT_NAME || field >= VERDICT_FIELDS) {
        return EMEND_OK;
    }
    if (verdict->is_put[field]) {
        return refuse(verdict, EMEND_INVALID_ARGUMENT,
                      "plugin bug: it put a field of its verdict twice");
    }
    if (len > VERDICT_BYTES_MAX - verdict->n_bytes) {
        return refuse(verdict, EMEND_EXHAUSTED, "plugin bug: it put a verdict of more than 1 MiB");
    }
    verdict->is_put[field] = true;
    verdict->n_bytes += len;
    EmendStatus status = buffer_append(&verdict->texts[field], data, len);
    return status == EMEND_OK ? status
                              : refuse(verdict, status, "no memory is left for its verdict");
}

EmendSink verdict_sink(Verdict *verdict) {
    return (EmendSink){.struct_size = (uint32_t)sizeof(EmendSink), .ctx = verdict, .put = put};
}

bool verdict_word(Verdict *verdict, char word[VERDICT_WORD_BYTES]) {
    EmendStr name = buffer_str(&verdict->texts[EMEND_VERDICT_NAME]);
    size_t n = strspn(name.ptr, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    if (!verdict->is_put[EMEND_VERDICT_NAME]) {
        refuse(verdict, EMEND_INVALID_ARGUMENT, "plugin bug: it gave no verdict");
    } else if (n == 0 || n != name.len || n >= VERDICT_WORD_BYTES) {
        refuse(verdict, EMEND_INVALID_ARGUMENT,
               "plugin bug: its verdict is no word of at most 31 characters of [a-z0-9_-]");
    }
    if (!verdict->fault) {
        memcpy(word, name.ptr, n + 1);
    }
    return !verdict->fault;
}

void verdict_finish(Verdict *verdict) {
    for (size_t i = 0; i < VERDICT_FIELDS; i++) {
        buffer_finish(&verdict->texts[i]);
    }
    *verdict = (Verdict){0};
}
