/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_PROCESS_H
#define PLUGIN_FOREIGN_PROCESS_H
/* A function in a process of its own: one for each component, started when it is first called, and
 * again after it has ended. Whatever the function does there is the score of one turn. */
#include "emend/task.h"
#include "plugin/catalog.h"
#include "plugin/foreign_words.h"

typedef struct ForeignProcess ForeignProcess;

/* program: emend, which has FOREIGN_COMMAND. The rest is borrowed, but for the config's bytes. NULL
 * where memory is gone. */
ForeignProcess *foreign_process_create(const char *program, const Package *package,
                                       const Emend__Function *function, EmendBytes config);
/* Ends the process. NULL is allowed. */
void foreign_process_destroy(ForeignProcess *process);

/* As foreign_call, with the params of the config. One call at a time. A process that crashes, ends,
 * answers what is no score, or takes longer than the function's timeout_ms is an error of this
 * turn, and the next has a new one. */
void foreign_process_call(ForeignProcess *process, const ForeignInputs *inputs, EmendScore *out);

#define FOREIGN_COMMAND "--foreign-function"

/* `emend --foreign-function PROTOCOL DIR INDEX`, with the socket at SPAWNED_OWN_FD: loads the
 * library of function[INDEX] in the manifest of DIR, and calls it as it is told to. Returns the
 * exit code once the socket has ended. */
int foreign_worker_main(int argc, char **argv);

#endif
