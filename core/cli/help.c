/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include <string.h>

const char help_purpose[] = "teaches language models to correct their own mistakes";

const HelpEntry help_exit_codes[] = {{"0", "done"},
                                     {"1", "failed"},
                                     {"2", "usage or manifest error"},
                                     {"3", "interrupted and resumable"},
                                     {NULL, NULL}};

const HelpEntry help_environment[] = {
    {"EMEND_PLUGIN_PATH", "folders of plugins, joined by ':'"},
    {"EMEND_PROBE", "\"off\": load plugins without trying them in a process of their own\n"
                    "first; or the seconds each may take there (default 5)"},
    {NULL, NULL}};

// A name and its meaning, which may be of several lines.
static void print_entry(const HelpEntry *entry) {
    const char *name = entry->name;
    for (const char *line = entry->meaning; *line;) {
        size_t len = strcspn(line, "\n");
        printf("  %-17s  %.*s\n", name, (int)len, line);
        name = "";
        line += len + (line[len] == '\n');
    }
}

void help_print(void) {
    printf("emend %s: %s.\n"
           "\n"
           "Usage: emend COMMAND [ARGUMENT]... [OPTION]...\n"
           "\n"
           "Commands:\n",
           EMEND_VERSION, help_purpose);
    for (size_t i = 0; i < n_commands; i++) {
        printf("  %-15s  %s\n", commands[i]->name, commands[i]->summary);
    }
    printf("\n"
           "`emend COMMAND --help` tells more of one. A first run:\n"
           "\n"
           "  emend run manifests/score-arithmetic.textproto\n"
           "\n"
           "Exit status:");
    for (const HelpEntry *entry = help_exit_codes; entry->name; entry++) {
        printf("%s %s %s", entry == help_exit_codes ? "" : ",", entry->name, entry->meaning);
    }
    printf(".\n");
    printf("Environment:\n");
    for (const HelpEntry *entry = help_environment; entry->name; entry++) {
        print_entry(entry);
    }
}

void help_print_command(const Command *command) {
    printf("Usage: emend %s %s\n\n%s\n", command->name, command->usage, command->help);
    if (command->n_options > 0) {
        printf("\nOptions:\n");
    }
    for (size_t i = 0; i < command->n_options; i++) {
        const Option *option = &command->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        printf("  %-22s  %s\n", left, option->help);
    }
}
