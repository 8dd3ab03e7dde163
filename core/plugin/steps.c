/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/steps.h"

static const LoadStepInfo steps[STEP_COUNT] = {
    [STEP_FIND] = {"L01", "find", "a package on the search path has it"},
    [STEP_MANIFEST] = {"L02", "manifest", "plugin.textproto can be trusted and read"},
    [STEP_FIELDS] = {"L03", "fields", "it says all it must, in words this host knows"},
    [STEP_VARIANT] = {"L04", "variant", "it has a library for this machine"},
    [STEP_FILE] = {"L05", "file", "the library is there, in the package, nobody else's to write"},
    [STEP_ELF] = {"L06", "elf", "it is a plugin, and finds every library and symbol it needs"},
    [STEP_ABI] = {"L07", "abi", "its ABI is one this host speaks"},
    [STEP_PROBE] = {"L08", "probe", "it behaved in a process of its own"},
    [STEP_DLOPEN] = {"L09", "dlopen", "the dynamic loader takes it"},
    [STEP_ENTRY] = {"L10", "entry", "its entry is whole and equals note and manifest"},
    [STEP_OPEN] = {"L11", "open", "its open succeeds"},
    [STEP_REGISTER] = {"L12", "register", "each kind it lists has a factory that is whole"},
};

const LoadStepInfo *load_step_info(LoadStep step) {
    return &steps[step];
}

void load_report_found(LoadReport *report, LoadStep step, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(report->found[step], sizeof report->found[step], format, args);
    va_end(args);
}
