/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H
/* Completion scripts, each from the table of commands: a file for each shell. */
#include "cli/cli.h"

void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);

/* Whether commands[i] is the first with its first word: "plugins list" of those under "plugins". */
bool completion_begins_group(size_t i);

#endif
