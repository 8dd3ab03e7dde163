/* SPDX-License-Identifier: Apache-2.0 */
#include "check/subject.h"
#include "check/functions.h"
#include "check/host_table.h"
#include "check/message.h"
#include "plugin/kinds.h"
#include "plugin/package.h"
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_FILL = 0xFF,
    TABLE_BYTES_MAX = 65536,
    ALLOCATIONS_MAX = 100000,
    ALLOCATIONS_ALL = 500
};

#define MESSAGE_REMEDY "return one of EMEND_*, and write the message with emend_fail()"

/* A zero-extended copy of one of the plugin's tables. */
typedef struct SubjectTable {
    struct SubjectTable *next;
    uint64_t bytes[];
} SubjectTable;

/* ---- errors --------------------------------------------------------------------------------- */

EmendError *subject_err(Subject *subject) {
    memset(subject->message, MESSAGE_FILL, sizeof subject->message);
    subject->err = emend_error_on(subject->message, sizeof subject->message);
    return &subject->err;
}

/* Tells the kit where a failed call's message is not as it must be. */
static bool has_good_message(Subject *subject, const char *operation, EmendStatus status) {
    char why[256];
    if (message_is_good(status, &subject->err, why, sizeof why)) {
        return true;
    }
    kit_fail(subject->kit, MESSAGE_REMEDY, "%s: %s", operation, why);
    return false;
}

bool subject_ok(Subject *subject, const char *operation, EmendStatus status) {
    char quote[1024];
    if (status == EMEND_OK) {
        return true;
    }
    if (has_good_message(subject, operation, status)) {
        message_quote(&subject->err, quote, sizeof quote);
        kit_fail(subject->kit, "mend what the message names, or the config in golden.textproto",
                 "%s failed with %s (\"%s\"); it must succeed here", operation,
                 emend_status_name(status), quote);
    }
    return false;
}

