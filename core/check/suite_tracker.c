/* SPDX-License-Identifier: Apache-2.0 */
/* What a tracker promises. */
#include "check/guard.h"
#include "check/instance.h"
#include "check/kit_folder.h"
#include "check/suites.h"
#include "emend/tracker.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXTRA = 40, POISON = 0xA5, MANY = 2000 };

/* A name that nothing else in a file is. */
#define MARKER "kit/marker/8c1f"

static const EmendTracker *tracker_of(const Instance *tracker) {
    return tracker->table;
}

/* ---- calls, in guarded memory ------------------------------------------------------------------
 */

static EmendStr guarded(const Instance *tracker, const char *name, EmendStr text) {
    return (EmendStr){guard_input(tracker->kit, name, text.ptr, text.len), text.len};
}

static EmendStatus begin_in(Instance *tracker, const char *dir, uint64_t resume_records,
                            uint32_t extra) {
    uint32_t n_bytes = (uint32_t)sizeof(EmendRunInfo) + extra;
    char *info = guard_take(tracker->kit, "info", n_bytes);
    const EmendRunInfo known = {.struct_size = n_bytes,
                                .is_resumed = resume_records > 0,
                                .run_dir = guarded(tracker, "run_dir", emend_str(dir)),
                                .name = guarded(tracker, "name", emend_str("check")),
                                .recipe = guarded(tracker, "recipe", emend_str("seed: 1\n")),
                                .resume_step = resume_records,
                                .resume_records = resume_records};
    memset(info, POISON, n_bytes);
    memcpy(info, &known, sizeof known);
    guard_seal(info, true);
    kit_enter(tracker->kit, "begin");
    return tracker_of(tracker)->begin(tracker->self, (const EmendRunInfo *)info,
                                      instance_err(tracker));
}

typedef struct Number {
    EmendStr name;
    double value;
} Number;

static EmendStatus record(Instance *tracker, uint64_t step, const Number *numbers, uint64_t n,
                          uint32_t extra) {
    uint32_t stride = (uint32_t)sizeof(EmendScalar) + extra;
    char *scalars = guard_take(tracker->kit, "scalars", n * stride);
    memset(scalars, POISON, n * stride);
    for (uint64_t i = 0; i < n; i++) {
        const EmendScalar scalar = {
            .struct_size = stride, .name = numbers[i].name, .value = numbers[i].value};
        memcpy(scalars + i * stride, &scalar, sizeof scalar);
    }
    guard_seal(scalars, true);
    kit_enter(tracker->kit, extra > 0 ? "scalars of a newer host" : "scalars");
    return tracker_of(tracker)->scalars(tracker->self, step,
                                        guarded(tracker, "phase", emend_str("train")),
                                        guarded(tracker, "stage", emend_str("stage1")),
                                        emend_span(scalars, n, stride), instance_err(tracker));
}

static EmendStatus record_one(Instance *tracker, uint64_t step, const char *name, double value) {
    const Number number = {guarded(tracker, "scalar's name", emend_str(name)), value};
    return record(tracker, step, &number, 1, 0);
}

static EmendStatus tell(Instance *tracker, uint64_t step, EmendStr name, EmendStr json) {
    if (!EMEND_HAS(EmendTracker, tracker_of(tracker), event)) {
        return EMEND_OK;
    }
    kit_enter(tracker->kit, "event");
    return tracker_of(tracker)->event(tracker->self, step, guarded(tracker, "event's name", name),
                                      guarded(tracker, "json", json), instance_err(tracker));
}

static EmendStatus flush(Instance *tracker) {
    if (!EMEND_HAS(EmendTracker, tracker_of(tracker), flush)) {
        return EMEND_OK;
    }
    kit_enter(tracker->kit, "flush");
    return tracker_of(tracker)->flush(tracker->self, instance_err(tracker));
}

static bool begin(Instance *tracker, KitFolder *run) {
    return kit_folder_init(tracker->kit, run) &&
           instance_ok(tracker, "begin", begin_in(tracker, run->dir, 0, 0));
}

static bool tell_transcript(Instance *tracker, uint64_t step) {
    return instance_ok(tracker, "event",
                       tell(tracker, step, emend_str("transcript"), emend_str("{\"a\":[1]}")));
}

/* ---- orders ------------------------------------------------------------------------------------
 */

/* Each letter a call: scalars, event, flush; in the run's order. */
static void run_order(Instance *tracker, const char *order) {
    KitFolder run;
    Instance fresh;
    if (!instance_twin(tracker, &fresh)) {
        return;
    }
    bool is_well = begin(&fresh, &run);
    for (uint64_t step = 1; is_well && *order; order++, step++) {
        is_well = *order == 's'   ? instance_ok(&fresh, "scalars",
                                                record_one(&fresh, step, "loss", 0.5 * (double)step))
                  : *order == 'e' ? tell_transcript(&fresh, step)
                                  : instance_ok(&fresh, "flush", flush(&fresh));
    }
    instance_drop(&fresh);
}

