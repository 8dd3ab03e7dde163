/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"
#include "answers.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LEVEL = 1000, NUMBER_BYTES = 32, LONGEST_ANNOTATION = 200 };

// The name, of these, that a row has a value under; NULL where there is none, or null.
static const char *find(const json_t *row, const char *const *names) {
    for (; *names; names++) {
        const json_t *value = json_object_get(row, *names);
        if (value && !json_is_null(value)) {
            return *names;
        }
    }
    return NULL;
}

// The shortest text that reads as this number.
static void write_number(const json_t *value, char text[NUMBER_BYTES]) {
    if (json_is_integer(value)) {
        snprintf(text, NUMBER_BYTES, "%lld", (long long)json_integer_value(value));
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_BYTES, "%.*g", digits, json_real_value(value));
        if (strtod(text, NULL) == json_real_value(value)) {
            break;
        }
    }
    char *comma = strchr(text, ','); // as some locales have it
    if (comma) {
        *comma = '.';
    }
}

// A text field, borrowed from the row or from `number`, which is NULL where no number may stand for
// a text; empty where it is not there.
static EmendStatus read_text(const Place *place, const json_t *row, const char *const *names,
                             char number[NUMBER_BYTES], EmendStr *out, EmendError *err) {
    const char *name = find(row, names);
    const json_t *value = name ? json_object_get(row, name) : NULL;
    *out = (EmendStr){"", 0};
    if (json_is_string(value)) {
        *out = (EmendStr){json_string_value(value), json_string_length(value)};
    } else if (number && json_is_number(value)) {
        write_number(value, number);
        *out = emend_str(number);
    } else if (value) {
        return place_fail(place, err, "%s is of another type; it must be a string", name);
    }
    return EMEND_OK;
}

