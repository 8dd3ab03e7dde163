/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const elements[] = {
    "html",    "head",    "meta",       "title", "style",    "body",  "main",    "header",
    "nav",     "a",       "section",    "h1",    "h2",       "h3",    "h4",      "h5",
    "p",       "b",       "i",          "small", "span",     "div",   "dl",      "dt",
    "dd",      "figure",  "figcaption", "table", "thead",    "tbody", "tr",      "th",
    "td",      "wbr",     "code",       "pre",   "del",      "ins",   "article", "svg",
    "details", "summary", "line",       "text",  "polyline", "circle"};
static const char *const attributes[] = {
    "lang", "charset", "http-equiv", "content", "name",       "class", "id", "style",
    "href", "x",       "y",          "x1",      "x2",         "y1",    "y2", "cx",
    "cy",   "r",       "role",       "viewBox", "aria-label", "points"};
static const char *const empty[] = {"meta", "wbr"};

static bool is_one_of(const char *const *words, size_t n, const char *word) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(words, word) is_one_of(words, sizeof(words) / sizeof *(words), word)

static size_t take_word(const char *at, char word[32]) {
    size_t n = strcspn(at, " =/>\n");
    snprintf(word, 32, "%.*s", (int)(n < 31 ? n : 31), at);
    return n;
}

// From behind an element's name to behind its '>'.
static const char *check_attributes(const char *at, const char *element) {
    while (*at == ' ') {
        char name[32];
        at++;
        at += take_word(at, name);
        ck_assert_msg(IS_ONE_OF(attributes, name), "<%s> has an attribute %s: %.60s", element, name,
                      at);
        ck_assert_msg(strncmp(at, "=\"", 2) == 0, "%s of <%s> has no quoted value", name, element);
        at += 2;
        size_t len = strcspn(at, "\"");
        if (strcmp(name, "href") == 0) {
            ck_assert_msg(*at == '#', "a reference to elsewhere: %.*s", (int)len, at);
        }
        ck_assert_msg(memchr(at, '<', len) == NULL, "a bare < in %s of <%s>", name, element);
        at += len + 1;
    }
    ck_assert_msg(*at == '>', "<%s> goes on with %.40s", element, at);
    return at + 1;
}

void page_is_sound(const char *html) {
    static char open[64][32];
    size_t depth = 0;
    ck_assert_msg(strncmp(html, "<!doctype html>\n", 16) == 0, "it begins as %.40s", html);
    for (const char *at = strchr(html + 1, '<'); at; at = strchr(at, '<')) {
        char name[32];
        bool is_end = at[1] == '/';
        at += 1 + is_end;
        at += take_word(at, name);
        ck_assert_msg(IS_ONE_OF(elements, name), "an element <%s>", name);
        if (is_end) {
            ck_assert_msg(depth > 0 && strcmp(open[depth - 1], name) == 0, "</%s> in <%s>", name,
                          depth > 0 ? open[depth - 1] : "nothing");
            depth--;
            continue;
        }
        bool is_whole = at[strcspn(at, ">") - 1] == '/';
        if (is_whole) { // of SVG: name="value"/>
            char *tag = strndup(at, strcspn(at, ">") - 1), *copy = NULL;
            ck_assert_int_ge(asprintf(&copy, "%s>", tag), 0);
            check_attributes(copy, name);
            free(copy);
            free(tag);
            continue;
        }
        at = check_attributes(at, name);
        if (!IS_ONE_OF(empty, name)) {
            ck_assert_uint_lt(depth, 64);
            memcpy(open[depth++], name, sizeof name);
        }
        if (strcmp(name, "style") == 0) {
            size_t len = (size_t)(strstr(at, "</style>") - at);
            char *css = strndup(at, len);
            ck_assert_msg(!strstr(css, "url(") && !strstr(css, "@import"), "the style sheet "
                                                                           "refers to elsewhere");
            free(css);
        }
    }
    ck_assert_msg(depth == 0, "<%s> is not closed", depth > 0 ? open[depth - 1] : "");
    ck_assert_ptr_nonnull(strstr(html, "default-src 'none'"));
}

char *page_words(const char *html) {
    static const struct {
        const char *escaped;
        char is;
    } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}};
    char *words = malloc(strlen(html) + 1), *out = words;
    const char *at = strstr(html, "</style>");
    while (*at) {
        size_t i = 0;
        if (*at == '<') {
            at += strcspn(at, ">") + 1;
            continue;
        }
        while (i < 5 && strncmp(at, known[i].escaped, strlen(known[i].escaped)) != 0) {
            i++;
        }
        *out++ = i < 5 ? known[i].is : *at;
        at += i < 5 ? strlen(known[i].escaped) : 1;
    }
    *out = '\0';
    return words;
}
