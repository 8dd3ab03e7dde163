/* SPDX-License-Identifier: Apache-2.0 */
#include "scaffold/scaffold.h"
#include "manifest/suggest.h"
#include "scaffold/names.h"
#include "scaffold/templates.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const scaffold_kinds[] = {"backend",   "tokenizer", "task", "reward",
                                      "algorithm", "tracker",   NULL};
const char *const scaffold_languages[] = {"c", "c++", "plain", NULL};

/* What is written, and where. */
typedef struct Scaffold {
    Names names;
    const char *kind, *language;
    char own_folder[32]; /* of templates: "reward-plain" */
    char dir[PATH_MAX];
} Scaffold;

// ---- which templates
// -----------------------------------------------------------------------------

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
static bool has_own_folder(const Scaffold *scaffold) {
    for (size_t i = 0; i < n_templates; i++) {
        if (is_in(templates[i].path, scaffold->own_folder)) {
            return true;
        }
    }
    return false;
}

// Whether the folder of its own has the file that the common folder has too.
static bool is_replaced(const Scaffold *scaffold, const char *file) {
    for (size_t i = 0; i < n_templates; i++) {
        const char *path = templates[i].path;
        if (is_in(path, scaffold->own_folder) && strcmp(strchr(path, '/') + 1, file) == 0) {
            return true;
        }
    }
    return false;
}

// The path in the plugin's folder of a template that takes part, with NAME in it; NULL for the
// others.
static const char *path_in_plugin(const Scaffold *scaffold, const char *path) {
    const char *file = strchr(path, '/') + 1;
    if (is_in(path, "common")) {
        return is_replaced(scaffold, file) ? NULL : file;
    }
    if (has_own_folder(scaffold)) {
        return is_in(path, scaffold->own_folder) ? file : NULL;
    }
    if (is_in(path, scaffold->kind) && !strchr(file, '/')) {
        // The sources of each language lie side by side.
        bool is_other = (has_end(file, ".c") && strcmp(scaffold->language, "c") != 0) ||
                        (has_end(file, ".cc") && strcmp(scaffold->language, "c++") != 0);
        return is_other ? NULL : file;
    }
    return is_in(path, scaffold->kind) || is_in(path, scaffold->language) ? file : NULL;
}

static bool has_templates(Scaffold *scaffold, const char *language) {
    scaffold->language = language;
    snprintf(scaffold->own_folder, sizeof scaffold->own_folder, "%s-%s", scaffold->kind, language);
    for (size_t i = 0; i < n_templates; i++) {
        const char *file = path_in_plugin(scaffold, templates[i].path);
        if (file && (has_end(file, ".c") || has_end(file, ".cc")) && !strchr(file, '/')) {
            return true;
        }
    }
    return false;
}

// Sets the language, which the kind must have templates in.
static EmendStatus choose_language(Scaffold *scaffold, const char *language, EmendError *err) {
    const char *there[8] = {0};
    size_t n = 0;
    for (size_t i = 0; scaffold_languages[i]; i++) {
        if (has_templates(scaffold, scaffold_languages[i])) {
            there[n++] = scaffold_languages[i];
        }
    }
    char what[64];
    snprintf(what, sizeof what, "--lang, of a %s", scaffold->kind);
    EmendStatus status = choose(what, language, there, err);
    if (status == EMEND_OK) {
        has_templates(scaffold, language);
    }
    return status;
}

// ---- writing
// -------------------------------------------------------------------------------------

static EmendStatus file_fail(const char *path, const char *what, EmendError *err) {
    int error = errno;
    return emend_fail(err, error == EEXIST ? EMEND_ALREADY_EXISTS : EMEND_UNAVAILABLE,
                      "%s: %s: %s; a plugin is written into a folder of its own, which must be new",
                      path, what, strerror(error));
}

