/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of everything that crosses the plugin boundary, against tests/fixtures/abi/layout.txt.
 * `test_layout --write` writes that file anew, for a change that core/include/emend/CHANGES.md
 * tells. */
#include "headers.h"
#include <check.h>
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT_PATH EMEND_SOURCE_DIR "/tests/fixtures/abi/layout.txt"
#define LAYOUT_BYTES 65536

void write_layout(FILE *file); // generated

static void read_lines(FILE *file, char *text) {
    size_t n = fread(text, 1, LAYOUT_BYTES - 1, file);
    text[n] = '\0';
}

START_TEST(public_structs_lie_as_the_layout_file_says) {
    static char is[LAYOUT_BYTES], was[LAYOUT_BYTES];
    FILE *now = tmpfile();
    FILE *recorded = fopen(LAYOUT_PATH, "r");
    ck_assert_msg(now && recorded, "cannot open %s", LAYOUT_PATH);
    write_layout(now);
    rewind(now);
    read_lines(now, is);
    read_lines(recorded, was);
    fclose(now);
    fclose(recorded);
    ck_assert_uint_gt(strlen(is), 1000);

    const char *a = is, *b = was;
    for (int line = 1; *a || *b; line++) {
        int len_a = (int)strcspn(a, "\n"), len_b = (int)strcspn(b, "\n");
        ck_assert_msg(
            len_a == len_b && strncmp(a, b, (size_t)len_a) == 0,
            "line %d is `%.*s` and was `%.*s`; growable structs grow at their end and frozen "
            "ones never: if this is meant, write a line in core/include/emend/CHANGES.md and "
            "run test_layout --write",
            line, len_a, a, len_b, b);
        a += len_a + (a[len_a] != '\0');
        b += len_b + (b[len_b] != '\0');
    }
}
END_TEST

static Structs read_all(void) {
    static const char *const patterns[] = {EMEND_SOURCE_DIR "/core/include/emend/*.h",
                                           EMEND_SOURCE_DIR "/core/include/emend/*/*.h"};
    Structs all = {0};
    glob_t found = {0};
    glob(patterns[0], 0, NULL, &found);
    glob(patterns[1], GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *problem = headers_read(found.gl_pathv[i], &all);
        ck_assert_msg(!problem, "%s: %s", found.gl_pathv[i], problem);
    }
    globfree(&found);
    ck_assert_uint_gt(all.n, 30);
    return all;
}

/* True where `word` stands in the text as a whole word. */
static int has_word(const char *text, const char *word) {
    size_t len = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        int before = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
        int after = isalnum((unsigned char)at[len]) || at[len] == '_';
        if (!before && !after) {
            return 1;
        }
    }
    return 0;
}

START_TEST(members_have_the_same_size_for_every_compiler_and_flag) {
    static const char *const forbidden[] = {"bool",   "_Bool",    "enum",    "long",    "int",
                                            "short",  "unsigned", "signed",  "size_t",  "ssize_t",
                                            "time_t", "FILE",     "va_list", "wchar_t", "off_t"};
    Structs all = read_all();
    for (size_t i = 0; i < all.n; i++) {
        const Struct *one = &all.structs[i];
        for (size_t j = 0; j < one->n_members; j++) {
            const char *declaration = one->members[j].declaration;
            for (size_t k = 0; k < sizeof forbidden / sizeof *forbidden; k++) {
                ck_assert_msg(!has_word(declaration, forbidden[k]),
                              "%s: `%s` has a %s; it must be of "
                              "fixed width",
                              one->name, declaration, forbidden[k]);
            }
            ck_assert_msg(!strchr(declaration, ':'), "%s: `%s` is a bit-field", one->name,
                          declaration);
        }
    }
    headers_finish(&all);
}
END_TEST

START_TEST(tables_begin_with_their_size) {
    static const char *const tables[] = {"EmendBackend", "EmendTokenizer", "EmendTask",
                                         "EmendReward",  "EmendAlgorithm", "EmendTracker",
                                         "EmendHost",    "EmendFactory",   "EmendError"};
    Structs all = read_all();
    size_t n_found = 0;
    for (size_t i = 0; i < all.n; i++) {
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
            if (strcmp(all.structs[i].name, tables[k]) == 0) {
                n_found++;
                ck_assert_str_eq(all.structs[i].members[0].declaration, "uint32_t struct_size");
            }
        }
    }
    ck_assert_uint_eq(n_found, sizeof tables / sizeof *tables);
    headers_finish(&all);
}
END_TEST

START_TEST(the_reader_of_headers_sees_what_is_there) {
    Structs all = read_all();
    for (size_t i = 0; i < all.n; i++) {
        const Struct *one = &all.structs[i];
        if (strcmp(one->name, "EmendEntry") == 0) {
            ck_assert_uint_eq(one->n_members, 11);
            ck_assert_str_eq(one->members[2].name, "abi_major");
            ck_assert_str_eq(one->members[7].name, "version");
            ck_assert_str_eq(one->members[10].name, "factory");
            ck_assert_str_eq(one->members[9].declaration, "void (*close)(EmendPlugin *plugin)");
            headers_finish(&all);
            return;
        }
    }
    ck_abort_msg("EmendEntry was not found");
}
END_TEST

static int write_anew(void) {
    FILE *file = fopen(LAYOUT_PATH, "w");
    if (!file) {
        return EXIT_FAILURE;
    }
    write_layout(file);
    return fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int n_arguments, char **arguments) {
    if (n_arguments == 2 && strcmp(arguments[1], "--write") == 0) {
        return write_anew();
    }
    Suite *suite = suite_create("layout");
    TCase *tcase = tcase_create("layout");
    tcase_add_test(tcase, public_structs_lie_as_the_layout_file_says);
    tcase_add_test(tcase, members_have_the_same_size_for_every_compiler_and_flag);
    tcase_add_test(tcase, tables_begin_with_their_size);
    tcase_add_test(tcase, the_reader_of_headers_sees_what_is_there);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
