/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLI_CHILD_H
#define TESTS_CLI_CHILD_H
/* Runs the built `emend` as a user does, in a process of its own, and holds what came of it; and a
 * scratch folder to run it in. What cannot be done here fails the test. */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Child {
    int code;   /* the exit code, or -1 */
    int signal; /* what killed it, or 0 */
    char *out, *err;
    long peak_kib; /* the most memory it had resident, or any process it waited for */
} Child;

typedef struct ChildArgs {
    const char *const *words; /* after the program's name, NULL at the end */
    const char *const *env;   /* "NAME=VALUE", NULL at the end; NULL: nothing more */
    const char *program;      /* NULL: emend */
    size_t max_file_bytes;    /* what a file may grow to; 0: as it comes */
    bool is_on_terminal;      /* stdout and stderr are one terminal, kept in `out` */
    /* (optional) Sees each whole line of stdout when it comes. */
    void (*watch)(void *ctx, pid_t pid, const char *line);
    void *watch_ctx;
} ChildArgs;

Child child_run(const ChildArgs *args);
void child_finish(Child *child);

/* One that is talked to while it runs: its standard input and output are pipes. */
typedef struct Talk {
    pid_t pid;
    int in, out, err;
} Talk;

Talk talk_begin(const ChildArgs *args);
void talk_say(const Talk *talk, const char *text);
/* The next line of its output, with the newline, in static storage; it must come before long. */
const char *talk_hear(const Talk *talk);
/* Reads no more of its output. */
void talk_leave(Talk *talk);
/* Ends its input, unless `is_open`, and gives what it still said once it has ended, before long. */
Child talk_end(Talk *talk, bool is_open);

/* Runs `emend WORD...`; the words end with NULL. */
#define emend(...) child_run(&(ChildArgs){.words = (const char *const[]){__VA_ARGS__, NULL}})

/* The process ended by itself, with that code. */
void child_expect(const Child *child, int code);
/* A text is in what the child wrote. */
void child_says(const char *where, const char *text);
/* Standard error is one message: a first line `emend: ...`, and lines that stand in from the
 * margin under it. */
void child_has_one_error(const Child *child);
/* Standard output as JSON lines: an array with every line's object. */
json_t *child_json(const Child *child);

/* Makes an empty folder for the test, where the user's own plugins, data and cache are hidden too.
 */
void scratch_begin(void);
void scratch_end(void);
/* A path in the folder; static storage, good until sixteen calls later. */
const char *scratch(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A recipe of tests/fixtures/recipes. */
const char *fixture(const char *name);

/* A file's bytes and a NUL behind them, malloc'd. */
char *file_get(const char *path, size_t *len);
void file_put(const char *path, const void *bytes, size_t len);
bool file_is(const char *path);
/* Runs `cp -r from to`. */
void folder_copy(const char *from, const char *to);
void folder_drop(const char *path);

#endif
