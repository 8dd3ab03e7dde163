/* A reader of JSON that makes no copies: a value is the stretch of text that it is written in.
 * Nothing is unescaped; the names and words looked for have no escapes. */
#include "files.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

static void skip_space(Json *rest) {
    while (rest->at < rest->end && strchr(" \t\r\n", *rest->at) && *rest->at != '\0') {
        rest->at++;
    }
}

/* Takes a character, with the space before it. */
static bool take(Json *rest, char c) {
    skip_space(rest);
    if (rest->at == rest->end || *rest->at != c) {
        return false;
    }
    rest->at++;
    return true;
}

static bool take_string(Json *rest) {
    if (!take(rest, '"')) {
        return false;
    }
    while (rest->at < rest->end && *rest->at != '"') {
        if ((unsigned char)*rest->at < ' ') {
            return false;
        }
        rest->at += *rest->at == '\\' && rest->at + 1 < rest->end ? 2 : 1;
    }
    return take(rest, '"');
}

/* A number, true, false or null: told apart where they are used. */
static bool take_word(Json *rest) {
    static const char characters[] = "+-.0123456789abcdefghijklmnopqrstuvwxyzE";
    const char *begin = rest->at;
    while (rest->at < rest->end && *rest->at != '\0' && strchr(characters, *rest->at)) {
        rest->at++;
    }
    return rest->at > begin;
}

static bool take_value(Json *rest, int depth) {
    skip_space(rest);
    bool is_object = rest->at < rest->end && *rest->at == '{';
    bool is_array = rest->at < rest->end && *rest->at == '[';
    if (!is_object && !is_array) {
        return rest->at < rest->end && *rest->at == '"' ? take_string(rest) : take_word(rest);
    }
    rest->at++;
    if (take(rest, is_object ? '}' : ']')) {
        return true;
    }
    do {
        if (depth == 0 || (is_object && (!take_string(rest) || !take(rest, ':'))) ||
            !take_value(rest, depth - 1)) {
            return false;
        }
    } while (take(rest, ','));
    return take(rest, is_object ? '}' : ']');
}

bool json_is_object(Json text) {
    skip_space(&text);
    bool is_object = text.at < text.end && *text.at == '{' && take_value(&text, MAX_DEPTH);
    skip_space(&text);
    return is_object && text.at == text.end;
}

bool json_next(Json *rest, Json *key, Json *value) {
    if (!take(rest, '{') && !take(rest, ',')) {
        return false;
    }
    skip_space(rest);
    key->at = rest->at;
    bool is_there = take_string(rest);
    key->end = rest->at;
    is_there = is_there && take(rest, ':');
    skip_space(rest);
    value->at = rest->at;
    is_there = is_there && take_value(rest, MAX_DEPTH);
    value->end = rest->at;
    return is_there;
}

Json json_member(Json object, const char *name) {
    Json key = {0}, value = {0};
    while (json_next(&object, &key, &value)) {
        if (json_is_string(key, name)) {
            return json_is(value, "null") ? (Json){0} : value;
        }
    }
    return (Json){0};
}

bool json_is(Json value, const char *text) {
    size_t n = (size_t)(value.end - value.at);
    return n == strlen(text) && memcmp(value.at, text, n) == 0;
}

bool json_is_string(Json value, const char *text) {
    size_t n = (size_t)(value.end - value.at);
    return n == strlen(text) + 2 && *value.at == '"' && memcmp(value.at + 1, text, n - 2) == 0;
}

bool json_number(Json value, double *out) {
    char *end = NULL;
    size_t n = (size_t)(value.end - value.at);
    if (n == 0 || *value.at == '+' || strspn(value.at, "+-.0123456789eE") < n) {
        return false; // no "inf", no "0x10"
    }
    *out = strtod(value.at, &end);
    return end == value.end;
}

bool json_sizes(Json value, uint64_t *out, size_t n) {
    bool is_right = take(&value, '[');
    for (size_t i = 0; i < n && is_right; i++) {
        skip_space(&value);
        char *end = NULL;
        is_right = value.at < value.end && *value.at >= '0' && *value.at <= '9';
        out[i] = is_right ? strtoull(value.at, &end, 10) : 0;
        value.at = is_right ? end : value.at;
        is_right = is_right && (i + 1 == n || take(&value, ','));
    }
    return is_right && take(&value, ']');
}

JsonText json_text(Json value) {
    JsonText text = {"?"};
    size_t n = (size_t)(value.end - value.at);
    for (size_t i = 0; i < n && i < sizeof text.text - 1; i++) {
        text.text[i] = value.at[i] >= ' ' && value.at[i] <= '~' ? value.at[i] : '?';
        text.text[i + 1] = '\0';
    }
    return text;
}
