/* SPDX-License-Identifier: Apache-2.0 */
/* What a tokenizer promises. */
#include "check/suites.h"
#include "check/tokenizer/tests.h"
#include "emend/tokenizer.h"

static const KitTest tests[] = {
    {"tokenizer.round_trip", "text that is encoded decodes to the same bytes", KIT_BEHAVIOUR, 0,
     tokenizer_test_round_trip},
    {"tokenizer.long_text", "a mebibyte of text is encoded and decoded", KIT_BEHAVIOUR, 60,
     tokenizer_test_long_text},
    {"tokenizer.broken_text", "bytes that are not UTF-8 are refused, or come out as UTF-8",
     KIT_BEHAVIOUR, 0, tokenizer_test_broken_text},
    {"tokenizer.ids", "every id is below vocab_size", KIT_BEHAVIOUR, 0, tokenizer_test_ids},
    {"tokenizer.short_buffers", "a short buffer gets what fits, and n the whole count",
     KIT_BEHAVIOUR, 0, tokenizer_test_short_buffers},
    {"tokenizer.out_of_range", "an id outside the vocabulary is OUT_OF_RANGE", KIT_BEHAVIOUR, 0,
     tokenizer_test_out_of_range},
    {"tokenizer.random_ids", "whatever a policy samples decodes to UTF-8", KIT_BEHAVIOUR, 0,
     tokenizer_test_random_ids},
    {"tokenizer.specials", "special tokens come of text with EMEND_ENCODE_SPECIAL alone",
     KIT_BEHAVIOUR, 60, tokenizer_test_specials},
    {"tokenizer.bad_folders", "folders that are not there are failures in words", KIT_BEHAVIOUR, 0,
     tokenizer_test_bad_folders},
    {"tokenizer.deterministic", "the same text has the same ids, in any instance", KIT_STATE, 0,
     tokenizer_test_deterministic},
    {"tokenizer.save", "what is saved and loaded encodes alike", KIT_STATE, 0, tokenizer_test_save},
};

const KitSuite suite_tokenizer = {EMEND_KIND_TOKENIZER, tests, sizeof tests / sizeof *tests};
