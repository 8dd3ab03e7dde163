/* SPDX-License-Identifier: Apache-2.0 */
#include "scaffold/selection.h"
#include "manifest/suggest.h"
#include "scaffold/templates.h"
#include <stdbool.h>
#include <string.h>

const char *const scaffold_kinds[] = {"backend",   "tokenizer", "task", "reward",
                                      "algorithm", "tracker",   NULL};
const char *const scaffold_languages[] = {"c", "c++", "plain", NULL};

static EmendStatus choose(const char *what, const char *word, const char *const *words,
                          EmendError *err) {
    char all[128] = "";
    size_t n = 0;
    for (; words[n]; n++) {
        if (strcmp(word, words[n]) == 0) {
            return EMEND_OK;
        }
        size_t at = strlen(all);
        snprintf(all + at, sizeof all - at, "%s%s",
                 n == 0         ? ""
                 : words[n + 1] ? ", "
                                : " or ",
                 words[n]);
    }
    const char *near = suggest_name(word, strlen(word), words, n);
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it is \"%s\"; it must be %s%s%s%s", what,
                      word, all, near ? "; did you mean \"" : "", near ? near : "",
                      near ? "\"" : "");
}

static bool has_end(const char *text, const char *end) {
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

static bool is_in(const char *path, const char *folder) {
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

// A folder such as reward-plain, where there is one, takes the place of those of kind and language.
static bool has_own_folder(const Selection *selection) {
    for (size_t i = 0; i < n_templates; i++) {
        if (is_in(templates[i].path, selection->own_folder)) {
            return true;
        }
    }
    return false;
}

// Whether the folder of its own has the file that the common folder has too.
static bool is_replaced(const Selection *selection, const char *file) {
    for (size_t i = 0; i < n_templates; i++) {
        const char *path = templates[i].path;
        if (is_in(path, selection->own_folder) && strcmp(strchr(path, '/') + 1, file) == 0) {
            return true;
        }
    }
    return false;
}

const char *selection_path(const Selection *selection, const char *path) {
    const char *file = strchr(path, '/') + 1;
    if (is_in(path, "common")) {
        return is_replaced(selection, file) ? NULL : file;
    }
    if (has_own_folder(selection)) {
        return is_in(path, selection->own_folder) ? file : NULL;
    }
    if (is_in(path, selection->kind) && !strchr(file, '/')) {
        // The sources of each language lie side by side.
        bool is_other = (has_end(file, ".c") && strcmp(selection->language, "c") != 0) ||
                        (has_end(file, ".cc") && strcmp(selection->language, "c++") != 0);
        return is_other ? NULL : file;
    }
    return is_in(path, selection->kind) || is_in(path, selection->language) ? file : NULL;
}

static Selection selection_of(const char *kind, const char *language) {
    Selection selection = {.kind = kind, .language = language};
    snprintf(selection.own_folder, sizeof selection.own_folder, "%s-%s", kind, language);
    return selection;
}

// Whether it has a source, and not only what is common to all.
static bool has_source(const Selection *selection) {
    for (size_t i = 0; i < n_templates; i++) {
        const char *file = selection_path(selection, templates[i].path);
        if (file && (has_end(file, ".c") || has_end(file, ".cc")) && !strchr(file, '/')) {
            return true;
        }
    }
    return false;
}

EmendStatus selection_init(Selection *selection, const char *kind, const char *language,
                           EmendError *err) {
    const char *there[sizeof scaffold_languages / sizeof scaffold_languages[0]] = {0};
    size_t n = 0;
    EmendStatus status = choose("kind", kind, scaffold_kinds, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t i = 0; scaffold_languages[i]; i++) {
        Selection one = selection_of(kind, scaffold_languages[i]);
        if (has_source(&one)) {
            there[n++] = scaffold_languages[i];
        }
    }
    char what[64];
    language = language ? language : "c";
    snprintf(what, sizeof what, "--lang, of a %s", kind);
    status = choose(what, language, there, err);
    if (status == EMEND_OK) {
        *selection = selection_of(kind, language);
    }
    return status;
}
