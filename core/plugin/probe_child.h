/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROBE_CHILD_H
#define PLUGIN_PROBE_CHILD_H
/* The other side of a probe: this process is the one that a plugin may break. */

#define PROBE_COMMAND "--probe-plugin"

/* `emend --probe-plugin PROTOCOL CPU_SECONDS DIR`, with the report's pipe at PROBE_REPORT_FD:
 * limits itself, loads the package in DIR, opens it, asks for its factories, closes it, and tells
 * what it saw. Returns the exit code; leaving by exit() is part of what is tried. */
int probe_child_main(int argc, char **argv);

#endif
