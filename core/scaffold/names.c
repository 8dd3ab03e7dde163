/* SPDX-License-Identifier: Apache-2.0 */
#include "scaffold/names.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_word_of(const char *text, const char *beside_letters) {
    for (; *text; text++) {
        if (!is_small(*text) && !strchr(beside_letters, *text)) {
            return false;
        }
    }
    return true;
}

static EmendStatus check_name(const char *name, EmendError *err) {
    if (!is_small(name[0]) || !is_word_of(name, "0123456789_")) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "name: it is \"%s\"; it must begin with a small letter and have nothing "
                          "but small letters, digits and '_'",
                          name);
    }
    if (strlen(name) >= SCAFFOLD_NAME_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "name: \"%s\" has %zu bytes; it must have %d or fewer", name,
                          strlen(name), SCAFFOLD_NAME_BYTES - 1);
    }
    return EMEND_OK;
}

// Every part is an identifier of protobuf, once '-' is '_'.
static EmendStatus check_id(const char *id, EmendError *err) {
    bool is_part_begun = false, has_dot = false;
    for (const char *c = id; *c; c++) {
        if (*c == '.' ? !is_part_begun : !is_part_begun && !is_small(*c)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "--id: it is \"%s\"; each of its parts must begin with a small "
                              "letter, as in org.example.name",
                              id);
        }
        is_part_begun = *c != '.';
        has_dot |= *c == '.';
    }
    if (!has_dot || !is_part_begun || !is_word_of(id, "0123456789._-")) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "--id: it is \"%s\"; it must be parts of small letters, digits, '_' and "
                          "'-' joined by dots, as in org.example.name",
                          id);
    }
    if (strlen(id) >= SCAFFOLD_ID_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "--id: \"%s\" has %zu bytes; it must have %d or fewer", id, strlen(id),
                          SCAFFOLD_ID_BYTES - 1);
    }
    if (strncmp(id, "emend.", 6) == 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "--id: it is \"%s\"; emend.* are Emend's own; it must begin with a domain "
            "of yours, turned around",
            id);
    }
    return EMEND_OK;
}

// The prefixes that protobuf-c gives the C of a package: parts in camel case or as they are, joined
// by "__".
static void spell(const char *package, bool is_type, char *out) {
    bool is_up = is_type;
    for (; *package; package++) {
        if (*package == '.') {
            *out++ = '_';
            *out++ = '_';
            is_up = is_type;
        } else if (*package == '_' && is_type) {
            is_up = true;
        } else {
            *out++ = is_up ? (char)toupper((unsigned char)*package) : *package;
            is_up = false;
        }
    }
    *out = '\0';
}

EmendStatus names_init(Names *names, const char *name, const char *id, EmendError *err) {
    char built[sizeof "org.example." + SCAFFOLD_NAME_BYTES];
    EmendStatus status = check_name(name, err);
    if (status == EMEND_OK) {
        snprintf(built, sizeof built, "org.example.%s", name);
        id = id ? id : built;
        status = check_id(id, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    *names = (Names){.kind = "", .languages = ""};
    snprintf(names->name, sizeof names->name, "%s", name);
    snprintf(names->id, sizeof names->id, "%s", id);
    snprintf(names->package, sizeof names->package, "%s", id);
    for (char *c = names->package; *c; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    spell(names->package, true, names->c_type);
    spell(names->package, false, names->c_name);
    return EMEND_OK;
}

const char *names_value(const Names *names, const char *placeholder, size_t len) {
    const struct {
        const char *name, *value;
    } all[] = {{"NAME", names->name},       {"ID", names->id},
               {"PACKAGE", names->package}, {"C_TYPE", names->c_type},
               {"C_NAME", names->c_name},   {"KIND", names->kind},
               {"VERSION", EMEND_VERSION},  {"LANGUAGES", names->languages}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i].name) == len && memcmp(all[i].name, placeholder, len) == 0) {
            return all[i].value;
        }
    }
    return NULL;
}
