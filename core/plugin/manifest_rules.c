/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/manifest_rules.h"
#include <string.h>

EmendStatus manifest_rule_given(const TextTree *tree, const char *path, const char *value,
                                EmendError *err) {
    if (!value || !*value) {
        return text_tree_fail(tree, path, err, "%s is missing; it must be given", path);
    }
    return EMEND_OK;
}

EmendStatus manifest_rule_name(const TextTree *tree, const char *path, const char *value,
                               const Characters *characters, EmendError *err) {
    EmendStatus status = manifest_rule_given(tree, path, value, err);
    if (status == EMEND_OK &&
        (value[strspn(value, characters->all)] || strlen(value) > MANIFEST_NAME_BYTES_MAX)) {
        status = text_tree_fail(tree, path, err,
                                "%s is \"%s\"; it must be at most %d of the characters %s", path,
                                value, MANIFEST_NAME_BYTES_MAX, characters->spelled);
    }
    return status;
}

/* True for a path that stays below its folder: relative, without "..". */
static bool is_inside(const char *path) {
    if (path[0] == '/') {
        return false;
    }
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strcmp(part, "..") == 0 || strncmp(part, "../", 3) == 0) {
            return false;
        }
    }
    return true;
}

EmendStatus manifest_rule_path(const TextTree *tree, const char *path, const char *value,
                               EmendError *err) {
    EmendStatus status = manifest_rule_given(tree, path, value, err);
    if (status == EMEND_OK && !is_inside(value)) {
        text_tree_fail(tree, path, err,
                       "%s is \"%s\"; it must be relative to the manifest and without \"..\"", path,
                       value);
        if (err) {
            err->code = EMEND_DENIED;
        }
        status = EMEND_DENIED;
    }
    return status;
}
