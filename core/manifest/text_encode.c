/* SPDX-License-Identifier: Apache-2.0 */
/* Tree to wire bytes, along a message type. */
#include "manifest/text_encode.h"
#include "manifest/suggest.h"
#include "manifest/wire.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LISTED = 12, MAX_PHRASE = 320, MAX_QUOTED = 64 };

typedef struct Encoder {
    const TextTree *tree;
    const AnyResolver *resolver;
    WireBuffer *out;
    EmendError *err;
    TextSpan *spans; /* of the messages being encoded, outermost first */
    size_t n_spans, capacity;
} Encoder;

/* A message being encoded. */
typedef struct Scope {
    const TextMessage *message;
    const MessageType *type;
    const char *holder; /* name of the field that holds it; NULL for the root */
    TextPlace place;
    size_t depth;
    bool is_resolved;          /* the resolver was asked for the type of its Any */
    const MessageType *config; /* what it answered */
    const TextField **given;   /* by field of the type: the first value of each, or NULL */
    const FieldType **chosen;  /* by oneof: the member that is given, or NULL */
} Scope;

static EmendStatus encode_message(Encoder *encoder, Scope *scope);
static EmendStatus encode_any(Encoder *encoder, const Scope *scope, const char *name,
                              const MessageType *any, const TextMessage *body, TextPlace place);

static EmendStatus out_of_memory(const Encoder *encoder) {
    return text_tree_out_of_memory(encoder->tree, encoder->err);
}

static EmendStatus too_deep(const Encoder *encoder, TextPlace place) {
    return text_fail(encoder->tree, place, EMEND_INVALID_ARGUMENT, encoder->err,
                     "messages nest more than 64 deep");
}

/* -- names --------------------------------------------------------------------------------------
 */

static const FieldType *find_field(const MessageType *type, const TextField *field) {
    for (size_t i = 0; i < type->n_fields; i++) {
        const char *name = text_field_name(&type->fields[i]);
        if (strncmp(name, field->name, field->name_len) == 0 && name[field->name_len] == '\0') {
            return &type->fields[i];
        }
    }
    return NULL;
}

static bool is_reserved(const MessageType *type, const TextField *field) {
    for (size_t i = 0; i < type->n_reserved_names; i++) {
        const char *name = type->reserved_names[i];
        if (strncmp(name, field->name, field->name_len) == 0 && name[field->name_len] == '\0') {
            return true;
        }
    }
    return false;
}

static void list_fields(const MessageType *type, char *phrase) {
    size_t len = (size_t)snprintf(phrase, MAX_PHRASE,
                                  type->n_fields > 0 ? "; its fields are " : "; it has no fields");
    size_t shown = type->n_fields < MAX_LISTED ? type->n_fields : MAX_LISTED;
    for (size_t i = 0; i < shown && len < MAX_PHRASE; i++) {
        len += (size_t)snprintf(phrase + len, MAX_PHRASE - len, "%s%s", i > 0 ? ", " : "",
                                text_field_name(&type->fields[i]));
    }
    if (shown < type->n_fields && len < MAX_PHRASE) {
        snprintf(phrase + len, MAX_PHRASE - len, ", ...");
    }
}

static EmendStatus unknown_field(const Encoder *encoder, const MessageType *type,
                                 const TextField *field) {
    char phrase[MAX_PHRASE] = "";
    const char **names = calloc(type->n_fields + 1, sizeof *names);
    if (!names) {
        return out_of_memory(encoder);
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        names[i] = text_field_name(&type->fields[i]);
    }
    const char *nearest = suggest_name(field->name, field->name_len, names, type->n_fields);
    if (nearest) {
        snprintf(phrase, sizeof phrase, "; did you mean %s?", nearest);
    } else {
        list_fields(type, phrase);
    }
    free(names);
    int len = field->name_len > MAX_QUOTED ? MAX_QUOTED : (int)field->name_len;
    return text_fail(encoder->tree, field->place, EMEND_INVALID_ARGUMENT, encoder->err,
                     "%s has no field %.*s%s", type->name, len, field->name, phrase);
}

static EmendStatus refuse_brackets(const Encoder *encoder, const MessageType *type,
                                   const TextField *field) {
    int len = field->name_len > MAX_QUOTED ? MAX_QUOTED : (int)field->name_len;
    const char *why = field->name_kind == TEXT_EXTENSION
                          ? "is an extension, which are not read here; write plain field names"
                          : "names the type of an Any, which this message is not";
    return text_fail(encoder->tree, field->place, EMEND_INVALID_ARGUMENT, encoder->err,
                     "[%.*s] in %s %s", len, field->name, type->name, why);
}