static void orders(Instance *tracker) {
    static const char *const some[] = {"", "f", "s", "e", "sf", "ef", "ffs", "esf", "sesfsef"};
    for (size_t i = 0; i < sizeof some / sizeof *some && !kit_is_over(tracker->kit); i++) {
        run_order(tracker, some[i]);
    }
}

static void test_orders(Kit *kit) {
    instance_each(kit, orders);
}

/* ---- odd records -------------------------------------------------------------------------------
 */

/* Whether an odd record was taken, or refused in words. */
static bool is_civil(Instance *tracker, const char *what, EmendStatus status) {
    return status == EMEND_OK || subject_refused(tracker->subject, what, status);
}

static void odd_numbers(Instance *tracker) {
    static const double values[] = {NAN, INFINITY, -INFINITY, -0.0, 1e308, 5e-324, 1e15 + 0.3};
    for (size_t i = 0; i < sizeof values / sizeof *values && !kit_is_over(tracker->kit); i++) {
        instance_ok(tracker, "scalars of a number that is odd",
                    record_one(tracker, i, "loss", values[i]));
    }
    if (!kit_is_over(tracker->kit)) {
        instance_ok(tracker, "scalars of none", record(tracker, UINT64_MAX, NULL, 0, 0));
    }
}

static void many_numbers(Instance *tracker) {
    Number *numbers = calloc(MANY, sizeof *numbers);
    char *name = malloc(MANY);
    for (int i = 0; numbers && name && i < MANY; i++) {
        name[i] = 'n';
        numbers[i] = (Number){{name, (uint64_t)i + 1}, i};
    }
    if (numbers && name) {
        instance_ok(tracker, "scalars of 2000 numbers, with names up to 2000 bytes",
                    record(tracker, 9, numbers, MANY, 0));
    }
    free(numbers);
    free(name);
}

static void odd_texts(Instance *tracker) {
    static const struct {
        const char *what, *bytes;
        uint64_t len;
    } texts[] = {{"an empty text", "", 0},
                 {"text that is not UTF-8", "\xFF\xC0", 2},
                 {"text with a NUL in it", "a\0b", 3},
                 {"text with quotes and newlines", "a\"\n\\\"b", 6},
                 {"half a JSON object", "{\"a\":", 5},
                 {"format specifiers", "%s%n", 4}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !kit_is_over(tracker->kit); i++) {
        EmendStr text = {texts[i].bytes, texts[i].len};
        const Number number = {guarded(tracker, "scalar's name", text), 1.0};
        if (is_civil(tracker, texts[i].what, record(tracker, i, &number, 1, 0)) &&
            is_civil(tracker, texts[i].what, tell(tracker, i, text, emend_str("{}"))) &&
            is_civil(tracker, texts[i].what, tell(tracker, i, emend_str("stage"), text))) {
            // What was refused must not stand in the way of what comes after it.
            instance_ok(tracker, "scalars after an odd text", record_one(tracker, i, "loss", 1.0));
        }
    }
}

static void odd_records(Instance *tracker) {
    KitFolder run;
    if (begin(tracker, &run)) {
        odd_numbers(tracker);
    }
    if (!kit_is_over(tracker->kit)) {
        many_numbers(tracker);
    }
    if (!kit_is_over(tracker->kit)) {
        odd_texts(tracker);
    }
    if (!kit_is_over(tracker->kit)) {
        instance_ok(tracker, "flush", flush(tracker));
    }
}

static void test_odd_records(Kit *kit) {
    instance_each(kit, odd_records);
}

/* ---- folders and disks
 * --------------------------------------------------------------------------- */

/* A run in a folder that cannot be written to must fail, by its first flush at the latest. */
static void check_bad_folder(Instance *tracker, const char *dir, const char *what) {
    Instance fresh;
    if (!instance_twin(tracker, &fresh)) {
        return;
    }
    EmendStatus status = begin_in(&fresh, dir, 0, 0);
    if (status == EMEND_OK) {
        status = record_one(&fresh, 1, "loss", 1.0);
    }
    if (status == EMEND_OK) {
        status = flush(&fresh);
    }
    subject_refused(fresh.subject, what, status);
    instance_drop(&fresh);
}

