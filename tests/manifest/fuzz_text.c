/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_text.h"
#include "manifest/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 1024 };

static void require(bool claim, const char *what) {
    if (!claim) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

static const MessageType *rich_type(const char *name) {
    static DescriptorPool *pool = NULL;
    if (!pool) {
        require(descriptor_pool_load(RICH_DESC, &pool, NULL) == EMEND_OK, "rich.desc is readable");
    }
    return descriptor_pool_message(pool, name);
}

/* Every second component takes a Config. */
static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    (void)ctx;
    *type = strlen(use) % 2 ? rich_type("rich.Config") : NULL;
    return strlen(use) % 3 == 2 ? emend_fail(err, EMEND_NOT_FOUND, "no %s %s", field, use)
                                : EMEND_OK;
}

static const AnyResolver resolver = {NULL, resolve};

static EmendStatus parse_and_encode(const char *text, size_t len, const char *assignment,
                                    WireBuffer *wire, EmendError *err) {
    TextTree *tree = NULL;
    EmendStatus status = text_tree_parse((EmendStr){text, len}, "t", &tree, err);
    if (status == EMEND_OK && assignment) {
        status = text_tree_set(tree, assignment, err);
    }
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, rich_type("rich.Everything"), &resolver, wire, err);
    }
    if (status == EMEND_OK) {
        char place[64];
        text_tree_place(tree, "children[0].child.an_int32", place, sizeof place);
    }
    text_tree_destroy(tree);
    return status;
}

/* What was read prints, and the print reads back to the same bytes. */
static void check_text(const char *text, size_t len, const char *assignment) {
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    WireBuffer wire = {0}, again = {0};
    char *printed = NULL;
    EmendStatus status = parse_and_encode(text, len, assignment, &wire, &err);
    require(status == EMEND_OK || (message[0] && err.code == status), "a refusal says why");
    if (status == EMEND_OK) {
        EmendBytes bytes = {wire.bytes ? wire.bytes : (uint8_t *)"", wire.len};
        status = text_print(bytes, rich_type("rich.Everything"), &resolver,
                            (uint32_t)len % 2 ? TEXT_PRINT_DEFAULTS : 0, &printed, &err);
        // An Any may hold any bytes, so that printing may fail or expand what was not.
        if (status == EMEND_OK && !strstr(printed, "any") && !strstr(printed, "holder")) {
            status = parse_and_encode(printed, strlen(printed), NULL, &again, &err);
            require(status == EMEND_OK, message);
            require(again.len == wire.len &&
                        (wire.len == 0 || memcmp(again.bytes, wire.bytes, wire.len) == 0),
                    "printed text reads back to the same bytes");
        }
    }
    free(printed);
    free(wire.bytes);
    free(again.bytes);
}

static void check_wire(const uint8_t *data, size_t size) {
    char *printed = NULL;
    if (text_print((EmendBytes){data, size}, rich_type("rich.Everything"), &resolver,
                   TEXT_PRINT_DEFAULTS, &printed, NULL) == EMEND_OK) {
        check_text(printed, strlen(printed), NULL);
    }
    free(printed);
}

static void check_set(const uint8_t *data, size_t size) {
    DescriptorPool *pool = NULL;
    if (descriptor_pool_create((EmendBytes){data, size}, "x.desc", &pool, NULL) == EMEND_OK) {
        descriptor_pool_message(pool, "rich.Everything");
    }
    descriptor_pool_destroy(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size--;
    const char *line_end = memchr(text, '\n', size);
    char *assignment = NULL;
    switch (data[0]) {
    case 'w':
        check_wire(data + 1, size);
        break;
    case 'd':
        check_set(data + 1, size);
        break;
    case 's':
        assignment = line_end ? strndup(text, (size_t)(line_end - text)) : NULL;
        if (assignment) {
            check_text(line_end + 1, size - (size_t)(line_end + 1 - text), assignment);
        }
        free(assignment);
        break;
    default:
        check_text(text, size, NULL);
        break;
    }
    return 0;
}
