/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "cli/unsafe.h"
#include "cli/workers.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Option options[] = {
    {"--set", "FIELD=VALUE", "set a field of the task's config (repeatable)"},
    {"--summary", NULL, "add a last line: how many lines came to which verdict, and totals"},
    {"--threads", "N", "grade N lines at once (default: one for each processor)"},
    UNSAFE_OPTION,
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"}};

enum { MAX_THREADS = 256, MESSAGE_BYTES = 4096 };

typedef struct Grading {
    Component component;
    const EmendTask *task;
    Output output;
    Summary summary;
} Grading;

/* ---- a line --------------------------------------------------------------------------------- */

// Why a record was not graded, from what the call came back with.
static void describe_failure(const Grading *grading, EmendStatus status, const char *message,
                             const char *fault, char *reason, size_t capacity) {
    const Component *component = &grading->component;
    if (fault || !message[0]) {
        snprintf(reason, capacity, "task \"%s\" (%s): %s%s", component->name, component->plugin_id,
                 fault ? fault : "plugin bug: it gave no message with ",
                 fault ? "" : emend_status_name(status));
    } else if (status == EMEND_INVALID_ARGUMENT) {
        snprintf(reason, capacity, "%s", message);
    } else {
        snprintf(reason, capacity, "task \"%s\" failed with %s: %s", component->name,
                 emend_status_name(status), message);
    }
}

static EmendStatus grade_record(const Grading *grading, const Record *record, uint64_t number,
                                Result *result) {
    char message[MESSAGE_BYTES], reason[MESSAGE_BYTES + 256];
    EmendError err = emend_error_on(message, sizeof message);
    Verdict verdict = {0};
    EmendSink sink = verdict_sink(&verdict);
    EmendSpan fields = emend_span(record->fields, record->n, sizeof *record->fields);
    EmendStatus status = grading->task->grade_record(grading->component.self, fields, &sink, &err);
    message[sizeof message - 1] = '\0';
    if (status == EMEND_CANCELLED && is_interrupted()) {
        verdict_finish(&verdict);
        return status;
    }
    if (status == EMEND_OK && verdict_word(&verdict, result->word)) {
        status = verdict_write(&verdict, record, &result->text);
    } else {
        describe_failure(grading, status, message, verdict.fault, reason, sizeof reason);
        strcpy(result->word, "error");
        status = verdict_write_error(record, number, reason, &result->text);
    }
    verdict_finish(&verdict);
    return status;
}

static EmendStatus grade_line(void *ctx, const Line *line, Result *result) {
    const Grading *grading = ctx;
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    Record record = {0};
    EmendStatus status = EMEND_OK;
    if (is_interrupted()) {
        return EMEND_CANCELLED;
    }
    if (line->is_too_long) {
        status =
            emend_fail(&err, EMEND_INVALID_ARGUMENT,
                       "the line is longer than %zu MiB, which is the most", LINE_BYTES_MAX >> 20);
    } else {
        status = record_read(&record, line->text, line->len, &err);
    }
    if (status == EMEND_OK) {
        status = grade_record(grading, &record, line->number, result);
    } else if (status == EMEND_INVALID_ARGUMENT) {
        strcpy(result->word, "error");
        status = verdict_write_error(&(Record){0}, line->number, message, &result->text);
    }
    record_finish(&record);
    return status;
}

static EmendStatus take_result(void *ctx, const Result *result) {
    Grading *grading = ctx;
    EmendStatus status = summary_add(&grading->summary, result->word);
    return status == EMEND_OK ? output_append(&grading->output, &result->text) : status;
}

static EmendStatus flush_results(void *ctx) {
    Grading *grading = ctx;
    return output_flush(&grading->output);
}

/* ---- all lines ------------------------------------------------------------------------------ */

// Waits until there is something to read. Signals are let in only while it waits, so that none
// comes between looking and waiting.
static EmendStatus wait_for_input(int fd, int failed_fd) {
    struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = failed_fd, .events = POLLIN}};
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    while (!is_interrupted() && ppoll(ready, 2, NULL, &before) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_interrupted() ? EMEND_CANCELLED : ready[1].revents ? EMEND_ABORTED : EMEND_OK;
}

