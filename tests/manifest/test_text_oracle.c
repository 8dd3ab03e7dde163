/* SPDX-License-Identifier: Apache-2.0 */
/* Text format, case by case, against protoc; the cases in which we differ on purpose are marked. */
#include "oracle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef enum Verdict {
    ACCEPTED, /* by both, to the same bytes */
    REFUSED,  /* by both */
    STRICTER, /* we refuse what protoc 3.21 takes */
    WIDER     /* we take what protoc 3.21 refuses */
} Verdict;

typedef struct Case {
    Verdict verdict;
    const char *text;
} Case;

static const Case cases[] = {
    // Blanks, comments, separators.
    {ACCEPTED, ""},
    {ACCEPTED, " \n\t\v\f\r # nothing but a comment"},
    {ACCEPTED, "# proto-file: rich.proto\r\nan_int32: 1\r\n"},
    {ACCEPTED, "an_int32:#c\n-#c\n5#c"},
    {ACCEPTED, "an_int32: 1, an_int64: 2; a_bool: true"},
    {ACCEPTED, "an_int32:1 an_int64:2"},
    {ACCEPTED, "an_int32: 1,an_int64: 2"},
    {REFUSED, "an_int32: 1,,"},
    {REFUSED, "an_int32: 1;;"},
    {REFUSED, "an_int32: 1,;"},
    {REFUSED, ", an_int32: 1"},
    {REFUSED, "an_int32: 1 }"},
    {REFUSED, "an_int32: 1 // two"},
    {REFUSED, "\xEF\xBB\xBF an_int32 1"},
    {REFUSED, "an_int32"},
    {REFUSED, "an_int32:"},
    {REFUSED, "an_int32 1"},
    {REFUSED, "an_int32 = 1"},
    {REFUSED, "an_int32 [1]"},
    {REFUSED, "3: 1"},
    {REFUSED, "\"an_int32\": 1"},
    {REFUSED, "An_int32: 1"},
    {REFUSED, "nothing: 1"},
    {REFUSED, "an_int32: @"},
    // Whole numbers.
    {ACCEPTED, "an_int32: 0"},
    {ACCEPTED, "an_int32: 2147483647"},
    {ACCEPTED, "an_int32: -2147483648"},
    {ACCEPTED, "an_int32: - 2147483648"},
    {ACCEPTED, "an_int32: -0"},
    {ACCEPTED, "an_int32: 0x7fffffff"},
    {ACCEPTED, "an_int32: -0X80000000"},
    {ACCEPTED, "an_int32: 017777777777"},
    {ACCEPTED, "an_int32: -020000000000"},
    {ACCEPTED, "an_int32: 00"},
    {REFUSED, "an_int32: 2147483648"},
    {REFUSED, "an_int32: -2147483649"},
    {REFUSED, "an_int32: 08"},
    {REFUSED, "an_int32: 0x"},
    {REFUSED, "an_int32: 0xg"},
    {REFUSED, "an_int32: 1.0"},
    {REFUSED, "an_int32: 1e3"},
    {REFUSED, "an_int32: 1f"},
    {REFUSED, "an_int32: 10bar"},
    {REFUSED, "an_int32: 1ys"},
    {REFUSED, "an_int32: 0x1g"},
    {REFUSED, "an_int32: +1"},
    {REFUSED, "an_int32: --1"},
    {REFUSED, "an_int32: \"1\""},
    {REFUSED, "an_int32: one"},
    {REFUSED, "an_int32: true"},
    {REFUSED, "an_int32: {}"},
    {ACCEPTED, "an_int64: 9223372036854775807"},
    {ACCEPTED, "an_int64: -9223372036854775808"},
    {REFUSED, "an_int64: 9223372036854775808"},
    {REFUSED, "an_int64: -9223372036854775809"},
    {REFUSED, "an_int64: 99999999999999999999999999"},
    {ACCEPTED, "a_uint32: 4294967295"},
    {REFUSED, "a_uint32: 4294967296"},
    {REFUSED, "a_uint32: -1"},
    {REFUSED, "a_uint32: -0"},
    {ACCEPTED, "a_uint64: 18446744073709551615"},
    {ACCEPTED, "a_uint64: 0xFFFFffffFFFFffff"},
    {ACCEPTED, "a_uint64: 01777777777777777777777"},
    {REFUSED, "a_uint64: 18446744073709551616"},
    {REFUSED, "a_uint64: 0x10000000000000000"},
    {ACCEPTED, "a_sint32: -2147483648 a_sint64: -9223372036854775808"},
    {ACCEPTED, "a_sint32: 2147483647 a_sint64: 9223372036854775807"},
    {REFUSED, "a_sint32: 2147483648"},
    {ACCEPTED, "a_fixed32: 4294967295 a_fixed64: 18446744073709551615"},
    {ACCEPTED, "a_sfixed32: -2147483648 a_sfixed64: -9223372036854775808"},
    {REFUSED, "a_fixed32: -1"},
    {REFUSED, "a_sfixed32: 2147483648"},
    // Real numbers.
    {ACCEPTED, "a_double: .5 a_float: .5"},
    {ACCEPTED, "a_double: 5. a_float: 5."},
    {ACCEPTED, "a_double: -.5"},
    {ACCEPTED, "a_double: - 2.0"},
    {ACCEPTED, "a_double: 1e3"},
    {ACCEPTED, "a_double: 1E+3"},
    {ACCEPTED, "a_double: 1.e-3"},
    {ACCEPTED, "a_double: .5e-1f"},
    {ACCEPTED, "a_double: 10f"},
    {ACCEPTED, "a_double: 1.5F"},
    {ACCEPTED, "a_double: 0f"},
    {ACCEPTED, "a_double: 10 a_float: 10"},
    {ACCEPTED, "a_double: 123456789012345678901234567890"},
    {ACCEPTED, "a_double: -0 a_float: -0"},
    {ACCEPTED, "a_double: -0.0"},
    {ACCEPTED, "a_double: inf a_float: inf"},
    {ACCEPTED, "a_double: -Infinity a_float: - iNf"},
    {ACCEPTED, "a_double: nan a_float: NaN"},
    {ACCEPTED, "a_double: -nan"},
    {ACCEPTED, "a_double: 1e999 a_float: 1e39"},
    {ACCEPTED, "a_double: -1e999 a_float: -1e39"},
    {ACCEPTED, "a_double: 1e-999 a_float: 1e-99"},
    {ACCEPTED, "a_double: -1e-9999999999999999999"},
    {ACCEPTED, "a_double: 4.9406564584124654e-324 a_float: 1.4e-45"},
    {ACCEPTED, "a_float: 3.4028235e38"},
    {ACCEPTED, "a_float: 3.4028236e38"},
    {ACCEPTED, "a_double: 0.1 a_float: 0.1"},
    {REFUSED, "a_double: 2 . 0"},
    {REFUSED, "a_double: 1e"},
    {REFUSED, "a_double: 1e+"},
    {REFUSED, "a_double: 1.5.5"},
    {REFUSED, "a_double: 0x10"},
    {REFUSED, "a_double: 010"},
    {REFUSED, "a_double: 00f"},
    {REFUSED, "a_double: 01.5"},
    {REFUSED, "a_double: infinityf"},
    {REFUSED, "a_double: inff"},
    {REFUSED, "a_double: ."},
    {REFUSED, "a_double: 1.5ff"},
    {REFUSED, "a_double: \"1\""},
    {REFUSED, "a_double: one"},
    {REFUSED, "a_double: -one"},
    {ACCEPTED, "a_double: 1.00000017881393432617187499"},
    // Truth.
    {ACCEPTED, "a_bool: true"},
    {ACCEPTED, "a_bool: True"},
    {ACCEPTED, "a_bool: t"},
    {ACCEPTED, "a_bool: 1"},
    {ACCEPTED, "a_bool: 0x1"},
    {ACCEPTED, "a_bool: 01"},
    {ACCEPTED, "a_bool: false"},
    {ACCEPTED, "a_bool: False"},
    {ACCEPTED, "a_bool: f"},
    {ACCEPTED, "a_bool: 0"},
    {ACCEPTED, "a_bool: 00"},
    {REFUSED, "a_bool: 2"},
    {REFUSED, "a_bool: -1"},
    {REFUSED, "a_bool: -0"},
    {REFUSED, "a_bool: TRUE"},
    {REFUSED, "a_bool: T"},
    {REFUSED, "a_bool: 1.0"},
    {REFUSED, "a_bool: \"true\""},
    // Strings.
    {ACCEPTED, "a_string: \"\""},
    {ACCEPTED, "a_string: ''"},
    {ACCEPTED, "a_string: \"it's\""},
    {ACCEPTED, "a_string: 'say \"hi\"'"},
    {ACCEPTED, "a_string: \"one\" 'two'\n# three\n\"four\""},
    {ACCEPTED, "a_string: \"a\"\"b\"'c''d'"},
    {ACCEPTED, "a_string: \"x\"a_bool: t"},
    {ACCEPTED, "a_string: \"\\a\\b\\f\\n\\r\\t\\v\\?\\\\\\'\\\"\""},
    {ACCEPTED, "a_string: \"\\0\\01\\001\\0011\\1234\""},
    {ACCEPTED, "some_bytes: \"\\377\\xff\\xF\\x00z\""},
    {ACCEPTED, "some_bytes: \"\\xffff\""},
    {ACCEPTED, "a_string: \"\\x41\\x4a\\x4B\""},
    {ACCEPTED, "a_string: \"\\u00e9\\u20AC\\U0001F600\\U0010FFFF\""},
    {ACCEPTED, "a_string: \"gr\xC3\xBC\xC3\x9F\""},
    {ACCEPTED, "a_string: \"a\\303\\251\""},
    {ACCEPTED, "a_string: \"tab\tinside\""},
    {ACCEPTED, "a_string: \"# no comment\""},
    {REFUSED, "a_string: \"open"},
    {REFUSED, "a_string: 'open\""},
    {REFUSED, "a_string: \"raw\nline\""},
    {REFUSED, "a_string: \"cut\\\nline\""},
    {REFUSED, "a_string: \"end\\"},
    {REFUSED, "a_string: \"\\q\""},
    {REFUSED, "a_string: \"\\x\""},
    {REFUSED, "a_string: \"\\X41\""},
    {REFUSED, "a_string: \"\\u12\""},
    {STRICTER, "a_string: \"\\U00110000\""},
    {REFUSED, "a_string: \"\\8\""},
    {REFUSED, "a_string: bare"},
    {REFUSED, "a_string: 5"},
    {REFUSED, "a_string: -\"x\""},
    {REFUSED, "a_string: \"x\" 5"},
    {STRICTER, "a_string: \"\\300\""},          // not UTF-8 once unescaped
    {STRICTER, "some_bytes: \"\\777\""},        // no byte
    {STRICTER, "some_bytes: \"\xFF\""},         // a file that is not UTF-8
    {STRICTER, "# \xFF"},                       //
    {STRICTER, "a_string: \"\\ud83d\\ude00\""}, // a surrogate pair
    {STRICTER, "some_bytes: \"\\ud83d\""},      //
    // Enums.
    {ACCEPTED, "a_color: RED"},
    {ACCEPTED, "a_color: VERDE"},
    {ACCEPTED, "a_color: 1"},
    {ACCEPTED, "a_color: -3"},
    {ACCEPTED, "a_color: - 0x3"},
    {ACCEPTED, "a_color: inf"},
    {ACCEPTED, "a_color: true"},
    {ACCEPTED, "level: HIGH inner { level: 1 }"},
    {REFUSED, "a_color: red"},
    {REFUSED, "a_color: PINK"},
    {REFUSED, "a_color: 2"},
    {REFUSED, "a_color: -inf"},
    {REFUSED, "a_color: \"RED\""},
    {REFUSED, "a_color: 1.0"},
    {REFUSED, "a_color: 2147483648"},
    {ACCEPTED, "modern { open: 77 }"},
    {ACCEPTED, "modern { open: -2147483648 }"},
    {REFUSED, "modern { open: 2147483648 }"},
    {REFUSED, "modern { open: TWO }"},
    // Messages.
    {ACCEPTED, "child {}"},
    {ACCEPTED, "child: {}"},
    {ACCEPTED, "child <>"},
    {ACCEPTED, "child: <an_int32: 1>"},
    {ACCEPTED, "child { child { child { an_int32: 1 } a_bool: t } }"},
    {ACCEPTED, "child { an_int32: 1, }, a_bool: t"},
    {REFUSED, "child {"},
    {REFUSED, "child }"},
    {REFUSED, "child { >"},
    {REFUSED, "child < }"},
    {REFUSED, "child: 1"},
    {REFUSED, "child: \"x\""},
    {REFUSED, "child"},
    {REFUSED, "child {} child {}"},
    {REFUSED, "child: [{}]"},
    {REFUSED, "an_int32: 1 an_int32: 1"},
    {REFUSED, "an_int32: [1]"},
    // Lists.
    {ACCEPTED, "int32s: 1 int32s: 2 int32s: [3, 4] int32s: 5"},
    {ACCEPTED, "int32s: []"},
    {ACCEPTED, "int32s: [ ] int32s: [1],"},
    {ACCEPTED, "sint64s: [-1, 2] sint64s: -3"},
    {ACCEPTED, "fixed32s: 1 an_int32: 2 fixed32s: 3"},
    {ACCEPTED, "bools: [t, 0, True]"},
    {ACCEPTED, "colors: [RED, 1, BLUE]"},
    {ACCEPTED, "doubles: [1, -2, inf, .5]"},
    {ACCEPTED, "floats: [1f, - 2]"},
    {ACCEPTED, "strings: ['a', \"b\" 'c']"},
    {ACCEPTED, "strings: ['a' \"b\" 'c']"},
    {ACCEPTED, "byteses: [\"\\xff\"]"},
    {ACCEPTED, "children: [{}, <an_int32: 1>] children {}"},
    {ACCEPTED, "children [{}]"},
    {ACCEPTED, "children []"},
    {REFUSED, "int32s: [1,]"},
    {REFUSED, "int32s: [,1]"},
    {REFUSED, "int32s: [1 2]"},
    {REFUSED, "int32s: [1; 2]"},
    {REFUSED, "int32s: [1"},
    {REFUSED, "int32s: [[1]]"},
    {REFUSED, "int32s [1]"},
    {REFUSED, "int32s []"},
    {REFUSED, "int32s: [{}]"},
    {REFUSED, "children: [1]"},
    {REFUSED, "children: [{}, 1]"},
    // Groups.
    {ACCEPTED, "Single {}"},
    {ACCEPTED, "Single: <inside: 1>"},
    {ACCEPTED, "Single { inside: -1 deep { Single { inside: 2 } } }"},
    {ACCEPTED, "Plural { inside: 'a' } Plural: [{}, <inside: 'b'>]"},
    {ACCEPTED, "Fourth { inside: t }"},
    {REFUSED, "single {}"},
    {REFUSED, "Single {} Single {}"},
    {REFUSED, "Single: 1"},
    {REFUSED, "SINGLE {}"},
    // Maps.
    {ACCEPTED, "ages { key: 'a' value: 1 }"},
    {ACCEPTED, "ages { value: 1 key: 'a' }"},
    {ACCEPTED, "ages {}"},
    {ACCEPTED, "ages { key: 'only' } by_number { key: 3 }"},
    {ACCEPTED, "ages: [{ key: 'b' }, < key: 'a' >] ages { key: '' }"},
    {ACCEPTED, "ages { key: 'b' } an_int32: 1 ages { key: 'a' } ages { key: 'ab' }"},
    {ACCEPTED, "by_number { key: -1 } by_number { key: 1 } by_number { key: -2147483648 }"},
    {ACCEPTED, "by_number { key: 5 value { by_number { key: 6 value {} } } }"},
    {ACCEPTED, "by_truth { key: t value: GREEN } by_truth { value: BLUE }"},
    {ACCEPTED, "by_sint { key: 9 } by_sint { key: -9 value: '\\xff' } by_sint {}"},
    {ACCEPTED, "by_fixed { key: 4294967295 value: -0 } by_fixed { key: 1 value: inf }"},
    {ACCEPTED, "by_sfixed { key: 1 } by_sfixed { key: -1 value: 'x' }"},
    {ACCEPTED, "needies { key: 1 value { must: 1 } }"},
    {ACCEPTED, "modern { names { key: 'z' value: 9 } names { key: 'a' } }"},
    {REFUSED, "ages { key: 'a' key: 'b' }"},
    {REFUSED, "ages { kee: 'a' }"},
    {REFUSED, "ages: 1"},
    {STRICTER, "needies { key: 1 value {} }"},
    {STRICTER, "needies {}"},
    // Oneofs.
    {ACCEPTED, "first: 0"},
    {ACCEPTED, "third { first: 1 }"},
    {REFUSED, "first: 0 second: ''"},
    {REFUSED, "third {} Fourth {}"},
    {REFUSED, "modern { left: 0 right: '' }"},
    {ACCEPTED, "modern { left: 0 }"},
    // Presence, order, packing.
    {ACCEPTED, "needy { must: 0 }"},
    {STRICTER, "needy {}"}, // a warning to protoc
    {STRICTER, "needy { may: 'x' }"},
    {ACCEPTED, "holder { use: 'x' } early: 1 a_double: 1 a_bool: f"},
    {ACCEPTED, "modern { number: 0 real: 0 truth: f text: '' raw: '' open: ZERO small: 0 }"},
    {ACCEPTED, "modern { real: -0.0 small: - 0 text: '\\0' }"},
    {ACCEPTED, "modern { maybe: 0 child {} }"},
    {ACCEPTED, "modern { packed: 1 packed: [2, -3] loose: [1, 2] opens: [ONE, 7] }"},
    {STRICTER, "modern { number: 0 number: 0 }"}, // a zero is no presence to protoc
    // Reserved names.
    {ACCEPTED, "gone: 1"},
    {ACCEPTED, "gone: -1.5 an_int32: 1"},
    {ACCEPTED, "gone: 'a' 'b'"},
    {ACCEPTED, "gone: WORD"},
    {ACCEPTED, "gone: -inf"},
    {ACCEPTED, "gone: [1, 2]"},
    {ACCEPTED, "gone: ['a', \"b\"]"},
    {ACCEPTED, "gone { x: 1, y { z: [2] } }"},
    {ACCEPTED, "gone < a: 123 >"},
    {ACCEPTED, "gone: { [a.b/c.d] { e: 1 } } gone: 2 gone_too: 3"},
    {REFUSED, "gone: -foo"},
    {REFUSED, "gone 1"},
    {REFUSED, "gone:"},
    {STRICTER, "gone: [[1]]"},
    {STRICTER, "gone: [{}, 1]"},
    {WIDER, "gone: 1, an_int32: 1"},
    {WIDER, "gone: []"},
    // Any and extensions.
    {ACCEPTED, "any {}"},
    {ACCEPTED, "any { type_url: 'a/rich.Needy' value: '\\x08\\x01' }"},
    {ACCEPTED, "any { [type.googleapis.com/rich.Needy] { must: 1 } }"},
    {ACCEPTED, "any { [type.googleapis.com/rich.Config] {} }"},
    {ACCEPTED, "any { [ type . googleapis.com # ]\n / rich.Config ]: < size: 1 > }"},
    {ACCEPTED, "any { [type.googleapis.com/rich3.Modern] { packed: [1, 2] number: 3 } }"},
    {ACCEPTED, "anys: [{ [type.googleprod.com/rich.Config] { words: 'x' } }, {}]"},
    {ACCEPTED, "holder { config { [type.googleapis.com/rich.Config] { inner { size: 2 } } } }"},
    {ACCEPTED, "any { [type.googleapis.com/google.protobuf.Any] {"
               " [type.googleapis.com/rich.Config] { size: 2 } } }"},
    {WIDER, "any { [my.host/rich.Config] {} }"}, // protoc knows two hosts
    {STRICTER, "any { [type.googleapis.com/rich.Needy] {} }"},
    {REFUSED, "any { [type.googleapis.com/rich.Nothing] {} }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config] { size: 'x' } }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config]: 5 }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config] {} size: 1 }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config] {} [type.googleapis.com/rich.Config] {} }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config] {} type_url: 'x' }"},
    {REFUSED, "any { [rich.Config] {} }"},
    {REFUSED, "any { [type.googleapis.com/rich.Config {} }"},
    {REFUSED, "any { [/rich.Config] {} }"},
    {REFUSED, "any { [type..googleapis.com/rich.Config] {} }"},
    {REFUSED, "any { [] {} }"},
    {REFUSED, "any { size: 1 }"},
    {REFUSED, "child { [type.googleapis.com/rich.Config] {} }"},
    {REFUSED, "[rich.unknown]: 5"},
    {STRICTER, "[rich.extra]: 5"}, // extensions are not read
    {WIDER, "any { [type.googleapis.com/rich.Config] {}, }"},
};

