/* SPDX-License-Identifier: Apache-2.0 */
/* What the user reads: place, fault, remedy, the line and a caret under it. */
#include "oracle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *text, *message;
} Case;

static const Case cases[] = {
    {"an_int32: 1\nan_int3: 2", "t:2:1: rich.Everything has no field an_int3; did you mean"
                                " an_int32?\nan_int3: 2\n^"},
    {"inner { zebra: 1 }", "t:1:9: rich.Everything.Inner has no field zebra; its fields are depth,"
                           " level\ninner { zebra: 1 }\n        ^"},
    {"\t\tan_int32: \"x\"", "t:1:13: an_int32 takes a whole number from -2147483648 to 2147483647,"
                            " not a string\n\t\tan_int32: \"x\"\n\t\t          ^"},
    {"a_uint32: - 0x10", "t:1:11: a_uint32 takes a whole number from 0 to 4294967295, not -0x10\n"
                         "a_uint32: - 0x10\n          ^"},
    {"a_bool: TRUE", "t:1:9: a_bool takes true or false, not TRUE; did you mean true?\n"
                     "a_bool: TRUE\n        ^"},
    {"level: LOWW", "t:1:8: level takes one of LOW, HIGH, not LOWW; did you mean LOW?\n"
                    "level: LOWW\n       ^"},
    {"a_string: \"gr\xC3\xBCn\" 5", "t:1:18: a field's name must stand here, not 5\n"
                                    "a_string: \"gr\xC3\xBCn\" 5\n                 ^"},
    {"child {\n  an_int32: 1", "t:1:7: this { is not closed; it needs a }\nchild {\n      ^"},
    {"an_int32: 1\r\nchild <}\r\n", "t:2:8: a field's name must stand here, not }\nchild <}\n"
                                    "       ^"},
    {"int32s: [1 2]", "t:1:12: a , or ] must stand here, not 2\nint32s: [1 2]\n           ^"},
    {"an_int32: [1]", "t:1:12: an_int32 takes one value, not a list\nan_int32: [1]\n"
                      "           ^"},
    {"an_int32: 1\n\nan_int32: 2", "t:3:1: an_int32 is given twice, first at t:1:1; keep one\n"
                                   "an_int32: 2\n^"},
    {"first: 1 second: 'x'", "t:1:10: second is given beside first, and both are in the oneof"
                             " choice; keep one\nfirst: 1 second: 'x'\n         ^"},
    {"needy {}", "t:1:7: rich.Needy lacks the required field must; add it\nneedy {}\n      ^"},
    {"a_string: \"x\ny\"", "t:1:11: the string does not end on its line; close it, and write \\n"
                           " for a new line\na_string: \"x\n          ^"},
    {"a_string: 'x\\q'", "t:1:13: unknown escape; a backslash itself is written \\\\\n"
                         "a_string: 'x\\q'\n            ^"},
    {"a_string: '\\300'", "t:1:11: a_string is not UTF-8 once its escapes are read; it must be:"
                          " write characters as they are, or as \\u escapes\na_string: '\\300'\n"
                          "          ^"},
    {"an_int32: 10bar", "t:1:13: a letter may not stand right behind a number; put a blank here\n"
                        "an_int32: 10bar\n            ^"},
    {"an_int32", "t:1:9: a : or { must stand here, not the end\nan_int32\n        ^"},
    {"[rich.extra]: 5", "t:1:1: [rich.extra] in rich.Everything is an extension, which are not"
                        " read here; write plain field names\n[rich.extra]: 5\n^"},
    {"holder { config { size: 5 } }",
     "t:1:17: the type of config is not known; write use: \"...\" beside it, or its type inside:"
     " [type.googleapis.com/pkg.Type] { ... }\nholder { config { size: 5 } }\n                ^"},
    {"single {}", "t:1:1: rich.Everything has no field single; did you mean Single?\nsingle {}\n^"},
    {"\xEF\xBB\xBF", "t:1:1: the text starts with a byte order mark; save it as UTF-8 without one\n"
                     "\xEF\xBB\xBF\n^"},
    {"# \xFF", "t:1:3: the text is not UTF-8; save it as UTF-8, and write bytes in strings as"
               " escapes: \\377\n# \xFF\n  ^"},
    {"an_int32: \033[2J", "t:1:11: this character has no meaning here\nan_int32: ?[2J\n"
                          "          ^"},
};

START_TEST(a_fault_is_told_with_place_remedy_and_caret) {
    WireBuffer wire = {0};
    char message[MESSAGE_BYTES] = "";
    ck_assert(
        !ours_encode("rich.Everything", cases[_i].text, strlen(cases[_i].text), &wire, message));
    ck_assert_str_eq(message, cases[_i].message);
    free(wire.bytes);
}
END_TEST

