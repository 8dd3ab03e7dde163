/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"
#include <string.h>

// Text inside '..' of the shell.
static void print_quoted(const char *text) {
    for (; *text; text++) {
        printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    }
}

static void print_word(const char *after, size_t after_len, const char *word, size_t len,
                       const char *summary) {
    printf("complete -c emend -n '__emend_next %.*s' -f -a '%.*s' -d '", (int)after_len, after,
           (int)len, word);
    print_quoted(summary);
    printf("'\n");
}

static void print_command(size_t i) {
    const Command *command = commands[i];
    const char *name = command->name;
    size_t len = strcspn(name, " ");
    bool is_grouped = name[len] == ' ';
    if (completion_begins_group(i)) {
        print_word("", 0, name, len, is_grouped ? "" : command->summary);
    }
    if (is_grouped) {
        print_word(name, len, name + len + 1, strlen(name + len + 1), command->summary);
    }
    printf("complete -c emend -n '__emend_is %s' -f -l help -d 'tell of the command'\n", name);
    for (size_t o = 0; o < command->n_options; o++) {
        const Option *option = &command->options[o];
        printf("complete -c emend -n '__emend_is %s' %s -l %s -d '", name,
               option->argument ? "-r" : "-f", option->name + strspn(option->name, "-"));
        print_quoted(option->help);
        printf("'\n");
    }
    if (command->first_words) {
        printf("complete -c emend -n '__emend_next %s' -f -a '%s'\n", name, command->first_words);
    } else if (command->first_kind) {
        printf("complete -c emend -n '__emend_next %s' -f -a '(__emend_components %s)'\n", name,
               command->first_kind);
    }
}

void completion_print_fish(void) {
    printf("# Completion for emend in fish: emend completion fish | source\n"
           "# The words of the command are these, and perhaps more.\n"
           "function __emend_is\n"
           "    set -l words (commandline -opc)\n"
           "    string match -q -- \"$argv *\" \"$words[2..] \"\n"
           "end\n"
           "# The next word is the one right after these.\n"
           "function __emend_next\n"
           "    set -l words (commandline -opc)\n"
           "    test \"$words[2..]\" = \"$argv\"\n"
           "end\n"
           "function __emend_components\n"
           "    emend plugins list 2>/dev/null | while read -l is name rest\n"
           "        test \"$is\" = $argv[1]; and echo $name\n"
           "    end\n"
           "end\n");
    for (size_t i = 0; i < n_commands; i++) {
        print_command(i);
    }
    printf("complete -c emend -n '__emend_next' -f -l help -d 'list the commands'\n"
           "complete -c emend -n '__emend_next' -f -l version -d 'print the version'\n");
}
