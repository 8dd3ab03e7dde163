/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLUGIN_FOREIGN_H
#define TESTS_PLUGIN_FOREIGN_H
/* Packages of functions from tests/foreign, written by a test, and turns to score. */
#include "plugin/loader.h"
#include "scratch.h"

/* Writes the package "plain" with the library `library` ("plain", "cxx") and functions as text. */
void foreign_package(const char *library, const char *functions);

/* The text of a function: name and symbol the same; the rest as it is in the manifest. */
#define FOREIGN(name, rest)                                                                        \
    "function { kind: \"emend.reward/1\" name: \"" name "\" symbol: \"" name "\"\n" rest "\n}\n"

/* What a test says of one turn; what it leaves out is empty, and the grade 0. */
typedef struct Turn {
    EmendStr response, extracted;
    EmendScore grade;
    double reward;
    uint64_t n_tokens;
    uint32_t is_truncated;
} Turn;

#define RESPONSE(text)                                                                             \
    {                                                                                              \
        .response = {text, sizeof(text) - 1}, .grade = {.state = EMEND_SCORE_VALUE }               \
    }

/* Scores one episode of up to 4 turns; scores: out, n. */
void foreign_score(const Component *component, const char *reference, const Turn *turns, uint32_t n,
                   EmendScore *scores);
/* The same of one turn. */
EmendScore foreign_score_one(const Component *component, const char *reference, Turn turn);

#endif
