/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LOST "\xef\xbf\xbd"

typedef struct Case {
    const char *text, *html;
} Case;

static const Case cases[] = {
    {"", ""},
    {"two words", "two words"},
    {"</pre><script>", "&lt;/pre&gt;&lt;script&gt;"},
    {"\"'&amp;", "&quot;&#39;&amp;amp;"},
    {"tab\tline\n", "tab\tline\n"},
    {"\r\x01\x1b[31m\x7f", LOST LOST LOST "[31m" LOST},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xe2\x88\x92", "\xe2\x88\x92"},
    // No UTF-8: alone, too long a form, cut short before a tag.
    {"a\xff"
     "b",
     "a" LOST "b"},
    {"\xc0\xbcscript>", LOST LOST "script&gt;"},
    {"\xe2\x88<", LOST LOST "&lt;"},
    // What turns the direction of the rest around.
    {"a\xe2\x80\xae"
     "b\xe2\x81\xa6"
     "c",
     "a" LOST "b" LOST "c"},
    {"\xe2\x80\xa6\xe2\x80\x94", "\xe2\x80\xa6\xe2\x80\x94"},
};

START_TEST(text_means_nothing) {
    Html html = {0};
    html_str(&html, cases[_i].text);
    ck_assert_int_eq(html.status, EMEND_OK);
    EmendStr text = buffer_str(&html.text);
    ck_assert_msg(text.len == strlen(cases[_i].html) &&
                      memcmp(text.ptr, cases[_i].html, (size_t)text.len) == 0,
                  "%s: %.*s", cases[_i].text, (int)text.len, text.ptr);
    html_finish(&html);
}
END_TEST

START_TEST(a_nul_is_shown_as_lost) {
    Html html = {0};
    html_text(&html, "a\0b", 3);
    ck_assert_str_eq(html.text.data, "a" LOST "b");
    html_finish(&html);
}
END_TEST

START_TEST(nothing_may_be_null) {
    Html html = {0};
    html_str(&html, NULL);
    html_text(&html, NULL, 0);
    ck_assert_uint_eq(html.text.len, 0);
    html_finish(&html);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("html");
    TCase *all = tcase_create("html");
    tcase_add_loop_test(all, text_means_nothing, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, a_nul_is_shown_as_lost);
    tcase_add_test(all, nothing_may_be_null);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
