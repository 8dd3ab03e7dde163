/* SPDX-License-Identifier: Apache-2.0 */
/* Paths into a tree: overriding a field, and finding where one stands. */
#include "manifest/text_tree.h"

#include <string.h>

typedef struct PathStep {
    const char *name;
    size_t len;
    bool has_index;
    size_t index;
} PathStep;

typedef struct Path {
    PathStep steps[TEXT_MAX_DEPTH + 1];
    size_t n_steps;
} Path;

/* -- reading a path -----------------------------------------------------------------------------
 */

static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads `[12]` where it is next. */
static bool read_index(const char **at, const char *end, PathStep *step) {
    if (*at == end || **at != '[') {
        return true;
    }
    const char *digits = ++*at;
    while (*at < end && **at >= '0' && **at <= '9' && *at - digits < 9) {
        step->index = step->index * 10 + (size_t)(**at - '0');
        *at += 1;
    }
    bool is_closed = *at > digits && *at < end && **at == ']';
    *at += is_closed;
    step->has_index = true;
    return is_closed;
}

/* Splits `a.b[2].c`; false where it is not of that form. */
static bool read_path(const char *text, size_t len, Path *path) {
    const char *at = text, *end = text + len;
    path->n_steps = 0;
    for (;;) {
        if (path->n_steps > TEXT_MAX_DEPTH) {
            return false;
        }
        PathStep *step = &path->steps[path->n_steps++];
        *step = (PathStep){.name = at};
        while (at < end && is_name_character(*at)) {
            at++;
        }
        step->len = (size_t)(at - step->name);
        if (step->len == 0 || !read_index(&at, end, step)) {
            return false;
        }
        if (at == end) {
            return true;
        }
        if (*at++ != '.') {
            return false;
        }
    }
}

/* -- walking ------------------------------------------------------------------------------------
 */

static bool is_named(const TextField *field, const PathStep *step) {
    return field->name_kind == TEXT_FIELD && field->name_len == step->len &&
           memcmp(field->name, step->name, step->len) == 0;
}

static bool is_empty_list(const TextField *field) {
    return field->value.kind == TEXT_EMPTY_LIST;
}

/* The i-th value of the step's field, or NULL. *count: how many there are, where it is NULL. */
static TextField *find_field(const TextMessage *message, const PathStep *step, size_t index,
                             size_t *count) {
    *count = 0;
    for (TextField *field = message->first; field; field = field->next) {
        if (is_named(field, step) && !is_empty_list(field) && (*count)++ == index) {
            return field;
        }
    }
    return NULL;
}

/* The message itself, or that inside where it is an Any written with its type. */
static const TextMessage *step_over_any(const TextMessage *message) {
    const TextField *first = message->first;
    bool is_any = first && first->name_kind == TEXT_ANY && first->value.kind == TEXT_MESSAGE;
    return is_any ? first->value.message : message;
}

/* -- places -------------------------------------------------------------------------------------
 */

static const TextField *find_nearest(const TextTree *tree, const char *text) {
    Path path;
    const TextField *nearest = NULL;
    if (!read_path(text, strlen(text), &path)) {
        return NULL;
    }
    const TextMessage *message = &tree->root;
    for (size_t i = 0; i < path.n_steps && message; i++) {
        size_t count = 0;
        const PathStep *step = &path.steps[i];
        const TextField *field = find_field(step_over_any(message), step, step->index, &count);
        if (!field) {
            break;
        }
        nearest = field;
        message = field->value.kind == TEXT_MESSAGE ? field->value.message : NULL;
    }
    return nearest;
}

/* A scalar is shown at its value, a message at its name. */
static TextPlace place_of(const TextField *field) {
    bool has_name = field->value.kind == TEXT_MESSAGE && !field->in_list;
    return has_name ? field->place : field->value.place;
}

void text_tree_place(const TextTree *tree, const char *path, char *place, size_t capacity) {
    const TextField *field = find_nearest(tree, path);
    if (field) {
        text_place_name(tree, place_of(field), place, capacity);
    } else {
        snprintf(place, capacity, "%s", tree->sources[0].origin);
    }
}

