/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAFFOLD_SELECTION_H
#define SCAFFOLD_SELECTION_H
/* Which templates make a plugin of a kind in a language:
 *
 *   common/           always, but for files that the folder of the kind's own in this language has
 *   KIND-LANGUAGE/    where there is such a folder, and then neither of the next two
 *   LANGUAGE/
 *   KIND/             with the sources of every language side by side, told apart by .c and .cc
 */
#include "emend/status.h"

/* The kinds and languages there are, NULL at the end. Not every kind is there in every language. */
extern const char *const scaffold_kinds[], *const scaffold_languages[];

typedef struct Selection {
    const char *kind, *language; /* of the lists above */
    char own_folder[32];         /* "reward-plain" */
} Selection;

/* Looks both words up; a language of NULL is c. */
EmendStatus selection_init(Selection *selection, const char *kind, const char *language,
                           EmendError *err);
/* What a template is called in the plugin's folder, still with NAME in it; NULL where it takes no
 * part. */
const char *selection_path(const Selection *selection, const char *template_path);

#endif
