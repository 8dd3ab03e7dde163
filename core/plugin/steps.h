/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_STEPS_H
#define PLUGIN_STEPS_H
/* The steps from a name to callable components, in the order they are taken. Every error of loading
 * ends with the code and name of the step that failed: "[L07 abi]". */
#include "emend/status.h"

typedef enum LoadStep {
    STEP_FIND,
    STEP_MANIFEST,
    STEP_FIELDS,
    STEP_VARIANT,
    STEP_FILE,
    STEP_ELF,
    STEP_ABI,
    STEP_PROBE,
    STEP_DLOPEN,
    STEP_ENTRY,
    STEP_OPEN,
    STEP_REGISTER,
    STEP_COUNT
} LoadStep;

typedef struct LoadStepInfo {
    const char *code, *name;
    const char *checks; /* a line for people */
} LoadStepInfo;

/* Of a step below STEP_COUNT. */
const LoadStepInfo *load_step_info(LoadStep step);

#define LOAD_REASON_BYTES 4096u

/* How far the loading of one plugin came. */
typedef struct LoadReport {
    /* Said before a step is taken; may be NULL. */
    void (*begin)(void *ctx, LoadStep step);
    void *ctx;
    LoadStep step; /* that failed, or STEP_COUNT: every step is done */
    EmendStatus status;
    uint32_t flags;                 /* of the error */
    char reason[LOAD_REASON_BYTES]; /* of the failure */
    char found[STEP_COUNT][256];    /* what a step that was taken found; may be empty */
} LoadReport;

/* Takes down what a step found. */
void load_report_found(LoadReport *report, LoadStep step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
