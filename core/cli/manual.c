/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page emend(1), in roff, from what `--help` says. */
#include "cli/help.h"
#include <string.h>

// Text of a line, where roff would take backslashes, and dots and quotes in front, for its own.
static void print_text(const char *text, size_t len) {
    if (len > 0 && (text[0] == '.' || text[0] == '\'')) {
        printf("\\&");
    }
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '\\':
            printf("\\e");
            break;
        case '-':
            printf("\\-");
            break;
        case '`':
            printf("\\(ga");
            break;
        case '\'':
            printf("\\(aq");
            break;
        default:
            putchar(text[i]);
        }
    }
}

static void print_line(const char *text) {
    print_text(text, strlen(text));
    putchar('\n');
}

static void print_bold(const char *text) {
    printf("\\fB");
    print_text(text, strlen(text));
    printf("\\fR");
}

// Paragraphs as they are; lines that stand in from the margin are kept as lines.
static void print_paragraphs(const char *text) {
    bool is_kept = false;
    while (*text) {
        size_t len = strcspn(text, "\n");
        bool is_in = text[0] == ' ';
        if (is_in != is_kept) {
            printf(is_in ? ".nf\n" : ".fi\n");
            is_kept = is_in;
        }
        if (len == 0) {
            printf(".PP\n");
        } else {
            print_text(text, len);
            putchar('\n');
        }
        text += len + (text[len] == '\n');
    }
    if (is_kept) {
        printf(".fi\n");
    }
}

static void print_command(const Command *command) {
    printf(".SS ");
    print_line(command->name);
    printf(".B emend ");
    print_line(command->name);
    print_line(command->usage);
    printf(".PP\n");
    print_paragraphs(command->help);
    for (size_t i = 0; i < command->n_options; i++) {
        const Option *option = &command->options[i];
        printf(".TP\n");
        print_bold(option->name);
        if (option->argument) {
            printf(" \\fI");
            print_text(option->argument, strlen(option->argument));
            printf("\\fR");
        }
        putchar('\n');
        print_line(option->help);
    }
}

static void print_entries(const char *title, const HelpEntry *entry) {
    printf(".SH %s\n", title);
    for (; entry->name; entry++) {
        printf(".TP\n");
        print_bold(entry->name);
        putchar('\n');
        print_line(entry->meaning);
    }
}

static int run(const Arguments *arguments) {
    (void)arguments;
    printf(".TH EMEND 1 \"\" \"emend %s\"\n.SH NAME\nemend \\- ", EMEND_VERSION);
    print_line(help_purpose);
    printf(".SH SYNOPSIS\n.B emend\n.I COMMAND\n[\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...\n.br\n"
           ".B emend\n.I COMMAND\n.B \\-\\-help\n.SH COMMANDS\n");
    for (size_t i = 0; i < n_commands; i++) {
        print_command(commands[i]);
    }
    print_entries("EXIT STATUS", help_exit_codes);
    print_entries("ENVIRONMENT", help_environment);
    return EXIT_DONE;
}

const Command command_manual = {
    .name = "manual",
    .usage = "",
    .summary = "print the manual page",
    .help = "Prints emend(1), which holds every command's help: emend manual | man -l -",
    .run = run};
