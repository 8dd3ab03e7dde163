/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_STATUS_H
#define EMEND_STATUS_H
/* How a call says that it failed.
 *
 * Every call that can fail returns an EmendStatus and takes the caller's EmendError, which may be
 * NULL. The memory is the caller's, so reporting works when memory is gone and nothing can leak. A
 * failing call must write a message: one line, `place: what is; what must be`, then what to do. A
 * plugin never prints and never exits.
 */
#include "emend/data.h"
#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t EmendStatus;
enum {
    EMEND_OK = 0,
    EMEND_CANCELLED = 1, /* the host asked for it: is_cancelled() was true */
    EMEND_UNKNOWN = 2,
    EMEND_INVALID_ARGUMENT = 3, /* config, manifest or input that can never be right */
    EMEND_DEADLINE = 4,
    EMEND_NOT_FOUND = 5,
    EMEND_ALREADY_EXISTS = 6,
    EMEND_DENIED = 7,
    EMEND_EXHAUSTED = 8,    /* memory, disk, a budget */
    EMEND_PRECONDITION = 9, /* right input at the wrong time */
    EMEND_ABORTED = 10,     /* stopped to protect the run: a NaN, a broken promise */
    EMEND_OUT_OF_RANGE = 11,
    EMEND_UNIMPLEMENTED = 12, /* from an optional call: normal */
    EMEND_INTERNAL = 13,
    EMEND_UNAVAILABLE = 14, /* the machine lacks what it takes */
    EMEND_DATA_LOSS = 15    /* a file is truncated or corrupt */
};

enum {
    EMEND_ERROR_RETRYABLE = 1u,
    EMEND_ERROR_USER = 2u, /* the user can mend it */
    EMEND_ERROR_PLUGIN_BUG = 4u
};

/* The caller's error buffer. Growable. */
typedef struct EmendError {
    uint32_t struct_size;      /* set by the caller */
    EmendStatus code;          /* set by the callee, equal to the status it returns */
    uint32_t flags;            /* EMEND_ERROR_* */
    uint32_t message_capacity; /* bytes at `message`, the final NUL included */
    char *message;             /* NUL-terminated; cut on a UTF-8 boundary where it is too long */
    const char *where;         /* optional "file:line" of the callee's source, static storage */
} EmendError;

EMEND_STATIC_ASSERT(sizeof(EmendError) == 32 && offsetof(EmendError, message) == 16,
                    "frozen layout");

/* The status's name: "INVALID_ARGUMENT". Static storage; "UNKNOWN" for a number it has not met. */
static inline const char *emend_status_name(EmendStatus status) {
    static const char *const names[] = {
        "OK",        "CANCELLED",      "UNKNOWN",       "INVALID_ARGUMENT", "DEADLINE",
        "NOT_FOUND", "ALREADY_EXISTS", "DENIED",        "EXHAUSTED",        "PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED", "INTERNAL",         "UNAVAILABLE",
        "DATA_LOSS"};
    return status >= 0 && status <= EMEND_DATA_LOSS ? names[status] : "UNKNOWN";
}

/* An error over the caller's own buffer of `capacity` bytes. */
static inline EmendError emend_error_on(char *buffer, uint32_t capacity) {
    EmendError err = {(uint32_t)sizeof(EmendError), EMEND_OK, 0, capacity, buffer, NULL};
    if (capacity > 0) {
        buffer[0] = '\0';
    }
    return err;
}

/* Writes a message into err (which may be NULL) and returns `status`, so that a failure is one
 * line: `return emend_fail(err, EMEND_NOT_FOUND, "%s: no such file", path);` */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline EmendStatus
emend_fail(EmendError *err, EmendStatus status, const char *format, ...) {
    if (!err) {
        return status;
    }
    err->code = status;
    if (err->message && err->message_capacity > 0) {
        va_list args;
        va_start(args, format);
        int n = vsnprintf(err->message, err->message_capacity, format, args);
        va_end(args);
        if (n >= 0 && (uint32_t)n >= err->message_capacity) {
            uint32_t end = err->message_capacity - 1;
            while (end > 0 && ((unsigned char)err->message[end - 1] & 0xC0u) == 0x80u) {
                end--;
            }
            if (end > 0 && (unsigned char)err->message[end - 1] >= 0xC0u) {
                end--;
            }
            err->message[end] = '\0';
        }
    }
    return status;
}

#ifdef __cplusplus
}
#endif
#endif
