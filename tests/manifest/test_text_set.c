/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides and places. */
#include "oracle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ASSIGNMENTS = 3 };

static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    (void)ctx;
    (void)field;
    (void)use;
    (void)err;
    *type = rich_type("rich.Config");
    return EMEND_OK;
}

static const AnyResolver resolver = {NULL, resolve};

/* Parses, sets and prints a rich.Everything; NULL, and message, where that fails. */
static char *set_and_print(const char *text, const char *const *assignments, char *message) {
    EmendError err = emend_error_on(message, MESSAGE_BYTES);
    TextTree *tree = NULL;
    WireBuffer wire = {0};
    char *printed = NULL;
    EmendStatus status = text_tree_parse(emend_str(text), "t", &tree, &err);
    for (size_t i = 0; i < MAX_ASSIGNMENTS && assignments[i] && status == EMEND_OK; i++) {
        status = text_tree_set(tree, assignments[i], &err);
    }
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, rich_type("rich.Everything"), &resolver, &wire, &err);
    }
    if (status == EMEND_OK) {
        status = text_print((EmendBytes){wire.bytes ? wire.bytes : (void *)"", wire.len},
                            rich_type("rich.Everything"), &resolver, 0, &printed, &err);
    }
    ck_assert(status == EMEND_OK || message[0] != '\0');
    text_tree_destroy(tree);
    free(wire.bytes);
    return printed;
}

typedef struct Case {
    const char *text;
    const char *assignments[MAX_ASSIGNMENTS];
    const char *result; /* printed, blanks squeezed; or the error */
} Case;