/* -- what may be given, and how often -----------------------------------------------------------
 */

static EmendStatus check_oneof(const Encoder *encoder, Scope *scope, const FieldType *type,
                               const TextField *field) {
    if (type->oneof < 0) {
        return EMEND_OK;
    }
    const FieldType **chosen = &scope->chosen[type->oneof];
    if (*chosen && *chosen != type) {
        return text_fail(encoder->tree, field->place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "%s is given beside %s, and both are in the oneof %s; keep one",
                         text_field_name(type), text_field_name(*chosen), type->oneof_name);
    }
    *chosen = type;
    return EMEND_OK;
}

/* An override whose characters a string takes as they are, though they read as a list too. */
static bool is_bare_string(const FieldType *type, const TextField *field) {
    bool is_string = type->kind == FIELD_STRING || type->kind == FIELD_BYTES;
    return is_string && !type->is_repeated && field->value.bare;
}

/* A further element of what the first already took as bare characters. */
static bool is_taken(const FieldType *type, const TextField *given, const TextField *field) {
    return given && is_bare_string(type, given) && given->in_list && field->in_list &&
           field->place.source == given->place.source;
}

static EmendStatus check_occurrence(const Encoder *encoder, Scope *scope, const FieldType *type,
                                    const TextField *field) {
    const TextField **given = &scope->given[type - scope->type->fields];
    if (type->is_repeated) {
        *given = field;
        return EMEND_OK;
    }
    if (field->in_list && !is_bare_string(type, field)) {
        return text_fail(encoder->tree, field->value.place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "%s takes one value, not a list", text_field_name(type));
    }
    if (*given) {
        char first[256] = "";
        text_place_name(encoder->tree, (*given)->place, first, sizeof first);
        return text_fail(encoder->tree, field->place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "%s is given twice, first at %s; keep one", text_field_name(type), first);
    }
    *given = field;
    return check_oneof(encoder, scope, type, field);
}

static EmendStatus check_required(const Encoder *encoder, const Scope *scope) {
    for (size_t i = 0; i < scope->type->n_fields; i++) {
        const FieldType *field = &scope->type->fields[i];
        if (field->is_required && !scope->given[i]) {
            return text_fail(encoder->tree, scope->place, EMEND_INVALID_ARGUMENT, encoder->err,
                             "%s lacks the required field %s; add it", scope->type->name,
                             text_field_name(field));
        }
    }
    return EMEND_OK;
}

/* -- Any ----------------------------------------------------------------------------------------
 */

static bool is_any(const MessageType *type) {
    return strcmp(type->name, "google.protobuf.Any") == 0;
}

/* The singular string field `name` as written in the message, or NULL. */
static const TextField *find_string(const TextMessage *message, const char *name) {
    for (const TextField *field = message->first; field; field = field->next) {
        if (field->name_kind == TEXT_FIELD && field->name_len == strlen(name) &&
            memcmp(field->name, name, field->name_len) == 0 &&
            (field->value.kind == TEXT_STRING || field->value.bare)) {
            return field;
        }
    }
    return NULL;
}

static const char *string_of(const TextField *field) {
    return field->value.kind == TEXT_STRING ? field->value.text : field->value.bare;
}

static bool has_any(const MessageType *type) {
    for (size_t i = 0; i < type->n_fields; i++) {
        if (type->fields[i].kind == FIELD_MESSAGE && is_any(type->fields[i].message)) {
            return true;
        }
    }
    return false;
}

/* Where the message has a `use` beside an Any, asks which type that makes it. */
static EmendStatus resolve_config(const Encoder *encoder, Scope *scope) {
    if (!encoder->resolver || !scope->holder || !has_any(scope->type)) {
        return EMEND_OK;
    }
    const TextField *use = find_string(scope->message, "use");
    const FieldType *field = use ? find_field(scope->type, use) : NULL;
    if (!field || field->kind != FIELD_STRING) {
        return EMEND_OK;
    }
    char message[1024] = "";
    EmendError why = emend_error_on(message, sizeof message);
    EmendStatus status = encoder->resolver->resolve(encoder->resolver->ctx, scope->holder,
                                                    string_of(use), &scope->config, &why);
    scope->is_resolved = true;
    return status == EMEND_OK
               ? EMEND_OK
               : text_fail(encoder->tree, use->value.place, status, encoder->err, "%s", message);
}

static EmendStatus wrong_config(const Encoder *encoder, const Scope *scope, TextPlace place,
                                const char *type_name) {
    return text_fail(encoder->tree, place, EMEND_INVALID_ARGUMENT, encoder->err,
                     "the config is a %s, but %s takes %s", type_name,
                     string_of(find_string(scope->message, "use")),
                     scope->config ? scope->config->name : "none");
}

