/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_H
#define PLUGIN_FOREIGN_H
/* Functions that manifests describe, as components. */
#include "plugin/loader.h"

/* The functions of a host that were used, and what is known of them. */
typedef struct ForeignHost ForeignHost;

/* call_seconds: that a call has; 0: all there are. program: emend, for functions that have a process
 * of their own; borrowed; NULL: the one that runs. NULL where memory is gone. */
ForeignHost *foreign_host_create(uint32_t call_seconds, const char *program);
/* Every component is destroyed before. NULL is allowed. */
void foreign_host_destroy(ForeignHost *host);

/* The function behind a component of the package; NULL where it is one of a plugin. */
const Emend__Function *foreign_find(const Package *package, const Emend__ComponentInfo *component);

/* Takes the steps of loading it, once: its library as a file, its examples in a child process,
 * dlopen, the symbol. On failure the report has the step and the reason. */
EmendStatus foreign_load(ForeignHost *host, const Package *package, const Emend__Function *function,
                         LoadReport *report);

/* Makes a component of it, guarded, as component_create does; loads it, where it is not. */
EmendStatus foreign_create(ForeignHost *host, const Package *package,
                           const Emend__Function *function, EmendBytes config, Component *out,
                           EmendError *err);

#endif
