/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk.h"
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static Child run_script(const char *format, va_list args) {
    static const char *const env[] = {"CMAKE_PREFIX_PATH=" SDK_PREFIX,
                                      "PKG_CONFIG_PATH=" SDK_PREFIX "/" SDK_LIBRARY_DIR
                                      "/pkgconfig",
                                      "CFLAGS=-O1 -Werror",
                                      "CXXFLAGS=-O0 -Werror",
                                      "MAKEFLAGS=",
                                      NULL};
    char script[8192];
    int n = snprintf(script, sizeof script, "set -eu\nPATH=%s:$PATH\n", SDK_PREFIX "/bin");
    n += vsnprintf(script + n, sizeof script - (size_t)n, format, args);
    ck_assert_int_lt(n, (int)sizeof script);
    ck_assert_int_eq(chdir(scratch(".")), 0);
    const char *const words[] = {"-c", script, NULL};
    return child_run(&(ChildArgs){.program = "sh", .words = words, .env = env});
}

Child sdk_shell(const char *format, ...) {
    va_list args;
    va_start(args, format);
    Child child = run_script(format, args);
    va_end(args);
    return child;
}

void sdk_do(const char *format, ...) {
    va_list args;
    va_start(args, format);
    Child child = run_script(format, args);
    va_end(args);
    child_expect(&child, 0);
    child_finish(&child);
}
