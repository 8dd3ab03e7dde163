/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAFFOLD_NAMES_H
#define SCAFFOLD_NAMES_H
/* What a new plugin is called, in all the spellings its files need. */
#include "emend/status.h"

enum { SCAFFOLD_NAME_BYTES = 32, SCAFFOLD_ID_BYTES = 64 };

/* What stands in a template between two @. */
typedef struct Names {
    char name[SCAFFOLD_NAME_BYTES];  /* @NAME@: my_reward */
    char id[SCAFFOLD_ID_BYTES];      /* @ID@: org.my-lab.my_reward */
    char package[SCAFFOLD_ID_BYTES]; /* @PACKAGE@, of its config.proto: org.my_lab.my_reward */
    char
        c_type[2 * SCAFFOLD_ID_BYTES]; /* @C_TYPE@, as protobuf-c spells it: Org__MyLab__MyReward */
    char c_name[2 * SCAFFOLD_ID_BYTES]; /* @C_NAME@: org__my_lab__my_reward */
    const char *kind;                   /* @KIND@: reward */
    const char *languages;              /* @LANGUAGES@, for CMake: C CXX */
} Names;

/* Checks a name and an id (NULL: org.example.NAME) and fills all but kind and languages. */
EmendStatus names_init(Names *names, const char *name, const char *id, EmendError *err);
/* The value of a placeholder, "NAME" say, or NULL where there is none of that name. */
const char *names_value(const Names *names, const char *placeholder, size_t len);

#endif