// The path of a template's file, NAME replaced.
static EmendStatus full_path(const Scaffold *scaffold, const char *file, char path[PATH_MAX],
                             EmendError *err) {
    const char *name = strstr(file, "NAME");
    int before = name ? (int)(name - file) : (int)strlen(file);
    int n = snprintf(path, PATH_MAX, "%s/%.*s%s%s", scaffold->dir, before, file,
                     name ? scaffold->names.name : "", name ? name + strlen("NAME") : "");
    return n > 0 && n < PATH_MAX
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: its path is too long", scaffold->dir);
}

static EmendStatus make_parent(char *path, EmendError *err) {
    char *slash = strrchr(path, '/');
    *slash = '\0';
    bool is_made = mkdir(path, 0777) == 0 || errno == EEXIST;
    EmendStatus status = is_made ? EMEND_OK : file_fail(path, "it cannot be made", err);
    *slash = '/';
    return status;
}

static void write_text(const Names *names, const Template *from, FILE *to) {
    for (const char *at = from->begin; at < from->end;) {
        size_t left = (size_t)(from->end - at);
        const char *close = *at == '@' ? memchr(at + 1, '@', left - 1) : NULL;
        const char *value = close ? names_value(names, at + 1, (size_t)(close - at - 1)) : NULL;
        if (value) {
            fputs(value, to);
            at = close + 1;
        } else {
            fputc(*at++, to);
        }
    }
}

static EmendStatus write_file(const Scaffold *scaffold, const Template *from, const char *file,
                              EmendError *err) {
    char path[PATH_MAX];
    EmendStatus status = full_path(scaffold, file, path, err);
    if (status == EMEND_OK) {
        status = make_parent(path, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    FILE *to = fopen(path, "wx");
    if (!to) {
        return file_fail(path, "it cannot be made", err);
    }
    write_text(&scaffold->names, from, to);
    bool is_short = ferror(to) != 0;
    if (fclose(to) != 0 || is_short) {
        return file_fail(path, "it cannot be written", err);
    }
    return EMEND_OK;
}

// Takes away what was written, which is all there is in the folder.
static void remove_all(const Scaffold *scaffold) {
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n_templates; i++) {
            const char *file = path_in_plugin(scaffold, templates[i].path);
            char path[PATH_MAX];
            if (file && full_path(scaffold, file, path, NULL) == EMEND_OK) {
                if (pass == 1) {
                    *strrchr(path, '/') = '\0';
                }
                remove(path);
            }
        }
    }
    rmdir(scaffold->dir);
}

static EmendStatus write_all(const Scaffold *scaffold, EmendError *err) {
    EmendStatus status = EMEND_OK;
    if (mkdir(scaffold->dir, 0777) != 0) {
        return file_fail(scaffold->dir, "it cannot be made", err);
    }
    for (size_t i = 0; status == EMEND_OK && i < n_templates; i++) {
        const char *file = path_in_plugin(scaffold, templates[i].path);
        if (file) {
            status = write_file(scaffold, &templates[i], file, err);
        }
    }
    if (status != EMEND_OK) {
        remove_all(scaffold);
    }
    return status;
}

EmendStatus scaffold_write(const ScaffoldSpec *spec, EmendError *err) {
    Scaffold scaffold = {.kind = spec->kind};
    EmendStatus status = choose("kind", scaffold.kind, scaffold_kinds, err);
    if (status == EMEND_OK) {
        status = choose_language(&scaffold, spec->language ? spec->language : "c", err);
    }
    if (status == EMEND_OK) {
        status = names_init(&scaffold.names, spec->name, spec->id, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    scaffold.names.kind = scaffold.kind;
    scaffold.names.languages = strcmp(scaffold.language, "c++") == 0 ? "C CXX" : "C";
    const char *dir = spec->dir ? spec->dir : spec->name;
    int n = snprintf(scaffold.dir, sizeof scaffold.dir, "%s", dir);
    while (n > 1 && n < PATH_MAX && scaffold.dir[n - 1] == '/') {
        scaffold.dir[--n] = '\0';
    }
    if (n <= 0 || n >= PATH_MAX) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "--dir: its path is empty or too long");
    }
    return write_all(&scaffold, err);
}
