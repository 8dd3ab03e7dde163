/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_MACHINE_H
#define PLUGIN_MACHINE_H
/* What this machine is, in a manifest's words. */
#include <stdbool.h>

typedef struct Machine {
    char platform[160]; /* "linux-x86_64" */
    char *features;     /* as in /proc/cpuinfo, each between spaces; NULL where it does not say */
} Machine;

void machine_init(Machine *machine);
void machine_finish(Machine *machine);
bool machine_has(const Machine *machine, const char *feature);

#endif
