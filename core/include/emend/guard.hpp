/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_GUARD_HPP
#define EMEND_GUARD_HPP
/* For plugins written in C++ (C++17 or newer). No exception may cross into the host: every function
 * of a table does its work inside emend::guard, which makes a status and a message of what is
 * thrown.
 *
 *     EmendStatus score(void *self, EmendSpan samples, uint64_t, EmendError *err) noexcept {
 *         return emend::guard(err, [&] { return static_cast<Brief *>(self)->score(samples); });
 *     }
 */
#include "emend/status.h"
#include <exception>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace emend {

/* A failure with its status: throw emend::Failure(EMEND_NOT_FOUND, path, ": no such file"); */
class Failure : public std::runtime_error {
  public:
    template <typename... Parts>
    explicit Failure(EmendStatus status, const Parts &...parts)
        : std::runtime_error(join(parts...)), status_(status) {
    }
    EmendStatus status() const noexcept {
        return status_;
    }

  private:
    template <typename... Parts> static std::string join(const Parts &...parts) {
        std::ostringstream text;
        (text << ... << parts);
        return text.str();
    }
    EmendStatus status_;
};

/* Runs `body`, which returns an EmendStatus. An emend::Failure becomes its status, std::bad_alloc
 * EMEND_EXHAUSTED, anything else EMEND_INTERNAL; what() is the message. err is the call's own, and
 * may be NULL. */
template <typename Body> EmendStatus guard(EmendError *err, Body &&body) noexcept {
    try {
        return body();
    } catch (const Failure &failure) {
        return emend_fail(err, failure.status(), "%s", failure.what());
    } catch (const std::bad_alloc &) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left");
    } catch (const std::exception &exception) {
        return emend_fail(err, EMEND_INTERNAL, "%s", exception.what());
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
