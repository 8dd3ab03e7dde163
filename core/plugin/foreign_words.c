/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_words.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE(name) EMEND__FUNCTION__TYPE__##name
#define ROLE(name) EMEND__FUNCTION__ROLE__##name
#define BIT(name) (1u << TYPE(name))

static const ForeignTypeFacts types[] = {
    [TYPE(I32)] = {"I32", "int32_t ", &ffi_type_sint32, FOREIGN_SIGNED, 4, 0, FIELD_INT32},
    [TYPE(I64)] = {"I64", "int64_t ", &ffi_type_sint64, FOREIGN_SIGNED, 8, 0, FIELD_INT64},
    [TYPE(U32)] = {"U32", "uint32_t ", &ffi_type_uint32, FOREIGN_UNSIGNED, 4, 0, FIELD_UINT32},
    [TYPE(U64)] = {"U64", "uint64_t ", &ffi_type_uint64, FOREIGN_UNSIGNED, 8, 0, FIELD_UINT64},
    [TYPE(SIZE)] = {"SIZE", "size_t ", &ffi_type_uint64, FOREIGN_UNSIGNED, 8, 0, FIELD_UINT64},
    [TYPE(F32)] = {"F32", "float ", &ffi_type_float, FOREIGN_REAL, 4, 0, FIELD_FLOAT},
    [TYPE(F64)] = {"F64", "double ", &ffi_type_double, FOREIGN_REAL, 8, 0, FIELD_DOUBLE},
    [TYPE(BOOL)] = {"BOOL", "bool ", &ffi_type_uint8, FOREIGN_UNSIGNED, 1, 0, FIELD_BOOL},
    [TYPE(CSTR)] = {"CSTR", "const char *", &ffi_type_pointer, FOREIGN_TEXT, 8, 0, FIELD_STRING},
    [TYPE(BYTES)] = {"BYTES", "const char *", &ffi_type_pointer, FOREIGN_TEXT, 8, 0, 0},
    [TYPE(I32_OUT)] = {"I32_OUT", "int32_t *", &ffi_type_pointer, FOREIGN_OUT, 4, TYPE(I32), 0},
    [TYPE(I64_OUT)] = {"I64_OUT", "int64_t *", &ffi_type_pointer, FOREIGN_OUT, 8, TYPE(I64), 0},
    [TYPE(F32_OUT)] = {"F32_OUT", "float *", &ffi_type_pointer, FOREIGN_OUT, 4, TYPE(F32), 0},
    [TYPE(F64_OUT)] = {"F64_OUT", "double *", &ffi_type_pointer, FOREIGN_OUT, 8, TYPE(F64), 0},
    [TYPE(CHAR_OUT)] = {"CHAR_OUT", "char *", &ffi_type_pointer, FOREIGN_OUT, 1, 0, 0},
};
_Static_assert(sizeof(size_t) == 8 && sizeof(bool) == 1, "SIZE and BOOL are what the table says");

enum {
    TEXT = BIT(CSTR) | BIT(BYTES),
    WHOLE = BIT(I32) | BIT(I64) | BIT(U32) | BIT(U64) | BIT(SIZE),
    REAL = BIT(F32) | BIT(F64)
};

#define INPUT(name, spoken, kind, index, before, types)                                            \
    { ROLE(name), #name, spoken, FOREIGN_CLASS_##kind, index, before, types, 0 }

static const ForeignRoleFacts roles[] = {
    INPUT(PROMPT, "prompt", TEXT, 0, false, TEXT),
    INPUT(REFERENCE, "reference", TEXT, 1, false, TEXT),
    INPUT(RESPONSE, "response", TEXT, 2, false, TEXT),
    INPUT(EXTRACTED, "extracted", TEXT, 3, false, TEXT),
    INPUT(PREVIOUS_RESPONSE, "previous_response", TEXT, 4, true, TEXT),
    INPUT(PROMPT_LEN, "prompt_len", LENGTH, 0, false, WHOLE),
    INPUT(REFERENCE_LEN, "reference_len", LENGTH, 1, false, WHOLE),
    INPUT(RESPONSE_LEN, "response_len", LENGTH, 2, false, WHOLE),
    INPUT(EXTRACTED_LEN, "extracted_len", LENGTH, 3, false, WHOLE),
    INPUT(PREVIOUS_RESPONSE_LEN, "previous_response_len", LENGTH, 4, true, WHOLE),
    INPUT(TURN, "turn", WHOLE, 0, false, WHOLE),
    INPUT(N_TURNS, "n_turns", WHOLE, 1, false, WHOLE),
    INPUT(N_TOKENS, "n_tokens", WHOLE, 2, false, WHOLE),
    INPUT(IS_TRUNCATED, "is_truncated", WHOLE, 3, false, WHOLE | BIT(BOOL)),
    INPUT(SEED, "seed", WHOLE, 4, false, BIT(U64)),
    INPUT(GRADE, "grade", REAL, 0, false, REAL),
    INPUT(PREVIOUS_GRADE, "previous_grade", REAL, 1, true, REAL),
    INPUT(REWARD, "reward", REAL, 2, false, REAL),
    INPUT(PREVIOUS_REWARD, "previous_reward", REAL, 3, true, REAL),
    {ROLE(SCORE), "SCORE", "score", FOREIGN_CLASS_RESULT, 0, false,
     BIT(F32_OUT) | BIT(F64_OUT) | BIT(I32_OUT) | BIT(I64_OUT), REAL | BIT(I32) | BIT(I64)},
    {ROLE(VERDICT), "VERDICT", "verdict", FOREIGN_CLASS_RESULT, 0, false,
     BIT(I32_OUT) | BIT(I64_OUT), BIT(I32) | BIT(I64) | BIT(BOOL)},
    {ROLE(STATUS), "STATUS", "status", FOREIGN_CLASS_RESULT, 0, false, 0,
     BIT(I32) | BIT(I64) | BIT(U32)},
    {ROLE(ERR_BUF), "ERR_BUF", "err_buf", FOREIGN_CLASS_ERROR, 0, false, BIT(CHAR_OUT), 0},
    {ROLE(ERR_CAP), "ERR_CAP", "err_cap", FOREIGN_CLASS_ERROR, 0, false, WHOLE, 0},
};

const ForeignTypeFacts *foreign_type(ForeignType type) {
    return &types[type];
}

const ForeignRoleFacts *foreign_role_at(size_t i) {
    return i < sizeof roles / sizeof *roles ? &roles[i] : NULL;
}

const ForeignRoleFacts *foreign_role(ForeignRole role) {
    size_t i = 0;
    while (i + 1 < sizeof roles / sizeof *roles && roles[i].role != role) {
        i++;
    }
    return &roles[i];
}

void foreign_type_names(uint32_t set, char *text, size_t capacity) {
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 1; i < sizeof types / sizeof *types; i++) {
        if ((set & (1u << i)) && len < capacity) {
            int n =
                snprintf(text + len, capacity - len, "%s%s", len > 0 ? ", " : "", types[i].name);
            len += n > 0 ? (size_t)n : 0;
        }
    }
}

