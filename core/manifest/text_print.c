/* SPDX-License-Identifier: Apache-2.0 */
/* Wire bytes to canonical text. */
#include "manifest/text_print.h"
#include "manifest/text_encode.h"
#include "manifest/utf8.h"
#include "manifest/wire.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

typedef struct Printer {
    const AnyResolver *resolver;
    uint32_t flags;
    WireBuffer text;
    EmendError *err;
    bool is_out_of_memory;
    bool in_comment; /* lines are defaults of what is not written */
} Printer;

/* One field of a message being printed. */
typedef struct Entry {
    WireRecord record;
    size_t order;
} Entry;

typedef struct Scope {
    EmendBytes bytes;
    const MessageType *type;
    const char *holder; /* name of the field that holds it; NULL for the root */
    size_t depth;
    Entry *entries; /* by number, of one number in the order of the bytes */
    size_t n_entries;
} Scope;

static EmendStatus print_message(Printer *printer, Scope *scope);

/* -- characters ---------------------------------------------------------------------------------
 */

static void put(Printer *printer, const char *text, size_t len) {
    if (!wire_put(&printer->text, text, len)) {
        printer->is_out_of_memory = true;
    }
}

static void put_text(Printer *printer, const char *text) {
    put(printer, text, strlen(text));
}

static void start_line(Printer *printer, size_t depth, bool is_comment) {
    for (size_t i = 0; i < depth; i++) {
        put_text(printer, "  ");
    }
    if (is_comment || printer->in_comment) {
        put_text(printer, "# ");
    }
}

static void put_string(Printer *printer, const char *text, size_t len, bool is_utf8) {
    put_text(printer, "\"");
    for (size_t i = 0; i < len; i++) {
        char escape[8] = "";
        size_t n = text_escape_byte((unsigned char)text[i], is_utf8, escape);
        put(printer, escape, n);
    }
    put_text(printer, "\"");
}

static EmendStatus unprintable(const Printer *printer, const MessageType *type, uint32_t number,
                               const char *what) {
    return emend_fail(printer->err, EMEND_DATA_LOSS, "%s: field %u %s", type->name, number, what);
}

/* -- scalars ------------------------------------------------------------------------------------
 */

static const char *enum_name(const EnumType *type, int32_t number) {
    for (size_t i = 0; i < type->n_values; i++) {
        if (type->values[i].number == number) {
            return type->values[i].name;
        }
    }
    return NULL;
}

static EmendStatus put_scalar(Printer *printer, const MessageType *type, const FieldType *field,
                              const WireRecord *record) {
    char number[TEXT_NUMBER_BYTES] = "";
    if (field->kind == FIELD_STRING || field->kind == FIELD_BYTES) {
        bool is_string = field->kind == FIELD_STRING;
        if (is_string && utf8_valid_len(record->body.ptr, record->body.len) != record->body.len) {
            return unprintable(printer, type, field->number, "is a string that is not UTF-8");
        }
        put_string(printer, record->body.ptr, record->body.len, is_string);
        return EMEND_OK;
    }
    if (field->kind == FIELD_ENUM) {
        const char *name = enum_name(field->enumeration, (int32_t)(uint32_t)record->value);
        if (!name && !field->enumeration->is_open) {
            return unprintable(printer, type, field->number, "is an enum value without a name");
        }
        if (name) {
            put_text(printer, name);
            return EMEND_OK;
        }
    }
    text_format_number(field->kind, record->value, number);
    put_text(printer, number);
    return EMEND_OK;
}

static EmendStatus print_scalar(Printer *printer, const Scope *scope, const FieldType *field,
                                const WireRecord *record) {
    start_line(printer, scope->depth, false);
    put_text(printer, field->name);
    put_text(printer, ": ");
    EmendStatus status = put_scalar(printer, scope->type, field, record);
    put_text(printer, "\n");
    return status;
}

/* `# name: default` */
static void print_default(Printer *printer, const Scope *scope, const FieldType *field) {
    const char *text = field->default_text;
    start_line(printer, scope->depth, true);
    put_text(printer, field->name);
    put_text(printer, ": ");
    if (field->kind == FIELD_STRING) {
        put_string(printer, text ? text : "", text ? strlen(text) : 0, true);
    } else if (field->kind == FIELD_BYTES) {
        put_text(printer, "\"");
        put_text(printer, text ? text : ""); // escaped already
        put_text(printer, "\"");
    } else if (field->kind == FIELD_ENUM) {
        put_text(printer, text ? text : field->enumeration->values[0].name);
    } else {
        put_text(printer, text ? text : field->kind == FIELD_BOOL ? "false" : "0");
    }
    put_text(printer, "\n");
}

