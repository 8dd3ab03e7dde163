/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H
/* HTML as it is written. What came from outside goes through html_text, which leaves it no meaning;
 * html_print is for our own words and numbers. */
#include "train/buffer.h"

/* Zero-initialise. Memory that runs out is remembered, and the rest is not written. */
typedef struct Html {
    Buffer text;
    EmendStatus status;
} Html;

void html_print(Html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text of any bytes: <, >, &, quotes are escaped; what is not UTF-8, control characters other than
 * tab and newline, and characters that turn the direction of writing become U+FFFD. Fits between
 * tags and in quoted attributes. */
void html_text(Html *html, const char *text, size_t len);
/* The same of a string; NULL is empty. */
void html_str(Html *html, const char *text);
void html_finish(Html *html);

#endif
