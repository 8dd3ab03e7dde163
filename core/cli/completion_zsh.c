/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"
#include <string.h>

// Text inside '..' of the shell; `special` are what the completion system would take for its own.
static void print_quoted(const char *text, const char *special) {
    for (; *text; text++) {
        if (*text == '\'') {
            printf("'\\''");
        } else {
            printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
        }
    }
}

static void print_item(const char *word, size_t len, const char *summary) {
    printf(" '%.*s:", (int)len, word);
    print_quoted(summary, ":\\");
    putchar('\'');
}

// What may come first: commands of one word, and the groups.
static void print_first_words(void) {
    printf("        items=(");
    for (size_t i = 0; i < n_commands; i++) {
        size_t len = strcspn(commands[i]->name, " ");
        if (completion_begins_group(i)) {
            bool is_group = commands[i]->name[len] == ' ';
            print_item(commands[i]->name, len, is_group ? "" : commands[i]->summary);
        }
    }
    printf(" --help --version)\n        _describe -t commands command items\n        return\n");
}

static void print_group(const char *group, size_t len) {
    printf("    %.*s)\n"
           "        if (( CURRENT == 3 )); then\n"
           "            items=(",
           (int)len, group);
    for (size_t i = 0; i < n_commands; i++) {
        const char *name = commands[i]->name;
        if (strncmp(name, group, len) == 0 && name[len] == ' ') {
            print_item(name + len + 1, strlen(name + len + 1), commands[i]->summary);
        }
    }
    printf(")\n"
           "            _describe -t commands command items\n"
           "            return\n"
           "        fi\n"
           "        command+=\" ${words[3]-}\"\n"
           "        shift words\n"
           "        (( CURRENT-- )) ;;\n");
}

static void print_command(const Command *command) {
    printf("    '%s')\n        specs=('--help[tell of the command]'", command->name);
    for (size_t o = 0; o < command->n_options; o++) {
        const Option *option = &command->options[o];
        printf(" '*%s%s[", option->name, option->argument ? "=" : "");
        print_quoted(option->help, ":[]\\");
        printf("]");
        if (option->argument) {
            printf(":%s:_files", option->argument);
        }
        putchar('\'');
    }
    if (command->first_words) {
        printf(" '1:word:(%s)'", command->first_words);
    } else if (command->first_kind) {
        printf(" '1:component: _emend_components %s'", command->first_kind);
    }
    if (command->max_positional > 0) {
        printf(" '*:file:_files'");
    }
    printf(") ;;\n");
}

void completion_print_zsh(void) {
    printf("#compdef emend\n"
           "# Completion for emend in zsh: eval \"$(emend completion zsh)\", after compinit\n"
           "_emend_components() {\n"
           "    local is name rest\n"
           "    local -a names\n"
           "    _call_program components emend plugins list 2>/dev/null |\n"
           "        while read -r is name rest; do [[ $is == $1 ]] && names+=$name; done\n"
           "    compadd -a names\n"
           "}\n"
           "_emend() {\n"
           "    local command=${words[2]-}\n"
           "    local -a items specs\n"
           "    if (( CURRENT == 2 )); then\n");
    print_first_words();
    printf("    fi\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        size_t len = strcspn(commands[i]->name, " ");
        if (commands[i]->name[len] == ' ' && completion_begins_group(i)) {
            print_group(commands[i]->name, len);
        }
    }
    printf("    esac\n    case $command in\n");
    for (size_t i = 0; i < n_commands; i++) {
        print_command(commands[i]);
    }
    printf("    *) return 1 ;;\n"
           "    esac\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    _arguments $specs\n"
           "}\n"
           "if [[ ${funcstack[1]-} == _emend ]]; then\n"
           "    _emend \"$@\"\n"
           "else\n"
           "    compdef _emend emend\n"
           "fi\n");
}
