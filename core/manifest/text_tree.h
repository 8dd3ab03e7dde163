/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_TEXT_TREE_H
#define MANIFEST_TEXT_TREE_H
/* The nodes of a TextTree, for the files that build, walk and encode it. All of them live in the
 * tree's arena. */
#include "manifest/arena.h"
#include "manifest/text.h"
#include <stdarg.h>

enum { TEXT_MAX_DEPTH = 64, TEXT_MAX_BYTES = 16 << 20 };

typedef struct TextMessage TextMessage;

/* Text that nodes come from: the file, or the value of one override. */
typedef struct TextSource {
    const char *text; /* NUL-terminated */
    size_t len;
    const char *origin;     /* the file's name; empty for an override from the command line */
    const char *assignment; /* of an override, else NULL */
} TextSource;

typedef struct TextPlace {
    uint32_t source; /* index in the tree's sources */
    uint32_t offset; /* in its text */
} TextPlace;

typedef enum TextValueKind {
    TEXT_EMPTY_LIST, /* `[]` */
    TEXT_STRING,     /* text: unescaped and joined */
    TEXT_INTEGER,    /* text: digits as written, the base's prefix off */
    TEXT_FLOAT,      /* text: as written, with no suffix */
    TEXT_WORD,       /* text: an identifier */
    TEXT_MESSAGE,
    TEXT_BARE /* an override that is no text format; text: why not */
} TextValueKind;

typedef struct TextValue {
    TextValueKind kind;
    uint8_t base;     /* of an integer: 8, 10, 16 */
    bool is_negative; /* `-` in front of a number or word */
    const char *text; /* a string's is NUL-terminated; a number's goes on in the source */
    size_t len;
    TextMessage *message;
    const char *bare; /* the value of an override as typed, or NULL; NUL-terminated */
    TextPlace place;
} TextValue;

typedef enum TextNameKind {
    TEXT_FIELD,
    TEXT_EXTENSION, /* `[pkg.name]` */
    TEXT_ANY        /* `[domain/pkg.Type]` */
} TextNameKind;

/* One value of a field: `x: [1, 2]` makes two. */
typedef struct TextField {
    struct TextField *next;
    const char *name; /* what is in the brackets of the other kinds, blanks left out */
    size_t name_len;
    TextNameKind name_kind;
    bool has_colon, in_list;
    TextPlace place; /* of the name */
    TextValue value;
} TextField;

struct TextMessage {
    TextField *first, *last;
};

struct TextTree {
    Arena arena;
    TextSource *sources; /* malloc'd; the file first */
    size_t n_sources;
    TextMessage root;
};

/* Adds a source of which the texts are copied, and gives its index. */
EmendStatus text_tree_add_source(TextTree *tree, EmendStr text, const char *origin,
                                 const char *assignment, uint32_t *index, EmendError *err);
EmendStatus text_tree_out_of_memory(const TextTree *tree, EmendError *err);

/* text_parse.c: the whole of a source as the fields of `message`. */
EmendStatus text_parse_file(TextTree *tree, uint32_t source, TextMessage *message, EmendError *err);
/* The value of an override; a list makes several fields of `list` (nameless), everything else one.
 * `depth` is that of the message it will stand in. */
EmendStatus text_parse_value(TextTree *tree, uint32_t source, size_t depth, TextMessage *list,
                             EmendError *err);

/* text_set.c: text_tree_set for an assignment that the file `origin` makes. */
EmendStatus text_tree_set_in(TextTree *tree, const char *assignment, const char *origin,
                             EmendError *err);

void text_message_append(TextMessage *message, TextField *field);

/* text_error.c: fails with the place in front and line and caret behind. */
EmendStatus text_fail(const TextTree *tree, TextPlace place, EmendStatus status, EmendError *err,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));
EmendStatus text_fail_v(const TextTree *tree, TextPlace place, EmendStatus status, EmendError *err,
                        const char *format, va_list args);
/* `file:line:col`, or `--set ASSIGNMENT`. */
void text_place_name(const TextTree *tree, TextPlace place, char *name, size_t capacity);

#endif
