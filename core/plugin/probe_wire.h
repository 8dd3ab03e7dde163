/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROBE_WIRE_H
#define PLUGIN_PROBE_WIRE_H
/* What a probed process tells the one that started it, on a pipe: words in frames. Both ends are
 * the same program, but a plugin runs beside one of them, so the reader takes nothing for granted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rises with every change of the frames, the words, or of what is looked at. */
#define PROBE_PROTOCOL 1u
#define PROBE_REPORT_FD 3

enum { PROBE_TEXT_MAX = 1000, PROBE_WORDS_MAX = 64 };

typedef enum ProbeWord {
    PROBE_PLACE = 1,   /* text: what of the plugin is called next; "": nothing */
    PROBE_WARNING = 2, /* text: what it did that it must not, of no consequence for results */
    PROBE_HARM = 3,    /* text: the same, of consequence */
    PROBE_REFUSED = 4, /* loading failed in words: nothing more was run */
    PROBE_DONE = 5     /* it was opened, asked and closed */
} ProbeWord;

/* Writes one frame, text cut to PROBE_TEXT_MAX. */
void probe_say(int fd, ProbeWord word, const char *text);

/* Bytes that came, not yet whole frames. Zero-initialise. */
typedef struct ProbeReader {
    uint8_t bytes[4096];
    size_t len, n_words;
} ProbeReader;

/* Reads once from the pipe and hands on whole frames. 1: there may be more; 0: the end; -1: what
 * came is no frame of this protocol, or too many. */
int probe_read(ProbeReader *reader, int fd,
               void (*take)(void *ctx, ProbeWord word, const char *text), void *ctx);

#endif
