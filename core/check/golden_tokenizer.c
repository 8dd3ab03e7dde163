/* SPDX-License-Identifier: Apache-2.0 */
/* Golden examples of tokenizers: texts and their ids. */
#include "check/golden_run.h"
#include "check/kit_state.h"
#include "emend/tokenizer.h"
#include <limits.h>
#include <string.h>

enum { FIELD_BYTES_MAX = 64, IDS_SHOWN = 24 };

static void write_ids(const int32_t *ids, uint64_t n, char *text, size_t capacity) {
    size_t len = 0;
    text[0] = '\0';
    for (uint64_t i = 0; i < n && i < IDS_SHOWN && len + 16 < capacity; i++) {
        len += (size_t)snprintf(text + len, capacity - len, "%s%d", i > 0 ? " " : "", ids[i]);
    }
    if (n > IDS_SHOWN) {
        snprintf(text + len, capacity - len, " ..");
    }
}

static void compare_ids(const GoldenRun *run, const char *field, const Emend__Encoding *wanted,
                        const int32_t *ids, uint64_t n) {
    char found[512], must[512];
    if (n == wanted->n_id && (n == 0 || memcmp(ids, wanted->id, n * sizeof *ids) == 0)) {
        return;
    }
    write_ids(ids, n, found, sizeof found);
    write_ids(wanted->id, wanted->n_id, must, sizeof must);
    golden_differs(run, field, "the ids are [%s], %llu; by the example they must be [%s], %zu",
                   found, (unsigned long long)n, must, wanted->n_id);
}

static EmendStatus check_decoding(GoldenRun *run, const char *field, const Emend__Encoding *wanted,
                                  uint32_t flags) {
    const EmendTokenizer *tokenizer = run->table;
    const char *must = wanted->decoded ? wanted->decoded : wanted->text;
    GoldenSink sink;
    int32_t *ids = golden_bytes(run, "the ids", wanted->n_id * sizeof *ids);
    if (!ids || !golden_sink_init(run, &sink)) {
        return EMEND_OK;
    }
    if (wanted->n_id > 0) {
        memcpy(ids, wanted->id, wanted->n_id * sizeof *ids);
    }
    golden_seal(run, ids);
    kit_enter(run->subject->kit, "decode");
    EmendStatus status = tokenizer->decode(run->self, ids, wanted->n_id, flags, sink.sink,
                                           subject_err(run->subject));
    if (golden_ok(run, field, "decode", status) && must) {
        char whole[4096] = "";
        for (size_t i = 0; i < sink.n; i++) { // it may come in pieces
            strncat(whole, sink.puts[i].text, sizeof whole - strlen(whole) - 1);
        }
        if (strncmp(whole, must, sizeof whole - 1) != 0) {
            golden_differs(
                run, field,
                "the ids read as \"%.200s\"; by the example they must read as \"%.200s\"", whole,
                must);
        }
    }
    golden_sink_finish(&sink);
    return status;
}

static EmendStatus check_refusal(GoldenRun *run, const char *field, const char *refused,
                                 EmendStatus status) {
    if (status == EMEND_OK) {
        golden_differs(run, field, "the text was encoded; by the example it must be refused");
    } else if (!run->is_quiet && !strstr(run->subject->message, refused)) {
        golden_differs(run, field, "the message is \"%.300s\"; by the example it must hold \"%s\"",
                       run->subject->message, refused);
    }
    return EMEND_OK;
}

static EmendStatus check_encoding(GoldenRun *run, size_t i) {
    const EmendTokenizer *tokenizer = run->table;
    const Emend__Encoding *wanted = run->example->encoding[i];
    uint32_t flags = wanted->special ? EMEND_ENCODE_SPECIAL : 0;
    char field[FIELD_BYTES_MAX];
    uint64_t n = 0;
    snprintf(field, sizeof field, "encoding[%zu]", i);
    EmendStr text = golden_text(run, "the text", wanted->text);
    kit_enter(run->subject->kit, "encode");
    EmendStatus status =
        tokenizer->encode(run->self, text, flags, NULL, 0, &n, subject_err(run->subject));
    if (wanted->refused) {
        return check_refusal(run, field, wanted->refused, status);
    }
    if (!golden_ok(run, field, "encode", status)) {
        return status;
    }
    if (n > text.len + 16) {
        golden_differs(run, field, "encode counts %llu ids in %llu bytes", (unsigned long long)n,
                       (unsigned long long)text.len);
        return EMEND_OK;
    }
    int32_t *ids = golden_bytes(run, "the ids", n * sizeof *ids);
    uint64_t again = 0;
    if (!ids) {
        return EMEND_OK;
    }
    status = tokenizer->encode(run->self, text, flags, ids, n, &again, subject_err(run->subject));
    if (!golden_ok(run, field, "encode", status)) {
        return status;
    }
    if (again != n) {
        golden_differs(run, field, "encode counts %llu ids without room for them and %llu with it",
                       (unsigned long long)n, (unsigned long long)again);
    }
    compare_ids(run, field, wanted, ids, n);
    return check_decoding(run, field, wanted, flags);
}

EmendStatus golden_run_tokenizer(GoldenRun *run) {
    const EmendTokenizer *tokenizer = run->table;
    EmendStatus status = EMEND_OK;
    if (run->example->dir) {
        char dir[PATH_MAX];
        snprintf(dir, sizeof dir, "%s/%s", run->subject->kit->golden->dir, run->example->dir);
        if (!tokenizer->load) {
            golden_differs(run, "dir",
                           "the tokenizer has no load, and the example gives it a "
                           "folder; take it from the example");
            return EMEND_OK;
        }
        kit_enter(run->subject->kit, "load");
        status = tokenizer->load(run->self, golden_text(run, "the folder", dir),
                                 subject_err(run->subject));
        if (!golden_ok(run, "dir", "load", status)) {
            return status;
        }
    }
    for (size_t i = 0; i < run->example->n_encoding && status == EMEND_OK; i++) {
        status = check_encoding(run, i);
    }
    return status;
}