static EmendStatus print_packed(Printer *printer, const Scope *scope, const FieldType *field,
                                EmendBytes bytes) {
    uint32_t wire_type = wire_type_of(field->kind);
    while (bytes.len > 0) {
        WireRecord record = {.number = field->number, .type = wire_type};
        bool is_read =
            wire_type == WIRE_VARINT
                ? wire_take_varint(&bytes, &record.value)
                : wire_take_fixed(&bytes, wire_type == WIRE_FIXED64 ? 8 : 4, &record.value);
        if (!is_read) {
            return unprintable(printer, scope->type, field->number, "is packed and cut off");
        }
        EmendStatus status = print_scalar(printer, scope, field, &record);
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

/* -- Any ----------------------------------------------------------------------------------------
 */

static bool is_any(const MessageType *type) {
    return type && strcmp(type->name, "google.protobuf.Any") == 0;
}

/* The last value of a singular length-delimited field, empty where there is none. */
static EmendBytes find_body(EmendBytes bytes, uint32_t number) {
    EmendBytes body = {"", 0};
    WireRecord record = {0};
    while (bytes.len > 0 && wire_next(&bytes, &record)) {
        if (record.number == number && record.type == WIRE_LEN) {
            body = record.body;
        }
    }
    return body;
}

static char *copy_string(EmendBytes bytes) {
    char *copy = malloc(bytes.len + 1);
    if (copy) {
        memcpy(copy, bytes.ptr, bytes.len);
        copy[bytes.len] = '\0';
    }
    return copy;
}

/* The type that the resolver gives a scope's Any; NULL where there is none to ask or it fails. */
static const MessageType *resolve_config(const Printer *printer, const Scope *scope) {
    const FieldType *use = message_type_field(scope->type, "use", 3);
    const MessageType *type = NULL;
    if (!printer->resolver || !scope->holder || !use || use->kind != FIELD_STRING) {
        return NULL;
    }
    EmendBytes name = find_body(scope->bytes, use->number);
    char *text = name.len > 0 ? copy_string(name) : NULL;
    if (text && printer->resolver->resolve(printer->resolver->ctx, scope->holder, text, &type,
                                           NULL) != EMEND_OK) {
        type = NULL;
    }
    free(text);
    return type;
}

/* The type named by an Any's URL, where its descriptors are to be had. */
static const MessageType *find_any_type(const Printer *printer, const Scope *scope,
                                        const MessageType *any, const char *url) {
    if (!text_is_type_url(url)) {
        return NULL;
    }
    const char *name = strchr(url, '/') + 1;
    const MessageType *type = resolve_config(printer, scope);
    if (type && strcmp(type->name, name) == 0) {
        return type;
    }
    return descriptor_pool_message(message_type_pool(any), name);
}

static EmendStatus print_any_body(Printer *printer, const Scope *scope, Scope *any);

/* `[url] { ... }`; false, with nothing printed, where the value is no such message. */
static bool print_expanded(Printer *printer, const Scope *any, const MessageType *type,
                           const char *url) {
    size_t before = printer->text.len;
    EmendError *err = printer->err;
    Scope inner = {.bytes = find_body(any->bytes, 2), .type = type, .depth = any->depth + 1};
    printer->err = NULL;
    start_line(printer, any->depth, false);
    put_text(printer, "[");
    put_text(printer, url);
    put_text(printer, "] {\n");
    EmendStatus status =
        is_any(type) ? print_any_body(printer, any, &inner) : print_message(printer, &inner);
    start_line(printer, any->depth, false);
    put_text(printer, "}\n");
    printer->err = err;
    if (status != EMEND_OK) {
        printer->text.len = before;
    }
    return status == EMEND_OK;
}

/* What stands in an Any that `scope` holds: its message under its type, or its own fields. */
static EmendStatus print_any_body(Printer *printer, const Scope *scope, Scope *any) {
    EmendBytes url = find_body(any->bytes, 1);
    char *text = copy_string(url);
    if (!text) {
        printer->is_out_of_memory = true;
        return EMEND_OK;
    }
    bool may_expand = strlen(text) == url.len && any->depth < TEXT_MAX_DEPTH;
    const MessageType *type = may_expand ? find_any_type(printer, scope, any->type, text) : NULL;
    EmendStatus status = EMEND_OK;
    if (!type || !print_expanded(printer, any, type, text)) {
        status = print_message(printer, any);
    }
    free(text);
    return status;
}

/* The defaults of a config that is not written, as comments. */
static void print_unset_any(Printer *printer, const Scope *scope, const FieldType *field) {
    const MessageType *type = resolve_config(printer, scope);
    if (!type || printer->in_comment) {
        return;
    }
    Scope inner = {.bytes = {"", 0}, .type = type, .depth = scope->depth};
    printer->in_comment = true;
    start_line(printer, scope->depth, false);
    put_text(printer, field->name);
    put_text(printer, " {\n");
    inner.depth++;
    print_message(printer, &inner);
    start_line(printer, scope->depth, false);
    put_text(printer, "}\n");
    printer->in_comment = false;
}

/* -- messages -----------------------------------------------------------------------------------
 */

static EmendStatus print_submessage(Printer *printer, const Scope *scope, const FieldType *field,
                                    EmendBytes bytes) {
    Scope inner = {
        .bytes = bytes, .type = field->message, .holder = field->name, .depth = scope->depth + 1};
    start_line(printer, scope->depth, false);
    put_text(printer, text_field_name(field));
    put_text(printer, " {\n");
    EmendStatus status = is_any(field->message) ? print_any_body(printer, scope, &inner)
                                                : print_message(printer, &inner);
    start_line(printer, scope->depth, false);
    put_text(printer, "}\n");
    return status;
}

/* A singular message in several pieces is one. */
static EmendStatus print_merged(Printer *printer, const Scope *scope, const FieldType *field,
                                const Entry *entries, size_t n) {
    WireBuffer merged = {0};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n; i++) {
        if (!wire_put(&merged, entries[i].record.body.ptr, entries[i].record.body.len)) {
            printer->is_out_of_memory = true;
        }
    }
    status =
        print_submessage(printer, scope, field,
                         (EmendBytes){merged.bytes ? merged.bytes : (uint8_t *)"", merged.len});
    free(merged.bytes);
    return status;
}

static EmendStatus print_one(Printer *printer, const Scope *scope, const FieldType *field,
                             const WireRecord *record) {
    if (field->is_repeated && record->type == WIRE_LEN && wire_type_of(field->kind) != WIRE_LEN &&
        !field->message) {
        return print_packed(printer, scope, field, record->body);
    }
    return field->message ? print_submessage(printer, scope, field, record->body)
                          : print_scalar(printer, scope, field, record);
}

/* Prints the entries of one field's number. */
static EmendStatus print_field(Printer *printer, const Scope *scope, const FieldType *field,
                               const Entry *entries, size_t n) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n; i++) {
        uint32_t type = entries[i].record.type;
        bool may_pack = field->is_repeated && !field->message && type == WIRE_LEN;
        if (type != wire_type_of(field->kind) && !may_pack) {
            return unprintable(printer, scope->type, field->number, "has the wrong wire type");
        }
    }
    if (!field->is_repeated) {
        return field->message && n > 1 ? print_merged(printer, scope, field, entries, n)
                                       : print_one(printer, scope, field, &entries[n - 1].record);
    }
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        status = print_one(printer, scope, field, &entries[i].record);
    }
    return status;
}

