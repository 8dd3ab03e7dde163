/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"
#include <string.h>

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", completion_print_bash},
              {"zsh", completion_print_zsh},
              {"fish", completion_print_fish}};

bool completion_begins_group(size_t i) {
    size_t len = strcspn(commands[i]->name, " ");
    return i == 0 || strncmp(commands[i - 1]->name, commands[i]->name, len) != 0;
}

static int run(const Arguments *arguments) {
    const char *name = arguments->positional[0];
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(name, shells[i].name) == 0) {
            shells[i].print();
            return EXIT_DONE;
        }
    }
    print_error("completion: \"%s\" is not a shell it knows; it must be bash, zsh or fish", name);
    return EXIT_USAGE;
}

const Command command_completion = {
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "print the shell's completion: eval \"$(emend completion bash)\"",
    .help = "Prints a script that completes commands, options, components and file names:\n"
            "\n"
            "  eval \"$(emend completion bash)\"       in ~/.bashrc\n"
            "  eval \"$(emend completion zsh)\"        in ~/.zshrc, after compinit\n"
            "  emend completion fish | source        in ~/.config/fish/config.fish\n"
            "\n"
            "An installation puts the three where the shells look for them.",
    .first_words = "bash zsh fish",
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
