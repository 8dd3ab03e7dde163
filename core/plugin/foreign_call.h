/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_CALL_H
#define PLUGIN_FOREIGN_CALL_H
/* One call of a function that a manifest describes, through libffi. */
#include "emend/task.h"
#include "plugin/foreign_memory.h"
#include "plugin/foreign_words.h"

/* A function ready to be called. Read-only once it is made: threads share it. It must stay where it
 * is, for the cif points into it. */
typedef struct ForeignCall {
    const Emend__Function *function;
    void (*code)(void);
    ffi_cif cif;
    ffi_type *types[FOREIGN_ARGS_MAX];
    size_t fixed_bytes, n_blocks; /* what a call takes of memory, texts aside */
} ForeignCall;

/* `function` has passed foreign_check and is borrowed; `code` is where it begins. */
EmendStatus foreign_call_init(ForeignCall *call, const Emend__Function *function,
                              void (*code)(void), EmendError *err);

/* Calls it. params: by argument, of those that are params. Whatever comes of it is in *out: a
 * value, an abstention or an error with its reason; never EMEND_SCORE_NONE. */
void foreign_call(const ForeignCall *call, const ForeignInputs *inputs, const ForeignValue *params,
                  ForeignMemory *memory, EmendScore *out);

#endif
