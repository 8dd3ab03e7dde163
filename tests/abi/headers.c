/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    char *text = calloc(1, 1u << 20);
    if (text) {
        size_t n = fread(text, 1, (1u << 20) - 1, file);
        text[n] = '\0';
    }
    fclose(file);
    return text;
}

static void blank(char *from, const char *to) {
    for (; from < to; from++) {
        *from = *from == '\n' ? '\n' : ' ';
    }
}

static void blank_comments(char *text) {
    for (char *at = text; *at; at++) {
        char *end = NULL;
        if (at[0] == '/' && at[1] == '*') {
            end = strstr(at, "*/");
            end = end ? end + 2 : at + strlen(at);
        } else if (at[0] == '/' && at[1] == '/') {
            end = at + strcspn(at, "\n");
        }
        if (end) {
            blank(at, end);
            at = end - 1;
        }
    }
}

/* Preprocessor lines, with the lines they go on in. */
static void blank_directives(char *text) {
    char *line = text;
    while (*line) {
        char *end = line + strcspn(line, "\n");
        if (line[strspn(line, " \t")] == '#') {
            while (*end && end[-1] == '\\') {
                end += 1 + strcspn(end + 1, "\n");
            }
            blank(line, end);
        }
        line = *end ? end + 1 : end;
    }
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Appends a member of `name` (of `len` bytes) with its declaration. */
static void add_member(Struct *out, const char *name, size_t len, const char *declaration) {
    Member *members = realloc(out->members, (out->n_members + 1) * sizeof *members);
    if (!members) {
        abort();
    }
    out->members = members;
    Member *member = &members[out->n_members++];
    snprintf(member->name, sizeof member->name, "%.*s", (int)len, name);
    snprintf(member->declaration, sizeof member->declaration, "%s", declaration);
}

/* The last word of [from, to). */
static const char *last_word(const char *from, const char *to, size_t *len) {
    while (to > from && !is_word(to[-1])) {
        to--;
    }
    const char *begin = to;
    while (begin > from && is_word(begin[-1])) {
        begin--;
    }
    *len = (size_t)(to - begin);
    return begin;
}

/* One declaration: a function pointer "t (*name)(...)", or names between commas. */
static const char *read_declaration(Struct *out, const char *declaration) {
    size_t len = 0;
    const char *pointer = strstr(declaration, "(*");
    if (pointer) {
        add_member(out, pointer + 2, strcspn(pointer + 2, ")"), declaration);
        return NULL;
    }
    const char *from = declaration;
    while (*from) {
        const char *to = from + strcspn(from, ",");
        const char *bracket = memchr(from, '[', (size_t)(to - from));
        const char *name = last_word(from, bracket ? bracket : to, &len);
        if (len == 0) {
            return "a member without a name";
        }
        add_member(out, name, len, declaration);
        from = *to ? to + 1 : to;
    }
    return NULL;
}

/* The text of a declaration on one line, single spaces between. */
static void squeeze(const char *from, const char *to, char *out, size_t capacity) {
    size_t len = 0;
    for (; from < to && len + 1 < capacity; from++) {
        char c = isspace((unsigned char)*from) ? ' ' : *from;
        if (c != ' ' || (len > 0 && out[len - 1] != ' ')) {
            out[len++] = c;
        }
    }
    while (len > 0 && out[len - 1] == ' ') {
        len--;
    }
    out[len] = '\0';
}

static const char *read_body(Struct *out, const char *body, const char *end) {
    while (body < end) {
        const char *semicolon = memchr(body, ';', (size_t)(end - body));
        const char *stop = semicolon ? semicolon : end;
        char declaration[512];
        squeeze(body, stop, declaration, sizeof declaration);
        const char *problem = declaration[0] ? read_declaration(out, declaration) : NULL;
        if (problem) {
            return problem;
        }
        body = stop + 1;
    }
    return NULL;
}

const char *headers_read(const char *path, Structs *out) {
    char *text = read_file(path);
    const char *problem = NULL;
    if (!text) {
        return "the file cannot be read";
    }
    blank_comments(text);
    blank_directives(text);
    for (char *at = strstr(text, "struct "); at && !problem; at = strstr(at + 1, "struct ")) {
        char *name = at + 7;
        char *brace =
            name + strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
        size_t len = (size_t)(brace - name);
        if ((at > text && is_word(at[-1])) || len == 0 || brace[0] != ' ' || brace[1] != '{') {
            continue;
        }
        char *end = strchr(brace, '}');
        Struct *structs = realloc(out->structs, (out->n + 1) * sizeof *structs);
        if (!end || !structs || memchr(brace + 2, '{', (size_t)(end - brace - 2))) {
            problem = "a struct in a struct, or one that does not end";
            out->structs = structs ? structs : out->structs;
            break;
        }
        out->structs = structs;
        Struct *found = &structs[out->n++];
        *found = (Struct){0};
        snprintf(found->name, sizeof found->name, "%.*s", (int)len, name);
        problem = read_body(found, brace + 2, end);
    }
    free(text);
    return problem;
}

void headers_finish(Structs *structs) {
    for (size_t i = 0; i < structs->n; i++) {
        free(structs->structs[i].members);
    }
    free(structs->structs);
    *structs = (Structs){0};
}
