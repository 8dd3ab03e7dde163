/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_H
#define TASK_ANSWERS_H
/* The final answer of a response: where it is, and whether it means the same as another.
 *
 * Texts are any bytes, of any length; every call takes time linear in them, and no memory. */
#include "emend/data.h"
#include <stdbool.h>

/* The content of the last \boxed{..} or \fbox{..}, braces matched, without the white space around
 * it, borrowed from text; `\boxed 7` has what comes before the next `$`. False where there is none
 * or the last one is never closed: a response that was cut there has no answer. */
bool answer_in_box(EmendStr text, EmendStr *answer);

/* The final answer of a response, borrowed from text: what the last of these holds,
 *
 *     \boxed{7}        Final Answer: The final answer is $7$. I hope it is correct.
 *
 * or, without either, what follows the last "answer is" up to the end of its sentence. False where
 * there is none, or where the last one is never closed: then it may go on. */
bool answer_find(EmendStr text, EmendStr *answer);

/* Whether an answer means the same as the reference. Numbers are compared exactly, decimals and
 * fractions alike; tuples and intervals place by place, lists in any order; the rest as normalised
 * text. Where that cannot tell, the answer is not equal: a right answer may be missed, a wrong one
 * should never pass. */
bool answer_is_equal(EmendStr reference, EmendStr answer);

#endif
