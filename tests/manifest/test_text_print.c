/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical text. That it reads back is tested with random messages; here is how it looks. */
#include "oracle.h"

#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    (void)ctx;
    (void)field;
    (void)err;
    *type = strcmp(use, "sized") == 0 ? rich_type("rich.Config") : NULL;
    return EMEND_OK;
}

static const AnyResolver resolver = {NULL, resolve};

static EmendStatus print_bytes(const void *bytes, size_t len, const char *type, uint32_t flags,
                               char **out, char *message) {
    EmendError err = emend_error_on(message, MESSAGE_BYTES);
    *out = NULL;
    return text_print((EmendBytes){bytes, len}, rich_type(type), &resolver, flags, out, &err);
}

static void check_print(const char *type, const char *text, uint32_t flags, const char *expected) {
    WireBuffer wire = {0};
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_msg(ours_encode(type, text, strlen(text), &wire, message), "%s", message);
    ck_assert_msg(print_bytes(wire.bytes ? wire.bytes : (void *)"", wire.len, type, flags, &printed,
                              message) == EMEND_OK,
                  "%s", message);
    ck_assert_str_eq(printed, expected);
    free(printed);
    free(wire.bytes);
}

START_TEST(fields_come_by_number_and_blocks_are_indented) {
    check_print("rich.Everything",
                "early: 1 Single { deep <a_color: VERDE> inside: 2 } int32s: [3, 4] a_bool: f", 0,
                "a_bool: false\n"
                "early: 1\n"
                "int32s: 3\n"
                "int32s: 4\n"
                "Single {\n"
                "  inside: 2\n"
                "  deep {\n"
                "    a_color: GREEN\n"
                "  }\n"
                "}\n");
}
END_TEST

START_TEST(numbers_have_the_fewest_digits_that_read_back) {
    check_print("rich.Everything",
                "doubles: [0.1, 1e22, 5e-324, 1.7976931348623157e308, -0, inf, -inf, nan, 100,"
                " 0.30000000000000004, 1e-7] floats: [0.1, 16777216, 3.4028235e38, 1e-45]",
                0,
                "doubles: 0.1\ndoubles: 1e+22\ndoubles: 4.94065645841247e-324\n"
                "doubles: 1.7976931348623157e+308\ndoubles: -0\ndoubles: inf\ndoubles: -inf\n"
                "doubles: nan\ndoubles: 100\ndoubles: 0.30000000000000004\ndoubles: 1e-07\n"
                "floats: 0.1\nfloats: 16777216\nfloats: 3.4028235e+38\nfloats: 1.4013e-45\n");
}
END_TEST