static void bad_folders(Instance *tracker) {
    KitFolder run;
    char path[sizeof run.path];
    if (!kit_folder_init(tracker->kit, &run) ||
        !kit_folder_write(tracker->kit, &run, "file", "x", 1)) {
        return;
    }
    snprintf(path, sizeof path, "%s/not-there", run.dir);
    check_bad_folder(tracker, path, "a run in a folder that is not there");
    if (!kit_is_over(tracker->kit)) {
        check_bad_folder(tracker, kit_folder_path(&run, "file"), "a run in a file");
    }
}

/* Bytes of all files in a folder; *has_marker: whether one of them holds the marker. */
static size_t folder_bytes(KitFolder *folder, bool *has_marker) {
    size_t sum = 0;
    DIR *dir = opendir(folder->dir);
    const struct dirent *entry = NULL;
    *has_marker = false;
    while (dir && (entry = readdir(dir))) {
        size_t n = 0;
        uint8_t *bytes =
            entry->d_name[0] == '.' ? NULL : kit_folder_read(folder, entry->d_name, &n);
        *has_marker |= bytes && memmem(bytes, n, MARKER, strlen(MARKER)) != NULL;
        sum += n;
        free(bytes);
    }
    if (dir) {
        closedir(dir);
    }
    return sum;
}

/* Whether a run's records land as files in its folder; else the test is skipped. */
static bool writes_files(Instance *tracker) {
    KitFolder run;
    Instance fresh;
    bool has_marker = false;
    if (!instance_twin(tracker, &fresh)) {
        return false;
    }
    bool is_run = begin(&fresh, &run) &&
                  instance_ok(&fresh, "scalars", record_one(&fresh, 1, MARKER, 1.0)) &&
                  instance_ok(&fresh, "flush", flush(&fresh));
    instance_drop(&fresh);
    if (is_run && folder_bytes(&run, &has_marker) == 0) {
        kit_skip(tracker->kit, "it writes no files into the run's folder");
    } else if (is_run && !has_marker) {
        kit_skip(tracker->kit, "its files do not hold the names of numbers as they are");
    }
    return is_run && !kit_is_over(tracker->kit);
}

static void test_bad_folders(Kit *kit) {
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        Instance tracker = {.subject = &subject,
                            .kit = kit,
                            .config = kit_config(kit),
                            .self = subject.self,
                            .table = subject.table};
        if (writes_files(&tracker)) {
            bad_folders(&tracker);
        }
    }
    subject_close(&subject);
}

static void full_disk(Instance *tracker) {
    KitFolder run;
    Instance fresh;
    EmendStatus status = EMEND_OK;
    if (!writes_files(tracker) || !instance_twin(tracker, &fresh)) {
        return;
    }
    if (begin(&fresh, &run)) {
        kit_disk_full(true);
        for (uint64_t step = 1; step <= MANY / 10 && status == EMEND_OK; step++) {
            status = record_one(&fresh, step, "a/number/with/a/name", 1.0);
        }
        if (status == EMEND_OK) {
            status = flush(&fresh);
        }
        subject_refused(fresh.subject, "200 records and a flush on a full disk", status);
        kit_disk_full(false);
    }
    instance_drop(&fresh);
}

static void test_full_disk(Kit *kit) {
    instance_each(kit, full_disk);
}

/* ---- what outlives a crash
 * ----------------------------------------------------------------------- */

/* In a process of its own, which is killed after the flush. */
static void record_and_die(Kit *kit, const char *dir) {
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        Instance tracker = {
            .subject = &subject, .kit = kit, .self = subject.self, .table = subject.table};
        if (instance_ok(&tracker, "begin", begin_in(&tracker, dir, 0, 0)) &&
            instance_ok(&tracker, "scalars", record_one(&tracker, 1, MARKER, 1.0))) {
            instance_ok(&tracker, "flush", flush(&tracker));
        }
    }
    kill(getpid(), SIGKILL);
}

static void crash(Instance *tracker) {
    KitFolder run;
    bool has_marker = false;
    int end = 0;
    if (!EMEND_HAS(EmendTracker, tracker_of(tracker), flush)) {
        kit_skip(tracker->kit, "it has no flush");
        return;
    }
    if (!writes_files(tracker) || !kit_folder_init(tracker->kit, &run)) {
        return;
    }
    kit_enter(tracker->kit, "a run in a process that is killed after a flush");
    pid_t child = fork();
    if (child == 0) {
        record_and_die(tracker->kit, run.dir);
    }
    if (child < 0 || waitpid(child, &end, 0) != child) {
        kit_skip(tracker->kit, "the kit cannot make a process: %s", strerror(errno));
    }
    folder_bytes(&run, &has_marker);
    if (!has_marker && !kit_is_over(tracker->kit)) {
        kit_fail(tracker->kit, "write and fsync in `flush` what was recorded",
                 "a record is gone after flush said OK and the process was killed; what was "
                 "recorded before a flush must outlive that");
    }
}

