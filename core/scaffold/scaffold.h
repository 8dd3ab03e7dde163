/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAFFOLD_SCAFFOLD_H
#define SCAFFOLD_SCAFFOLD_H
/* New plugins from templates: a folder that builds and passes its tests as it is written. */
#include "emend/status.h"

typedef struct ScaffoldSpec {
    const char *kind;     /* "reward": backend, tokenizer, task, reward, algorithm or tracker */
    const char *name;     /* of the plugin and its component: [a-z][a-z0-9_]* */
    const char *language; /* "c", "c++" or "plain"; NULL: c */
    const char *id;       /* reverse-DNS; NULL: org.example.NAME */
    const char *dir;      /* the folder to make; NULL: NAME in the working folder */
} ScaffoldSpec;

/* Writes the plugin. A folder that exists is EMEND_ALREADY_EXISTS; where the call fails nothing is
 * left behind. */
EmendStatus scaffold_write(const ScaffoldSpec *spec, EmendError *err);

#endif