static void check_case(const char *type, const Case *tried) {
    WireBuffer ours = {0}, theirs = {0};
    char message[MESSAGE_BYTES] = "";
    char *problem = NULL;
    size_t len = strlen(tried->text);
    bool we_accept = ours_encode(type, tried->text, len, &ours, message);
    bool they_accept = oracle_encode(type, tried->text, len, &theirs, &problem);
    bool we_should = tried->verdict == ACCEPTED || tried->verdict == WIDER;
    bool they_should = tried->verdict == ACCEPTED || tried->verdict == STRICTER;
    ck_assert_msg(we_accept == we_should, "%s: we %s it: %s", tried->text,
                  we_accept ? "accept" : "refuse", message);
    ck_assert_msg(they_accept == they_should, "%s: protoc %s it: %s", tried->text,
                  they_accept ? "accepts" : "refuses", problem);
    if (tried->verdict == ACCEPTED) {
        ck_assert_msg(ours.len == theirs.len && memcmp(ours.bytes ? ours.bytes : theirs.bytes,
                                                       theirs.bytes, theirs.len) == 0,
                      "%s: our bytes are protoc's", tried->text);
    }
    free(problem);
    free(ours.bytes);
    free(theirs.bytes);
}

START_TEST(text_is_taken_as_protoc_takes_it) {
    check_case("rich.Everything", &cases[_i]);
}
END_TEST

