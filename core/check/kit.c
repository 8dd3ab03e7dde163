/* SPDX-License-Identifier: Apache-2.0 */
#include "check/kit_state.h"
#include "manifest/utf8.h"
#include <stdio.h>
#include <string.h>

const Package *kit_package(const Kit *kit) {
    return kit->package;
}

const Emend__ComponentInfo *kit_component(const Kit *kit) {
    return kit->component;
}

uint64_t kit_seed(const Kit *kit) {
    return kit->seed;
}

const char *kit_scratch(const Kit *kit) {
    return kit->scratch;
}

const Emend__Example *kit_example(const Kit *kit, size_t i) {
    return kit->golden && kit->component
               ? golden_example(kit->golden, kit->component, GOLDEN_GOOD, i)
               : NULL;
}

EmendBytes kit_example_config(const Emend__Example *example) {
    return golden_config(example);
}

EmendBytes kit_config(const Kit *kit) {
    const Emend__Example *example = kit_example(kit, 0);
    return example ? golden_config(example) : (EmendBytes){NULL, 0};
}

void kit_enter(Kit *kit, const char *operation) {
    pthread_mutex_lock(&kit->mutex);
    snprintf(kit->result->operation, sizeof kit->result->operation, "%s", operation);
    pthread_mutex_unlock(&kit->mutex);
}

/* Says what was found, unless something was before. */
static void decide(Kit *kit, uint32_t verdict, const char *remedy, const char *format,
                   va_list args) {
    KitResult *result = kit->result;
    pthread_mutex_lock(&kit->mutex);
    if (result->verdict == RESULT_OK) {
        vsnprintf(result->found, sizeof result->found, format, args);
        snprintf(result->remedy, sizeof result->remedy, "%s", remedy);
        result->verdict = verdict;
    }
    pthread_mutex_unlock(&kit->mutex);
}

void kit_fail(Kit *kit, const char *remedy, const char *format, ...) {
    va_list args;
    va_start(args, format);
    decide(kit, RESULT_FAILED, remedy, format, args);
    va_end(args);
}

void kit_skip(Kit *kit, const char *format, ...) {
    va_list args;
    va_start(args, format);
    decide(kit, RESULT_SKIPPED, "", format, args);
    va_end(args);
}

void kit_warn(Kit *kit, const char *format, ...) {
    KitResult *result = kit->result;
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&kit->mutex);
    if (result->n_warnings < RESULT_WARNINGS_MAX) {
        char *text = result->warnings[result->n_warnings++];
        vsnprintf(text, sizeof result->warnings[0], format, args);
    }
    pthread_mutex_unlock(&kit->mutex);
    va_end(args);
}

void kit_figure(Kit *kit, const char *name, double value, const char *unit) {
    KitResult *result = kit->result;
    pthread_mutex_lock(&kit->mutex);
    if (result->n_figures < RESULT_FIGURES_MAX) {
        ResultFigure *figure = &result->figures[result->n_figures++];
        snprintf(figure->name, sizeof figure->name, "%s", name);
        snprintf(figure->unit, sizeof figure->unit, "%s", unit);
        figure->value = value;
    }
    pthread_mutex_unlock(&kit->mutex);
}

bool kit_is_over(const Kit *kit) {
    return __atomic_load_n(&kit->result->verdict, __ATOMIC_RELAXED) != RESULT_OK;
}

/* Ends a text, and puts '?' for what a line of a report cannot hold. */
static void tidy_text(char *text, size_t capacity) {
    text[capacity - 1] = '\0';
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        size_t valid = utf8_valid_len(text + at, len - at);
        for (size_t i = at; i < at + valid; i++) {
            if (text[i] == '\n') {
                text[i] = ' ';
            } else if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) {
                text[i] = '?';
            }
        }
        at += valid;
        if (at < len) {
            text[at++] = '?';
        }
    }
}

void result_tidy(KitResult *result) {
    result->verdict = result->verdict > RESULT_SKIPPED ? (uint32_t)RESULT_FAILED : result->verdict;
    tidy_text(result->operation, sizeof result->operation);
    tidy_text(result->found, sizeof result->found);
    tidy_text(result->remedy, sizeof result->remedy);
    if (result->n_warnings > RESULT_WARNINGS_MAX) {
        result->n_warnings = RESULT_WARNINGS_MAX;
    }
    for (uint32_t i = 0; i < result->n_warnings; i++) {
        tidy_text(result->warnings[i], sizeof result->warnings[i]);
    }
    if (result->n_figures > RESULT_FIGURES_MAX) {
        result->n_figures = RESULT_FIGURES_MAX;
    }
    for (uint32_t i = 0; i < result->n_figures; i++) {
        tidy_text(result->figures[i].name, sizeof result->figures[i].name);
        tidy_text(result->figures[i].unit, sizeof result->figures[i].unit);
    }
}

void result_fail(KitResult *result, const char *remedy, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(result->found, sizeof result->found, format, args);
    va_end(args);
    snprintf(result->remedy, sizeof result->remedy, "%s", remedy);
    result->verdict = RESULT_FAILED;
}
