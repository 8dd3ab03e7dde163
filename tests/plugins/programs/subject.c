/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"
#include "emend/plugin.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

bool subject_keeps_output;

static FakeHost *fake_of(const EmendHost *host) {
    return (FakeHost *)(uintptr_t)host;
}

static void *fake_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    (void)align;
    fake_of(host)->n_live++;
    return malloc(size > 0 ? size : 1);
}

static void fake_free(const EmendHost *host, void *block) {
    fake_of(host)->n_live -= block != NULL;
    free(block);
}

static void fake_log(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    (void)level;
    (void)message;
}

static uint32_t fake_role(const EmendHost *host) {
    (void)host;
    return EMEND_ROLE_CONTROL;
}

static int32_t fake_is_cancelled(const EmendHost *host) {
    return fake_of(host)->is_cancelled;
}

static const void *fake_service(const EmendHost *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

void fake_host_init(FakeHost *fake) {
    memset(fake, 0, sizeof *fake);
    fake->host = (EmendHost){.struct_size = sizeof(EmendHost),
                             .abi_major = EMEND_ABI_MAJOR,
                             .abi_minor = EMEND_ABI_MINOR,
                             .name = "fake",
                             .version = "0",
                             .alloc = fake_alloc,
                             .free = fake_free,
                             .log = fake_log,
                             .thread_role = fake_role,
                             .is_cancelled = fake_is_cancelled,
                             .service = fake_service};
}

EmendStatus subject_open(FakeHost *fake, ProgramPoolOptions options, ProgramPool **out,
                         char message[512]) {
    EmendError err = emend_error_on(message, 512);
    options.host = &fake->host;
    if (!options.helper_dir) {
        options.helper_dir = PROGRAMS_HELPERS_DIR;
    }
    return program_pool_open(&options, out, &err);
}

bool subject_can_isolate(void) {
    FakeHost fake;
    ProgramPool *pool = NULL;
    char message[512];
    fake_host_init(&fake);
    EmendStatus status = subject_open(&fake, (ProgramPoolOptions){.n_workers = 1}, &pool, message);
    program_pool_close(pool);
    if (status == EMEND_UNAVAILABLE && strstr(message, "namespaces")) {
        fprintf(stderr, "skipped: %s\n", message);
        return false;
    }
    if (status != EMEND_OK) {
        fprintf(stderr, "%s\n", message);
    }
    return true;
}

static uint64_t split(const char *text, char mark, EmendStr parts[64]) {
    uint64_t n = 0;
    while (text && *text && n < 64) {
        const char *end = strchr(text, mark);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        parts[n++] = (EmendStr){text, length};
        text = end ? end + 1 : NULL;
    }
    return n;
}

ProgramResult subject_run(ProgramPool *pool, const char *program, const char *setup,
                          const char *tests, const char *names, bool count_all) {
    EmendStr lines[64], words[64];
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    ProgramResult result = {0};
    ProgramTest test = {.program = {program, strlen(program)},
                        .setup = {setup, setup ? strlen(setup) : 0},
                        .tests = lines,
                        .n_tests = split(tests, '\n', lines),
                        .names = words,
                        .n_names = split(names, ' ', words),
                        .count_all = count_all,
                        .keeps_output = subject_keeps_output};
    EmendStatus status = program_test(pool, &test, &result, &err);
    if (status != EMEND_OK) {
        ck_abort_msg("%s", message);
    }
    return result;
}
