/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_PROTOBUF_C_HPP
#define EMEND_PROTOBUF_C_HPP
/* emend/protobuf_c.h for plugins written in C++: a config that frees itself. */
#include "emend/guard.hpp"
#include "emend/protobuf_c.h"
#include <memory>

namespace emend {

struct ConfigDeleter {
    const EmendHost *host;
    void operator()(void *config) const noexcept {
        emend_config_free(host, config);
    }
};

template <typename Config> using ConfigPtr = std::unique_ptr<Config, ConfigDeleter>;

/* Reads a config, whose generated type and descriptor these are, into the host's memory; absent
 * fields have the defaults of the .proto. Throws emend::Failure where it cannot be read. */
template <typename Config>
ConfigPtr<Config> unpack(const EmendHost *host, const ProtobufCMessageDescriptor &type,
                         EmendBytes bytes) {
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    EmendStatus status = EMEND_OK;
    void *config = emend_config_unpack(host, &type, bytes, &status, &err);
    if (!config) {
        throw Failure(status, message);
    }
    return ConfigPtr<Config>(static_cast<Config *>(config), ConfigDeleter{host});
}

} // namespace emend

#endif
