/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_SEARCH_H
#define PLUGIN_SEARCH_H
/* Where packages are looked for. */
#include "emend/status.h"

/* Texts in order; zero-initialise. */
typedef struct TextList {
    char **texts;
    size_t n;
} TextList;

void text_list_finish(TextList *list);

/* The folders to look in, absolute where they exist, each once: those of plugin_path (may be NULL),
 * EMEND_PLUGIN_PATH, the user's data directory, the installation. */
EmendStatus search_folders(const char *plugin_path, TextList *out, EmendError *err);
/* Those of the installation alone. */
EmendStatus search_installed(TextList *out, EmendError *err);
/* The packages in a folder, by name: itself where it is one, else its subfolders that are. A folder
 * that does not exist has none. */
EmendStatus search_packages(const char *folder, TextList *out, EmendError *err);

#endif
