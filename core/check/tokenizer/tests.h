/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_TOKENIZER_TESTS_H
#define CHECK_TOKENIZER_TESTS_H
/* The tests of the tokenizer suite. The table of suite_tokenizer.c says what each one asks for. */
#include "check/kit.h"

/* text.c */
void tokenizer_test_round_trip(Kit *kit);
void tokenizer_test_long_text(Kit *kit);
void tokenizer_test_broken_text(Kit *kit);
/* ids.c */
void tokenizer_test_ids(Kit *kit);
void tokenizer_test_short_buffers(Kit *kit);
void tokenizer_test_out_of_range(Kit *kit);
void tokenizer_test_random_ids(Kit *kit);
/* specials.c */
void tokenizer_test_specials(Kit *kit);
/* files.c */
void tokenizer_test_deterministic(Kit *kit);
void tokenizer_test_save(Kit *kit);
void tokenizer_test_bad_folders(Kit *kit);

#endif