static void print_unset(Printer *printer, const Scope *scope, const FieldType *field) {
    if (!(printer->flags & TEXT_PRINT_DEFAULTS) || field->is_repeated || field->oneof >= 0 ||
        scope->type->is_map_entry) {
        return;
    }
    if (is_any(field->message)) {
        print_unset_any(printer, scope, field);
    } else if (!field->message && !is_any(scope->type)) {
        print_default(printer, scope, field);
    }
}

static int by_number(const void *a, const void *b) {
    const Entry *left = a, *right = b;
    if (left->record.number != right->record.number) {
        return left->record.number < right->record.number ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

static EmendStatus read_entries(Printer *printer, Scope *scope) {
    EmendBytes bytes = scope->bytes;
    size_t capacity = 0;
    while (bytes.len > 0) {
        if (scope->n_entries == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            Entry *entries = realloc(scope->entries, capacity * sizeof *entries);
            if (!entries) {
                printer->is_out_of_memory = true;
                return EMEND_EXHAUSTED;
            }
            scope->entries = entries;
        }
        Entry *entry = &scope->entries[scope->n_entries];
        entry->order = scope->n_entries++;
        if (!wire_next(&bytes, &entry->record)) {
            return emend_fail(printer->err, EMEND_DATA_LOSS, "%s: its bytes are no message",
                              scope->type->name);
        }
        if (!message_type_number(scope->type, entry->record.number)) {
            return unprintable(printer, scope->type, entry->record.number, "is unknown");
        }
    }
    if (scope->n_entries > 1) {
        qsort(scope->entries, scope->n_entries, sizeof *scope->entries, by_number);
    }
    return EMEND_OK;
}

/* The field of the type with the smallest number of at least `number`, or NULL. */
static const FieldType *next_field(const MessageType *type, uint32_t number) {
    const FieldType *next = NULL;
    for (size_t i = 0; i < type->n_fields; i++) {
        const FieldType *field = &type->fields[i];
        if (field->number >= number && (!next || field->number < next->number)) {
            next = field;
        }
    }
    return next;
}

/* Of a oneof's members the last in the bytes counts. */
static bool is_overruled(const Scope *scope, const FieldType *field, const Entry *last) {
    for (size_t i = 0; i < scope->n_entries && field->oneof >= 0; i++) {
        const Entry *entry = &scope->entries[i];
        const FieldType *other = message_type_number(scope->type, entry->record.number);
        if (other != field && other->oneof == field->oneof && entry->order > last->order) {
            return true;
        }
    }
    return false;
}

/* Prints a field that has `n` entries, which may be none. */
static EmendStatus print_entries(Printer *printer, const Scope *scope, const FieldType *field,
                                 const Entry *entries, size_t n) {
    if (n > 0) {
        return is_overruled(scope, field, &entries[n - 1])
                   ? EMEND_OK
                   : print_field(printer, scope, field, entries, n);
    }
    if (field->is_required) {
        return unprintable(printer, scope->type, field->number, "is required and missing");
    }
    if (scope->type->is_map_entry && field->message) {
        return print_submessage(printer, scope, field, (EmendBytes){"", 0});
    }
    print_unset(printer, scope, field);
    return EMEND_OK;
}

static EmendStatus print_message(Printer *printer, Scope *scope) {
    if (scope->depth > TEXT_MAX_DEPTH) {
        return emend_fail(printer->err, EMEND_INVALID_ARGUMENT,
                          "%s: messages nest more than 64 deep", scope->type->name);
    }
    EmendStatus status = read_entries(printer, scope);
    size_t at = 0;
    const FieldType *field = next_field(scope->type, 0);
    for (; field && status == EMEND_OK; field = next_field(scope->type, field->number + 1)) {
        size_t first = at;
        while (at < scope->n_entries && scope->entries[at].record.number == field->number) {
            at++;
        }
        status = print_entries(printer, scope, field,
                               scope->entries ? scope->entries + first : NULL, at - first);
    }
    free(scope->entries);
    scope->entries = NULL;
    return status;
}

EmendStatus text_print(EmendBytes wire, const MessageType *type, const AnyResolver *resolver,
                       uint32_t flags, char **out, EmendError *err) {
    Printer printer = {.resolver = resolver, .flags = flags, .err = err};
    Scope root = {.bytes = wire, .type = type};
    // Numbers are written with a point, whatever the user's locale.
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!type || !c_locale) {
        return emend_fail(err, EMEND_EXHAUSTED, "text: out of memory");
    }
    locale_t users = uselocale(c_locale);
    EmendStatus status = print_message(&printer, &root);
    uselocale(users);
    freelocale(c_locale);
    put(&printer, "", 1);
    if (printer.is_out_of_memory) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", type->name);
    }
    if (status != EMEND_OK) {
        free(printer.text.bytes);
        return status;
    }
    *out = (char *)printer.text.bytes;
    return EMEND_OK;
}