// "Level 5" and "5"; "Level ?" is 0.
static bool parse_level(EmendStr text, uint32_t *level) {
    static const char word[] = "Level ";
    uint32_t n = 0;
    if (text.len >= sizeof word - 1 && memcmp(text.ptr, word, sizeof word - 1) == 0) {
        text = (EmendStr){text.ptr + sizeof word - 1, text.len - (sizeof word - 1)};
    }
    *level = 0;
    if (text.len == 1 && text.ptr[0] == '?') {
        return true;
    }
    for (uint64_t i = 0; i < text.len && n <= MAX_LEVEL; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        n = n * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *level = n;
    return text.len > 0 && n <= MAX_LEVEL;
}

static EmendStatus read_level(const Place *place, const json_t *row, uint32_t *level,
                              EmendError *err) {
    const json_t *value = json_object_get(row, "level");
    *level = 0;
    if (!value || json_is_null(value)) {
        return EMEND_OK;
    }
    if (json_is_integer(value) && json_integer_value(value) >= 0 &&
        json_integer_value(value) <= MAX_LEVEL) {
        *level = (uint32_t)json_integer_value(value);
        return EMEND_OK;
    }
    if (json_is_string(value) &&
        parse_level((EmendStr){json_string_value(value), json_string_length(value)}, level)) {
        return EMEND_OK;
    }
    return place_fail(place, err,
                      "level is not a number from 0 to %d; it must be one, as such or behind "
                      "\"Level \"",
                      MAX_LEVEL);
}

// Splits GSM8K's answer at its last "####". False where it has none.
static bool split_hashes(EmendStr text, EmendStr *solution, EmendStr *answer) {
    for (uint64_t at = text.len; at-- > 0;) {
        if (text.len - at >= 4 && memcmp(text.ptr + at, "####", 4) == 0) {
            *answer = str_trim((EmendStr){text.ptr + at + 4, text.len - at - 4});
            *solution = str_trim((EmendStr){text.ptr, at});
            return true;
        }
    }
    return false;
}

// How long the calculator's annotation is that a text begins with, as in <<48/2=24>>; 0 where it
// begins with none.
static uint64_t annotation_len(EmendStr text) {
    if (text.len < 4 || memcmp(text.ptr, "<<", 2) != 0) {
        return 0;
    }
    uint64_t at = 2;
    while (at < text.len && at < LONGEST_ANNOTATION && text.ptr[at] != '\0' &&
           strchr("0123456789+-*/=.,()%$ ", text.ptr[at])) {
        at++;
    }
    return at + 1 < text.len && memcmp(text.ptr + at, ">>", 2) == 0 ? at + 2 : 0;
}

static EmendStatus keep_plain(Arena *arena, EmendStr text, EmendStr *kept, EmendError *err) {
    EmendStatus status = arena_keep(arena, text, kept, err);
    if (status != EMEND_OK) {
        return status;
    }
    char *room = (char *)(uintptr_t)kept->ptr;
    uint64_t n = 0;
    for (uint64_t at = 0; at < text.len;) {
        uint64_t skip = annotation_len((EmendStr){text.ptr + at, text.len - at});
        if (skip == 0) {
            room[n++] = text.ptr[at++];
        }
        at += skip;
    }
    arena_trim(arena, room, n);
    kept->len = n;
    return EMEND_OK;
}

// The answer, and the solution that goes with it.
static EmendStatus read_answer(const Place *place, const json_t *json, Arena *arena, Row *row,
                               EmendError *err) {
    static const char *const answer_names[] = {"answer", NULL}, *const solution_names[] = {
                                                                    "solution", NULL};
    char number[NUMBER_BYTES];
    EmendStr answer = {"", 0}, solution = {"", 0};
    EmendStatus status = read_text(place, json, answer_names, number, &answer, err);
    if (status == EMEND_OK) {
        status = read_text(place, json, solution_names, NULL, &solution, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    bool has_answer = find(json, answer_names) != NULL;
    bool has_solution = find(json, solution_names) != NULL;
    if (!has_answer && !has_solution) {
        return place_fail(place, err,
                          "answer is missing; it must be a string, or solution one that has it in "
                          "\\boxed{}");
    }
    bool is_plain = has_solution || !split_hashes(answer, &solution, &answer);
    if (!has_answer && !answer_in_box(solution, &answer)) {
        answer = (EmendStr){"", 0};
    }
    status = arena_keep(arena, answer, &row->answer, err);
    if (status != EMEND_OK) {
        return status;
    }
    return is_plain ? arena_keep(arena, solution, &row->solution, err)
                    : keep_plain(arena, solution, &row->solution, err);
}

// A text field, kept.
static EmendStatus keep_field(const Place *place, const json_t *json, const char *const *names,
                              bool takes_numbers, Arena *arena, EmendStr *kept, EmendError *err) {
    char number[NUMBER_BYTES];
    EmendStr text;
    EmendStatus status = read_text(place, json, names, takes_numbers ? number : NULL, &text, err);
    return status == EMEND_OK ? arena_keep(arena, text, kept, err) : status;
}

EmendStatus row_read(const Place *place, const json_t *json, Arena *arena, Row *out,
                     EmendError *err) {
    static const char *const problem_names[] = {"problem", "question", "prompt", NULL},
                             *const subject_names[] = {"subject", "type", NULL},
                             *const id_names[] = {"unique_id", NULL};
    Row row = {.name = place->name, .line = place->line, .object = place->object};
    if (!json_is_object(json)) {
        return place_fail(place, err, "is not a JSON object; each problem must be one");
    }
    if (!find(json, problem_names)) {
        return place_fail(place, err, "problem is missing; it must be a string");
    }
    EmendStatus status = keep_field(place, json, problem_names, false, arena, &row.problem, err);
    if (status == EMEND_OK) {
        status = read_answer(place, json, arena, &row, err);
    }
    if (status == EMEND_OK) {
        status = keep_field(place, json, subject_names, false, arena, &row.subject, err);
    }
    if (status == EMEND_OK) {
        status = keep_field(place, json, id_names, true, arena, &row.id, err);
    }
    if (status == EMEND_OK) {
        status = read_level(place, json, &row.level, err);
    }
    *out = row;
    return status;
}
