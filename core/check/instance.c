/* SPDX-License-Identifier: Apache-2.0 */
#include "check/instance.h"
#include <string.h>

void instance_each(Kit *kit, void (*test)(Instance *instance)) {
    Subject subject = {0};
    const Emend__Example *example = kit_example(kit, 0);
    bool is_open = subject_create(kit, NULL, &subject);
    for (size_t i = 0; is_open && !kit_is_over(kit) && (i == 0 || example); i++) {
        const Instance any = {.subject = &subject,
                              .kit = kit,
                              .example = example,
                              .config = example ? kit_example_config(example) : kit_config(kit)};
        Instance instance;
        if (instance_twin(&any, &instance)) {
            test(&instance);
            instance_drop(&instance);
        }
        example = kit_example(kit, i + 1);
    }
    subject_close(&subject);
}

bool instance_twin(const Instance *instance, Instance *out) {
    *out = *instance;
    out->self = NULL;
    out->table = NULL;
    EmendStatus status = subject_instance(out->subject, out->config, &out->self, &out->table);
    return subject_ok(out->subject, "create", status);
}

void instance_drop(Instance *instance) {
    subject_destroy_instance(instance->subject, instance->self);
}

EmendError *instance_err(const Instance *instance) {
    return subject_err(instance->subject);
}

bool instance_ok(const Instance *instance, const char *operation, EmendStatus status) {
    return subject_ok(instance->subject, operation, status);
}

bool instance_declares(const Kit *kit, const char *capability) {
    const Emend__ComponentInfo *component = kit_component(kit);
    for (size_t i = 0; i < component->n_capability; i++) {
        if (strcmp(component->capability[i], capability) == 0) {
            return true;
        }
    }
    return false;
}
