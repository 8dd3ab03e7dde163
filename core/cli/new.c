/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "scaffold/scaffold.h"

static const Option options[] = {
    {"--lang", "LANG",
     "c (the default), c++, or plain: a reward whose library includes nothing of ours"},
    {"--id", "ID", "the plugin's id, a domain of yours turned around (default: org.example.NAME)"},
    {"--dir", "DIR", "the folder to make (default: NAME)"}};

static int run(const Arguments *arguments) {
    char message[8192];
    EmendError err = emend_error_on(message, sizeof message);
    ScaffoldSpec spec = {.kind = arguments->positional[0],
                         .name = arguments->positional[1],
                         .language = argument_value(arguments, "--lang"),
                         .id = argument_value(arguments, "--id"),
                         .dir = argument_value(arguments, "--dir")};
    interrupts_catch(); // half a plugin is none
    EmendStatus status = scaffold_write(&spec, &err);
    if (status != EMEND_OK) {
        print_error("new: %s", message);
        return exit_code(status);
    }
    const char *dir = spec.dir ? spec.dir : spec.name;
    printf("%s: a %s that builds and passes its tests; README.md tells the rest\n"
           "\n"
           "  cd %s && cmake -B build && cmake --build build && ctest --test-dir build\n",
           dir, spec.kind, dir);
    return EXIT_DONE;
}

const Command command_new = {
    .name = "new",
    .usage = "KIND NAME [--lang c|c++|plain] [--id ID] [--dir DIR]",
    .summary = "write a new plugin, which builds and passes its tests at once",
    .help = "Writes a folder with one working component: source, manifest, config, golden\n"
            "examples, a test, CMakeLists.txt, Makefile and a README that tells how to go on.\n"
            "KIND is backend, tokenizer, task, reward, algorithm or tracker. NAME has small\n"
            "letters, digits and '_'. A folder that exists is left alone.\n"
            "\n"
            "  emend new reward brief --id org.my-lab.brief",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 2,
    .max_positional = 2,
    .first_words = "backend tokenizer task reward algorithm tracker",
    .run = run};
