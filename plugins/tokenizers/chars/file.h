/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHARS_FILE_H
#define CHARS_FILE_H
/* chars.json, the vocabulary in a model folder:
 *
 *     {"format": "emend.chars/1", "mode": "CHARS", "extra_special": [..], "piece": [..],
 *      "alphabet": ".."}
 */
#include "vocab.h"

/* Reads the file in `dir` into *out, the caller's until vocab_finish(). */
EmendStatus file_load(const EmendHost *host, EmendStr dir, Vocab *out, EmendError *err);

/* Writes the file beside the one that is there, and then over it. */
EmendStatus file_save(const Vocab *vocab, EmendStr dir, EmendError *err);

#endif
