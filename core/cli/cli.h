/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/* The command line. One file for each subcommand; everything that prints or exits is in this room.
 */
#include "manifest/recipe.h"
#include "plugin/loader.h"
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

/* What the process ends with. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,      /* a usage or manifest error */
    EXIT_INTERRUPTED = 3 /* stopped by the user; resumable */
};

typedef struct Option {
    const char *name;     /* "--set" */
    const char *argument; /* "FIELD=VALUE"; NULL: a switch */
    const char *help;
} Option;

#define MAX_VALUES 64
#define MAX_POSITIONAL 64

/* What was given on the command line, by option. */
typedef struct Arguments {
    const char *program_path;
    const char *positional[MAX_POSITIONAL];
    size_t n_positional;
    const char *names[MAX_VALUES];
    const char *values[MAX_VALUES];
    size_t n_options;
} Arguments;

typedef struct Command {
    const char *name;    /* "run", "plugins list" */
    const char *usage;   /* "RECIPE [--set FIELD=VALUE]..." */
    const char *summary; /* one line */
    const char *help;    /* paragraphs */
    const Option *options;
    size_t n_options;
    size_t min_positional, max_positional;
    const char *first_kind;  /* the first argument is a component of this kind; NULL: a file */
    const char *first_words; /* or one of these words, joined by spaces */
    int (*run)(const Arguments *arguments);
} Command;

extern const Command command_run, command_compare, command_eval, command_report, command_grade,
    command_plugins_list, command_plugins_show, command_plugins_why, command_plugins_retry,
    command_plugins_stat, command_manifest_check, command_manifest_print, command_new,
    command_check, command_doctor, command_completion, command_manual;

/* Every command, for help and completion. */
extern const Command *const commands[];
extern const size_t n_commands;

/* The last value of an option, or NULL; "" for a switch that was given. */
const char *argument_value(const Arguments *arguments, const char *name);
bool argument_given(const Arguments *arguments, const char *name);
/* All values of an option, in order; at most MAX_VALUES into `values`. */
size_t argument_values(const Arguments *arguments, const char *name, const char **values);

/* Prints `emend: message` on standard error. */
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The exit code of a failed call: EXIT_USAGE for what the user can mend in text, else EXIT_FAILED.
 */
int exit_code(EmendStatus status);

/* What a command that uses a recipe holds: plugins, then the recipe. */
typedef struct Context {
    Catalog *catalog;
    AnyResolver resolver;
    Recipe *recipe;
    ProbeOptions probe;
    PluginHost *plugins;
} Context;

/* Opens the catalog and, where a path is given, the recipe. Prints what fails; returns an exit
 * code. */
int context_open(Context *context, const Arguments *arguments, const char *recipe_path);
/* Makes the plugin host, and where there is a recipe loads the plugins it names, with its budgets.
 * Log lines of plugins go to standard error. */
int context_host(Context *context, const volatile int *cancel);
void context_close(Context *context);

/* Set by the first Ctrl-C or SIGTERM, on which every call ends soon. A second one takes plugins
 * that do not heed it out of their calls, or ends the process at once; a third one does. */
extern volatile int interrupted;
void interrupts_catch(void);
/* The same, from any thread. */
bool is_interrupted(void);

#endif
