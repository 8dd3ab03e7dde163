/* SPDX-License-Identifier: Apache-2.0 */
#include "python.h"

#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f' || c == '\r';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static EmendStr skip_blanks(EmendStr text) {
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text = str_skip(text, 1);
    }
    return text;
}

// The name that a text begins with; empty where it begins with none.
static EmendStr leading_name(EmendStr text) {
    uint64_t n = 0;
    while (n < text.len && (is_letter(text.ptr[n]) || (n > 0 && is_digit(text.ptr[n])))) {
        n++;
    }
    return str_head(text, n);
}

/* ---- strings -------------------------------------------------------------------------------- */

// What strings and brackets a text is in, character by character.
typedef struct Scan {
    uint32_t depth;
    char quote;
    bool is_triple;
} Scan;

static bool is_triple_at(EmendStr text, uint64_t at, char quote) {
    return at + 2 < text.len && text.ptr[at + 1] == quote && text.ptr[at + 2] == quote;
}

// Goes over one character, or the quotes that open or close a string; gives how many bytes.
static uint64_t step_in_string(Scan *scan, EmendStr text, uint64_t at) {
    char c = text.ptr[at];
    if (c == '\\' && at + 1 < text.len) {
        return 2;
    }
    if (c == '\n' && !scan->is_triple) {
        scan->quote = '\0'; // never closed
    } else if (c == scan->quote && (!scan->is_triple || is_triple_at(text, at, c))) {
        scan->quote = '\0';
        return scan->is_triple ? 3 : 1;
    }
    return 1;
}

static uint64_t step(Scan *scan, EmendStr text, uint64_t at) {
    char c = text.ptr[at];
    if (scan->quote) {
        return step_in_string(scan, text, at);
    }
    switch (c) {
    case '"':
    case '\'':
        scan->quote = c;
        scan->is_triple = is_triple_at(text, at, c);
        return scan->is_triple ? 3 : 1;
    case '(':
    case '[':
    case '{':
        scan->depth++;
        return 1;
    case ')':
    case ']':
    case '}':
        scan->depth -= scan->depth > 0;
        return 1;
    case '#': {
        const char *stop = memchr(text.ptr + at, '\n', text.len - at);
        return stop ? (uint64_t)(stop - text.ptr) - at : text.len - at;
    }
    default:
        return 1;
    }
}

/* ---- lines ---------------------------------------------------------------------------------- */

