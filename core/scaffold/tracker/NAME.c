/* Tracker "@NAME@": numbers as comma-separated values in the run's folder. Every row bears the number
 * of its record, so that a resumed run drops exactly what it will write once more. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/tracker.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef @C_TYPE@__Config Config;

#define HEADER "record,step,phase,stage,name,value\n"

typedef struct Csv {
    Config *config;
    FILE *file; /* NULL until the run begins */
    uint64_t n_records;
    char path[PATH_MAX]; /* for messages */
} Csv;

static EmendStatus file_fail(const Csv *csv, const char *what, EmendError *err) {
    int error = errno;
    return emend_fail(err, error == ENOSPC ? EMEND_EXHAUSTED : EMEND_UNAVAILABLE,
                      "%s: %s: %s; the run's folder must be writable and have room", csv->path,
                      what, strerror(error));
}

/* Cuts the file behind its header and the rows of the records that stay: later ones come once more.
 * A row without its newline was cut short when the run was. */
static EmendStatus cut_back(Csv *csv, uint64_t n_records, EmendError *err) {
    char *row = NULL;
    size_t capacity = 0;
    off_t kept = 0;
    ssize_t len = 0;
    while ((len = getline(&row, &capacity, csv->file)) > 0 && row[len - 1] == '\n' &&
           (kept == 0 || strtoull(row, NULL, 10) < n_records)) {
        kept += len;
    }
    free(row);
    if (ferror(csv->file) || ftruncate(fileno(csv->file), kept) != 0 ||
        fseeko(csv->file, kept, SEEK_SET) != 0) {
        return file_fail(csv, "its later rows cannot be dropped", err);
    }
    return kept == 0 && fputs(HEADER, csv->file) < 0 ? file_fail(csv, "it cannot be written", err)
                                                     : EMEND_OK;
}

static EmendStatus open_file(Csv *csv, const EmendRunInfo *info, EmendError *err) {
    // A new run must find no file of that name ("x"); a resumed one goes on with its own.
    csv->file = info->is_resumed ? fopen(csv->path, "r+e") : NULL;
    if (csv->file) {
        return cut_back(csv, info->resume_records, err);
    }
    csv->file = fopen(csv->path, "wxe");
    if (!csv->file || fputs(HEADER, csv->file) < 0) {
        return file_fail(csv, "it cannot be made", err);
    }
    return EMEND_OK;
}

static EmendStatus begin(void *self, const EmendRunInfo *info, EmendError *err) {
    Csv *csv = self;
    if (csv->file) {
        return emend_fail(err, EMEND_PRECONDITION, "%s: it is open; a run begins once", csv->path);
    }
    int n = snprintf(csv->path, sizeof csv->path, "%.*s/%s", (int)info->run_dir.len,
                     info->run_dir.ptr, csv->config->file);
    if (n < 0 || (size_t)n >= sizeof csv->path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "file: its path is too long");
    }
    csv->n_records = info->is_resumed ? info->resume_records : 0;
    return open_file(csv, info, err);
}

static EmendStatus is_begun(const Csv *csv, EmendError *err) {
    return csv->file ? EMEND_OK
                     : emend_fail(err, EMEND_PRECONDITION,
                                  "%s: the run has not begun; `begin` must come first",
                                  csv->config->file);
}

/* A text in quotes, those in it doubled: names hold commas, as in delta(t1,t2). */
static void put_quoted(FILE *file, EmendStr text) {
    putc('"', file);
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            putc('"', file);
        }
        putc(text.ptr[i], file);
    }
    putc('"', file);
}

/* Metrics are written at once, for whoever follows the file. */
static EmendStatus end_record(Csv *csv, EmendError *err) {
    csv->n_records++;
    return fflush(csv->file) != 0 || ferror(csv->file) ? file_fail(csv, "it cannot be written", err)
                                                       : EMEND_OK;
}

static EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage,
                           EmendSpan numbers, EmendError *err) {
    Csv *csv = self;
    EmendStatus status = is_begun(csv, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (uint64_t i = 0; i < numbers.count; i++) {
        const EmendScalar *scalar = emend_span_at(numbers, i);
        fprintf(csv->file, "%" PRIu64 ",%" PRIu64 ",", csv->n_records, step);
        put_quoted(csv->file, phase);
        putc(',', csv->file);
        put_quoted(csv->file, stage);
        putc(',', csv->file);
        put_quoted(csv->file, scalar->name);
        fprintf(csv->file, ",%.10g\n", scalar->value);
    }
    return end_record(csv, err);
}

static EmendStatus event(void *self, uint64_t step, EmendStr name, EmendStr json, EmendError *err) {
    Csv *csv = self;
    (void)step;
    (void)name;
    (void)json;
    EmendStatus status = is_begun(csv, err);
    return status == EMEND_OK ? end_record(csv, err) : status;
}

static EmendStatus flush(void *self, EmendError *err) {
    Csv *csv = self;
    EmendStatus status = is_begun(csv, err);
    if (status == EMEND_OK && (fflush(csv->file) != 0 || fsync(fileno(csv->file)) != 0)) {
        status = file_fail(csv, "it cannot be synced", err);
    }
    return status;
}

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus config_check(const Config *config, EmendError *err) {
    if (config->file[0] == '\0' || config->file[0] == '.' || strchr(config->file, '/')) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "file: it is \"%s\"; it must be a plain file name, which stays in the "
                          "run's folder",
                          config->file);
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    Csv *csv = instance;
    if (csv->file) {
        fclose(csv->file);
    }
    emend_config_free(host, csv->config);
    host->free(host, csv);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendTracker tracker = {.struct_size = sizeof tracker,
                                         .begin = begin,
                                         .scalars = scalars,
                                         .event = event,
                                         .flush = flush};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name; // the plugin has one component

    Csv *csv = emend_alloc(host, sizeof *csv, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    csv->config =
        emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(csv->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, csv);
        return status;
    }
    *instance = csv;
    *table = &tracker;
    return EMEND_OK;
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TRACKER, factory);
