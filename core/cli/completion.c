/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include <string.h>

// "plugins list" to the words after "plugins".
static void print_group(const char *group, size_t len) {
    for (size_t i = 0; i < n_commands; i++) {
        const char *name = commands[i]->name;
        if (strncmp(name, group, len) == 0 && name[len] == ' ') {
            printf(" %s", name + len + 1);
        }
    }
}

static bool is_first_of_group(size_t i) {
    size_t len = strcspn(commands[i]->name, " ");
    return i == 0 || strncmp(commands[i - 1]->name, commands[i]->name, len) != 0;
}

static void print_first_words(void) {
    for (size_t i = 0; i < n_commands; i++) {
        if (is_first_of_group(i)) {
            printf(" %.*s", (int)strcspn(commands[i]->name, " "), commands[i]->name);
        }
    }
}

static void print_options(const Command *command) {
    printf("        '%s')\n            options='--help", command->name);
    for (size_t o = 0; o < command->n_options; o++) {
        printf(" %s", command->options[o].name);
    }
    printf("'%s%s ;;\n", command->first_kind ? " kind=" : "",
           command->first_kind ? command->first_kind : "");
}

static int run(const Arguments *arguments) {
    if (strcmp(arguments->positional[0], "bash") != 0) {
        print_error("completion: \"%s\" is not a shell it knows; it must be bash",
                    arguments->positional[0]);
        return EXIT_USAGE;
    }
    printf("# Completion for emend in bash: eval \"$(emend completion bash)\"\n"
           "_emend() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} options='' kind=''\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W '");
    print_first_words();
    printf(" --help --version' -- \"$word\")\n        return\n    fi\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        size_t len = strcspn(commands[i]->name, " ");
        if (commands[i]->name[len] == ' ' && is_first_of_group(i)) {
            printf("        %.*s)\n            if [ \"$COMP_CWORD\" = 2 ]; then\n"
                   "                mapfile -t COMPREPLY < <(compgen -W '",
                   (int)len, commands[i]->name);
            print_group(commands[i]->name, len);
            printf("' -- \"$word\")\n                return\n            fi\n"
                   "            command=\"$command ${COMP_WORDS[2]}\" ;;\n");
        }
    }
    printf("    esac\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        print_options(commands[i]);
    }
    printf("    esac\n"
           "    if [[ $word == -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
           "    elif [[ -n $kind && $COMP_CWORD == 2 ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" plugins list "
           "2>/dev/null |\n"
           "            while read -r is name _; do [[ $is == \"$kind\" ]] && echo \"$name\"; "
           "done)\" -- \"$word\")\n"
           "    else\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
           "        compopt -o filenames\n"
           "    fi\n"
           "}\n"
           "complete -F _emend emend\n");
    return EXIT_DONE;
}

const Command command_completion = {
    .name = "completion",
    .usage = "bash",
    .summary = "print the shell's completion: eval \"$(emend completion bash)\"",
    .help = "Prints a script that completes commands, options, tasks and file names.",
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