START_TEST(the_users_locale_changes_nothing) {
    // Where the locale is not installed this tests the same as above, which is no harm.
    setlocale(LC_ALL, "de_DE.UTF-8");
    check_print("rich.Everything", "a_double: 1.5 a_float: .25", 0,
                "a_double: 1.5\na_float: 0.25\n");
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(strings_stay_readable_and_bytes_are_escaped) {
    check_print("rich.Everything",
                "a_string: \"gr\xC3\xBC\xC3\x9F 'a' \\\"b\\\" \\\\ \\n\\t\\r\\001\\177\""
                " some_bytes: \"a\\303\\274\\000\\\"\"",
                0,
                "a_string: \"gr\xC3\xBC\xC3\x9F 'a' \\\"b\\\" \\\\ \\n\\t\\r\\001\\177\"\n"
                "some_bytes: \"a\\303\\274\\000\\\"\"\n");
}
END_TEST

START_TEST(defaults_are_comments) {
    check_print("rich.Config", "words: 'x'", TEXT_PRINT_DEFAULTS, "# size: 3\nwords: \"x\"\n");
    check_print("rich.Everything", "inner { level: HIGH }", TEXT_PRINT_DEFAULTS,
                "# a_double: -0.0015\n# a_float: inf\n# an_int32: -7\n# an_int64: 0\n"
                "# a_uint32: 0\n# a_uint64: 0\n# a_sint32: 0\n# a_sint64: 0\n# a_fixed32: 0\n"
                "# a_fixed64: 0\n# a_sfixed32: 0\n# a_sfixed64: 0\n# a_bool: true\n"
                "# a_string: \"say \\\"hi\\\"\\n\"\n# some_bytes: \"\\001\\377\"\n"
                "# a_color: BLUE\n# early: 0\n"
                "inner {\n  # depth: 0\n  level: HIGH\n}\n"
                "# level: LOW\n");
}
END_TEST

START_TEST(an_any_is_expanded_where_its_type_is_known) {
    check_print("rich.Everything", "any { [type.googleapis.com/rich.Config] { size: 5 } }", 0,
                "any {\n  [type.googleapis.com/rich.Config] {\n    size: 5\n  }\n}\n");
    check_print("rich.Everything", "any { type_url: 'a.b/rich.Nope' value: '\\010\\005' }", 0,
                "any {\n  type_url: \"a.b/rich.Nope\"\n  value: \"\\010\\005\"\n}\n");
    // A value that is no such message.
    check_print("rich.Everything", "any { type_url: 'a.b/rich.Config' value: '\\010' }", 0,
                "any {\n  type_url: \"a.b/rich.Config\"\n  value: \"\\010\"\n}\n");
    // A URL that brackets cannot hold.
    check_print("rich.Everything", "any { type_url: 'a-b/rich.Config' }", 0,
                "any {\n  type_url: \"a-b/rich.Config\"\n}\n");
    check_print("rich.Everything",
                "any { [a.b/google.protobuf.Any] { [a.b/rich.Config] { size: 5 } } }", 0,
                "any {\n  [a.b/google.protobuf.Any] {\n    [a.b/rich.Config] {\n"
                "      size: 5\n    }\n  }\n}\n");
}
END_TEST

START_TEST(the_defaults_of_an_unwritten_config_are_shown) {
    check_print("rich.Everything", "holder { use: 'sized' }", TEXT_PRINT_DEFAULTS,
                "# a_double: -0.0015\n# a_float: inf\n# an_int32: -7\n# an_int64: 0\n"
                "# a_uint32: 0\n# a_uint64: 0\n# a_sint32: 0\n# a_sint64: 0\n# a_fixed32: 0\n"
                "# a_fixed64: 0\n# a_sfixed32: 0\n# a_sfixed64: 0\n# a_bool: true\n"
                "# a_string: \"say \\\"hi\\\"\\n\"\n# some_bytes: \"\\001\\377\"\n"
                "# a_color: BLUE\n# early: 0\n"
                "holder {\n  use: \"sized\"\n  # config {\n    # size: 3\n  # }\n}\n"
                "# level: LOW\n");
}
END_TEST

typedef struct Bad {
    const char *bytes;
    size_t len;
    const char *message;
} Bad;

static const Bad bad[] = {
    {"\x08", 1, "rich.Config: its bytes are no message"},
    {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
     "rich.Config: its bytes are no message"},
    {"\x00\x01", 2, "rich.Config: its bytes are no message"},
    {"\x12\x05x", 3, "rich.Config: its bytes are no message"},
    {"\x0b\x0b", 2, "rich.Config: its bytes are no message"},
    {"\x0c", 1, "rich.Config: its bytes are no message"},
    {"\x0f", 1, "rich.Config: its bytes are no message"},
    {"\x20\x01", 2, "rich.Config: field 4 is unknown"},
    {"\x0a\x00", 2, "rich.Config: field 1 has the wrong wire type"},
    {"\x12\x01\xff", 3, "rich.Config: field 2 is a string that is not UTF-8"},
    {"\x1a\x01\x08", 3, "rich.Config: its bytes are no message"},
};

START_TEST(bytes_that_are_no_message_are_refused) {
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_int_eq(print_bytes(bad[_i].bytes, bad[_i].len, "rich.Config", 0, &printed, message),
                     EMEND_DATA_LOSS);
    ck_assert_str_eq(message, bad[_i].message);
    ck_assert_ptr_null(printed);
}
END_TEST

START_TEST(bytes_nested_without_end_are_refused) {
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    WireBuffer wire = {0};
    // Sixty-five configs, each inside the next.
    uint8_t bytes[2 * 130] = {0};
    size_t len = 0;
    for (int i = 0; i < 65; i++) {
        size_t head = len < 128 ? 2 : 3;
        memmove(bytes + head, bytes, len);
        bytes[0] = 0x1a;
        bytes[1] = (uint8_t)(len < 128 ? len : (len & 0x7f) | 0x80);
        if (head == 3) {
            bytes[2] = (uint8_t)(len >> 7);
        }
        len += head;
    }
    ck_assert_int_eq(print_bytes(bytes, len, "rich.Config", 0, &printed, message),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, "rich.Config: messages nest more than 64 deep");
    free(wire.bytes);
}
END_TEST

START_TEST(pieces_packed_or_not_and_in_any_order_are_put_together) {
    // inner { size } in two pieces around words; rich.Config: 1 size, 2 words, 3 inner.
    static const char pieces[] = "\x1a\x02\x08\x07\x12\x01x\x08\x01\x1a\x03\x12\x01y\x08\x02";
    // rich.Everything: 23 int32s unpacked and packed, 24 sint64s unpacked.
    static const char packed[] = "\xb8\x01\x05\xba\x01\x02\x06\x07\xc0\x01\x01";
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_int_eq(print_bytes(pieces, sizeof pieces - 1, "rich.Config", 0, &printed, message),
                     EMEND_OK);
    ck_assert_str_eq(printed, "size: 2\nwords: \"x\"\ninner {\n  size: 7\n  words: \"y\"\n}\n");
    free(printed);
    ck_assert_int_eq(
        print_bytes(packed, sizeof packed - 1, "rich.Everything", 0, &printed, message), EMEND_OK);
    ck_assert_str_eq(printed, "int32s: 5\nint32s: 6\nint32s: 7\nsint64s: -1\n");
    free(printed);
}
END_TEST

START_TEST(the_last_member_of_a_oneof_counts) {
    // 40 first, 41 second, 40 first again.
    static const char members[] = "\xc0\x02\x01\xca\x02\x01x\xc0\x02\x02";
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_int_eq(
        print_bytes(members, sizeof members - 1, "rich.Everything", 0, &printed, message),
        EMEND_OK);
    ck_assert_str_eq(printed, "first: 2\n");
    free(printed);
}
END_TEST

START_TEST(a_missing_required_field_is_refused) {
    // 44 needy, empty; 39 needies, an entry without a value.
    static const char needy[] = "\xe2\x02\x00", needies[] = "\xba\x02\x00";
    char message[MESSAGE_BYTES] = "";
    char *printed = NULL;
    ck_assert_int_eq(print_bytes(needy, 3, "rich.Everything", 0, &printed, message),
                     EMEND_DATA_LOSS);
    ck_assert_str_eq(message, "rich.Needy: field 1 is required and missing");
    ck_assert_int_eq(print_bytes(needies, 3, "rich.Everything", 0, &printed, message),
                     EMEND_DATA_LOSS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("printing");
    TCase *tcase = tcase_create("text");
    tcase_add_test(tcase, fields_come_by_number_and_blocks_are_indented);
    tcase_add_test(tcase, numbers_have_the_fewest_digits_that_read_back);
    tcase_add_test(tcase, the_users_locale_changes_nothing);
    tcase_add_test(tcase, strings_stay_readable_and_bytes_are_escaped);
    tcase_add_test(tcase, defaults_are_comments);
    tcase_add_test(tcase, an_any_is_expanded_where_its_type_is_known);
    tcase_add_test(tcase, the_defaults_of_an_unwritten_config_are_shown);
    tcase_add_loop_test(tcase, bytes_that_are_no_message_are_refused, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tcase, bytes_nested_without_end_are_refused);
    tcase_add_test(tcase, pieces_packed_or_not_and_in_any_order_are_put_together);
    tcase_add_test(tcase, the_last_member_of_a_oneof_counts);
    tcase_add_test(tcase, a_missing_required_field_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