EmendStatus text_tree_fail(const TextTree *tree, const char *path, EmendError *err,
                           const char *format, ...) {
    enum { MAX_MESSAGE = 1024 };
    const TextField *field = find_nearest(tree, path);
    va_list args;
    va_start(args, format);
    if (field) {
        text_fail_v(tree, place_of(field), EMEND_INVALID_ARGUMENT, err, format, args);
    } else {
        char message[MAX_MESSAGE];
        vsnprintf(message, sizeof message, format, args);
        emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: %s", tree->sources[0].origin, message);
    }
    va_end(args);
    return EMEND_INVALID_ARGUMENT;
}

/* -- setting ------------------------------------------------------------------------------------
 */

/* One override being applied. */
typedef struct Override {
    TextTree *tree;
    Path path;
    TextPlace place;
    TextMessage values; /* nameless fields */
    EmendError *err;
} Override;

static EmendStatus refuse(const Override *override, const PathStep *step, const char *why) {
    return text_fail(override->tree, override->place, EMEND_INVALID_ARGUMENT, override->err,
                     "%.*s %s", (int)step->len, step->name, why);
}

static EmendStatus refuse_index(const Override *override, const PathStep *step, size_t count) {
    return text_fail(override->tree, override->place, EMEND_OUT_OF_RANGE, override->err,
                     "%.*s[%zu] is out of range; there are %zu, counted from 0, and [%zu] appends"
                     " one",
                     (int)step->len, step->name, step->index, count, count);
}

/* Checks that the path can be walked, so that applying it fails half-way only for lack of memory.
 */
static EmendStatus check_path(const Override *override) {
    const TextMessage *message = &override->tree->root;
    for (size_t i = 0; i < override->path.n_steps; i++) {
        const PathStep *step = &override->path.steps[i];
        bool is_last = i + 1 == override->path.n_steps;
        size_t count = 0, n_values = 0;
        const TextField *field = NULL;
        if (message) {
            message = step_over_any(message);
            field = find_field(message, step, step->index, &count);
            find_field(message, step, SIZE_MAX, &n_values);
        }
        if (!field && step->index > count) {
            return refuse_index(override, step, count);
        }
        if (!is_last && !step->has_index && n_values > 1) {
            return refuse(override, step, "is there more than once; pick one with [0], [1], ...");
        }
        if (!is_last && field && field->value.kind != TEXT_MESSAGE) {
            return refuse(override, step, "is no message, so it has no fields to set");
        }
        message = field ? field->value.message : NULL;
    }
    return EMEND_OK;
}

static TextField *new_field(const Override *override, const PathStep *step) {
    Arena *arena = &override->tree->arena;
    TextField *field = arena_alloc(arena, sizeof *field);
    char *name = arena_copy(arena, step->name, step->len);
    if (!field || !name) {
        return NULL;
    }
    field->name = name;
    field->name_len = step->len;
    field->has_colon = true;
    field->place = override->place;
    field->value.place = override->place;
    return field;
}

/* The message a step leads to, made where it is missing; NULL where memory is gone. */
static TextMessage *enter(const Override *override, TextMessage *message, const PathStep *step) {
    size_t count = 0;
    TextField *field = find_field(message, step, step->index, &count);
    if (!field) {
        field = new_field(override, step);
        TextMessage *made = arena_alloc(&override->tree->arena, sizeof *made);
        if (!field || !made) {
            return NULL;
        }
        field->value.kind = TEXT_MESSAGE;
        field->value.message = made;
        text_message_append(message, field);
    }
    return field->value.message;
}

/* Drops every value of the step's field, an empty list too. */
static void remove_all(TextMessage *message, const PathStep *step) {
    TextField *field = message->first;
    *message = (TextMessage){0};
    while (field) {
        TextField *next = field->next;
        if (!is_named(field, step)) {
            text_message_append(message, field);
        }
        field = next;
    }
}

/* Drops one value; NULL: nothing. */
static void remove_field(TextMessage *message, const TextField *removed) {
    TextField *field = message->first;
    *message = (TextMessage){0};
    while (field) {
        TextField *next = field->next;
        if (field != removed) {
            text_message_append(message, field);
        }
        field = next;
    }
}

