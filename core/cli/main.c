/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include "manifest/suggest.h"
#include "plugin/foreign_process.h"
#include "plugin/probe_child.h"
#include <stdlib.h>
#include <string.h>

const Command *const commands[] = {
    &command_run,           &command_compare,      &command_eval,           &command_report,
    &command_grade,         &command_plugins_list, &command_plugins_show,   &command_plugins_why,
    &command_plugins_retry, &command_plugins_stat, &command_manifest_check, &command_manifest_print,
    &command_new,           &command_check,        &command_doctor,         &command_completion,
    &command_manual};
const size_t n_commands = sizeof commands / sizeof commands[0];

// The command that the first words name; *n_words: how many they are.
static const Command *find_command(int argc, char **argv, int *n_words) {
    for (size_t i = 0; i < n_commands; i++) {
        const char *name = commands[i]->name, *space = strchr(name, ' ');
        if (!space && strcmp(name, argv[1]) == 0) {
            *n_words = 1;
            return commands[i];
        }
        if (space && argc > 2 && strncmp(name, argv[1], (size_t)(space - name)) == 0 &&
            argv[1][space - name] == '\0' && strcmp(space + 1, argv[2]) == 0) {
            *n_words = 2;
            return commands[i];
        }
    }
    return NULL;
}

// "plugins" or "manifest" alone: tell of what is under it.
static bool print_group(const char *word) {
    bool is_group = false;
    for (size_t i = 0; i < n_commands; i++) {
        const char *name = commands[i]->name, *space = strchr(name, ' ');
        if (space && strncmp(name, word, (size_t)(space - name)) == 0 &&
            word[space - name] == '\0') {
            if (!is_group) {
                print_error("%s: which of these?", word);
            }
            fprintf(stderr, "  emend %-15s  %s\n", name, commands[i]->summary);
            is_group = true;
        }
    }
    return is_group;
}

static int unknown_command(const char *word) {
    const char *names[32];
    size_t n = 0;
    for (; n < n_commands && n < 32; n++) {
        names[n] = commands[n]->name;
    }
    const char *near = suggest_name(word, strlen(word), names, n);
    print_error("\"%s\" is not a command%s%s%s; `emend --help` lists them", word,
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
    return EXIT_USAGE;
}

static const Option *find_option(const Command *command, const char *name, size_t len) {
    for (size_t i = 0; i < command->n_options; i++) {
        const Option *option = &command->options[i];
        if (strncmp(option->name, name, len) == 0 && option->name[len] == '\0') {
            return option;
        }
    }
    return NULL;
}

static int unknown_option(const Command *command, const char *word) {
    const char *names[32];
    size_t n = 0;
    for (; n < command->n_options && n < 32; n++) {
        names[n] = command->options[n].name;
    }
    const char *near = suggest_name(word, strcspn(word, "="), names, n);
    print_error("%s: it takes no option \"%s\"%s%s%s; `emend %s --help` lists them", command->name,
                word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "",
                command->name);
    return EXIT_USAGE;
}

static int parse_option(const Command *command, int argc, char **argv, int *i,
                        Arguments *arguments) {
    const char *word = argv[*i];
    size_t len = strcspn(word, "=");
    const Option *option = find_option(command, word, len);
    if (!option) {
        return unknown_option(command, word);
    }
    const char *value = word[len] == '=' ? word + len + 1 : NULL;
    if (!option->argument && value) {
        print_error("%s: option %s takes no value", command->name, option->name);
        return EXIT_USAGE;
    }
    if (option->argument && !value) {
        if (*i + 1 >= argc) {
            print_error("%s: option %s needs a value: %s %s", command->name, option->name,
                        option->name, option->argument);
            return EXIT_USAGE;
        }
        value = argv[++*i];
    }
    if (arguments->n_options == MAX_VALUES) {
        print_error("%s: more than %d options", command->name, MAX_VALUES);
        return EXIT_USAGE;
    }
    arguments->names[arguments->n_options] = option->name;
    arguments->values[arguments->n_options++] = value ? value : "";
    return EXIT_DONE;
}

static int parse(const Command *command, int argc, char **argv, int first, Arguments *arguments) {
    bool is_options_over = false;
    for (int i = first; i < argc; i++) {
        if (!is_options_over && strcmp(argv[i], "--") == 0) {
            is_options_over = true;
        } else if (!is_options_over && argv[i][0] == '-' && argv[i][1] != '\0') {
            int code = parse_option(command, argc, argv, &i, arguments);
            if (code != EXIT_DONE) {
                return code;
            }
        } else if (arguments->n_positional == command->max_positional) {
            print_error("%s: \"%s\" is one argument too many; usage: emend %s %s", command->name,
                        argv[i], command->name, command->usage);
            return EXIT_USAGE;
        } else {
            arguments->positional[arguments->n_positional++] = argv[i];
        }
    }
    if (arguments->n_positional < command->min_positional) {
        print_error("%s: an argument is missing; usage: emend %s %s", command->name, command->name,
                    command->usage);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

// Output that could not be written is a failure, even where everything else went well.
static int flushed(int code) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        print_error("standard output could not be written");
        return code == EXIT_DONE ? EXIT_FAILED : code;
    }
    return code;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], PROBE_COMMAND) == 0) {
        return probe_child_main(argc, argv); // not for people: see plugin/probe.h
    }
    if (argc > 1 && strcmp(argv[1], FOREIGN_COMMAND) == 0) {
        return foreign_worker_main(argc, argv); // nor is this
    }
    // Every call of a command is made from here.
    plugin_thread_role_set(EMEND_ROLE_CONTROL);
    if (argc < 2) {
        help_print();
        return flushed(EXIT_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("emend %s (ABI %u.%u)\n", EMEND_VERSION, EMEND_ABI_MAJOR, EMEND_ABI_MINOR);
        return flushed(EXIT_DONE);
    }
    int n_words = 0;
    bool is_help = strcmp(argv[1], "help") == 0;
    if (is_help && argc > 2) {
        argc--; // `emend help COMMAND` tells of the command
        argv++;
    }
    const Command *command = find_command(argc, argv, &n_words);
    if (asks_for_help(argc, argv) || is_help) {
        if (command) {
            help_print_command(command);
        } else {
            help_print();
        }
        return flushed(EXIT_DONE);
    }
    if (!command) {
        if (print_group(argv[1])) {
            return EXIT_USAGE;
        }
        return unknown_command(argv[1]);
    }
    Arguments arguments = {.program_path = argv[0]};
    int code = parse(command, argc, argv, 1 + n_words, &arguments);
    return flushed(code == EXIT_DONE ? command->run(&arguments) : code);
}
