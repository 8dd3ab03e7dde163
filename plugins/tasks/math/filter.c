/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

#include <string.h>

enum { SUBJECT_BYTES = 64, MAX_SHOWN = 16 };

// A subject as it is compared: "Counting & Probability" and "counting_and_probability" are
// "countingandprobability".
typedef struct Subject {
    char text[SUBJECT_BYTES];
} Subject;

static Subject subject_of(EmendStr text) {
    Subject subject = {{0}};
    size_t n = 0;
    for (uint64_t i = 0; i < text.len && n + 4 < sizeof subject.text; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '&') {
            memcpy(subject.text + n, "and", 3);
            n += 3;
        } else if (c >= 'A' && c <= 'Z') {
            subject.text[n++] = (char)(c - 'A' + 'a');
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
            subject.text[n++] = (char)c;
        }
    }
    return subject;
}

static bool is_same(const Subject *a, const Subject *b) {
    return a->text[0] && strcmp(a->text, b->text) == 0;
}

// How many letters have to be put in, left out or changed to make one of the other.
static size_t distance(const Subject *a, const Subject *b) {
    size_t n_a = strlen(a->text), n_b = strlen(b->text), row[SUBJECT_BYTES];
    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t changed = diagonal + (a->text[i - 1] != b->text[j - 1]);
            diagonal = row[j];
            size_t shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = changed < shorter ? changed : shorter;
        }
    }
    return row[n_b];
}

// The subjects there are, in the order they first come, as far as they are shown.
static size_t list_subjects(const Dataset *dataset, EmendStr shown[MAX_SHOWN]) {
    Subject seen[MAX_SHOWN];
    size_t n = 0;
    for (uint64_t i = 0; i < dataset->n_rows && n < MAX_SHOWN; i++) {
        Subject subject = subject_of(dataset->rows[i].subject);
        size_t at = 0;
        while (at < n && !is_same(&seen[at], &subject)) {
            at++;
        }
        if (at == n && subject.text[0]) {
            shown[n] = dataset->rows[i].subject;
            seen[n++] = subject;
        }
    }
    return n;
}

static EmendStatus refuse(const Dataset *dataset, EmendStr wanted, EmendError *err) {
    EmendStr shown[MAX_SHOWN];
    size_t n = list_subjects(dataset, shown);
    Subject subject = subject_of(wanted);
    size_t nearest = n, least = strlen(subject.text) / 3 + 1;
    Note note = {0};
    for (size_t i = 0; i < n; i++) {
        Subject other = subject_of(shown[i]);
        size_t far = distance(&subject, &other);
        if (far < least) {
            least = far;
            nearest = i;
        }
    }
    note_add(&note, "subject: '");
    note_add_str(&note, wanted);
    note_add(&note, "' is that of no problem in %s;", dataset->path);
    if (nearest < n) {
        note_add(&note, " did you mean '");
        note_add_str(&note, shown[nearest]);
        note_add(&note, "'?");
    }
    note_add(&note, n > 0 ? " it must be one of: " : " its problems name none");
    for (size_t i = 0; i < n; i++) {
        note_add(&note, i > 0 ? ", " : "");
        note_add_str(&note, shown[i]);
    }
    note_add(&note, n == MAX_SHOWN ? ", .." : "");
    return note_fail(&note, EMEND_INVALID_ARGUMENT, err);
}

static bool has_level(const Filter *filter, uint32_t level) {
    bool is_wanted = filter->n_levels == 0;
    for (size_t i = 0; i < filter->n_levels; i++) {
        is_wanted = is_wanted || filter->levels[i] == level;
    }
    return is_wanted;
}

static bool has_subject(const Filter *filter, const Subject *subject) {
    bool is_wanted = filter->n_subjects == 0;
    for (size_t i = 0; i < filter->n_subjects && !is_wanted; i++) {
        Subject wanted = subject_of(emend_str(filter->subjects[i]));
        is_wanted = is_same(&wanted, subject);
    }
    return is_wanted;
}

static bool is_there(const Dataset *dataset, const char *wanted) {
    Subject subject = subject_of(emend_str(wanted));
    for (uint64_t i = 0; i < dataset->n_rows; i++) {
        Subject other = subject_of(dataset->rows[i].subject);
        if (is_same(&subject, &other)) {
            return true;
        }
    }
    return false;
}

EmendStatus filter_rows(const Filter *filter, const Dataset *dataset, uint32_t *rows,
                        uint64_t *n_rows, EmendError *err) {
    *n_rows = 0;
    for (size_t i = 0; i < filter->n_subjects; i++) {
        if (!is_there(dataset, filter->subjects[i])) {
            return refuse(dataset, emend_str(filter->subjects[i]), err);
        }
    }
    for (uint64_t i = 0; i < dataset->n_rows; i++) {
        const Row *row = &dataset->rows[i];
        Subject subject = subject_of(row->subject);
        if (has_level(filter, row->level) && has_subject(filter, &subject)) {
            rows[(*n_rows)++] = (uint32_t)i;
        }
    }
    return EMEND_OK;
}
