/* SPDX-License-Identifier: Apache-2.0 */
#include "loaded.h"
#include <check.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *host_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    Loaded *loaded = (Loaded *)(uintptr_t)host; // the host is its first member
    void *block = NULL;
    if (atomic_load(&loaded->n_until_out) > 0 && atomic_fetch_sub(&loaded->n_until_out, 1) == 1) {
        atomic_store(&loaded->n_until_out, 1); // still out
        return NULL;
    }
    if (posix_memalign(&block, align < 16 ? 16 : (size_t)align, size > 0 ? (size_t)size : 1) != 0) {
        return NULL;
    }
    memset(block, 0xA5, (size_t)size); // nobody may count on zeroes
    atomic_fetch_add(&loaded->n_blocks, 1);
    return block;
}

static void host_free(const EmendHost *host, void *block) {
    Loaded *loaded = (Loaded *)(uintptr_t)host;
    if (block) {
        atomic_fetch_sub(&loaded->n_blocks, 1);
        free(block);
    }
}

static void host_log(const EmendHost *host, uint32_t level, EmendStr message) {
    (void)host;
    (void)level;
    (void)message;
}

static uint32_t host_thread_role(const EmendHost *host) {
    (void)host;
    return EMEND_ROLE_CONTROL;
}

static int32_t host_is_cancelled(const EmendHost *host) {
    (void)host;
    return 0;
}

static const void *host_service(const EmendHost *host, const char *id) {
    (void)host;
    (void)id;
    return NULL;
}

static const EmendHost test_host = {
    .struct_size = sizeof test_host,
    .abi_major = EMEND_ABI_MAJOR,
    .abi_minor = EMEND_ABI_MINOR,
    .name = "test",
    .version = "0",
    .alloc = host_alloc,
    .free = host_free,
    .log = host_log,
    .thread_role = host_thread_role,
    .is_cancelled = host_is_cancelled,
    .service = host_service,
};

bool loaded_is_cpu(void) {
    return strcmp(LOADED_NAME, "cpu") == 0;
}

EmendBytes loaded_config(EmendBytes config) {
    return loaded_is_cpu() ? config : (EmendBytes){0};
}

Loaded *loaded_open(EmendBytes config) {
    const char *dir = LOADED_PACKAGE;
    const void *table = NULL;
    Loaded *loaded = calloc(1, sizeof *loaded);
    ck_assert_ptr_nonnull(loaded);
    loaded->host = test_host;
    loaded->err = emend_error_on(loaded->message, sizeof loaded->message);

    void *library = dlopen(LOADED_PACKAGE "/" LOADED_NAME ".so", RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "the plugin does not load: %s", dlerror());
    loaded->entry = dlsym(library, "emend_plugin_entry");
    ck_assert_ptr_nonnull(loaded->entry);
    ck_assert_msg(loaded->entry->open(&loaded->host, emend_str(dir), &loaded->plugin,
                                      &loaded->err) == EMEND_OK,
                  "%s", loaded->message);
    loaded->factory = loaded->entry->factory(loaded->plugin, EMEND_KIND_BACKEND);
    ck_assert_ptr_nonnull(loaded->factory);
    ck_assert_msg(loaded->factory->create(loaded->plugin, emend_str(LOADED_NAME),
                                          loaded_config(config), &loaded->self, &table,
                                          &loaded->err) == EMEND_OK,
                  "%s", loaded->message);
    loaded->backend = table;
    loaded->gradients = loaded->backend->extension(loaded->self, EMEND_BACKEND_GRADIENTS);
    ck_assert_ptr_nonnull(loaded->gradients);
    return loaded;
}

void loaded_close(Loaded *loaded) {
    loaded->factory->destroy(loaded->plugin, loaded->self);
    loaded->entry->close(loaded->plugin);
    ck_assert_msg(atomic_load(&loaded->n_blocks) == 0, "%ld blocks are left behind",
                  atomic_load(&loaded->n_blocks));
    free(loaded);
}

static EmendModel *open_model(Loaded *loaded, const EmendModelSource *source) {
    EmendModel *model = NULL;
    loaded->message[0] = '\0';
    EmendStatus status = loaded->backend->model_open(loaded->self, source, &model, &loaded->err);
    ck_assert_int_eq(status == EMEND_OK, model != NULL);
    return model;
}

EmendModel *loaded_model(Loaded *loaded, const EmendModelConfig *config, uint32_t flags,
                         uint64_t seed) {
    const EmendModelSource source = {
        .struct_size = sizeof source, .flags = flags, .config = config, .seed = seed};
    EmendModel *model = open_model(loaded, &source);
    ck_assert_msg(model != NULL, "%s", loaded->message);
    return model;
}

EmendModel *loaded_folder(Loaded *loaded, const char *dir, uint32_t flags) {
    const EmendModelSource source = {
        .struct_size = sizeof source, .flags = flags, .dir = emend_str(dir)};
    return open_model(loaded, &source);
}

int loaded_tensor(Loaded *loaded, EmendModel *model, uint64_t i, const char **name, float **values,
                  float **gradient, uint64_t *n) {
    EmendStatus status =
        loaded->gradients->tensor(loaded->self, model, i, name, values, gradient, n, &loaded->err);
    ck_assert_msg(status == EMEND_OK || status == EMEND_OUT_OF_RANGE, "%s", loaded->message);
    return status == EMEND_OK;
}
