/* SPDX-License-Identifier: Apache-2.0 */
#include "check/message.h"
#include "manifest/utf8.h"
#include <string.h>

bool message_is_good(EmendStatus status, const EmendError *err, char *why, size_t capacity) {
    const char *text = err->message;
    size_t len = strnlen(text, err->message_capacity);
    if (status < EMEND_OK || status > EMEND_DATA_LOSS) {
        snprintf(why, capacity, "it returned the status %d; it must be one of EMEND_*", status);
    } else if (len == err->message_capacity) {
        snprintf(why, capacity, "its message fills all %u bytes; it must end with a NUL",
                 err->message_capacity);
    } else if (len == 0) {
        snprintf(why, capacity, "it failed with %s and wrote no message; it must say what is wrong",
                 emend_status_name(status));
    } else if (utf8_valid_len(text, len) != len) {
        snprintf(why, capacity, "its message is not UTF-8 at byte %zu; it must be valid UTF-8",
                 utf8_valid_len(text, len));
    } else if (strpbrk(text, "\n\r")) {
        snprintf(why, capacity, "its message has several lines; it must be one");
    } else if (err->code != status) {
        snprintf(why, capacity, "it returned %s and wrote the code %s; they must be equal",
                 emend_status_name(status), emend_status_name(err->code));
    } else {
        return true;
    }
    return false;
}

void message_quote(const EmendError *err, char *quote, size_t capacity) {
    size_t len = strnlen(err->message, err->message_capacity);
    len = len < capacity ? len : capacity - 1;
    for (size_t i = 0; i < len; i++) {
        quote[i] = (unsigned char)err->message[i] < ' ' ? ' ' : err->message[i];
    }
    quote[len] = '\0';
    quote[utf8_valid_len(quote, len)] = '\0';
}
