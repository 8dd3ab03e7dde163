/* SPDX-License-Identifier: Apache-2.0 */
#include "kind_main.h"

static const Sound sound[] = {
    {EMEND_PLUGIN_DIR "/emend.tokenizers.chars", "tokenizer.*"},
    {SPOILED_DIR "/tokenizer", "tokenizer.*@sound"},
};

static const Caught defects[] = {
    {"tokenizer.round_trip@ends_at_nul", KIT_BEHAVIOUR, "an embedded NUL of 3 bytes"},
    {"tokenizer.long_text@dies_of_length", KIT_BEHAVIOUR, "encode"},
    {"tokenizer.broken_text@puts_any_bytes", KIT_BEHAVIOUR, "a byte of 0xFF"},
    {"tokenizer.ids@small_vocabulary", KIT_BEHAVIOUR, "every id is below it"},
    {"tokenizer.short_buffers@counts_what_fits", KIT_BEHAVIOUR, "with room for 0 ids n is 0"},
    {"tokenizer.short_buffers@one_id_more", KIT_BEHAVIOUR, "of `ids`, which has"},
    {"tokenizer.out_of_range@takes_any_id", KIT_BEHAVIOUR, "an id outside the vocabulary"},
    {"tokenizer.random_ids@puts_any_bytes", KIT_BEHAVIOUR, "ids drawn at random"},
    {"tokenizer.specials@forges_special", KIT_BEHAVIOUR, "without EMEND_ENCODE_SPECIAL"},
    {"tokenizer.specials@deaf_to_special", KIT_BEHAVIOUR, "it must be the token"},
    {"tokenizer.bad_folders@loads_anything", KIT_BEHAVIOUR, "a folder that is not there"},
    {"tokenizer.deterministic@drifts", KIT_STATE, "the second time"},
    {"tokenizer.save@loads_another", KIT_STATE, "vocab_size is 258, and 257"},
};

KIND_TESTS("check tokenizers", sound, SPOILED_DIR "/tokenizer", defects)
