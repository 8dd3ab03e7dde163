/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_LIBRARY_H
#define PLUGIN_FOREIGN_LIBRARY_H
/* The library a function lies in. */
#include "plugin/catalog.h"
#include <limits.h>

/* Where it is, checked to stay in the package and to have all it needs; no code of it runs. */
EmendStatus foreign_library_check(const Package *package, const Emend__Function *function,
                                  char path[PATH_MAX], EmendError *err);
/* Loads it, for good, and finds the function. */
EmendStatus foreign_library_open(const char *path, const char *symbol, void (**code)(void),
                                 EmendError *err);

#endif
