/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_FUNCTIONS_H
#define CHECK_FUNCTIONS_H
/* A component that is a plain function of the manifest, in a plugin's clothes: the tests see a
 * factory and tables like any other's. */
#include "check/subject.h"

/* The function behind the kit's component; NULL where that is a plugin's, or there is none. */
const Emend__Function *functions_find(const Kit *kit);
/* Whether the package has functions and no component of a plugin: no entry, no host, no open. */
bool functions_are_all(const Package *package);

/* Sets the subject's factory and plugin. False: the kit was told why. */
bool functions_open(Subject *subject, const Emend__Function *function);
/* A subject without functions is allowed. */
void functions_close(Subject *subject);

#endif
