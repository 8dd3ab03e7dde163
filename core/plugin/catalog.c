/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/catalog.h"
#include "manifest/suggest.h"
#include "plugin/kinds.h"
#include "plugin/package.h"
#include "plugin/search.h"
#include <stdlib.h>
#include <string.h>

/* Names told in one message. */
#define CANDIDATES_MAX 64

struct Catalog {
    PackageFile **files;
    size_t n;
    char *search_path;
};

/* A component of the catalog that can be named. */
typedef struct Candidate {
    const PackageFile *file;
    const Emend__ComponentInfo *component;
} Candidate;

static EmendStatus add_package(Catalog *catalog, const char *dir, const Machine *machine,
                               EmendError *err) {
    PackageFile **files = realloc(catalog->files, (catalog->n + 1) * sizeof *files);
    if (!files) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory is left to list plugins", dir);
    }
    catalog->files = files;
    EmendStatus status = package_read(dir, machine, &files[catalog->n], err);
    if (status != EMEND_OK) {
        return status;
    }
    PackageFile *file = files[catalog->n++];
    for (size_t i = 0; i + 1 < catalog->n && file->manifest && file->manifest->id; i++) {
        const PackageFile *earlier = files[i];
        if (earlier->manifest && earlier->manifest->id && !earlier->package.hidden_by &&
            strcmp(earlier->manifest->id, file->manifest->id) == 0) {
            file->package.hidden_by = earlier->manifest_path;
            break;
        }
    }
    return EMEND_OK;
}

static EmendStatus add_folder(Catalog *catalog, const char *folder, const Machine *machine,
                              EmendError *err) {
    TextList packages = {0};
    EmendStatus status = search_packages(folder, &packages, err);
    for (size_t i = 0; status == EMEND_OK && i < packages.n; i++) {
        status = add_package(catalog, packages.texts[i], machine, err);
    }
    text_list_finish(&packages);
    return status;
}

static char *join_texts(const TextList *list) {
    size_t size = 1;
    for (size_t i = 0; i < list->n; i++) {
        size += strlen(list->texts[i]) + 2;
    }
    char *joined = calloc(1, size);
    for (size_t i = 0; joined && i < list->n; i++) {
        strcat(strcat(joined, i > 0 ? ", " : ""), list->texts[i]);
    }
    return joined;
}

static EmendStatus open_folders(const TextList *folders, Catalog **out, EmendError *err) {
    Machine machine;
    machine_init(&machine);
    EmendStatus status = EMEND_OK;
    Catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog || !(catalog->search_path = join_texts(folders))) {
        status = emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to list them");
        goto out;
    }
    for (size_t i = 0; status == EMEND_OK && i < folders->n; i++) {
        status = add_folder(catalog, folders->texts[i], &machine, err);
    }
    if (status == EMEND_OK) {
        *out = catalog;
        catalog = NULL; // given away
    }
out:
    catalog_close(catalog);
    machine_finish(&machine);
    return status;
}

EmendStatus catalog_open(const char *plugin_path, Catalog **out, EmendError *err) {
    TextList folders = {0};
    EmendStatus status = search_folders(plugin_path, &folders, err);
    if (status == EMEND_OK) {
        status = open_folders(&folders, out, err);
    }
    text_list_finish(&folders);
    return status;
}

EmendStatus catalog_open_safe(Catalog **out, EmendError *err) {
    TextList folders = {0};
    EmendStatus status = search_installed(&folders, err);
    if (status == EMEND_OK) {
        status = open_folders(&folders, out, err);
    }
    text_list_finish(&folders);
    return status;
}

void catalog_close(Catalog *catalog) {
    if (!catalog) {
        return;
    }
    for (size_t i = 0; i < catalog->n; i++) {
        package_destroy(catalog->files[i]);
    }
    free(catalog->files);
    free(catalog->search_path);
    free(catalog);
}

size_t catalog_n_packages(const Catalog *catalog) {
    return catalog->n;
}

const Package *catalog_package(const Catalog *catalog, size_t i) {
    return i < catalog->n ? &catalog->files[i]->package : NULL;
}

const char *catalog_search_path(const Catalog *catalog) {
    return catalog->search_path;
}

/* The short word of a kind in messages: "reward"; the id itself for one not known. */
static const char *kind_word(const char *id) {
    const Kind *kind = kind_find(id);
    return kind ? kind->field : id;
}

/* True where `use` means this component: its name, or "id/name". */
static bool is_meant(const PackageFile *file, const Emend__ComponentInfo *component,
                     const char *use) {
    const char *slash = strrchr(use, '/');
    const char *name = slash ? slash + 1 : use;
    const char *id = file->manifest->id;
    if (!component->name || strcmp(component->name, name) != 0) {
        return false;
    }
    return !slash ||
           (id && strlen(id) == (size_t)(slash - use) && strncmp(id, use, strlen(id)) == 0);
}

/* Fills `out` with up to `max` components of the kind (NULL: of all kinds) that `use` means (NULL:
 * all), in the order of the search path; of packages without a problem or of those with one. */
