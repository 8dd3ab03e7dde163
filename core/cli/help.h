/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HELP_H
#define CLI_HELP_H
/* What the command says of itself. `--help` and the manual page are made of the same texts. */
#include "cli/cli.h"

/* What it is, in a line that ends no sentence. */
extern const char help_purpose[];

/* A name with its meaning: exit codes, variables of the environment. NULL past the last. */
typedef struct HelpEntry {
    const char *name, *meaning;
} HelpEntry;
extern const HelpEntry help_exit_codes[], help_environment[];

void help_print(void);
void help_print_command(const Command *command);

#endif