static EmendStatus put_lines(Lines *lines, Workers *workers, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (;;) {
        Line line;
        while (status == EMEND_OK && lines_next(lines, &line)) {
            status = workers_put(workers, &line);
        }
        if (status == EMEND_OK && !lines->is_over) {
            status = wait_for_input(lines->fd, workers_failed_fd(workers));
        }
        if (status != EMEND_OK || lines->is_over) {
            return status;
        }
        status = lines_read(lines, err);
    }
}

// Says why grading ended before its time; returns the exit code.
static int tell_end(const Grading *grading, EmendStatus put, EmendStatus done, const char *message,
                    const char *path) {
    int problem = grading->output.problem;
    if (problem != 0) {
        if (problem != EPIPE) {
            print_error("standard output could not be written: %s", strerror(problem));
        }
        return EXIT_FAILED;
    }
    if (is_interrupted() && (put == EMEND_CANCELLED || done == EMEND_CANCELLED)) {
        print_error("stopped");
        return EXIT_INTERRUPTED;
    }
    if (done != EMEND_OK) {
        print_error("grade: no memory is left");
        return EXIT_FAILED;
    }
    if (put != EMEND_OK) {
        print_error("%s: %s", path ? path : "standard input", message);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static int grade_lines(Grading *grading, int fd, const char *path, size_t n_threads) {
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    Lines lines = {.fd = fd};
    Workers *workers = NULL;
    WorkersArgs args = {.n_threads = n_threads,
                        .ctx = grading,
                        .work = grade_line,
                        .take = take_result,
                        .flush = flush_results};
    EmendStatus status = workers_start(&args, &workers, &err);
    if (status != EMEND_OK) {
        print_error("grade: %s", message);
        return EXIT_FAILED;
    }
    EmendStatus put = put_lines(&lines, workers, &err);
    EmendStatus done = workers_finish(workers, put == EMEND_CANCELLED);
    lines_finish(&lines);
    return tell_end(grading, put, done, message, path);
}

// Asks the task for its totals, which may be none.
static EmendStatus ask_totals(const Grading *grading, Buffer *totals, EmendError *err) {
    char message[MESSAGE_BYTES], problem[MESSAGE_BYTES + 256];
    EmendError theirs = emend_error_on(message, sizeof message);
    EmendSink sink = buffer_sink(totals);
    if (!grading->task->record_totals) {
        return EMEND_OK;
    }
    EmendStatus status = grading->task->record_totals(grading->component.self, &sink, &theirs);
    message[sizeof message - 1] = '\0';
    const char *fault = NULL;
    if (status == EMEND_OK && totals->len > 0) {
        status = summary_check_totals(buffer_str(totals), &theirs);
        fault = status == EMEND_OK ? NULL : message;
    }
    if (status == EMEND_OK) {
        return status;
    }
    totals->len = 0;
    describe_failure(grading, status, message, fault, problem, sizeof problem);
    return emend_fail(err, status, "totals: %s", problem);
}

static int write_summary(Grading *grading) {
    char message[2 * MESSAGE_BYTES];
    EmendError err = emend_error_on(message, sizeof message);
    Buffer totals = {0}, line = {0};
    EmendStatus asked = ask_totals(grading, &totals, &err);
    if (asked != EMEND_OK) {
        print_error("%s", message);
    }
    EmendStatus status = summary_write(&grading->summary, buffer_str(&totals), &line);
    status = status == EMEND_OK ? output_append(&grading->output, &line) : status;
    status = status == EMEND_OK ? output_flush(&grading->output) : status;
    buffer_finish(&totals);
    buffer_finish(&line);
    int code = tell_end(grading, EMEND_OK, status, "", NULL);
    return code == EXIT_DONE && asked != EMEND_OK ? EXIT_FAILED : code;
}

/* ---- the task ------------------------------------------------------------------------------- */

static bool can_grade(const Emend__ComponentInfo *info) {
    bool is_told = false;
    for (size_t i = 0; i < info->n_capability; i++) {
        is_told = is_told || strcmp(info->capability[i], "grade") == 0;
    }
    return is_told && info->kind && strcmp(info->kind, EMEND_KIND_TASK) == 0;
}

static int tell_no_grader(const Context *context, const char *name) {
    Buffer names = {0};
    for (size_t i = 0; i < catalog_n_packages(context->catalog); i++) {
        const Package *package = catalog_package(context->catalog, i);
        bool is_usable = package->manifest && !package->problem && !package->hidden_by;
        for (size_t c = 0; is_usable && c < package->manifest->n_component; c++) {
            if (can_grade(package->manifest->component[c])) {
                buffer_print(&names, "%s%s", names.len > 0 ? ", " : "",
                             package->manifest->component[c]->name);
            }
        }
    }
    print_error("task \"%s\": it does not grade answers from outside; the tasks that do: %s", name,
                names.len > 0 ? names.data : "none");
    buffer_finish(&names);
    return EXIT_USAGE;
}

// The task's config from what --set says, as wire bytes; malloc'd.
static EmendStatus read_config(const Context *context, const Arguments *arguments, WireBuffer *wire,
                               EmendError *err) {
    const char *assignments[MAX_VALUES + 1], *use = arguments->positional[0];
    bool is_unsafe = argument_given(arguments, UNSAFE_FLAG);
    size_t n = argument_values(arguments, "--set", assignments);
    AnyResolver resolver = catalog_resolver(context->catalog);
    const MessageType *type = NULL;
    TextTree *tree = NULL;
    EmendStatus status = resolver.resolve(resolver.ctx, "task", use, &type, err);
    if (status == EMEND_OK && is_unsafe) {
        status = unsafe_check(use, type, err);
        assignments[n++] = UNSAFE_ASSIGNMENT;
    }
    if (status != EMEND_OK || (n == 0 && !type)) {
        return status;
    }
    if (!type) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "--set %s: task \"%s\" takes no config, so it has no fields to set",
                          assignments[0], use);
    }
    status = text_tree_parse(emend_str(""), use, &tree, err);
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        status = text_tree_set(tree, assignments[i], err);
    }
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, type, &resolver, wire, err);
    }
    text_tree_destroy(tree);
    return status;
}

