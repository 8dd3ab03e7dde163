/* SPDX-License-Identifier: Apache-2.0 */
/* Configs that are wrong, and how they are refused. Level 3, and at random level 8. */
#include "check/guard.h"
#include "check/message.h"
#include "check/odd_configs.h"
#include "check/subject.h"
#include "check/suites.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { N_DRAWN = 400, POISON = 0xB7, WARNED_BYTES = 256 };

static const MessageType *config_type(const Kit *kit) {
    const char *name = kit_component(kit)->config;
    return name && *name ? descriptor_pool_message(kit_package(kit)->configs, name) : NULL;
}

/* ---- refusing ------------------------------------------------------------------------------- */

static bool is_refusal(EmendStatus status) {
    switch (status) {
    case EMEND_INVALID_ARGUMENT:
    case EMEND_OUT_OF_RANGE:
    case EMEND_NOT_FOUND:
    case EMEND_ALREADY_EXISTS:
    case EMEND_DENIED:
    case EMEND_EXHAUSTED:
    case EMEND_PRECONDITION:
    case EMEND_UNAVAILABLE:
    case EMEND_DATA_LOSS:
        return true;
    default:
        return false;
    }
}

/* A host checks that texts are UTF-8 before a config crosses; a message that quotes one that is not
 * is not to blame. That it is of one line it must see to. Returns whether it was of several. */
static bool forgive_quotes(Subject *subject) {
    size_t len = strnlen(subject->message, sizeof subject->message);
    bool has_lines = false;
    for (size_t at = utf8_valid_len(subject->message, len); at < len;
         at += utf8_valid_len(subject->message + at, len - at)) {
        subject->message[at] = '?';
    }
    for (size_t i = 0; i < len; i++) {
        if (subject->message[i] == '\n' || subject->message[i] == '\r') {
            subject->message[i] = ' ';
            has_lines = true;
        }
    }
    return has_lines;
}

/* Makes an instance with the config, and destroys it; the kit is told where it is refused in a way
 * it must not. */
static EmendStatus try_config(Subject *subject, EmendBytes config, bool is_malformed, bool warns,
                              const char *what) {
    void *self = NULL;
    const void *table = NULL;
    char quote[512], why[256];
    kit_enter(subject->kit, "create");
    EmendStatus status =
        subject->factory->create(subject->plugin, emend_str(kit_component(subject->kit)->name),
                                 config, &self, &table, subject_err(subject));
    if (status == EMEND_OK) {
        subject_destroy_instance(subject, self);
        return status;
    }
    bool has_lines = forgive_quotes(subject);
    message_quote(&subject->err, quote, sizeof quote);
    if (has_lines && warns) {
        kit_warn(subject->kit,
                 "a config with %s gets a message of several lines (\"%s\"); quote "
                 "texts of a config so that it stays one",
                 what, quote);
    }
    if (!message_is_good(status, &subject->err, why, sizeof why)) {
        kit_fail(subject->kit, "write the message with emend_fail(), and quote nothing raw",
                 "a config with %s was refused: %s", what, why);
        return status;
    }
    if (is_malformed && status != EMEND_INVALID_ARGUMENT && status != EMEND_EXHAUSTED) {
        kit_fail(subject->kit, "return EMEND_INVALID_ARGUMENT where the config cannot be unpacked",
                 "a config with %s was refused with %s (\"%s\"); it must be INVALID_ARGUMENT", what,
                 emend_status_name(status), quote);
    } else if (!is_refusal(status)) {
        kit_fail(subject->kit, "return EMEND_INVALID_ARGUMENT for what can never be right",
                 "a config with %s was refused with %s (\"%s\"); it must be INVALID_ARGUMENT, or "
                 "accepted",
                 what, emend_status_name(status), quote);
    }
    return status;
}

typedef struct Odd {
    Subject *subject;
    char unnamed[WARNED_BYTES]; /* fields whose name a refusal did not tell, joined */
    char said[512];             /* one such message */
} Odd;

static bool names_a_field(const char *message, const MessageType *type, int depth) {
    enum { DEPTH_MAX = 4 };
    for (size_t i = 0; type && depth < DEPTH_MAX && i < type->n_fields; i++) {
        if (strstr(message, type->fields[i].name) ||
            names_a_field(message, type->fields[i].message, depth + 1)) {
            return true;
        }
    }
    return false;
}

