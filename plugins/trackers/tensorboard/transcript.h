/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H
/* An episode as TensorBoard's text dashboard shows it: Markdown, with all that a model or a data
 * set wrote in code blocks, where it means nothing. */
#include "emend/status.h"
#include <jansson.h>

/* The text of a "transcript" event's data; malloc'd, NULL when memory is gone. */
char *transcript_markdown(const json_t *data, size_t *len);

#endif
