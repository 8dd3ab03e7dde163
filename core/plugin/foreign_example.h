/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_EXAMPLE_H
#define PLUGIN_FOREIGN_EXAMPLE_H
/* What an example of a function says. */
#include "plugin/foreign_words.h"

typedef Emend__Function__Example ForeignExample;

/* True where the example gives what the role (no length) takes. */
bool foreign_example_gives(const ForeignExample *example, const ForeignRoleFacts *role);
/* What it hands the function, defaults filled in; texts are borrowed. */
ForeignInputs foreign_example_inputs(const Emend__Function *function,
                                     const ForeignExample *example);
/* The value an example's `set` gives the param, or NULL: then it has its default. */
const char *foreign_example_param(const ForeignExample *example, const char *name);

#endif
