/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_FILTER_H
#define PROGRAMS_FILTER_H
#include "wire.h"
#include <stdbool.h>

/* Writes the seccomp filter of a program into `config`: the calls that are allowed are listed, all
 * others fail with EPERM. false: it could not be made, with errno. */
bool filter_build(SandboxConfig *config);

#endif