static bool visit_odd(void *ctx, const OddConfig *config) {
    Odd *odd = ctx;
    Subject *subject = odd->subject;
    EmendStatus status =
        try_config(subject, config->bytes, config->is_malformed, true, config->what);
    if (status == EMEND_INVALID_ARGUMENT && !config->is_malformed && config->field &&
        !names_a_field(subject->message, config_type(subject->kit), 0) &&
        !strstr(odd->unnamed, config->field) && !strstr(config->what, "wire type")) {
        size_t len = strlen(odd->unnamed);
        snprintf(odd->unnamed + len, sizeof odd->unnamed - len, "%s%s", len > 0 ? ", " : "",
                 config->field);
        message_quote(&subject->err, odd->said, sizeof odd->said);
    }
    return !kit_is_over(subject->kit);
}

static void refusals(Kit *kit) {
    Subject subject = {0};
    Odd odd = {.subject = &subject};
    if (subject_create(kit, NULL, &subject)) {
        odd_configs_each(config_type(kit), kit_config(kit), visit_odd, &odd);
        if (odd.unnamed[0] && !kit_is_over(kit)) {
            kit_warn(kit,
                     "a refused config's message should name the field; for %s it does not "
                     "(\"%s\")",
                     odd.unnamed, odd.said);
        }
    }
    subject_close(&subject);
}

/* ---- error buffers of any size -------------------------------------------------------------- */

/* The first config that is refused. */
typedef struct Refused {
    Subject *subject;
    uint8_t *bytes;
    size_t len;
    EmendStatus status;
} Refused;

static bool keep_refused(void *ctx, const OddConfig *config) {
    Refused *refused = ctx;
    EmendStatus status =
        try_config(refused->subject, config->bytes, config->is_malformed, false, config->what);
    if (status == EMEND_OK || kit_is_over(refused->subject->kit)) {
        return !kit_is_over(refused->subject->kit);
    }
    refused->bytes = malloc(config->bytes.len + 1);
    if (refused->bytes && config->bytes.len > 0) {
        memcpy(refused->bytes, config->bytes.ptr, config->bytes.len);
    }
    refused->len = config->bytes.len;
    refused->status = status;
    return false;
}

/* Finds a config to be refused; false where the kit was told that there is none. */
static bool find_refused(Subject *subject, Refused *out) {
    Kit *kit = subject->kit;
    *out = (Refused){.subject = subject};
    odd_configs_each(config_type(kit), kit_config(kit), keep_refused, out);
    if (!out->bytes && !kit_is_over(kit)) {
        kit_skip(kit, "no config was refused, so there is no message to look at");
    }
    return out->bytes && !kit_is_over(kit);
}

static EmendStatus fail_again(const Refused *refused, EmendError *err) {
    Subject *subject = refused->subject;
    void *self = NULL;
    const void *table = NULL;
    EmendStatus status =
        subject->factory->create(subject->plugin, emend_str(kit_component(subject->kit)->name),
                                 (EmendBytes){refused->bytes, refused->len}, &self, &table, err);
    if (status == EMEND_OK) {
        subject_destroy_instance(subject, self);
    }
    if (status != refused->status) {
        kit_fail(subject->kit, "let the message's room change nothing but the message",
                 "the same config gave %s, and %s with another error buffer; it must be the same",
                 emend_status_name(refused->status), emend_status_name(status));
    }
    return status;
}

static void check_buffer(const Refused *refused, uint32_t capacity) {
    Kit *kit = refused->subject->kit;
    EmendError *err = guard_take(kit, "EmendError", sizeof *err);
    char *buffer = guard_take(kit, "the error buffer", capacity);
    memset(buffer, 'x', capacity);
    *err = emend_error_on(buffer, capacity);
    fail_again(refused, err);
    size_t len = strnlen(buffer, capacity);
    if (capacity > 0 && len == capacity) {
        kit_fail(kit, "write messages with emend_fail(), which knows the room",
                 "the message in a buffer of %u bytes has no NUL at its end; it must", capacity);
    } else if (utf8_valid_len(buffer, len) != len) {
        kit_fail(kit, "write messages with emend_fail(), which cuts between characters",
                 "the message in a buffer of %u bytes is cut inside a character; it must not be",
                 capacity);
    } else if (err->message != buffer || err->message_capacity != capacity ||
               err->struct_size != sizeof *err) {
        kit_fail(kit, "write code, flags, where and the bytes at message, no more",
                 "a failing call changed the caller's part of EmendError; it must not");
    }
}

