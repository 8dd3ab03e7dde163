/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROWS_NOTE_H
#define ROWS_NOTE_H
/* One line for the user, put together piece by piece: a line of the log, or an error's message.
 * What does not fit is cut, and control characters that data brought along become spaces. */
#include "emend/host.h"
#include "emend/status.h"

enum { NOTE_BYTES = 1024 };

/* Zero-initialise. */
typedef struct Note {
    char text[NOTE_BYTES];
    size_t len;
} Note;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void note_add(Note *note, const char *format, ...);
void note_add_args(Note *note, const char *format, va_list args);
/* The text, shortened where it is long. */
void note_add_str(Note *note, EmendStr text);

void note_log(const Note *note, const EmendHost *host, uint32_t level);
EmendStatus note_fail(const Note *note, EmendStatus status, EmendError *err);

#endif
