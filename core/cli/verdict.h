/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H
/* What a task says of a record, and the line it becomes. */
#include "cli/record.h"
#include "train/buffer.h"
#include <stdbool.h>

/* Of a verdict's texts together. */
#define VERDICT_BYTES_MAX ((size_t)1 << 20)
/* A verdict's word, with its NUL. */
#define VERDICT_WORD_BYTES 32

enum { VERDICT_FIELDS = EMEND_VERDICT_OUTPUT + 1 };

/* Zero-initialise. */
typedef struct Verdict {
    bool is_put[VERDICT_FIELDS];
    Buffer texts[VERDICT_FIELDS];
    size_t n_bytes;
    const char *fault; /* what is wrong with what was put, or NULL */
} Verdict;

/* Takes EMEND_VERDICT_*; fields of a later revision are let be. What is not to
 * be put is refused, and is the fault. */
EmendSink verdict_sink(Verdict *verdict);
/* Gives the word, once the task has put everything; else false, and `fault` says why. */
bool verdict_word(Verdict *verdict, char word[VERDICT_WORD_BYTES]);
void verdict_finish(Verdict *verdict);

/* Appends the line of a verdict, with its newline:
 *
 *     {"id":7,"verdict":"equal","extracted":"4","reason":"both are 4"}
 *
 * In front stand the record's own `id` and `task_id`, as they were written. `extracted` (null where
 * it was not put) and `reason` (empty where it was not) come together where the task put either;
 * `detail` and `output` come where they were put. Broken UTF-8 becomes U+FFFD. */
EmendStatus verdict_write(const Verdict *verdict, const Record *record, Buffer *out);
/* Appends the line of a record that was not graded: `{"verdict":"error","line":3,"reason":".."}`,
 * with id and task_id in front where it could be read. */
EmendStatus verdict_write_error(const Record *record, uint64_t line, const char *reason,
                                Buffer *out);

#endif
