/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through what counts of a response once and keeps the last mark, of those outside blocks of
 * code and of those inside apart; only that one is then read. */
#include "find/find.h"

typedef struct Mark {
    uint32_t kind;        // ANSWER_IN_*; 0: there is none
    EmendStr rest;        // what follows it, to the end of its part
    EmendStr list;        // a box: from the first box of its list on
    const char *list_end; // where the last box of the list ends; NULL: the list does not go on
} Mark;

typedef struct Fence {
    char sign; // ` or ~; NUL: outside
    uint64_t length;
} Fence;

typedef struct Scan {
    uint32_t accept;
    Mark outside, fenced;
    EmendStr last; // the last part that is not blank
    bool ends_in_code;
} Scan;

// The part of the response that is being read.
typedef struct Part {
    EmendStr text;
    uint64_t box_end; // marks before it are in a box, and none
    bool has_open_box;
} Part;

// $-\boxed{5}$, $2^\boxed{5}$: a box around a part of the mathematics it stands in holds no answer.
static bool is_cut_out(EmendStr text, uint64_t at, uint64_t after) {
    EmendStr content = {NULL, 0};
    uint64_t end = 0;
    bool is_signed = at > 0 && strchr("-+*/<>^_", text.ptr[at - 1]) && text.ptr[at - 1] != '\0' &&
                     at > 1 && text.ptr[at - 2] != '\n' && text.ptr[at - 2] != text.ptr[at - 1];
    if (is_signed) {
        return true;
    }
    char next = text_char(text, after) == '{' && text.len - after < 256 &&
                        box_read(text, after, &content, &end)
                    ? text_char(text, end)
                    : '\0';
    return next == '^' && !text_has(text, end + 1, "\\circ") && !text_has(text, end + 1, "{\\circ");
}

static void note_box(Part *part, Mark *mark, uint64_t at, uint64_t after) {
    EmendStr content = {NULL, 0};
    uint64_t end = after;
    const char *begin = part->text.ptr + at;
    const char *list_end = mark->kind == ANSWER_IN_BOX ? mark->list_end : NULL;
    bool is_nested = at < part->box_end;
    bool has_braces = text_char(part->text, text_skip_space(part->text, after)) == '{';

    if (is_cut_out(part->text, at, after)) {
        return;
    }
    mark->kind = ANSWER_IN_BOX;
    mark->rest = text_from(part->text, after);
    mark->list_end = NULL;
    // The search for an end that is not there is made once, so that time stays linear.
    bool is_closed = has_braces && !is_nested && !part->has_open_box &&
                     box_read(part->text, after, &content, &end);
    if (!is_closed) {
        mark->list = text_from(part->text, at);
        part->has_open_box = part->has_open_box || (has_braces && !is_nested);
        return;
    }
    if (!list_end || !separators_only((EmendStr){list_end, (uint64_t)(begin - list_end)})) {
        mark->list = text_from(part->text, at);
    }
    mark->list_end = part->text.ptr + end;
    part->box_end = end;
}

// Appends a box to the list, with ", " between; one that repeats the last adds nothing. False where
// the room does not suffice.
static bool append(FoundAnswer *found, EmendStr content, EmendStr last) {
    bool is_repeated = content.len == last.len && memcmp(content.ptr, last.ptr, content.len) == 0;
    uint64_t n = found->text.len;
    if (is_repeated) {
        return true;
    }
    if (n + 2 + content.len > sizeof found->joined) {
        return false;
    }
    if (n > 0) {
        memcpy(found->joined + n, ", ", 2);
        n += 2;
    }
    memcpy(found->joined + n, content.ptr, content.len);
    found->text.len = n + content.len;
    return true;
}

// Joins the boxes of a list up to the one that holds `last`; empty ones are none. False where the
// room does not suffice.
static bool join_boxes(EmendStr list, EmendStr last, FoundAnswer *found) {
    EmendStr content = {NULL, 0}, before = {"", 0};
    uint64_t after = 0, end = 0;
    found->text = (EmendStr){found->joined, 0};
    for (uint64_t at = 0; at < list.len && content.ptr != last.ptr; at = end > at ? end : at + 1) {
        if (!box_begins(list, at, &after)) {
            continue;
        }
        if (!box_read(list, after, &content, &end) || answer_strip(content).len == 0) {
            continue;
        }
        if (!append(found, answer_strip(content), before)) {
            return false;
        }
        before = answer_strip(content);
    }
    return found->text.len > 0;
}

static bool read_box(const Mark *mark, FoundAnswer *found) {
    EmendStr content = {NULL, 0};
    uint64_t end = 0;
    if (!box_read(mark->rest, 0, &content, &end) || answer_strip(content).len == 0) {
        return false;
    }
    uint64_t first = 0;
    bool is_list = mark->list_end && box_begins(mark->list, 0, &first) &&
                   mark->list.ptr + first != mark->rest.ptr;
    if (!is_list) {
        found->text = answer_strip(content);
    } else if (!join_boxes(mark->list, content, found)) {
        // A list that does not fit is told as it stands, boxes and all.
        const char *list_end = content.ptr + content.len;
        found->text = (EmendStr){mark->list.ptr, (uint64_t)(list_end - mark->list.ptr) + 1};
    }
    return true;
}

// "#### 42", but not a heading of words.
static bool is_hashes(EmendStr line) {
    return text_has(line, 0, "####") && text_char(line, 4) != '#' &&
           !is_letter(text_char(line, text_skip_space(line, 4)));
}

static void note(const Part *part, Mark *mark, uint32_t kind, uint64_t after) {
    if (after > part->box_end) {
        *mark = (Mark){.kind = kind, .rest = text_from(part->text, after)};
    }
}

