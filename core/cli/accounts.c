/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/accounts.h"
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A number of an account, and what it is called. */
typedef struct Column {
    const char *name, *head;
    size_t offset;
} Column;

static const Column columns[] = {
    {"live_bytes", "LIVE", offsetof(PluginAccount, stats.allocated)},
    {"peak_bytes", "PEAK", offsetof(PluginAccount, stats.peak)},
    {"cached_bytes", "CACHED", offsetof(PluginAccount, stats.cached)},
    {"resident_bytes", "RESIDENT", offsetof(PluginAccount, stats.resident)},
    {"left_bytes", "LEFT", offsetof(PluginAccount, left_bytes)},
    {"budget_bytes", "BUDGET", offsetof(PluginAccount, stats.budget)},
    {"n_blocks", "BLOCKS", offsetof(PluginAccount, stats.n_blocks)},
    {"n_refused", "REFUSED", offsetof(PluginAccount, stats.n_refused)},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static uint64_t *cell(const PluginAccount *account, size_t column) {
    return (uint64_t *)((char *)(uintptr_t)account + columns[column].offset);
}

static EmendStatus add(Accounts *accounts, const char *plugin, EmendError *err) {
    PluginAccount *items = realloc(accounts->items, (accounts->n + 1) * sizeof *items);
    if (!items) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to account for it");
    }
    accounts->items = items;
    items[accounts->n] = (PluginAccount){0};
    snprintf(items[accounts->n++].plugin, sizeof items->plugin, "%s", plugin);
    return EMEND_OK;
}

void accounts_finish(Accounts *accounts) {
    free(accounts->items);
    *accounts = (Accounts){0};
}

EmendStatus accounts_close(PluginHost *host, Accounts *out, EmendError *err) {
    Accounts accounts = {0};
    PluginMemoryStats stats;
    const char *plugin = NULL;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && (plugin = plugin_host_memory(host, i, &stats)); i++) {
        status = add(&accounts, plugin, err);
        if (status == EMEND_OK) {
            accounts.items[i].stats = stats;
        }
    }
    plugin_host_close(host);
    for (size_t i = 0; i < accounts.n && plugin_host_memory(host, i, &stats); i++) {
        accounts.items[i].left_bytes = stats.allocated;
        accounts.items[i].left_blocks = stats.n_blocks;
    }
    if (status != EMEND_OK) {
        accounts_finish(&accounts);
        return status;
    }
    *out = accounts;
    return EMEND_OK;
}

void accounts_print_json(FILE *out, const Accounts *accounts) {
    for (size_t i = 0; i < accounts->n; i++) {
        const PluginAccount *account = &accounts->items[i];
        json_t *object = json_object();
        json_object_set_new(object, "plugin", json_string(account->plugin));
        for (size_t c = 0; c < N_COLUMNS; c++) {
            json_object_set_new(object, columns[c].name,
                                json_integer((json_int_t)*cell(account, c)));
        }
        char *text = json_dumps(object, JSON_COMPACT);
        fprintf(out, "%s\n", text ? text : "{}");
        free(text);
        json_decref(object);
    }
}

static EmendStatus fail_file(const char *path, EmendError *err) {
    return emend_fail(err, EMEND_NOT_FOUND, "%s: %s", path, strerror(errno));
}

EmendStatus accounts_write(const Accounts *accounts, const char *run_dir, EmendError *err) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" ACCOUNTS_FILE, run_dir);
    FILE *file = fopen(path, "we");
    if (!file) {
        return fail_file(path, err);
    }
    accounts_print_json(file, accounts);
    bool is_written = !ferror(file);
    return fclose(file) == 0 && is_written ? EMEND_OK : fail_file(path, err);
}

static EmendStatus read_line(const char *path, size_t number, const char *line, Accounts *out,
                             EmendError *err) {
    json_t *object = json_loads(line, 0, NULL);
    const char *plugin = json_string_value(json_object_get(object, "plugin"));
    EmendStatus status = plugin ? add(out, plugin, err)
                                : emend_fail(err, EMEND_DATA_LOSS,
                                             "%s:%zu: the line is no account of a plugin; it must "
                                             "be as `emend run` wrote it",
                                             path, number);
    for (size_t c = 0; status == EMEND_OK && c < N_COLUMNS; c++) {
        json_int_t value = json_integer_value(json_object_get(object, columns[c].name));
        *cell(&out->items[out->n - 1], c) = (uint64_t)value;
    }
    json_decref(object);
    return status;
}

EmendStatus accounts_read(const char *run_dir, Accounts *out, EmendError *err) {
    char path[PATH_MAX];
    char *line = NULL;
    size_t capacity = 0, number = 0;
    Accounts accounts = {0};
    EmendStatus status = EMEND_OK;
    snprintf(path, sizeof path, "%s/" ACCOUNTS_FILE, run_dir);
    FILE *file = fopen(path, "re");
    if (!file) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: %s; a run has it once it has ended", path,
                          strerror(errno));
    }
    while (status == EMEND_OK && getline(&line, &capacity, file) >= 0) {
        status = read_line(path, ++number, line, &accounts, err);
    }
    free(line);
    fclose(file);
    if (status != EMEND_OK) {
        accounts_finish(&accounts);
        return status;
    }
    *out = accounts;
    return EMEND_OK;
}

/* "12.3 MiB"; counts as they are. */
static void format_cell(uint64_t value, bool is_bytes, char *text, size_t capacity) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)value;
    size_t unit = 0;
    while (size >= 1024 && unit < 4) {
        size /= 1024;
        unit++;
    }
    if (!is_bytes || value == 0) {
        snprintf(text, capacity, "%llu", (unsigned long long)value);
    } else {
        snprintf(text, capacity, "%.*f %s", unit == 0 ? 0 : 1, size, units[unit]);
    }
}

void accounts_print(FILE *out, const Accounts *accounts) {
    fprintf(out, "%-30s", "PLUGIN");
    for (size_t c = 0; c < N_COLUMNS; c++) {
        fprintf(out, " %10s", columns[c].head);
    }
    for (size_t i = 0; i < accounts->n; i++) {
        fprintf(out, "\n%-30s", accounts->items[i].plugin);
        for (size_t c = 0; c < N_COLUMNS; c++) {
            char text[32];
            bool is_bytes = strstr(columns[c].name, "_bytes") != NULL;
            format_cell(*cell(&accounts->items[i], c), is_bytes, text, sizeof text);
            fprintf(out, " %10s", text);
        }
    }
    fprintf(out, "\n");
}