START_TEST(a_long_line_is_cut_around_the_caret) {
    char text[1000] = "", message[MESSAGE_BYTES] = "";
    WireBuffer wire = {0};
    for (int i = 0; i < 40; i++) {
        strcat(text, "int32s: 1 ");
    }
    strcat(text, "int32s: x ");
    for (int i = 0; i < 40; i++) {
        strcat(text, "int32s: 1 ");
    }
    ck_assert(!ours_encode("rich.Everything", text, strlen(text), &wire, message));
    const char *line = strchr(message, '\n') + 1, *caret_line = strchr(line, '\n') + 1;
    const char *caret = strchr(caret_line, '^');
    ck_assert_msg(strncmp(message, "t:1:409: ", 9) == 0, "%s", message);
    ck_assert_msg(caret_line - line < 100, "the line is cut: %s", message);
    ck_assert_msg(line[caret - caret_line] == 'x', "the caret is under the fault: %s", message);
    free(wire.bytes);
}
END_TEST

START_TEST(sixty_four_messages_nest_and_one_more_does_not) {
    for (int depth = 64; depth <= 65; depth++) {
        char text[1024] = "", message[MESSAGE_BYTES] = "";
        WireBuffer wire = {0};
        for (int i = 0; i < depth; i++) {
            strcat(text, "child {");
        }
        for (int i = 0; i < depth; i++) {
            strcat(text, "}");
        }
        bool is_taken = ours_encode("rich.Everything", text, strlen(text), &wire, message);
        ck_assert_msg(is_taken == (depth == 64), "depth %d: %s", depth, message);
        ck_assert(is_taken || strstr(message, "messages nest more than 64 deep"));
        free(wire.bytes);
    }
}
END_TEST

START_TEST(an_endless_nesting_is_refused_at_once) {
    size_t len = 4 << 20;
    char *text = malloc(len), message[MESSAGE_BYTES] = "";
    WireBuffer wire = {0};
    memset(text, '<', len);
    memcpy(text, "gone", 4);
    ck_assert(!ours_encode("rich.Everything", text, len, &wire, message));
    free(text);
}
END_TEST

START_TEST(text_above_sixteen_mebibytes_is_refused) {
    size_t len = (16u << 20) + 1;
    char *text = malloc(len), message[MESSAGE_BYTES] = "";
    WireBuffer wire = {0};
    memset(text, ' ', len);
    ck_assert(ours_encode("rich.Everything", text, len - 1, &wire, message));
    ck_assert(!ours_encode("rich.Everything", text, len, &wire, message));
    ck_assert_str_eq(message, "t: is larger than 16 MiB, the most that is read");
    free(text);
}
END_TEST

START_TEST(a_small_error_buffer_is_cut_and_no_buffer_is_fine) {
    static const char text[] = "zebra: 1";
    char message[12];
    memset(message, 'x', sizeof message);
    EmendError err = emend_error_on(message, sizeof message);
    for (int i = 0; i < 2; i++) {
        TextTree *tree = NULL;
        WireBuffer wire = {0};
        ck_assert_int_eq(text_tree_parse(emend_str(text), "t", &tree, NULL), EMEND_OK);
        ck_assert_int_eq(
            text_tree_encode(tree, rich_type("rich.Config"), NULL, &wire, i == 0 ? NULL : &err),
            EMEND_INVALID_ARGUMENT);
        ck_assert_uint_eq(wire.len, 0);
        text_tree_destroy(tree);
        free(wire.bytes);
    }
    ck_assert_str_eq(message, "t:1:1: rich");
    ck_assert_msg(err.flags & EMEND_ERROR_USER, "the user can mend it");
}
END_TEST

/* -- the resolver -------------------------------------------------------------------------------
 */

typedef struct Asked {
    int n;
    char field[32], use[32];
} Asked;

/* "sized" takes a rich.Config, "plain" nothing; others there are not. */
static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    Asked *asked = ctx;
    asked->n++;
    snprintf(asked->field, sizeof asked->field, "%s", field);
    snprintf(asked->use, sizeof asked->use, "%s", use);
    *type = strcmp(use, "sized") == 0 ? rich_type("rich.Config") : NULL;
    if (*type || strcmp(use, "plain") == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_NOT_FOUND, "there is no %s %s", field, use);
}

static EmendStatus encode_resolved(const char *text, Asked *asked, WireBuffer *wire,
                                   char *message) {
    const AnyResolver resolver = {asked, resolve};
    EmendError err = emend_error_on(message, MESSAGE_BYTES);
    TextTree *tree = NULL;
    *wire = (WireBuffer){0};
    EmendStatus status = text_tree_parse(emend_str(text), "t", &tree, &err);
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, rich_type("rich.Everything"), &resolver, wire, &err);
    }
    text_tree_destroy(tree);
    return status;
}

