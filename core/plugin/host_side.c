/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/host_side.h"
#include "emend/plugin.h"
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 2048

static _Thread_local uint32_t role = EMEND_ROLE_UNKNOWN;

void plugin_thread_role_set(uint32_t new_role) {
    role = new_role;
}

static const HostSide *side_of(const EmendHost *host) {
    return (const HostSide *)host;
}

static void *host_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    return plugin_memory_alloc(side_of(host)->memory, size, align);
}

static void host_free(const EmendHost *host, void *block) {
    plugin_memory_free(side_of(host)->memory, block);
}

static void host_log(const EmendHost *host, uint32_t level, EmendStr message) {
    const HostSide *side = side_of(host);
    if (side->options->log && message.ptr) {
        level = level > EMEND_LOG_ERROR ? EMEND_LOG_ERROR : level;
        side->options->log(side->options->log_ctx, side->plugin_id, level, message);
    }
}

uint32_t plugin_thread_role(void) {
    return role;
}

static uint32_t host_thread_role(const EmendHost *host) {
    (void)host;
    return role;
}

static int32_t host_is_cancelled(const EmendHost *host) {
    const volatile int *cancel = side_of(host)->options->cancel;
    return cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

static const void *host_service(const EmendHost *host, const char *id) {
    (void)host;
    (void)id;
    return NULL; // this host has none
}

static uint64_t budget_of(const PluginHostOptions *options, const char *plugin_id) {
    for (size_t i = 0; i < options->n_budgets; i++) {
        const Emend__MemoryBudget *budget = options->budgets[i];
        if (budget->plugin && budget->has_bytes && strcmp(budget->plugin, plugin_id) == 0) {
            return budget->bytes;
        }
    }
    return 0;
}

EmendStatus host_side_init(HostSide *side, const PluginHostOptions *options, const char *plugin_id,
                           EmendError *err) {
    PluginMemory *memory = NULL;
    EmendStatus status = plugin_memory_create(budget_of(options, plugin_id), &memory, err);
    if (status != EMEND_OK) {
        return status;
    }
    *side = (HostSide){
        .table = {.struct_size = (uint32_t)sizeof(EmendHost),
                  .abi_major = EMEND_ABI_MAJOR,
                  .abi_minor = EMEND_ABI_MINOR,
                  .name = "emend",
                  .version = EMEND_VERSION,
                  .alloc = host_alloc,
                  .free = host_free,
                  .log = host_log,
                  .thread_role = host_thread_role,
                  .is_cancelled = host_is_cancelled,
                  .service = host_service},
        .options = options,
        .plugin_id = plugin_id,
        .memory = memory,
    };
    return EMEND_OK;
}

void host_side_finish(HostSide *side) {
    plugin_memory_destroy(side->memory);
    *side = (HostSide){0};
}

void host_side_log(const HostSide *side, uint32_t level, const char *format, ...) {
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    host_log(&side->table, level, emend_str(line));
}
