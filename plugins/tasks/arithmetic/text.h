/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARITHMETIC_TEXT_H
#define ARITHMETIC_TEXT_H
/* Problems as text: prompts and attempts from a family's templates, and references, which carry all
 * that grading needs:
 *
 *     28,45; sum 73 of 12 45 28 61      13; solve 7x+5=96
 *     7,13; product 91                  52; chain 17+58-23
 */
#include "problem.h"

enum { TEXT_BYTES = 4096 };

/* Text that ends where the room does. Zero-initialise. */
typedef struct Text {
    char bytes[TEXT_BYTES];
    size_t len;
    bool is_full; /* something did not fit */
} Text;

EmendStr text_str(const Text *text);

/* Refuses templates that cannot ask or answer; errors begin with `family[index].`. */
EmendStatus text_check_templates(const Family *family, size_t index, EmendError *err);

void text_prompt(const Family *family, const Problem *problem, Text *out);
/* With `lead` before it. */
void text_attempt(const Family *family, const Problem *problem, const Attempt *attempt,
                  const char *lead, Text *out);
void text_reference(const Problem *problem, Text *out);

/* Reads a reference back. False where it is none. */
bool reference_read(EmendStr reference, Problem *out);
/* Reads what a box holds: one number, or two with `,` or spaces between them, or `+` for a sum, `*`
 * for a product. */
bool answer_read(FamilyKind kind, EmendStr box, Attempt *out);

#endif
