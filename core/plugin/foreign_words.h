/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_WORDS_H
#define PLUGIN_FOREIGN_WORDS_H
/* The words a manifest describes a function with: types, roles, and which go together. */
#include "emend/plugin.pb-c.h"
#include "manifest/descriptors.h"
#include <ffi.h>

#define FOREIGN_ARGS_MAX 16u

typedef Emend__Function__Type ForeignType;
typedef Emend__Function__Role ForeignRole;

/* What a type's value is. */
typedef enum ForeignShape {
    FOREIGN_SIGNED,
    FOREIGN_UNSIGNED,
    FOREIGN_REAL,
    FOREIGN_TEXT,
    FOREIGN_OUT /* a pointer to a value of `target` */
} ForeignShape;

typedef struct ForeignTypeFacts {
    const char *name; /* "F64_OUT" */
    const char *c;    /* "double *": a parameter's name may follow at once */
    ffi_type *ffi;
    ForeignShape shape;
    size_t bytes;       /* of a value; of FOREIGN_OUT: of what it points to */
    ForeignType target; /* of FOREIGN_OUT: F64 for F64_OUT */
    FieldKind field;    /* of a param's field in the config; 0: it cannot be a param */
} ForeignTypeFacts;

typedef enum ForeignClass {
    FOREIGN_CLASS_TEXT,   /* `index` in ForeignInputs.texts */
    FOREIGN_CLASS_LENGTH, /* the same, of the text it is the length of */
    FOREIGN_CLASS_WHOLE,  /* in ForeignInputs.wholes */
    FOREIGN_CLASS_REAL,   /* in ForeignInputs.reals */
    FOREIGN_CLASS_RESULT,
    FOREIGN_CLASS_ERROR
} ForeignClass;

enum { FOREIGN_TEXTS = 5, FOREIGN_WHOLES = 5, FOREIGN_REALS = 4 };

/* What one turn gives a function. */
typedef struct ForeignInputs {
    EmendStr texts[FOREIGN_TEXTS];
    uint64_t wholes[FOREIGN_WHOLES];
    double reals[FOREIGN_REALS];
} ForeignInputs;

typedef struct ForeignRoleFacts {
    ForeignRole role;
    const char *name;   /* "RESPONSE_LEN" */
    const char *spoken; /* "response_len": the parameter's name, and an example's field */
    ForeignClass kind;
    unsigned index;
    bool is_of_turn_before;
    uint32_t arg_types, return_types; /* the types it may have: bits 1u << ForeignType */
} ForeignRoleFacts;

/* Of a type or role that the manifest's parser let through. */
const ForeignTypeFacts *foreign_type(ForeignType type);
const ForeignRoleFacts *foreign_role(ForeignRole role);
/* The i-th role; NULL past the last. */
const ForeignRoleFacts *foreign_role_at(size_t i);
/* "F32, F64": the types of a set of bits. */
void foreign_type_names(uint32_t types, char *text, size_t capacity);

/* A value that is handed over or came back. */
typedef union ForeignValue {
    int32_t i32;
    int64_t i64;
    uint32_t u32;
    uint64_t u64;
    float f32;
    double f64;
    uint8_t boolean;
    void *pointer;
    ffi_arg word; /* a whole number narrower than a register comes back as one */
} ForeignValue;

/* A whole number as a value of the type; false where it does not fit. */
bool foreign_value_whole(ForeignType type, uint64_t number, ForeignValue *out);
/* What a param says, as text, as a value of the type; a CSTR's pointer is the text itself. False
 * where it says no such value; `must` then tells what it must be. */
bool foreign_value_parse(ForeignType type, const char *text, ForeignValue *out, const char **must);

/* True where the function takes the role as an argument; *i is which. i may be NULL. */
bool foreign_takes(const Emend__Function *function, ForeignRole role, size_t *i);
/* True where it takes something of the turn before. */
bool foreign_takes_turn_before(const Emend__Function *function);

/* The C prototype, malloc'd: "double check_answer(const char *response, const char *reference)".
 * NULL where memory is gone. */
char *foreign_prototype(const Emend__Function *function);

#endif
