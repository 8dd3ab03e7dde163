/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_PROGRAMS_H
#define TASK_PROGRAMS_H
/* Runs model-written Python programs, which are taken to be hostile, against tests.
 *
 * The program and its tests never share a process. The program runs as a server of its functions,
 * in a sandbox of its own for each program (user, pid, mount, network, ipc and uts namespaces, a
 * read-only minimal root, seccomp, resource limits). The tests run in another sandbox, in a clean
 * interpreter, where every name that they take from the program is a proxy: a call goes over as
 * plain data and comes back as plain data (None, bool, int, float, complex, str, bytes, list,
 * tuple, dict, set, frozenset of exactly these types; anything else is a handle that can only be
 * passed back). So no object of the program reaches a comparison, and nothing it does to its own
 * interpreter, to `==`, to asserts or to modules changes a verdict. The verdict is what the tests'
 * process says, never the program's. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ProgramPool ProgramPool;

/* What a program may take. It may start threads, but no process: so one process's limits are the
 * whole program's. */
typedef struct ProgramLimits {
    uint32_t wall_ms;      /* of one program with its tests; 0: 10000 */
    uint32_t cpu_ms;       /* of the program, and again of its tests; 0: 5000 */
    uint64_t memory_bytes; /* address space of the program, and of its tests; 0: 1 GiB */
    uint64_t file_bytes;   /* all that it may write to its private /tmp; 0: 16 MiB */
    uint32_t n_threads;    /* at once; 0: 32 */
    uint32_t n_files;      /* open files; 0: 64 */
} ProgramLimits;

typedef struct ProgramPoolOptions {
    const EmendHost *host;  /* memory, log, is_cancelled */
    const char *helper_dir; /* where the runner and its Python files lie: the plugin's package */
    const char *python;     /* NULL: "python3", looked for in /usr/bin and /bin first, then PATH */
    uint32_t n_workers;     /* programs at once; 0: as many as cores */
    ProgramLimits limits;
    bool is_unsafe; /* no sandbox: only where the user asked for it in so many words */
} ProgramPoolOptions;

/* Starts the pool: a warm interpreter for each worker, from which programs are forked.
 *
 * Where isolation cannot be had it fails with EMEND_UNAVAILABLE and says what is missing and what
 * to do; where there is no Python, with EMEND_NOT_FOUND. Nothing the pool makes outlives it: a kill
 * -9 of this process ends every process, mount and file of it. [control] */
EmendStatus program_pool_open(const ProgramPoolOptions *options, ProgramPool **out,
                              EmendError *err);
void program_pool_close(ProgramPool *pool);
/* What could be enforced and what could not, in one line. Borrowed from the pool. */
const char *program_pool_describe(const ProgramPool *pool);

/* One program with its tests. Texts are UTF-8; all but `program` are trusted. */
typedef struct ProgramTest {
    EmendStr program;      /* the whole candidate, as it would be imported: a block under
                              __name__ == "__main__" does not run */
    EmendStr setup;        /* trusted code that the tests need: imports, a prompt's own helpers. It
                              sees the names of the program, which win over its own */
    const EmendStr *tests; /* n_tests pieces of code, each run for itself; the first failure of one
                              does not keep the next from running where `count_all`, unless the
                              program is gone or its time is up */
    uint64_t n_tests;      /* 0: it passes if it loads */
    const EmendStr
        *names; /* n_names: what the tests take from the program ("has_close_elements") */
    uint64_t n_names;
    bool count_all;    /* run all tests and count, for the fraction passed */
    EmendStr parted;   /* where count_all: a function that tests define ("check"); each statement of
                          it that holds an assert, of more than a constant, counts as a test. It
                          passes as a whole where it would unparted. len 0: there is none */
    bool keeps_output; /* else what the program prints is thrown away as it is written */
} ProgramTest;

typedef enum ProgramVerdict {
    PROGRAM_PASSED = 0,
    PROGRAM_FAILED = 1,       /* an assertion, or an exception of the program */
    PROGRAM_TIMEOUT = 2,      /* wall clock or processor time */
    PROGRAM_SYNTAX_ERROR = 3, /* it does not compile */
    PROGRAM_ERROR = 4         /* nobody's fault but ours: the pool failed; never a 0 */
} ProgramVerdict;

enum { PROGRAM_OUTPUT_BYTES = 4096 };

/* What a program wrote to its standard output and error, in the order it came: any bytes. Whatever
 * there is of it, only its beginning and its end are kept. */
typedef struct ProgramOutput {
    uint64_t n_bytes; /* all of it; n_bytes - n_head - n_tail bytes between the two are left out */
    uint32_t n_head, n_tail;
    char head[PROGRAM_OUTPUT_BYTES], tail[PROGRAM_OUTPUT_BYTES];
} ProgramOutput;

typedef struct ProgramResult {
    ProgramVerdict verdict;
    uint64_t n_passed, n_tests; /* all where it passed; else fewer, if there are any. Parts count */
    char detail[256]; /* the last line of the traceback, or what went wrong: one line of ASCII */
    ProgramOutput output; /* where it is kept; else empty */
} ProgramResult;

/* Tests a program. Fails only where the pool cannot go on (EMEND_CANCELLED, EMEND_UNAVAILABLE); all
 * else is a verdict. Any number of calls at once: they take turns at the workers. [any] */
EmendStatus program_test(ProgramPool *pool, const ProgramTest *test, ProgramResult *result,
                         EmendError *err);

/* "passed", "failed", "timeout", "syntax_error", "error". Static. */
const char *program_verdict_name(ProgramVerdict verdict);

#ifdef __cplusplus
}
#endif
#endif
