/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NAMES = 64, MAX_PROGRAM_BYTES = 1 << 20 };

/* ---- the pool ------------------------------------------------------------------------------- */

EmendStatus judge_init(const EmendHost *host, const JudgeRules *rules, Judge *out,
                       EmendError *err) {
    int fd = -1;
    if (rules->failures && *rules->failures) {
        fd = open(rules->failures, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (fd < 0) {
            return emend_fail(err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
                              "failures: %s: %s; it must be a file that can be written",
                              rules->failures, strerror(errno));
        }
    }
    *out = (Judge){.host = host, .rules = *rules, .failures_fd = fd};
    pthread_mutex_init(&out->mutex, NULL);
    return EMEND_OK;
}

void judge_finish(Judge *judge) {
    if (!judge->host) {
        return;
    }
    if (judge->pool) {
        program_pool_close(judge->pool);
    }
    if (judge->failures_fd >= 0) {
        close(judge->failures_fd);
    }
    pthread_mutex_destroy(&judge->mutex);
    *judge = (Judge){0};
}

static EmendStatus open_pool(Judge *judge) {
    const EmendHost *host = judge->host;
    const JudgeRules *rules = &judge->rules;
    EmendError err = emend_error_on(judge->message, sizeof judge->message);
    ProgramPoolOptions options = {.host = host,
                                  .helper_dir = rules->dir,
                                  .python = rules->python && *rules->python ? rules->python : NULL,
                                  .n_workers = rules->n_workers,
                                  .limits = rules->limits,
                                  .is_unsafe = rules->is_unsafe};
    if (rules->is_unsafe) {
        host->log(host, EMEND_LOG_WARNING,
                  emend_str("unsafe_no_sandbox: model-written programs run WITHOUT ISOLATION, with "
                            "all that this user may do"));
    }
    EmendStatus status = program_pool_open(&options, &judge->pool, &err);
    if (status == EMEND_OK) {
        host->log(host, EMEND_LOG_INFO, emend_str(program_pool_describe(judge->pool)));
    }
    return status;
}

static EmendStatus ready(Judge *judge, EmendError *err) {
    pthread_mutex_lock(&judge->mutex);
    if (!judge->pool && judge->status == EMEND_OK) {
        judge->status = open_pool(judge);
    }
    EmendStatus status = judge->status;
    if (status != EMEND_OK) {
        emend_fail(err, status, "%s", judge->message);
    }
    if (status == EMEND_CANCELLED) {
        judge->status = EMEND_OK; // it was not the pool's fault
    }
    pthread_mutex_unlock(&judge->mutex);
    return status;
}

/* ---- a program ------------------------------------------------------------------------------ */

// How long the character is that a text begins with; 0 where it is no UTF-8.
static uint64_t character_len(EmendStr text) {
    const unsigned char *c = (const unsigned char *)text.ptr;
    uint64_t n = c[0] < 0x80   ? 1
                 : c[0] < 0xC2 ? 0
                 : c[0] < 0xE0 ? 2
                 : c[0] < 0xF0 ? 3
                 : c[0] < 0xF5 ? 4
                               : 0;
    if (n == 0 || n > text.len) {
        return 0;
    }
    for (uint64_t i = 1; i < n; i++) {
        if ((c[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    bool is_long = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
    bool is_no_character = (c[0] == 0xED && c[1] > 0x9F) || (c[0] == 0xF4 && c[1] > 0x8F);
    return is_long || is_no_character ? 0 : n;
}

// A model may write half a character. What is no UTF-8 becomes U+FFFD; so do NULs, where asked for.
static EmendStatus add_utf8(EmendStr text, bool takes_nul, Text *out, EmendError *err) {
    EmendStatus status = text_reserve(out, text.len, err);
    while (status == EMEND_OK && text.len > 0) {
        uint64_t n = text.ptr[0] || takes_nul ? character_len(text) : 0;
        status =
            n > 0 ? text_add(out, str_head(text, n), err) : text_add_c(out, "\xEF\xBF\xBD", err);
        text = str_skip(text, n > 0 ? n : 1);
    }
    return status;
}

EmendStatus judge_program(Judge *judge, const Problem *problem, EmendStr program,
                          ProgramResult *result, EmendError *err) {
    EmendStr names[MAX_NAMES];
    Text text = {.host = judge->host};
    uint64_t n_challenge = judge->rules.has_challenge ? problem->n_challenge : 0;
    *result = (ProgramResult){.verdict = PROGRAM_ERROR};
    if (program.len > MAX_PROGRAM_BYTES) {
        *result = (ProgramResult){.verdict = PROGRAM_FAILED, .n_tests = problem->n_tests};
        snprintf(result->detail, sizeof result->detail, "the program is longer than %d bytes",
                 MAX_PROGRAM_BYTES);
        return EMEND_OK;
    }
    EmendStatus status = ready(judge, err);
    if (status == EMEND_OK) {
        status = add_utf8(program, true, &text, err);
    }
    if (status == EMEND_OK) {
        ProgramTest test = {.program = text_str(&text),
                            .setup = problem->setup,
                            .tests = problem->tests,
                            .n_tests = problem->n_tests + n_challenge,
                            .names = names,
                            .n_names = problem_names(problem, text_str(&text), names, MAX_NAMES),
                            .count_all = judge->rules.is_fraction,
                            .parted = problem->sort == PROBLEM_HUMANEVAL ? emend_str("check")
                                                                         : (EmendStr){"", 0},
                            .keeps_output = judge->rules.keeps_output};
        status = program_test(judge->pool, &test, result, err);
    }
    result->detail[sizeof result->detail - 1] = '\0';
    text_finish(&text);
    return status;
}

/* ---- failures ------------------------------------------------------------------------------- */

// The line without its newline, malloc'd; NULL: no memory.
static char *failure_line(const Problem *problem, EmendStr program) {
    json_t *object = json_object();
    json_object_set_new(object, "task_id",
                        problem->sort == PROBLEM_MBPP
                            ? json_integer((json_int_t)problem->number)
                            : json_stringn(problem->id.ptr, problem->id.len));
    json_object_set_new(object, "program", json_stringn(program.ptr, program.len));
    char *line = json_object_get(object, "program") ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return line;
}

static EmendStatus append(Judge *judge, const char *line, size_t n, EmendError *err) {
    size_t n_written = 0;
    while (n_written < n) {
        ssize_t wrote = write(judge->failures_fd, line + n_written, n - n_written);
        if (wrote < 0 && errno != EINTR) {
            return emend_fail(err, EMEND_DENIED,
                              "failures: %s: %s; it must be a file that can be written",
                              judge->rules.failures, strerror(errno));
        }
        n_written += wrote > 0 ? (size_t)wrote : 0;
    }
    return EMEND_OK;
}

EmendStatus judge_keep_failure(Judge *judge, const Problem *problem, EmendStr program,
                               EmendError *err) {
    Text text = {.host = judge->host};
    if (judge->failures_fd < 0) {
        return EMEND_OK;
    }
    EmendStatus status = add_utf8(program, false, &text, err);
    char *line = status == EMEND_OK ? failure_line(problem, text_str(&text)) : NULL;
    if (line) {
        size_t n = strlen(line);
        line[n] = '\n'; // in place of the NUL
        pthread_mutex_lock(&judge->mutex);
        status = append(judge, line, n + 1, err);
        pthread_mutex_unlock(&judge->mutex);
    } else if (status == EMEND_OK) {
        status = emend_fail(err, EMEND_EXHAUSTED, "failures: no memory for a line");
    }
    free(line);
    text_finish(&text);
    return status;
}
