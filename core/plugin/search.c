/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/search.h"
#include "plugin/package.h"
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void text_list_finish(TextList *list) {
    for (size_t i = 0; i < list->n; i++) {
        free(list->texts[i]);
    }
    free(list->texts);
    *list = (TextList){0};
}

static EmendStatus text_list_add(TextList *list, const char *text, EmendError *err) {
    char *copy = strdup(text);
    char **texts = realloc(list->texts, (list->n + 1) * sizeof *texts);
    if (texts) {
        list->texts = texts;
    }
    if (!copy || !texts) {
        free(copy);
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory is left to list plugins", text);
    }
    list->texts[list->n++] = copy;
    return EMEND_OK;
}

static bool text_list_has(const TextList *list, const char *text) {
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->texts[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static EmendStatus add_folder(TextList *list, const char *folder, EmendError *err) {
    char real[PATH_MAX];
    const char *path = realpath(folder, real) ? real : folder;
    return text_list_has(list, path) ? EMEND_OK : text_list_add(list, path, err);
}

static EmendStatus add_folders(TextList *list, const char *folders, EmendError *err) {
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && folders && *folders) {
        size_t len = strcspn(folders, ":");
        char folder[PATH_MAX];
        if (len >= sizeof folder) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "plugin path: a folder's name has %zu bytes; it must be below %zu",
                              len, sizeof folder);
        }
        snprintf(folder, sizeof folder, "%.*s", (int)len, folders);
        if (len > 0) {
            status = add_folder(list, folder, err);
        }
        folders += len + (folders[len] == ':');
    }
    return status;
}

static EmendStatus add_user_folder(TextList *list, EmendError *err) {
    const char *data = secure_getenv("XDG_DATA_HOME");
    const char *home = secure_getenv("HOME");
    char folder[PATH_MAX];
    int n = 0;
    // By the XDG base directory specification a relative path is ignored.
    if (data && data[0] == '/') {
        n = snprintf(folder, sizeof folder, "%s/emend/plugins", data);
    } else if (home && home[0] == '/') {
        n = snprintf(folder, sizeof folder, "%s/.local/share/emend/plugins", home);
    }
    return n > 0 && (size_t)n < sizeof folder ? add_folder(list, folder, err) : EMEND_OK;
}

/* <dir of the executable>/plugins for a build tree, <prefix>/<lib>/emend/plugins for an
 * installation. */
static EmendStatus add_installed_folders(TextList *list, EmendError *err) {
    static const char *const places[] = {"plugins", "../" EMEND_LIBRARY_DIR "/emend/plugins"};
    char executable[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", executable, sizeof executable - 1);
    EmendStatus status = EMEND_OK;
    if (len <= 0) {
        return EMEND_OK;
    }
    executable[len] = '\0';
    *strrchr(executable, '/') = '\0';
    for (size_t i = 0; status == EMEND_OK && i < 2; i++) {
        char folder[PATH_MAX];
        int n = snprintf(folder, sizeof folder, "%s/%s", executable, places[i]);
        if (n > 0 && (size_t)n < sizeof folder) {
            status = add_folder(list, folder, err);
        }
    }
    return status;
}

EmendStatus search_folders(const char *plugin_path, TextList *out, EmendError *err) {
    TextList list = {0};
    EmendStatus status = add_folders(&list, plugin_path, err);
    if (status == EMEND_OK) {
        status = add_folders(&list, secure_getenv("EMEND_PLUGIN_PATH"), err);
    }
    if (status == EMEND_OK) {
        status = add_user_folder(&list, err);
    }
    if (status == EMEND_OK) {
        status = add_installed_folders(&list, err);
    }
    if (status != EMEND_OK) {
        text_list_finish(&list);
        return status;
    }
    *out = list;
    return EMEND_OK;
}

EmendStatus search_installed(TextList *out, EmendError *err) {
    TextList list = {0};
    EmendStatus status = add_installed_folders(&list, err);
    if (status != EMEND_OK) {
        text_list_finish(&list);
        return status;
    }
    *out = list;
    return EMEND_OK;
}

static bool is_package(const char *folder) {
    char manifest[PATH_MAX];
    int n = snprintf(manifest, sizeof manifest, "%s/" PACKAGE_MANIFEST, folder);
    return n > 0 && (size_t)n < sizeof manifest && access(manifest, F_OK) == 0;
}

/* By bytes, whatever the locale. */
static int compare_entries(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

EmendStatus search_packages(const char *folder, TextList *out, EmendError *err) {
    TextList list = {0};
    struct dirent **entries = NULL;
    EmendStatus status = EMEND_OK;
    if (is_package(folder)) {
        return text_list_add(out, folder, err);
    }
    int n_entries = scandir(folder, &entries, NULL, compare_entries);
    for (int i = 0; i < n_entries; i++) {
        char package[PATH_MAX];
        int n = snprintf(package, sizeof package, "%s/%s", folder, entries[i]->d_name);
        if (status == EMEND_OK && entries[i]->d_name[0] != '.' && n > 0 &&
            (size_t)n < sizeof package && is_package(package)) {
            status = text_list_add(&list, package, err);
        }
        free(entries[i]);
    }
    free(entries);
    if (status != EMEND_OK) {
        text_list_finish(&list);
        return status;
    }
    *out = list;
    return EMEND_OK;
}
