/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"

#include <check.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *fake_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    FakeHost *fake = (FakeHost *)(uintptr_t)host;
    (void)align;
    if (fake->n_left == 0) {
        return NULL;
    }
    fake->n_left -= fake->n_left > 0;
    fake->n_live++;
    return malloc(size > 0 ? size : 1);
}

static void fake_free(const EmendHost *host, void *block) {
    FakeHost *fake = (FakeHost *)(uintptr_t)host;
    fake->n_live -= block != NULL;
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
    (void)host;
    return 0;
}

static const void *fake_service(const EmendHost *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

void subject_open(Subject *subject, const char *id, const char *name, const char *kind) {
    *subject = (Subject){.host = {.host = {.struct_size = sizeof(EmendHost),
                                           .abi_major = EMEND_ABI_MAJOR,
                                           .abi_minor = EMEND_ABI_MINOR,
                                           .name = "fake",
                                           .version = "0",
                                           .alloc = fake_alloc,
                                           .free = fake_free,
                                           .log = fake_log,
                                           .thread_role = fake_role,
                                           .is_cancelled = fake_is_cancelled,
                                           .service = fake_service},
                                  .n_left = -1}};
    subject->err = emend_error_on(subject->message, sizeof subject->message);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s.so", EMEND_PLUGIN_DIR, id, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    ck_assert_msg(library != NULL, "%s", dlerror());
    subject->entry = dlsym(library, "emend_plugin_entry");
    ck_assert_ptr_nonnull(subject->entry);
    dlclose(library);
    ck_assert_str_eq(subject->entry->id, id);
    snprintf(path, sizeof path, "%s/%s", EMEND_PLUGIN_DIR, id);
    EmendStatus status =
        subject->entry->open(&subject->host.host, emend_str(path), &subject->plugin, &subject->err);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
    subject->factory = subject->entry->factory(subject->plugin, kind);
    ck_assert_ptr_nonnull(subject->factory);
    ck_assert_ptr_null(subject->entry->factory(subject->plugin, "emend.nothing/1"));
}

EmendStatus subject_create(Subject *subject, const void *config, size_t n_bytes) {
    if (subject->self) {
        subject->factory->destroy(subject->plugin, subject->self);
        subject->self = NULL;
    }
    subject->message[0] = '\0';
    EmendBytes bytes = {n_bytes > 0 ? config : NULL, n_bytes};
    EmendStatus status = subject->factory->create(subject->plugin, emend_str(""), bytes,
                                                  &subject->self, &subject->table, &subject->err);
    ck_assert_msg((status == EMEND_OK) == (subject->self != NULL),
                  "an instance comes with OK alone");
    return status;
}

void subject_close(Subject *subject) {
    if (subject->self) {
        subject->factory->destroy(subject->plugin, subject->self);
    }
    subject->entry->close(subject->plugin);
    ck_assert_int_eq(subject->host.n_live, 0);
}

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Puts *puts = ctx;
    ck_assert_int_lt(puts->n, (int)(sizeof puts->items / sizeof puts->items[0]));
    char *text = malloc(len + 1);
    ck_assert_ptr_nonnull(text);
    if (len > 0) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    puts->items[puts->n].field = field;
    puts->items[puts->n].len = len;
    puts->items[puts->n].text = text;
    puts->n++;
    return EMEND_OK;
}

EmendSink puts_sink(Puts *puts) {
    return (EmendSink){.struct_size = sizeof(EmendSink), .ctx = puts, .put = put};
}

const char *puts_text(const Puts *puts, uint32_t field) {
    for (int i = 0; i < puts->n; i++) {
        if (puts->items[i].field == field) {
            return puts->items[i].text;
        }
    }
    return NULL;
}

void puts_clear(Puts *puts) {
    for (int i = 0; i < puts->n; i++) {
        free(puts->items[i].text);
    }
    puts->n = 0;
}
