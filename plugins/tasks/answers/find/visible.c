/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

// What chat templates end a turn with, or begin the next one.
static const char *const turn_ends[] = {
    "<|im_end|>",
    "<|im_start|>",
    "<|eot_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "</s>",
    "<end_of_turn>",
    "<start_of_turn>",
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>", // DeepSeek's
};

static const char *const thoughts[] = {"think>", "thinking>", "thought>", "reasoning>"};

typedef struct Tag {
    uint64_t begin, end;
    size_t thought; // which of the thoughts
    bool closes;
} Tag;

// The position of the next '<', or the end.
static uint64_t next_angle(EmendStr text, uint64_t at) {
    const char *angle = at < text.len ? memchr(text.ptr + at, '<', text.len - at) : NULL;
    return angle ? (uint64_t)(angle - text.ptr) : text.len;
}

static uint64_t turn_length(EmendStr text) {
    for (uint64_t at = next_angle(text, 0); at < text.len; at = next_angle(text, at + 1)) {
        for (size_t i = 0; i < sizeof turn_ends / sizeof turn_ends[0]; i++) {
            if (text_has(text, at, turn_ends[i])) {
                return at;
            }
        }
    }
    return text.len;
}

static bool tag_at(EmendStr text, uint64_t at, Tag *tag) {
    bool closes = text_has(text, at, "</");
    uint64_t name = at + (closes ? 2 : 1);
    for (size_t i = 0; i < sizeof thoughts / sizeof thoughts[0]; i++) {
        if (text_has(text, name, thoughts[i])) {
            *tag = (Tag){at, name + strlen(thoughts[i]), i, closes};
            return true;
        }
    }
    return false;
}

static bool next_tag(EmendStr text, uint64_t at, Tag *tag) {
    for (at = next_angle(text, at); at < text.len; at = next_angle(text, at + 1)) {
        if (tag_at(text, at, tag)) {
            return true;
        }
    }
    return false;
}

// Where the thought ends that a tag opens: the end of the text where it is never closed.
static uint64_t thought_end(EmendStr text, const Tag *open) {
    Tag tag = *open;
    while (next_tag(text, tag.end, &tag)) {
        if (tag.closes && tag.thought == open->thought) {
            return tag.end;
        }
    }
    return text.len;
}

// A tag that closes what nothing opened ends a thought that the prompt had begun.
void visible_begin(EmendStr response, Visible *visible) {
    *visible = (Visible){{response.ptr, turn_length(response)}, 0};
    Tag tag = {0};
    while (next_tag(visible->text, tag.end, &tag)) {
        if (tag.closes) {
            visible->at = tag.end;
        } else {
            tag.end = thought_end(visible->text, &tag);
        }
    }
}

bool visible_next(Visible *visible, EmendStr *part) {
    Tag tag = {0};
    uint64_t begin = visible->at;
    if (begin >= visible->text.len) {
        return false;
    }
    if (next_tag(visible->text, begin, &tag)) {
        *part = text_slice(visible->text, begin, tag.begin);
        visible->at = thought_end(visible->text, &tag);
    } else {
        *part = text_from(visible->text, begin);
        visible->at = visible->text.len;
    }
    return true;
}