static void test_crash(Kit *kit) {
    instance_each(kit, crash);
}

/* ---- other hosts, resuming, memory
 * ----------------------------------------------------------------- */

/* Records through larger structs must hold the same names. */
static void newer_host(Instance *tracker) {
    KitFolder run;
    Instance fresh;
    bool has_marker = false;
    if (!writes_files(tracker) || !kit_folder_init(tracker->kit, &run) ||
        !instance_twin(tracker, &fresh)) {
        return;
    }
    const Number numbers[] = {{guarded(&fresh, "scalar's name", emend_str("loss")), 1.0},
                              {guarded(&fresh, "scalar's name", emend_str("kl")), 2.0},
                              {guarded(&fresh, "scalar's name", emend_str(MARKER)), 3.0}};
    bool is_run =
        instance_ok(&fresh, "begin", begin_in(&fresh, run.dir, 0, EXTRA)) &&
        instance_ok(&fresh, "scalars of a newer host", record(&fresh, 1, numbers, 3, EXTRA)) &&
        instance_ok(&fresh, "flush", flush(&fresh));
    instance_drop(&fresh);
    folder_bytes(&run, &has_marker);
    if (is_run && !has_marker) {
        kit_fail(tracker->kit, "walk `scalars` with emend_span_at, never with p[i]",
                 "of three numbers in structs of a newer host the last is not recorded");
    }
}

static void test_newer_host(Kit *kit) {
    instance_each(kit, newer_host);
}

/* A run that is cut after each record in turn, and goes on. */
static void resumed(Instance *tracker) {
    enum { N_RECORDS = 4 };
    for (uint64_t kept = 1; kept <= N_RECORDS && !kit_is_over(tracker->kit); kept++) {
        KitFolder run;
        Instance first, second;
        if (!instance_twin(tracker, &first)) {
            return;
        }
        bool is_well = begin(&first, &run);
        for (uint64_t step = 1; is_well && step <= N_RECORDS; step++) {
            is_well = instance_ok(&first, "scalars", record_one(&first, step, "loss", 1.0));
        }
        is_well = is_well && instance_ok(&first, "flush", flush(&first));
        instance_drop(&first);
        if (!is_well || !instance_twin(tracker, &second)) {
            return;
        }
        if (instance_ok(&second, "begin of a resumed run", begin_in(&second, run.dir, kept, 0)) &&
            instance_ok(&second, "scalars", record_one(&second, kept + 1, "loss", 1.0))) {
            instance_ok(&second, "flush", flush(&second));
        }
        instance_drop(&second);
    }
}

static void test_resumed(Kit *kit) {
    instance_each(kit, resumed);
}

static EmendStatus work(Subject *subject, void *ctx) {
    KitFolder run;
    Instance tracker = {
        .subject = subject, .kit = subject->kit, .self = subject->self, .table = subject->table};
    (void)ctx;
    if (!kit_folder_init(subject->kit, &run)) {
        return EMEND_OK;
    }
    EmendStatus status = begin_in(&tracker, run.dir, 0, 0);
    status = status ? status : record_one(&tracker, 1, "loss", 1.0);
    status = status ? status : tell(&tracker, 1, emend_str("stage"), emend_str("{}"));
    return status ? status : flush(&tracker);
}

static void test_memory(Kit *kit) {
    subject_each_allocation(kit, NULL, work, NULL);
}

static const KitTest tests[] = {
    {"tracker.orders", "numbers, events and flushes come in any order after begin", KIT_BEHAVIOUR,
     0, test_orders},
    {"tracker.odd_records", "odd numbers are recorded; odd texts are, or are refused in words",
     KIT_BEHAVIOUR, 0, test_odd_records},
    {"tracker.bad_folders", "a run's folder that cannot be written to is a failure in words",
     KIT_BEHAVIOUR, 0, test_bad_folders},
    {"tracker.full_disk", "a full disk is a failure in words, by the next flush at the latest",
     KIT_BEHAVIOUR, 0, test_full_disk},
    {"tracker.newer_host", "arrays of a newer host's larger structs are walked by their stride",
     KIT_VERSIONS, 0, test_newer_host},
    {"tracker.crash", "what was recorded before a flush outlives the process", KIT_STATE, 0,
     test_crash},
    {"tracker.resumed", "a run that was cut goes on where it is told to", KIT_STATE, 0,
     test_resumed},
    {"tracker.memory", "any allocation may fail", KIT_MEMORY, 0, test_memory},
};

const KitSuite suite_tracker = {EMEND_KIND_TRACKER, tests, sizeof tests / sizeof *tests};
