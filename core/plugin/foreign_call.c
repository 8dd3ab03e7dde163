/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_call.h"
#include "manifest/utf8.h"
#include <math.h>
#include <string.h>

#define TYPE(name) EMEND__FUNCTION__TYPE__##name
#define ROLE(name) EMEND__FUNCTION__ROLE__##name

/* What a function may write of an error. */
#define ERR_BYTES 512u

/* What one call hands over and gets back. */
typedef struct Frame {
    ForeignValue values[FOREIGN_ARGS_MAX];
    ForeignValue returned;
    void *result; /* what an _OUT argument points to, or NULL */
    ForeignType result_type;
    ForeignRole result_role;
    char *said; /* ERR_BYTES, or NULL where the function has nowhere to write */
} Frame;

__attribute__((format(printf, 2, 3))) static void fail(EmendScore *out, const char *format, ...) {
    char text[ERR_BYTES + 64];
    *out = (EmendScore){.state = EMEND_SCORE_ERROR};
    EmendError err = emend_error_on(out->reason, sizeof out->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    emend_fail(&err, EMEND_UNKNOWN, "%s", text);
}

EmendStatus foreign_call_init(ForeignCall *call, const Emend__Function *function,
                              void (*code)(void), EmendError *err) {
    *call = (ForeignCall){.function = function, .code = code};
    for (size_t a = 0; a < function->n_arg; a++) {
        const ForeignTypeFacts *type = foreign_type(function->arg[a]->type);
        call->types[a] = type->ffi;
        if (type->shape == FOREIGN_OUT) {
            call->fixed_bytes += type->target ? sizeof(ForeignValue) : ERR_BYTES;
            call->n_blocks++;
        }
    }
    ffi_type *returns =
        function->returns ? foreign_type(function->returns->type)->ffi : &ffi_type_void;
    if (ffi_prep_cif(&call->cif, FFI_DEFAULT_ABI, (unsigned)function->n_arg, returns,
                     call->types) != FFI_OK) {
        return emend_fail(err, EMEND_UNIMPLEMENTED,
                          "libffi cannot call a function of this signature on this machine");
    }
    return EMEND_OK;
}

/* A text as a CSTR or BYTES argument. */
static bool put_text(const ForeignRoleFacts *role, ForeignType type, EmendStr text,
                     ForeignMemory *memory, ForeignValue *value, EmendScore *out) {
    const char *nul =
        type == TYPE(CSTR) && text.len > 0 ? memchr(text.ptr, '\0', (size_t)text.len) : NULL;
    if (nul) {
        fail(out, "%s has a NUL at byte %zu, where a CSTR would be cut; take it as BYTES",
             role->spoken, (size_t)(nul - text.ptr));
        return false;
    }
    if (type == TYPE(BYTES) && !memory->is_guarded) {
        const char *bytes = text.len > 0 ? text.ptr : "";
        memcpy(&value->pointer, &bytes, sizeof bytes);
        return true;
    }
    size_t nul_bytes = type == TYPE(CSTR);
    char *copy = foreign_memory_take(memory, (size_t)text.len + nul_bytes);
    if (!copy) {
        fail(out, "no memory is left for %s", role->spoken);
        return false;
    }
    if (text.len > 0) {
        memcpy(copy, text.ptr, (size_t)text.len);
    }
    if (nul_bytes) {
        copy[text.len] = '\0';
    }
    foreign_memory_seal(memory);
    value->pointer = copy;
    return true;
}

static bool put_whole(const ForeignRoleFacts *role, ForeignType type, uint64_t number,
                      ForeignValue *value, EmendScore *out) {
    if (foreign_value_whole(type, number, value)) {
        return true;
    }
    fail(out, "%s is %llu, more than the %s it is taken as", role->spoken,
         (unsigned long long)number, foreign_type(type)->name);
    return false;
}

/* What an _OUT argument holds until the function writes to it: what no result is. */
static void put_sentinel(ForeignType type, void *at) {
    const float f32 = NAN;
    const double f64 = NAN;
    const int32_t i32 = INT32_MIN;
    const int64_t i64 = INT64_MIN;
    const void *const sentinels[] = {
        [TYPE(F32)] = &f32, [TYPE(F64)] = &f64, [TYPE(I32)] = &i32, [TYPE(I64)] = &i64};
    memcpy(at, sentinels[type], foreign_type(type)->bytes);
}

static bool put_out(const ForeignRoleFacts *role, ForeignType type, ForeignMemory *memory,
                    Frame *frame, ForeignValue *value, EmendScore *out) {
    const ForeignTypeFacts *facts = foreign_type(type);
    value->pointer = foreign_memory_take(memory, facts->target ? facts->bytes : ERR_BYTES);
    if (!value->pointer) {
        fail(out, "no memory is left for its result");
        return false;
    }
    if (facts->target) {
        frame->result = value->pointer;
        frame->result_type = facts->target;
        frame->result_role = role->role;
        put_sentinel(facts->target, frame->result);
    } else {
        frame->said = value->pointer;
        frame->said[0] = '\0';
    }
    return true;
}

static bool put_arg(const ForeignRoleFacts *role, ForeignType type, const ForeignInputs *inputs,
                    ForeignMemory *memory, Frame *frame, ForeignValue *value, EmendScore *out) {
    switch (role->kind) {
    case FOREIGN_CLASS_TEXT:
        return put_text(role, type, inputs->texts[role->index], memory, value, out);
    case FOREIGN_CLASS_LENGTH:
        return put_whole(role, type, inputs->texts[role->index].len, value, out);
    case FOREIGN_CLASS_WHOLE:
        return put_whole(role, type, inputs->wholes[role->index], value, out);
    case FOREIGN_CLASS_REAL:
        if (type == TYPE(F32)) {
            value->f32 = (float)inputs->reals[role->index];
        } else {
            value->f64 = inputs->reals[role->index];
        }
        return true;
    default:
        return role->role == ROLE(ERR_CAP) ? put_whole(role, type, ERR_BYTES, value, out)
                                           : put_out(role, type, memory, frame, value, out);
    }
}

static bool put_all(const ForeignCall *call, const ForeignInputs *inputs,
                    const ForeignValue *params, ForeignMemory *memory, Frame *frame,
                    EmendScore *out) {
    const Emend__Function *function = call->function;
    size_t bytes = call->fixed_bytes, n_blocks = call->n_blocks;
    for (size_t t = 0; t < FOREIGN_TEXTS; t++) {
        bytes += (size_t)inputs->texts[t].len + 1;
        n_blocks++;
    }
    if (!foreign_memory_begin(memory, bytes, n_blocks)) {
        fail(out, "no memory is left for its arguments");
        return false;
    }
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Argument *arg = function->arg[a];
        if (arg->param) {
            frame->values[a] = params[a];
        } else if (!put_arg(foreign_role(arg->role), arg->type, inputs, memory, frame,
                            &frame->values[a], out)) {
            return false;
        }
    }
    return true;
}