START_TEST(a_config_without_a_url_gets_the_type_that_use_decides) {
    static const char full[] = "holder { use: 'sized' config { [type.googleapis.com/rich.Config] {"
                               " size: 4 words: 'x' } } }";
    static const char *const forms[] = {
        "holder { use: 'sized' config { size: 4 words: 'x' } }",
        "holder { config: < words: ['x'], size: 4 > use: 'sized' }",
        full,
        "holder { use: 'sized' config { type_url: 'type.googleapis.com/rich.Config'"
        " value: '\\010\\004\\022\\001x' } }",
    };
    WireBuffer expected = {0};
    char message[MESSAGE_BYTES] = "";
    ck_assert(oracle_encode("rich.Everything", full, sizeof full - 1, &expected, NULL));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        WireBuffer wire = {0};
        Asked asked = {0};
        ck_assert_msg(encode_resolved(forms[i], &asked, &wire, message) == EMEND_OK, "%s: %s",
                      forms[i], message);
        ck_assert_uint_eq(wire.len, expected.len);
        ck_assert_mem_eq(wire.bytes, expected.bytes, wire.len);
        ck_assert_int_eq(asked.n, 1);
        ck_assert_str_eq(asked.field, "holder");
        ck_assert_str_eq(asked.use, "sized");
        free(wire.bytes);
    }
    free(expected.bytes);
}
END_TEST

START_TEST(an_empty_config_still_says_its_type) {
    static const char text[] = "holder { use: 'sized' config {} }";
    static const char full[] = "holder { use: 'sized' config { type_url:"
                               " 'type.googleapis.com/rich.Config' } }";
    WireBuffer wire = {0}, expected = {0};
    char message[MESSAGE_BYTES] = "";
    Asked asked = {0};
    ck_assert(oracle_encode("rich.Everything", full, sizeof full - 1, &expected, NULL));
    ck_assert_int_eq(encode_resolved(text, &asked, &wire, message), EMEND_OK);
    ck_assert_uint_eq(wire.len, expected.len);
    ck_assert_mem_eq(wire.bytes, expected.bytes, wire.len);
    free(wire.bytes);
    free(expected.bytes);
}
END_TEST

static const Case resolved_cases[] = {
    {"holder { use: 'sizd' config { size: 4 } }",
     "t:1:15: there is no holder sizd\nholder { use: 'sizd' config { size: 4 } }\n"
     "              ^"},
    {"holder { use: 'sizd' }",
     "t:1:15: there is no holder sizd\nholder { use: 'sizd' }\n              ^"},
    {"holder { part { use: 'sizd' } }",
     "t:1:22: there is no part sizd\nholder { part { use: 'sizd' } }\n                     ^"},
    {"holder { use: 'sized' config { sice: 4 } }",
     "t:1:32: rich.Config has no field sice; did you mean size?\n"
     "holder { use: 'sized' config { sice: 4 } }\n                               ^"},
    {"holder { use: 'plain' config { size: 4 } }",
     "t:1:30: plain takes no config; remove it\nholder { use: 'plain' config { size: 4 } }\n"
     "                             ^"},
    {"holder { use: 'sized' config { [a.b/rich.Needy] { must: 1 } } }",
     "t:1:32: the config is a rich.Needy, but sized takes rich.Config\n"
     "holder { use: 'sized' config { [a.b/rich.Needy] { must: 1 } } }\n"
     "                               ^"},
    {"holder { use: 'plain' config { [a.b/rich.Config] { } } }",
     "t:1:32: the config is a rich.Config, but plain takes none\n"
     "holder { use: 'plain' config { [a.b/rich.Config] { } } }\n"
     "                               ^"},
    {"holder { use: 'sized' config { type_url: 'a.b/rich.Needy' } }",
     "t:1:42: the config is a rich.Needy, but sized takes rich.Config\n"
     "holder { use: 'sized' config { type_url: 'a.b/rich.Needy' } }\n"
     "                                         ^"},
    {"holder { config { size: 4 } }",
     "t:1:17: the type of config is not known; write use: \"...\" beside it, or its type inside:"
     " [type.googleapis.com/pkg.Type] { ... }\nholder { config { size: 4 } }\n                ^"},
};

START_TEST(a_wrong_config_is_told_at_its_place) {
    WireBuffer wire = {0};
    Asked asked = {0};
    char message[MESSAGE_BYTES] = "";
    ck_assert(encode_resolved(resolved_cases[_i].text, &asked, &wire, message) != EMEND_OK);
    ck_assert_str_eq(message, resolved_cases[_i].message);
    free(wire.bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text errors");
    TCase *tcase = tcase_create("messages");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_fault_is_told_with_place_remedy_and_caret, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, a_long_line_is_cut_around_the_caret);
    tcase_add_test(tcase, sixty_four_messages_nest_and_one_more_does_not);
    tcase_add_test(tcase, an_endless_nesting_is_refused_at_once);
    tcase_add_test(tcase, text_above_sixteen_mebibytes_is_refused);
    tcase_add_test(tcase, a_small_error_buffer_is_cut_and_no_buffer_is_fine);
    tcase_add_test(tcase, a_config_without_a_url_gets_the_type_that_use_decides);
    tcase_add_test(tcase, an_empty_config_still_says_its_type);
    tcase_add_loop_test(tcase, a_wrong_config_is_told_at_its_place, 0,
                        (int)(sizeof resolved_cases / sizeof *resolved_cases));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