static EmendStatus append_values(const Override *override, TextMessage *message,
                                 const PathStep *step) {
    for (const TextField *value = override->values.first; value; value = value->next) {
        TextField *field = new_field(override, step);
        if (!field) {
            return text_tree_out_of_memory(override->tree, override->err);
        }
        field->in_list = value->in_list;
        field->value = value->value;
        text_message_append(message, field);
    }
    return EMEND_OK;
}

static EmendStatus apply(const Override *override) {
    TextMessage *message = (TextMessage *)step_over_any(&override->tree->root);
    for (size_t i = 0; i + 1 < override->path.n_steps; i++) {
        message = enter(override, message, &override->path.steps[i]);
        if (!message) {
            return text_tree_out_of_memory(override->tree, override->err);
        }
        message = (TextMessage *)step_over_any(message);
    }
    const PathStep *last = &override->path.steps[override->path.n_steps - 1];
    if (!last->has_index) {
        remove_all(message, last);
        return append_values(override, message, last);
    }
    size_t count = 0;
    TextField *field = find_field(message, last, last->index, &count);
    if (is_empty_list(override->values.first)) {
        remove_field(message, field);
        return EMEND_OK;
    }
    if (!field) {
        return append_values(override, message, last);
    }
    field->place = override->place;
    field->value = override->values.first->value;
    return EMEND_OK;
}

/* Makes what cannot be read as text format a bare value, which a string field takes as it is. */
static EmendStatus take_bare(Override *override, const char *problem) {
    Arena *arena = &override->tree->arena;
    TextField *field = arena_alloc(arena, sizeof *field);
    char *text = arena_copy(arena, problem, strlen(problem));
    if (!field || !text) {
        return text_tree_out_of_memory(override->tree, override->err);
    }
    field->value.kind = TEXT_BARE;
    field->value.text = text;
    field->value.place = override->place;
    override->values = (TextMessage){field, field};
    return EMEND_OK;
}

static EmendStatus read_values(Override *override) {
    char problem[512] = "", prefix[512] = "";
    EmendError unreadable = emend_error_on(problem, sizeof problem);
    const char *bare = override->tree->sources[override->place.source].text;
    EmendStatus status =
        text_parse_value(override->tree, override->place.source, override->path.n_steps - 1,
                         &override->values, &unreadable);
    if (status == EMEND_EXHAUSTED) {
        return text_tree_out_of_memory(override->tree, override->err);
    }
    if (status != EMEND_OK) {
        text_place_name(override->tree, override->place, prefix, sizeof prefix - 2);
        strcat(prefix, ": ");
        bool has_prefix = strncmp(problem, prefix, strlen(prefix)) == 0;
        status = take_bare(override, problem + (has_prefix ? strlen(prefix) : 0));
    }
    if (status == EMEND_OK) {
        override->values.first->value.bare = bare;
    }
    const PathStep *last = &override->path.steps[override->path.n_steps - 1];
    bool is_list = status == EMEND_OK && override->values.first->in_list &&
                   !is_empty_list(override->values.first);
    return is_list && last->has_index ? refuse(override, last,
                                               "takes one value with an index; without one, a list"
                                               " replaces them all")
                                      : status;
}

EmendStatus text_tree_set(TextTree *tree, const char *assignment, EmendError *err) {
    return text_tree_set_in(tree, assignment, "", err);
}

EmendStatus text_tree_set_in(TextTree *tree, const char *assignment, const char *origin,
                             EmendError *err) {
    Override override = {.tree = tree, .err = err};
    const char *equals = strchr(assignment, '=');
    if (strlen(assignment) > TEXT_MAX_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "--set: the value is larger than 16 MiB");
    }
    EmendStatus status = text_tree_add_source(tree, emend_str(equals ? equals + 1 : ""), origin,
                                              assignment, &override.place.source, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (!equals || !read_path(assignment, (size_t)(equals - assignment), &override.path)) {
        return text_fail(tree, override.place, EMEND_INVALID_ARGUMENT, err,
                         "is no assignment; write FIELD=VALUE, as in"
                         " stage[0].algorithm.use=reinforce");
    }
    status = check_path(&override);
    if (status == EMEND_OK) {
        status = read_values(&override);
    }
    return status == EMEND_OK ? apply(&override) : status;
}
