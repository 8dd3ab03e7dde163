/* SPDX-License-Identifier: Apache-2.0 */
/* layout_generate OUT HEADER...: a C file that writes size and offsets of every public struct. */
#include "headers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_struct(FILE *out, const Struct *one) {
    fprintf(out, "    fprintf(file, \"%s %%zu\\n\", sizeof(%s));\n", one->name, one->name);
    for (size_t i = 0; i < one->n_members; i++) {
        const char *name = one->members[i].name;
        fprintf(out,
                "    fprintf(file, \"    %%3zu %%3zu %s\\n\", offsetof(%s, %s), "
                "sizeof(((%s *)0)->%s));\n",
                name, one->name, name, one->name, name);
    }
}

int main(int n_arguments, char **arguments) {
    FILE *out = n_arguments > 2 ? fopen(arguments[1], "w") : NULL;
    if (!out) {
        fprintf(stderr, "usage: layout_generate OUT HEADER...\n");
        return EXIT_FAILURE;
    }
    Structs all = {0};
    for (int i = 2; i < n_arguments; i++) {
        const char *problem = headers_read(arguments[i], &all);
        if (problem) {
            fprintf(stderr, "%s: %s\n", arguments[i], problem);
            return EXIT_FAILURE;
        }
        const char *include = strstr(arguments[i], "core/include/emend/");
        fprintf(out, "#include \"%s\"\n", include + strlen("core/include/"));
    }
    fprintf(out, "#include <stdio.h>\n\nvoid write_layout(FILE *file);\n"
                 "void write_layout(FILE *file) {\n");
    for (size_t i = 0; i < all.n; i++) {
        write_struct(out, &all.structs[i]);
    }
    fprintf(out, "}\n");
    headers_finish(&all);
    return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
