/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"
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

static void print_first_words(void) {
    for (size_t i = 0; i < n_commands; i++) {
        if (completion_begins_group(i)) {
            printf(" %.*s", (int)strcspn(commands[i]->name, " "), commands[i]->name);
        }
    }
}

static void print_options(const Command *command) {
    printf("        '%s')\n            options='--help", command->name);
    for (size_t o = 0; o < command->n_options; o++) {
        printf(" %s", command->options[o].name);
    }
    printf("'");
    if (command->first_words) {
        printf(" words='%s'", command->first_words);
    } else if (command->first_kind) {
        printf(" kind=%s", command->first_kind);
    }
    printf(" ;;\n");
}

void completion_print_bash(void) {
    printf("# Completion for emend in bash: eval \"$(emend completion bash)\"\n"
           "_emend() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}\n"
           "    local options='' kind='' words='' first=2\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W '");
    print_first_words();
    printf(" --help --version' -- \"$word\")\n        return\n    fi\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        size_t len = strcspn(commands[i]->name, " ");
        if (commands[i]->name[len] == ' ' && completion_begins_group(i)) {
            printf("        %.*s)\n            if [ \"$COMP_CWORD\" = 2 ]; then\n"
                   "                mapfile -t COMPREPLY < <(compgen -W '",
                   (int)len, commands[i]->name);
            print_group(commands[i]->name, len);
            printf("' -- \"$word\")\n                return\n            fi\n"
                   "            command=\"$command ${COMP_WORDS[2]}\" first=3 ;;\n");
        }
    }
    printf("    esac\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        print_options(commands[i]);
    }
    printf("    esac\n"
           "    if [[ $word == -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
           "    elif [[ -n $words && $COMP_CWORD == \"$first\" ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
           "    elif [[ -n $kind && $COMP_CWORD == \"$first\" ]]; then\n"
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
}
