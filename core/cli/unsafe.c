/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/unsafe.h"
#include <string.h>

EmendStatus unsafe_check(const char *task, const MessageType *type, EmendError *err) {
    size_t len = strcspn(UNSAFE_ASSIGNMENT, "=");
    const FieldType *field = type ? message_type_field(type, UNSAFE_ASSIGNMENT, len) : NULL;
    return field && field->kind == FIELD_BOOL && !field->is_repeated
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT,
                            UNSAFE_FLAG ": task \"%s\" runs no programs (its config has no field "
                                        "%.*s), so there is no sandbox to do without; leave the "
                                        "flag out",
                            task, (int)len, UNSAFE_ASSIGNMENT);
}
