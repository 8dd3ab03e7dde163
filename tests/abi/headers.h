/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ABI_HEADERS_H
#define TESTS_ABI_HEADERS_H
/* Reads the structs of the SDK's headers: names and declarations, no more C than those use. */
#include <stddef.h>

typedef struct Member {
    char name[64];
    char declaration[512]; /* on one line, without comments */
} Member;

typedef struct Struct {
    char name[64];
    Member *members;
    size_t n_members;
} Struct;

typedef struct Structs {
    Struct *structs;
    size_t n;
} Structs;

/* Adds the structs of a header; NULL, or what could not be read. */
const char *headers_read(const char *path, Structs *out);
void headers_finish(Structs *structs);

#endif
