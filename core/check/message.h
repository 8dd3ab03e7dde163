/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_MESSAGE_H
#define CHECK_MESSAGE_H
/* Whether a failed call told of it as it must. */
#include "emend/status.h"
#include <stdbool.h>

/* Whether the status is one that a failing call may return and the message in err is well formed:
 * not empty, ended within its capacity, valid UTF-8, of one line, with the status as its code. If
 * not, `why` says what is wrong, as "wrote .., it must ..". err's message_capacity is above 1. */
bool message_is_good(EmendStatus status, const EmendError *err, char *why, size_t capacity);
/* The message, of one line whatever it holds, at most `capacity` - 1 bytes. */
void message_quote(const EmendError *err, char *quote, size_t capacity);

#endif