bool foreign_value_whole(ForeignType type, uint64_t number, ForeignValue *out) {
    *out = (ForeignValue){.u64 = 0};
    switch (type) {
    case TYPE(I32):
        out->i32 = (int32_t)number;
        return number <= INT32_MAX;
    case TYPE(U32):
        out->u32 = (uint32_t)number;
        return number <= UINT32_MAX;
    case TYPE(I64):
        out->i64 = (int64_t)number;
        return number <= INT64_MAX;
    case TYPE(BOOL):
        out->boolean = (uint8_t)number;
        return number <= 1;
    default:
        out->u64 = number;
        return true;
    }
}

static bool parse_signed(ForeignType type, const char *text, ForeignValue *out) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) ||
        (type == TYPE(I32) && (number < INT32_MIN || number > INT32_MAX))) {
        return false;
    }
    if (type == TYPE(I32)) {
        out->i32 = (int32_t)number;
    } else {
        out->i64 = number;
    }
    return true;
}

static bool parse_unsigned(ForeignType type, const char *text, ForeignValue *out) {
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && !*end &&
           foreign_value_whole(type, number, out);
}

static bool parse_real(ForeignType type, const char *text, ForeignValue *out) {
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end || strchr(" \t\n\v\f\r", text[0]) || strpbrk(text, "xX") ||
        !isfinite(number)) {
        return false;
    }
    if (type == TYPE(F32)) {
        out->f32 = (float)number;
        return isfinite(out->f32);
    }
    out->f64 = number;
    return true;
}

bool foreign_value_parse(ForeignType type, const char *text, ForeignValue *out, const char **must) {
    *out = (ForeignValue){.u64 = 0};
    if (type == TYPE(CSTR)) {
        // A text is handed over as it is, and a function that keeps its promise leaves it so.
        memcpy(&out->pointer, &text, sizeof text);
        return true;
    }
    if (type == TYPE(BOOL)) {
        *must = "true or false";
        out->boolean = strcmp(text, "true") == 0;
        return out->boolean || strcmp(text, "false") == 0;
    }
    switch (types[type].shape) {
    case FOREIGN_SIGNED:
        *must = type == TYPE(I32) ? "a whole number of 32 bits" : "a whole number of 64 bits";
        return parse_signed(type, text, out);
    case FOREIGN_UNSIGNED:
        *must = type == TYPE(U32) ? "a whole number of 32 bits, 0 or more"
                                  : "a whole number of 64 bits, 0 or more";
        return parse_unsigned(type, text, out);
    default:
        *must = type == TYPE(F32) ? "a finite number of single precision" : "a finite number";
        return parse_real(type, text, out);
    }
}

bool foreign_takes(const Emend__Function *function, ForeignRole role, size_t *i) {
    for (size_t a = 0; a < function->n_arg; a++) {
        if (function->arg[a]->has_role && function->arg[a]->role == role) {
            if (i) {
                *i = a;
            }
            return true;
        }
    }
    return false;
}

bool foreign_takes_turn_before(const Emend__Function *function) {
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Argument *arg = function->arg[a];
        if (arg->has_role && foreign_role(arg->role)->is_of_turn_before) {
            return true;
        }
    }
    return false;
}

char *foreign_prototype(const Emend__Function *function) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        return NULL;
    }
    fprintf(out, "%s%s(", function->returns ? types[function->returns->type].c : "void ",
            function->symbol);
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Argument *arg = function->arg[a];
        fprintf(out, "%s%s%s", a > 0 ? ", " : "", types[arg->type].c,
                arg->has_role ? foreign_role(arg->role)->spoken : arg->param->name);
    }
    fprintf(out, "%s)", function->n_arg == 0 ? "void" : "");
    bool is_whole = !ferror(out);
    if (fclose(out) != 0 || !is_whole) {
        free(text);
        return NULL;
    }
    return text;
}
