/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include <string.h>

const char *argument_value(const Arguments *arguments, const char *name) {
    for (size_t i = arguments->n_options; i > 0; i--) {
        if (strcmp(arguments->names[i - 1], name) == 0) {
            return arguments->values[i - 1];
        }
    }
    return NULL;
}

bool argument_given(const Arguments *arguments, const char *name) {
    return argument_value(arguments, name) != NULL;
}

size_t argument_values(const Arguments *arguments, const char *name, const char **values) {
    size_t n = 0;
    for (size_t i = 0; i < arguments->n_options; i++) {
        if (strcmp(arguments->names[i], name) == 0) {
            values[n++] = arguments->values[i];
        }
    }
    return n;
}
