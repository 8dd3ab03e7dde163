/* SPDX-License-Identifier: Apache-2.0 */
#include "report/recipe_fields.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_FIELDS = 20000 };

// Where in the text the reader is: the path's length at every level, and 0 for a level that has no
// name of its own: the type of an expanded Any.
typedef struct Place {
    char path[1024];
    size_t lens[MAX_DEPTH];
    size_t depth;
} Place;

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory for a recipe's fields");
}

static EmendStatus append(RecipeFields *fields, const char *path, const char *value, size_t len,
                          EmendError *err) {
    if (fields->n == fields->capacity) {
        size_t capacity = fields->capacity ? fields->capacity * 2 : 128;
        RecipeField *items = realloc(fields->items, capacity * sizeof *items);
        if (!items) {
            return no_memory(err);
        }
        fields->items = items;
        fields->capacity = capacity;
    }
    RecipeField field = {.path = strdup(path), .value = strndup(value, len)};
    if (!field.path || !field.value) {
        free(field.path);
        free(field.value);
        return no_memory(err);
    }
    fields->items[fields->n++] = field;
    return EMEND_OK;
}

// Adds a name to the path, with its number among those of that name, which stand together; false
// where it does not fit. An empty message leaves no trace, and its number goes to the next one.
static bool step_into(Place *place, const RecipeFields *fields, const char *name, size_t len) {
    size_t before = strlen(place->path), room = sizeof place->path - before;
    int n = snprintf(place->path + before, room, "%s%.*s[", before > 0 ? "." : "", (int)len, name);
    if (n < 0 || (size_t)n + sizeof "4294967295]" > room) {
        place->path[before] = '\0';
        return false;
    }
    size_t end = before + (size_t)n;
    const char *last = fields->n > 0 ? fields->items[fields->n - 1].path : "";
    bool is_next = strncmp(last, place->path, end) == 0;
    unsigned long index = is_next ? strtoul(last + end, NULL, 10) + 1 : 0;
    snprintf(place->path + end, sizeof place->path - end, "%u]", (unsigned)index);
    return true;
}

static void step_out(Place *place, size_t len) {
    place->path[len] = '\0';
}

// One line without its indentation. False: the text is not as it must be.
static bool read_line(RecipeFields *fields, Place *place, const char *line, size_t len,
                      EmendStatus *status, EmendError *err) {
    size_t name = strcspn(line, ": {"), here = strlen(place->path);
    if (len > 0 && line[0] == '}') {
        if (place->depth == 0) {
            return false;
        }
        step_out(place, place->lens[--place->depth]);
        return true;
    }
    if (len >= 2 && line[len - 1] == '{') {
        if (place->depth == MAX_DEPTH) {
            return false;
        }
        place->lens[place->depth++] = here;
        return line[0] == '[' || step_into(place, fields, line, name);
    }
    if (name + 2 <= len && line[name] == ':' && step_into(place, fields, line, name)) {
        *status = append(fields, place->path, line + name + 2, len - name - 2, err);
        step_out(place, here);
    }
    return true;
}

EmendStatus recipe_fields_read(const char *text, RecipeFields *out, EmendError *err) {
    RecipeFields fields = {0};
    Place place = {0};
    EmendStatus status = EMEND_OK;
    bool is_fine = true;
    while (*text && is_fine && status == EMEND_OK && fields.n < MAX_FIELDS) {
        text += strspn(text, " ");
        size_t len = strcspn(text, "\n");
        if (len > 0 && *text != '#') {
            is_fine = read_line(&fields, &place, text, len, &status, err);
        }
        text += len + (text[len] == '\n');
    }
    if (status != EMEND_OK) {
        recipe_fields_finish(&fields);
        return status;
    }
    *out = fields;
    return EMEND_OK;
}

void recipe_fields_finish(RecipeFields *fields) {
    for (size_t i = 0; i < fields->n; i++) {
        free(fields->items[i].path);
        free(fields->items[i].value);
    }
    free(fields->items);
    *fields = (RecipeFields){0};
}

const char *recipe_fields_value(const RecipeFields *fields, const char *path) {
    for (size_t i = 0; i < fields->n; i++) {
        if (strcmp(fields->items[i].path, path) == 0) {
            return fields->items[i].value;
        }
    }
    return NULL;
}
