/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"
#include "fences.h"
#include "python.h"

#include <string.h>

/* ---- what is around the answer -------------------------------------------------------------- */

// How long the special token is that a text begins with; 0 where it begins with none.
static uint64_t special_token_len(EmendStr text) {
    static const char *const plain[] = {"</s>",       "<eos>",   "<end_of_turn>",
                                        "<file_sep>", "<|EOT|>", "<fim_pad>"};
    static const char *const bars[] = {"|", "\xEF\xBD\x9C"}; // DeepSeek's are full-width
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (str_starts(text, plain[i])) {
            return strlen(plain[i]);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        uint64_t n = strlen(bars[i]), at = 1 + n;
        if (!str_starts(text, "<") || !str_starts(str_skip(text, 1), bars[i])) {
            continue;
        }
        // Letters, digits, _, and bytes above ASCII, but no bar.
        while (at < text.len && (text.ptr[at] == '_' || ((unsigned)text.ptr[at] | 32u) - 'a' < 26 ||
                                 (unsigned)text.ptr[at] - '0' < 10 ||
                                 ((unsigned char)text.ptr[at] >= 0x80 &&
                                  !str_starts(str_skip(text, at), bars[i])))) {
            at++;
        }
        EmendStr end = str_skip(text, at);
        if (at > 1 + n && str_starts(end, bars[i]) && str_starts(str_skip(end, n), ">")) {
            return at + n + 1;
        }
    }
    return 0;
}

static EmendStr cut_special_tokens(EmendStr text) {
    bool is_code_before = false;
    for (uint64_t at = 0; at < text.len; at++) {
        uint64_t n = text.ptr[at] == '<' ? special_token_len(str_skip(text, at)) : 0;
        if (n > 0 && is_code_before) {
            return str_head(text, at);
        }
        if (n > 0) {
            text = str_skip(text, at + n);
            at = (uint64_t)-1; // from its beginning again
            continue;
        }
        is_code_before = is_code_before || !strchr(" \t\r\n", text.ptr[at]);
    }
    return text;
}

static EmendStr skip_thoughts(EmendStr text) {
    static const char mark[] = "</think>";
    uint64_t at = str_find(text, mark, 0);
    while (at < text.len) {
        text = str_skip(text, at + sizeof mark - 1);
        at = str_find(text, mark, 0);
    }
    return text;
}

// Drops one newline at the beginning.
static EmendStr skip_newline(EmendStr text) {
    return str_starts(text, "\n") ? str_skip(text, 1) : text;
}

// What stands between the marks of the MBPP prompt; *is_marked tells whether there are any.
static EmendStr between_marks(EmendStr text, bool *is_marked) {
    static const char begin[] = "[BEGIN]", done[] = "[DONE]";
    uint64_t at = str_find(text, begin, 0), end = str_find(text, done, 0);
    *is_marked = at < text.len || end < text.len;
    if (at < end) {
        text = skip_newline(str_skip(text, at + sizeof begin - 1));
        end = str_find(text, done, 0);
        uint64_t again = str_find(text, begin, 0);
        end = again < end ? again : end;
    }
    return str_head(text, end);
}

/* ---- fences --------------------------------------------------------------------------------- */

static bool defines_any(EmendStr code, const ExtractRules *rules) {
    for (uint64_t i = 0; i < rules->n_names; i++) {
        if (py_defines(code, rules->names[i])) {
            return true;
        }
    }
    return false;
}

static bool first_line(EmendStr text, EmendStr *line) {
    while (str_line(&text, line)) {
        if (str_trim(*line).len > 0) {
            return true;
        }
    }
    return false;
}

static bool begins_indented(EmendStr text) {
    EmendStr line;
    return first_line(text, &line) && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

// Adds a block's lines, without the white space that its fence has in front.
static EmendStatus add_block(const Block *block, Text *out, EmendError *err) {
    EmendStr rest = block->code, line;
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && str_line(&rest, &line)) {
        uint64_t n = 0;
        while (n < block->indent && n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t')) {
            n++;
        }
        status = text_add(out, str_skip(line, n), err);
        status = status == EMEND_OK ? text_add_c(out, "\n", err) : status;
    }
    return status;
}

// The names are looked for in what the block means, which is what it says without its fence's
// indentation.
static EmendStatus block_defines(const Block *block, const ExtractRules *rules,
                                 const EmendHost *host, bool *defines, EmendError *err) {
    if (block->indent == 0) {
        *defines = defines_any(block->code, rules);
        return EMEND_OK;
    }
    Text code = {.host = host};
    EmendStatus status = add_block(block, &code, err);
    *defines = status == EMEND_OK && defines_any(text_str(&code), rules);
    text_finish(&code);
    return status;
}

// Whether a block is to be preferred to the best of those before it.
static bool is_better(const Block *block, bool defines, const Block *best, bool best_defines,
                      bool is_body_asked) {
    if (str_trim(block->code).len == 0) {
        return false;
    }
    if (!best->code.ptr || defines != best_defines) {
        return !best->code.ptr || defines;
    }
    if (defines) {
        return true;
    }
    if (block->sort != best->sort) {
        return block->sort > best->sort;
    }
    return is_body_asked && begins_indented(block->code) && block->indent == 0;
}

static EmendStatus choose_block(EmendStr text, const ExtractRules *rules, const EmendHost *host,
                                Block *best, bool *best_defines, EmendError *err) {
    Block block;
    *best = (Block){.sort = FENCE_OTHER};
    *best_defines = false;
    while (fence_block(&text, &block)) {
        bool defines = false;
        EmendStatus status = block_defines(&block, rules, host, &defines, err);
        if (status != EMEND_OK) {
            return status;
        }
        if (is_better(&block, defines, best, *best_defines, rules->is_body_asked)) {
            *best = block;
            *best_defines = defines;
        }
    }
    return EMEND_OK;
}