static bool is_question(EmendStr text, uint64_t at) {
    while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '?' &&
           !(text.ptr[at] == '.' && is_space(text_char(text, at + 1)))) {
        at++;
    }
    return text_char(text, at) == '?';
}

// Behind a box, words are about the answer ("the answer is positive, because ..") and mathematics
// is another one.
static bool is_about_box(EmendStr text, uint64_t after) {
    uint64_t begin = after;
    while (begin < text.len &&
           (is_emphasis(text.ptr[begin]) || text.ptr[begin] == ':' || is_space(text.ptr[begin]))) {
        begin++;
    }
    uint64_t second = begin + 1 + is_space(text_char(text, begin + 1));
    bool is_words = is_letter(text_char(text, begin)) && is_letter(text_char(text, second));
    return is_words || is_question(text, begin);
}

static void note_phrase(const Part *part, Mark *mark, uint64_t after) {
    bool has_box = mark->kind == ANSWER_IN_BOX && mark->list_end;
    if (!(has_box && is_about_box(part->text, after)) &&
        !phrase_is_remark(text_from(part->text, after))) {
        note(part, mark, ANSWER_IN_PHRASE, after);
    }
}

static void scan_line(const Scan *scan, Part *part, Mark *mark, uint64_t begin, uint64_t end) {
    EmendStr line = text_slice(part->text, begin, end);
    uint64_t label = (scan->accept & ANSWER_IN_PHRASE) ? label_end(line) : 0, after = 0;
    if ((scan->accept & ANSWER_BEHIND_HASHES) && is_hashes(line)) {
        note(part, mark, ANSWER_BEHIND_HASHES, begin + 4);
    }
    if (label > 0) {
        note(part, mark, ANSWER_IN_PHRASE, begin + label);
    }
    for (uint64_t at = begin; at < end; at++) {
        char c = part->text.ptr[at];
        if (c == '\\' && (scan->accept & ANSWER_IN_BOX) && box_begins(part->text, at, &after)) {
            note_box(part, mark, at, after);
        } else if (text_lower(c) == 'a' && (scan->accept & ANSWER_IN_PHRASE)) {
            after = at + phrase_length(part->text, at);
            if (after > at) {
                note_phrase(part, mark, after);
            }
        }
    }
}

// Whether a line begins or ends a block of code.
static bool is_fence(Fence *fence, EmendStr line) {
    line = text_trim(line);
    uint64_t n = 0;
    char sign = text_char(line, 0);
    while (n < line.len && (sign == '`' || sign == '~') && line.ptr[n] == sign) {
        n++;
    }
    if (n < 3) {
        return false;
    }
    if (fence->sign == '\0') {
        bool is_inline = sign == '`' && memchr(line.ptr + n, '`', line.len - n);
        *fence = is_inline ? *fence : (Fence){sign, n};
        return !is_inline;
    }
    if (fence->sign != sign || n < fence->length || n < line.len) {
        return false;
    }
    *fence = (Fence){'\0', 0};
    return true;
}

static void scan_part(Scan *scan, EmendStr text) {
    Part part = {.text = text};
    Fence fence = {'\0', 0};
    scan->outside.list_end = scan->fenced.list_end = NULL; // a list does not go past a thought
    if (text_skip_space(text, 0) < text.len) {
        scan->last = text;
    }
    for (uint64_t begin = 0, end = 0; begin < text.len; begin = end + 1) {
        end = text_line_end(text, begin);
        EmendStr line = text_slice(text, begin, end);
        bool is_delimiter = is_fence(&fence, line), is_code = fence.sign != '\0';
        if (!is_delimiter) {
            scan_line(scan, &part, is_code ? &scan->fenced : &scan->outside, begin, end);
        }
        if (text_skip_space(line, 0) < line.len) {
            scan->ends_in_code = is_delimiter || is_code;
        }
    }
}

static bool read_phrase(const Mark *mark, EmendStr *answer) {
    EmendStr sentence = {NULL, 0};
    if (!sentence_read(mark->rest, &sentence)) {
        return false;
    }
    *answer = answer_strip(sentence);
    return true;
}

static bool read_other(const Scan *scan, const Mark *mark, EmendStr *answer) {
    switch (mark->kind) {
    case ANSWER_IN_PHRASE:
        return read_phrase(mark, answer);
    case ANSWER_BEHIND_HASHES:
        *answer = answer_strip(text_slice(mark->rest, 0, text_line_end(mark->rest, 0)));
        return true;
    default:
        return !scan->ends_in_code && trailing_read(scan->last, answer);
    }
}

static bool read_mark(const Scan *scan, const Mark *mark, FoundAnswer *found) {
    EmendStr inside = {NULL, 0};
    if (mark->kind == ANSWER_IN_BOX) {
        return read_box(mark, found);
    }
    if (!read_other(scan, mark, &found->text)) {
        return false;
    }
    // Where boxes are not accepted, an answer in one is still what the box holds.
    if (answer_in_box(found->text, &inside)) {
        found->text = answer_strip(inside);
    }
    return found->text.len > 0;
}

bool answer_find(EmendStr text, uint32_t accept, FoundAnswer *found) {
    Scan scan = {.accept = accept, .last = {"", 0}};
    Visible visible = {0};
    EmendStr part = {NULL, 0};
    found->mark = 0;
    found->text = (EmendStr){NULL, 0};
    visible_begin(text, &visible);
    while (visible_next(&visible, &part)) {
        scan_part(&scan, part);
    }
    Mark mark = scan.outside.kind != 0 ? scan.outside : scan.fenced;
    if (mark.kind == 0) {
        mark.kind = accept & ANSWER_AT_END;
    }
    if (mark.kind == 0 || !read_mark(&scan, &mark, found)) {
        found->text = (EmendStr){NULL, 0};
        return false;
    }
    found->mark = mark.kind;
    return true;
}