/* What the function wrote of its error, as one line of UTF-8; "" where nothing. */
static void read_said(const Frame *frame, char line[ERR_BYTES]) {
    line[0] = '\0';
    if (!frame->said) {
        return;
    }
    memcpy(line, frame->said, ERR_BYTES);
    line[ERR_BYTES - 1] = '\0';
    size_t len = strlen(line);
    for (size_t i = utf8_valid_len(line, len); i < len; i += utf8_valid_len(line + i, len - i)) {
        line[i] = '?';
    }
    for (char *c = line; *c; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7F ? ' ' : *c;
    }
}

/* A whole number that came back. */
static int64_t read_whole(ForeignType type, const ForeignValue *value) {
    switch (type) {
    case TYPE(I32):
        return value->i32;
    case TYPE(U32):
        return value->u32;
    case TYPE(BOOL):
        return value->boolean;
    default:
        return value->i64;
    }
}

static double read_number(ForeignType type, const ForeignValue *value) {
    switch (type) {
    case TYPE(F32):
        return (double)value->f32;
    case TYPE(F64):
        return value->f64;
    default:
        return (double)read_whole(type, value);
    }
}

/* libffi widens a returned whole number to a register. */
static ForeignValue narrowed(ForeignType type, const ForeignValue *returned) {
    ForeignValue value = {.u64 = 0};
    switch (type) {
    case TYPE(I32):
        value.i32 = (int32_t)returned->word;
        return value;
    case TYPE(U32):
        value.u32 = (uint32_t)returned->word;
        return value;
    case TYPE(BOOL):
        value.boolean = (uint8_t)returned->word;
        return value;
    default:
        return *returned;
    }
}

