/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_PYTHON_H
#define CODING_PYTHON_H
/* Python as far as its lines and names go: enough to find programs in prose and names in tests.
 * Nothing here decides whether a program is right, or valid. */
#include "texts.h"

/* A physical line. */
typedef struct PyLine {
    EmendStr text;    /* without its newline */
    uint64_t indent;  /* bytes of white space in front */
    bool is_blank;    /* nothing, or a comment alone */
    bool is_inside;   /* begins in a string, in brackets, or behind a backslash */
    bool opens_block; /* ends with a colon, comments left out */
} PyLine;

/* Reads lines. Initialise with the text: {.rest = text}. */
typedef struct PyLines {
    EmendStr rest;
    uint32_t depth;    /* of brackets */
    char quote;        /* of the string it is in, or '\0' */
    bool is_triple;    /* that string's quotes */
    bool is_continued; /* by a backslash */
} PyLines;

bool py_line(PyLines *lines, PyLine *line);

/* A name outside strings and comments. */
typedef struct PyName {
    EmendStr text;
    bool is_attribute; /* behind a dot */
    bool is_called;    /* in front of a bracket */
    bool is_owner;     /* in front of a dot */
} PyName;

/* Takes the next name, a keyword or not, off a piece of code. */
bool py_name(EmendStr *rest, PyName *name);

bool py_is_keyword(EmendStr name);
bool py_is_builtin(EmendStr name);
/* A module of the standard library that programs of this sort use. */
bool py_is_module(EmendStr name);

/* Whether a line, at the left margin, begins a definition of a name: def, class or assignment. */
bool py_line_defines(EmendStr line, EmendStr name);
/* Whether code defines a name at its top level. */
bool py_defines(EmendStr code, EmendStr name);
/* Whether a line at the left margin reads as code that a program may begin with. */
bool py_begins_program(EmendStr line);
/* Whether a line at the left margin reads as code, not as prose. */
bool py_is_code(EmendStr line);

#endif
