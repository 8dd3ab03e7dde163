/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/schema.h"
#include <string.h>

#define MAX_DEPTH 6

static const char *kind_name(const FieldType *field) {
    static const char *const names[] = {
        [FIELD_DOUBLE] = "double",     [FIELD_FLOAT] = "float",     [FIELD_INT64] = "int64",
        [FIELD_UINT64] = "uint64",     [FIELD_INT32] = "int32",     [FIELD_FIXED64] = "fixed64",
        [FIELD_FIXED32] = "fixed32",   [FIELD_BOOL] = "bool",       [FIELD_STRING] = "string",
        [FIELD_GROUP] = "group",       [FIELD_MESSAGE] = "message", [FIELD_BYTES] = "bytes",
        [FIELD_UINT32] = "uint32",     [FIELD_ENUM] = "enum",       [FIELD_SFIXED32] = "sfixed32",
        [FIELD_SFIXED64] = "sfixed64", [FIELD_SINT32] = "sint32",   [FIELD_SINT64] = "sint64"};
    return names[field->kind];
}

static void print_lines(FILE *out, const char *margin, const char *comment, int indent) {
    while (comment && *comment) {
        size_t len = strcspn(comment, "\n");
        fprintf(out, "%*s#%s%s%.*s\n", indent, "", margin, len > 0 ? " " : "", (int)len, comment);
        comment += len + (comment[len] == '\n');
    }
}

static void print_values(FILE *out, const EnumType *type, int indent) {
    for (size_t i = 0; i < type->n_values; i++) {
        fprintf(out, "%*s#   %s\n", indent, "", type->values[i].name);
        print_lines(out, "      ", type->values[i].comment, indent);
    }
}

static void print_fields(FILE *out, const MessageType *type, int indent, int depth) {
    for (size_t i = 0; i < type->n_fields; i++) {
        const FieldType *field = &type->fields[i];
        print_lines(out, "", field->comment, indent);
        if (field->enumeration) {
            print_values(out, field->enumeration, indent);
        }
        const char *repeated = field->is_repeated ? "  # repeated" : "";
        if (field->message && depth < MAX_DEPTH) {
            fprintf(out, "%*s%s {%s\n", indent, "", field->name, repeated);
            print_fields(out, field->message, indent + 2, depth + 1);
            fprintf(out, "%*s}\n", indent, "");
            continue;
        }
        bool is_quoted = field->kind == FIELD_STRING || field->kind == FIELD_BYTES;
        const char *quote = is_quoted && field->default_text ? "\"" : "";
        fprintf(out, "%*s%s: %s%s%s  # %s%s\n", indent, "", field->name, quote,
                field->default_text ? field->default_text : "...", quote, kind_name(field),
                field->is_repeated    ? ", repeated"
                : field->default_text ? ""
                                      : ", no default");
    }
}

void schema_print(FILE *out, const MessageType *type) {
    fprintf(out, "config {  # %s\n", type->name);
    print_lines(out, "", type->comment, 2);
    if (type->comment) {
        fputc('\n', out);
    }
    print_fields(out, type, 2, 0);
    fprintf(out, "}\n");
}