static int make_task(Context *context, const Arguments *arguments, Component *component) {
    char message[MESSAGE_BYTES];
    EmendError err = emend_error_on(message, sizeof message);
    WireBuffer wire = {0};
    int code = EXIT_DONE;
    if (read_config(context, arguments, &wire, &err) != EMEND_OK) {
        print_error("%s", message);
        code = EXIT_USAGE;
    }
    code = code == EXIT_DONE ? context_host(context, &interrupted) : code;
    if (code == EXIT_DONE) {
        EmendBytes config = {wire.bytes, wire.len};
        EmendStatus status = component_create(context->plugins, EMEND_KIND_TASK,
                                              arguments->positional[0], config, component, &err);
        if (status != EMEND_OK) {
            print_error("%s", message);
        }
        code = exit_code(status);
    }
    free(wire.bytes);
    return code;
}

/* ---- the command ---------------------------------------------------------------------------- */

static size_t count_processors(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < MAX_THREADS ? (size_t)n : MAX_THREADS;
}

static int read_threads(const Arguments *arguments, size_t *n_threads) {
    const char *text = argument_value(arguments, "--threads");
    *n_threads = count_processors();
    if (!text) {
        return EXIT_DONE;
    }
    size_t n_digits = strspn(text, "0123456789");
    long n = n_digits > 0 && n_digits < 9 && text[n_digits] == '\0' ? strtol(text, NULL, 10) : 0;
    if (n < 1 || n > MAX_THREADS) {
        print_error("grade: option --threads is \"%s\"; it must be a number from 1 to %d", text,
                    MAX_THREADS);
        return EXIT_USAGE;
    }
    *n_threads = (size_t)n;
    return EXIT_DONE;
}

