/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_wire.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MAGIC 0x42525045u /* bytes 'E' 'P' 'R' 'B' */

typedef struct FrameHead {
    uint32_t magic;
    uint16_t protocol, word;
    uint32_t bytes; /* of the text behind it, without a NUL */
} FrameHead;

void probe_say(int fd, ProbeWord word, const char *text) {
    uint8_t frame[sizeof(FrameHead) + PROBE_TEXT_MAX];
    size_t len = strnlen(text, PROBE_TEXT_MAX);
    FrameHead head = {FRAME_MAGIC, PROBE_PROTOCOL, (uint16_t)word, (uint32_t)len};
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, text, len);
    // Below PIPE_BUF: whole or not at all.
    while (write(fd, frame, sizeof head + len) < 0 && errno == EINTR) {
    }
}

/* The length of the frame at the buffer's begin; 0: not whole yet; -1: it is none. */
static int frame_length(const ProbeReader *reader) {
    FrameHead head;
    if (reader->len < sizeof head) {
        return 0;
    }
    memcpy(&head, reader->bytes, sizeof head);
    if (head.magic != FRAME_MAGIC || head.protocol != PROBE_PROTOCOL ||
        head.bytes > PROBE_TEXT_MAX || head.word < PROBE_PLACE || head.word > PROBE_DONE ||
        reader->n_words == PROBE_WORDS_MAX) {
        return -1;
    }
    size_t whole = sizeof head + head.bytes;
    return reader->len < whole ? 0 : (int)whole;
}

int probe_read(ProbeReader *reader, int fd,
               void (*take)(void *ctx, ProbeWord word, const char *text), void *ctx) {
    ssize_t n = read(fd, reader->bytes + reader->len, sizeof reader->bytes - reader->len);
    if (n <= 0) {
        return n < 0 && (errno == EINTR || errno == EAGAIN) ? 1 : 0;
    }
    reader->len += (size_t)n;
    int whole = 0;
    while ((whole = frame_length(reader)) > 0) {
        FrameHead head;
        char text[PROBE_TEXT_MAX + 1];
        memcpy(&head, reader->bytes, sizeof head);
        memcpy(text, reader->bytes + sizeof head, head.bytes);
        text[head.bytes] = '\0';
        reader->n_words++;
        reader->len -= (size_t)whole;
        memmove(reader->bytes, reader->bytes + whole, reader->len);
        take(ctx, (ProbeWord)head.word, text);
    }
    return whole < 0 ? -1 : 1;
}
