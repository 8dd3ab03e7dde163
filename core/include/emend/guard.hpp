/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_GUARD_HPP
#define EMEND_GUARD_HPP
/* For plugins written in C++ (C++17 or newer). No exception may cross into the host: every function
 * of a table does its work inside emend::guard, which makes a status and a message of what is
 * thrown.
 *
 *     static EmendStatus score(void *self, EmendSpan samples, uint64_t, EmendError *err) noexcept {
 *         return emend::guard(err, [&] { return static_cast<Brief *>(self)->score(samples); });
 *     }
 */
#include "emend/status.h"
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

namespace emend {

/* Runs `body`, which returns an EmendStatus. std::invalid_argument becomes EMEND_INVALID_ARGUMENT,
 * std::bad_alloc EMEND_EXHAUSTED, anything else EMEND_INTERNAL; what() is the message. err is the
 * call's own, and may be NULL. */
template <typename Body> EmendStatus guard(EmendError *err, Body &&body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left");
    } catch (const std::invalid_argument &refusal) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s", refusal.what());
    } catch (const std::exception &failure) {
        return emend_fail(err, EMEND_INTERNAL, "%s", failure.what());
    } catch (...) {
        return emend_fail(err, EMEND_INTERNAL, "an exception that is no std::exception was thrown");
    }
}

/* The text, borrowed as the EmendStr is. */
inline std::string_view view(EmendStr text) noexcept {
    return text.len > 0 ? std::string_view(text.ptr, text.len) : std::string_view();
}

/* A borrowed text for the host, which lives no longer than `text` does. */
inline EmendStr str(std::string_view text) noexcept {
    return EmendStr{text.data(), text.size()};
}

} // namespace emend

#endif