START_TEST(the_last_of_equal_map_keys_wins) {
    static const char twice[] = "ages { key: 'a' value: 1 } ages { key: 'b' } an_int32: 4 "
                                "ages { key: 'a' value: 2 }";
    static const char once[] = "an_int32: 4 ages { key: 'a' value: 2 } ages { key: 'b' }";
    WireBuffer two = {0}, one = {0};
    char message[MESSAGE_BYTES] = "";
    ck_assert_msg(ours_encode("rich.Everything", twice, sizeof twice - 1, &two, message), "%s",
                  message);
    ck_assert(oracle_encode("rich.Everything", once, sizeof once - 1, &one, NULL));
    ck_assert_uint_eq(two.len, one.len);
    ck_assert_mem_eq(two.bytes, one.bytes, one.len);
    free(two.bytes);
    free(one.bytes);
}
END_TEST

/* protoc goes by way of a double and lands on the upper neighbour. */
START_TEST(a_float_is_rounded_once) {
    static const char text[] = "a_float: 1.00000017881393432617187499";
    static const uint8_t expected[] = {0x15, 0x01, 0x00, 0x80, 0x3F};
    WireBuffer ours = {0};
    char message[MESSAGE_BYTES] = "";
    ck_assert_msg(ours_encode("rich.Everything", text, sizeof text - 1, &ours, message), "%s",
                  message);
    ck_assert_uint_eq(ours.len, sizeof expected);
    ck_assert_mem_eq(ours.bytes, expected, sizeof expected);
    free(ours.bytes);
}
END_TEST

START_TEST(a_nul_byte_is_refused_anywhere) {
    static const struct {
        const char *text;
        size_t len;
    } texts[] = {{"an_int32: 1\0", 12}, {"# \0", 3}, {"a_string: \"\0\"", 13}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        WireBuffer ours = {0};
        char message[MESSAGE_BYTES] = "";
        ck_assert(!ours_encode("rich.Everything", texts[i].text, texts[i].len, &ours, message));
        ck_assert_msg(strstr(message, "NUL byte") != NULL, "%s", message);
        free(ours.bytes);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text against protoc");
    TCase *tcase = tcase_create("cases");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, text_is_taken_as_protoc_takes_it, 0,
                        (int)(sizeof cases / sizeof *cases));
    tcase_add_test(tcase, the_last_of_equal_map_keys_wins);
    tcase_add_test(tcase, a_float_is_rounded_once);
    tcase_add_test(tcase, a_nul_byte_is_refused_anywhere);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); // there are hundreds
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