// Of a stream that came closed, the number would go to whatever is opened next.
static int open_streams(const char *path) {
    int fd = STDIN_FILENO;
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
        print_error("standard output could not be written: %s", strerror(errno));
        return -1;
    }
    if (path ? (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 : fcntl(fd, F_GETFD) < 0) {
        print_error("%s: it cannot be read: %s", path ? path : "standard input", strerror(errno));
        return -1;
    }
    return fd;
}

static int grade(Context *context, const Arguments *arguments, int fd, const char *path,
                 size_t n_threads) {
    Grading grading = {.output = output_open(STDOUT_FILENO)};
    int code = make_task(context, arguments, &grading.component);
    if (code != EXIT_DONE) {
        return code;
    }
    grading.task = grading.component.table;
    if (!grading.task->grade_record) {
        code = tell_no_grader(context, arguments->positional[0]);
    } else {
        bool is_serial = grading.component.factory->concurrency != EMEND_CONCURRENCY_PARALLEL;
        code = grade_lines(&grading, fd, path, is_serial ? 1 : n_threads);
    }
    if (code == EXIT_DONE && argument_given(arguments, "--summary")) {
        code = write_summary(&grading);
    }
    component_destroy(&grading.component);
    summary_finish(&grading.summary);
    output_finish(&grading.output);
    return code;
}

static int run(const Arguments *arguments) {
    Context context;
    size_t n_threads = 0;
    bool has_file = arguments->n_positional > 1 && strcmp(arguments->positional[1], "-") != 0;
    const char *path = has_file ? arguments->positional[1] : NULL;
    if (read_threads(arguments, &n_threads) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    int fd = open_streams(path);
    if (fd < 0) {
        return EXIT_FAILED;
    }
    int code = context_open(&context, arguments, NULL);
    if (code == EXIT_DONE) {
        interrupts_catch();
        code = grade(&context, arguments, fd, path, n_threads);
        context_close(&context);
    }
    if (path) {
        close(fd);
    }
    return code;
}

const Command command_grade = {
    .name = "grade",
    .usage = "TASK [FILE] [--set FIELD=VALUE]... [--summary]",
    .summary = "grade answers from any other system, JSON lines in and out",
    .help =
        "Reads JSON lines from FILE, or from standard input where there is none or it is \"-\",\n"
        "and writes one JSON line for each, in order, as soon as it is graded. Blank lines are\n"
        "left out. What a line has to say is the task's: for math, `gold` (the right answer) with\n"
        "`pred` (an answer) or `response` (a text that ends in one).\n"
        "\n"
        "  $ echo '{\"id\":7,\"gold\":\"1/2\",\"pred\":\"0.5\"}' | emend grade math\n"
        "  {\"id\":7,\"verdict\":\"equal\",\"extracted\":\"0.5\",\"reason\":\"the same value\"}\n"
        "\n"
        "A verdict has, in this order: the line's own `id` and `task_id`, as they were written;\n"
        "`verdict`, one word; `extracted`, the final answer found, null where there is none, with\n"
        "`reason`, where the task tells of these; `detail`, where there is any; `output`, what a\n"
        "program wrote, where its task keeps that. A line that could not be graded gets its\n"
        "verdict too, and the rest goes on:\n"
        "\n"
        "  {\"verdict\":\"error\",\"line\":17,\"reason\":\"column 9: the line is not JSON: ...\"}\n"
        "\n"
        "Such lines do not change the exit status; --summary counts them, in a last line:\n"
        "\n"
        "  {\"summary\":{\"lines\":40,\"verdicts\":{\"different\":9,\"equal\":30,\"error\":1}}}\n"
        "\n"
        "FIELD is one of the task's config, which `emend plugins show TASK` lists.\n"
        "\n"
        "  emend grade math answers.jsonl --summary > verdicts.jsonl\n"
        "  emend grade math answers.jsonl --set extraction=MARKED --threads 1",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = 2,
    .first_kind = EMEND_KIND_TASK,
    .run = run};
