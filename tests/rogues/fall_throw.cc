/* SPDX-License-Identifier: Apache-2.0 */
#include <stdexcept>

extern "C" void fall_throw(void) {
    throw std::runtime_error("nobody catches this");
}
