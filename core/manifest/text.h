/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_TEXT_H
#define MANIFEST_TEXT_H
/* Protobuf text format: text -> tree -> wire bytes, and wire bytes -> canonical text.
 *
 * The tree knows no types; encoding walks it along a MessageType. Every node keeps its place, so
 * that errors, also of later checks, read `file:line:col: what; what to do`, then the line and a
 * caret. Source: the text format specification (protobuf.dev/reference/protobuf/textformat-spec).
 * Limits: nesting 64 deep, files of 16 MiB.
 */
#include "manifest/descriptors.h"

typedef struct TextTree TextTree;

/* Reads text. `origin` names it in messages; both are copied. */
EmendStatus text_tree_parse(EmendStr text, const char *origin, TextTree **out, EmendError *err);
EmendStatus text_tree_load(const char *path, TextTree **out, EmendError *err);
void text_tree_destroy(TextTree *tree);

/* Overrides one field: `stage[1].algorithm.use=grpo`, as --set takes it.
 *
 * The path is field names joined by dots, `[i]` picking an occurrence of a repeated field from 0
 * (one past the last appends); without an index every occurrence is replaced, by a list where one
 * is given, and an empty list with an index takes that one out. The value is text format; for a string field the bare characters will do. `{...}`
 * replaces a message. Names are checked when the tree is encoded: errors then name the override.
 * Inside `config` the expanded Any is stepped over: `task.config.path`. What is refused here
 * changes nothing. */
EmendStatus text_tree_set(TextTree *tree, const char *assignment, EmendError *err);

/* Makes a file that is a variant of another whole. Its field `include` names the other, relative to
 * itself, which may include one too, 16 files deep. A field that is written in the variant replaces
 * all there is of that name in the other; then each `set`, an assignment as text_tree_set takes it,
 * changes one field inside. Neither is left in the tree. Nodes keep the places they come from. */
EmendStatus text_tree_include(TextTree *tree, EmendError *err);

/* Where a field stands, for messages of later checks: writes `file:line:col` (or `--set
 * ASSIGNMENT`) for a path as text_tree_set takes it, or that of the nearest enclosing message that
 * is written down. */
void text_tree_place(const TextTree *tree, const char *path, char *place, size_t capacity);

/* Like emend_fail, with the place of `path` in front and the line with a caret behind. */
EmendStatus text_tree_fail(const TextTree *tree, const char *path, EmendError *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Decides the type of an Any that is written without its type URL.
 *
 * field  name of the field that holds the message with the Any: "reward" in `reward { use: .. }`
 * use    the string field `use` beside the Any; where that is not written, nobody is asked
 * type   out: the type of the config; NULL where the component takes none
 *
 * Also asked where the URL is written, to find the type's descriptors, and where no config is
 * written, so that a `use` that names nothing is refused at its place. */
typedef struct AnyResolver {
    void *ctx;
    EmendStatus (*resolve)(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err);
} AnyResolver;

/* Bytes that grow. Zero-initialise; `bytes` is malloc'd and the owner's to free. */
typedef struct WireBuffer {
    uint8_t *bytes;
    size_t len, capacity;
} WireBuffer;

/* Encodes a tree as a message, appended to *out; on failure nothing is. The bytes are canonical,
 * inside an Any too: fields by number, packed ones in one record, map entries by key and the last
 * of equal keys only, so that texts that say the same give the same bytes. resolver may be NULL:
 * then an Any needs its URL, and its type must be in the pool the message came from. */
EmendStatus text_tree_encode(const TextTree *tree, const MessageType *type,
                             const AnyResolver *resolver, WireBuffer *out, EmendError *err);

enum {
    /* Unset scalar fields too, as comments: `# steps: 100`; of a config that is not written, all.
     */
    TEXT_PRINT_DEFAULTS = 1u
};

/* Prints wire bytes as canonical text: fields by number, shortest digits that read back, Any
 * expanded under its URL. The result reads back to the same bytes (but for field order) here and in
 * protoc. *out is malloc'd, NUL-terminated. */
EmendStatus text_print(EmendBytes wire, const MessageType *type, const AnyResolver *resolver,
                       uint32_t flags, char **out, EmendError *err);

#endif