/* The type of `[domain/pkg.Type]`. */
static EmendStatus find_any_type(const Encoder *encoder, const Scope *scope, const MessageType *any,
                                 const TextField *url, const MessageType **type) {
    const char *name = strchr(url->name, '/') + 1;
    if (scope->is_resolved) {
        *type = scope->config;
        return *type && strcmp((*type)->name, name) == 0
                   ? EMEND_OK
                   : wrong_config(encoder, scope, url->place, name);
    }
    *type = descriptor_pool_message(message_type_pool(any), name);
    return *type ? EMEND_OK
                 : text_fail(encoder->tree, url->place, EMEND_NOT_FOUND, encoder->err,
                             "the message type %s is not known here", name);
}

/* The fields of a message in an Any, which may be an Any itself. */
static EmendStatus encode_inner(Encoder *encoder, const Scope *outer, const MessageType *type,
                                const TextMessage *message, TextPlace place) {
    Scope inner = {.message = message, .type = type, .place = place, .depth = outer->depth + 2};
    return is_any(type) ? encode_any(encoder, &inner, "the Any", type, message, place)
                        : encode_message(encoder, &inner);
}

/* Writes an Any: the URL and, unless it is empty, the message as its value. */
static EmendStatus put_any(Encoder *encoder, const Scope *outer, const char *url,
                           const MessageType *type, const TextMessage *message, TextPlace place) {
    WireBuffer *out = encoder->out;
    size_t url_len = strlen(url);
    if (!wire_put_tag(out, 1, WIRE_LEN) || !wire_put_varint(out, url_len) ||
        !wire_put(out, url, url_len)) {
        return out_of_memory(encoder);
    }
    size_t tag = out->len;
    if (!wire_put_tag(out, 2, WIRE_LEN)) {
        return out_of_memory(encoder);
    }
    size_t body = out->len;
    EmendStatus status = encode_inner(encoder, outer, type, message, place);
    if (status != EMEND_OK) {
        return status;
    }
    if (out->len == body) {
        out->len = tag;
        return EMEND_OK;
    }
    return wire_put_len_before(out, body) ? EMEND_OK : out_of_memory(encoder);
}

/* `[domain/pkg.Type] { ... }` */
static EmendStatus encode_expanded_any(Encoder *encoder, const Scope *scope, const MessageType *any,
                                       const TextField *url) {
    const MessageType *type = NULL;
    int len = url->name_len > MAX_QUOTED ? MAX_QUOTED : (int)url->name_len;
    if (url->next) {
        return text_fail(encoder->tree, url->next->place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "nothing else may stand beside [%.*s]", len, url->name);
    }
    if (url->value.kind != TEXT_MESSAGE || url->in_list) {
        return text_fail(encoder->tree, url->value.place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "[%.*s] takes one message: { ... }", len, url->name);
    }
    EmendStatus status = find_any_type(encoder, scope, any, url, &type);
    return status == EMEND_OK
               ? put_any(encoder, scope, url->name, type, url->value.message, url->value.place)
               : status;
}

/* `config { ... }` with the fields of the type that the resolver gave. */
static EmendStatus encode_bare_any(Encoder *encoder, const Scope *scope, const char *name,
                                   const TextMessage *body, TextPlace place) {
    static const char prefix[] = "type.googleapis.com/";
    const MessageType *type = scope->config;
    if (!type) {
        return body->first ? text_fail(encoder->tree, place, EMEND_INVALID_ARGUMENT, encoder->err,
                                       "%s takes no %s; remove it",
                                       string_of(find_string(scope->message, "use")), name)
                           : EMEND_OK;
    }
    size_t len = strlen(type->name);
    char *url = malloc(sizeof prefix + len);
    if (!url) {
        return out_of_memory(encoder);
    }
    memcpy(url, prefix, sizeof prefix - 1);
    memcpy(url + sizeof prefix - 1, type->name, len + 1);
    EmendStatus status = put_any(encoder, scope, url, type, body, place);
    free(url);
    return status;
}

/* An Any in its own fields: its type, where it can be checked, must be the right one. */
static EmendStatus encode_plain_any(Encoder *encoder, const Scope *scope, const MessageType *any,
                                    const TextMessage *body, TextPlace place) {
    const TextField *url = find_string(body, "type_url");
    if (scope->is_resolved && url) {
        const char *slash = strrchr(string_of(url), '/');
        const char *name = slash ? slash + 1 : string_of(url);
        if (!scope->config || strcmp(scope->config->name, name) != 0) {
            return wrong_config(encoder, scope, url->value.place, name);
        }
    }
    Scope inner = {.message = body, .type = any, .place = place, .depth = scope->depth + 1};
    return encode_message(encoder, &inner);
}