static bool is_unwritten(ForeignType type, int64_t number) {
    return (type == TYPE(I32) && number == INT32_MIN) || (type == TYPE(I64) && number == INT64_MIN);
}

static void read_verdict(int64_t verdict, bool is_out, ForeignType type, const char *said,
                         EmendScore *out) {
    if (verdict == 0 || verdict == 1) {
        *out = (EmendScore){.state = EMEND_SCORE_VALUE, .value = (double)verdict};
    } else if (verdict == -1) {
        fail(out, "%s", *said ? said : "the function cannot tell");
        out->state = EMEND_SCORE_ABSTAIN;
    } else if (*said) {
        fail(out, "%s", said);
    } else if (is_out && is_unwritten(type, verdict)) {
        fail(out, "the function wrote no verdict");
    } else {
        fail(out, "the verdict is %lld; it must be 1, 0 or -1", (long long)verdict);
    }
}

static void read_score(double score, bool is_out, bool is_missing, const char *said,
                       EmendScore *out) {
    if (isfinite(score) && !is_missing) {
        *out = (EmendScore){.state = EMEND_SCORE_VALUE, .value = score};
    } else if (*said) {
        fail(out, "%s", said);
    } else if (isinf(score)) {
        fail(out, "the score is infinite");
    } else {
        fail(out, "the function %s", is_out ? "wrote no score, or NaN" : "returned NaN");
    }
}

static void read_result(const ForeignCall *call, const Frame *frame, EmendScore *out) {
    const Emend__Function__Returns *returns = call->function->returns;
    char said[ERR_BYTES];
    ForeignValue value = {.u64 = 0};
    ForeignType type = frame->result_type;
    ForeignRole role = frame->result_role;
    bool is_out = frame->result != NULL;
    read_said(frame, said);
    if (returns) {
        value = narrowed(returns->type, &frame->returned);
        int64_t status = returns->role == ROLE(STATUS) ? read_whole(returns->type, &value) : 0;
        if (status != 0) {
            fail(out, "status %lld%s%s", (long long)status, *said ? ": " : "", said);
            return;
        }
    }
    if (is_out) {
        value = (ForeignValue){.u64 = 0};
        memcpy(&value, frame->result, foreign_type(type)->bytes);
    } else {
        type = returns->type;
        role = returns->role;
    }
    bool is_real = foreign_type(type)->shape == FOREIGN_REAL;
    int64_t whole = is_real ? 0 : read_whole(type, &value);
    if (role == ROLE(VERDICT)) {
        read_verdict(whole, is_out, type, said, out);
    } else {
        read_score(read_number(type, &value), is_out,
                   is_out && !is_real && is_unwritten(type, whole), said, out);
    }
}

void foreign_call(const ForeignCall *call, const ForeignInputs *inputs, const ForeignValue *params,
                  ForeignMemory *memory, EmendScore *out) {
    Frame frame = {.said = NULL};
    void *pointers[FOREIGN_ARGS_MAX];
    if (!put_all(call, inputs, params, memory, &frame, out)) {
        return;
    }
    for (size_t a = 0; a < call->function->n_arg; a++) {
        pointers[a] = &frame.values[a];
    }
    // A cif is only read; libffi does not say const.
    ffi_cif cif = call->cif;
    ffi_call(&cif, call->code, &frame.returned, pointers);
    read_result(call, &frame, out);
}
