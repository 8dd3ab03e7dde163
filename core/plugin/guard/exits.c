/* SPDX-License-Identifier: Apache-2.0 */
/* exit() and its kin, in front of the C library's for every library that is loaded: by the time
 * exit handlers run, libraries have torn down what the host needs to end in order. From inside a
 * plugin's call they are the plugin's fault; from anywhere else they do what they say. The
 * executable exports them (see CMakeLists.txt). */
#include "plugin/guard/exits.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef void (*Exit)(int);

static _Noreturn void go_on(const char *name, int code) {
    Exit next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, name);
    if (next) {
        next(code);
    }
    __builtin_trap();
}

__attribute__((visibility("default"))) _Noreturn void exit(int code) {
    guard_exit_called(code);
    go_on("exit", code);
}

__attribute__((visibility("default"))) _Noreturn void _exit(int code) {
    guard_exit_called(code);
    go_on("_exit", code);
}

__attribute__((visibility("default"))) _Noreturn void _Exit(int code) {
    guard_exit_called(code);
    go_on("_Exit", code);
}

__attribute__((visibility("default"))) _Noreturn void quick_exit(int code) {
    guard_exit_called(code);
    go_on("quick_exit", code);
}
