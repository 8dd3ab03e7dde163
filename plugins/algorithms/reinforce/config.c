/* SPDX-License-Identifier: Apache-2.0 */
/* What a config may say. */
#include "reinforce.h"
#include <math.h>
#include <stdbool.h>

static EmendStatus enum_check(const ProtobufCEnumDescriptor *type, const char *field, int value,
                              EmendError *err) {
    if (protobuf_c_enum_descriptor_get_value(type, value)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it is %d; it must be a %s", field, value,
                      type->short_name);
}

static bool is_weight(double value) {
    return isfinite(value) && value >= 0;
}

static EmendStatus kl_check(const Config *config, EmendError *err) {
    for (size_t i = 0; i < config->n_kl; i++) {
        const Emend__Algorithms__Reinforce__Config__KlWeight *kl = config->kl[i];
        if (!kl->has_weight) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is missing; it must be given", i);
        }
        if (!is_weight(kl->weight)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is %g; it must be finite and 0 or more", i,
                              kl->weight);
        }
        for (size_t j = 0; j < i; j++) {
            if (config->kl[j]->turn == kl->turn) {
                return emend_fail(
                    err, EMEND_INVALID_ARGUMENT,
                    "kl[%zu].turn: it is %u, as in kl[%zu]; each turn (0: all others) "
                    "must be given once; remove one",
                    i, kl->turn, j);
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus enums_check(const Config *config, EmendError *err) {
    const ProtobufCEnumDescriptor *aggregation =
        &emend__algorithms__reinforce__config__aggregation__descriptor;
    EmendStatus status = enum_check(&emend__algorithms__reinforce__config__baseline__descriptor,
                                    "baseline", (int)config->baseline, err);
    if (status == EMEND_OK) {
        status = enum_check(aggregation, "aggregation", (int)config->aggregation, err);
    }
    if (status == EMEND_OK && config->has_kl_aggregation) {
        status = enum_check(aggregation, "kl_aggregation", (int)config->kl_aggregation, err);
    }
    return status;
}

EmendStatus reinforce_config_check(const Config *config, EmendError *err) {
    if (!(config->momentum >= 0 && config->momentum < 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "momentum: it is %g; it must be 0 or more and below 1", config->momentum);
    }
    if (!is_weight(config->entropy_weight)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "entropy_weight: it is %g; it must be finite and 0 or more",
                          config->entropy_weight);
    }
    if (config->updates_per_rollout == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "updates_per_rollout: it is 0; it must be 1 or more");
    }
    EmendStatus status = enums_check(config, err);
    return status == EMEND_OK ? kl_check(config, err) : status;
}

double reinforce_kl_weight(const Config *config, uint32_t turn) {
    double weight = 0;
    for (size_t i = 0; i < config->n_kl; i++) {
        if (config->kl[i]->turn == turn) {
            return config->kl[i]->weight;
        }
        if (config->kl[i]->turn == 0) {
            weight = config->kl[i]->weight;
        }
    }
    return weight;
}