static void error_buffers(Kit *kit) {
    static const uint32_t capacities[] = {0, 1, 2, 3, 5, 8, 16, 64};
    Subject subject = {0};
    Refused refused = {0};
    if (subject_create(kit, NULL, &subject) && find_refused(&subject, &refused)) {
        kit_enter(kit, "create, with a NULL error pointer,");
        fail_again(&refused, NULL);
        for (size_t i = 0; i < sizeof capacities / sizeof *capacities && !kit_is_over(kit); i++) {
            char what[64];
            snprintf(what, sizeof what, "create, with an error buffer of %u bytes,", capacities[i]);
            kit_enter(kit, what);
            check_buffer(&refused, capacities[i]);
        }
        EmendError none = {.struct_size = sizeof none};
        kit_enter(kit, "create, with a NULL error buffer,");
        fail_again(&refused, &none);
    }
    free(refused.bytes);
    subject_close(&subject);
}

/* An EmendError of a revision to come: members behind ours, which an older plugin cannot know. */
static void newer_error(Kit *kit) {
    enum { EXTRA = 48 };
    Subject subject = {0};
    Refused refused = {0};
    if (subject_create(kit, NULL, &subject) && find_refused(&subject, &refused)) {
        char *bytes = guard_take(kit, "EmendError", sizeof(EmendError) + EXTRA);
        char *buffer = guard_take(kit, "the error buffer", 256);
        memset(bytes, POISON, sizeof(EmendError) + EXTRA);
        EmendError *err = (EmendError *)bytes;
        *err = emend_error_on(buffer, 256);
        err->struct_size = (uint32_t)sizeof(EmendError) + EXTRA;
        kit_enter(kit, "create, with a larger EmendError,");
        fail_again(&refused, err);
        for (size_t i = sizeof(EmendError); i < sizeof(EmendError) + EXTRA; i++) {
            if ((unsigned char)bytes[i] != POISON) {
                kit_fail(kit, "write the members of EmendError one by one",
                         "byte %zu of a larger EmendError was written to; what a plugin does not "
                         "know it must leave as it is",
                         i);
                break;
            }
        }
    }
    free(refused.bytes);
    subject_close(&subject);
}

/* ---- at random ------------------------------------------------------------------------------ */

static void fuzz(Kit *kit) {
    Subject subject = {0};
    uint64_t state = kit_seed(kit);
    size_t n_accepted = 0;
    if (subject_create(kit, NULL, &subject)) {
        for (int i = 0; i < N_DRAWN && !kit_is_over(kit); i++) {
            char what[64];
            size_t len = 0;
            uint8_t *bytes = odd_config_draw(config_type(kit), kit_config(kit), &state, &len);
            snprintf(what, sizeof what, "bytes drawn at random, draw %d", i);
            if (bytes) {
                n_accepted +=
                    try_config(&subject, (EmendBytes){bytes, len}, false, false, what) == EMEND_OK;
            }
            free(bytes);
        }
        kit_figure(kit, "configs", N_DRAWN, "");
        kit_figure(kit, "accepted", (double)n_accepted, "");
    }
    subject_close(&subject);
}

static const KitTest tests[] = {
    {"config.refusals", "refuses a wrong config with a message, or takes it, and never crashes",
     KIT_BEHAVIOUR, 60, refusals},
    {"config.error_buffers", "tells of a failure in any room for the message, and in none",
     KIT_BEHAVIOUR, 0, error_buffers},
    {"config.newer_error", "leaves alone what a larger EmendError has", KIT_VERSIONS, 0,
     newer_error},
    {"fuzz.config", "comes through configs drawn at random", KIT_FUZZ, 120, fuzz},
};

const KitSuite suite_config = {KIT_EVERY_KIND, tests, sizeof tests / sizeof *tests};