/* ---- code without fences -------------------------------------------------------------------- */

// The lines from the first that reads as the beginning of a program to the first that reads as
// prose; empty where there is none.
static EmendStr code_lines(EmendStr text) {
    EmendStr rest = text, line = {"", 0};
    uint64_t at = text.len;
    while (at == text.len && str_line(&rest, &line)) {
        at = py_begins_program(line) ? (uint64_t)(line.ptr - text.ptr) : at;
    }
    text = str_skip(text, at);
    PyLines lines = {.rest = text};
    PyLine read;
    while (py_line(&lines, &read)) {
        if (!read.is_inside && !read.is_blank && read.indent == 0 && !py_is_code(read.text)) {
            return str_head(text, (uint64_t)(read.text.ptr - text.ptr));
        }
    }
    return text;
}

static bool is_body_stop(EmendStr line) {
    return str_starts(line, "class") || str_starts(line, "def") || str_starts(line, "#") ||
           str_starts(line, "if") || str_starts(line, "print") || str_starts(line, "```");
}

// Whether the lines of a body are indented, where the first, having lost its own indentation, does
// not tell.
static bool is_rest_indented(const PyLine *first, const PyLine *second) {
    return second->indent > 0 && (!first->opens_block || second->indent >= 8);
}

// The lines of a function's body that a text goes on with. One that is indented ends at the margin;
// of one that is not, a line at the margin may be the next.
static EmendStr body_lines(EmendStr text) {
    PyLines lines = {.rest = text};
    PyLine line, first = {.indent = 0};
    uint64_t n_lines = 0;
    bool is_indented = false;
    while (py_line(&lines, &line)) {
        if (line.text.len == line.indent) {
            continue; // nothing in it
        }
        if (n_lines > 0 && line.indent == 0) {
            bool is_stop =
                is_body_stop(line.text) && (is_indented || !str_starts(line.text, "if") ||
                                            str_starts(line.text, "if __name__"));
            if (is_stop || (is_indented && !line.is_inside)) {
                return str_head(text, (uint64_t)(line.text.ptr - text.ptr));
            }
        }
        is_indented = is_indented || (n_lines == 0 && line.indent > 0) ||
                      (n_lines == 1 && is_rest_indented(&first, &line));
        first = n_lines == 0 ? line : first;
        n_lines++;
    }
    return text;
}

// Whether the text in front of the first fence is code that the prompt's own fence opened.
static bool is_opened_before(EmendStr text, uint64_t fence, const ExtractRules *rules) {
    EmendStr before = str_head(text, fence), line;
    if (fence == text.len || !first_line(before, &line)) {
        return false;
    }
    if (rules->is_body_asked && begins_indented(before)) {
        return true;
    }
    return !fence_is_named(str_skip(text, fence)) && py_begins_program(line);
}

// Whether a text begins in the middle of a function: indented, or with a statement that no program
// begins with.
static bool begins_in_body(EmendStr text) {
    EmendStr line;
    return begins_indented(text) ||
           (first_line(text, &line) && str_starts(line, "return") && py_is_code(line));
}

static EmendStr plain_code(EmendStr text, const ExtractRules *rules) {
    if (rules->is_body_asked && begins_in_body(text)) {
        return body_lines(text);
    }
    EmendStr code = code_lines(text);
    if (defines_any(code, rules)) {
        return code;
    }
    if (rules->is_body_asked) {
        return body_lines(text);
    }
    return code.len > 0 ? code : text;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static EmendStatus add_code(EmendStr text, const ExtractRules *rules, Text *out, EmendError *err) {
    bool is_marked = false, defines = false;
    Block block;
    text = between_marks(cut_special_tokens(skip_thoughts(text)), &is_marked);
    uint64_t fence = fence_find(text);
    if (is_opened_before(text, fence, rules)) {
        text = str_head(text, fence);
        return text_add(out, plain_code(text, rules), err);
    }
    EmendStatus status = choose_block(text, rules, out->host, &block, &defines, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (block.code.ptr && !defines && defines_any(code_lines(str_head(text, fence)), rules)) {
        return text_add(out, code_lines(str_head(text, fence)), err);
    }
    if (block.code.ptr) {
        return add_block(&block, out, err);
    }
    if (fence < text.len) {
        return EMEND_OK; // nothing is in its blocks
    }
    bool is_all = is_marked && !rules->is_body_asked;
    return text_add(out, is_all ? text : plain_code(text, rules), err);
}

EmendStatus extract_code(EmendStr response, const ExtractRules *rules, Text *out, EmendError *err) {
    Text text = {.host = out->host};
    EmendStatus status = text_reserve(&text, response.len + 1, err);
    for (uint64_t i = 0; status == EMEND_OK && i < response.len; i++) {
        bool is_crlf =
            response.ptr[i] == '\r' && i + 1 < response.len && response.ptr[i + 1] == '\n';
        if (!is_crlf) {
            text.bytes[text.len++] = response.ptr[i];
        }
    }
    uint64_t n_before = out->len;
    if (status == EMEND_OK) {
        status = add_code(text_str(&text), rules, out, err);
    }
    EmendStr added = {out->bytes + n_before, out->len - n_before};
    if (status == EMEND_OK && added.len > 0 && str_trim(added).len == 0) {
        out->len = n_before;
    }
    text_finish(&text);
    return status;
}

bool extract_is_needed(EmendStr completion) {
    bool is_marked = false;
    between_marks(completion, &is_marked);
    return is_marked || (fence_find(completion) < completion.len && !begins_indented(completion));
}
