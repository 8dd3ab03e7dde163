/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SDK_SDK_H
#define TESTS_SDK_SDK_H
/* A shell as an author of plugins has it, with Emend installed in a folder of its own. */
#include "child.h"

/* The installed command. */
#define SDK_PROGRAM SDK_PREFIX "/bin/emend"

/* Runs a script in the scratch folder, where PATH, CMAKE_PREFIX_PATH and PKG_CONFIG_PATH know of
 * the installation; it stops at the first command that fails. */
Child sdk_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same of one that must succeed. */
void sdk_do(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