bool subject_refused(Subject *subject, const char *operation, EmendStatus status) {
    if (status == EMEND_OK) {
        kit_fail(subject->kit, "check the call's arguments and return a status with a message",
                 "%s went well; it must fail here", operation);
        return false;
    }
    return has_good_message(subject, operation, status);
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Copies a table of the plugin into a zeroed one of `ours` bytes, which the subject owns. */
static void *copy_table(Subject *subject, const void *table, uint32_t ours) {
    uint32_t theirs = 0;
    SubjectTable *copy = calloc(1, sizeof *copy + ours);
    if (!copy) {
        return NULL;
    }
    memcpy(&theirs, table, sizeof theirs);
    uint32_t size = theirs < ours ? theirs : ours;
    memcpy(copy->bytes, table, size);
    memcpy(copy->bytes, &size, sizeof size);
    copy->next = subject->tables;
    subject->tables = copy;
    return copy->bytes;
}

/* Whether a table's struct_size can be: what revision 1 had, or more. */
static bool is_sized(Subject *subject, const char *what, const void *table, uint32_t least) {
    uint32_t size = 0;
    if (table) {
        memcpy(&size, table, sizeof size);
    }
    if (!table) {
        kit_fail(subject->kit, "hand out a static table whenever the call succeeds",
                 "%s is NULL though the call went well; it must be set", what);
        return false;
    }
    if (size < least || size > TABLE_BYTES_MAX) {
        kit_fail(subject->kit, "write .struct_size = sizeof of the table's type",
                 "%s says it has %u bytes; it must have %u or more", what, size, least);
        return false;
    }
    return true;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static bool begin(Kit *kit, const SubjectOptions *options, Subject *out) {
    *out = (Subject){.kit = kit};
    out->options = options ? *options : (SubjectOptions){0};
    pthread_mutex_init(&out->mutex, NULL);
    if (!host_table_open(out)) {
        kit_skip(kit, "no memory is left for the test's host table");
        return false;
    }
    return true;
}

static bool load(Subject *out) {
    Kit *kit = out->kit;
    const Package *package = kit_package(kit);
    char path[PATH_MAX];
    EmendError *err = subject_err(out);
    const Emend__Function *function = functions_find(kit);
    if (function) {
        return functions_open(out, function);
    }
    if (functions_are_all(package)) {
        kit_skip(kit, "the package has plain functions alone, and nothing to open");
        return false;
    }
    if (!package->library ||
        package_file(package->dir, package->library->path, "the library", path, err) != EMEND_OK) {
        kit_fail(kit, "build the plugin", "there is no library to load: %s",
                 package->problem ? package->problem : out->message);
        return false;
    }
    kit_enter(kit, "dlopen");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        kit_fail(kit, "link the plugin with all it needs, with -Wl,-z,defs to be told at once",
                 "the library cannot be loaded: %s; it must be", dlerror());
        return false;
    }
    const EmendEntry *entry = dlsym(handle, "emend_plugin_entry");
    if (!entry) {
        kit_fail(kit, "put EMEND_DECLARE_PLUGIN at the end of the plugin's main file",
                 "the library exports no emend_plugin_entry; it must");
        return false;
    }
    if (entry->magic != EMEND_ENTRY_MAGIC) {
        kit_fail(kit, "put EMEND_DECLARE_PLUGIN at the end of the plugin's main file",
                 "the entry's magic is %#x; it must be %#x", entry->magic, EMEND_ENTRY_MAGIC);
        return false;
    }
    uint32_t size = entry->struct_size;
    if (size < EMEND_END_OF(EmendEntry, factory) || size > TABLE_BYTES_MAX) {
        kit_fail(kit, "put EMEND_DECLARE_PLUGIN at the end of the plugin's main file",
                 "the entry says it has %u bytes; it must have %zu or more", size,
                 EMEND_END_OF(EmendEntry, factory));
        return false;
    }
    memcpy(&out->entry, entry, size < sizeof out->entry ? size : sizeof out->entry);
    if (!out->entry.open || !out->entry.close || !out->entry.factory) {
        kit_fail(kit, "give EMEND_DECLARE_PLUGIN all three",
                 "the entry's open, close or factory is NULL; all three must be set");
        return false;
    }
    return true;
}

static EmendStatus open_plugin(Subject *out) {
    if (out->functions) {
        return EMEND_OK;
    }
    kit_enter(out->kit, "open");
    EmendStatus status = out->entry.open(out->host, emend_str(kit_package(out->kit)->dir),
                                         &out->plugin, subject_err(out));
    out->is_open = status == EMEND_OK;
    if (status != EMEND_OK) {
        has_good_message(out, "open", status);
    }
    return status;
}

static bool find_factory(Subject *out) {
    Kit *kit = out->kit;
    const Emend__ComponentInfo *info = kit_component(kit);
    if (!info || out->functions) {
        return true;
    }
    kit_enter(kit, "factory");
    const EmendFactory *factory = out->entry.factory(out->plugin, info->kind);
    if (!factory) {
        kit_fail(kit, "hand out a factory for every kind that the manifest lists",
                 "factory(\"%s\") gave NULL; the manifest lists \"%s\" of that kind", info->kind,
                 info->name);
        return false;
    }
    if (!is_sized(out, "the factory", factory, (uint32_t)sizeof(EmendFactory))) {
        return false;
    }
    if (factory->concurrency > EMEND_CONCURRENCY_SERIAL_PLUGIN) {
        kit_fail(kit, "say how many calls it takes at once; PARALLEL is any number",
                 "the factory's concurrency is %u; it must be one of EMEND_CONCURRENCY_*",
                 factory->concurrency);
        return false;
    }
    out->factory = copy_table(out, factory, (uint32_t)sizeof(EmendFactory));
    if (out->factory && (!out->factory->create || !out->factory->destroy)) {
        kit_fail(kit, "set both", "the factory's create or destroy is NULL; both must be set");
        return false;
    }
    return out->factory != NULL;
}

static bool has_required(Subject *subject, const Kind *kind, const void *table) {
    for (size_t i = 0; i < kind->n_required; i++) {
        void (*member)(void) = NULL;
        memcpy(&member, (const char *)table + kind->required[i].offset, sizeof member);
        if (!member) {
            kit_fail(subject->kit, "fill the slot of the table",
                     "the table's %s is NULL; every %s must have it", kind->required[i].name,
                     kind->field);
            return false;
        }
    }
    return true;
}

EmendStatus subject_instance(Subject *subject, EmendBytes config, void **self, const void **table) {
    const Emend__ComponentInfo *info = kit_component(subject->kit);
    const Kind *kind = kind_find(info->kind);
    const void *theirs = NULL;
    *self = NULL;
    *table = NULL;
    kit_enter(subject->kit, "create");
    EmendStatus status = subject->factory->create(subject->plugin, emend_str(info->name), config,
                                                  self, &theirs, subject_err(subject));
    if (status != EMEND_OK) {
        has_good_message(subject, "create", status);
        return status;
    }
    if (!is_sized(subject, "the table from create", theirs, (uint32_t)sizeof(uint64_t))) {
        return EMEND_OK;
    }
    void *copy = copy_table(subject, theirs, (uint32_t)kind->table_size);
    if (copy && has_required(subject, kind, copy)) {
        *table = copy;
    }
    return EMEND_OK;
}

void subject_destroy_instance(Subject *subject, void *self) {
    kit_enter(subject->kit, "destroy");
    subject->factory->destroy(subject->plugin, self);
}

/* ---- the whole ------------------------------------------------------------------------------ */

bool subject_load(Kit *kit, const SubjectOptions *options, Subject *out) {
    return begin(kit, options, out) && load(out);
}

bool subject_open(Kit *kit, const SubjectOptions *options, Subject *out) {
    return subject_load(kit, options, out) && subject_ok(out, "open", open_plugin(out)) &&
           find_factory(out);
}

static EmendStatus make(Subject *subject) {
    EmendStatus status =
        subject_instance(subject, kit_config(subject->kit), &subject->self, &subject->table);
    subject->is_made = status == EMEND_OK;
    return status;
}

bool subject_create(Kit *kit, const SubjectOptions *options, Subject *out) {
    char quote[1024];
    if (!subject_open(kit, options, out)) {
        return false;
    }
    EmendStatus status = make(out);
    message_quote(&out->err, quote, sizeof quote);
    if (status == EMEND_UNAVAILABLE) {
        kit_skip(kit, "this machine cannot: %s", quote);
    } else if (status == EMEND_INVALID_ARGUMENT && !kit_example(kit, 0)) {
        kit_skip(kit, "it cannot be made with its defaults, and no golden example has a config: %s",
                 quote);
    } else if (status != EMEND_OK) {
        subject_ok(out, "create", status);
    }
    return status == EMEND_OK && !kit_is_over(kit);
}

EmendStatus subject_try(Kit *kit, const SubjectOptions *options, Subject *out) {
    if (!subject_load(kit, options, out)) {
        return EMEND_UNKNOWN;
    }
    EmendStatus status = open_plugin(out);
    if (status != EMEND_OK || !kit_component(kit)) {
        return status;
    }
    return find_factory(out) ? make(out) : EMEND_UNKNOWN;
}

void subject_close(Subject *subject) {
    if (!subject->kit) {
        return;
    }
    if (subject->is_made) {
        subject_destroy_instance(subject, subject->self);
    }
    if (subject->is_open) {
        kit_enter(subject->kit, "close");
        subject->entry.close(subject->plugin);
    }
    functions_close(subject);
    host_table_close(subject);
    while (subject->tables) {
        SubjectTable *table = subject->tables;
        subject->tables = table->next;
        free(table);
    }
    pthread_mutex_destroy(&subject->mutex);
    *subject = (Subject){0};
}

/* ---- every allocation fails in turn --------------------------------------------------------- */

/* One round; how many allocations it asked for, or -1 where the kit was told of something. */
static long run_round(Kit *kit, const SubjectOptions *options, SubjectWorkload workload, void *ctx,
                      bool *is_refused) {
    Subject subject = {0};
    char quote[512];
    EmendStatus status = subject_try(kit, options, &subject);
    if (status == EMEND_OK && !kit_is_over(kit) && workload) {
        status = workload(&subject, ctx);
        if (status != EMEND_OK) {
            has_good_message(&subject, "a call", status);
        }
    }
    long n = atomic_load(&subject.n_allocs);
    *is_refused = n >= options->n_until_no_memory;
    message_quote(&subject.err, quote, sizeof quote);
    // A protobuf library may not tell its caller whether the bytes or the memory were wrong.
    if (status != EMEND_OK && !kit_is_over(kit) && *is_refused && status != EMEND_EXHAUSTED &&
        !strstr(quote, "memory")) {
        kit_fail(kit, "return EMEND_EXHAUSTED where host->alloc gives NULL",
                 "with allocation %ld refused it failed with %s (\"%s\"); it must be EXHAUSTED, or "
                 "the message must tell of memory",
                 options->n_until_no_memory, emend_status_name(status), quote);
    } else if (status != EMEND_OK && !kit_is_over(kit) && !*is_refused) {
        kit_skip(kit, "it cannot be made or run even with all memory it asks for: %s", quote);
    }
    subject_close(&subject);
    return kit_is_over(kit) ? -1 : n;
}

static void run_rounds(Kit *kit, SubjectOptions options, SubjectWorkload workload, void *ctx) {
    bool is_refused = true;
    // All of the first ones; of very many, every so often one.
    for (long n = 1; is_refused && n < ALLOCATIONS_MAX;
         n += n < ALLOCATIONS_ALL ? 1 : n / ALLOCATIONS_ALL) {
        options.n_until_no_memory = n;
        if (run_round(kit, &options, workload, ctx, &is_refused) < 0) {
            return;
        }
    }
}

void subject_each_allocation(Kit *kit, const SubjectOptions *options, SubjectWorkload workload,
                             void *ctx) {
    SubjectOptions mine = options ? *options : (SubjectOptions){0};
    mine.fails_once = false;
    run_rounds(kit, mine, workload, ctx);
    mine.fails_once = true;
    if (!kit_is_over(kit)) {
        run_rounds(kit, mine, workload, ctx);
    }
}