static const Case cases[] = {
    {"an_int32: 1 a_bool: t", {"an_int32=7"}, "an_int32: 7 a_bool: true"},
    {"an_int32: 1", {"an_int32=-0x10", "a_double=1e3"}, "a_double: 1000 an_int32: -16"},
    {"", {"child.child.an_int32=7"}, "child { child { an_int32: 7 } }"},
    {"child { an_int32: 1 }", {"child.a_bool=t"}, "child { an_int32: 1 a_bool: true }"},
    {"child { an_int32: 1 }", {"child={a_bool: t}"}, "child { a_bool: true }"},
    {"child { an_int32: 1 }", {"child=<>"}, "child { }"},
    {"int32s: [1, 2, 3]", {"int32s[1]=[]"}, "int32s: 1 int32s: 3"},
    {"int32s: [1, 2, 3]", {"int32s[0]=[]", "int32s[1]=[]"}, "int32s: 2"},
    {"int32s: 1", {"int32s[1]=[]"}, "int32s: 1"},
    // Strings take bare characters, and quoted ones.
    {"", {"a_string=grpo"}, "a_string: \"grpo\""},
    {"", {"a_string=two words"}, "a_string: \"two words\""},
    {"", {"a_string=7b"}, "a_string: \"7b\""},
    {"", {"a_string=1e5"}, "a_string: \"1e5\""},
    {"", {"a_string=/data/x=y.json"}, "a_string: \"/data/x=y.json\""},
    {"", {"a_string={x}"}, "a_string: \"{x}\""},
    {"", {"a_string=[x]"}, "a_string: \"[x]\""},
    {"", {"a_string=[x, y]"}, "a_string: \"[x, y]\""},
    {"", {"a_string=[]"}, "a_string: \"[]\""},
    {"", {"a_string="}, "a_string: \"\""},
    {"", {"a_string=\"quoted\\n\" 'twice'"}, "a_string: \"quoted\\ntwice\""},
    {"", {"a_string=\"half"}, "a_string: \"\\\"half\""},
    {"", {"strings=x"}, "strings: \"x\""},
    {"", {"strings=[\"x\", 'y']"}, "strings: \"x\" strings: \"y\""},
    // Repeated fields: one by index, all without; one past the last appends.
    {"int32s: [1, 2] int32s: 3", {"int32s[1]=9"}, "int32s: 1 int32s: 9 int32s: 3"},
    {"int32s: [1, 2]", {"int32s[2]=9"}, "int32s: 1 int32s: 2 int32s: 9"},
    {"int32s: [1, 2]", {"int32s=[7, 8]"}, "int32s: 7 int32s: 8"},
    {"int32s: [1, 2]", {"int32s=[]"}, ""},
    {"int32s: [1, 2]", {"int32s=5"}, "int32s: 5"},
    {"children: [{}, {an_int32: 1}]",
     {"children[1].an_int32=2", "children[2].a_bool=f"},
     "children { } children { an_int32: 2 } children { a_bool: false }"},
    {"children {}", {"children.an_int32=2"}, "children { an_int32: 2 }"},
    {"", {"children[0].an_int32=2"}, "children { an_int32: 2 }"},
    // The last wins.
    {"", {"an_int32=1", "an_int32=2"}, "an_int32: 2"},
    // A config is stepped into, written or not, with its type or without.
    {"holder { use: 'x' }",
     {"holder.config.size=5"},
     "holder { use: \"x\" config { [type.googleapis.com/rich.Config] { size: 5 } } }"},
    {"holder { use: 'x' config { size: 4 } }",
     {"holder.config.inner.size=5"},
     "holder { use: \"x\" config { [type.googleapis.com/rich.Config] { size: 4 inner { size: 5 } }"
     " } }"},
    {"holder { use: 'x' config { [a.b/rich.Config] { size: 4 } } }",
     {"holder.config.size=5"},
     "holder { use: \"x\" config { [a.b/rich.Config] { size: 5 } } }"},
    {"", {"holder.use=x"}, "holder { use: \"x\" }"},
    // What cannot be.
    {"",
     {"an_int32"},
     "--set an_int32: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"=1"},
     "--set =1: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"a..b=1"},
     "--set a..b=1: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"a[x]=1"},
     "--set a[x]=1: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"a[0=1"},
     "--set a[0=1: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"an_int3=1"},
     "--set an_int3=1: rich.Everything has no field an_int3; did you mean"
     " an_int32?"},
    {"",
     {"child.an_int3=1"},
     "--set child.an_int3=1: rich.Everything has no field an_int3; did"
     " you mean an_int32?"},
    {"",
     {"an_int32=x"},
     "--set an_int32=x: an_int32 takes a whole number from -2147483648 to"
     " 2147483647, not x"},
    {"",
     {"an_int32=5x"},
     "--set an_int32=5x: an_int32 takes a whole number from -2147483648 to"
     " 2147483647, not what is given (a letter may not stand right behind a"
     " number; put a blank here)"},
    {"",
     {"an_int32="},
     "--set an_int32=: an_int32 takes a whole number from -2147483648 to"
     " 2147483647, not what is given (a value must stand here, not the end)"},
    {"",
     {"child={an_int32: }"},
     "--set child={an_int32: }: child takes a message: { ... }, not"
     " what is given (a value must stand here, not })"},
    {"",
     {"child={an_int3: 1}"},
     "--set child={an_int3: 1}: rich.Everything has no field an_int3;"
     " did you mean an_int32?"},
    {"children {} children {}",
     {"children.an_int32=1"},
     "--set children.an_int32=1: children is there more than once; pick one with [0], [1], ..."},
    {"int32s: 1",
     {"int32s[2]=1"},
     "--set int32s[2]=1: int32s[2] is out of range; there are 1,"
     " counted from 0, and [1] appends one"},
    {"",
     {"children[1].an_int32=1"},
     "--set children[1].an_int32=1: children[1] is out of range;"
     " there are 0, counted from 0, and [0] appends one"},
    {"int32s: 1",
     {"int32s[0]=[1, 2]"},
     "--set int32s[0]=[1, 2]: int32s takes one value with an"
     " index; without one, a list replaces them all"},
    {"an_int32: 1",
     {"an_int32.x=1"},
     "--set an_int32.x=1: an_int32 is no message, so it has no"
     " fields to set"},
    {"an_int32: 1",
     {"an_int32[1]=1"},
     "--set an_int32[1]=1: an_int32 is given twice, first at"
     " t:1:1; keep one"},
    {"first: 1",
     {"second=x"},
     "--set second=x: second is given beside first, and both are in the"
     " oneof choice; keep one"},
    {"",
     {"a\nb=1"},
     "--set a?b=1: is no assignment; write FIELD=VALUE, as in"
     " stage[0].algorithm.use=reinforce"},
    {"",
     {"a_string=\xFF"},
     "--set a_string=\xFF: a_string is not UTF-8 once its escapes are read;"
     " it must be: write characters as they are, or as \\u escapes"},
};

/* Runs of blanks and line ends become one blank; none at the end. */
static void squeeze(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool is_blank = *from == ' ' || *from == '\n';
        if (!is_blank) {
            *to++ = *from;
        } else if (to > text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    if (to > text && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
}

START_TEST(an_assignment_changes_one_field_or_says_why_not) {
    const Case *tried = &cases[_i];
    char message[MESSAGE_BYTES] = "";
    char *printed = set_and_print(tried->text, tried->assignments, message);
    if (printed) {
        squeeze(printed);
    }
    ck_assert_str_eq(printed ? printed : message, tried->result);
    free(printed);
}
END_TEST

typedef struct Place {
    const char *path, *place;
} Place;

static const char placed[] = "an_int32: 5\n"
                             "children { an_int32: 1 }\n"
                             "children: [{}, { child {\n"
                             "  a_bool: t } }]\n"
                             "holder { config { [a.b/rich.Config] { size: 4 } } }\n";

static const Place places[] = {
    {"an_int32", "t:1:11"},
    {"children[0]", "t:2:1"},
    {"children[0].an_int32", "t:2:22"},
    {"children[0].a_bool", "t:2:1"},
    {"children[1]", "t:3:12"},
    {"children[2].child.a_bool", "t:4:11"},
    {"children[2].child.an_int32", "t:3:18"},
    {"holder.config.size", "t:5:45"},
    {"nothing", "t"},
    {"not a path", "t"},
    {"child.an_int32", "--set child.an_int32=3"},
    {"child", "--set child.an_int32=3"},
};

START_TEST(a_path_leads_to_the_nearest_place) {
    TextTree *tree = NULL;
    char place[64] = "", message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_int_eq(text_tree_parse(emend_str(placed), "t", &tree, &err), EMEND_OK);
    ck_assert_int_eq(text_tree_set(tree, "child.an_int32=3", &err), EMEND_OK);
    text_tree_place(tree, places[_i].path, place, sizeof place);
    ck_assert_str_eq(place, places[_i].place);
    text_tree_destroy(tree);
}
END_TEST

START_TEST(a_later_check_fails_with_the_line_and_a_caret) {
    TextTree *tree = NULL;
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_int_eq(text_tree_parse(emend_str(placed), "t", &tree, &err), EMEND_OK);
    EmendStatus status =
        text_tree_fail(tree, "children[0].an_int32", &err, "an_int32 is %d; it must be 2", 1);
    ck_assert_int_eq(status, EMEND_INVALID_ARGUMENT);
    ck_assert_int_eq(err.code, EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, "t:2:22: an_int32 is 1; it must be 2\nchildren { an_int32: 1 }\n"
                              "                     ^");
    text_tree_fail(tree, "nothing", &err, "nothing is missing");
    ck_assert_str_eq(message, "t: nothing is missing");
    text_tree_destroy(tree);
}
END_TEST

START_TEST(a_refused_assignment_leaves_the_tree_as_it_was) {
    static const char *const refused[] = {"child.children[1].an_int32=1", "an_int32.x=1",
                                          "child.int32s[0]=[1]", "child"};
    TextTree *tree = NULL;
    ck_assert_int_eq(text_tree_parse(emend_str("an_int32: 1"), "t", &tree, NULL), EMEND_OK);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        WireBuffer wire = {0};
        if (text_tree_set(tree, refused[i], NULL) == EMEND_OK) {
            ck_abort_msg("%s is taken", refused[i]);
        }
        ck_assert_int_eq(text_tree_encode(tree, rich_type("rich.Everything"), NULL, &wire, NULL),
                         EMEND_OK);
        ck_assert_uint_eq(wire.len, 2);
        free(wire.bytes);
    }
    text_tree_destroy(tree);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("overrides");
    TCase *tcase = tcase_create("set");
    tcase_add_loop_test(tcase, an_assignment_changes_one_field_or_says_why_not, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_loop_test(tcase, a_path_leads_to_the_nearest_place, 0,
                        (int)(sizeof places / sizeof *places));
    tcase_add_test(tcase, a_later_check_fails_with_the_line_and_a_caret);
    tcase_add_test(tcase, a_refused_assignment_leaves_the_tree_as_it_was);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
