/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_EXAMPLES_H
#define PLUGIN_FOREIGN_EXAMPLES_H
/* The examples of a function, run before it is used: nothing else shows that its signature is what
 * the manifest says. */
#include "plugin/catalog.h"

/* What a child that runs examples may take. */
typedef struct ForeignLimits {
    unsigned wall_ms;
    unsigned cpu_s;
} ForeignLimits;

extern const ForeignLimits foreign_limits;

/* Loads the library at `path` and runs every example of the function, in a child process. A
 * library or function that crashes, hangs or ends the process takes the child with it, and the
 * message says in which example. One that gives something else than expected is
 * EMEND_INVALID_ARGUMENT: example, what came, what was expected, the place in the manifest. */
EmendStatus foreign_examples_check(const Package *package, const Emend__Function *function,
                                   const char *path, const ForeignLimits *limits, EmendError *err);

/* The same in this process. *at is the example that runs, n_example while none does; it may lie in
 * memory that another process reads. */
EmendStatus foreign_examples_run(const Emend__Function *function, const char *path,
                                 volatile uint32_t *at, EmendError *err);

#endif