/* The body of the Any that the scope's field `name` holds, in whichever of its forms. */
static EmendStatus encode_any(Encoder *encoder, const Scope *scope, const char *name,
                              const MessageType *any, const TextMessage *body, TextPlace place) {
    const TextField *first = body->first;
    if (scope->depth > TEXT_MAX_DEPTH) {
        return too_deep(encoder, place);
    }
    if (first && first->name_kind == TEXT_ANY) {
        return encode_expanded_any(encoder, scope, any, first);
    }
    if (scope->is_resolved && !find_string(body, "type_url")) {
        return encode_bare_any(encoder, scope, name, body, place);
    }
    bool is_plain = !first || (first->name_kind == TEXT_FIELD && find_field(any, first));
    if (!is_plain && find_field(scope->type, &(TextField){.name = "use", .name_len = 3})) {
        return text_fail(encoder->tree, place, EMEND_INVALID_ARGUMENT, encoder->err,
                         "the type of %s is not known; write use: \"...\" beside it, or its type"
                         " inside: [type.googleapis.com/pkg.Type] { ... }",
                         name);
    }
    return encode_plain_any(encoder, scope, any, body, place);
}

/* -- values -------------------------------------------------------------------------------------
 */

/* A message or group between its tag and, of a group, its end; of a message its length in front. */
static EmendStatus encode_submessage(Encoder *encoder, const Scope *scope, const FieldType *type,
                                     const TextField *field, TextSpan *span) {
    WireBuffer *out = encoder->out;
    size_t body = out->len;
    EmendStatus status = EMEND_OK;
    if (field->value.kind != TEXT_MESSAGE) {
        return text_wrong_value(encoder->tree, type, &field->value, encoder->err);
    }
    if (is_any(type->message)) {
        status = encode_any(encoder, scope, type->name, type->message, field->value.message,
                            field->value.place);
    } else {
        Scope inner = {.message = field->value.message,
                       .type = type->message,
                       .holder = type->name,
                       .place = field->value.place,
                       .depth = scope->depth + 1};
        status = encode_message(encoder, &inner);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (type->kind == FIELD_GROUP) {
        return wire_put_tag(out, type->number, WIRE_GROUP_END) ? EMEND_OK : out_of_memory(encoder);
    }
    size_t body_len = out->len - body;
    if (!wire_put_len_before(out, body)) {
        return out_of_memory(encoder);
    }
    if (type->message->is_map_entry) {
        span->is_entry = true;
        text_layout_key(out, out->len - body_len, out->len, type->message, span);
    }
    return EMEND_OK;
}

static bool is_all_zero(const WireBuffer *out, size_t start) {
    for (size_t i = start; i < out->len; i++) {
        if (out->bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Keeps the span, joined to the one before where both are plain parts of one field. */
static EmendStatus keep_span(Encoder *encoder, size_t first, const TextSpan *span) {
    TextSpan *last = encoder->n_spans > first ? &encoder->spans[encoder->n_spans - 1] : NULL;
    if (last && last->number == span->number && !span->is_entry) {
        last->end = span->end;
        return EMEND_OK;
    }
    if (encoder->n_spans == encoder->capacity) {
        size_t capacity = encoder->capacity ? encoder->capacity * 2 : 64;
        TextSpan *spans = realloc(encoder->spans, capacity * sizeof *spans);
        if (!spans) {
            return out_of_memory(encoder);
        }
        encoder->spans = spans;
        encoder->capacity = capacity;
    }
    encoder->spans[encoder->n_spans++] = *span;
    return EMEND_OK;
}

/* `first` is the message's first span. */
static EmendStatus encode_value(Encoder *encoder, const Scope *scope, const FieldType *type,
                                const TextField *field, size_t first) {
    WireBuffer *out = encoder->out;
    TextSpan span = {.number = type->number, .is_packed = type->is_packed, .start = out->len};
    EmendStatus status = EMEND_OK;
    if (!type->is_packed && !wire_put_tag(out, type->number, wire_type_of(type->kind))) {
        return out_of_memory(encoder);
    }
    size_t payload = out->len;
    if (type->message) {
        status = encode_submessage(encoder, scope, type, field, &span);
    } else {
        status = text_scalar_encode(encoder->tree, type, &field->value, out, encoder->err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    bool is_implicit = !type->is_repeated && !type->has_presence && !scope->type->is_map_entry;
    if (is_implicit && is_all_zero(out, payload)) {
        out->len = span.start;
        return EMEND_OK;
    }
    span.end = out->len;
    return keep_span(encoder, first, &span);
}

static EmendStatus encode_field(Encoder *encoder, Scope *scope, const TextField *field,
                                size_t first) {
    if (field->name_kind != TEXT_FIELD) {
        return refuse_brackets(encoder, scope->type, field);
    }
    const FieldType *type = find_field(scope->type, field);
    if (!type) {
        return is_reserved(scope->type, field) ? EMEND_OK
                                               : unknown_field(encoder, scope->type, field);
    }
    if (!type->message && !field->has_colon) {
        return field->value.kind == TEXT_MESSAGE
                   ? text_wrong_value(encoder->tree, type, &field->value, encoder->err)
                   : text_fail(encoder->tree, field->value.place, EMEND_INVALID_ARGUMENT,
                               encoder->err, "a : must stand between %s and its value",
                               text_field_name(type));
    }
    if (is_taken(type, scope->given[type - scope->type->fields], field)) {
        return EMEND_OK;
    }
    EmendStatus status = check_occurrence(encoder, scope, type, field);
    bool is_empty = field->value.kind == TEXT_EMPTY_LIST && !is_bare_string(type, field);
    if (status != EMEND_OK || is_empty) {
        return status;
    }
    return encode_value(encoder, scope, type, field, first);
}

/* Appends what a map entry's field holds when it is not written. */
static EmendStatus encode_missing(Encoder *encoder, const Scope *scope, const FieldType *field) {
    if (!field->message) {
        return text_scalar_encode_zero(field, encoder->out) ? EMEND_OK : out_of_memory(encoder);
    }
    static const TextMessage empty = {0};
    TextSpan span = {0};
    const TextField written = {
        .value = {.kind = TEXT_MESSAGE, .message = (TextMessage *)&empty, .place = scope->place}};
    return encode_submessage(encoder, scope, field, &written, &span);
}

/* A map entry always holds both fields. */
static EmendStatus complete_entry(Encoder *encoder, const Scope *scope, size_t first) {
    for (size_t i = 0; i < scope->type->n_fields; i++) {
        const FieldType *field = &scope->type->fields[i];
        TextSpan span = {.number = field->number, .start = encoder->out->len};
        if (scope->given[i]) {
            continue;
        }
        if (!wire_put_tag(encoder->out, field->number, wire_type_of(field->kind))) {
            return out_of_memory(encoder);
        }
        EmendStatus status = encode_missing(encoder, scope, field);
        span.end = encoder->out->len;
        if (status == EMEND_OK) {
            status = keep_span(encoder, first, &span);
        }
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

static EmendStatus encode_message(Encoder *encoder, Scope *scope) {
    size_t start = encoder->out->len, first = encoder->n_spans;
    if (scope->depth > TEXT_MAX_DEPTH) {
        return too_deep(encoder, scope->place);
    }
    void **marks = calloc(scope->type->n_fields + scope->type->n_oneofs + 1, sizeof *marks);
    if (!marks) {
        return out_of_memory(encoder);
    }
    scope->given = (const TextField **)marks;
    scope->chosen = (const FieldType **)(marks + scope->type->n_fields);
    EmendStatus status = resolve_config(encoder, scope);
    for (const TextField *field = scope->message->first; field && status == EMEND_OK;
         field = field->next) {
        status = encode_field(encoder, scope, field, first);
    }
    if (status == EMEND_OK) {
        status = check_required(encoder, scope);
    }
    if (status == EMEND_OK && scope->type->is_map_entry) {
        status = complete_entry(encoder, scope, first);
    }
    if (status == EMEND_OK && encoder->n_spans > first &&
        !text_layout(encoder->out, start, encoder->spans + first, encoder->n_spans - first)) {
        status = out_of_memory(encoder);
    }
    encoder->n_spans = first;
    free(marks);
    return status;
}

EmendStatus text_tree_encode(const TextTree *tree, const MessageType *type,
                             const AnyResolver *resolver, WireBuffer *out, EmendError *err) {
    Encoder encoder = {.tree = tree, .resolver = resolver, .out = out, .err = err};
    Scope root = {.message = &tree->root, .type = type};
    size_t start = out->len;
    // Numbers are read with a point, whatever the user's locale.
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!type || !c_locale) {
        return text_tree_out_of_memory(tree, err);
    }
    locale_t users = uselocale(c_locale);
    EmendStatus status = encode_message(&encoder, &root);
    uselocale(users);
    freelocale(c_locale);
    if (status != EMEND_OK) {
        out->len = start;
    }
    free(encoder.spans);
    return status;
}