bool py_line(PyLines *lines, PyLine *line) {
    EmendStr text;
    if (!str_line(&lines->rest, &text)) {
        return false;
    }
    Scan scan = {lines->depth, lines->quote, lines->is_triple};
    EmendStr code = skip_blanks(text);
    *line = (PyLine){.text = text,
                     .indent = text.len - code.len,
                     .is_inside = scan.depth > 0 || scan.quote || lines->is_continued};
    line->is_blank = !line->is_inside && (code.len == 0 || code.ptr[0] == '#');
    char last = '\0'; // of the code, strings and comments left out
    for (uint64_t at = 0; at < text.len;) {
        bool is_code = !scan.quote && text.ptr[at] != '#' && !is_blank(text.ptr[at]);
        last = is_code || scan.quote ? text.ptr[at] : last;
        at += step(&scan, text, at);
    }
    lines->is_continued = !scan.quote && last == '\\';
    // A string in single quotes goes on behind a backslash alone; one left open has ended.
    bool goes_on = scan.is_triple || (text.len > 0 && text.ptr[text.len - 1] == '\\');
    lines->quote = scan.quote && goes_on ? scan.quote : '\0';
    lines->is_triple = scan.is_triple;
    lines->depth = scan.depth;
    line->opens_block = last == ':' && !scan.quote && scan.depth == 0;
    return true;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_string_prefix(EmendStr name) {
    return name.len <= 2 && strspn(name.ptr, "rRbBuUfF") >= name.len;
}

bool py_name(EmendStr *rest, PyName *name) {
    Scan scan = {0};
    bool is_attribute = false;
    for (uint64_t at = 0; at < rest->len;) {
        char c = rest->ptr[at];
        EmendStr word = scan.quote ? (EmendStr){"", 0} : leading_name(str_skip(*rest, at));
        EmendStr behind = str_skip(*rest, at + word.len);
        char next = behind.len > 0 ? behind.ptr[0] : '\0';
        if (word.len > 0 && !((next == '"' || next == '\'') && is_string_prefix(word))) {
            EmendStr after = skip_blanks(behind);
            *name = (PyName){.text = word,
                             .is_attribute = is_attribute,
                             .is_called = after.len > 0 && after.ptr[0] == '(',
                             .is_owner = after.len > 0 && after.ptr[0] == '.'};
            *rest = behind;
            return true;
        }
        // A number takes the letters in it along, as in 1e5 and 0x1F.
        if (!scan.quote && is_digit(c)) {
            while (at < rest->len && (is_digit(rest->ptr[at]) || is_letter(rest->ptr[at]))) {
                at++;
            }
            is_attribute = false;
            continue;
        }
        is_attribute = !scan.quote && (c == '.' || (is_attribute && is_blank(c)));
        at += word.len > 0 ? word.len : step(&scan, *rest, at);
    }
    *rest = str_skip(*rest, rest->len);
    return false;
}

static bool is_one_of(EmendStr name, const char *const *words) {
    for (; *words; words++) {
        if (str_is(name, *words)) {
            return true;
        }
    }
    return false;
}

bool py_is_keyword(EmendStr name) {
    static const char *const words[] = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",    NULL};
    return is_one_of(name, words);
}

bool py_is_builtin(EmendStr name) {
    static const char *const words[] = {"abs",
                                        "aiter",
                                        "all",
                                        "anext",
                                        "any",
                                        "ascii",
                                        "bin",
                                        "bool",
                                        "breakpoint",
                                        "bytearray",
                                        "bytes",
                                        "callable",
                                        "chr",
                                        "classmethod",
                                        "compile",
                                        "complex",
                                        "delattr",
                                        "dict",
                                        "dir",
                                        "divmod",
                                        "enumerate",
                                        "eval",
                                        "exec",
                                        "filter",
                                        "float",
                                        "format",
                                        "frozenset",
                                        "getattr",
                                        "globals",
                                        "hasattr",
                                        "hash",
                                        "help",
                                        "hex",
                                        "id",
                                        "input",
                                        "int",
                                        "isinstance",
                                        "issubclass",
                                        "iter",
                                        "len",
                                        "list",
                                        "locals",
                                        "map",
                                        "max",
                                        "memoryview",
                                        "min",
                                        "next",
                                        "object",
                                        "oct",
                                        "open",
                                        "ord",
                                        "pow",
                                        "print",
                                        "property",
                                        "range",
                                        "repr",
                                        "reversed",
                                        "round",
                                        "set",
                                        "setattr",
                                        "slice",
                                        "sorted",
                                        "staticmethod",
                                        "str",
                                        "sum",
                                        "super",
                                        "tuple",
                                        "type",
                                        "vars",
                                        "zip",
                                        "__import__",
                                        "Exception",
                                        "ValueError",
                                        "TypeError",
                                        "KeyError",
                                        "IndexError",
                                        "ZeroDivisionError",
                                        "ArithmeticError",
                                        "AssertionError",
                                        "AttributeError",
                                        "BaseException",
                                        "LookupError",
                                        "NotImplementedError",
                                        "OverflowError",
                                        "RuntimeError",
                                        "StopIteration",
                                        "NotImplemented",
                                        "Ellipsis",
                                        NULL};
    return is_one_of(name, words);
}

bool py_is_module(EmendStr name) {
    static const char *const words[] = {
        "array",   "bisect",    "cmath",     "collections", "copy",       "datetime",
        "decimal", "fractions", "functools", "heapq",       "itertools",  "json",
        "math",    "operator",  "random",    "re",          "statistics", "string",
        "sys",     "time",      "typing",    NULL};
    return is_one_of(name, words);
}

/* ---- definitions ---------------------------------------------------------------------------- */

// Takes a word and the white space behind it off a text.
static bool take_word(EmendStr *text, const char *word) {
    EmendStr name = leading_name(*text);
    if (!str_is(name, word) || name.len == text->len || !is_blank(text->ptr[name.len])) {
        return false;
    }
    *text = skip_blanks(str_skip(*text, name.len));
    return true;
}

// Takes a name and what is blank behind it off a text.
static EmendStr take_name(EmendStr *text) {
    EmendStr name = leading_name(*text);
    *text = skip_blanks(str_skip(*text, name.len));
    return name;
}

static bool begins_with(EmendStr text, const char *characters) {
    return text.len > 0 && text.ptr[0] && strchr(characters, text.ptr[0]);
}

static bool is_assignment(EmendStr behind_target) {
    return begins_with(behind_target, "=") && !str_starts(behind_target, "==");
}

// The name that a line begins to define by def or class; empty where it does not.
static EmendStr defined_by_statement(EmendStr line) {
    EmendStr name;
    take_word(&line, "async");
    if (take_word(&line, "def")) {
        name = take_name(&line);
        return begins_with(line, "([") ? name : str_head(name, 0);
    }
    if (take_word(&line, "class")) {
        name = take_name(&line);
        return begins_with(line, "([:") ? name : str_head(name, 0);
    }
    return str_head(line, 0);
}

bool py_line_defines(EmendStr line, EmendStr name) {
    EmendStr defined = defined_by_statement(line);
    if (defined.len > 0) {
        return str_equal(defined, name);
    }
    EmendStr target = take_name(&line);
    bool is_target = target.len > 0 && str_equal(target, name);
    return is_target &&
           (is_assignment(line) || (begins_with(line, ":") && str_find(line, "=", 0) < line.len));
}

bool py_defines(EmendStr code, EmendStr name) {
    PyLines lines = {.rest = code};
    PyLine line;
    while (py_line(&lines, &line)) {
        if (!line.is_inside && line.indent == 0 && py_line_defines(line.text, name)) {
            return true;
        }
    }
    return false;
}

/* ---- code or prose -------------------------------------------------------------------------- */

static EmendStr take_dotted(EmendStr *text) {
    uint64_t n = 0;
    while (n < text->len &&
           (is_letter(text->ptr[n]) || is_digit(text->ptr[n]) || text->ptr[n] == '.')) {
        n++;
    }
    EmendStr dotted = str_head(*text, n);
    *text = skip_blanks(str_skip(*text, n));
    return dotted;
}

static bool is_import(EmendStr line) {
    if (take_word(&line, "from")) {
        return take_dotted(&line).len > 0 && take_word(&line, "import") && line.len > 0;
    }
    return take_word(&line, "import") && take_dotted(&line).len > 0 &&
           (line.len == 0 || begins_with(line, ",;#") || take_word(&line, "as"));
}

// "x = 1", "x: int = 1", "x, y = 1, 2", "x[0] += 1", "f(x)", "f.g(x)"
static bool is_simple_statement(EmendStr line) {
    EmendStr name = leading_name(line);
    EmendStr rest = str_skip(line, name.len);
    if (name.len == 0 || (py_is_keyword(name) && !str_is(name, "None"))) {
        return false;
    }
    while (begins_with(rest, ".")) { // an attribute
        EmendStr attribute = leading_name(str_skip(rest, 1));
        if (attribute.len == 0) {
            return false;
        }
        rest = str_skip(rest, 1 + attribute.len);
    }
    if (begins_with(rest, "([")) {
        return true;
    }
    rest = skip_blanks(rest);
    static const char *const operators[] = {
        "+=", "-=", "*=", "/=", "%=", "//=", "**=", "|=", "&=", "^=", NULL};
    for (const char *const *op = operators; *op; op++) {
        if (str_starts(rest, *op)) {
            return true;
        }
    }
    return is_assignment(rest) || (begins_with(rest, ":,") && str_find(rest, " = ", 0) < rest.len);
}

static bool is_decorator(EmendStr line) {
    return begins_with(line, "@") && leading_name(str_skip(line, 1)).len > 0;
}

bool py_begins_program(EmendStr line) {
    return is_import(line) || defined_by_statement(line).len > 0 || is_decorator(line) ||
           (is_simple_statement(line) && str_find(line, "=", 0) < line.len);
}

bool py_is_code(EmendStr line) {
    static const char *const compound[] = {"if",   "for",  "while",  "try",     "with",
                                           "else", "elif", "except", "finally", NULL};
    static const char *const simple[] = {"return", "raise", "assert", "pass",  "del",
                                         "global", "yield", "break",  "await", NULL};
    EmendStr word = leading_name(line);
    if (is_one_of(word, compound)) {
        PyLines lines = {.rest = line};
        PyLine read;
        bool is_colon_there = str_find(line, ": ", 0) < line.len; // `if x: return y`
        return py_line(&lines, &read) && (read.opens_block || is_colon_there || lines.depth > 0);
    }
    return is_one_of(word, simple) || begins_with(line, "#)]}\"'") || py_begins_program(line) ||
           is_simple_statement(line);
}
