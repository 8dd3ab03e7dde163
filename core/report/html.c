/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"
#include "manifest/utf8.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(Html *html, const char *text, size_t len) {
    if (html->status == EMEND_OK) {
        html->status = buffer_append(&html->text, text, len);
    }
}

void html_print(Html *html, const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        html->status = EMEND_EXHAUSTED;
        return;
    }
    append(html, text, (size_t)n);
    free(text);
}

// U+202A to U+202E, U+2066 to U+2069: what follows would be shown in another order.
static bool turns_direction(const char *at, size_t len) {
    return len >= 3 && (unsigned char)at[0] == 0xe2 &&
           (((unsigned char)at[1] == 0x80 && (unsigned char)at[2] >= 0xaa &&
             (unsigned char)at[2] <= 0xae) ||
            ((unsigned char)at[1] == 0x81 && (unsigned char)at[2] >= 0xa6 &&
             (unsigned char)at[2] <= 0xa9));
}

// What stands for the text's first bytes, of which *n are taken; NULL: they stand for themselves.
static const char *replacement(const char *at, size_t len, size_t *n) {
    *n = 1;
    switch (*at) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default:
        break;
    }
    if (turns_direction(at, len)) {
        *n = 3;
        return "\xef\xbf\xbd";
    }
    return (unsigned char)*at < 0x20 || *at == 0x7f ? "\xef\xbf\xbd" : NULL;
}

static void put_valid(Html *html, const char *text, size_t len) {
    size_t from = 0, n = 1;
    for (size_t i = 0; i < len; i += n) {
        const char *other = replacement(text + i, len - i, &n);
        if (other) {
            append(html, text + from, i - from);
            append(html, other, strlen(other));
            from = i + n;
        }
    }
    append(html, text + from, len - from);
}

void html_text(Html *html, const char *text, size_t len) {
    while (len > 0) {
        size_t n = utf8_valid_len(text, len);
        put_valid(html, text, n);
        if (n < len) {
            append(html, "\xef\xbf\xbd", 3);
            n++;
        }
        text += n;
        len -= n;
    }
}

void html_str(Html *html, const char *text) {
    html_text(html, text, text ? strlen(text) : 0);
}

void html_finish(Html *html) {
    buffer_finish(&html->text);
    *html = (Html){0};
}