static size_t list_components(const Catalog *catalog, const char *kind, const char *use,
                              bool with_problem, Candidate *out, size_t max) {
    size_t n = 0;
    for (size_t i = 0; i < catalog->n; i++) {
        const PackageFile *file = catalog->files[i];
        if (!file->manifest || file->package.hidden_by || (file->problem != NULL) != with_problem) {
            continue;
        }
        for (size_t j = 0; n < max && j < file->manifest->n_component; j++) {
            const Emend__ComponentInfo *component = file->manifest->component[j];
            if (component->kind && component->name &&
                (!kind || strcmp(component->kind, kind) == 0) &&
                (!use || is_meant(file, component, use))) {
                out[n++] = (Candidate){file, component};
            }
        }
    }
    return n;
}

static void append(char *text, size_t capacity, const char *more) {
    size_t len = strlen(text);
    snprintf(text + len, capacity - len, "%s%s", len > 0 ? ", " : "", more);
}

/* The names that a message proposes, joined; with their ids where `with_ids`. */
static void join_candidates(const Candidate *candidates, size_t n, bool with_ids, char *text,
                            size_t capacity) {
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s%s", with_ids ? candidates[i].file->manifest->id : "",
                 with_ids ? "/" : "", candidates[i].component->name);
        append(text, capacity, name);
    }
}

static size_t count_problems(const Catalog *catalog) {
    size_t n = 0;
    for (size_t i = 0; i < catalog->n; i++) {
        n += catalog->files[i]->problem != NULL;
    }
    return n;
}

/* What else a miss has to say: a component of another kind by that name, plugins that cannot be
 * used. */
static void add_hints(const Catalog *catalog, const char *use, char *text, size_t capacity) {
    Candidate other;
    char hint[256];
    size_t n_problems = count_problems(catalog);
    if (list_components(catalog, NULL, use, false, &other, 1) > 0) {
        snprintf(hint, sizeof hint, "; there is a %s \"%.64s\"", kind_word(other.component->kind),
                 other.component->name);
        strncat(text, hint, capacity - strlen(text) - 1);
    }
    if (n_problems > 0) {
        snprintf(hint, sizeof hint, "; %zu plugin%s cannot be used: `emend plugins list` says why",
                 n_problems, n_problems == 1 ? "" : "s");
        strncat(text, hint, capacity - strlen(text) - 1);
    }
}

static EmendStatus fail_missing(const Catalog *catalog, const char *kind, const char *use,
                                EmendError *err) {
    Candidate candidates[CANDIDATES_MAX];
    const char *names[CANDIDATES_MAX];
    char there_are[1024];
    char hints[512] = "";
    const char *word = kind_word(kind);
    size_t n = list_components(catalog, kind, NULL, false, candidates, CANDIDATES_MAX);
    for (size_t i = 0; i < n; i++) {
        names[i] = candidates[i].component->name;
    }
    join_candidates(candidates, n, false, there_are, sizeof there_are);
    add_hints(catalog, use, hints, sizeof hints);
    const char *slash = strrchr(use, '/');
    const char *name = slash ? slash + 1 : use;
    const char *near = n > 0 ? suggest_name(name, strlen(name), names, n) : NULL;
    return emend_fail(
        err, EMEND_NOT_FOUND,
        "%s \"%s\": no plugin has it; %s%s%sthe %ss there are: %s; looked in: %s%s [L01 find]",
        word, use, near ? "did you mean \"" : "", near ? near : "", near ? "\"? " : "", word,
        n > 0 ? there_are : "none", catalog->search_path, hints);
}

EmendStatus catalog_find(const Catalog *catalog, const char *kind, const char *use,
                         const Package **package, const Emend__ComponentInfo **component,
                         EmendError *err) {
    Candidate found[CANDIDATES_MAX];
    size_t n = list_components(catalog, kind, use, false, found, CANDIDATES_MAX);
    if (n > 1) {
        char names[1024];
        join_candidates(found, n, true, names, sizeof names);
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s \"%s\": more than one plugin has it; it must be one of %s [L01 find]",
                          kind_word(kind), use, names);
    }
    if (n == 1) {
        *package = &found[0].file->package;
        *component = found[0].component;
        return EMEND_OK;
    }
    if (list_components(catalog, kind, use, true, found, 1) == 1) {
        return emend_fail(err, found[0].file->status, "%s \"%s\": %s", kind_word(kind), use,
                          found[0].file->problem);
    }
    return fail_missing(catalog, kind, use, err);
}

static EmendStatus resolve(void *ctx, const char *field, const char *use, const MessageType **type,
                           EmendError *err) {
    const Catalog *catalog = ctx;
    const Package *package = NULL;
    const Emend__ComponentInfo *component = NULL;
    const char *kind = kind_of_field(field);
    if (!kind) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: not a field for a component; a config belongs to one", field);
    }
    EmendStatus status = catalog_find(catalog, kind, use, &package, &component, err);
    if (status == EMEND_OK) {
        const char *config = component->config;
        *type = config && *config ? descriptor_pool_message(package->configs, config) : NULL;
    }
    return status;
}

AnyResolver catalog_resolver(Catalog *catalog) {
    return (AnyResolver){catalog, resolve};
}
